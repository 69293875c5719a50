"""How much of what was said was heard wrongly."""

import math
import re

import jiwer

_NOT_SPOKEN = re.compile(r"[^\w' ]")


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared: without case and punctuation."""
    return _NOT_SPOKEN.sub(" ", text.lower()).split()


def _spoken(text: str) -> str:
    return " ".join(words_of(text))


def word_error_rate(reference: str, heard: str) -> float:
    """Words put in, left out or taken for others, as a share of the words in `reference`: 0 is perfect.

    Case and punctuation do not count.
    """
    return float(jiwer.wer(_spoken(reference), _spoken(heard)))


def interval(rate: float, count: int) -> tuple[float, float]:
    """Between which rates the true one lies 95 times in 100, where `count` were looked at (Wilson 1927)."""
    z = 1.96
    rate = min(rate, 1.0)
    centre = (rate + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(rate * (1 - rate) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return max(0.0, centre - half), min(1.0, centre + half)
