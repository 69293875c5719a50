"""What is written on each page, in the order in which it is read. Pure.

It is kept as `document.json`:

    {"pages": [{"page": 1, "paragraphs": [{"kind": "title", "box": {…}, "lines": [{"text": "…", "box": {…}}]}]}]}

with boxes in fractions of the page; `confidence` (0 to 1) of a line is left out where it is certain. Where tables or
forms were found on a page, paragraphs of the kinds `table` and `pairs` hold just the lines that stand in these: whoever
shows the tables and the forms leaves those paragraphs out, and has each line once.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AnySet
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any, Self

from chalicelib.documents.blocks import Block, PageBlocks, around
from chalicelib.documents.listing import listed
from chalicelib.documents.pairs import is_told
from chalicelib.domain.tracks import Box, Page, Passage

_LAYOUT = "LAYOUT_"
_SPACELESS = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31a0-\u9fff\uf900-\uff9f\U00020000-\U0003ffff]"
)
"""Letters of scripts without spaces between words: where one line ends and the next begins there is none either."""

TEXT = "text"
LIST, TABLE, PAIRS = "list", "table", "pairs"
KINDS: Mapping[str, str] = {
    "LAYOUT_TITLE": "title",
    "LAYOUT_SECTION_HEADER": "heading",
    "LAYOUT_TEXT": TEXT,
    "LAYOUT_LIST": LIST,
    "LAYOUT_TABLE": TABLE,
    "LAYOUT_FIGURE": "figure",
    "LAYOUT_KEY_VALUE": PAIRS,
    "LAYOUT_HEADER": "header",
    "LAYOUT_FOOTER": "footer",
    "LAYOUT_PAGE_NUMBER": "number",
}
"""The kinds of paragraphs, by Textract's names of them: in an order in which they are read."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line: `confidence` is from 0 to 1, None where nobody tells."""

    text: str
    box: Box | None = None
    confidence: float | None = None

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        found: dict[str, Any] = {"text": self.text, **_boxed(self.box)}
        if self.confidence is not None and self.confidence < 1:
            found["confidence"] = round(self.confidence, 4)
        return found


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together: `kind` is one of `KINDS`."""

    kind: str
    lines: tuple[Line, ...]
    box: Box | None = None

    @property
    def text(self) -> str:
        """The lines as running text; those of a table, a list or a form stay lines."""
        text = ""
        between = "\n" if self.kind in {TABLE, LIST, PAIRS} else " "
        for line in self.lines:
            is_spaced = not (_SPACELESS.match(text[-1:]) and _SPACELESS.match(line.text[:1]))
            text += (between if text and (between == "\n" or is_spaced) else "") + line.text
        return text

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {"kind": self.kind, **_boxed(self.box), "lines": [line.to_json() for line in self.lines]}


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """A page, counted from 1, and what is written on it."""

    number: int
    paragraphs: tuple[Paragraph, ...]

    @property
    def text(self) -> str:
        """All of it, a paragraph after the other with an empty line between."""
        return "\n\n".join(paragraph.text for paragraph in self.paragraphs)

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {"page": self.number, "paragraphs": [paragraph.to_json() for paragraph in self.paragraphs]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The page that `to_json` wrote. Raises LookupError, TypeError or ValueError if it is none."""
        paragraphs = (
            Paragraph(one["kind"], tuple(_line(line) for line in one["lines"]), _box(one.get("box")))
            for one in values["paragraphs"]
        )
        return cls(values["page"], tuple(paragraphs))


def written_on(page: PageBlocks) -> WrittenPage:
    """What is written on a page: by its layout where the reader told one, each line once; else line by line."""
    lines = {block.id: block for block in page.of_kind("LINE") if block.text}
    layout = [block for block in page.blocks.values() if block.kind.startswith(_LAYOUT)]
    inner = {name for block in layout for name in block.ids("CHILD")}
    told = _Told(page)
    found: list[Paragraph] = []
    taken: set[str] = set()
    for block in layout:
        if block.id in inner:
            continue  # it is read where the list is that it stands in
        own = [name for name in _lines_under(page, block) if name in lines and name not in taken]
        own = list(dict.fromkeys(own))
        taken.update(own)
        if own:
            found += told.apart(KINDS.get(block.kind, TEXT), [lines[name] for name in own], block.box)
    rest = [line for name, line in lines.items() if name not in taken]
    # Lines that stand in no part of the layout are each a paragraph of its own.
    for group in [[line] for line in rest] if layout else _close_together(rest):
        found += told.apart(TEXT, group, None)
    return WrittenPage(page.number, tuple(found))


