"""Whoever was named in one transcript has the name in another, if they speak at the same times, and nobody else has."""

import time

import pytest

from chalicelib.speech.naming import named, names_for
from chalicelib.speech.transcripts import Segment, Transcript, Word


def heard(*turns: tuple[str | None, float, float]) -> Transcript:
    """Who speaks from which second to which."""
    return Transcript(tuple(Segment((Word(start, end, "word", speaker=who),)) for who, start, end in turns), "en")


OLD = heard(("Ann", 0, 10), ("Bob", 10, 20), ("Ann", 20, 24))


@pytest.mark.parametrize(
    ("what", "new", "names"),
    [
        ("same", [("spk_0", 0, 10), ("spk_1", 10, 20), ("spk_0", 20, 24)], {"spk_0": "Ann", "spk_1": "Bob"}),
        ("swapped labels", [("spk_1", 0, 10), ("spk_0", 10, 20), ("spk_1", 20, 24)], {"spk_1": "Ann", "spk_0": "Bob"}),
        ("other cuts", [("spk_0", 0.2, 4), ("spk_0", 4.3, 9.7), ("spk_1", 10.1, 19), ("spk_0", 20, 24)], None),
        ("one voice in two", [("spk_0", 0, 10), ("spk_1", 10, 20), ("spk_2", 20, 24)], None),
        (
            "one voice in halves",
            [("spk_0", 0, 7), ("spk_2", 7, 10), ("spk_1", 10, 20), ("spk_2", 20, 24)],
            {"spk_1": "Bob"},
        ),
        ("two voices in one", [("spk_0", 0, 24)], {}),
        ("a little of another voice", [("spk_0", 0, 16)], {}),
        ("one more", [("spk_0", 0, 10), ("spk_1", 10, 20), ("spk_0", 20, 24), ("spk_2", 24, 40)], None),
        ("one less", [("spk_0", 10, 20)], {"spk_0": "Bob"}),
        ("channels", [("ch_0", 0, 10), ("ch_1", 10, 20), ("ch_0", 20, 24)], {"ch_0": "Ann", "ch_1": "Bob"}),
        ("other times", [("spk_0", 30, 40), ("spk_1", 40, 50)], {}),
        ("nobody is told apart", [(None, 0, 24)], {}),
        ("silence", [], {}),
        ("words that take no time", [("spk_0", 3, 3)], {}),
    ],
)
def test_who_speaks_at_the_same_times_is_the_same(
    what: str, new: list[tuple[str | None, float, float]], names: dict[str, str] | None
) -> None:
    expected = {"spk_0": "Ann", "spk_1": "Bob"} if names is None else names
    assert names_for(heard(*new), OLD) == expected, what


def test_where_nothing_was_said_before_nobody_has_a_name() -> None:
    assert names_for(OLD, heard()) == names_for(heard(("spk_0", 0, 10)), heard()) == {}
    assert names_for(heard(("spk_0", 0, 10)), heard((None, 0, 10))) == {}


def test_a_label_is_no_name() -> None:
    old = heard(("spk_4", 0, 10), ("ch_0", 10, 20), ("Ann", 20, 30))
    new = heard(("spk_0", 0, 10), ("spk_1", 10, 20), ("spk_2", 20, 30))
    assert names_for(new, old) == {"spk_2": "Ann"}


def test_a_name_that_is_there_stays_and_is_given_to_nobody_else() -> None:
    new = heard(("Eve", 0, 10), ("spk_1", 10, 20), ("Eve", 20, 24), ("Bob", 30, 31))
    assert names_for(new, OLD) == {}
    assert names_for(heard(("Eve", 0, 10), ("spk_1", 10, 20)), OLD) == {"spk_1": "Bob"}


def test_of_two_who_speak_at_once_the_name_is_given_to_whoever_fits_best() -> None:
    old = heard(("Ann", 0, 10))
    assert names_for(heard(("ch_0", 0, 8), ("ch_1", 0.5, 10)), old) == {"ch_1": "Ann"}
    assert len(names_for(heard(("ch_0", 0, 10), ("ch_1", 0, 10)), old)) == 1


def test_whoever_is_not_named_there_takes_no_name_of_a_lesser_match() -> None:
    old = heard(("spk_0", 0, 10), ("Ann", 1, 10))
    assert names_for(heard(("ch_0", 0, 10)), old) == {}


def test_only_what_speakers_are_called_changes() -> None:
    new = heard(("spk_1", 0, 10), ("spk_0", 10, 20), (None, 20, 21))
    found = named(new, {"spk_1": "Ann", "spk_7": "Bob"})
    assert found.speakers == ("Ann", "spk_0")
    assert named(found, {"spk_1": "Ann"}) == found
    assert [(one.start, one.end, one.text) for one in found.words()] == [
        (one.start, one.end, one.text) for one in new.words()
    ]


def test_ten_hours_in_which_each_line_has_a_name_of_its_own_take_a_moment() -> None:
    old = heard(*((f"Name {at}", at * 2, at * 2 + 2) for at in range(18_000)))
    new = heard(*((f"spk_{at % 10}", at * 3, at * 3 + 3) for at in range(12_000)))
    begun = time.process_time()
    assert names_for(new, old) == {}
    assert time.process_time() - begun < 3
