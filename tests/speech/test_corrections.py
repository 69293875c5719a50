"""Corrections: what stands keeps its time, what is changed shares the time of what it replaces."""

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.speech.corrections import Line, Verdict, correct
from chalicelib.speech.transcribe_json import read_transcript, transcribe_document
from chalicelib.speech.transcripts import Confirmation, Segment, Transcript, Word, join


def transcript(*sentences: str) -> Transcript:
    """A word a second, with a tenth of a second between words."""
    segments, second = [], 0
    for sentence in sentences:
        words = []
        for text in sentence.split():
            words.append(Word(second, second + 0.9, text.rstrip(".,"), 0.5, text[len(text.rstrip(".,")) :]))
            second += 1
        segments.append(Segment(tuple(words)))
    return Transcript(tuple(segments), "en-US")


FOUND = transcript("The knight bus is late.", "Nobody likes it.")


def times(words: list[Word]) -> list[tuple[str, float, float]]:
    return [(word.written, round(word.start, 2), round(word.end, 2)) for word in words]


def corrected(found: Transcript, lines: Sequence[Line]) -> list[Word]:
    return correct(found, lines)[0]


def test_nothing_changed_changes_nothing() -> None:
    lines = [Line(segment.text, segment.speaker) for segment in FOUND.segments]
    words = corrected(FOUND, lines)
    assert [word.space for word in words] == [None, " ", " ", " ", " ", None, " ", " "]
    assert [replace(word, space=None) for word in words] == list(FOUND.words())


def test_a_changed_word_takes_the_time_of_what_it_replaces() -> None:
    words = corrected(FOUND, [Line("The night bus is late."), Line("Nobody likes it.")])
    assert times(words)[:3] == [("The", 0, 0.9), ("night", 1, 1.9), ("bus", 2, 2.9)]
    assert [word.confidence for word in words[:3]] == [0.5, 1.0, 0.5]


def test_as_many_words_for_as_many_keep_each_its_own_time() -> None:
    words = corrected(FOUND, [Line("The extraordinary van is late."), Line("Nobody likes it.")])
    assert times(words)[1:3] == [("extraordinary", 1, 1.9), ("van", 2, 2.9)]


def test_two_words_for_one_share_its_time_by_their_length() -> None:
    words = corrected(FOUND, [Line("The long night bus is late."), Line("Nobody likes it.")])
    assert times(words)[1:3] == [("long", 1, 1.4), ("night", 1.4, 1.9)]


def test_what_is_put_in_goes_into_the_pause() -> None:
    words = corrected(FOUND, [Line("The knight bus is very late."), Line("Nobody likes it.")])
    assert times(words)[4] == ("very", 3.9, 4)


def test_capitals_marks_and_speakers_are_as_written_and_cost_no_time() -> None:
    words = corrected(FOUND, [Line("the Knight, bus is late — (really?)", "Ada"), Line("Nobody likes it!", "Bob")])
    assert words[0].text == "the"
    assert times(words)[1] == ("Knight,", 1, 1.9)
    assert (words[4].written, words[5].written) == ("late", "—")
    assert words[-1].written == "it!"
    assert {word.speaker for word in words} == {"Ada", "Bob"}


def test_lines_may_be_left_out_put_in_and_split() -> None:
    assert times(corrected(FOUND, [Line("Nobody likes it.")]))[0] == ("Nobody", 5, 5.9)
    assert corrected(FOUND, []) == []
    split = corrected(FOUND, [Line("The knight bus"), Line("is late."), Line("Nobody likes it.")])
    assert [word.start for word in split] == [word.start for word in FOUND.words()]
    longer = corrected(FOUND, [*(Line(s.text) for s in FOUND.segments), Line("The end.")])
    assert all(word.start >= 7.9 for word in longer[-2:])


