"""What a reader of documents has found: Amazon Textract's blocks, a JSON object a line. Pure.

    {"DocumentMetadata": {"Pages": 2}}
    {"BlockType": "PAGE", "Id": "…", "Page": 1, "Relationships": [{"Type": "CHILD", "Ids": ["…"]}]}
    {"BlockType": "LINE", "Id": "…", "Page": 1, "Text": "…", "Confidence": 99.1, "Geometry": {"BoundingBox": {…}}, …}

The shape of a block is https://docs.aws.amazon.com/textract/latest/dg/API_Block.html. Those of a page stand together,
so that a page at a time is read: a document of a thousand has some hundred thousand words. Nothing that a file says is
believed: what is missing, or is not what it should be, is as if it were not there.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain.tracks import Box

CONTENT_TYPE = "application/x-ndjson"

SELECTED, NOT_SELECTED = "☑", "☐"
"""How a box that can be ticked is written."""

_MOST_PAGES = 10**6
_PERCENT = 100
_DIGITS = 5  # of fractions: a hundredth of a pixel

_KEPT = (
    "BlockType",
    "Id",
    "Page",
    "Text",
    "Confidence",
    "TextType",
    "RowIndex",
    "ColumnIndex",
    "RowSpan",
    "ColumnSpan",
    "EntityTypes",
    "SelectionStatus",
)


@dataclass(frozen=True, slots=True)
class Block:
    """One of Textract's blocks: `kind` is its BlockType, `related` the ids of others by the type of relationship.

    `confidence` is from 0 to 1. `row` and `column` count from 1; they are 0 where the block is no cell.
    """

    id: str
    kind: str
    text: str = ""
    confidence: float | None = None
    box: Box | None = None
    related: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    row: int = 0
    column: int = 0
    row_span: int = 1
    column_span: int = 1
    entities: tuple[str, ...] = ()
    is_selected: bool | None = None

    def ids(self, relationship: str) -> tuple[str, ...]:
        """The ids of the blocks that are related in that way."""
        return self.related.get(relationship, ())


@dataclass(frozen=True, slots=True)
class PageBlocks:
    """All blocks of a page, by their ids, in their order; pages count from 1."""

    number: int
    blocks: Mapping[str, Block]

    def of_kind(self, kind: str) -> list[Block]:
        """The blocks of a BlockType, in order."""
        return [block for block in self.blocks.values() if block.kind == kind]

    def related(self, block: Block, relationship: str = "CHILD") -> list[Block]:
        """The blocks that are related to one, as far as they are there."""
        return [self.blocks[name] for name in block.ids(relationship) if name in self.blocks]

    def text_of(self, block: Block) -> str:
        """What stands in a block: its own text, or that of the words and the ticked boxes in it."""
        found = []
        seen = {block.id}  # a block may name itself, or one that names it
        waiting = [block]
        while waiting:
            one = waiting.pop()
            if one.text:
                found.append(one.text)
            elif one.is_selected is not None:
                found.append(SELECTED if one.is_selected else NOT_SELECTED)
            else:
                inside = [child for child in self.related(one) if child.id not in seen]
                seen.update(child.id for child in inside)
                waiting.extend(reversed(inside))
        return " ".join(found)


def count_of(lines: Iterable[bytes]) -> int | None:
    """How many pages the document has by what its first line says; None if it says nothing."""
    match _document(next(iter(lines), b"")):
        case {"DocumentMetadata": {"Pages": int(pages)}} if 0 <= pages <= _MOST_PAGES:
            return pages
    return None


def read(lines: Iterable[bytes]) -> Iterator[PageBlocks]:
    """The pages in the lines of such a file, in their order. One whose blocks stand apart comes more than once."""
    number = 0
    blocks: dict[str, Block] = {}
    for line in lines:
        found = _document(line)
        block = _block(found)
        if block is None:
            continue
        page = found.get("Page", 1)
        page = page if isinstance(page, int) and 1 <= page <= _MOST_PAGES else 1
        if page != number and blocks:
            yield PageBlocks(number, blocks)
            blocks = {}
        number = page
        blocks.setdefault(block.id, block)
    if blocks:
        yield PageBlocks(number, blocks)


def header(pages: int) -> bytes:
    """The first line of such a file."""
    return _line({"DocumentMetadata": {"Pages": pages}})


def written(blocks: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """The lines of blocks, each with its end: without the outlines, which take most of the room."""
    for block in blocks:
        kept = {name: block[name] for name in _KEPT if name in block}
        if related := block.get("Relationships"):
            kept["Relationships"] = related
        if box := (block.get("Geometry") or {}).get("BoundingBox"):
            kept["Geometry"] = {"BoundingBox": {name: round(value, _DIGITS) for name, value in box.items()}}
        yield _line(kept)


def _line(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _document(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line) if line.strip() else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _block(found: Mapping[str, Any]) -> Block | None:
    match found:
        case {"Id": str(name), "BlockType": str(kind)}:
            confidence = _number(found.get("Confidence"))
            return Block(
                name,
                kind,
                _text(found.get("Text")),
                None if confidence is None else min(max(confidence / _PERCENT, 0.0), 1.0),
                _box(found.get("Geometry")),
                _related(found.get("Relationships")),
                _count(found.get("RowIndex"), 0),
                _count(found.get("ColumnIndex"), 0),
                _count(found.get("RowSpan"), 1),
                _count(found.get("ColumnSpan"), 1),
                tuple(one for one in _list(found.get("EntityTypes")) if isinstance(one, str)),
                {"SELECTED": True, "NOT_SELECTED": False}.get(str(found.get("SelectionStatus"))),
            )
    return None


def _text(value: object) -> str:
    """A text as one line that every file can hold."""
    return " ".join(value.encode(errors="ignore").decode().split()) if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else None  # type: ignore[arg-type]


def _count(value: object, least: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= least else least


def _related(value: object) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in _list(value):
        match one:
            case {"Type": str(kind), "Ids": list(ids)}:
                found[kind] = found.get(kind, ()) + tuple(name for name in ids if isinstance(name, str))
    return found


def _box(geometry: object) -> Box | None:
    match geometry:
        case {"BoundingBox": {"Left": left, "Top": top, "Width": width, "Height": height}}:
            sides = [_number(side) for side in (left, top, width, height)]
            if None not in sides:
                x, y, wide, high = (min(max(side or 0.0, 0.0), 1.0) for side in sides)
                return Box(x, y, min(wide, 1 - x), min(high, 1 - y))
    return None


def around(boxes: Iterable[Box | None]) -> Box | None:
    """The smallest box that holds all of these; None if there is none."""
    known = [box for box in boxes if box is not None]
    if not known:
        return None
    left, top = min(box.left for box in known), min(box.top for box in known)
    right, bottom = max(box.left + box.width for box in known), max(box.top + box.height for box in known)
    width, height = round(right - left, _DIGITS), round(bottom - top, _DIGITS)
    return Box(left, top, min(max(width, 0.0), 1.0), min(max(height, 0.0), 1.0))
