"""The index of an account by meaning: of each passage what its vector is, as exactly as there is room. Pure.

A query looks at all passages, without NumPy, for which Lambda's package has no room. So a segment holds planes: the
highest bits of the first eight numbers of every passage, a byte each, then those of the next eight numbers, and so on;
and behind this layer those of the next lower bits, as many planes as `BUDGET` allows. What a byte of the two highest
layers adds to a passage's score is one of 256 numbers, which `bytes.translate` puts in the place of all bytes of a
plane at once; added up they are as numbers of very many digits, a passage a digit: a million passages take some tenths
of a second. Of those with the highest scores all planes are looked at.

A segment holds so many recordings, each with its passages one after the other; which they are says `Catalogue`. It is
never changed, but merged into a larger one.
"""

import heapq
import json
import sys
import zlib
from array import array
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate
from math import sqrt
from operator import mul
from typing import Self

from chalicelib.search.passages import level

MOST_SEGMENTS = 4
_FACTOR = 8
"""A segment stands apart from the one before it while that is more than so many times as large."""

BUDGET = 48_000_000
"""Bytes of segments that a search reads, as far as their highest bits leave it a choice: some 0.7 seconds."""

_IN_BYTE = 8
"""Numbers of which a byte of a plane has a bit each, the first the lowest."""

LAYERS = 8
_SCORED = 2
"""Layers that the scores of all passages are made of."""

_BITS = 8
_TOGETHER = 4
"""Planes that are added up before their sums get two bytes each."""

_MOST = 255 // _TOGETHER

_FEWER = 4
"""So many times fewer recordings are looked at where there is nothing but their highest bits to look at."""


@dataclass(frozen=True, slots=True)
class Line:
    """A recording in a segment: its id, what it was indexed as, how many passages it has there. What was replaced has
    no id any more.
    """

    name: str
    stamp: str
    passages: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A file by its name, how many planes it has, and the recordings in it."""

    file: str
    lines: tuple[Line, ...]
    planes: int = 0

    @property
    def passages(self) -> int:
        """How many there are in it."""
        return sum(line.passages for line in self.lines)

    @property
    def size(self) -> int:
        """Of the file, in bytes."""
        return self.planes * self.passages

    @property
    def is_thin(self) -> bool:
        """Whether more than half of it was replaced."""
        return 2 * sum(line.passages for line in self.lines if not line.name) > self.passages


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The segments that count, by vectors of one model, the oldest first."""

    model: str = ""
    segments: tuple[Segment, ...] = ()

    @property
    def stamps(self) -> dict[str, str]:
        """The stamp of each recording."""
        return {line.name: line.stamp for segment in self.segments for line in segment.lines if line.name}

    def without(self, names: Collection[str]) -> "Catalogue":
        """The same where these recordings have been replaced."""
        return self._with(lambda line: Line("", "", line.passages) if line.name in names else line)

    def stamped(self, stamps: "dict[str, str]") -> "Catalogue":
        """The same where recordings have other stamps."""
        return self._with(lambda line: replace(line, stamp=stamps.get(line.name, line.stamp)))

    def _with(self, change: Callable[[Line], Line]) -> "Catalogue":
        segments = (replace(segment, lines=tuple(map(change, segment.lines))) for segment in self.segments)
        return replace(self, segments=tuple(segments))

    def to_bytes(self) -> bytes:
        """As it is stored."""
        listed = [
            [one.file, [[line.name, line.stamp, line.passages] for line in one.lines], one.planes]
            for one in self.segments
        ]
        return zlib.compress(json.dumps([self.model, listed], separators=(",", ":")).encode(), 1)

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """What `to_bytes` made."""
        model, listed = json.loads(zlib.decompress(stored))
        return cls(
            model, tuple(Segment(file, tuple(Line(*line) for line in lines), own) for file, lines, own in listed)
        )


