"""What a track is: one result of analysis, made of passages, each with its place in the recording. Pure values.

Which tracks there are stands in `chalicelib/storage/tracks.py`. A track that has no format of its own is stored as

    {"passages": [{"text": "…", "start": 1.5, "end": 4.0, "label": "…", "confidence": 0.93,
                   "box": {"left": 0.1, "top": 0.2, "width": 0.3, "height": 0.4}}, {"text": "…", "page": 3}]}

with times in seconds, pages from 1, and boxes in fractions of the picture; what is not known is left out.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, MadeFrom
from chalicelib.domain.links import Part, shows

_LONGEST = 10**9
"""Seconds, or pages: beyond, a number is none."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A place in what can be played: from `start` to `end`, in seconds. They are the same where no end is known."""

    start: float
    end: float

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end < _LONGEST:
            raise ValueError("a moment begins at 0 or later, and ends no earlier than it begins")


@dataclass(frozen=True, slots=True)
class Page:
    """A place in what can be turned: a page, counted from 1."""

    page: int

    def __post_init__(self) -> None:
        if not 1 <= self.page < _LONGEST:
            raise ValueError("pages count from 1")


Place = Moment | Page


@dataclass(frozen=True, slots=True)
class Box:
    """Where in a picture, or on a page, something is: in fractions of its width and height, from the top left."""

    left: float
    top: float
    width: float
    height: float

    def __post_init__(self) -> None:
        if not (0 <= self.left <= 1 and 0 <= self.top <= 1 and 0 <= self.width <= 1 and 0 <= self.height <= 1):
            raise ValueError("a box is in fractions from 0 to 1")


@dataclass(frozen=True, slots=True)
class Passage:
    """What a track says at a place; without one it is said of the whole.

    `label` is what sort of thing it is (who speaks, what mood, what was seen); `confidence` is from 0 to 1. `box` is
    where in the picture, or on the page.
    """

    text: str
    place: Place | None = None
    label: str | None = None
    confidence: float | None = None
    box: Box | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.text, str) or not isinstance(self.label, str | None):
            raise TypeError("what a passage says, and its label, are texts")
        if self.confidence is not None and not 0 <= self.confidence <= 1:
            raise ValueError("confidence is from 0 to 1")

    def to_json(self) -> dict[str, Any]:
        """The passage as it is stored, and as the API tells it."""
        place = asdict(self.place) if self.place else {}
        box = asdict(self.box) if self.box else None
        values = {"text": self.text, **place, "label": self.label, "confidence": self.confidence, "box": box}
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The passage that `to_json` wrote. Raises LookupError, TypeError or ValueError if it is none."""
        place: Place | None = None
        if "page" in values:
            place = Page(values["page"])
        elif "start" in values:
            place = Moment(values["start"], values["end"])
        box = values.get("box")
        found = None if box is None else Box(box["left"], box["top"], box["width"], box["height"])
        return cls(values["text"], place, values.get("label"), values.get("confidence"), found)


def passages(document: bytes) -> Iterator[Passage]:
    """The passages in the document of a track that has no format of its own. Raises as `from_json`, if it is none."""
    return map(Passage.from_json, json.loads(document)["passages"])


@dataclass(frozen=True, slots=True)
class Form:
    """A file that a track can be had as: what its key ends in ("srt"), and what it is called ("captions.srt")."""

    ending: str
    content_type: str
    file_name: str


@dataclass(frozen=True, slots=True)
class Track:
    """One result of analysis: its `name` in the API, its `title` for people, its `folder` in the output bucket.

    `passages` reads the document that ends in `source`. A track that `has_editions` is made anew by each correction of
    the transcript; of one that is made anew later, `made_from` tells from which edition, None while it is as it was
    first. `raw` is the folder of what it is made of, where that is another: it is erased with it. It is `made_of`
    assets of which this says so: of others nobody need look for it. Page and report list the passages of a track,
    unless it `is_drawn` there in a way of its own; the search looks through them if it `is_searched`, and through each
    by itself where they `are_apart`: things, no running text. One that `is_private` is in no link that is shared, and
    in no mail to somebody else; any other is shown by links that show one of its `parts`.
    """

    name: str
    title: str
    folder: str
    forms: tuple[Form, ...]
    passages: Callable[[bytes], Iterable[Passage]] = passages
    source: str = "json"
    raw: str | None = None
    has_editions: bool = False
    made_from: Callable[[Asset], MadeFrom | None] = lambda asset: None
    made_of: Callable[[Asset], bool] = lambda asset: True
    is_drawn: bool = False
    is_searched: bool = True
    are_apart: bool = False
    is_private: bool = False
    parts: tuple[Part, ...] = (Part.ANALYSIS,)

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders of the output bucket that hold something of it."""
        return (self.folder, self.raw) if self.raw else (self.folder,)

    def is_shown_by(self, parts: Collection[Part]) -> bool:
        """Whether a link that shows these parts shows it."""
        return not self.is_private and shows(parts, self.parts)

    def key(self, asset: Asset, ending: str = "json", edition: int = 0) -> str:
        """Where the current run of `asset` leaves the document with this ending; edition 0 is what was made first.

        Raises LookupError if there is no such edition.
        """
        if edition and self.has_editions:
            saved = asset.edition_of(edition)
            if saved is None:
                raise LookupError("there is no such edition")
            return keys.file_key(asset.run, keys.Folder.EDITS, f"{saved.document}.{ending}")
        if (anew := self.made_from(asset)) is not None:
            return self.key_anew(asset, anew.document, ending)
        return keys.output_key(asset, self.folder, f".{ending}")

    def key_anew(self, asset: Asset, document: str, ending: str = "json") -> str:
        """Where the same lies if it was made anew from the edition that this `document` is of."""
        return keys.file_key(asset.run, self.folder, f"{document}.{ending}")


def clock(seconds: float, *, with_hours: bool = False) -> str:
    """A moment as people read it: 4:05 or 1:02:03; `with_hours` always in the longer form."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours or with_hours else f"{minute}:{second:02}"
