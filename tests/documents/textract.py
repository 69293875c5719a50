"""Blocks as Textract gives them, for tests."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.documents.blocks import PageBlocks, header, read, written

Raw = dict[str, Any]


def block(kind: str, name: str, page: int = 1, children: Iterable[str] = (), **more: Any) -> Raw:
    box = {"Left": 0.1, "Top": 0.1, "Width": 0.5, "Height": 0.02}
    related = [{"Type": "CHILD", "Ids": list(children)}] if children else []
    found = {"BlockType": kind, "Id": name, "Page": page, "Geometry": {"BoundingBox": box, "Polygon": []}, **more}
    return found | ({"Relationships": related} if related else {})


def line(name: str, text: str, page: int = 1, **more: Any) -> list[Raw]:
    """A line and its words."""
    words = [
        block("WORD", f"{name}.{number}", page, Text=word, Confidence=99.0) for number, word in enumerate(text.split())
    ]
    ids = [word["Id"] for word in words]
    return [block("LINE", name, page, ids, Text=text, Confidence=98.5, **more), *words]


def relate(found: Raw, kind: str, *names: str) -> Raw:
    found.setdefault("Relationships", []).append({"Type": kind, "Ids": list(names)})
    return found


def lines(blocks: Iterable[Mapping[str, Any]], pages: int = 1) -> list[bytes]:
    """The lines of a file of these blocks."""
    return [header(pages), *written(blocks)]


def page_of(blocks: Iterable[Mapping[str, Any]]) -> PageBlocks:
    """The one page of these blocks."""
    (page,) = read(lines(blocks))
    return page


def loaded(pieces: Iterable[bytes]) -> Any:
    """What the pieces of a JSON document say."""
    return json.loads(b"".join(pieces))