def _lines_under(page: PageBlocks, block: Block) -> Iterator[str]:
    """The ids of the lines in a part of the layout, and in the parts that stand in it."""
    for name in block.ids("CHILD"):
        child = page.blocks.get(name)
        if child is not None and child.kind.startswith(_LAYOUT):
            yield from child.ids("CHILD")  # a list's items: layouts are never deeper than that
        else:
            yield name


class _Told:
    """Which lines the tables and the forms of a page tell already."""

    def __init__(self, page: PageBlocks) -> None:
        tables, keys = page.of_kind("TABLE"), [one for one in page.of_kind("KEY_VALUE_SET") if is_told(page, one)]
        self._has_tables, self._has_pairs = bool(tables), bool(keys)
        cells = [one for table in tables for kind in ("CHILD", "TABLE_TITLE") for one in page.related(table, kind)]
        self._in_tables = {name for cell in cells for name in cell.ids("CHILD")}
        values = [value for key in keys for value in page.related(key, "VALUE")]
        self._in_pairs = {name for one in (*keys, *values) for name in one.ids("CHILD")}

    def apart(self, kind: str, lines: list[Block], box: Box | None) -> Iterator[Paragraph]:
        """The paragraphs that a part of the layout makes: what is told elsewhere stands apart from what is not."""
        if kind == TABLE and self._has_tables:
            inside = [line for line in lines if self._kind(line) == TABLE]
            if inside:
                yield _paragraph(TABLE, inside, box)
            lines, box = [line for line in lines if self._kind(line) != TABLE], None
        for found, group in groupby(lines, key=self._kind):
            run = list(group)
            is_lost = (kind == TABLE and self._has_tables) or (kind == PAIRS and self._has_pairs)
            own = (LIST if len(run) > 1 else TEXT) if is_lost else kind
            yield _paragraph(found or own, run, box if len(run) == len(lines) else None)

    def _kind(self, line: Block) -> str | None:
        if _is_in(line, self._in_tables):
            return TABLE
        return PAIRS if _is_in(line, self._in_pairs) else None


def _is_in(line: Block, words: AnySet[str]) -> bool:
    """Whether all words of a line are among these."""
    own = line.ids("CHILD")
    return bool(own) and all(name in words for name in own)


def _close_together(lines: Iterable[Block]) -> Iterator[list[Block]]:
    """Lines in groups, where nobody told a layout: one begins a new group that is not right below the one before."""
    group: list[Block] = []
    for line in lines:
        if group and not _follows(line.box, group[-1].box):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _follows(box: Box | None, before: Box | None) -> bool:
    if box is None or before is None:
        return False
    gap = box.top - (before.top + before.height)
    overlaps = box.left < before.left + before.width and before.left < box.left + box.width
    return overlaps and -before.height / 2 <= gap <= before.height * 0.8


def _paragraph(kind: str, lines: list[Block], box: Box | None) -> Paragraph:
    made = tuple(Line(line.text, line.box, line.confidence) for line in lines)
    return Paragraph(kind, made, box or around(line.box for line in lines))


def _boxed(box: Box | None) -> dict[str, Any]:
    return {} if box is None else {"box": {side: round(value, 5) for side, value in asdict(box).items()}}


def _box(values: Mapping[str, float] | None) -> Box | None:
    return None if values is None else Box(values["left"], values["top"], values["width"], values["height"])


def _line(values: Mapping[str, Any]) -> Line:
    return Line(values["text"], _box(values.get("box")), values.get("confidence"))


def one_page(page: WrittenPage) -> bytes:
    """A page as it stands in a `document.json`."""
    return json.dumps(page.to_json(), ensure_ascii=False).encode()


def document(pages: Iterable[bytes]) -> Iterator[bytes]:
    """The `document.json` of pages, as `one_page` has made them, a piece at a time."""
    return listed("pages", pages)


def pages_of(stored: bytes) -> Iterator[WrittenPage]:
    """The pages in a `document.json`. Raises LookupError, TypeError or ValueError if it is none."""
    return map(WrittenPage.from_json, json.loads(stored)["pages"])


def passages(stored: bytes) -> Iterator[Passage]:
    """The paragraphs of a `document.json`, each on its page."""
    for page in pages_of(stored):
        for paragraph in page.paragraphs:
            known = [line.confidence for line in paragraph.lines if line.confidence is not None]
            sure = round(sum(known) / len(known), 4) if known else None
            yield Passage(paragraph.text, Page(page.number), paragraph.kind, sure, paragraph.box)
