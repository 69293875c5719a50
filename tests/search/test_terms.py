"""Texts as units, and what somebody typed as phrases."""

import pytest

from chalicelib.search.terms import phrases, pieces, terms, terms_of_phrase, units


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bus", "Buses"),
        ("city", "CITIES"),
        ("movie", "movies"),
        ("house", "houses"),
        ("class", "classes"),
        ("virus", "viruses"),
        ("année", "ANNEES"),
        ("journal", "journaux"),
        ("niveau", "niveaux"),
        ("jeu", "jeux"),
        ("Straße", "STRASSE"),
        ("re\u0301union", "réunion"),
        ("経済", "経 済"),
        ("don’t", "don't"),
    ],
)
def test_forms_of_one_word_are_one(one: str, other: str) -> None:
    assert units(one) == units(other)


@pytest.mark.parametrize(
    ("one", "other"), [("plan", "plane"), ("the", "these"), ("car", "care"), ("house", "horse"), ("경제", "경계")]
)
def test_other_words_stay_others(one: str, other: str) -> None:
    assert units(one) != units(other)


def test_what_stands_in_quotation_marks_is_one_phrase_and_so_is_what_a_word_falls_apart_into() -> None:
    assert phrases('the "city councils" l’économie "open end') == (
        ("the",),
        ("city", "council"),
        ("l", "economy"),
        ("open", "end"),
    )
    assert phrases("«à la carte» 「夜行バス」") == (("a", "la", "carte"), tuple("夜行バス"))
    assert phrases('"" .*?') == ()


def test_a_phrase_of_characters_is_found_by_each_two_of_them_whatever_stands_around() -> None:
    for text in ("わが国の経済政策は", "경제가 좋다", "C++ & 3.5 %", "ราคาน้ำมันแพง"):
        held = terms(units(text))
        for wanted in (text, text[:2], text[-2:], text[1]):
            assert terms_of_phrase(units(wanted)) <= held, (text, wanted)
    assert terms_of_phrase(units("済経")) - terms(units("経済"))


def test_pieces_of_a_text_are_words_or_characters_each_with_its_space() -> None:
    assert list(pieces(" A  tram, 夜行 bus")) == ["A", " tram,", " 夜", "行", " bus"]
