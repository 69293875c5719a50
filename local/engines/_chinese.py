"""Chinese in the script that the reader of its code expects: a speech model may write either, whatever is asked for."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from chalicelib.speech.transcripts import Word

_TRADITIONAL = {"tw": "s2tw", "hant": "s2tw", "hk": "s2hk", "mo": "s2hk"}
"""By the region or script of a code, what OpenCC calls the way there from simplified characters."""

_TO_SIMPLIFIED = "t2s"


def in_script_of(code: str, words: Iterable[Word]) -> list[Word]:
    """The words of a transcript in Chinese, whose BCP 47 `code` says the script; simplified where it says none.

    Those of another language stay: Japanese has characters of its own.
    """
    parts = code.lower().split("-")[1:]
    way = next((_TRADITIONAL[part] for part in parts if part in _TRADITIONAL), _TO_SIMPLIFIED)
    converter = _converter(way)
    return [
        replace(word, text=converter.convert(word.text)) if word.language in {None, "zh"} else word for word in words
    ]


@cache
def _converter(way: str) -> Any:  # noqa: ANN401 - the package has no types
    from opencc import OpenCC

    return OpenCC(way)
