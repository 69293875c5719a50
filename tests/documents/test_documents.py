"""Text, tables and forms from Textract's blocks: nothing twice, nothing lost, and nothing believed."""

import csv
import io
import json
import math
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.documents import pages, pairs, tables
from chalicelib.documents.blocks import NOT_SELECTED, SELECTED, count_of, header, read
from chalicelib.domain.tracks import Page
from tests.documents.textract import Raw, block, line, lines, loaded, page_of, relate

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)


# ---- text


def test_text_is_read_in_the_order_of_the_layout() -> None:
    blocks = [
        *line("l1", "Second column"),
        *line("l2", "First column,"),
        *line("l3", "going on"),
        *line("l4", "Heading"),
        block("LAYOUT_TITLE", "t", children=["l4"]),
        block("LAYOUT_TEXT", "a", children=["l2", "l3"]),
        block("LAYOUT_TEXT", "b", children=["l1"]),
    ]
    written = pages.written_on(page_of(blocks))
    assert [(one.kind, one.text) for one in written.paragraphs] == [
        ("title", "Heading"),
        ("text", "First column, going on"),
        ("text", "Second column"),
    ]


def test_what_stands_in_a_list_is_read_once() -> None:
    blocks = [
        *line("l1", "one"),
        *line("l2", "two"),
        block("LAYOUT_TEXT", "i1", children=["l1"]),
        block("LAYOUT_TEXT", "i2", children=["l2"]),
        block("LAYOUT_LIST", "list", children=["i1", "i2"]),
    ]
    (paragraph,) = pages.written_on(page_of(blocks)).paragraphs
    assert (paragraph.kind, paragraph.text) == ("list", "one\ntwo")


def test_without_a_layout_lines_below_one_another_are_a_paragraph() -> None:
    def at(top: float) -> dict[str, Any]:
        return {"BoundingBox": {"Left": 0.1, "Top": top, "Width": 0.5, "Height": 0.02}}

    blocks = [
        *line("l1", "one", Geometry=at(0.1)),
        *line("l2", "two", Geometry=at(0.125)),
        *line("l3", "three", Geometry=at(0.3)),
    ]
    assert [one.text for one in pages.written_on(page_of(blocks)).paragraphs] == ["one two", "three"]


def test_lines_of_chinese_are_joined_without_a_space() -> None:
    blocks = [*line("l1", "港口办公室"), *line("l2", "统计船只"), block("LAYOUT_TEXT", "t", children=["l1", "l2"])]
    assert pages.written_on(page_of(blocks)).text == "港口办公室统计船只"


@st.composite
def layouts(draw: st.DrawFn) -> list[Raw]:
    """Lines, and parts of a layout that name some of them, some twice, some that there are not, and one another."""
    count = draw(st.integers(0, 8))
    names = [f"l{number}" for number in range(count)]
    parts = [f"p{number}" for number in range(draw(st.integers(0, 5)))]
    blocks = [one for name in names for one in line(name, f"text-of-{name}")]
    for part in parts:
        children = draw(st.lists(st.sampled_from([*names, *parts, "nobody"]), max_size=6))
        kind = draw(st.sampled_from([*pages.KINDS, "LAYOUT_NEW"]))
        blocks.append(block(kind, part, children=children))
    return blocks


@given(layouts())
def test_each_line_that_is_named_plainly_is_read_once(blocks: list[Raw]) -> None:
    found = [page for page in read(lines(blocks)) for page in [pages.written_on(page)]]
    read_lines = Counter(one.text for page in found for paragraph in page.paragraphs for one in paragraph.lines)
    wanted = {one["Text"] for one in blocks if one["BlockType"] == "LINE"}
    assert set(read_lines) == wanted
    assert all(times == 1 for times in read_lines.values())


