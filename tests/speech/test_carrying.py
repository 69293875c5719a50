"""What somebody stands behind is found again in what another engine heard, and nowhere else."""

import random
import time

import pytest

from chalicelib.speech.carrying import CarriedOver, Difference, carry_over
from chalicelib.speech.transcripts import Confirmation, Segment, Transcript, Word

ADA = Confirmation("ada", 100.0)
BOB = Confirmation("bob", 200.0)


def said(text: str, *, by: Confirmation | None = None, at: float = 0.0, each: float = 0.5) -> list[Word]:
    """The words of a text one after the other; those with a star are confirmed, or all if it says by whom."""
    words = []
    for number, token in enumerate(text.split()):
        bare = token.rstrip("*")
        written = bare.rstrip(".,?!。、")
        start = at + number * each
        confirmed = by or (ADA if token.endswith("*") else None)
        words.append(Word(start, start + each * 0.9, written, 0.8, bare[len(written) :], confirmed=confirmed))
    return words


def heard(*words: Word) -> Transcript:
    return Transcript((Segment(words),), "en")


def confirmed(transcript: Transcript) -> list[str]:
    return [word.text for word in transcript.words() if word.confirmed is not None]


def test_the_same_word_at_the_same_time_stands_and_no_other() -> None:
    old = heard(*said("buses* are wonderful* today"))
    new, carried = carry_over(old, heard(*said("buses are wonderful today")))
    assert confirmed(new) == ["buses", "wonderful"]
    assert carried == CarriedOver(2)


def test_capitals_marks_and_the_shape_of_an_apostrophe_make_no_other_word() -> None:
    old = heard(*said("Buses,* don’t* stop."))
    new, carried = carry_over(old, heard(*said("buses don't stop")))
    assert confirmed(new) == ["buses", "don't"]
    assert carried.stand == 2


def test_whoever_confirmed_a_word_still_stands_behind_it_since_when_they_did() -> None:
    old = heard(*said("buses", by=ADA), *said("run", by=BOB, at=0.5))
    new, _ = carry_over(old, heard(*said("buses run")))
    assert [word.confirmed for word in new.words()] == [ADA, BOB]


def test_what_is_heard_differently_is_not_confirmed_and_told_with_its_place() -> None:
    old = heard(*said("the Marais* quarter* is old*"))
    new, carried = carry_over(old, heard(*said("the Mary quarter was old")))
    assert confirmed(new) == ["quarter", "old"]
    assert carried == CarriedOver(2, (Difference(0.5, 0.95, "Marais", "Mary", 1),))


def test_words_that_follow_each_other_and_are_lost_are_one_place() -> None:
    old = heard(*said("the Marais* quarter* is old"))
    _, carried = carry_over(old, heard(*said("the Mary garter is old")))
    assert [(place.was, place.now, place.words) for place in carried.places] == [("Marais quarter", "Mary garter", 2)]
    assert carried.differ == 2


def test_what_was_not_heard_again_at_all_is_told_with_nothing_in_its_place() -> None:
    old = heard(*said("buses* run", at=3.0))
    new, carried = carry_over(old, heard(*said("run", at=3.5)))
    assert confirmed(new) == []
    assert carried.places == (Difference(3.0, 3.45, "buses", "", 1),)


def test_in_silence_every_word_is_lost() -> None:
    _, carried = carry_over(heard(*said("buses* run*")), Transcript(()))
    assert (carried.stand, carried.differ) == (0, 2)
    assert carry_over(Transcript(()), heard(*said("buses run")))[1] == CarriedOver()


def test_the_same_word_at_another_time_is_another() -> None:
    old = heard(*said("no*"))
    new, carried = carry_over(old, heard(*said("no", at=5.0)))
    assert confirmed(new) == []
    assert carried.differ == 1


def test_of_a_word_that_is_repeated_the_one_stands_that_is_said_then() -> None:
    old = heard(*said("no no no* no", each=2.0))
    new, carried = carry_over(old, heard(*said("no no no", at=2.0, each=2.0)))
    assert [word.start for word in new.words() if word.confirmed] == [4.0]
    assert carried.stand == 1


def test_one_of_two_repetitions_is_lost_where_only_one_is_heard_again() -> None:
    old = heard(*said("go* go* home", each=1.0))
    new, carried = carry_over(old, heard(*said("go home", at=1.0, each=1.0)))
    assert confirmed(new) == ["go"]
    assert (carried.stand, carried.differ) == (1, 1)


def test_engines_tell_the_times_of_words_a_little_differently() -> None:
    old = heard(*said("a* man* a* plan*", each=0.2))
    new, carried = carry_over(old, heard(*said("a man a plan", at=0.25, each=0.2)))
    assert confirmed(new) == ["a", "man", "a", "plan"]
    assert carried.differ == 0


