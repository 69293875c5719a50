"""Documents read on this machine, with the real models of the pack vision: well-meant ones, and hostile ones."""

import threading
from pathlib import Path
from typing import Any

import pytest

from chalicelib.documents import pages, pairs, tables
from chalicelib.documents.blocks import PageBlocks, read
from chalicelib.documents.tracks import TABLES
from chalicelib.domain import keys
from chalicelib.domain.assets import MediaKind, Options, Status
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.errors import EngineError, EngineFailed
from chalicelib.message import Message
from chalicelib.seams.documents import DocumentJob
from local.engines import _arranged, documents
from local.engines._arranged import reading_order
from local.engines._pdf import Word
from local.engines._subprocess import Limits, ask
from local.runtime import Runtime
from samples.make_document import DOCUMENT, document
from tests.documents import hostile

LIMITS = Limits()


def found_in(path: Path, limits: Limits = LIMITS, **more: Any) -> tuple[list[PageBlocks], list[Message]]:
    notes: list[Message] = []
    request = {"path": str(path), "threads": 1, **more}
    rows = ask(documents._WORKER, request, limits, faults=documents._FAULTS)
    return list(read(documents._lines(rows, notes))), notes


def of(body: bytes, folder: Path) -> Path:
    path = folder / "document"
    path.write_bytes(body)
    return path


FORM = {
    "Name": "Ada Lovelace",
    "Ship": "Aurora",
    "Date of arrival": "14 June 2026",
    "Home port": "Brest",
    "Crew": "17",
    "Needs a pilot": "☑",
    "Carries dangerous goods": "☐",
}
TABLE = [
    ["Ship", "Port", "Tons", "Change"],
    ["Aurora", "Brest", "1,200", "+4 %"],
    ["Belle", "Genoa", "950", "-12 %"],
    ["Clara", "Busan", "2,310", "+31 %"],
    ["Dora", "Porto", "775", "0 %"],
]


def test_the_sample_is_read_as_it_is_written() -> None:
    (first, second), notes = found_in(DOCUMENT)
    written = pages.written_on(first)
    assert [one.kind for one in written.paragraphs] == ["heading", "text", "text", "heading", "table", "footer"]
    assert written.paragraphs[1].text.startswith("The harbour office of Brightwater counts the ships that come and go.")
    (table,) = tables.tables_on(first)
    assert list(table.grid()) == TABLE
    assert [cell.is_header for cell in table.cells] == [True] * 4 + [False] * 16
    assert {one.key: one.value for one in pairs.pairs_on(second)} == FORM
    beside = [one.text for one in pages.written_on(second).paragraphs if one.kind != "pairs"]
    assert beside == ["Notice of arrival", "Please bring this notice to the office before noon.", "2"]
    assert list(tables.tables_on(second)) == []
    assert notes == []


def test_what_is_filled_into_an_interactive_form_is_read(tmp_path: Path) -> None:
    (page,), _ = found_in(of(hostile.filled_in(), tmp_path))
    assert [(one.key, one.value) for one in pairs.pairs_on(page)] == [("Name", "Grace Hopper")]


def test_its_picture_is_read_too(tmp_path: Path) -> None:
    import pypdfium2

    drawn = [page.render(scale=150 / 72).to_pil().convert("RGB") for page in pypdfium2.PdfDocument(DOCUMENT)]
    path = tmp_path / "document.tiff"
    drawn[0].save(path, save_all=True, append_images=drawn[1:], compression="tiff_deflate")
    (first, second), _ = found_in(path)
    (table,) = tables.tables_on(first)
    assert list(table.grid()) == TABLE
    assert "nobody has waited for a berth since June" in pages.written_on(first).text
    values = {one.key: one.value for one in pairs.pairs_on(second)}
    assert values == {name: value for name, value in FORM.items() if name in values}
    assert len(values) >= 5


