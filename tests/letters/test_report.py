import io
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from docx import Document

from chalicelib.documents.pairs import Pair
from chalicelib.documents.tables import Cell, Table
from chalicelib.domain.analysis import Entity, KeyPhrase
from chalicelib.domain.assets import BranchState, BranchStatus, Options, Status
from chalicelib.domain.costs import Cost, CostLine
from chalicelib.domain.media import MediaInfo
from chalicelib.domain.tracks import Moment, Page, Passage
from chalicelib.letters import report
from chalicelib.letters.letter import Reader
from chalicelib.letters.rendering import MAX_HTML_BYTES
from chalicelib.letters.report import Report, ReportData, Written, build
from chalicelib.letters.wording import LANGUAGES
from chalicelib.message import Message
from chalicelib.pipeline.plan import notes_for
from chalicelib.speech.tracks import TOXICITY
from chalicelib.vision.detections import Detection
from chalicelib.vision.tracks import OF_DETECTION
from tests.harness.toy_tracks import PASSAGES, QUOTES
from tests.letters.reports import (
    COST,
    SENTENCES,
    analysed,
    asset,
    broken,
    completed,
    document,
    ended,
    film,
    picture,
    seen,
    spoken,
)

HOSTILE = "<img src=x onerror=alert(1)>\"'&.mp4"
INJECTED = '<script>alert("x")</script>'


class Seen(HTMLParser):
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
    return built.letter.text, Seen(built.letter.html).words, Seen(built.page).words


