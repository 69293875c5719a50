"""How much of what was said was heard wrongly."""

import re

import jiwer

_NOT_SPOKEN = re.compile(r"[^\w' ]")


def _spoken(text: str) -> str:
    return " ".join(_NOT_SPOKEN.sub(" ", text.lower()).split())


def word_error_rate(reference: str, heard: str) -> float:
    """Words put in, left out or taken for others, as a share of the words in `reference`: 0 is perfect.

    Case and punctuation do not count.
    """
    return float(jiwer.wer(_spoken(reference), _spoken(heard)))