@given(st.lists(st.lists(TEXT, max_size=4), max_size=4))
def test_what_is_stored_is_read_again(texts: list[list[str]]) -> None:
    made = [
        pages.WrittenPage(
            number, tuple(pages.Paragraph("text", (pages.Line(text, None, 0.5), pages.Line("x"))) for text in found)
        )
        for number, found in enumerate(texts, 1)
    ]
    stored = b"".join(pages.document(map(pages.one_page, made)))
    assert list(pages.pages_of(stored)) == made
    for passage, paragraph in zip(pages.passages(stored), [p for page in made for p in page.paragraphs], strict=True):
        assert passage.text == paragraph.text
        assert isinstance(passage.place, Page)


# ---- hostile


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    "BlockType",
    "Id",
    "Page",
    "Text",
    "Confidence",
    "Geometry",
    "Relationships",
    "RowIndex",
    "ColumnIndex",
    "RowSpan",
    "ColumnSpan",
    "EntityTypes",
    "SelectionStatus",
]
KINDS = [*pages.KINDS, "LINE", "WORD", "TABLE", "CELL", "MERGED_CELL", "KEY_VALUE_SET", "SELECTION_ELEMENT", "PAGE"]
NAMES = st.sampled_from(["a", "b", "c", "d"])
RELATED = st.lists(
    st.fixed_dictionaries(
        {
            "Type": st.sampled_from(["CHILD", "VALUE", "MERGED_CELL", "TABLE_TITLE"]),
            "Ids": st.lists(NAMES, max_size=4),
        }
    ),
    max_size=3,
)
WILD = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=8)
HALF_WILD = st.builds(
    lambda wild, kind, name, related, row, column: {
        **wild,
        "BlockType": kind,
        "Id": name,
        "Relationships": related,
        "RowIndex": row,
        "ColumnIndex": column,
    },
    WILD,
    st.sampled_from(KINDS),
    NAMES,
    RELATED,
    st.integers(-1, 10**12),
    st.integers(-1, 10**12),
)


@given(st.lists(st.one_of(WILD, HALF_WILD), max_size=12), st.binary(max_size=30))
def test_nothing_that_a_file_says_breaks_the_reading(blocks: list[Raw], torn: bytes) -> None:
    given_lines = [header(1), *(json.dumps(one).encode() for one in blocks), torn]
    for page in read(given_lines):
        pages.one_page(pages.written_on(page))
        found = list(tables.tables_on(page))
        stored = b"".join(tables.document(found))
        assert list(tables.tables_of(stored)) == found
        b"".join([*tables.as_csv(found), *tables.as_html(found)])
        named = list(pairs.pairs_on(page))
        assert [one.key for one in pairs.pairs_of(b"".join(pairs.document(named)))] == [one.key for one in named]


def test_deep_json_is_no_block() -> None:
    assert list(read([b"[" * 100_000])) == []
    assert count_of([b"[" * 100_000]) is None
    assert count_of([header(12)]) == 12
    assert count_of([]) is None


# ---- tables


def cell(name: str, row: int, column: int, text: str = "", **more: Any) -> list[Raw]:
    words = line(f"{name}-l", text)[1:]
    children = [word["Id"] for word in words]
    return [block("CELL", name, children=children, RowIndex=row, ColumnIndex=column, **more), *words]


def test_a_table_with_a_header_a_title_and_a_merged_cell() -> None:
    table = block("TABLE", "t", children=["a", "b", "c", "d", "e", "f"])
    relate(table, "MERGED_CELL", "m")
    relate(table, "TABLE_TITLE", "title")
    merged = block("MERGED_CELL", "m", children=["e", "f"], RowIndex=3, ColumnIndex=1, RowSpan=1, ColumnSpan=2)
    blocks = [
        table,
        *cell("a", 1, 1, "Ship", EntityTypes=["COLUMN_HEADER"]),
        *cell("b", 1, 2, "Tons", EntityTypes=["COLUMN_HEADER"]),
        *cell("c", 2, 1, "Aurora & co"),
        *cell("d", 2, 2, "-1,200"),
        *cell("e", 3, 1, "nothing"),
        *cell("f", 3, 2, "more"),
        merged,
        block("TABLE_TITLE", "title", children=["tw"]),
        block("WORD", "tw", Text="<Ships>"),
    ]
    (found,) = tables.tables_on(page_of(blocks))
    assert (found.title, found.rows, found.columns) == ("<Ships>", 3, 2)
    assert list(found.grid()) == [["Ship", "Tons"], ["Aurora & co", "-1,200"], ["nothing more", ""]]
    assert [one.is_header for one in found.cells] == [True, True, False, False, False]
    html = b"".join(tables.as_html([found])).decode()
    assert "<caption>&lt;Ships&gt;</caption>" in html
    assert '<th scope="col">Ship</th>' in html
    assert '<td colspan="2">nothing more</td>' in html
    text = b"".join(tables.as_csv([found])).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text)))[2] == ["Aurora & co", "-1,200"]
    assert [one.text for one in tables.passages(b"".join(tables.document([found])))][1] == "Aurora & co | -1,200"


