"""How clearly a recording was heard: one figure from how sure the engine is of its words, shown as a word. Pure.

No engine tells how many of its words are wrong; it tells how sure it is of each. What that is worth was measured on
recordings of known words that were made worse in many ways (`benchmarks/clarity.py`).
"""

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise

from chalicelib.message import Message
from chalicelib.speech.transcripts import Transcript, Word

CLEAR_UP_TO = 0.10
FAIR_UP_TO = 0.25
"""Shares of words that are wrong."""

_NEARLY_SURE, _DOUBTED = 0.85, 0.7
_MEASURED = ((0.0, 0.0), (0.31, CLEAR_UP_TO), (0.43, FAIR_UP_TO), (0.85, 1.0))
"""Doubts, each with the share of words that was wrong where it was found."""


class Clarity(StrEnum):
    """How much of a transcript is likely to be right: at most 10 % of the words wrong, at most 25 %, or more."""

    CLEAR = "clear"
    FAIR = "fair"
    POOR = "poor"

    @staticmethod
    def of(errors: float) -> "Clarity":
        """The word for so large a share of wrong words."""
        if errors <= CLEAR_UP_TO:
            return Clarity.CLEAR
        return Clarity.FAIR if errors <= FAIR_UP_TO else Clarity.POOR


NOTES = {
    Clarity.FAIR: Message(
        "heard-with-doubt",
        "Some words may be wrong, up to a quarter of them. Listen again to whatever you quote.",
    ),
    Clarity.POOR: Message(
        "heard-poorly",
        "Probably more than a quarter of the words are wrong, so there is no summary and no mood. Check that the "
        "right language was chosen, and try another sound track if there is one. A recording made closer to the "
        "speakers is heard better.",
    ),
}
"""What a reader is told, and what they can do."""


def expected_errors(transcript: Transcript) -> float | None:
    """The share of words that is likely wrong, from 0 to 1; None where the engine does not tell, or nothing is said.

    What counts is how many words are not nearly sure, and how many are in doubt: together they tell more than either,
    or than the mean. A phrase that comes again and again is a machine's invention, and counts as wrong.
    """
    words = list(transcript.words())
    if all(word.confidence == 1.0 for word in words):
        return None
    unsure = sum((word.confidence < _NEARLY_SURE) + (word.confidence < _DOUBTED) for word in words)
    repeated = _repeated(words)
    return _errors_at(unsure / 2 / len(words)) * (1 - repeated) + repeated


def _errors_at(doubt: float) -> float:
    """The share of wrong words that goes with a doubt from 0 to 1: straight lines between what was measured."""
    for (low, few), (high, many) in pairwise(_MEASURED):
        if doubt <= high:
            return few + (many - few) * (doubt - low) / (high - low)
    return 1.0


def clarity(transcript: Transcript) -> Clarity | None:
    """The word for it; None where nobody can tell. Of what has more words marked as uncertain than may be wrong of what
    is clear, nobody would believe that it is.
    """
    errors = expected_errors(transcript)
    if errors is None:
        return None
    words = list(transcript.words())
    found = Clarity.of(errors)
    is_marked = sum(word.is_unsure for word in words) > CLEAR_UP_TO * len(words)
    return Clarity.FAIR if found is Clarity.CLEAR and is_marked else found


_LOOP = 12
"""Words of the longest phrase that is looked for; an engine's words may be single characters."""

_LONG = 5
_TIMES, _TIMES_OF_LONG = 4, 3
"""A phrase that is said so often in a row is a loop; one of `_LONG` words and more at three times."""


def _repeated(words: Sequence[Word]) -> float:
    """The share of words in phrases that are repeated over and over, but for their first time."""
    said = [word.text.lower() for word in words]
    wrong = 0
    at = 0
    while at < len(said):
        for length in range(1, _LOOP + 1):
            phrase = said[at : at + length]
            times = 1
            while said[at + times * length : at + (times + 1) * length] == phrase:
                times += 1
            if times >= (_TIMES if length < _LONG else _TIMES_OF_LONG):
                wrong += (times - 1) * length
                at += times * length
                break
        else:
            at += 1
    return wrong / len(said)
