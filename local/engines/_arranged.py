"""What belongs together on a page: the order of its parts, the words of a table's cells, names and what is filled in.

Pure: values in, values out. All boxes are left, top, width and height, as fractions of the page.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from local.engines._pdf import Box, Line, Word

_COLUMN_GAP = 0.015
_KEY = re.compile(r"(?P<key>[^\W\d_][^:：]{0,40}?)\s?[:：](?!//)\s*(?P<rest>.*)")
_KEY_WORDS, _VALUE_WORDS = 5, 10
_SHORT_KEY, _SHORT_VALUE = 3, 4
"""Words around a colon with a space before it, at most, for them to be no sentence."""

_WIDE = 1.5
"""Of a line's height: a gap in which no space between two words is."""

_SENTENCE_ENDS = (".", "!", "?", "…", ";")
_FAR = 0.45
TICKED, UNTICKED = "☑☒✓✔✗✘", "☐□❏"
_BRACKETS = {"[x]": True, "[X]": True, "[✓]": True, "[]": False, "( )": False, "(x)": True, "(X)": True, "[_]": False}


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a page, as a model sees it: `kind` is its name of Textract's, `score` how sure it is (0 to 1)."""

    kind: str
    box: Box
    score: float


@dataclass(slots=True)
class Part:
    """A part of a page with its lines, in the order of reading."""

    kind: str
    box: Box
    score: float
    lines: list[int] = field(default_factory=list)


def centre(box: Box) -> tuple[float, float]:
    """The middle of a box."""
    return box[0] + box[2] / 2, box[1] + box[3] / 2


def holds(box: Box, point: tuple[float, float]) -> bool:
    """Whether a point is in a box."""
    return box[0] <= point[0] <= box[0] + box[2] and box[1] <= point[1] <= box[1] + box[3]


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds them all."""
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top


def parts(lines: Sequence[Line], regions: Sequence[Region], in_order: bool) -> list[Part]:
    """The parts of a page: each line in the likeliest region that holds its middle, or by itself in one of text.

    `in_order` says that the lines come as they are read; else the parts are put into an order column by column.
    """
    boxes = [around([word.box for word in line]) for line in lines]
    made = [Part(region.kind, region.box, region.score) for region in regions]
    alone: list[Part] = []
    for number, box in enumerate(boxes):
        holding = [part for part in made if holds(part.box, centre(box))]
        if holding:
            # Where a table is seen it is one, however sure another part of the picture is of itself.
            max(holding, key=lambda part: (part.kind == "LAYOUT_TABLE", part.score)).lines.append(number)
        elif alone and _follows(boxes[alone[-1].lines[-1]], box) and alone[-1].lines[-1] == number - 1:
            alone[-1].lines.append(number)
            alone[-1].box = around([alone[-1].box, box])
        else:
            alone.append(Part("LAYOUT_TEXT", box, 1.0, [number]))
    found = [part for part in (*made, *alone) if part.lines or part.kind == "LAYOUT_FIGURE"]
    if in_order:
        return sorted(found, key=lambda part: min(part.lines, default=len(lines)))
    for part in found:
        part.lines = _in_rows(part.lines, boxes)
    return [found[number] for number in reading_order([part.box for part in found])]


def _in_rows(numbers: Sequence[int], boxes: Sequence[Box]) -> list[int]:
    """Boxes of a part in rows from the top down, each from left to right."""
    rows: list[list[int]] = []
    for one in sorted(numbers, key=lambda one: centre(boxes[one])[1]):
        if rows and abs(centre(boxes[one])[1] - centre(boxes[rows[-1][-1]])[1]) < boxes[one][3] / 2:
            rows[-1].append(one)
        else:
            rows.append([one])
    return [one for row in rows for one in sorted(row, key=lambda one: boxes[one][0])]


def _follows(before: Box, box: Box) -> bool:
    gap = box[1] - (before[1] + before[3])
    overlaps = box[0] < before[0] + before[2] and before[0] < box[0] + box[2]
    return overlaps and -before[3] / 2 <= gap <= before[3] * 0.8


def reading_order(boxes: Sequence[Box]) -> list[int]:
    """The numbers of boxes as they are read: from the top down, and column by column where there are columns."""
    return _ordered(list(range(len(boxes))), boxes, len(boxes))


def _ordered(numbers: list[int], boxes: Sequence[Box], depth: int) -> list[int]:
    if len(numbers) < 2 or depth == 0:
        return numbers
    columns = _split(numbers, boxes, 0, _COLUMN_GAP)
    if len(columns) > 1:
        return [one for column in columns for one in _ordered(column, boxes, depth - 1)]
    bands = _split(numbers, boxes, 1, 0.0)
    if len(bands) == 1:
        return sorted(numbers, key=lambda one: (boxes[one][1], boxes[one][0]))
    merged: list[list[int]] = []
    for band in bands:
        # Bands that stand in the same columns are read down each column, not across.
        if merged and _in_columns(merged[-1], boxes) and _in_columns([*merged[-1], *band], boxes):
            merged[-1] = [*merged[-1], *band]
        else:
            merged.append(band)
    if len(merged) == 1:
        merged = bands
    return [one for band in merged for one in _ordered(band, boxes, depth - 1)]


def _in_columns(numbers: list[int], boxes: Sequence[Box]) -> bool:
    return len(_split(numbers, boxes, 0, _COLUMN_GAP)) > 1


def _split(numbers: list[int], boxes: Sequence[Box], axis: int, gap: float) -> list[list[int]]:
    """The boxes in groups between which nothing stands along an axis: 0 from left to right, 1 from the top down."""
    groups: list[list[int]] = []
    end = -1.0
    for one in sorted(numbers, key=lambda one: boxes[one][axis]):
        start, length = boxes[one][axis], boxes[one][axis + 2]
        if groups and start <= end + gap:
            groups[-1].append(one)
        else:
            groups.append([one])
        end = max(end, start + length)
    return groups


# ---- tables


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its first row and column, from 0, how many it spans, its box, and the words in it by their number."""

    row: int
    column: int
    row_span: int
    column_span: int
    box: Box
    words: tuple[int, ...]
    is_header: bool = False


