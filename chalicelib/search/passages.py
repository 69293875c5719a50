"""The passages of one recording, a few lines each, with what they mean: what the search by meaning finds. Pure.

Stored as four bytes that say how long the head is, the head as compressed JSON, and then the vectors, a byte a number
(`small`):

    {"model": "…", "is_whole": true, "edition": 2, "passages": [["transcript", "What was said.", 500, 9200, "Ada"], …]}

Times are in milliseconds, or a page and -1, or -1 and -1 (`concordance.py`). Scores are cosines.
"""

import json
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from math import sqrt
from operator import mul
from statistics import NormalDist
from typing import Self

from chalicelib.domain.tracks import Moment, Page, Place
from chalicelib.search.concordance import Concordance, TrackWords
from chalicelib.search.terms import BREAK, is_by_character, units

LONGEST = 60
"""Words of a passage, or twice as many characters of a script without spaces."""

_ENOUGH, _FEWEST = 25, 3
"""Words after which it ends with its sentence, and below which it says nothing that one could look for."""

_MOST_CHARACTERS = 600
_ENDS = (".", "!", "?", "…", "。", "！", "？")
_HALF = 0.5

_USUAL, _CURVE = NormalDist(), NormalDist(0, 1.4)
"""How the numbers of a vector mostly lie, and how fine the steps are: for two bits as for eight this loses least."""

_STEPS = [_CURVE.inv_cdf(step / 256) for step in range(1, 256)]
_FAR = 9.0


class Closeness(StrEnum):
    """How near a passage is to a question, in words."""

    CLOSE = "close"
    NEAR = "near"
    FAR = "far"


@dataclass(frozen=True, slots=True)
class Passage:
    """What stands together in a track, and where; who said it, where somebody did."""

    track: str
    text: str
    place: Place | None
    speaker: str | None


def cut(words: Concordance) -> Iterator[Passage]:
    """The passages of a recording: each by one speaker, or on one page."""
    for track in words.tracks:
        yield from _of_track(track)


def _of_track(track: TrackWords) -> Iterator[Passage]:
    first, size = 0, 0.0
    before: object = None
    for at, written in enumerate(track.words):
        now = (track.speaker(at), isinstance(place := track.place(at), Page) and place)
        if written == BREAK or (at > first and now != before):
            yield from _passage(track, first, at, size)
            first, size = at + (written == BREAK), 0.0
        before = now
        if written == BREAK:
            continue
        size += sum(_HALF if is_by_character(unit) else 1 for unit in units(written))
        is_end = size >= _ENOUGH and written.endswith(_ENDS)
        if is_end or size >= LONGEST:
            yield from _passage(track, first, at + 1, size)
            first, size = at + 1, 0.0
    yield from _passage(track, first, len(track.words), size)


def _passage(track: TrackWords, first: int, end: int, size: float) -> Iterator[Passage]:
    if size < _FEWEST:
        return
    text = "".join(track.words[first:end]).strip()[:_MOST_CHARACTERS]
    place, last = track.place(first), track.place(end - 1)
    if isinstance(place, Moment) and isinstance(last, Moment):
        place = Moment(place.start, max(place.end, last.end))
    yield Passage(track.name, text, place, track.speaker(first))


def small(vector: Sequence[float]) -> bytes:
    """A vector in a byte a number: only its direction is kept.

    Numbers are divided by their usual size, and the steps are finer where there are more of them, so that each bit of
    a byte says as much as it can, the highest most: two of them are enough to tell about how near something is.
    """
    usual = sqrt(sum(map(mul, vector, vector)) / len(vector)) or 1.0
    return bytes(bisect_right(_STEPS, value / usual) for value in vector)


@cache
def level(bits: int, byte: int) -> float:
    """What so many of the highest bits of a byte of a small vector stand for: the mean of what they may be."""
    size = 1 << 8 - bits
    first = byte // size * size
    low, high = _CURVE.inv_cdf(first / 256) if first else -_FAR, _FAR
    if first + size < 256:  # noqa: PLR2004 - a byte
        high = _CURVE.inv_cdf((first + size) / 256)
    return (_USUAL.pdf(low) - _USUAL.pdf(high)) / (_USUAL.cdf(high) - _USUAL.cdf(low))


def closeness(cosine: float, near: tuple[float, float] | None) -> Closeness | None:
    """What a cosine comes to, by those from which on something is near, and hardly ever by chance."""
    if near is None:
        return None
    return Closeness.CLOSE if cosine >= near[1] else Closeness.NEAR if cosine >= near[0] else Closeness.FAR


def cosine(question: Sequence[float], vector: bytes) -> float:
    """How near a small vector is to a question: 1 if both point the same way."""
    numbers = [_LEVELS[byte] for byte in vector]
    length = sqrt(sum(map(mul, numbers, numbers)) * sum(map(mul, question, question)))
    return sum(map(mul, question, numbers)) / length if length else 0.0


_LEVELS = [level(8, byte) for byte in range(256)]


@dataclass(frozen=True)
class Passages:
    """Those of one recording with their small vectors by a `model`; not all of them are there until it `is_whole`.
    Those of its transcript are as in this `edition` of it.
    """

    model: str
    passages: Sequence[Passage] = ()
    vectors: Sequence[bytes] = ()
    is_whole: bool = True
    edition: int = 0

    @property
    def by_text(self) -> Mapping[str, bytes]:
        """The vector of each text."""
        return {passage.text: vector for passage, vector in zip(self.passages, self.vectors, strict=True)}

    def nearest(self, question: Sequence[float]) -> list[tuple[float, Passage]]:
        """All of them, the nearest first."""
        scores = (cosine(question, vector) for vector in self.vectors)
        return sorted(zip(scores, self.passages, strict=True), key=lambda one: -one[0])

    def to_bytes(self) -> bytes:
        """As it is stored."""
        listed = [[one.track, one.text, *_numbers(one.place), one.speaker] for one in self.passages]
        values = {"model": self.model, "is_whole": self.is_whole, "edition": self.edition, "passages": listed}
        head = zlib.compress(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode())
        return b"".join([len(head).to_bytes(4, "big"), head, *self.vectors])

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """What `to_bytes` made. Raises LookupError, TypeError, ValueError or zlib.error if it is none."""
        end = 4 + int.from_bytes(stored[:4], "big")
        values = json.loads(zlib.decompress(stored[4:end]))
        found = [Passage(track, text, _place(begin, ends), who) for track, text, begin, ends, who in values["passages"]]
        width = (len(stored) - end) // len(found) if found else 1
        vectors = [stored[at : at + width] for at in range(end, len(stored), width)]
        if len(vectors) != len(found):
            raise ValueError("There is not a vector for each passage.")
        return cls(values["model"], found, vectors, values["is_whole"], values["edition"])


def _numbers(place: Place | None) -> tuple[int, int]:
    match place:
        case Moment(start, end):
            return round(start * 1000), round(end * 1000)
        case Page(page):
            return page, -1
    return -1, -1


def _place(begin: int, end: int) -> Place | None:
    if end >= 0:
        return Moment(begin / 1000, end / 1000)
    return Page(begin) if begin > 0 else None
