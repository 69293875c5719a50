"""What is filled into the forms of a document: names and values. Pure.

They are kept as `pairs.json`:

    {"pairs": [{"page": 1, "key": "Name", "value": "Ada Lovelace", "confidence": 0.98, "box": {…}}]}

with the `box` around both. Where the value is a box that can be ticked, `is_selected` says whether it is.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Self

from chalicelib.documents.blocks import NOT_SELECTED, SELECTED, Block, PageBlocks, around
from chalicelib.documents.listing import listed
from chalicelib.domain.tracks import Box, Page, Passage


@dataclass(frozen=True, slots=True)
class Pair:
    """A name on a page, and what stands behind it; `confidence` is from 0 to 1."""

    page: int
    key: str
    value: str
    confidence: float | None = None
    box: Box | None = None

    @property
    def is_selected(self) -> bool | None:
        """Whether the box is ticked; None if the value is no such box."""
        return {SELECTED: True, NOT_SELECTED: False}.get(self.value)

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        values = {
            "page": self.page,
            "key": self.key,
            "value": self.value,
            "confidence": None if self.confidence is None else round(self.confidence, 4),
            "box": {side: round(value, 5) for side, value in asdict(self.box).items()} if self.box else None,
            "is_selected": self.is_selected,
        }
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The pair that `to_json` wrote. Raises LookupError, TypeError or ValueError if it is none."""
        box = values.get("box")
        return cls(
            values["page"], values["key"], values["value"], values.get("confidence"), Box(**box) if box else None
        )


def pairs_on(page: PageBlocks) -> Iterator[Pair]:
    """The pairs of a page, in order; without a name there is none."""
    for block in filter(partial(is_told, page), page.of_kind("KEY_VALUE_SET")):
        key = _name(page, block)
        values = page.related(block, "VALUE")
        value = " ".join(filter(None, map(page.text_of, values)))
        sure = min((one.confidence for one in (block, *values) if one.confidence is not None), default=None)
        yield Pair(page.number, key, value, sure, around(_boxes(block, values)))


def is_told(page: PageBlocks, block: Block) -> bool:
    """Whether a block of the kind KEY_VALUE_SET is the name of a pair, with the values that are related to it."""
    return "KEY" in block.entities and bool(_name(page, block))


def _name(page: PageBlocks, block: Block) -> str:
    return page.text_of(block).rstrip(" :：")


def _boxes(key: Block, values: Iterable[Block]) -> Iterator[Box | None]:
    yield key.box
    yield from (value.box for value in values)


def document(pairs: Iterable[Pair]) -> Iterator[bytes]:
    """The `pairs.json` of pairs, a piece at a time."""
    return listed("pairs", (json.dumps(pair.to_json(), ensure_ascii=False).encode() for pair in pairs))


def pairs_of(stored: bytes) -> Iterator[Pair]:
    """The pairs in a `pairs.json`. Raises LookupError, TypeError or ValueError if it is none."""
    return map(Pair.from_json, json.loads(stored)["pairs"])


def passages(stored: bytes) -> Iterator[Passage]:
    """Each pair as a passage on its page: "Name: Ada"."""
    for pair in pairs_of(stored):
        yield Passage(f"{pair.key}: {pair.value}".rstrip(), Page(pair.page), None, pair.confidence, pair.box)