def test_words_that_are_cut_differently_stand_where_their_letters_agree() -> None:
    old = heard(*said("to* day* we"))
    new, carried = carry_over(old, heard(Word(0.0, 0.95, "today"), *said("we", at=1.0)))
    assert (confirmed(new), carried) == (["today"], CarriedOver(2))
    back, again = carry_over(heard(Word(0.0, 0.95, "today", confirmed=ADA)), heard(*said("to day")))
    assert (confirmed(back), again) == (["to", "day"], CarriedOver(1))


def test_a_word_of_which_only_a_part_was_confirmed_is_not() -> None:
    old = heard(*said("to* day we"))
    new, carried = carry_over(old, heard(Word(0.0, 0.95, "today"), *said("we", at=1.0)))
    assert confirmed(new) == []
    assert carried.places == (Difference(0.0, 0.45, "to", "today", 1),)


def test_scripts_without_spaces_are_compared_by_their_letters() -> None:
    old = heard(Word(0, 1, "東京都", confirmed=ADA), Word(1, 2, "に", confirmed=ADA), Word(2, 3, "住む"))
    new, carried = carry_over(
        old, heard(Word(0, 0.6, "東京"), Word(0.6, 1.2, "都"), Word(1.2, 2, "に"), Word(2, 3, "すむ"))
    )
    assert confirmed(new) == ["東京", "都", "に"]
    assert carried == CarriedOver(2)


def test_a_letter_that_differs_costs_its_word_in_a_script_without_spaces() -> None:
    old = heard(Word(0, 1, "東京都", confirmed=ADA), Word(1, 2, "に", confirmed=ADA))
    new, carried = carry_over(old, heard(Word(0, 1, "京都"), Word(1, 2, "に")))
    assert confirmed(new) == ["京都", "に"], "both its letters were confirmed"
    assert [(place.was, place.now) for place in carried.places] == [("東京都", "京都")]


def test_done_again_with_what_came_of_it_it_is_the_same() -> None:
    old = heard(*said("the Marais* quarter* is old* to* day*"))
    fresh = heard(*said("the Mary quarter is"), Word(2.0, 2.4, "old"), Word(2.5, 3.4, "today"))
    once, carried = carry_over(old, fresh)
    assert carry_over(old, once) == (once, carried)
    assert confirmed(fresh) == [], "nothing is changed in what was given"


def test_nothing_but_the_confirmation_of_a_word_is_changed() -> None:
    new = heard(*said("Mary quarter"))
    carried, _ = carry_over(heard(*said("x quarter*")), new)
    assert [(word.start, word.end, word.text, word.confidence) for word in carried.words()] == [
        (word.start, word.end, word.text, word.confidence) for word in new.words()
    ]


def test_channels_that_speak_at_once_are_told_apart_by_their_words() -> None:
    old = Transcript((Segment(tuple(said("buses* run*"))), Segment(tuple(said("never* late", at=0.2)))), "en")
    new = Transcript((Segment(tuple(said("buses run"))), Segment(tuple(said("never late", at=0.2)))), "en")
    carried, told = carry_over(old, new)
    assert confirmed(carried) == ["buses", "run", "never"]
    assert told.stand == 3


def test_a_document_of_it_says_the_same() -> None:
    carried = CarriedOver(2, (Difference(0.5, 0.95, "Marais", "Mary", 1),))
    assert CarriedOver.from_json(carried.to_json()) == carried


@pytest.mark.parametrize("seed", range(20))
def test_never_more_words_are_confirmed_than_were_and_each_has_one_of_the_same_letters(seed: int) -> None:
    chance = random.Random(seed)
    words = ["no", "yes", "to", "day", "today", "the", "a"]
    old = heard(*(said(f"{chance.choice(words)}{'*' * chance.randint(0, 1)}", at=at * 0.3)[0] for at in range(60)))
    new = heard(*(said(chance.choice(words), at=at * 0.3 + chance.random() * 0.2)[0] for at in range(60)))
    carried, told = carry_over(old, new)
    before = "".join(word.text for word in old.words() if word.confirmed)
    assert len("".join(confirmed(carried))) <= len(before)
    assert told.stand + told.differ == sum(word.confirmed is not None for word in old.words())


def test_hours_of_talk_take_seconds() -> None:
    chance = random.Random(1)
    words = [f"word{chance.randint(0, 3000)}" for _ in range(27_000)]
    old = heard(*said(" ".join(words), by=ADA, each=0.4))
    changed = [word if chance.random() < 0.85 else f"other{chance.randint(0, 3000)}" for word in words]
    begun = time.perf_counter()
    _, told = carry_over(old, heard(*said(" ".join(changed), each=0.4)))
    assert time.perf_counter() - begun < 20
    assert 0.83 < told.stand / 27_000 < 0.87