def test_the_sample_is_what_its_script_makes() -> None:
    from samples import make_document

    assert DOCUMENT.read_bytes() == document([make_document._first_page(), make_document._second_page()])


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (hostile.locked, "document-locked-here"),
        (lambda: hostile.of_pages(3001), "document-too-long"),
        (hostile.circular, "document-damaged-here"),
        (lambda: b"%PDF-1.7\n", "document-damaged-here"),
        (lambda: b"%PDF-1.7\n" + bytes(range(256)) * 50, "document-damaged-here"),
        (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "work-unreadable"),
        (lambda: b"", "work-unreadable"),
        (lambda: b"II*\0\xff\xff\xff\xff", "work-unreadable"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(made: Any, code: str, tmp_path: Path) -> None:
    with pytest.raises(EngineFailed) as caught:
        found_in(of(made(), tmp_path))
    assert caught.value.code == code


def test_a_document_that_was_cut_off_is_refused_or_read_as_far_as_it_goes(tmp_path: Path) -> None:
    try:
        found, _ = found_in(of(hostile.cut_off(), tmp_path))
    except EngineFailed as exc:
        assert exc.code == "document-damaged-here"
    else:
        assert found


def test_a_program_in_a_document_is_told_and_not_run(tmp_path: Path) -> None:
    found, notes = found_in(of(hostile.scripted(), tmp_path))
    assert [note.code for note in notes] == ["document-scripted"]
    assert len(found) == 1


@pytest.mark.parametrize("made", [hostile.bomb, hostile.huge_picture, hostile.huge_page])
def test_what_is_packed_to_burst_costs_itself_alone(made: Any, tmp_path: Path) -> None:
    try:
        found, _ = found_in(of(made(), tmp_path), Limits(memory=3 * 1024**3, seconds=60))
    except EngineFailed as exc:
        assert exc.code in {"work-memory", "document-damaged-here", "work-too-slow", "work-pixels"}
    else:
        assert len(found) == 1


def test_a_picture_with_too_many_pixels_is_refused(tmp_path: Path) -> None:
    from PIL import Image

    path = tmp_path / "huge.png"
    Image.new("1", (20_000, 20_000)).save(path)
    with pytest.raises(EngineFailed) as caught:
        found_in(path)
    assert caught.value.code == "work-pixels"


def test_work_that_is_called_off_stops() -> None:
    cancelled = threading.Event()
    cancelled.set()
    request = {"path": str(DOCUMENT), "threads": 1}
    with pytest.raises(EngineError, match="cancelled"):
        list(ask(documents._WORKER, request, Limits(), cancelled, faults=documents._FAULTS))


def test_what_has_too_many_pages_is_not_begun() -> None:
    job = DocumentJob("o.a.v1.blocks", S3Object("u", "k"), MediaInfo("pdf", 0.0, pages=3001), S3Object("o", "k"))
    with pytest.raises(EngineFailed) as caught:
        documents.create(None).start(job)
    assert caught.value.code == "document-too-long"


def test_without_the_pack_a_picture_is_refused_and_what_brings_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_PACKAGES", ("no_such_package",))
    job = DocumentJob("o.a.v1.blocks", S3Object("u", "k"), MediaInfo("tiff", 0.0, pages=1), S3Object("o", "k"))
    with pytest.raises(EngineFailed, match="make serve PACKS=vision"):
        documents.create(None).start(job)


def test_without_the_pack_the_text_of_a_file_is_read_all_the_same() -> None:
    (first, second), _ = found_in(DOCUMENT, can_see=False)
    assert "nobody has waited for a berth since June" in pages.written_on(first).text
    assert list(tables.tables_on(first)) == []
    assert {one.key: one.value for one in pairs.pairs_on(second)} == FORM


def test_a_document_goes_its_whole_way(monkeypatch: pytest.MonkeyPatch) -> None:
    with Runtime() as runtime:
        asset = runtime.upload(DOCUMENT, "owner-1", Options(email="owner@rapporteur.example"))
        runtime.run()
        services = runtime.services
        ended = services.store.get(asset.ref)
        assert ended is not None
        assert (ended.status, ended.kind) == (Status.COMPLETED, MediaKind.DOCUMENT)
        assert {ended.branches[name].status.value for name in ("document", "language")} == {"done"}
        assert ended.language == "en"
        csv = services.outputs.read_text(TABLES.key(ended, "csv"))
        assert csv is not None
        assert "Belle,Genoa,950,-12 %\r\n" in csv, "numbers stay numbers"
        assert b"Aurora" in (services.outputs.read(TABLES.key(ended, "html")) or b"")
        assert len(runtime.mail_about(keys.job_name(ended.run, keys.Task.REPORT))) == 1


# ---- what belongs together


def test_a_title_over_two_columns_is_read_first_and_then_each_column() -> None:
    title, left_top, left_low, right = (
        (0.1, 0.05, 0.8, 0.05),
        (0.1, 0.2, 0.35, 0.1),
        (0.1, 0.4, 0.35, 0.1),
        (
            0.55,
            0.2,
            0.35,
            0.3,
        ),
    )
    assert reading_order([right, left_low, title, left_top]) == [2, 3, 1, 0]


def test_columns_whose_paragraphs_are_level_are_read_down() -> None:
    boxes = [(0.1, 0.1, 0.35, 0.1), (0.55, 0.1, 0.35, 0.1), (0.1, 0.3, 0.35, 0.1), (0.55, 0.3, 0.35, 0.1)]
    assert reading_order(boxes) == [0, 2, 1, 3]


def words(text: str, left: float, top: float) -> list[Word]:
    return [Word(one, (left + 0.1 * at, top, 0.09, 0.02)) for at, one in enumerate(text.split())]


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ([words("Name: Ada Lovelace", 0.1, 0.1)], [("Name:", "Ada Lovelace")]),
        ([words("Name:", 0.1, 0.1), words("Ada", 0.4, 0.101)], [("Name:", "Ada")]),
        ([words("Name:", 0.1, 0.1), words("Ada", 0.1, 0.13)], [("Name:", "Ada")]),
        ([words("Name:", 0.1, 0.1), words("Ship:", 0.1, 0.13)], [("Name:", ""), ("Ship:", "")]),
        ([words("See https://example.org for more", 0.1, 0.1)], []),
        ([words("At 12:30 we left", 0.1, 0.1)], []),
        ([words("[x] Member", 0.1, 0.1)], [("Member", "[x]")]),
        ([words("Nom : Ada Lovelace", 0.1, 0.1)], [("Nom :", "Ada Lovelace")]),
        ([words("Le port dit : la grue est en panne.", 0.1, 0.1)], []),
        ([words("He said: " + "word " * 20, 0.1, 0.1)], []),
    ],
)
def test_names_and_what_is_filled_in(lines: list[list[Word]], wanted: list[tuple[str, str]]) -> None:
    def text(found: tuple[Word, ...]) -> str:
        return " ".join(word.text for word in found)

    assert [(text(one.key), text(one.value)) for one in _arranged.filled(lines)] == wanted