Seen = tuple[tuple[int, int, int, int], Box]
"""A cell as a model sees it: its first and last row, its first and last column, from 0, and its box."""


def cells(seen: Sequence[Seen], words: Sequence[Word], headed_rows: int = 0) -> list[Cell]:
    """The cells that a model has seen, with the words in them.

    A word stands in the row and the column that hold its middle, or in the nearest, as most of their cells have it: one
    cell alone is easily seen too wide. Rows and columns without a word are left out.
    """
    inside: list[list[int]] = [[] for _ in seen]
    straight = _straight(seen)
    for number, word in enumerate(words):
        if seen:
            nearest = min(range(len(seen)), key=lambda index: _distance(straight[index], centre(word.box)))
            inside[nearest].append(number)
    rows = _used((first, last, bool(found)) for ((first, last, _, _), _), found in zip(seen, inside, strict=True))
    columns = _used((first, last, bool(found)) for ((_, _, first, last), _), found in zip(seen, inside, strict=True))
    made = []
    for ((top, bottom, left, right), box), found in zip(seen, inside, strict=True):
        down = [rows[row] for row in range(top, bottom + 1) if row in rows]
        across = [columns[column] for column in range(left, right + 1) if column in columns]
        if down and across:
            in_order = tuple(_in_rows(found, [word.box for word in words]))
            spans = (down[-1] - down[0] + 1, across[-1] - across[0] + 1)
            made.append(Cell(down[0], across[0], *spans, box, in_order, top < headed_rows))
    return made if headed_rows else _headed(made, words)


def _straight(seen: Sequence[Seen]) -> list[Box]:
    """The boxes of cells, put straight: from where their first row and column begin to where their last ones end."""
    left, right = _edges([(place[2], place[3], box[0], box[0] + box[2]) for place, box in seen])
    top, bottom = _edges([(place[0], place[1], box[1], box[1] + box[3]) for place, box in seen])
    found = []
    for (first_row, last_row, first, last), _ in seen:
        x, y = left[first], top[first_row]
        found.append((x, y, max(right[last] - x, 0.0), max(bottom[last_row] - y, 0.0)))
    return found


def _edges(spans: Sequence[tuple[int, int, float, float]]) -> tuple[dict[int, float], dict[int, float]]:
    """Where each row, or column, begins and ends, in the middle of what its cells have."""
    begins: dict[int, list[float]] = {}
    ends: dict[int, list[float]] = {}
    for first, last, begin, end in spans:
        begins.setdefault(first, []).append(begin)
        ends.setdefault(last, []).append(end)
    return ({at: median(found) for at, found in begins.items()}, {at: median(found) for at, found in ends.items()})


def is_form(made: Sequence[Cell], words: Sequence[Word]) -> bool:
    """Whether what looks like a table is a form: in its first column stand names that end in a colon."""
    first = [words[cell.words[-1]].text for cell in made if cell.column == 0 and cell.words]
    return bool(first) and 2 * sum(text.endswith((":", "：")) for text in first) >= len(first)


