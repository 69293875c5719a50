"""The tables of a document, as grids. Pure.

They are kept as `tables.json`:

    {"tables": [{"page": 1, "title": "…", "rows": 4, "columns": 3, "box": {…},
                 "cells": [{"row": 1, "column": 1, "row_span": 1, "column_span": 2, "text": "…", "is_header": true}]}]}

with rows and columns from 1; a span of 1, a title that there is not, and what is no header are left out.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from html import escape
from typing import Any, Self

from chalicelib.documents.blocks import Block, PageBlocks
from chalicelib.documents.listing import listed
from chalicelib.domain.tracks import Box, Page, Passage

MOST_ROWS, MOST_COLUMNS = 10_000, 1_000
"""What stands further down or to the right is no part of any table that somebody wrote."""

_NUMBER = re.compile(r"[+-]?[0-9][0-9.,'’ \u00a0\u202f]*%?")
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""What a spreadsheet takes for the beginning of a formula: https://owasp.org/www-community/attacks/CSV_Injection"""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table, at the row and column of its upper left corner, both counted from 1."""

    row: int
    column: int
    text: str
    row_span: int = 1
    column_span: int = 1
    is_header: bool = False

    def places(self) -> Iterator[tuple[int, int]]:
        """The row and column of each place that it takes."""
        for row in range(self.row, self.row + self.row_span):
            for column in range(self.column, self.column + self.column_span):
                yield row, column

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        found: dict[str, Any] = {"row": self.row, "column": self.column, "text": self.text}
        if self.row_span > 1:
            found["row_span"] = self.row_span
        if self.column_span > 1:
            found["column_span"] = self.column_span
        if self.is_header:
            found["is_header"] = True
        return found


@dataclass(frozen=True, slots=True)
class Table:
    """A table: no two of its `cells`, which stand in the order of reading, take the same place."""

    page: int
    cells: tuple[Cell, ...]
    title: str = ""
    box: Box | None = None

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return max((cell.row + cell.row_span - 1 for cell in self.cells), default=0)

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return max((cell.column + cell.column_span - 1 for cell in self.cells), default=0)

    def grid(self) -> Iterator[list[str]]:
        """The text of each place, row by row: that of a cell stands at its upper left corner."""
        columns = self.columns
        by_row: dict[int, list[Cell]] = {}
        for cell in self.cells:
            by_row.setdefault(cell.row, []).append(cell)
        for row in range(1, self.rows + 1):
            texts = [""] * columns
            for cell in by_row.get(row, ()):
                texts[cell.column - 1] = cell.text
            yield texts

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        box = {"box": {side: round(value, 5) for side, value in asdict(self.box).items()}} if self.box else {}
        title = {"title": self.title} if self.title else {}
        size = {"rows": self.rows, "columns": self.columns}
        return {"page": self.page, **title, **size, **box, "cells": [cell.to_json() for cell in self.cells]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The table that `to_json` wrote. Raises LookupError, TypeError or ValueError if it is none."""
        box = values.get("box")
        return cls(
            values["page"],
            tuple(Cell(**cell) for cell in values["cells"]),
            values.get("title", ""),
            Box(**box) if box else None,
        )


def tables_on(page: PageBlocks) -> Iterator[Table]:
    """The tables of a page, in order; those without a cell are none."""
    for block in page.of_kind("TABLE"):
        cells = _apart([*_merged(page, block), *_cells(page, block)])
        if cells:
            title = " ".join(filter(None, map(page.text_of, page.related(block, "TABLE_TITLE"))))
            yield Table(page.number, tuple(cells), title, block.box)


def _cells(page: PageBlocks, table: Block) -> Iterator[Cell]:
    for block in page.related(table):
        if block.kind == "CELL" and (cell := _cell(block, page.text_of(block))):
            yield cell


def _merged(page: PageBlocks, table: Block) -> Iterator[Cell]:
    """Cells that are made of several: what stands in them is said in these."""
    for block in page.related(table, "MERGED_CELL"):
        inside = page.related(block)
        text = " ".join(filter(None, map(page.text_of, inside)))
        if cell := _cell(block, text):
            # Textract marks the cells inside as headers, and not always the one that they make.
            yield replace(cell, is_header=cell.is_header or any(_is_header(one) for one in inside))


def _cell(block: Block, text: str) -> Cell | None:
    if not (1 <= block.row <= MOST_ROWS and 1 <= block.column <= MOST_COLUMNS):
        return None
    rows = min(max(block.row_span, 1), MOST_ROWS - block.row + 1)
    columns = min(max(block.column_span, 1), MOST_COLUMNS - block.column + 1)
    return Cell(block.row, block.column, text, rows, columns, _is_header(block))


