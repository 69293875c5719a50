"""Brings together what was heard in each channel of a call, where each was heard on its own.

A voice is often heard faintly in the other channel too: by its microphone, or as an echo of the line. Its words are
then in both, and those of the fainter are left out.
"""

import wave
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.transcripts import Word
from local.engines._speech import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FRAME = SAMPLE_RATE // 50
_READ = 60 * SAMPLE_RATE  # samples of a channel at a time

_FAINT = 0.7
"""How loud words are, at most, that may be another channel's, against how loud that is meanwhile: -3 dB."""

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
    """The words of all channels in order of time, labelled as Transcribe does (`ch_0`), and the language of most.

    `heard` are the words of each channel with their language.
    """
    most = max(heard, key=lambda channel: len(channel[0]))[1]
    words: list[Word] = []
    for at, (own, language) in enumerate(heard):
        others = [word for number, (said, _) in enumerate(heard) if number != at for word in said]
        told = None if language == most else language
        words += [
            replace(word, speaker=f"ch_{at}", language=word.language or told)
            for word in _without_bleed(own, others, loudness, at)
        ]
    return sorted(words, key=lambda word: word.start), most


def _without_bleed(
    words: Sequence[Word], others: Iterable[Word], loudness: "NDArray[np.float32]", at: int
) -> Iterator[Word]:
    """The words of channel `at`, without stretches of faint ones at least half of which the others have, too."""
    said_elsewhere = sorted((word.start, _letters(word)) for word in others)
    for run, is_faint in _runs(words, loudness, at):
        doubled = sum(_is_among(word, said_elsewhere) for word in run)
        if not is_faint or 2 * doubled < len(run):
            yield from run


def _runs(words: Sequence[Word], loudness: "NDArray[np.float32]", at: int) -> Iterator[tuple[list[Word], bool]]:
    """The words in stretches without a pause that are faint, or are not."""
    run: list[Word] = []
    was_faint = False
    for word in words:
        is_faint = _is_faint(word, loudness, at)
        if run and (is_faint is not was_faint or word.start - run[-1].end > _PAUSE):
            yield run, was_faint
            run = []
        run.append(word)
        was_faint = is_faint
    if run:
        yield run, was_faint


def _is_faint(word: Word, loudness: "NDArray[np.float32]", at: int) -> bool:
    """Whether another channel is clearly louder than channel `at` while the word is said."""
    import numpy as np

    first = int(word.start * SAMPLE_RATE / _FRAME)
    rows = loudness[first : max(first + 1, int(word.end * SAMPLE_RATE / _FRAME))]
    if not len(rows):
        return False
    power = (rows * rows).mean(axis=0)
    return bool(power[at] < _FAINT**2 * np.delete(power, at).max())


def _is_among(word: Word, said: Sequence[tuple[float, str]]) -> bool:
    first = bisect_left(said, (word.start - _ECHO, ""))
    last = bisect_left(said, (word.start + _ECHO, ""))
    return any(letters == _letters(word) for _, letters in said[first:last])


def _letters(word: Word) -> str:
    return "".join(filter(str.isalnum, word.text.casefold()))
