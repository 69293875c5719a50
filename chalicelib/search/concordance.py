"""The words of one recording with their places, as the search reads them, and where in them something stands. Pure.

Stored as compressed JSON, so that one object holds all that is searched in a recording:

    {"edition": 2,
     "tracks": [{"name": "transcript", "words": ["Hello,", " world"], "units": "hello world", "counts": [1, 1],
                 "placed": [1, 1], "begin": [0, 500], "end": [500, 900], "speakers": [[2, "Ada"]]}]}

`words` are as they are written, each with the space before it; `units` (`terms.py`) stand one after the other, as many
to each word as `counts` says. Words of one place stand together, as many as `placed` says: they `begin` and `end` then,
in milliseconds; or they stand on the page `begin`, where `end` is -1; or nowhere, where both are. `speakers` are runs,
each with its number of words first. `edition` is that of the transcript whose words these are.
"""

import json
import unicodedata
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, Self

from chalicelib.domain.tracks import Moment, Page, Place
from chalicelib.search.terms import BREAK, Phrase, terms, units

NEAR = 40
"""Units: so far may words stand from one another that were looked for together."""

_AROUND = 60
"""Characters of context on each side."""


@dataclass(frozen=True, slots=True)
class Said:
    """One word as it is written, with the space before it; where it is, and who said it. `BREAK` stands between texts
    that have nothing to do with each other.
    """

    text: str
    place: Place | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where what is looked for stands: the words around it, which of their characters are meant (from, to), and
    where its first word is.
    """

    track: str
    text: str
    marks: tuple[tuple[int, int], ...]
    place: Place | None
    speaker: str | None


@dataclass(frozen=True, slots=True)
class _Found:
    """A phrase in a track: its first unit and the one after its last."""

    start: int
    end: int


@dataclass(frozen=True)
class TrackWords:
    """The words of one track."""

    name: str
    words: Sequence[str]
    units: str
    counts: Sequence[int]
    placed: Sequence[int]
    begin: Sequence[int]
    end: Sequence[int]
    speakers: Sequence[tuple[int, str | None]]

    @classmethod
    def of(cls, name: str, said: Iterable[Said]) -> Self:
        """The words of a track, from its beginning."""
        words: list[str] = []
        found: list[str] = []
        counts: list[int] = []
        places: list[list[Any]] = []
        speakers: list[list[Any]] = []
        for word in said:
            own = (BREAK,) if word.text == BREAK else units(word.text)
            words.append(word.text)
            found.extend(own)
            counts.append(len(own))
            _count(places, _numbers(word.place))
            _count(speakers, [word.speaker])
        return cls(
            name,
            words,
            f" {' '.join(found)} ",
            counts,
            [run[0] for run in places],
            [run[1] for run in places],
            [run[2] for run in places],
            [(run[0], run[1]) for run in speakers],
        )

    @cached_property
    def _ends(self) -> list[int]:
        """How many units there are up to the end of each word."""
        return list(accumulate(self.counts))

    @cached_property
    def _place_ends(self) -> list[int]:
        return list(accumulate(self.placed))

    @cached_property
    def _speaker_ends(self) -> list[int]:
        return list(accumulate(run[0] for run in self.speakers))

    def place(self, word: int) -> Place | None:
        """Where a word is."""
        at = bisect_right(self._place_ends, word)
        begin, end = self.begin[at], self.end[at]
        if end >= 0:
            return Moment(begin / 1000, end / 1000)
        return Page(begin) if begin > 0 else None

    def speaker(self, word: int) -> str | None:
        """Who said it."""
        return self.speakers[bisect_right(self._speaker_ends, word)][1]

    def word_of(self, unit: int) -> int:
        """The word that a unit is of."""
        return bisect_right(self._ends, unit)

    def find(self, phrase: Phrase) -> Iterator[_Found]:
        """Where a phrase stands, from the beginning."""
        wanted = f" {' '.join(phrase)} "
        unit = counted = 0
        at = self.units.find(wanted)
        while at >= 0:
            unit += self.units.count(" ", counted, at)
            counted = at
            yield _Found(unit, unit + len(phrase))
            at = self.units.find(wanted, at + 1)

    def hit(self, found: Sequence[_Found]) -> Hit:
        """What is told of a place where these stand, which are near one another."""
        wanted = {word for one in found for word in range(self.word_of(one.start), self.word_of(one.end - 1) + 1)}
        first, last = min(wanted), max(wanted)
        page = self._page(first)
        begin, room = first, _AROUND
        while begin and room > 0 and self._is_with(begin - 1, page):
            begin -= 1
            room -= len(self.words[begin])
        end, room = last + 1, _AROUND
        while end < len(self.words) and room > 0 and self._is_with(end, page):
            room -= len(self.words[end])
            end += 1
        text = "…" if begin and self._is_with(begin - 1, page) else ""
        marks: list[tuple[int, int]] = []
        for word in range(begin, end):
            written = self.words[word].lstrip() if word == begin else self.words[word]
            if written == BREAK:
                written = " "
            elif word in wanted:
                marks.append(_bare(written, len(text)))
            text += written
        if end < len(self.words) and self._is_with(end, page):
            text += "…"
        return Hit(self.name, text, tuple(marks), self._moment(first, last), self.speaker(first))

    def _moment(self, first: int, last: int) -> Place | None:
        begins, ends = self.place(first), self.place(last)
        if isinstance(begins, Moment) and isinstance(ends, Moment):
            return Moment(begins.start, max(begins.end, ends.end))
        return begins

    def _page(self, word: int) -> int | None:
        place = self.place(word)
        return place.page if isinstance(place, Page) else None

    def _is_with(self, word: int, page: int | None) -> bool:
        """Whether a word is shown beside others of this page."""
        return self.words[word] != BREAK and self._page(word) == page

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "name": self.name,
            "words": self.words,
            "units": self.units.strip(" "),
            "counts": self.counts,
            "placed": self.placed,
            "begin": self.begin,
            "end": self.end,
            "speakers": self.speakers,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What `to_json` wrote. Raises LookupError or TypeError if it is none."""
        return cls(
            values["name"],
            values["words"],
            f" {values['units']} ",
            values["counts"],
            values["placed"],
            values["begin"],
            values["end"],
            [(run[0], run[1]) for run in values["speakers"]],
        )