def test_words_can_be_written_where_none_were_heard() -> None:
    words = corrected(Transcript(()), [Line("Hello there.")])
    assert times(words) == [("Hello", 0, 0), ("there.", 0, 0)]
    words, lengths = correct(Transcript(()), [Line("Hello there."), Line("…"), Line("Bye")], length=14.0)
    assert times(words) == [("Hello", 0, 5), ("there.", 5, 10), ("…", 10, 11), ("Bye", 11, 14)]
    assert lengths == [2, 1, 1]


def test_scripts_without_spaces_keep_their_times_letter_by_letter() -> None:
    heard = Transcript((Segment((Word(0, 2, "今日"), Word(2, 3, "は"), Word(3, 5, "雨天", 1.0, "。"))),), "ja-JP")
    words = corrected(heard, [Line("今日は晴天。")])
    assert join(word.written for word in words) == "今日は晴天。"
    assert times(words) == [("今", 0, 1), ("日", 1, 2), ("は", 2, 3), ("晴", 3, 4), ("天。", 4, 5)]


TEXTS = st.lists(
    st.sampled_from(["bus", "Bus", "night", "knight", "is", "late.", "late", "(no)", "今日", "は"]), max_size=8
)


@given(st.lists(TEXTS, max_size=5), st.lists(TEXTS, max_size=5))
def test_whatever_is_written_is_there_in_order_with_times_in_order(
    heard: list[list[str]], written: list[list[str]]
) -> None:
    found = transcript(*(" ".join(words) for words in heard if words))
    lines = [Line(" ".join(words)) for words in written]
    words = corrected(found, lines)
    plain = "".join("".join(line.text.split()) for line in lines)
    assert "".join(word.written for word in words) == plain
    assert all(0 <= word.start <= word.end <= found.duration for word in words)
    assert all(one.start <= other.start for one, other in pairwise(words))
    again = read_transcript(transcribe_document("job", words, "en-US"))
    assert [word.written for word in again.words()] == [word.written for word in words]


@pytest.mark.parametrize("text", ["", "   ", "\u0000", "\u3000\n", "\ufeff"])
def test_a_line_without_a_word_is_none(text: str) -> None:
    assert corrected(FOUND, [Line(text)]) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("« The knight »", ["«", "The", "knight", "»"]),
        ("— the knight", ["—", "the", "knight"]),
        ("¿ The (knight)", ["¿", "The", "(knight)"]),
        ("彼は「今日」と。", ["彼", "は", "「今", "日」", "と。"]),
        ("「」", ["「」"]),
        ("今(", ["今("]),
        ("今日👩\u200d🚀は", ["今", "日", "👩\u200d🚀", "は"]),
    ],
)
def test_marks_stay_where_they_are_written_and_cost_no_word_its_time(text: str, words: list[str]) -> None:
    found = corrected(FOUND, [Line(text), *(Line(segment.text) for segment in FOUND.segments)])
    assert [word.written for word in found[: len(words)]] == words
    knight = corrected(FOUND, [Line(text.lower())])
    assert [word.start for word in knight if word.text.strip("()") == "knight"] == [1] * ("night" in text)


def test_lines_are_read_back_as_a_person_chose_them() -> None:
    lines = [Line("The knight"), Line(" "), Line("bus is late. Nobody"), Line("likes it.")]
    words, lengths = correct(FOUND, lines)
    document = transcribe_document("job", words, "en-US", lengths)
    assert [segment.text for segment in read_transcript(document).segments] == [
        "The knight",
        "bus is late. Nobody",
        "likes it.",
    ]
    for wrong in ([99], [0, *lengths], "no list", [*lengths[:-1], "2"]):
        document["results"]["rapporteur_lines"] = wrong
        assert read_transcript(document) == read_transcript(transcribe_document("job", words, "en-US"))


# ---- what somebody stands behind

ANN, BOB = Confirmation("ann", 100.0), Confirmation("bob", 200.0)


def judged(found: Transcript, texts: Sequence[str], verdict: Verdict) -> list[Word]:
    """The words of a correction, once they have been stored and read again."""
    words, lengths = correct(found, [Line(text) for text in texts], verdict=verdict)
    document = json.loads(json.dumps(transcribe_document("job", words, "en-US", lengths)))
    return list(read_transcript(document).words())


