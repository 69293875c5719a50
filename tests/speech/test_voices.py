"""Voices: whom a speaker sounds like, and what of it is kept."""

import json
import math

import pytest

from chalicelib.speech.transcripts import Segment, Transcript, Word
from chalicelib.speech.voices import (
    LIKELY,
    Heard,
    Voice,
    called_now,
    cosine,
    packed,
    read_voices,
    suggestions,
    unpacked,
    voices_document,
)


def voice(name: str, *embedding: float, model: str = "m", id_: str = "") -> Voice:
    return Voice(id_ or name, name, packed(embedding), model, "2026-11-01", "by e-mail", 0.0, 1.0)


def at(degrees: float) -> tuple[float, float]:
    return math.cos(math.radians(degrees)), math.sin(math.radians(degrees))


def test_each_speaker_gets_the_voice_most_like_theirs_and_each_voice_one_speaker() -> None:
    heard = Heard("m", {"spk_0": at(0), "spk_1": at(20), "spk_2": at(90)})
    found = suggestions(heard, [voice("Ada", *at(5)), voice("Bob", *at(40)), voice("Eve", *at(-80))])
    assert [(one.speaker, one.voice.name) for one in found] == [("spk_0", "Ada"), ("spk_1", "Bob"), ("spk_2", "Bob")][
        :2
    ]
    assert found[0].alike == pytest.approx(math.cos(math.radians(5)), abs=1e-4)


def test_what_is_not_alike_enough_or_of_another_model_is_not_suggested() -> None:
    limit = math.degrees(math.acos(LIKELY))
    heard = Heard("m", {"spk_0": at(0)})
    assert suggestions(heard, [voice("Ada", *at(limit + 1))]) == []
    assert suggestions(heard, [voice("Ada", *at(0), model="other")]) == []
    assert suggestions(heard, [voice("Ada", 1.0, 0.0, 0.0)]) == []
    assert suggestions(heard, []) == []
    assert [one.voice.name for one in suggestions(heard, [voice("Ada", *at(limit - 1))])] == ["Ada"]


def test_somebody_remembered_twice_is_suggested_for_one_speaker_only() -> None:
    heard = Heard("m", {"spk_0": at(0), "spk_1": at(10)})
    found = suggestions(heard, [voice("Ada", *at(0), id_="1"), voice("Ada", *at(10), id_="2")])
    assert len(found) == 1


def test_no_sound_is_like_nothing() -> None:
    assert cosine((0.0, 0.0), (1.0, 0.0)) == 0.0
    assert cosine((), ()) == 0.0


def test_an_embedding_survives_being_packed() -> None:
    assert unpacked(packed((0.5, -0.25, 1e-3))) == pytest.approx((0.5, -0.25, 1e-3))
    heard = Heard("m", {"spk_0": (0.5, 0.25)})
    assert read_voices(json.dumps(voices_document(heard)).encode()) == heard


@pytest.mark.parametrize(
    "data", [None, b"", b"{", b"[]", b"null", b'{"model": 1}', b'{"model": "m", "voices": {"a": "?"}}']
)
def test_what_cannot_be_read_tells_no_voices(data: bytes | None) -> None:
    assert read_voices(data) is None


def said(*words: tuple[float, str | None]) -> Transcript:
    return Transcript(tuple(Segment((Word(start, start + 0.4, "so", speaker=who),)) for start, who in words), "en")


def test_a_speaker_is_called_what_most_of_their_words_are_said_by_now() -> None:
    first = said((0, "spk_0"), (1, "spk_0"), (2, "spk_0"), (3, "spk_1"), (4, None))
    current = said((0, "Ada"), (1, "Ada"), (2, "Bob"), (3, "Bob"), (4, "Eve"))
    assert called_now(first, current) == {"spk_0": "Ada", "spk_1": "Bob"}
    assert called_now(first, said()) == {}
