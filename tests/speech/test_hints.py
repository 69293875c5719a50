"""What engines are told that take a few words, and how it shows that one says only what it was told."""

import pytest

from chalicelib.speech.hints import MOST, MOST_LETTERS, echoes, echoing, heeded, prompt


def test_terms_are_told_as_a_sentence_and_no_more_of_them_than_are_heeded() -> None:
    assert prompt(()) is None
    assert prompt(["Adam Duguid", "Zürich"]) == "Adam Duguid, Zürich."
    told = prompt([f"name{number}" for number in range(99)])
    assert told is not None
    assert told.count(",") == MOST - 1
    long = heeded(f"{'x' * 98}{number:02}" for number in range(MOST))
    assert long == tuple(f"{'x' * 98}{number:02}" for number in range(5))
    assert len(", ".join(long)) <= MOST_LETTERS


@pytest.mark.parametrize(
    ("said", "seconds", "is_echo"),
    [
        ("Rapporteur,", 12.0, True),
        ("", 12.0, True),
        ("Anna Lindqvist. Zürich", 12.0, True),
        ("Anna.", 0.8, False),  # it may have been said
        ("This is Anna Lindqvist in Zürich.", 12.0, False),
    ],
)
def test_who_says_nothing_but_what_it_was_told_has_not_listened(said: str, seconds: float, is_echo: bool) -> None:
    assert echoes(said, "Rapporteur, Anna Lindqvist, Zürich.", seconds) is is_echo


def test_stretches_that_only_say_what_was_told_are_named() -> None:
    stretches = [(" Rapporteur,", 12.0), ("This is Anna Lindqvist in Zürich.", 12.0), ("", 5.0)]
    assert echoing(stretches, "Rapporteur, Anna Lindqvist.") == [0, 2]
    assert echoing(stretches, None) == []
