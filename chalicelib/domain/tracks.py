"""What a track is: one result of analysis, made of passages, each with its place in the recording. Pure values.

Which tracks there are stands in `chalicelib/speech/tracks.py`. A track that has no format of its own is stored as

    {"Passages": [{"Text": "…", "Start": 1.5, "End": 4.0, "Label": "…", "Confidence": 0.93}, {"Text": "…", "Page": 3}]}

with times in seconds and pages from 1; what is not known is left out.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset


@dataclass(frozen=True, slots=True)
class Moment:
    """A place in what can be played: from `start` to `end`, in seconds. They are the same where no end is known."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Page:
    """A place in what can be turned: a page, counted from 1."""

    number: int


Place = Moment | Page


@dataclass(frozen=True, slots=True)
class Passage:
    """What a track says at a place; without one it is said of the whole.

    `label` is what sort of thing it is (who speaks, what mood, what was seen); `confidence` is from 0 to 1.
    """

    text: str
    place: Place | None = None
    label: str | None = None
    confidence: float | None = None


def document_of(passages: Iterable[Passage]) -> dict[str, Any]:
    """The document that `passages_of` reads."""
    return {"Passages": [dict(_fields(passage)) for passage in passages]}


def _fields(passage: Passage) -> Iterator[tuple[str, str | float]]:
    yield "Text", passage.text
    match passage.place:
        case Moment(start, end):
            yield from (("Start", start), ("End", end))
        case Page(number):
            yield "Page", number
    if passage.label is not None:
        yield "Label", passage.label
    if passage.confidence is not None:
        yield "Confidence", passage.confidence


def passages_of(document: bytes) -> Iterator[Passage]:
    """The passages in a document. Raises KeyError or ValueError if it is not one."""
    for found in json.loads(document)["Passages"]:
        place: Place | None = None
        if "Page" in found:
            place = Page(found["Page"])
        elif "Start" in found:
            place = Moment(found["Start"], found["End"])
        yield Passage(found["Text"], place, found.get("Label"), found.get("Confidence"))


@dataclass(frozen=True, slots=True)
class Form:
    """A file that a track can be had as: what its key ends in ("srt"), and what it is called ("captions.srt")."""

    ending: str
    content_type: str
    file_name: str


@dataclass(frozen=True, slots=True)
class Track:
    """One result of analysis. Its `name`, of small letters only, is the name of its folder in the output bucket, too.

    `title` is what people read. `passages` reads the document that ends in `source`. A track that `has_editions` is
    made anew by each correction of the transcript. Page and report list the passages of a track, unless it `is_drawn`
    there in a way of its own; the search looks through them if it `is_searched`.
    """

    name: str
    title: str
    forms: tuple[Form, ...]
    passages: Callable[[bytes], Iterable[Passage]] = passages_of
    source: str = "json"
    has_editions: bool = False
    is_drawn: bool = False
    is_searched: bool = True

    def key(self, asset: Asset, ending: str = "json", edition: int = 0) -> str:
        """Where the current run of `asset` leaves the document with this ending; edition 0 is what was made first."""
        if edition and self.has_editions:
            return keys.file_key(asset.run, keys.Folder.EDITS, f"{asset.edits[edition - 1]}.{ending}")
        return keys.output_key(asset, self.name, f".{ending}")


def clock(seconds: float, *, with_hours: bool = False) -> str:
    """A moment as people read it: 4:05 or 1:02:03; `with_hours` always in the longer form."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours or with_hours else f"{minute}:{second:02}"
