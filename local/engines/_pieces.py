"""Cuts a recording at its pauses into pieces that a decoder can hear one by one. All times are in seconds."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from pocketsphinx import Endpointer

from local.engines._speech import SAMPLE_RATE

SHORTEST, LONGEST = 15.0, 30.0
"""How long pieces should be. Longer ones hear better, since words have context, and balance worse over workers."""

_SILENCE = 3.0  # a pause as long as this is not worth decoding, whatever the length of the piece before it
_MARGIN = 0.15  # the endpointer opens a little late and closes a little early
_LOUDNESS_STEP = 8  # one sample in eight tells how loud a frame is


class Span(NamedTuple):
    """A part of the recording."""

    start: float
    end: float


def endpointer() -> Endpointer:
    """An endpointer that does split speech: with PocketSphinx's own defaults, a fluent speaker never pauses."""
    return Endpointer(window=0.2, ratio=0.8, vad_mode=3, sample_rate=SAMPLE_RATE)


def stretches(frames: Iterable[bytes], ears: Endpointer) -> Iterator[Span]:
    """Where there is speech in `frames`, each of `ears.frame_bytes` but the last: a stretch ends where a pause begins.

    One that goes on without a pause for `LONGEST` is cut where it is quietest, so memory is bounded.
    """
    start = now = 0.0
    loudness: list[int] = []
    for frame in frames:
        now += len(frame) / 2 / SAMPLE_RATE
        if len(frame) < ears.frame_bytes:
            break
        speaking = ears.in_speech
        ears.process(frame)
        if ears.in_speech and not speaking:
            start, loudness = ears.speech_start, []
        elif speaking and not ears.in_speech:
            yield Span(start, ears.speech_end)
        if ears.in_speech:
            loudness.append(sum(map(abs, memoryview(frame).cast("h")[::_LOUDNESS_STEP])))
            if len(loudness) * ears.frame_length >= LONGEST:
                cut = quietest(loudness)
                end = start + cut * ears.frame_length
                yield Span(start, end)
                start, loudness = end, loudness[cut:]
    if ears.in_speech:
        yield Span(start, now)


def quietest(loudness: list[int]) -> int:
    """The index of the quietest frame in the second half."""
    return min(range(len(loudness) // 2, len(loudness)), key=loudness.__getitem__)


def pieces(speech: Iterable[Span]) -> Iterator[Span]:
    """Join neighbouring stretches to pieces of at most `LONGEST` that end, past `SHORTEST`, at the longest pause.

    The longest pause is the likeliest end of a sentence or a speaker's turn. No piece holds a pause of `_SILENCE`.
    """
    held: list[Span] = []
    for stretch in speech:
        if held and stretch.start - held[-1].end >= _SILENCE:
            yield Span(held[0].start, held[-1].end)
            held = []
        held.append(stretch)
        while held[-1].end - held[0].start > LONGEST and len(held) > 1:
            count = _best_cut(held)
            yield Span(held[0].start, held[count - 1].end)
            held = held[count:]
    if held:
        yield Span(held[0].start, held[-1].end)


def _best_cut(held: list[Span]) -> int:
    """How many of the stretches go into the piece, the last of them never."""
    pauses = [after.start - before.end for before, after in pairwise(held)]
    late = [count for count, stretch in enumerate(held[:-1], 1) if stretch.end - held[0].start >= SHORTEST]
    return max(late or [len(held) - 1], key=lambda count: pauses[count - 1])


def samples(piece: Span, total: int) -> tuple[int, int]:
    """The first sample of `piece` and how many it has, with a margin on both sides, in a recording of `total`."""
    first = max(0, round((piece.start - _MARGIN) * SAMPLE_RATE))
    last = min(total, round((piece.end + _MARGIN) * SAMPLE_RATE))
    return first, last - first
