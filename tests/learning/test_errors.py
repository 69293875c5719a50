"""Word errors: the fewest that there can be, counted by kind."""

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.learning.errors import Errors, errors, tokens

SOME = st.lists(st.sampled_from("abcd"), max_size=14)


def fewest(said: Sequence[str], heard: Sequence[str]) -> int:
    """By the textbook's table."""
    row = list(range(len(heard) + 1))
    for at, one in enumerate(said, 1):
        before, row[0] = row[0], at
        for to, other in enumerate(heard, 1):
            before, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, before + (one != other))
    return row[-1]


@given(SOME, SOME)
def test_they_are_the_fewest_and_add_up(said: list[str], heard: list[str]) -> None:
    found = errors(said, heard)
    assert found.count == fewest(said, heard)
    assert found.total == len(said)
    assert len(said) - found.deleted + found.inserted == len(heard)


def test_each_kind_is_told_apart() -> None:
    said = ["the", "night", "bus", "is", "late"]
    assert errors(said, ["the", "knight", "bus", "is", "late"]) == Errors(1, 0, 0, 5)
    assert errors(said, ["the", "bus", "is", "late"]) == Errors(0, 1, 0, 5)
    assert errors(said, ["the", "night", "bus", "is", "very", "late"]) == Errors(0, 0, 1, 5)
    assert errors(said, []) == Errors(0, 5, 0, 5)
    assert errors([], said) == Errors(0, 0, 5, 0)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Don't, Mr. O’Neill!", "en-US", ["don't", "mr", "o’neill"]),
        ("Ünder ＡＢＣ", None, ["ünder", "abc"]),
        ("夜行バス。", "ja", list("夜行バス")),
        ("서울 버스", "ko-KR", list("서울버스")),
    ],
)
def test_what_is_compared(text: str, language: str | None, expected: list[str]) -> None:
    assert tokens([text], language) == expected


def test_an_hour_of_words_takes_no_minute() -> None:
    said = [str(number % 997) for number in range(9_000)]
    heard = [one for at, one in enumerate(said) if at % 17] + ["more"] * 50
    began = time.process_time()
    assert errors(said, heard).deleted == 530
    assert time.process_time() - began < 20, "it takes about one second; by the table, a minute"
