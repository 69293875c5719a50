"""Which word is whose: turns in the sound, brought together with words."""

import json
import time

import pytest

from chalicelib.domain.analysis import SegmentSentiment, SentimentScore
from chalicelib.message import Message
from chalicelib.speech.speakers import (
    Turn,
    failed_document,
    labelled,
    moods_of_named,
    name_of,
    read_turns,
    turns_document,
)
from chalicelib.speech.transcribe_json import read_transcript, transcribe_document
from chalicelib.speech.transcripts import Segment, Transcript, Word


def transcript(*said: tuple[float, float, str]) -> Transcript:
    words = [Word(start, end, text.rstrip(".,?"), 1.0, text[len(text.rstrip(".,?")) :]) for start, end, text in said]
    return read_transcript(transcribe_document("job", words, "en"))


def speakers(found: Transcript, *turns: tuple[float, float, str]) -> str:
    """Whose each word is: the last character of each label."""
    return "".join(
        word.speaker[-1] if word.speaker else "-" for word in labelled(found, [Turn(*turn) for turn in turns])[0]
    )


DIALOGUE = transcript((0.0, 0.4, "Is"), (0.5, 1.0, "it?"), (1.4, 2.0, "It"), (2.0, 2.5, "is."), (4.0, 4.5, "Good."))


def test_a_word_is_whose_turn_holds_most_of_it() -> None:
    assert speakers(DIALOGUE, (0.0, 1.5, "b"), (1.5, 2.6, "a"), (3.9, 5.0, "b")) == "00110"


def test_speakers_are_numbered_as_they_begin_to_speak() -> None:
    words, names = labelled(DIALOGUE, [Turn(1.3, 3.0, "x"), Turn(0.0, 1.2, "y"), Turn(3.0, 5.0, "z")])
    assert names == {"y": "spk_0", "x": "spk_1", "z": "spk_2"}
    assert [word.speaker for word in words] == ["spk_0", "spk_0", "spk_1", "spk_1", "spk_2"]


def test_a_word_outside_all_turns_goes_to_the_nearest() -> None:
    assert speakers(DIALOGUE, (0.5, 1.1, "a"), (2.1, 2.6, "b")) == "00111"
    assert speakers(DIALOGUE, (4.2, 4.6, "a")) == "00000"


def test_who_breaks_into_a_long_turn_is_heard() -> None:
    assert speakers(DIALOGUE, (0.0, 5.0, "a"), (1.4, 2.5, "b")) == "00110"


def test_a_crumb_in_the_middle_of_a_sentence_belongs_to_it() -> None:
    said = transcript((0.0, 0.4, "We"), (0.4, 0.6, "go"), (0.6, 1.0, "home"), (1.0, 1.5, "now."))
    assert speakers(said, (0.0, 0.4, "a"), (0.4, 0.6, "b"), (0.6, 2.0, "a")) == "0000"


@pytest.mark.parametrize("answer", ["Yes.", "Yes?"])
def test_a_short_sentence_of_its_own_stays(answer: str) -> None:
    said = transcript((0.0, 0.5, "Right?"), (0.6, 0.9, answer), (1.0, 1.5, "Good."))
    assert speakers(said, (0.0, 0.55, "a"), (0.55, 0.95, "b"), (0.95, 2.0, "a")) == "010"


def test_without_turns_nobody_speaks() -> None:
    assert speakers(DIALOGUE) == "-----"


def test_turns_are_written_and_read() -> None:
    turns = [Turn(0.5, 2.0, "b"), Turn(0.0, 1.0, "a")]
    assert read_turns(json.dumps(turns_document(turns)).encode()) == turns[::-1]
    failure = Message("no-model", "There is no model.")
    assert read_turns(json.dumps(failed_document(failure)).encode()) == failure


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b'{"turns": [{}]}', b'{"turns": 3}', b'{"failure": 3}'])
def test_what_cannot_be_read_is_a_failure(data: bytes) -> None:
    found = read_turns(data)
    assert isinstance(found, Message)
    assert "could not be read" in found.english


def test_three_hours_take_a_moment() -> None:
    words = [Word(at * 0.4, at * 0.4 + 0.3, "word") for at in range(27_000)]
    found = read_transcript(transcribe_document("job", words, "en"))
    turns = [Turn(at * 4.0, at * 4.0 + 5.0, str(at % 7)) for at in range(2_700)]
    began = time.monotonic()
    assert len(labelled(found, turns)[0]) == 27_000
    assert time.monotonic() - began < 10


def test_people_read_a_number_or_a_name() -> None:
    assert [name_of(label) for label in ("spk_0", "spk_11", "Ada", "part_1_spk_0", "spk_", "spk_²")] == [
        "Speaker 1",
        "Speaker 12",
        "Ada",
        "part_1_spk_0",
        "spk_",
        "spk_²",
    ]


def test_the_mood_of_a_speaker_is_told_once_they_have_a_name() -> None:
    good, bad = SentimentScore(0.9, 0.0, 0.1, 0.0), SentimentScore(0.0, 0.9, 0.1, 0.0)
    words = [
        Word(at, at + 0.5, "so", speaker=who) for at, who in enumerate(("Ada", "Ada", "Ada", "spk_1", "Bob", "Ada"))
    ]
    found = Transcript((Segment(tuple(words)),), "en")
    segments = (
        SegmentSentiment(0.0, 2.6, "so so so", good),
        SegmentSentiment(3.0, 3.6, "so", bad),
        SegmentSentiment(4.0, 4.6, "so", bad),
        SegmentSentiment(5.0, 5.6, "so", bad),
        SegmentSentiment(9.0, 9.9, "nobody's", bad),
    )
    moods = moods_of_named(found, segments)
    assert set(moods) == {"Ada", "Bob"}
    assert moods["Bob"].negative == pytest.approx(0.9)
    assert moods["Ada"].positive > moods["Ada"].negative > 0
    assert moods_of_named(found, ()) == {}
