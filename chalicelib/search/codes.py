"""The index of an account by meaning: of each passage about what its vector is, two bits a number. Pure.

A query looks at all of them, without NumPy, for which Lambda's package has no room. So a segment holds planes: first
byte 0 of the code of every passage, then byte 1 of every passage, and so on. What a byte adds to a passage's score is
one of 256 numbers, which `bytes.translate` puts in the place of all bytes of a plane at once; added up they are as
numbers of very many digits, a passage a digit. A million passages of 64 bytes take some tenths of a second.

A segment holds so many recordings, each with its passages one after the other; which they are says `Catalogue`. It is
never changed, but merged into a larger one.
"""

import heapq
import json
import sys
import zlib
from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Self

MOST_SEGMENTS = 4
_FACTOR = 8
"""A segment stands apart from the one before it while that is more than so many times as large."""

_IN_BYTE = 4
_LEVELS = (-3, -1, 1, 3)
"""What the two bits of a number stand for: more, or less, than the usual size of its vector's numbers, and its sign."""

_BITS = 8
_TOGETHER = 4
"""Planes that are added up before their sums get two bytes each."""

_MOST = 255 // _TOGETHER


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
    """A file of codes, by its name, and the recordings in it."""

    file: str
    lines: tuple[Line, ...]

    @property
    def passages(self) -> int:
        """How many there are in it."""
        return sum(line.passages for line in self.lines)

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
        listed = [[one.file, [[line.name, line.stamp, line.passages] for line in one.lines]] for one in self.segments]
        return zlib.compress(json.dumps([self.model, listed], separators=(",", ":")).encode(), 1)

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """What `to_bytes` made."""
        model, listed = json.loads(zlib.decompress(stored))
        return cls(model, tuple(Segment(file, tuple(Line(*line) for line in lines)) for file, lines in listed))


def code(vector: bytes) -> bytes:
    """Two bits for each number of a small vector (`passages.py`), the first in the lowest bits of the first byte."""
    numbers = array("b", vector)
    usual = sum(map(abs, numbers)) / len(numbers)
    levels = [(2 if number > 0 else 0) + ((abs(number) > usual) == (number > 0)) for number in numbers]
    groups = zip(*(levels[at::_IN_BYTE] for at in range(_IN_BYTE)), strict=True)
    return bytes(a | b << 2 | c << 4 | d << 6 for a, b, c, d in groups)


def planes(codes: Sequence[bytes]) -> list[bytes]:
    """The codes of a segment by their bytes."""
    joined, width = b"".join(codes), len(codes[0])
    return [joined[at::width] for at in range(width)]


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


def tables(question: Sequence[float]) -> list[bytes]:
    """What each byte of each plane adds to the score of a passage: more, the more it agrees with the question."""
    span = _LEVELS[-1] - _LEVELS[0]
    groups = [question[at : at + _IN_BYTE] for at in range(0, len(question), _IN_BYTE)]
    largest = max(span * sum(map(abs, group)) for group in groups) or 1.0
    found = []
    for group in groups:
        values = [0.0]
        for number in group:
            values = [value + level * number for level in _LEVELS for value in values]
        least = min(values)
        found.append(bytes(round((value - least) / largest * _MOST) for value in values))
    return found


def scores(of: Sequence[bytes], by: Sequence[bytes]) -> "list[array[int]]":
    """The scores of the passages in these planes: of those with even numbers, and of those with odd ones."""
    size = len(of[0])
    whole = size + size % 2
    mask = int.from_bytes(b"\xff\x00" * (whole // 2), "little")
    even = odd = 0
    for first in range(0, len(of), _TOGETHER):
        some = zip(of[first : first + _TOGETHER], by[first : first + _TOGETHER], strict=True)
        added = sum(int.from_bytes(plane.translate(table), "little") for plane, table in some)
        even += added & mask
        odd += (added >> _BITS) & mask
    found = [array("H", numbers.to_bytes(whole, "little")) for numbers in (even, odd)]
    if sys.byteorder == "big":
        for numbers in found:
            numbers.byteswap()
    if size % 2:
        found[1].pop()
    return found


def best(segment: Segment, scored: "Sequence[array[int]]", most: int) -> Iterator[tuple[int, str]]:
    """The recordings of the passages with the highest scores, `most` of them at least where there are as many: of each
    recording the best.
    """
    least = min(heapq.nlargest(most, (value for numbers in scored for value in numbers)), default=0)
    found = sorted((2 * at + half, value) for half in (0, 1) for at, value in enumerate(scored[half]) if value >= least)
    highest: dict[str, int] = {}
    lines = iter(segment.lines)
    line, end = None, 0
    for place, value in found:
        while place >= end:
            line = next(lines)
            end += line.passages
        if line is not None and line.name and value > highest.get(line.name, -1):
            highest[line.name] = value
    return ((value, name) for name, value in highest.items())
