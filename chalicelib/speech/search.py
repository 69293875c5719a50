"""Finds where something stands in the passages of a track. Pure."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from chalicelib.domain import folding
from chalicelib.domain.tracks import Page, Passage, Place
from chalicelib.speech.captions import SRT_LOOK_ALIKES
from chalicelib.speech.transcripts import is_spaced

_AROUND = 60
"""Characters of context on each side."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A passage on one line, and where it begins in the whole text as shown (`at`) and as folded."""

    place: Place | None
    text: str
    at: int
    folded_at: int

    def span(self, folded: int) -> tuple[int, int]:
        """Where in the whole text the character begins and ends that is at `folded` in the whole folded one."""
        origins = range(len(self.text) + 1) if self.text.isascii() else folding.origins(self.text)
        begins = origins[folded - self.folded_at]
        ends = next((place for place in origins[folded - self.folded_at :] if place > begins), len(self.text))
        return self.at + begins, self.at + ends


def matches(passages: Iterable[Passage], wanted: str, most: int, *, apart: bool = False) -> list[Passage]:
    """The first `most` places where `wanted` stands, each with the words around it.

    How it was typed does not count (`folding.py`), nor where one passage ends and the next begins, unless each stands
    `apart` from the others. The words around it are those of its page, where there are pages, and each is told once.
    """
    if apart:
        found_apart = (match for passage in passages for match in matches([passage], wanted, 1))
        return list(islice(found_apart, most))
    sought = folding.pattern(wanted.translate(SRT_LOOK_ALIKES))
    if sought is None:
        return []
    pieces: list[_Piece] = []
    whole = folded = ""
    for passage in passages:
        text = " ".join(passage.text.split())
        if compared := folding.fold(text.translate(SRT_LOOK_ALIKES)):
            gap = " " if pieces and is_spaced(pieces[-1].text, text) else ""
            pieces.append(_Piece(passage.place, text, len(whole) + len(gap), len(folded) + len(gap)))
            whole += gap + text
            folded += gap + compared

    def piece(at: int) -> _Piece:
        return pieces[bisect_right(pieces, at, key=lambda one: one.folded_at) - 1]

    found: list[Passage] = []
    told_to = 0
    for place in sought.finditer(folded):
        if len(found) >= most:
            break
        first, last = piece(place.start()), piece(place.end() - 1)
        begins, ends = first.span(place.start())[0], last.span(place.end() - 1)[1]
        is_paged = isinstance(first.place, Page)
        if is_paged and ends <= told_to:
            continue
        same = [one for one in pieces if one.place in {first.place, last.place}] if is_paged else pieces
        page_from, page_to = same[0].at, same[-1].at + len(same[-1].text)
        told_to = min(ends + _AROUND, page_to)
        around = _around(whole[page_from:page_to], begins - page_from, ends - page_from)
        found.append(Passage(around, first.place))
    return found


def _around(text: str, start: int, end: int) -> str:
    """The words around a place, whole ones where they are written with spaces."""
    first, last = max(0, start - _AROUND), min(len(text), end + _AROUND)
    before, after = text[first:start], text[end:last]
    if first and " " in before:
        before = "…" + before.partition(" ")[2]
    if last < len(text) and " " in after:
        after = after.rpartition(" ")[0] + "…"
    return before + text[start:end] + after