def _used(spans: Iterable[tuple[int, int, bool]]) -> dict[int, int]:
    """Which rows (or columns) hold something, by their old number with their new one."""
    found: set[int] = set()
    for first, last, is_used in spans:
        if is_used:
            found.update(range(first, last + 1))
    return {old: new for new, old in enumerate(sorted(found))}


def _headed(made: list[Cell], words: Sequence[Word]) -> list[Cell]:
    """The first row is a header if it has no figures in it, and others have."""
    has_figures = [(cell.row, any(re.search(r"\d", words[one].text) for one in cell.words)) for cell in made]
    is_header = any(found for row, found in has_figures if row) and not any(
        found for row, found in has_figures if not row
    )
    return [
        Cell(one.row, one.column, one.row_span, one.column_span, one.box, one.words, is_header and one.row == 0)
        for one in made
    ]


def _distance(box: Box, point: tuple[float, float]) -> float:
    across = max(box[0] - point[0], 0.0, point[0] - (box[0] + box[2]))
    down = max(box[1] - point[1], 0.0, point[1] - (box[1] + box[3]))
    return across * across + down * down


# ---- forms


@dataclass(frozen=True, slots=True)
class Filled:
    """A name and what is filled in: words, or whether a box is ticked."""

    key: tuple[Word, ...]
    value: tuple[Word, ...]
    is_ticked: bool | None = None


def filled(lines: Sequence[Line]) -> list[Filled]:
    """What is filled in behind, or right of, or below names that end in a colon; and the boxes that can be ticked."""
    boxes = [around([word.box for word in line]) for line in lines]
    names = [_name(line) for line in lines]
    taken: set[int] = set()
    found = []
    for number, line in enumerate(lines):
        if number in taken:
            continue
        ticked = is_ticked(line[0].text) if line else None
        if ticked is not None:
            label = tuple(line[1:]) or _beside(number, lines, boxes, names, taken)
            if label:
                found.append(Filled(label, (line[0],), ticked))
            continue
        name = names[number]
        if name is None:
            continue
        key, rest = name
        value = rest or _beside(number, lines, boxes, names, taken)
        if value and len(value) == 1 and (ticked := is_ticked(value[0].text)) is not None:
            found.append(Filled(key, value, ticked))
        else:
            found.append(Filled(key, value))
    return found


def is_ticked(text: str) -> bool | None:
    """Whether a sign is a ticked box; None if it is no such box."""
    if len(text) == 1 and text in TICKED + UNTICKED:
        return text in TICKED
    return _BRACKETS.get(text)


def _name(line: Line) -> tuple[tuple[Word, ...], tuple[Word, ...]] | None:
    """The words of a name in a line, and of what stands behind it there."""
    match = _KEY.fullmatch(" ".join(word.text for word in line))
    if match is None or len(match["rest"].split()) > _VALUE_WORDS:
        return None
    count = next((at for at, word in enumerate(line, 1) if word.text.endswith((":", "："))), 0)
    if not 1 <= count <= _KEY_WORDS:
        return None
    key, value = line[:count], line[count:]
    if line[count - 1].text in {":", "："} and value and not _is_form_like(key, value):
        return None
    return tuple(key), tuple(value)


def _is_form_like(key: Line, value: Line) -> bool:
    """Whether a colon with a space before it, which French has in any sentence, stands behind a name in a form."""
    colon, first = key[-1].box, value[0].box
    if first[0] - (colon[0] + colon[2]) > _WIDE * colon[3]:
        return True
    is_sentence = value[-1].text.endswith(_SENTENCE_ENDS) or not (
        value[0].text[:1].isupper() or value[0].text[:1].isdigit()
    )
    return key[0].text[:1].isupper() and len(key) - 1 <= _SHORT_KEY and len(value) <= _SHORT_VALUE and not is_sentence


def _beside(
    number: int, lines: Sequence[Line], boxes: Sequence[Box], names: Sequence[object], taken: set[int]
) -> tuple[Word, ...]:
    """The line that is filled in right of a name, or else below it; each is taken once."""
    box = boxes[number]
    right = [
        (boxes[other][0], other)
        for other in range(len(lines))
        if other != number
        and names[other] is None
        and other not in taken
        and 0 <= boxes[other][0] - (box[0] + box[2]) < _FAR
        and abs(centre(boxes[other])[1] - centre(box)[1]) < box[3] * 0.6
    ]
    below = [
        (boxes[other][1], other)
        for other in range(len(lines))
        if other != number
        and names[other] is None
        and other not in taken
        and 0 <= boxes[other][1] - (box[1] + box[3]) < box[3] * 0.8
        and abs(boxes[other][0] - box[0]) < 0.02
    ]
    nearest = min(right or below, default=None)
    if nearest is None:
        return ()
    taken.add(nearest[1])
    return tuple(lines[nearest[1]])