def behind(words: Sequence[Word]) -> list[tuple[str, str]]:
    return [(word.written, word.confirmed.by) for word in words if word.confirmed]


UNTOUCHED = ["The knight bus is late.", "Nobody likes it."]


def test_nobody_stands_behind_what_nobody_touched() -> None:
    assert behind(judged(FOUND, UNTOUCHED, Verdict(ANN))) == []


def test_whoever_writes_a_word_stands_behind_it_and_behind_no_other() -> None:
    assert behind(judged(FOUND, ["The night bus is late.", "Nobody likes it."], Verdict(ANN))) == [("night", "ann")]


@pytest.mark.parametrize("written", ["The Knight bus is late.", "The knight, bus is late."])
def test_capitals_and_marks_are_written_too(written: str) -> None:
    assert [by for _, by in behind(judged(FOUND, [written, UNTOUCHED[1]], Verdict(ANN)))] == ["ann"]


def test_a_stretch_is_said_to_be_right_and_then_taken_back_in_part() -> None:
    words = judged(FOUND, UNTOUCHED, Verdict(ANN, right=((0.0, 2.95),)))
    assert behind(words) == [("The", "ann"), ("knight", "ann"), ("bus", "ann")]
    again = judged(as_transcript(words), UNTOUCHED, Verdict(BOB, open=((1.2, 1.6),)))
    assert behind(again) == [("The", "ann"), ("bus", "ann")]


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6),
)
def test_any_stretches_are_meant_by_the_middle_of_each_word(
    right: list[tuple[int, int]], open_: list[tuple[int, int]]
) -> None:
    def tenths(stretches: list[tuple[int, int]]) -> tuple[tuple[float, float], ...]:
        return tuple((start / 10, end / 10) for start, end in stretches)

    def is_in(word: Word, stretches: tuple[tuple[float, float], ...]) -> bool:
        return any(start <= (word.start + word.end) / 2 <= end for start, end in stretches)

    for word in judged(FOUND, UNTOUCHED, Verdict(ANN, tenths(right), tenths(open_))):
        assert (word.confirmed is not None) == (is_in(word, tenths(right)) and not is_in(word, tenths(open_)))


def test_what_was_confirmed_stays_so_through_the_corrections_of_others() -> None:
    first = as_transcript(judged(FOUND, UNTOUCHED, Verdict(ANN, right=((0.0, 2.95),))))
    words = judged(first, ["The night bus is late.", "Nobody liked it."], Verdict(BOB))
    assert behind(words) == [("The", "ann"), ("night", "bob"), ("bus", "ann"), ("liked", "bob")]
    assert {word.confirmed for word in words if word.confirmed} == {ANN, BOB}


@pytest.mark.parametrize("said", ["x", -1, 7, None, True, 0.0])
def test_a_confirmation_that_cannot_be_read_is_none(said: object) -> None:
    words, lengths = correct(FOUND, [Line(text) for text in UNTOUCHED], verdict=Verdict(ANN, right=((0.0, 0.95),)))
    document = transcribe_document("job", words, "en-US", lengths)
    document["results"]["items"][0]["rapporteur_confirmed"] = said
    read = list(read_transcript(document).words())
    assert [word.text for word in read] == [word.text for word in FOUND.words()]
    assert behind(read) == []


def as_transcript(words: Sequence[Word]) -> Transcript:
    return Transcript((Segment(tuple(words[:5])), Segment(tuple(words[5:]))), "en-US")


