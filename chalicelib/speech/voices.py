"""Voices that are remembered by name, so that a later recording can say whom it sounds like. Pure.

What a voice sounds like is a row of numbers that a model makes of sound (an embedding); two rows of one model are
alike as far as they point in the same direction. A name is only ever suggested: the owner of a recording gives it.
"""

import array
import base64
import json
import math
import operator
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.folding import same
from chalicelib.speech.transcripts import Transcript

LIKELY, VERY_LIKELY = 0.6, 0.75
"""Cosines from which on a voice is suggested, and from which on it is said to be very likely; see docs/privacy.md."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice that an owner has somebody's word for: the day (ISO 8601) on which and the way in which they agreed.

    `model` is the SHA-256 of what made the embedding; times are seconds since the epoch.
    """

    id: str
    name: str
    embedding: str
    model: str
    agreed_on: str
    agreed_how: str
    created_at: float
    ends_at: float


@dataclass(frozen=True, slots=True)
class Heard:
    """The voices of a recording, by the label that the transcript first gave each speaker."""

    model: str
    voices: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A speaker of a recording sounds like a voice that is known; `alike` is the cosine of the two, up to 1."""

    speaker: str
    voice: Voice
    alike: float


def suggestions(heard: Heard, known: Iterable[Voice]) -> list[Suggestion]:
    """The best voice for each speaker where one is likely, and each voice for one speaker only; the surest first."""
    comparable = [(voice, unpacked(voice.embedding)) for voice in known if voice.model == heard.model]
    pairs = [
        Suggestion(speaker, voice, alike)
        for speaker, sound in heard.voices.items()
        for voice, embedding in comparable
        if (alike := cosine(sound, embedding)) >= LIKELY
    ]
    found: list[Suggestion] = []
    for pair in sorted(pairs, key=lambda pair: -pair.alike):
        if not any(pair.speaker == other.speaker or same(pair.voice.name) == same(other.voice.name) for other in found):
            found.append(pair)
    return found


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """How alike two embeddings are: 1 for the same direction, 0 for none; 0 too for those of different lengths."""
    if len(one) != len(other):
        return 0.0
    size = math.hypot(*one) * math.hypot(*other)
    return sum(map(operator.mul, one, other)) / size if size else 0.0


def packed(embedding: Sequence[float]) -> str:
    """An embedding as a short text."""
    return base64.b64encode(array.array("f", embedding).tobytes()).decode()


def unpacked(text: str) -> tuple[float, ...]:
    """What `packed` made."""
    numbers = array.array("f")
    numbers.frombytes(base64.b64decode(text, validate=True))
    return tuple(numbers)


def voices_document(heard: Heard) -> dict[str, Any]:
    """The voices of a recording as a document."""
    return {"model": heard.model, "voices": {label: packed(voice) for label, voice in heard.voices.items()}}


def read_voices(data: bytes | None) -> Heard | None:
    """What a file says that holds such a document; None where there is none, or none that can be read."""
    try:
        return heard_in(json.loads(data or b"null"))
    except ValueError:
        return None


def heard_in(document: Mapping[str, Any]) -> Heard | None:
    """What `voices_document` says; None if it is none."""
    try:
        return Heard(str(document["model"]), {str(who): unpacked(text) for who, text in document["voices"].items()})
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def called_now(first: Transcript, current: Transcript) -> dict[str, str]:
    """By the label that each speaker had at first, what most of their words' speaker is called in a later edition."""
    words = sorted(current.words(), key=lambda word: word.start)
    starts = [word.start for word in words]
    said: dict[str, Counter[str]] = {}
    for word in first.words():
        at = bisect_right(starts, word.start) - 1
        if word.speaker and at >= 0 and (name := words[at].speaker):
            said.setdefault(word.speaker, Counter())[name] += 1
    return {label: names.most_common(1)[0][0] for label, names in said.items()}