def test_a_ticked_box_is_a_cell_too() -> None:
    blocks = [
        block("TABLE", "t", children=["a"]),
        block("CELL", "a", children=["s", "w"], RowIndex=1, ColumnIndex=1),
        block("SELECTION_ELEMENT", "s", SelectionStatus="SELECTED"),
        block("WORD", "w", Text="yes"),
    ]
    (found,) = tables.tables_on(page_of(blocks))
    assert found.cells[0].text == f"{SELECTED} yes"


@st.composite
def grids(draw: st.DrawFn) -> list[Raw]:
    """A table of any cells: over one another, spanning far, far away."""
    names = [f"c{number}" for number in range(draw(st.integers(1, 10)))]
    blocks = [block("TABLE", "t", children=names)]
    for name in names:
        row, column = draw(st.integers(1, 6)), draw(st.integers(1, 6))
        spans = {
            "RowSpan": draw(st.sampled_from([1, 1, 2, 3, 10**9])),
            "ColumnSpan": draw(st.sampled_from([1, 1, 2, 5, 10**9])),
        }
        blocks += cell(name, row, column, f"w-{name}", **spans)
    return blocks


@given(grids())
def test_no_two_cells_take_one_place_and_no_word_is_lost(blocks: list[Raw]) -> None:
    (found,) = tables.tables_on(page_of(blocks))
    places = [place for one in found.cells for place in one.places()]
    assert len(places) == len(set(places))
    assert len(places) <= tables._MOST_PLACES
    words = [word for one in found.cells for word in one.text.split()]
    assert sorted(words) == sorted(one["Text"] for one in blocks if one["BlockType"] == "WORD")
    assert found.rows <= tables.MOST_ROWS
    assert found.columns <= tables.MOST_COLUMNS


class _Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.tags: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags[tag] += 1
        if tag in {"td", "th"}:
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells and self.lasttag in {"td", "th"}:
            self.cells[-1] += data


@given(st.lists(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"])), min_size=1, max_size=5))
def test_no_text_of_a_cell_is_markup(texts: list[str]) -> None:
    table = tables.Table(1, tuple(tables.Cell(number, 1, text) for number, text in enumerate(texts, 1)), "</caption>")
    reader = _Cells()
    reader.feed(b"".join(tables.as_html([table])).decode())
    assert reader.tags["td"] == len(texts)
    assert set(reader.tags) == {"html", "head", "meta", "title", "style", "body", "table", "caption", "tr", "td"}


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "-", "+a"]
)
def test_no_cell_is_a_formula(text: str) -> None:
    assert tables.harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-5", "+33 1 23 45", "-1,200.50", "-12 %", "12", "", "a=b", "3-4", "−5"])
def test_numbers_stay_numbers(text: str) -> None:
    assert tables.harmless(text) == text


@given(st.lists(st.lists(TEXT, min_size=1, max_size=3), min_size=1, max_size=4))
def test_no_cell_of_any_text_is_a_formula(rows: list[list[str]]) -> None:
    cells = tuple(
        tables.Cell(row, column, text) for row, texts in enumerate(rows, 1) for column, text in enumerate(texts, 1)
    )
    text = b"".join(tables.as_csv([tables.Table(1, cells)])).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(text, newline="")):
        for value in row:
            if value.lstrip()[:1] in set("=+-@") or value[:1] in set("\t\r\n"):
                assert math.isfinite(
                    float(
                        value.strip(" %\u00a0\u202f+-'’.,").translate({ord(c): None for c in " ,'’\u00a0\u202f."}) or 0
                    )
                )