def _is_header(block: Block) -> bool:
    return "COLUMN_HEADER" in block.entities


_MOST_PLACES = 200_000
"""Of a table. One that says it has more is taken without the spans of its cells."""


def _apart(cells: list[Cell]) -> list[Cell]:
    """The cells in the order of reading, none over another.

    A merged cell comes first in `cells`, and takes the place of those that it is made of. Of others that would stand
    over one another the first stays, and has the text of the later ones too.
    """
    if sum(cell.row_span * cell.column_span for cell in cells) > _MOST_PLACES:
        cells = [replace(cell, row_span=1, column_span=1) for cell in cells]
    owner: dict[tuple[int, int], int] = {}
    kept: list[Cell] = []
    for cell in cells:
        under = {owner[place] for place in cell.places() if place in owner}
        if not under:
            owner.update(dict.fromkeys(cell.places(), len(kept)))
            kept.append(cell)
            continue
        first = min(under)
        if cell.text and cell.text not in kept[first].text:
            kept[first] = replace(kept[first], text=f"{kept[first].text} {cell.text}".strip())
    return sorted(kept, key=lambda cell: (cell.row, cell.column))


def document(tables: Iterable[Table]) -> Iterator[bytes]:
    """The `tables.json` of tables, a piece at a time."""
    return listed("tables", (json.dumps(table.to_json(), ensure_ascii=False).encode() for table in tables))


def tables_of(stored: bytes) -> Iterator[Table]:
    """The tables in a `tables.json`. Raises LookupError, TypeError or ValueError if it is none."""
    return map(Table.from_json, json.loads(stored)["tables"])


def passages(stored: bytes) -> Iterator[Passage]:
    """A passage for each row of each table, on its page."""
    for table in tables_of(stored):
        for texts in table.grid():
            if any(texts):
                yield Passage(" | ".join(texts), Page(table.page), table.title or None)


def as_csv(tables: Iterable[Table]) -> Iterator[bytes]:
    """All tables in one file for spreadsheets, an empty line between two; UTF-8 with the mark that Excel goes by."""
    yield b"\xef\xbb\xbf"
    for number, table in enumerate(tables):
        text = io.StringIO()
        writer = csv.writer(text)
        if number:
            writer.writerow([])
        if table.title:
            writer.writerow([harmless(table.title)])
        writer.writerows([harmless(text) for text in texts] for texts in table.grid())
        yield text.getvalue().encode()


def harmless(text: str) -> str:
    """`text` as a spreadsheet may have it: an apostrophe stands before what it would take for a formula.

    Numbers are none, also below zero. What comes before the first sign that is seen does not count.
    """
    shown = text.lstrip()
    if text[:1] in {"\t", "\r", "\n"} or (shown.startswith(_FORMULA) and not _NUMBER.fullmatch(shown)):
        return f"'{text}"
    return text


_STYLE = (
    "body{font-family:sans-serif;margin:2rem}table{border-collapse:collapse;margin:0 0 2rem}"
    "caption{text-align:start;font-weight:bold;padding:.3rem 0}th,td{border:1px solid #888;padding:.2rem .5rem;"
    "text-align:start;vertical-align:top}"
)


def as_html(tables: Iterable[Table]) -> Iterator[bytes]:
    """All tables as a page of HTML, a piece at a time. Nothing in a cell is markup."""
    yield (
        '<!doctype html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>Tables</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
    ).encode()
    for table in tables:
        yield f"{_html(table)}\n".encode()
    yield b"</body>\n</html>\n"


def _html(table: Table) -> str:
    by_row: dict[int, list[Cell]] = {}
    for cell in table.cells:
        by_row.setdefault(cell.row, []).append(cell)
    rows = [f"<tr>{''.join(map(_cell_html, by_row.get(row, ())))}</tr>" for row in range(1, table.rows + 1)]
    caption = f"<caption>{escape(table.title)}</caption>\n" if table.title else ""
    return f'<table data-page="{table.page}">\n{caption}{chr(10).join(rows)}\n</table>'


def _cell_html(cell: Cell) -> str:
    name = "th" if cell.is_header else "td"
    scope = ' scope="col"' if cell.is_header else ""
    rows = f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
    columns = f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
    return f"<{name}{scope}{rows}{columns}>{escape(cell.text)}</{name}>"
