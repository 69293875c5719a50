"""Long documents: their blocks must be read in a time that grows with their pages, and no faster.

`python -m benchmarks.documents PAGES` reads one in a process of its own, and prints seconds and bytes.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from benchmarks.measure import WORK, Figure, begin_peak_memory, clock, own_peak_memory, run
from chalicelib.documents import pages, pairs, tables
from chalicelib.documents.blocks import header, read, written
from chalicelib.documents.pairs import Pair
from chalicelib.documents.tables import Table

GROWTH_LIMIT = 4 * 1.3
"""How many times longer a document of four times the pages may take."""

MEMORY_LIMIT = 900
"""Megabytes that the longest may take: a function has a thousand."""

_PAGES = (250, 500, 1_000)
_QUICK_PAGES = (5, 10, 20)
_ROUNDS = 3
_LINES, _WORDS = 45, 11  # of a page
_ROWS, _COLUMNS = 12, 4  # of the table on each


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    times = []
    for count in _QUICK_PAGES if quick else _PAGES:
        answers = [json.loads(run([sys.executable, "-m", "benchmarks.documents", str(count)])) for _ in range(_ROUNDS)]
        best = min(answer["seconds"] for answer in answers)
        memory = max(answer["bytes"] for answer in answers) / 1e6
        times.append(best)
        note = f"{answers[0]['blocks']} blocks, {answers[0]['size'] / 1e6:.1f} MB of lines"
        yield Figure(f"{count} pages: text, tables and forms of their blocks", best, "s", note=note)
        yield Figure(f"{count} pages, memory for that at its peak", memory, "MB", MEMORY_LIMIT)
    yield Figure("four times the pages, time", times[-1] / times[0], "×", GROWTH_LIMIT)


def _blocks(number: int) -> Iterator[dict[str, Any]]:
    """A page as Textract gives it: lines of words, a table, a form, and what is where."""

    def block(kind: str, name: str, children: list[str], **more: Any) -> dict[str, Any]:  # noqa: ANN401
        box = {"Left": 0.1234567, "Top": 0.2345678, "Width": 0.3456789, "Height": 0.0123456}
        related = [{"Type": "CHILD", "Ids": children}] if children else []
        name = f"{number}-{name}"
        found = {"BlockType": kind, "Id": name, "Page": number, "Geometry": {"BoundingBox": box}, **more}
        return found | ({"Relationships": related} if related else {})

    def words(name: str) -> list[str]:
        return [f"{number}-{name}-{word}" for word in range(_WORDS)]

    for line in range(_LINES):
        text = " ".join(f"word{line}x{word}" for word in range(_WORDS))
        yield block("LINE", f"l{line}", words(f"l{line}"), Text=text, Confidence=99.0)
        for word in range(_WORDS):
            yield block("WORD", f"l{line}-{word}", [], Text=f"word{line}x{word}", Confidence=99.0)
    cells = [f"{number}-c{row}x{column}" for row in range(_ROWS) for column in range(_COLUMNS)]
    yield block("TABLE", "t", cells)
    for row in range(_ROWS):
        for column in range(_COLUMNS):
            place = {"RowIndex": row + 1, "ColumnIndex": column + 1}
            yield block("CELL", f"c{row}x{column}", words(f"l{row}")[column : column + 2], **place)
    for line in range(0, _LINES, 5):
        key = block("KEY_VALUE_SET", f"k{line}", words(f"l{line}")[:2], EntityTypes=["KEY"])
        key["Relationships"].append({"Type": "VALUE", "Ids": [f"{number}-v{line}"]})
        yield key
        yield block("KEY_VALUE_SET", f"v{line}", words(f"l{line}")[2:], EntityTypes=["VALUE"])
        yield block("LAYOUT_TEXT", f"p{line}", [f"{number}-l{one}" for one in range(line, line + 5)])


def read_pages(count: int) -> dict[str, float]:
    """Read a document of so many pages as the document branch does, from a file of its lines."""
    path = WORK / f"document-{count}.jsonl"
    if not path.exists():
        with path.open("wb") as file:
            file.write(header(count))
            for number in range(1, count + 1):
                file.writelines(written(_blocks(number)))
    begin_peak_memory()
    before = own_peak_memory()
    with clock() as watch, path.open("rb") as lines:
        texts: list[bytes] = []
        found_tables: list[Table] = []
        found_pairs: list[Pair] = []
        blocks = 0
        for page in read(lines):
            blocks += len(page.blocks)
            texts.append(pages.one_page(pages.written_on(page)))
            found_tables += tables.tables_on(page)
            found_pairs += pairs.pairs_on(page)
        made = [b"".join(pages.document(texts)), b"".join(pairs.document(found_pairs))]
        made += [b"".join(write(found_tables)) for write in (tables.document, tables.as_csv, tables.as_html)]
    memory = own_peak_memory() - before
    return {"seconds": watch.seconds, "bytes": memory, "blocks": blocks, "size": path.stat().st_size}


if __name__ == "__main__":
    print(json.dumps(read_pages(int(sys.argv[1]))))
