"""A summary of what was said, with where each part of it is said. Pure.

The document that is stored:

    {"Summary": "…", "Title": "…", "Sentences": [{"Text": "…", "Times": [12.5]}],
     "Chapters": [{"Title": "…", "Time": 0.5}], "ActionItems": [{"Text": "…", "Times": [301.2]}]}

Times are in seconds: the starts of the lines that a part rests on. Of a document it is their pages instead: "Pages" and
"Page", and "OnPages" says so.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.analysis import places, times_of
from chalicelib.domain.tracks import Moment, Page, Passage, Place


@dataclass(frozen=True, slots=True)
class Point:
    """A sentence, and when what it rests on is said (seconds)."""

    text: str
    times: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    """What a recording turns to, and when (seconds)."""

    title: str
    time: float


@dataclass(frozen=True, slots=True)
class Summary:
    """A few sentences that sum up; all but `text` only where the engine gives it.

    `sentences` are those of `text`, with where each is said: when, or `on_pages` if it is written.
    """

    text: str
    title: str | None = None
    sentences: tuple[Point, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    actions: tuple[Point, ...] = ()
    on_pages: bool = False

    def to_json(self) -> dict[str, Any]:
        """The document."""
        return {
            "Summary": self.text,
            "Title": self.title,
            "Sentences": [self._point(point) for point in self.sentences],
            "Chapters": [
                {"Title": chapter.title, **({"Page": round(chapter.time)} if self.on_pages else {"Time": chapter.time})}
                for chapter in self.chapters
            ],
            "ActionItems": [self._point(point) for point in self.actions],
            **({"OnPages": True} if self.on_pages else {}),
        }

    def _point(self, point: Point) -> dict[str, Any]:
        return {"Text": point.text, **places(point.times, self.on_pages)}

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> "Summary":
        """Read a document that `to_json` made."""
        return Summary(
            document["Summary"],
            document["Title"],
            tuple(map(_point_from_json, document["Sentences"])),
            tuple(
                Chapter(chapter["Title"], float(chapter["Page"]) if "Page" in chapter else chapter["Time"])
                for chapter in document["Chapters"]
            ),
            tuple(map(_point_from_json, document["ActionItems"])),
            document.get("OnPages", False),
        )


def passages(document: bytes) -> Iterator[Passage]:
    """What a stored summary says, with the moment that each part of it rests on first."""
    summary = Summary.from_json(json.loads(document))
    for label, points in (("summary", summary.sentences or (Point(summary.text),)), ("action", summary.actions)):
        for point in points:
            yield Passage(point.text, _place(summary.on_pages, *point.times[:1]), label)
    for chapter in summary.chapters:
        yield Passage(chapter.title, _place(summary.on_pages, chapter.time), "chapter")


def _place(on_pages: bool, start: float | None = None) -> Place | None:
    if start is None:
        return None
    return Page(round(start)) if on_pages else Moment(start, start)


def _point_from_json(document: Mapping[str, Any]) -> Point:
    return Point(document["Text"], times_of(document))