@pytest.mark.parametrize(
    ("name", "heard", "after"), [("Anna Kowalczyk", "and a coral chick", "agrees."), ("晴天", "雨天", "です。")]
)
def test_a_name_that_a_rule_wrote_as_one_word_stays_one_and_says_what_was_heard(
    name: str, heard: str, after: str
) -> None:
    space = None if name.isascii() else ""
    words = (Word(0, 2, name, heard=heard), Word(2, 3, after[:-1], 1.0, after[-1], space=space))
    found = Transcript((Segment(words),), "en-US")
    gap = " " if name.isascii() else ""
    judgement = Verdict(Confirmation("ada", 7.0))
    for changed in (after, f"{after[:-1]}!", f"{after} Yes."):
        kept = correct(found, [Line(f"{name}{gap}{changed}")], 0.0, judgement)[0]
        assert (kept[0].text, kept[0].heard, kept[0].confirmed) == (name, heard, None), changed
    undone = correct(found, [Line(f"{heard}{gap}{after}")], 0.0, judgement)[0]
    assert [word.heard for word in undone] == [None] * len(undone)
    assert undone[0].confirmed == Confirmation("ada", 7.0)
    partly = correct(found, [Line(f"{name[:-1]}{gap}{after}")], 0.0, judgement)[0]
    assert not any(word.heard for word in partly)


def ruled(*lines: tuple[Word, ...]) -> Transcript:
    return Transcript(tuple(map(Segment, lines)), "en-US")


def said(text: str, at: float) -> tuple[Word, ...]:
    return tuple(Word(at + place, at + place + 0.9, one, 0.8) for place, one in enumerate(text.split()))


OURS = (Word(0, 1.9, "our tour", 0.8, heard="hour tour"), *said("began", 2))


def test_words_that_were_heard_apart_stay_apart_where_another_line_has_them_as_one() -> None:
    found = ruled(OURS, said("then our tour ended", 10), said("nobody came", 20))
    words, lengths = correct(
        found, [Line("our tour began"), Line("then our tour ended"), Line("somebody came")], verdict=Verdict(ANN)
    )
    assert lengths == [2, 4, 2]
    assert [(word.text, word.heard) for word in words[:2]] == [("our tour", "hour tour"), ("began", None)]
    assert [word.text for word in words[2:6]] == ["then", "our", "tour", "ended"]
    assert {word.confidence for word in words[:6]} == {0.8}
    assert behind(words) == [("somebody", "ann")]


def test_whoever_changes_a_word_of_what_stands_as_one_stands_behind_all_of_it() -> None:
    words = correct(ruled(OURS), [Line("our detour began")], verdict=Verdict(ANN))[0]
    assert behind(words) == [("our", "ann"), ("detour", "ann")]
    assert [word.heard for word in words] == [None] * 3
    apart, lengths = correct(ruled(OURS), [Line("our"), Line("tour began")], verdict=Verdict(ANN))
    assert (behind(apart), lengths) == ([("our", "ann"), ("tour", "ann")], [1, 2])


def test_marks_within_what_stands_as_one_are_no_change() -> None:
    found = ruled((Word(0, 1.9, "St. Mary", 0.8, ",", heard="some marry"), *said("began", 2)))
    words = correct(found, [Line("St. Mary, ended")], verdict=Verdict(ANN))[0]
    assert (words[0].written, words[0].heard, behind(words)) == ("St. Mary,", "some marry", [("ended", "ann")])


def test_a_word_keeps_what_else_it_was_taken_for_as_long_as_it_stands() -> None:
    others = ("night", "nite")
    words = [Word(0, 1, "The", 0.9), Word(1, 2, "knight", 0.3, alternatives=others), Word(2, 3, "bus", 0.9)]
    found = Transcript((Segment(tuple(words)),), "en-US")
    stood = correct(found, [Line("The knight buses")], verdict=Verdict(ANN))[0]
    assert (stood[1].alternatives, stood[1].is_unsure) == (others, True)
    assert correct(found, [Line("The Night bus")], verdict=Verdict(ANN))[0][1].alternatives == ()
    assert correct(found, [Line("The Knight bus")], verdict=Verdict(ANN))[0][1].alternatives == ()
    spaceless = Transcript((Segment((Word(0, 2, "今日", 0.3, alternatives=("京",)),)),), "ja-JP")
    assert [word.alternatives for word in corrected(spaceless, [Line("今日")])] == [(), ()]
