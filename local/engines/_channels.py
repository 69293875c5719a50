"""Brings together what was heard in the two channels of a call, where each was heard on its own.

A voice is often heard faintly in the other channel too: by its microphone, or as an echo of the line. Its words are
then in both, and those of the fainter are left out.
"""

import wave
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.speech.transcripts import Word
from local.engines._speech import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FRAME = SAMPLE_RATE // 50
_READ = 60 * SAMPLE_RATE  # samples of a channel at a time

_FAINT = 0.7
"""How loud words are, at most, that may be the other channel's, against how loud they are there: -3 dB."""

_ECHO = 0.5  # seconds between a word and its echo on a line; a model's times of a word in two channels differ by less
_PAUSE = 1.0
"""Seconds without a word, after which what is faint is judged anew: somebody may have begun to speak."""


def loudness_of(audio: Path) -> "NDArray[np.float32]":
    """How loud speech WAV is (root mean square; full scale is 1): a row a fiftieth of a second, a column a channel."""
    import numpy as np

    rows = []
    with wave.open(str(audio)) as recording:
        channels = recording.getnchannels()
        while read := recording.readframes(_READ):
            samples = np.frombuffer(read, "<i2")
            frames = len(samples) // channels // _FRAME
            sound = samples[: frames * _FRAME * channels].reshape(frames, _FRAME, channels).astype(np.float32) / 32768
            rows.append(np.sqrt((sound * sound).mean(axis=1)))
    return np.concatenate(rows) if rows else np.zeros((0, channels), np.float32)


def joined(heard: Sequence[tuple[Sequence[Word], str]], loudness: "NDArray[np.float32]") -> tuple[list[Word], str]:
    """The words of both channels in order of time, labelled as Transcribe does (`ch_0`), and the language of most.

    `heard` are the words of each channel with their language.
    """
    most = max(heard, key=lambda channel: len(channel[0]))[1]
    words: list[Word] = []
    for at, (own, language) in enumerate(heard):
        told = None if language == most else language
        words += [
            replace(word, speaker=f"ch_{at}", language=word.language or told)
            for word in _without_bleed(own, heard[1 - at][0], loudness, at)
        ]
    return sorted(words, key=lambda word: word.start), most


def _without_bleed(
    words: Sequence[Word], others: Sequence[Word], loudness: "NDArray[np.float32]", at: int
) -> Iterator[Word]:
    """The words of channel `at`, without stretches of faint ones at least half of which the other channel has, too."""
    run: list[Word] = []
    twins, was_faint = 0, False

    def kept() -> list[Word]:
        return [] if was_faint and 2 * twins >= len(run) else run

    for word in words:
        twin = _twin(word, others)
        own = _power(loudness, word, at)
        other = max(_power(loudness, one, 1 - at) for one in (word, twin or word))
        is_faint = own < _FAINT**2 * other
        if run and (is_faint is not was_faint or word.start - run[-1].end > _PAUSE):
            yield from kept()
            run, twins = [], 0
        run.append(word)
        twins += twin is not None
        was_faint = is_faint
    yield from kept()


def _twin(word: Word, others: Sequence[Word]) -> Word | None:
    """The same word in the other channel, at about the same time: the nearest of several."""
    first = bisect_left(others, word.start - _ECHO, key=lambda other: other.start)
    last = bisect_left(others, word.start + _ECHO, key=lambda other: other.start)
    same = (other for other in others[first:last] if _letters(other) == _letters(word))
    return min(same, key=lambda other: abs(other.start - word.start), default=None)


def _power(loudness: "NDArray[np.float32]", word: Word, channel: int) -> float:
    """The mean square of a channel while a word is said; 0 after the end."""
    first = int(word.start * SAMPLE_RATE / _FRAME)
    rows = loudness[first : max(first + 1, int(word.end * SAMPLE_RATE / _FRAME)), channel]
    return float((rows * rows).mean()) if len(rows) else 0.0


def _letters(word: Word) -> str:
    return "".join(filter(str.isalnum, word.text.casefold()))