def test_a_finished_recording_is_reported_in_full() -> None:
    built = build(completed())
    assert built.letter.subject == "Report: debate.mp4"
    for form in forms(built):
        for expected in (
            "debate.mp4",
            "Video",
            "12 min, 34 sec",
            "12:34",
            "English (United States)",
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
            assert expected in " ".join(form.split()), expected
        assert "31" in form
        assert "neutral" in form.lower()


def test_the_page_stands_alone_and_the_mail_refers_to_its_picture() -> None:
    built = build(completed())
    (picture,) = built.letter.pictures
    assert picture.data.startswith(b"\x89PNG")
    assert picture.cid == report.TIMELINE_CID
    assert 'src="data:image/png;base64,' in built.page
    assert f'src="cid:{report.TIMELINE_CID}"' in built.letter.html
    assert "default-src 'none'" in built.page
    assert "script" not in Seen(built.page).tags
    assert "Content-Security-Policy" not in built.letter.html


def test_the_mail_has_the_opening_and_the_page_the_whole_transcript() -> None:
    built = build(completed([f"Sentence number {i} is spoken here." for i in range(40)]))
    assert "The transcript goes on: 15 more sentences in the attached debate.txt." in " ".join(
        built.letter.text.split()
    )
    assert "The transcript goes on: 15 more sentences in the attached debate.txt." in built.letter.html
    assert "number 24 " in built.letter.html
    assert "number 25 " not in built.letter.html
    assert "number 39 " in built.page
    assert "goes on" not in built.page


def test_one_endless_sentence_does_not_fill_the_mail() -> None:
    built = build(completed(["word " * 50_000]))
    assert len(built.letter.html) < 30_000
    assert len(built.page) > 200_000


@pytest.mark.parametrize(
    ("status", "subject"), [(Status.REJECTED, "Rejected: notes.exe"), (Status.FAILED, "Failed: notes.exe")]
)
def test_an_end_without_result_says_what_is_wrong_and_nothing_else(status: Status, subject: str) -> None:
    built = build(ended(status, "Files ending in .exe are not accepted.", file_name="notes.exe"))
    assert built.letter.subject == subject
    assert built.letter.attachments == ()
    assert built.letter.pictures == ()
    for form in forms(built):
        assert "Files ending in .exe are not accepted." in form
        assert "notes.exe" in form
        assert "Transcript" not in form
        assert "24.3 MB" not in form


def test_what_a_rejection_left_undone_has_not_failed() -> None:
    branches = {"speech": broken("speech", "It was not made."), "language": BranchState(BranchStatus.OPEN)}
    rejected = ended(Status.REJECTED, "Sensitive content was seen in it.")
    stopped = replace(rejected.asset, branches=branches, withheld=frozenset({str(rejected.asset.version)}))
    for form in forms(build(replace(rejected, asset=stopped))):
        assert "Sensitive content was seen in it." in form
        assert "could not be made" not in form
        assert "It was not made." not in form


def test_when_every_branch_failed_each_is_named() -> None:
    branches = {
        "renditions": broken("renditions", "No picture could be read."),
        "speech": broken("speech", "The engine is out of reach."),
    }
    data = ReportData(asset(status=Status.FAILED, branches=branches), None, None, None, None, None)
    for form in forms(build(data)):
        assert "The films, sound or pictures could not be made: No picture could be read." in form
        assert "The transcript could not be made: The engine is out of reach." in form


def test_a_branch_that_failed_is_named_and_the_rest_is_there() -> None:
    branches = {**asset().branches, "language": broken("language", "The engine reads only English.")}
    data = replace(completed(branches=branches), analysis=None, summary=None)
    for form in forms(build(data)):
        assert "The summary and analysis could not be made: The engine reads only English." in form
        assert "Everything else is here." in form
        assert SENTENCES[0] in form


def test_a_silent_video_has_its_note_and_no_complaint() -> None:
    silent = BranchState(BranchStatus.SKIPPED, Message("no-sound", "The recording has no sound."))
    branches = {"renditions": BranchState(BranchStatus.DONE), "speech": silent, "language": silent}
    (note,) = notes_for(MediaInfo("mp4", 60.0), Options())
    for form in forms(build(ReportData(asset(branches=branches, notes=(note, note)), None, None, None, None, None))):
        assert " ".join(form.split()).count(note.english) == 1
        assert "could not be made" not in form
        assert "Mood" not in form


def test_sound_alone_shows_no_picture_size() -> None:
    built = build(completed(media=MediaInfo("mp3", 61.0), renditions=asset().renditions[1:]))
    assert "×" not in built.letter.text
    assert "None" not in built.letter.text + built.letter.html + built.page


def test_html_from_users_is_only_text() -> None:
    transcript = spoken([INJECTED, "a & b"], speakers=(INJECTED,))
    data = ReportData(
        asset(
            file_name=HOSTILE,
            notes=(Message("injected", "It is %(reason)s.", {"reason": INJECTED}),),
            branches={**asset().branches, "renditions": broken("renditions", INJECTED)},
        ),
        transcript,
        analysed(transcript),
        INJECTED,
        None,
        None,
    )
    for page in (build(data).letter.html, build(data).page):
        read = Seen(page)
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
    for text in (built.letter.subject, *(attachment.file_name for attachment in built.letter.attachments)):
        assert text.isprintable()
        assert "/" not in text
        assert "\\" not in text
    assert not set("\u202e\u2066\x00\x07\r") & set(built.letter.text + built.letter.html + built.page)


def test_text_that_no_utf8_can_hold_or_that_turns_around_is_cleaned() -> None:
    built = build(replace(completed(), summary="half \ud83d and \u202eback\x08."))
    for form in (built.letter.text, built.letter.html, built.page):
        assert "half  and back." in form
        form.encode()


def test_a_long_name_keeps_its_ending_in_a_short_subject() -> None:
    subject = build(completed(file_name="n" * 300 + ".mp4")).letter.subject
    assert len(subject) < 100
    assert subject.endswith("….mp4") or subject.endswith("n.mp4")


def test_attachments_are_named_after_the_recording() -> None:
    attachments = build(completed(file_name="my/토론 🎬.mp4")).letter.attachments
    assert [(a.file_name, a.content_type) for a in attachments] == [
        ("토론 🎬.txt", "text/plain"),
        ("토론 🎬.srt", "application/x-subrip"),
    ]


def test_what_is_too_large_is_left_out_and_the_mail_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MAX_ATTACHED_BYTES", 20)
    built = build(completed())
    assert [attachment.file_name for attachment in built.letter.attachments] == ["debate.txt"]
    assert "Too large to be mailed: debate.srt." in built.letter.text
    assert "Too large to be mailed: debate.srt." in built.letter.html
    assert "Too large" not in built.page


def test_what_is_too_large_to_be_mailed_is_a_link_where_there_are_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MAX_ATTACHED_BYTES", 20)
    link = "https://example.org/#/asset/0190a0b0c0d0e0f0"
    letter = build(replace(completed(), link=link)).letter
    assert letter.html.count(f'href="{link}"') == 2
    assert letter.text.count(link) == 2
    assert "It is stored" not in letter.html


def test_only_what_the_reader_wants_is_attached() -> None:
    wanted = Reader(attachments=frozenset({"srt", "docx"}))
    attachments = build(completed(title="Should buses be free?"), wanted).letter.attachments
    assert [attachment.file_name for attachment in attachments] == [
        "Should buses be free?.srt",
        "Should buses be free?.docx",
    ]
    document = Document(io.BytesIO(attachments[1].data))
    assert document.paragraphs[0].text == "Should buses be free?"
    assert SENTENCES[0] in document.paragraphs[1].text
    nothing = build(completed(), Reader(attachments=frozenset())).letter
    assert nothing.attachments == ()
    assert "Attached" not in nothing.html


def test_without_a_transcript_no_word_document_is_made() -> None:
    data = replace(completed(), transcript=None)
    assert build(data, Reader(attachments=frozenset({"docx"}))).letter.attachments == ()


def test_a_recording_and_its_files_are_called_by_its_title() -> None:
    built = build(completed(title="Should buses\r\nbe free?"))
    assert built.letter.subject == "Report: Should buses be free?"
    assert "<title>Report: Should buses be free?</title>" in built.page
    assert [attachment.file_name for attachment in built.letter.attachments] == [
        "Should buses be free?.txt",
        "Should buses be free?.srt",
    ]


def test_the_report_links_to_the_recordings_page() -> None:
    link = "https://example.org/#/asset/0190a0b0c0d0e0f0"
    built = build(replace(completed(), link=link))
    assert f'href="{link}"' in built.letter.html
    assert link in built.letter.text
    assert link not in built.page


def test_the_footer_says_why_one_gets_it_and_how_to_end_that() -> None:
    reader = Reader(settings_url="https://example.org/#/settings", unsubscribe_url="https://example.org/u?t=1&x=2")
    mine = build(completed(), reader).letter
    assert "because this file was uploaded with your address" in mine.html
    assert 'href="https://example.org/#/settings"' in mine.html
    assert 'href="https://example.org/u?t=1&amp;x=2"' in mine.html
    assert "https://example.org/u?t=1&x=2\n" in mine.text
    others = build(completed(), replace(reader, reason="recipient", settings_url=None)).letter
    assert "you agreed to that" in others.html
    assert "settings" not in others.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_largest_report_is_small_enough(language: str) -> None:
    texts = ["시의회는 버스 요금을 없애는 방안을 논의했습니다 " * 24 + "." for _ in range(60)]
    speakers = tuple(f"발언자 {number} {'가' * 90}" for number in range(40))
    transcript = spoken(texts, speakers)
    phrases = tuple(KeyPhrase("긴 어구 " * 40 + str(n), 0.9, (1.0,)) for n in range(100))
    names = tuple(Entity("이름 " * 50 + str(n), kind, 0.9, (1.0,)) for n in range(20) for kind in ("PERSON", "DATE"))
    analysis = replace(analysed(transcript), key_phrases=phrases, entities=names)
    data = replace(
        completed(title="제" * 300, notes=tuple(Message(f"note-{n}", f"{n} " + "알림 " * 300) for n in range(40))),
        transcript=transcript,
        analysis=analysis,
        summary="요약입니다 " * 3000,
    )
    letter = build(data, Reader(language)).letter
    assert len(letter.html.encode()) < MAX_HTML_BYTES


def test_25_long_sentences_in_korean_fit_as_they_are() -> None:
    texts = ["가" * 599 + "." for _ in range(30)]
    letter = build(replace(completed(), transcript=spoken(texts)), Reader("ko")).letter
    assert len(letter.html.encode()) < MAX_HTML_BYTES
    assert letter.html.count("가" * 599) == 25


def test_an_analysis_survives_its_json() -> None:
    analysis = completed().analysis
    assert type(analysis).from_json(analysis.to_json({"Chair": 1.0})) == analysis
    without = replace(analysis, entities=None)
    assert type(analysis).from_json(without.to_json({})) == without


COSTS = [
    (None, None),
    (Cost(Decimal(0), "2026-11-21"), None),
    (
        COST,
        "cost about $0.52 by the list prices of November 21, 2026. "
        "By service: MediaConvert $0.40 and Amazon Transcribe $0.12.",
    ),
    (
        Cost(Decimal("0.5"), "2026-11-21", (CostLine("abacus.word", Decimal(9), Decimal("0.5")),)),
        "By service: Abacus $0.50.",
    ),
    (
        Cost(Decimal("0.001"), "2026-11-21", (CostLine("sqs.request", Decimal(9), Decimal("0.001")),), ("x.y",)),
        "cost less than $0.01 by the list prices of November 21, 2026. Without a price, and so not counted: x.y.",
    ),
]


@pytest.mark.parametrize(("cost", "said"), COSTS)
def test_what_the_work_cost_is_told_where_it_cost_something(cost: Cost | None, said: str | None) -> None:
    for form in forms(build(replace(completed(), cost=cost))):
        assert (said in " ".join(form.split())) if said else ("list prices" not in form)


def test_until_when_it_is_kept_is_told_where_one_can_come_back_to_it() -> None:
    asset = completed().asset
    kept = replace(completed(), asset=replace(asset, expires=1_827_400_000), link="https://x.example/#/asset/1")
    assert "All of it is kept until November 28, 2027, and then deleted." in " ".join(build(kept).letter.text.split())
    assert "kept until November 28, 2027" in Seen(build(kept).letter.html).words
    for untold in (replace(kept, link=None), replace(kept, asset=replace(asset, expires=None))):
        assert "kept until" not in build(untold).letter.text


@pytest.mark.parametrize(("word", "told"), [("clear", "heard clearly"), ("poor", "heard poorly"), (None, "")])
def test_how_clearly_it_was_heard_is_among_the_facts(word: str | None, told: str) -> None:
    data = completed()
    text = build(replace(data, asset=replace(data.asset, clarity=word))).letter.text
    assert told in text
    assert word or "heard" not in text.split("Transcript")[0]


def test_a_track_that_is_only_listed_stands_with_its_first_passages_and_where_the_others_are() -> None:
    told = replace(completed(), tracks={replace(QUOTES, title="Summary"): 6 * PASSAGES}, link="https://x.example/#/1")
    built = build(told, Reader("fr"))
    assert built.letter.text.count("To be or not to be") == 4
    assert "et 6 autres\u00a0: https://x.example/#/1" in built.letter.text
    assert ("href", "https://x.example/#/1") in Seen(built.letter.html).attributes
    page = Seen(built.page)
    assert page.words.count("To be or not to be") == page.words.count("1:05") == 6
    assert "autres" not in page.words
    assert page.words.count("Résumé") == 2, "its title is translated, beside that of the summary itself"
    assert ("onerror", "alert(1)") not in page.attributes


def test_it_says_how_many_places_are_marked_as_hurtful_and_never_what_hurt() -> None:
    said = [
        Passage("You damned idiot", Moment(1.0, 3.0), "insult", 0.9),
        Passage("damned", Moment(1.5, 2.0), "profanity", 0.75),
        Passage("I will find you", Moment(9.0, 11.0), "threat", 0.8),
    ]
    told = replace(completed(), tracks={TOXICITY: said}, link="https://x.example/#/1")
    for language, line in (("en", "2 places are marked as hurtful."), ("ko", "2군데"), ("zh", "2处")):
        built = build(told, Reader(language))
        for text in (built.letter.text, built.letter.html, built.page):
            assert line in text
            assert not any(word in text for word in ("idiot", "damned", "find you"))
    assert ("href", "https://x.example/#/1") in Seen(build(told).letter.html).attributes
    assert "hurtful" not in build(replace(completed(), tracks={TOXICITY: ()})).letter.text


def test_a_track_that_says_nothing_has_no_section() -> None:
    assert QUOTES.title not in Seen(build(replace(completed(), tracks={QUOTES: ()})).page).words


def plain(text: str) -> str:
    return " ".join(text.split())


def test_of_each_detection_a_line_says_what_was_seen() -> None:
    built = build(film())
    text = plain(built.letter.text)
    for line in (
        "Things and scenes: Bus (0:05, 3×) and Skyline (0:07)",
        "Text on screen: Free buses for everyone (0:02, 3×) and 公共汽车免费 (0:08)",
        "Faces: seen 3 times, first at 0:12",
        "Shots, black frames and credits: 41 shots, black (0:00–0:01, 12:32–12:33), and end credits (11:40–12:32)",
        "Celebrities: nothing was found",
    ):
        assert line in text
        assert line.partition(": ")[2] in plain(Seen(built.letter.html).words)
        assert line.partition(": ")[2] in plain(Seen(built.page).words)
    assert "Shot 1" not in text
    assert "Content" not in text


def test_what_is_sensitive_is_named_soberly_and_once() -> None:
    text = plain(build(film()).letter.text)
    told = "Sensitive content: perhaps violence (1:01, 2×) and perhaps something else that is not for everybody (5:00)"
    assert told in text
    assert "Weapon" not in text
    only = replace(film(), summary=None, tracks={OF_DETECTION[Detection.MODERATION]: seen("Explicit", 3)})
    html = build(only).letter.html
    assert html.count("perhaps nudity") == 1, "and not beside the subject in a list of mails"


def test_a_picture_is_told_in_pixels_and_nothing_of_it_in_time() -> None:
    built = build(picture())
    for form in forms(built):
        shown = plain(form)
        assert "Picture · 4032 × 3024 · 1.6 MB" in shown
        assert "Line 7 to the harbour and 下一站港口" in shown
        assert "2 faces" in shown
        assert "nothing was found" in shown
        assert "Picture for the screen" in shown
        assert "Small picture" not in shown
        for foreign in ("0:00", "Transcript", "Read along", "sound"):
            assert foreign not in shown
    assert "Look at it" in built.letter.text


def test_a_document_is_told_in_pages_its_tables_and_forms_once() -> None:
    built = build(document())
    for form in forms(built):
        shown = plain(form)
        assert "Document · 2 pages · " in shown
        assert "3 × 2 cells: Ship | Port" in shown
        assert "Name: Ada Lovelace" in shown
        assert shown.count("Ada Lovelace") == 2, "once among the names, and once where it is filled in"
        assert shown.count("page 1") == 2
        assert shown.count("page 2") == 2
        assert "Aurora" not in shown
        assert shown.count("Needs a pilot") == 1
        for foreign in ("0:00", "Transcript", "Read along", "sound", "To play or look at", "What was seen"):
            assert foreign not in shown
    assert [attached.file_name for attached in built.letter.attachments] == ["harbour.txt"]


def test_a_long_document_goes_on_in_its_file_and_on_its_page() -> None:
    told = document()
    assert told.written is not None
    long = replace(told, written=replace(told.written, paragraphs=100 * tuple(told.written.paragraphs)))
    built = build(long)
    assert "The text goes on: 375 more paragraphs in the attached harbour.txt." in plain(built.letter.text)
    assert "The text goes on: 375 more paragraphs." in plain(build(long, Reader(attachments=frozenset())).letter.text)
    assert plain(Seen(built.page).words).count("Please bring this notice") == 100


@pytest.mark.parametrize("told", [film, picture, document])
def test_html_that_was_seen_or_read_is_only_text(told: Callable[[], ReportData]) -> None:
    data = told()
    hostile = Passage(INJECTED, None, INJECTED)
    tracks = {track: [replace(hostile, place=Moment(1, 2))] for track in OF_DETECTION.values()}
    written = Written(
        [replace(hostile, place=Page(1))], [Table(1, (Cell(1, 1, INJECTED),))], [Pair(1, HOSTILE, INJECTED)]
    )
    built = build(replace(data, tracks=tracks, written=written))
    for page in (built.letter.html, built.page):
        seen_tags = Seen(page)
        assert "script" not in seen_tags.tags
        assert INJECTED in seen_tags.words
