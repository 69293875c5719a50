"""Sentences in another language are said when the original was, and captions of them keep to all rules."""

import json

import pytest

from chalicelib.speech import captions
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.speech.transcripts import Segment, Transcript, Word
from chalicelib.speech.translating import is_of, translation_document

SAID = Transcript(
    (
        Segment(
            (
                Word(1.0, 1.4, "Buses", speaker="Ada"),
                Word(1.5, 1.9, "are", speaker="Ada"),
                Word(4.0, 4.8, "free", 0.9, ".", "Ada"),
            )
        ),
        Segment((Word(6.0, 6.5, "No", 0.9, "!", "Bob"),)),
    ),
    "en-US",
)


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        (["Les bus sont gratuits.", "Non !"], "fr"),
        (["バスは無料です。", "いいえ！"], "ja"),
        (["x", "y"], "de"),
        (["un " * 60 + "fin.", "-->"], "fr"),
    ],
)
def test_each_sentence_keeps_its_time_and_its_speaker(texts: list[str], language: str) -> None:
    document = json.dumps(translation_document(SAID, texts, language, "job")).encode()
    made = load_transcript(document)
    assert made.language == language
    assert [segment.speaker for segment in made.segments] == ["Ada", "Bob"]
    assert [segment.text for segment in made.segments] == [" ".join(text.split()) for text in texts]
    for segment, original in zip(made.segments, SAID.segments, strict=True):
        assert segment.start == pytest.approx(original.start, abs=0.002)
        assert segment.end == pytest.approx(original.end, abs=0.002)
        assert all(word.start <= word.end and word.confirmed is None for word in segment.words)
        starts = [word.start for word in segment.words]
        assert starts == sorted(starts)
    for cue in captions.cues(made):
        assert len(cue.lines) <= 2
        assert all(len(line) <= captions.COLUMNS for line in cue.lines)
    assert captions.written(made, captions.cues(made))["vtt"].count(" --> ") == len(captions.cues(made))


def test_pauses_stay_where_they_are() -> None:
    made = load_transcript(
        json.dumps(translation_document(SAID, ["Les bus sont gratuits.", "Non."], "fr", "j")).encode()
    )
    times = [(word.text, round(word.start, 1)) for word in made.segments[0].words]
    assert times[0] == ("Les", 1.0)
    assert times[-1][0] == "gratuits"
    assert not [word for word, start in times if 2.0 < start < 3.9], "nobody speaks then"


def test_a_translation_is_known_by_what_it_is_of() -> None:
    document = json.dumps(translation_document(SAID, ["a", "b"], "fr", "j")).encode()
    assert is_of(document, SAID)
    assert not is_of(document, Transcript(SAID.segments[:1], "en-US"))
    later = Segment(
        tuple(
            Word(word.start + 9, word.end + 9, word.text, 0.9, word.punctuation, "Ada")
            for word in SAID.segments[0].words
        )
    )
    assert not is_of(document, Transcript((later, SAID.segments[1]), "en-US"))