@dataclass(frozen=True, slots=True)
class Spot:
    """A place where what is looked for stands. What is told of it is put together when it is asked for."""

    track: TrackWords
    found: Sequence[_Found]

    @property
    def hit(self) -> Hit:
        """What is told of it."""
        return self.track.hit(self.found)


@dataclass(frozen=True)
class Concordance:
    """The words of all tracks of a recording that are searched; those of its transcript in which `edition`."""

    tracks: tuple[TrackWords, ...]
    edition: int = 0

    def terms(self, tracks: Container[str]) -> set[str]:
        """What the index of the account has of these tracks, by their names."""
        found: set[str] = set()
        for track in self.tracks:
            if track.name in tracks:
                found |= terms(track.units.split(" "))
        return found - {""}

    def speakers(self) -> set[str]:
        """Who says something in it."""
        return {name for track in self.tracks for _, name in track.speakers if name}

    def spots(self, wanted: Sequence[Phrase], speaker: Phrase = ()) -> list["Spot"]:
        """Where all phrases stand near one another; where they never do, each place of each. None if one is missing.

        With a `speaker`, only what is said by somebody whose name has these units counts. In the order of tracks, and
        of places in them.
        """
        found = [[self._found(track, phrase, speaker) for phrase in wanted] for track in self.tracks]
        if not wanted or not all(any(of_track[at] for of_track in found) for at in range(len(wanted))):
            return []
        both = list(zip(self.tracks, found, strict=True))
        together = [Spot(track, group) for track, places in both for group in _together(places)]
        return together or [
            Spot(track, [one])
            for track, places in both
            for one in sorted((one for some in places for one in some), key=lambda one: one.start)
        ]

    @staticmethod
    def _found(track: TrackWords, phrase: Phrase, speaker: Phrase) -> list[_Found]:
        found = track.find(phrase)
        if not speaker:
            return list(found)
        is_theirs: Callable[[str | None], bool] = lambda name: name is not None and {*speaker} <= {*units(name)}  # noqa: E731
        return [one for one in found if is_theirs(track.speaker(track.word_of(one.start)))]

    def to_bytes(self) -> bytes:
        """As it is stored."""
        document = {"edition": self.edition, "tracks": [track.to_json() for track in self.tracks]}
        return zlib.compress(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        """What `to_bytes` made. Raises LookupError, TypeError, ValueError or zlib.error if it is none."""
        document = json.loads(zlib.decompress(stored))
        return cls(tuple(map(TrackWords.from_json, document["tracks"])), document["edition"])


def _together(places: Sequence[Sequence[_Found]]) -> Iterator[list[_Found]]:
    """Of each phrase a place, such that they are near one another: one group for each place of the rarest phrase."""
    rarest = min(places, key=len)
    others = [some for some in places if some is not rarest]
    starts = [[one.start for one in some] for some in others]
    told: set[int] = set()
    for one in rarest:
        group = [one]
        for some, begins in zip(others, starts, strict=True):
            at = bisect_left(begins, one.start)
            nearest = min(some[max(at - 1, 0) : at + 1], key=lambda other: abs(other.start - one.start), default=None)
            if nearest is None or abs(nearest.start - one.start) > NEAR:
                break
            group.append(nearest)
        else:
            first = min(found.start for found in group)
            if first not in told:
                told.add(first)
                yield sorted(group, key=lambda found: found.start)


def _count(runs: list[list[Any]], value: list[Any]) -> None:
    if runs and runs[-1][1:] == value:
        runs[-1][0] += 1
    else:
        runs.append([1, *value])


def _numbers(place: Place | None) -> list[int]:
    match place:
        case Moment(start, end):
            return [round(start * 1000), round(end * 1000)]
        case Page(page):
            return [page, -1]
    return [-1, -1]


def _bare(written: str, at: int) -> tuple[int, int]:
    """Where in a text a word stands that begins `at` a place, without its space and its punctuation."""
    start, end = 0, len(written)
    while start < end and unicodedata.category(written[start])[0] in "PZ":
        start += 1
    while end > start and unicodedata.category(written[end - 1])[0] in "PZ":
        end -= 1
    return (at + start, at + end) if start < end else (at, at + len(written))
