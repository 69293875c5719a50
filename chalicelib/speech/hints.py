"""What Whisper is told of words that are likely to be said, and how to tell that it says them only because it was told.

It takes them for the end of what was said before, and goes on in the same way. That has names come out as they are
written; it also has it go on with the list, in the place of what is said. Tried with Whisper base on a meeting with
three names that it mistakes by itself: as a sentence of names, with a full stop at its end, all three came out, among
30 that are not said too; without the full stop one recording in two became a name of the list and nothing else.
"""

import re
from collections.abc import Sequence

MOST = 40
"""Terms: of more, Whisper heeds none."""

_WORD = re.compile(r"\w+")
_FEWEST = 1.0
"""Words a second in a stretch of speech: fewer are hardly ever said."""


def prompt(terms: Sequence[str]) -> str | None:
    """The terms as a sentence; None if there are none."""
    return ", ".join(terms[:MOST]) + "." if terms else None


def echoes(said: str, told: str, seconds: float) -> bool:
    """Whether what was heard in a stretch of so many seconds is no more than some of what Whisper was `told`."""
    words = [word.casefold() for word in _WORD.findall(said)]
    return len(words) < _FEWEST * seconds and set(words) <= {word.casefold() for word in _WORD.findall(told)}
