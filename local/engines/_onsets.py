"""Moves words to where they are heard: a speech model lets a word begin with the pause before it."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.speech.transcripts import Word
from local.engines._speech import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FRAME = SAMPLE_RATE // 100
_QUIET = 0.05  # of the loudest hundredth of a second of the word: 26 dB below it
_SHORTEST = 0.06  # seconds
_NEAR = 0.15
"""Seconds after the end of the word before, where the model lets a word begin, within which it does."""

_VALLEY = 0.7
"""How much quieter the quietest moment is, at least, for the words to part there."""

_AFTER = 0.02  # seconds from the quietest moment between two words to the first sound of the second

_PAUSE = 0.06  # seconds of quiet
_LETTER, _SYLLABLE = 0.03, 0.1
"""Seconds that a letter, and a character of Chinese, Japanese or Korean, takes at least: where less of the word would
be left, the quiet is not before it but in it, as before the p of "transportation"."""

_SYLLABIC = 0x1100  # where Unicode's Korean letters begin; those of Japan and China follow


def at_their_onsets(words: Iterable[Word], sound: "NDArray[np.float32]") -> list[Word]:
    """The words from where they are first heard; times in seconds from the start of `sound`, samples from -1 to 1.

    That is where silence ends, or a pause after what the model took from the word before, or else just after the
    quietest moment near where the model has it.
    """
    import numpy as np

    frames = sound[: len(sound) // _FRAME * _FRAME].reshape(-1, _FRAME)
    loudness = np.sqrt((frames * frames).mean(axis=1))
    moved = []
    for word in words:
        first, last = int(word.start * SAMPLE_RATE / _FRAME), int(word.end * SAMPLE_RATE / _FRAME)
        said = loudness[first:last]
        if len(said):
            is_quiet = said < _QUIET * said.max()
            onset = (_end_of_pause(is_quiet, word.text) or int(is_quiet.argmin())) * _FRAME / SAMPLE_RATE
            near = said[: round(_NEAR * SAMPLE_RATE / _FRAME)]
            if not onset and near.min() < _VALLEY * near[0]:
                onset = int(near.argmin()) * _FRAME / SAMPLE_RATE + _AFTER
            start = min(word.start + onset, max(word.start, word.end - _SHORTEST))
            word = replace(word, start=round(start, 3))
        moved.append(word)
    return moved


def _end_of_pause(is_quiet: "NDArray[np.bool_]", text: str) -> int:
    """The frame at which the longest pause ends that leaves `text` the time to be said in; 0 if there is none."""
    import numpy as np

    frames = SAMPLE_RATE / _FRAME
    needed = sum(_SYLLABLE if ord(letter) >= _SYLLABIC else _LETTER for letter in text if letter.isalnum())
    latest = len(is_quiet) - frames * max(needed, _SHORTEST)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_quiet, [False]]).astype(int)))
    pauses = [(end - start, end) for start, end in edges.reshape(-1, 2) if end <= latest]
    longest, end = max(pauses, default=(0, 0))
    return int(end) if longest >= _PAUSE * frames else 0
