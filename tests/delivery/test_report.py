from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest

from chalicelib.assets import Branch, BranchState, BranchStatus, Cost, CostLine, Failure, Status
from chalicelib.delivery import report
from chalicelib.delivery.report import Report, ReportData, build
from chalicelib.media import MediaInfo
from tests.delivery.reports import SENTENCES, analysed, asset, broken, completed, ended, spoken

HOSTILE = "<img src=x onerror=alert(1)>\"'&.mp4"
INJECTED = '<script>alert("x")</script>'


class Reader(HTMLParser):
    """Reads a page as a browser does: its tags, their attributes, and its words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data


def forms(built: Report) -> tuple[str, str, str]:
    return built.text, Reader(built.html).words, Reader(built.page).words


def test_a_finished_recording_is_reported_in_full() -> None:
    built = build(completed())
    assert built.subject == "Report: debate.mp4"
    for form in forms(built):
        for expected in (
            "debate.mp4",
            "Video",
            "12:34",
            "English (en-US)",
            "24.3 MB",
            "The guests spoke about the new park",
            "city park",
            "Ada Lovelace",
            "Bremen",
            "Chair",
            "1280 × 720",
            "12.3 MB",
            "0:20",
            SENTENCES[4],
        ):
            assert expected in form, expected
        assert "31" in form
        assert "neutral" in form.lower()


def test_the_page_stands_alone_and_the_mail_refers_to_its_picture() -> None:
    built = build(completed())
    assert built.timeline_png.startswith(b"\x89PNG")
    assert 'src="data:image/png;base64,' in built.page
    assert f'src="cid:{report.TIMELINE_CID}"' in built.html
    assert "default-src 'none'" in built.page
    assert "script" not in Reader(built.page).tags
    assert "Content-Security-Policy" not in built.html


def test_the_mail_has_the_opening_and_the_page_the_whole_transcript() -> None:
    built = build(completed([f"Sentence number {i} is spoken here." for i in range(40)]))
    assert "The transcript goes on: 15 more sentences in the attached debate.txt." in built.text
    assert "The transcript goes on: 15 more sentences in the attached debate.txt." in built.html
    assert "number 24 " in built.html
    assert "number 25 " not in built.html
    assert "number 39 " in built.page
    assert "goes on" not in built.page


def test_one_endless_sentence_does_not_fill_the_mail() -> None:
    built = build(completed(["word " * 50_000]))
    assert len(built.html) < 30_000
    assert len(built.page) > 200_000


@pytest.mark.parametrize(
    ("status", "subject"), [(Status.REJECTED, "Rejected: notes.exe"), (Status.FAILED, "Failed: notes.exe")]
)
def test_an_end_without_result_says_what_is_wrong_and_nothing_else(status: Status, subject: str) -> None:
    built = build(ended(status, "Files ending in .exe are not accepted.", file_name="notes.exe"))
    assert built.subject == subject
    assert built.attachments == ()
    assert built.timeline_png is None
    for form in forms(built):
        assert "Files ending in .exe are not accepted." in form
        assert "notes.exe" in form
        assert "Transcript" not in form
        assert "24.3 MB" not in form


def test_when_every_branch_failed_each_is_named() -> None:
    branches = {
        Branch.RENDITIONS: broken(Branch.RENDITIONS, "No picture could be read."),
        Branch.SPEECH: broken(Branch.SPEECH, "The engine is out of reach."),
    }
    data = ReportData(asset(status=Status.FAILED, branches=branches), None, None, None, None, None)
    for form in forms(build(data)):
        assert "Making the renditions did not work: No picture could be read." in form
        assert "The transcription did not work: The engine is out of reach." in form


def test_a_branch_that_failed_is_named_and_the_rest_is_there() -> None:
    branches = {**asset().branches, Branch.LANGUAGE: broken(Branch.LANGUAGE, "The engine reads only English.")}
    data = replace(completed(branches=branches), analysis=None, summary=None)
    for form in forms(build(data)):
        assert "The language analysis did not work: The engine reads only English." in form
        assert "Everything else is here." in form
        assert SENTENCES[0] in form


def test_a_silent_video_has_its_note_and_no_complaint() -> None:
    silent = BranchState(BranchStatus.SKIPPED, Failure("no-sound", "The recording has no sound."))
    branches = {Branch.RENDITIONS: BranchState(BranchStatus.DONE), Branch.SPEECH: silent, Branch.LANGUAGE: silent}
    note = "This recording has no sound, so there is no transcript."
    for form in forms(build(ReportData(asset(branches=branches, notes=(note, note)), None, None, None, None, None))):
        assert form.count(note) == 1
        assert "did not work" not in form
        assert "Mood" not in form


def test_sound_alone_shows_no_picture_size() -> None:
    built = build(completed(media=MediaInfo("mp3", 61.0), renditions=asset().renditions[1:]))
    assert "×" not in built.text
    assert "None" not in built.text + built.html + built.page


def test_html_from_users_is_only_text() -> None:
    transcript = spoken([INJECTED, "a & b"], speakers=(INJECTED,))
    data = ReportData(
        asset(
            file_name=HOSTILE,
            notes=(INJECTED,),
            branches={**asset().branches, Branch.RENDITIONS: broken(Branch.RENDITIONS, INJECTED)},
        ),
        transcript,
        analysed(transcript),
        INJECTED,
        None,
        None,
    )
    for page in (build(data).html, build(data).page):
        read = Reader(page)
        assert "script" not in read.tags
        assert not [name for name, _ in read.attributes if name.startswith("on")]
        assert read.tags.count("img") == 1
        assert read.words.count(INJECTED) >= 4
        assert HOSTILE in read.words


@pytest.mark.parametrize(
    "name", ["a\r\nBcc: x@y.z\r\n.mp4", "safe\u202e4pm.exe.mp4", "C:\\videos\\a\x00\x07.mp4", "\u2066x.mp4"]
)
def test_a_name_brings_no_lines_and_no_control_characters(name: str) -> None:
    built = build(completed(file_name=name))
    for text in (built.subject, *(attachment.file_name for attachment in built.attachments)):
        assert text.isprintable()
        assert "/" not in text
        assert "\\" not in text
    assert not set("\u202e\u2066\x00\x07\r") & set(built.text + built.html + built.page)


def test_text_that_no_utf8_can_hold_or_that_turns_around_is_cleaned() -> None:
    built = build(replace(completed(), summary="half \ud83d and \u202eback\x08."))
    for form in (built.text, built.html, built.page):
        assert "half  and back." in form
        form.encode()


def test_a_long_name_keeps_its_ending_in_a_short_subject() -> None:
    subject = build(completed(file_name="n" * 300 + ".mp4")).subject
    assert len(subject) < 100
    assert subject.endswith("….mp4") or subject.endswith("n.mp4")


def test_attachments_are_named_after_the_recording() -> None:
    attachments = build(completed(file_name="my/토론 🎬.mp4")).attachments
    assert [(a.file_name, a.content_type) for a in attachments] == [
        ("토론 🎬.txt", "text/plain"),
        ("토론 🎬.srt", "application/x-subrip"),
    ]


def test_what_is_too_large_is_left_out_and_the_mail_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MAX_ATTACHED_BYTES", 20)
    built = build(completed())
    assert [attachment.file_name for attachment in built.attachments] == ["debate.txt"]
    assert "Too large to be mailed: debate.srt." in built.text
    assert "Too large to be mailed: debate.srt." in built.html
    assert "Too large" not in built.page


def test_an_analysis_survives_its_json() -> None:
    analysis = completed().analysis
    assert type(analysis).from_json(analysis.to_json({"Chair": 1.0})) == analysis
    without = replace(analysis, entities=None)
    assert type(analysis).from_json(without.to_json({})) == without


COSTS = [
    (None, None),
    (Cost(Decimal(0), "2026-11-21"), None),
    (
        Cost(
            Decimal("0.523"),
            "2026-11-21",
            (
                CostLine("mediaconvert.hd", Decimal(20), Decimal("0.3")),
                CostLine("mediaconvert.audio", Decimal(20), Decimal("0.1")),
                CostLine("transcribe.batch", Decimal(20), Decimal("0.122")),
                CostLine("sqs.request", Decimal(9), Decimal("0.001")),
            ),
        ),
        "cost about $0.52 by the list prices of 2026-11-21 (MediaConvert $0.40, Amazon Transcribe $0.12).",
    ),
    (
        Cost(Decimal("0.001"), "2026-11-21", (CostLine("sqs.request", Decimal(9), Decimal("0.001")),), ("x.y",)),
        "cost less than $0.01 by the list prices of 2026-11-21. Without a price, and so not counted: x.y.",
    ),
]


@pytest.mark.parametrize(("cost", "said"), COSTS)
def test_what_the_work_cost_is_told_where_it_cost_something(cost: Cost | None, said: str | None) -> None:
    for form in forms(build(replace(completed(), cost=cost))):
        assert (said in " ".join(form.split())) if said else ("list prices" not in form)
