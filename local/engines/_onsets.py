"""Moves words to where they are heard: a speech model lets a word begin with the pause before it."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.transcripts import Word
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


def at_their_onsets(words: Iterable[Word], sound: "NDArray[np.float32]") -> list[Word]:
    """The words from where they are first heard; times in seconds from the start of `sound`, samples from -1 to 1.

    That is where silence ends, or else just after the quietest moment near where the model has it.
    """
    import numpy as np

    frames = sound[: len(sound) // _FRAME * _FRAME].reshape(-1, _FRAME)
    loudness = np.sqrt((frames * frames).mean(axis=1))
    moved = []
    for word in words:
        first, last = int(word.start * SAMPLE_RATE / _FRAME), int(word.end * SAMPLE_RATE / _FRAME)
        said = loudness[first:last]
        if len(said):
            onset = int((said >= _QUIET * said.max()).argmax()) * _FRAME / SAMPLE_RATE
            near = said[: round(_NEAR * SAMPLE_RATE / _FRAME)]
            if not onset and near.min() < _VALLEY * near[0]:
                onset = int(near.argmin()) * _FRAME / SAMPLE_RATE + _AFTER
            start = min(word.start + onset, max(word.start, word.end - _SHORTEST))
            word = replace(word, start=round(start, 3))
        moved.append(word)
    return moved
