"""A document's life: read, made into tracks, looked through like a transcript, with pages for seconds."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.documents.tracks import DOCUMENT, PAIRS, TABLES
from chalicelib.domain.assets import Asset, BranchStatus, MediaKind, Status
from chalicelib.domain.media import MediaInfo
from chalicelib.domain.tracks import Page
from chalicelib.message import Message
from chalicelib.pipeline import tracks
from chalicelib.pipeline.text import as_said, stored_text, tells_its_language
from chalicelib.speech.tracks import ANALYSIS, SUMMARY
from tests.documents.textract import Raw, block, line, page_of, relate
from tests.harness.fakes import UNREAD_LANGUAGE
from tests.harness.service import READER, Service, running_service


def cell(name: str, row: int, column: int, text: str) -> list[Raw]:
    return [
        block("CELL", name, 2, [f"{name}w"], RowIndex=row, ColumnIndex=column),
        block("WORD", f"{name}w", 2, Text=text),
    ]


BLOCKS = [
    *line("a", "Buses are wonderful.", 1),
    *line("b", "Nobody hates them.", 2),
    block("TABLE", "t", 2, ["c1", "c2"]),
    *cell("c1", 1, 1, "Line"),
    *cell("c2", 1, 2, "=1+1"),
    relate(block("KEY_VALUE_SET", "k", 2, ["kw"], EntityTypes=["KEY"]), "VALUE", "v"),
    block("KEY_VALUE_SET", "v", 2, ["vw"], EntityTypes=["VALUE"]),
    block("WORD", "kw", 2, Text="Town:"),
    block("WORD", "vw", 2, Text="Lyon"),
]


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(**READER) as running:
        running.cloud.media = MediaInfo("pdf", 0.0, pages=2)
        running.cloud.blocks = list(BLOCKS)
        yield running


def run(service: Service, **options: Any) -> Asset:
    asset = service.upload("report.pdf", **options)
    service.settle()
    return service.asset(asset.ref)


def stored(service: Service, key: str) -> Any:
    return json.loads(service.services.outputs.read(key) or b"null")


def statuses(asset: Asset) -> dict[str, str]:
    return {name: state.status.value for name, state in asset.branches.items()}


@pytest.mark.parametrize("only_tells", [False, True])
def test_it_is_read_and_made_into_tracks(service: Service, only_tells: bool) -> None:
    service.cloud.only_tells = only_tells
    service.cloud.reading_notes = (Message("pages-not-read", "Some pages could not be read: %(pages)s.").of(pages="3"),)
    asset = run(service)
    assert asset.kind is MediaKind.DOCUMENT
    assert asset.status is Status.COMPLETED
    assert statuses(asset)["document"] == statuses(asset)["language"] == "done"
    text = service.services.outputs.read_text(DOCUMENT.key(asset, "txt"))
    assert text == "Buses are wonderful.\n\fNobody hates them.\n"
    assert service.services.outputs.read_text(TABLES.key(asset, "csv")) == "\ufeffLine,'=1+1\r\n"
    assert stored(service, PAIRS.key(asset))["pairs"][0]["value"] == "Lyon"
    named = {track["track"] for track in service.services.store.tracks(asset.ref)}
    assert {"document", "tables", "pairs", "analysis", "summary"} <= named
    found = tracks.read(asset, DOCUMENT, service.services)
    assert found is not None
    assert [(one.text, one.place) for one in found] == [
        ("Buses are wonderful.", Page(1)),
        ("Nobody hates them.", Page(2)),
    ]
    assert [note.code for note in asset.notes].count("pages-not-read") == 1
    assert len(service.mails(asset)) == 1


def test_what_is_found_in_it_stands_on_pages(service: Service) -> None:
    asset = run(service)
    analysis = stored(service, ANALYSIS.key(asset))
    assert analysis["OnPages"] is True
    assert [one["Page"] for one in analysis["Segments"]] == [1, 2]
    assert all("Times" not in one and "Pages" in one for one in analysis["KeyPhrases"])
    assert stored(service, SUMMARY.key(asset))["OnPages"] is True
    assert [one.place for one in tracks.read(asset, ANALYSIS, service.services) or ()] == [Page(1), Page(2)]


def test_a_language_that_is_not_read_is_told_before_anything_is_asked(service: Service) -> None:
    asset = run(service, language="ko")
    assert asset.branches["document"].failure == UNREAD_LANGUAGE
    assert statuses(asset)["document"] == statuses(asset)["language"] == "skipped"
    assert service.cloud.calls.count("read") == 0


def test_what_cannot_be_read_fails_with_the_reason(service: Service) -> None:
    service.cloud.failing["read"] = Message("document-broken", "The document is damaged.")
    asset = run(service)
    assert statuses(asset)["document"] == "failed"
    assert asset.failures["document"].code == "document-broken"


def test_an_empty_document_is_said_to_be_empty(service: Service) -> None:
    service.cloud.blocks = [block("PAGE", "p")]
    asset = run(service)
    assert statuses(asset)["document"] == "done"
    assert statuses(asset)["language"] == "skipped"
    assert "document-empty" in [note.code for note in asset.notes]
    assert not {"tables", "pairs"} & {track["track"] for track in service.services.store.tracks(asset.ref)}


def test_events_that_come_twice_and_a_lost_one_change_nothing(service: Service) -> None:
    asset = run(service)
    before = service.snapshot(asset.ref)
    (job,) = [job for name, job in service.cloud.jobs.items() if name.endswith(".blocks")]
    job.end()
    service.settle()
    assert service.snapshot(asset.ref) == before


def test_without_a_reader_it_is_said_that_there_is_none() -> None:
    with running_service() as service:
        service.cloud.media = MediaInfo("pdf", 0.0, pages=2)
        asset = run(service)
        assert asset.branches["document"].status is BranchStatus.SKIPPED
        assert asset.branches["document"].failure is not None
        assert asset.branches["document"].failure.code == "no-document-reader"


def test_a_recording_has_no_such_branch(service: Service) -> None:
    service.cloud.media = MediaInfo("mp4", 60.0, None, None)
    assert "document" not in statuses(run(service))


# ---- as what is said


def pages_of(*texts: str) -> Any:
    from chalicelib.documents.pages import Line, Paragraph, WrittenPage

    return [WrittenPage(number, (Paragraph("text", (Line(text),)),)) for number, text in enumerate(texts, 1)]


def test_each_sentence_is_a_segment_on_its_page() -> None:
    found = as_said(pages_of("One. Two is longer, and “so”!", "港口办公室统计船只。第二句"), "en")
    assert [(one.text, one.start) for one in found.segments] == [
        ("One.", 1.0),
        ("Two is longer, and “so”!", 1.0),
        ("港口办公室统计船只。", 2.0),
        ("第二句", 2.0),
    ]
    assert found.language == "en"
    assert found.talk_time() == {}


def test_each_line_of_a_form_stands_for_itself() -> None:
    from chalicelib.documents.pages import Line, Paragraph, WrittenPage

    page = WrittenPage(1, (Paragraph("pairs", (Line("Name:"), Line("Ada Lovelace"), Line("Ship:"))),))
    assert [one.text for one in as_said([page]).segments] == ["Name:", "Ada Lovelace", "Ship:"]


def test_tables_are_left_out_unless_there_is_nothing_else() -> None:
    from chalicelib.documents.pages import written_on

    told = block("LAYOUT_TABLE", "lt", children=["b"])
    both = [*line("a", "Said."), *line("b", "Cell"), block("LAYOUT_TEXT", "l", children=["a"]), told]
    assert as_said([written_on(page_of(both))]).text == "Said."
    assert as_said([written_on(page_of([*line("b", "Cell"), told]))]).text == "Cell"


def test_what_was_read_with_great_doubt_is_not_read_on(service: Service) -> None:
    blurred = line("b", "xqz wv", 1)
    blurred[0]["Confidence"] = 30.0
    service.cloud.blocks = [*line("a", "Plain words.", 1), *blurred]
    asset = run(service)
    found = stored_text(asset, service.services)
    assert found is not None
    assert found.text == "Plain words."


def test_a_few_letters_tell_no_language() -> None:
    assert not tells_its_language(as_said(pages_of("STOP 42", "Kiev")))
    assert tells_its_language(as_said(pages_of("Nobody hates the buses here.")))
    assert tells_its_language(as_said(pages_of("港口办公室统计船只")))
