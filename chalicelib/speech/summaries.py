"""A summary of what was said, with where each part of it is said. Pure.

The document that is stored:

    {"Summary": "…", "Title": "…", "Sentences": [{"Text": "…", "Times": [12.5]}],
     "Chapters": [{"Title": "…", "Time": 0.5}], "ActionItems": [{"Text": "…", "Times": [301.2]}]}

Times are in seconds: the starts of the lines that a part rests on.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.tracks import Moment, Passage


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

    `sentences` are those of `text`, with where each is said.
    """

    text: str
    title: str | None = None
    sentences: tuple[Point, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    actions: tuple[Point, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The document."""
        return {
            "Summary": self.text,
            "Title": self.title,
            "Sentences": [_point_to_json(point) for point in self.sentences],
            "Chapters": [{"Title": chapter.title, "Time": chapter.time} for chapter in self.chapters],
            "ActionItems": [_point_to_json(point) for point in self.actions],
        }

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> "Summary":
        """Read a document that `to_json` made."""
        return Summary(
            document["Summary"],
            document["Title"],
            tuple(map(_point_from_json, document["Sentences"])),
            tuple(Chapter(chapter["Title"], chapter["Time"]) for chapter in document["Chapters"]),
            tuple(map(_point_from_json, document["ActionItems"])),
        )


def passages(document: bytes) -> Iterator[Passage]:
    """What a stored summary says, with the moment that each part of it rests on first."""
    summary = Summary.from_json(json.loads(document))
    for label, points in (("summary", summary.sentences or (Point(summary.text),)), ("action", summary.actions)):
        for point in points:
            yield Passage(point.text, _moment(*point.times[:1]), label)
    for chapter in summary.chapters:
        yield Passage(chapter.title, _moment(chapter.time), "chapter")


def _moment(start: float | None = None) -> Moment | None:
    return None if start is None else Moment(start, start)


def _point_to_json(point: Point) -> dict[str, Any]:
    return {"Text": point.text, "Times": list(point.times)}


def _point_from_json(document: Mapping[str, Any]) -> Point:
    return Point(document["Text"], tuple(document["Times"]))
