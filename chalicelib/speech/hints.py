"""What Whisper is told of words that are likely to be said, and how to tell that it says them only because it was told.

It takes them for the end of what was said before, and goes on in the same way. That has names come out as they are
written; it also has it go on with the list, in the place of what is said. Tried with Whisper base on a meeting with
three names that it mistakes by itself: as a sentence of names, with a full stop at its end, all three came out, among
30 that are not said too; without the full stop one recording in two became a name of the list and nothing else.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import islice

MOST = 40
"""Terms: of more, Whisper heeds none."""

MOST_LETTERS = 600
"""Of all terms together: Whisper reads no more than 223 tokens (https://github.com/SYSTRAN/faster-whisper), and the
more it is told the less it heeds."""

_WORD = re.compile(r"\w+")
_FEWEST = 1.0
"""Words a second in a stretch of speech: fewer are hardly ever said."""


def heeded(terms: Iterable[str]) -> tuple[str, ...]:
    """Of terms, the likeliest first, those that it makes sense to tell of."""
    taken, room = [], MOST_LETTERS
    for term in islice(terms, MOST):
        room -= len(term) + 2
        if room < 0:
            break
        taken.append(term)
    return tuple(taken)


def prompt(terms: Sequence[str]) -> str | None:
    """The terms as a sentence; None if there are none."""
    told = heeded(terms)
    return ", ".join(told) + "." if told else None


def echoing(stretches: Iterable[tuple[str, float]], told: str | None) -> list[int]:
    """Which of the stretches of speech, each with its seconds, say no more than some of what Whisper was `told`: these
    are to be heard once more without.
    """
    if not told:
        return []
    return [number for number, (said, seconds) in enumerate(stretches) if echoes(said, told, seconds)]


def echoes(said: str, told: str, seconds: float) -> bool:
    """Whether what was heard in a stretch of so many seconds is no more than some of what Whisper was `told`."""
    words = [word.casefold() for word in _WORD.findall(said)]
    return len(words) < _FEWEST * seconds and set(words) <= {word.casefold() for word in _WORD.findall(told)}
