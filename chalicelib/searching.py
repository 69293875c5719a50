"""Finds where something was said in a recording, by its captions. Pure."""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from itertools import islice

import srt

from chalicelib.captions import SRT_LOOK_ALIKES
from chalicelib.transcripts import is_spaced

_AROUND = 60
"""Characters of context on each side."""


@dataclass(frozen=True, slots=True)
class Match:
    """When it was said, in seconds, and the words around it."""

    start: float
    text: str


def matches(captions: str, wanted: str, most: int) -> list[Match]:
    """The first `most` places where `wanted` was said, in the captions of a recording (SRT).

    Capitals and line breaks do not count, nor where one caption ends and the next begins.
    """
    words = [re.escape(word) for word in _plain(wanted).split()]
    if not words:
        return []
    starts: list[float] = []
    offsets: list[int] = []
    texts: list[str] = []
    length = 0
    for cue in srt.parse(captions):
        text = _plain(cue.content)
        if text:
            offsets.append(length)
            starts.append(cue.start.total_seconds())
            texts.append(f" {text}" if texts and is_spaced(texts[-1], text) else text)
            length += len(texts[-1])
    whole = "".join(texts)
    places = islice(re.finditer(r"\s*".join(words), whole, re.IGNORECASE), most)
    return [
        Match(starts[bisect_right(offsets, place.start()) - 1], _around(whole, place.start(), place.end()))
        for place in places
    ]


def _around(text: str, start: int, end: int) -> str:
    """The words around a place, whole ones where they are written with spaces."""
    first, last = max(0, start - _AROUND), min(len(text), end + _AROUND)
    before, after = text[first:start], text[end:last]
    if first and " " in before:
        before = "…" + before.partition(" ")[2]
    if last < len(text) and " " in after:
        after = after.rpartition(" ")[0] + "…"
    return before + text[start:end] + after


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).translate(SRT_LOOK_ALIKES).split())
