"""However something was typed, it is found: held to the same table as the pages' folding."""

import json
import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import folding
from tests.harness.places import DATA

CASES = json.loads((DATA / "folding.json").read_text())
FORMS: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")


def is_found(text: str, wanted: str) -> bool:
    sought = folding.pattern(wanted)
    return sought is not None and sought.search(folding.fold(text)) is not None


def test_what_was_typed_is_found_however_the_text_was() -> None:
    assert [case for case in CASES["found"] if not is_found(*case)] == []


def test_another_word_is_not_found() -> None:
    assert [case for case in CASES["missed"] if is_found(*case)] == []


def test_nothing_finds_nothing() -> None:
    assert [text for text in CASES["nothing"] if folding.pattern(text) is not None] == []


@given(st.text(max_size=20))
def test_every_form_of_a_text_is_found_by_every_other(text: str) -> None:
    folded = {folding.fold(unicodedata.normalize(form, text)) for form in FORMS}
    assert len(folded) == 1
    assert folding.fold(folded.pop()) == folding.fold(text)


@given(st.text(max_size=20))
def test_each_character_is_traced_to_where_it_came_from(text: str) -> None:
    origins = folding.origins(text)
    assert len(origins) == len(folding.fold(text)) + 1
    assert origins == sorted(origins)
    assert folding.fold(text[origins[0] : origins[-1]]) == folding.fold(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Re\u0301union", "Réunion"),
        ("Réunion", "RÉUNION"),
        ("a\u00a0b", " A  b "),
        ("İzmir", "izmir"),
        ("Straße", "STRASSE"),
        ("ﾃｽﾄ", "テスト"),
    ],
)
def test_what_only_looks_different_is_the_same(one: str, other: str) -> None:
    assert folding.same(one) == folding.same(other)


@pytest.mark.parametrize(("one", "other"), [("pêche", "péché"), ("año", "ano"), ("ガ", "カ"), ("a b", "ab")])
def test_an_accent_makes_another_word(one: str, other: str) -> None:
    assert folding.same(one) != folding.same(other)