def planes(vectors: Sequence[bytes]) -> list[bytes]:
    """All planes of these small vectors (`passages.py`), each of as many numbers, a multiple of eight."""
    a_layer = len(vectors[0]) // _IN_BYTE
    joined = b"".join(vectors)
    every = [int.from_bytes(joined[at::_IN_BYTE], "little") for at in range(_IN_BYTE)]
    mask = int.from_bytes(b"\x01" * (len(joined) // _IN_BYTE), "little")
    found = []
    for shift in reversed(range(LAYERS)):
        layer = sum((numbers >> shift & mask) << at for at, numbers in enumerate(every))
        rows = layer.to_bytes(len(joined) // _IN_BYTE, "little")
        found += [rows[at::a_layer] for at in range(a_layer)]
    return found


def planes_for(passages: int, width: int, left: int) -> int:
    """How many planes a segment of so many passages may have, of vectors of `width` numbers, in `left` bytes: those of
    the two highest layers in any case, or as many of them as it may have by itself; and the highest at least.
    """
    a_layer, passages = width // _IN_BYTE, max(passages, 1)
    fewest = min(_SCORED * a_layer, max(BUDGET // passages, a_layer))
    return min(max(left // passages, fewest), LAYERS * a_layer)


def apart(stored: bytes, passages: int) -> list[bytes]:
    """The planes of a segment as it is stored: one after the other."""
    return [stored[at : at + passages] for at in range(0, len(stored), passages)] if passages else []


def to_merge(catalogue: Catalogue, new: int) -> int:
    """How many of the last segments are merged with a new one of so many passages."""
    sizes = [segment.passages for segment in catalogue.segments]
    merged, size = 0, new
    while merged < len(sizes):
        next_size = sizes[-1 - merged]
        if next_size > _FACTOR * size and len(sizes) - merged < MOST_SEGMENTS:
            break
        size += next_size
        merged += 1
    return merged


def kept(segment: Segment, of: Sequence[bytes]) -> list[bytes]:
    """The planes of a segment without what was replaced."""
    ends = list(accumulate(line.passages for line in segment.lines))
    spans = [(end - line.passages, end) for line, end in zip(segment.lines, ends, strict=True) if line.name]
    return [b"".join(plane[first:end] for first, end in spans) for plane in of]


def tables(question: Sequence[float], planes_read: int) -> list[bytes]:
    """What each byte of each plane of the two highest layers adds to the score of a passage, of as many as there are:
    more, the more it agrees with the question.
    """
    groups = [question[at : at + _IN_BYTE] for at in range(0, len(question), _IN_BYTE)]
    a_layer = len(groups)
    # With two bits a number has one of four levels, at the same distances on both sides of 0: so what each bit adds is
    # the same, whatever the other.
    alone, (first, second, third) = level(1, 255) - level(1, 0), [level(2, pair << 6) for pair in range(3)]
    both = max(0, min(planes_read - a_layer, a_layer))
    steps = [third - first] * both + [alone] * (a_layer - both) + [second - first] * both
    largest = max(step * sum(map(abs, group)) for step, group in zip(steps, [*groups, *groups[:both]], strict=True))
    found = []
    for step, group in zip(steps, [*groups, *groups[:both]], strict=True):
        values = [0.0]
        for number in group:
            values = [*values, *(value + step * number for value in values)]
        least = min(values)
        found.append(bytes(round((value - least) / (largest or 1.0) * _MOST) for value in values))
    return found


def scores(of: Sequence[bytes], by: Sequence[bytes]) -> "array[int]":
    """The scores of the passages in these planes, by as many of them as there are tables."""
    size = len(of[0])
    whole = size + size % 2
    mask = int.from_bytes(b"\xff\x00" * (whole // 2), "little")
    even = odd = 0
    for first in range(0, len(by), _TOGETHER):
        some = zip(of[first : first + _TOGETHER], by[first : first + _TOGETHER], strict=False)
        added = sum(int.from_bytes(plane.translate(table), "little") for plane, table in some)
        even += added & mask
        odd += (added >> _BITS) & mask
    found = array("H", bytes(2 * whole))
    for half, numbers in enumerate((even, odd)):
        some_scores = array("H", numbers.to_bytes(whole, "little"))
        if sys.byteorder == "big":
            some_scores.byteswap()
        found[half::2] = some_scores
    return found[:size]


def best(
    segment: Segment, of: Sequence[bytes], question: Sequence[float], most: int, wanted: Callable[[str], bool]
) -> dict[str, float]:
    """Of the recordings that are `wanted`, the `most` with the highest scores: how near the nearest passage of each is,
    by all planes that there are: a cosine, or about that.
    """
    scored = scores(of, tables(question, len(of)))
    found: list[tuple[int, str, int, int]] = []
    end = 0
    for line in segment.lines:
        first, end = end, end + line.passages
        if line.name and first < end and wanted(line.name):
            found.append((max(scored[first:end]), line.name, first, end))
    if len(of) * _IN_BYTE <= _SCORED * len(question):
        most = most // _FEWER + 1
    found = heapq.nlargest(most, found)
    least = found[-1][0] if found else 0
    length = sqrt(sum(map(mul, question, question))) or 1.0
    return {
        name: max(_nearness(question, of, at) for at in range(first, end) if scored[at] >= least) / length
        for _, name, first, end in found
    }


def _nearness(question: Sequence[float], of: Sequence[bytes], passage: int) -> float:
    """How near a passage is by the planes `of` it: a cosine, or about that."""
    a_layer = len(question) // _IN_BYTE
    depth, finer = divmod(len(of), a_layer)
    bits = 0
    for layer in range(depth + bool(finer)):
        row = map(_spread(layer).__getitem__, (plane[passage] for plane in of[layer * a_layer : (layer + 1) * a_layer]))
        bits |= int.from_bytes(b"".join(row), "little")
    numbers, finer = bits.to_bytes(len(question), "little"), finer * _IN_BYTE
    values: list[float] = [_levels(depth + 1)[number] for number in numbers[:finer]] if finer else []
    values += map(_levels(depth).__getitem__, numbers[finer:])
    # What is left out by rounding shortens a vector, and what it agrees in with any other by as much again.
    agreed: float = sum(map(mul, question, values))
    size: float = sum(map(mul, values, values))
    return agreed * sqrt(len(question)) / size


@cache
def _spread(layer: int) -> list[bytes]:
    """Of each byte of a plane, its bits where they stand in the eight numbers."""
    return [bytes((byte >> at & 1) << 7 - layer for at in range(_IN_BYTE)) for byte in range(256)]


@cache
def _levels(depth: int) -> list[float]:
    return [level(depth, byte) for byte in range(256)]
