"""Quotes hang on words by their times: whatever is corrected, they tell what now stands there."""

from dataclasses import replace

import pytest
import srt
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.speech.corrections import Line, Verdict, correct
from chalicelib.speech.quotes import Quote, Quotes, captions_of, fingerprint, is_same
from chalicelib.speech.transcribe_json import read_transcript, transcribe_document
from chalicelib.speech.transcripts import Confirmation, Segment, Transcript, Word

SAID = ("The knight bus is late.", "Nobody likes it.")
WHO = Confirmation("ada", 1.0)


def heard(*sentences: str) -> Transcript:
    """A word a second, with a tenth of a second between words."""
    segments, second = [], 10.0
    for at, sentence in enumerate(sentences):
        words = []
        for text in sentence.split():
            words.append(
                Word(second, second + 0.9, text.rstrip(".,"), 0.5, text[len(text.rstrip(".,")) :], f"spk_{at}")
            )
            second += 1
        segments.append(Segment(tuple(words)))
    return Transcript(tuple(segments), "en-US")


FOUND = heard(*SAID)
BUS = (12.0, 15.9)
"""bus is late. Nobody"""


def corrected(*lines: Line, verdict: Verdict | None = None) -> Transcript:
    words, lengths = correct(FOUND, lines, verdict=verdict)
    return read_transcript(transcribe_document("job", words, "en-US", lengths))


def quoted(found: Transcript, stretch: tuple[float, float] = BUS) -> Quote | None:
    return Quotes(found).between(*stretch)


def text(*lines: Line) -> str | None:
    found = quoted(corrected(*lines))
    return found.text if found else None


def test_it_is_the_words_between_two_moments_with_who_says_them() -> None:
    found = quoted(FOUND)
    assert found is not None
    assert (found.text, found.start, found.end) == ("bus is late. Nobody", 12.0, 15.9)
    assert found.speakers == ("spk_0", "spk_1")
    assert not found.is_confirmed
    assert quoted(FOUND, (12.95, 12.99)) is None


@pytest.mark.parametrize(
    "lines",
    [
        [Line("The knight bus", "a"), Line("is late.", "a"), Line("Nobody likes it.", "b")],
        [Line("The knight bus is late. Nobody likes it.", "a")],
        [Line("The knight", "a"), Line("bus is late. Nobody", "a"), Line("likes it.", "b")],
    ],
)
def test_lines_that_are_split_or_joined_change_nothing_of_it(lines: list[Line]) -> None:
    found = quoted(corrected(*lines))
    assert found is not None
    assert is_same(found.text, "bus is late. Nobody")
    assert (found.start, found.end) == pytest.approx(BUS)


def test_what_is_corrected_in_it_is_told_as_it_now_is_and_what_is_beside_it_does_not_matter() -> None:
    assert text(Line("The knight coach is late."), Line("Nobody likes it.")) == "coach is late. Nobody"
    assert text(Line("The knight bus is very late."), Line("Nobody likes it.")) == "bus is very late. Nobody"
    assert text(Line("One night bus is late."), Line("Nobody likes that.")) == "bus is late. Nobody"
    assert text(Line("The knight bus is late!"), Line("Nobody likes it.")) == "bus is late! Nobody"
    assert not is_same("bus is late! Nobody", "bus is late. Nobody")
    assert text(Line("The knight late."), Line("Nobody likes it.")) == "late. Nobody"


def test_when_its_words_are_deleted_nothing_is_left_of_it() -> None:
    assert text(Line("The knight"), Line("likes it.")) is None
    assert quoted(Transcript(())) is None


def test_it_is_confirmed_when_each_of_its_words_is() -> None:
    lines = [Line(one) for one in SAID]
    part = quoted(corrected(*lines, verdict=Verdict(WHO, right=((12.0, 14.9),))))
    whole = quoted(corrected(*lines, verdict=Verdict(WHO, right=((12.0, 15.9),))))
    assert part and whole
    assert (part.is_confirmed, whole.is_confirmed) == (False, True)


def test_of_several_who_speak_at_once_it_is_the_one_who_was_quoted_whatever_they_are_called_now() -> None:
    ada = Segment(
        tuple(Word(float(at), at + 0.9, word, speaker="ch_0") for at, word in enumerate(["we", "are", "all", "here"]))
    )
    bob = Segment(tuple(Word(at + 1.0, at + 1.5, word, speaker="ch_1") for at, word in enumerate(["oh", "yes"])))
    at_once = Transcript((ada, bob))
    found = Quotes(at_once).between(0.0, 3.9, "ch_0")
    assert found is not None
    assert found.text == "we are all here"
    named = Transcript((replace(ada, words=tuple(replace(word, speaker="Ada") for word in ada.words)), bob))
    both = Quotes(named).between(0.0, 3.9, "ch_0")
    assert both is not None
    assert "we are all here" in both.text, "rather too much than nothing"


@given(st.integers(0, 7), st.integers(0, 7))
def test_captions_of_it_hold_exactly_its_words_within_the_clip(first: int, last: int) -> None:
    words = list(FOUND.words())
    first, last = min(first, last), max(first, last)
    found = quoted(FOUND, (words[first].start, words[last].end))
    assert found is not None
    texts, whole = captions_of(found, found.start, found.end)
    cues = list(srt.parse(texts["srt"]))
    assert is_same("".join(cue.content.replace("- ", "") for cue in cues), found.text)
    assert cues[0].start.total_seconds() == 0.0
    assert all(cue.end.total_seconds() <= found.end - found.start + 0.001 for cue in cues)
    for cue, moved in zip(cues, srt.parse(whole), strict=True):
        assert moved.start.total_seconds() == pytest.approx(cue.start.total_seconds() + found.start, abs=0.002)
    assert len(webvtt.from_string(texts["vtt"]).captions) == len(cues)


def test_a_fingerprint_stands_for_words_and_not_for_spaces() -> None:
    assert fingerprint("a b\n c") == fingerprint("ab c") != fingerprint("a b d")
