"""Draws how the mood of a recording went, as a small PNG: many mail programs show no SVG.

Written with nothing but pypng, since native wheels stay out of the Lambda package. Time goes from left to right; a bar
rises green above the middle line for what was positive, falls red below it for what was negative, and has amber ends on
both sides for what was mixed. Where all was neutral there is a grey dot, where nobody spoke only the line.
"""

import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import png

from chalicelib.domain.analysis import SegmentSentiment

WIDTH, HEIGHT = 1200, 240
"""Pixels; shown at half of it, so that it is sharp on screens with two pixels a point."""

BACKGROUND = (0xF3, 0xF5, 0xF8)
POSITIVE = (0x2E, 0x9E, 0x6B)
NEGATIVE = (0xD6, 0x45, 0x4F)
MIXED = (0xE8, 0xA3, 0x3D)
NEUTRAL = (0xB4, 0xBD, 0xC8)

_BUCKET = 12  # pixels from one bar to the next
_BAR = 8  # pixels, so that a dot is as high as it is wide
_MARGIN = 24
_MIDDLE = HEIGHT // 2
_REACH = _MIDDLE - _MARGIN  # how far a bar goes that is sure of its mood
_LINE = 2
_BUCKETS = (WIDTH - 2 * _MARGIN) // _BUCKET

_SHADES = 8  # steps from the background to the full colour, which smooth the round ends
_GRAIN = 8  # points looked at in each direction to tell how much of a pixel an end covers


class _Mood(NamedTuple):
    """Means over what was said in a bucket, each from 0 to 1."""

    positive: float
    negative: float
    mixed: float


def draw(segments: Sequence[SegmentSentiment], duration: float) -> bytes:
    """A PNG of `WIDTH` x `HEIGHT` pixels; `duration` is the length of the recording in seconds.

    Without segments it is the bare line. 20,000 segments take less than 0.1 s.
    """
    colours = (NEUTRAL, POSITIVE, NEGATIVE, MIXED)
    palette = [_blend(colour, shade / (_SHADES - 1)) for colour in colours for shade in range(_SHADES)]
    rows = [bytearray(WIDTH) for _ in range(HEIGHT)]
    for y in range(_MIDDLE - _LINE // 2, _MIDDLE + _LINE // 2):
        rows[y][_MARGIN : WIDTH - _MARGIN] = bytes([_SHADES // 2]) * (WIDTH - 2 * _MARGIN)
    for bucket, mood in enumerate(_buckets(segments, duration)):
        if mood is not None:
            _draw_bar(rows, _MARGIN + bucket * _BUCKET + (_BUCKET - _BAR) // 2, mood)
    out = io.BytesIO()
    png.Writer(WIDTH, HEIGHT, palette=palette, bitdepth=8, compression=9).write(out, rows)
    return out.getvalue()


def _buckets(segments: Sequence[SegmentSentiment], duration: float) -> list[_Mood | None]:
    """The mood of each stretch of time, weighted by how long it was heard; None where nobody spoke."""
    length = max([duration, *(segment.end for segment in segments)]) / _BUCKETS or 1.0
    seconds = [0.0] * _BUCKETS
    sums = [[0.0, 0.0, 0.0] for _ in range(_BUCKETS)]
    for segment in segments:
        first = min(_BUCKETS - 1, int(segment.start / length))
        last = min(_BUCKETS - 1, int(segment.end / length))
        for bucket in range(first, last + 1):
            heard = min(segment.end, (bucket + 1) * length) - max(segment.start, bucket * length)
            if heard > 0:
                seconds[bucket] += heard
                for index, share in enumerate((segment.score.positive, segment.score.negative, segment.score.mixed)):
                    sums[bucket][index] += share * heard
    return [
        _Mood(*(share / heard for share in shares)) if heard else None
        for shares, heard in zip(sums, seconds, strict=True)
    ]


def _draw_bar(rows: list[bytearray], left: int, mood: _Mood) -> None:
    above, below = list(_column(1, mood.positive, mood.mixed)), list(_column(2, mood.negative, mood.mixed))
    colours = above[::-1] + below
    top = _MIDDLE - len(above)
    for index, colour in enumerate(colours):
        shades = _ENDS[min(index, len(colours) - 1 - index, len(_ENDS) - 1)]
        rows[top + index][left : left + _BAR] = bytes(
            colour * _SHADES + shade if shade else was
            for shade, was in zip(shades, rows[top + index][left : left + _BAR], strict=True)
        )


def _column(colour: int, share: float, mixed: float) -> Iterator[int]:
    """The colours of half a bar from the middle line outwards, at least half a dot long."""
    plain, ends = round(share * _REACH), round((share + mixed / 2) * _REACH)
    for row in range(max(ends, _BAR // 2)):
        yield colour if row < plain else 3 if row < ends else 0


def _ends() -> list[list[int]]:
    """For each row of a round end, and one full row, the shade of each pixel."""
    radius = _BAR / 2
    points = [(step + 0.5) / _GRAIN for step in range(_GRAIN)]
    return [
        [
            round(
                sum((x + dx - radius) ** 2 + (y + dy - radius) ** 2 <= radius**2 for dx in points for dy in points)
                / _GRAIN**2
                * (_SHADES - 1)
            )
            for x in range(_BAR)
        ]
        for y in range(_BAR // 2)
    ] + [[_SHADES - 1] * _BAR]


_ENDS = _ends()


def _blend(colour: tuple[int, int, int], share: float) -> tuple[int, ...]:
    return tuple(round(back + (full - back) * share) for back, full in zip(BACKGROUND, colour, strict=True))
