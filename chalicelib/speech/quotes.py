"""Quotes: a stretch of words, found by its times and read from the transcript as it now is. Pure."""

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from chalicelib.speech import captions
from chalicelib.speech.transcripts import Segment, Transcript, join

_HAIR = 0.001
"""Seconds: times are told and stored to the millisecond."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What is said in a stretch, in the order in which it is read: parts of segments, one at least."""

    segments: tuple[Segment, ...]

    @property
    def text(self) -> str:
        """The words, as a reader wants them."""
        return join(segment.text for segment in self.segments)

    @property
    def start(self) -> float:
        """When the first of them begins, in seconds."""
        return min(word.start for segment in self.segments for word in segment.words)

    @property
    def end(self) -> float:
        """When the last of them ends, in seconds."""
        return max(word.end for segment in self.segments for word in segment.words)

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who speaks, in the order in which they do; empty where nobody knows."""
        return tuple(dict.fromkeys(one.speaker for one in self.segments if one.speaker is not None))

    @property
    def is_confirmed(self) -> bool:
        """Whether somebody stands behind each of the words."""
        return all(word.confirmed is not None for segment in self.segments for word in segment.words)


class Quotes:
    """A transcript, ready for any number of stretches to be found in it."""

    def __init__(self, transcript: Transcript) -> None:
        self._segments = transcript.segments
        places = [
            ((word.start + word.end) / 2, at, number)
            for at, segment in enumerate(transcript.segments)
            for number, word in enumerate(segment.words)
        ]
        self._places = sorted(places)
        self._middles = [middle for middle, _, _ in self._places]

    def between(self, start: float, end: float, speaker: str | None = None) -> Quote | None:
        """The words whose middle lies between these seconds; None if there are none.

        Where several speak at once, those of the `speaker` alone, if any are left of theirs.
        """
        first, last = bisect_left(self._middles, start - _HAIR), bisect_right(self._middles, end + _HAIR)
        found: dict[int, list[int]] = {}
        for _, at, number in sorted(self._places[first:last], key=lambda place: place[1:]):
            found.setdefault(at, []).append(number)
        parts = [
            replace(self._segments[at], words=tuple(self._segments[at].words[number] for number in numbers))
            for at, numbers in found.items()
        ]
        if speaker is not None and _are_at_once(parts):
            parts = [part for part in parts if part.speaker == speaker] or parts
        return Quote(tuple(parts)) if parts else None


def _are_at_once(parts: Sequence[Segment]) -> bool:
    """Whether several people speak at a time."""
    ordered = sorted(parts, key=lambda part: part.start)
    return any(
        before.end - _HAIR > after.start and before.speaker != after.speaker for before, after in pairwise(ordered)
    )


def is_same(one: str, other: str) -> bool:
    """Whether two texts differ in nothing but their spaces, which where lines end decides."""
    return "".join(one.split()) == "".join(other.split())


def fingerprint(text: str) -> str:
    """Stands for what a text says, whatever its spaces."""
    return hashlib.sha256("".join(text.split()).encode()).hexdigest()[:32]


def captions_of(quote: Quote, start: float, end: float) -> tuple[dict[str, str], str]:
    """Captions of exactly these words: by ending, for a clip from `start` to `end` (seconds), with times from its
    beginning; and as SubRip with times from that of the recording.
    """
    moved = [
        replace(
            part,
            words=tuple(
                replace(word, start=max(word.start - start, 0.0), end=max(word.end - start, 0.0)) for word in part.words
            ),
        )
        for part in quote.segments
    ]
    said = Transcript(tuple(moved))
    cues = [replace(cue, end=min(cue.end, round(end - start, 3))) for cue in captions.cues(said)]
    cues = [cue for cue in cues if cue.start < cue.end]
    whole = [replace(cue, start=cue.start + start, end=cue.end + start) for cue in cues]
    return {"srt": captions.to_srt(cues), "vtt": captions.to_webvtt(cues)}, captions.to_srt(whole)