# ---- forms


def test_what_is_filled_in_and_what_is_ticked() -> None:
    blocks = [
        relate(block("KEY_VALUE_SET", "k1", children=["w1"], EntityTypes=["KEY"], Confidence=90.0), "VALUE", "v1"),
        block("KEY_VALUE_SET", "v1", children=["w2", "w3"], EntityTypes=["VALUE"], Confidence=80.0),
        block("WORD", "w1", Text="Name:"),
        block("WORD", "w2", Text="Ada"),
        block("WORD", "w3", Text="Lovelace"),
        relate(block("KEY_VALUE_SET", "k2", children=["w4"], EntityTypes=["KEY"]), "VALUE", "v2"),
        block("KEY_VALUE_SET", "v2", children=["s"], EntityTypes=["VALUE"]),
        block("WORD", "w4", Text="Member"),
        block("SELECTION_ELEMENT", "s", SelectionStatus="NOT_SELECTED"),
    ]
    found = list(pairs.pairs_on(page_of(blocks)))
    assert [(one.key, one.value, one.is_selected, one.confidence) for one in found] == [
        ("Name", "Ada Lovelace", None, 0.8),
        ("Member", NOT_SELECTED, False, None),
    ]
    stored = b"".join(pairs.document(found))
    assert loaded([stored])["pairs"][1]["is_selected"] is False
    assert list(pairs.pairs_of(stored)) == found
    assert [one.text for one in pairs.passages(stored)] == ["Name: Ada Lovelace", "Member: ☐"]


def test_pages_come_one_by_one_and_one_that_stands_apart_comes_again() -> None:
    blocks = [*line("a", "one", 1), *line("b", "two", 2), *line("c", "more of one", 1)]
    found = [(page.number, pages.written_on(page).text) for page in read(lines(blocks, 2))]
    assert found == [(1, "one"), (2, "two"), (1, "more of one")]


def _pair(name: str, key: list[str], value: list[str]) -> list[Raw]:
    named = block("KEY_VALUE_SET", f"{name}k", children=key, EntityTypes=["KEY"])
    return [relate(named, "VALUE", f"{name}v"), block("KEY_VALUE_SET", f"{name}v", children=value)]


def test_a_line_stands_in_a_form_or_in_the_text_and_never_in_both_or_neither() -> None:
    blocks = [
        *line("l1", "Name: Ada"),
        *line("l2", "Passport 12345"),
        *line("l3", "Remarks:"),
        *line("l4", "✔ Pilot"),
        *line("l5", "Please sign."),
        block("LAYOUT_KEY_VALUE", "p1", children=["l1", "l2", "l3"]),
        block("LAYOUT_TEXT", "p2", children=["l4", "l5"]),
        *_pair("a", ["l1.0"], ["l1.1"]),
        *_pair("b", ["l3.0"], []),
        *_pair("c", ["l4.1"], ["l4.0"]),
    ]
    page = page_of(blocks)
    assert [(one.kind, one.text) for one in pages.written_on(page).paragraphs] == [
        ("pairs", "Name: Ada"),
        ("text", "Passport 12345"),
        ("pairs", "Remarks:"),
        ("pairs", "✔ Pilot"),
        ("text", "Please sign."),
    ]
    assert [one.key for one in pairs.pairs_on(page)] == ["Name", "Remarks", "Pilot"]


def test_a_line_beside_the_cells_of_a_table_is_text() -> None:
    blocks = [
        *line("l1", "Ship"),
        *line("l2", "Source: office"),
        block("LAYOUT_TABLE", "p", children=["l1", "l2"]),
        block("TABLE", "t", children=["c"]),
        block("CELL", "c", children=["l1.0"], RowIndex=1, ColumnIndex=1),
    ]
    found = pages.written_on(page_of(blocks)).paragraphs
    assert [(one.kind, one.text) for one in found] == [("table", "Ship"), ("text", "Source: office")]
