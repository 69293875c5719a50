"""What a person writes is kept as written: by every way in and out of a transcript."""

import html
import io
import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import docx as python_docx
import pytest
import srt
import webvtt
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.letters.report import ReportData, build
from chalicelib.speech import docx
from chalicelib.speech.captions import cues, to_srt, to_text, to_webvtt
from chalicelib.speech.corrections import Line, correct
from chalicelib.speech.transcribe_json import read_transcript, transcribe_document
from chalicelib.speech.transcripts import Segment, Transcript, Word, as_line
from tests.letters.reports import asset

HEARD = Transcript((Segment((Word(0.0, 2.0, "Something"), Word(2.0, 4.0, "heard", 1.0, "."))),), "en-US")

WRITTEN = (
    "« Oui »",
    "«\u00a0Oui\u202f!\u00a0»",
    "— Bonjour",
    "- - x",
    "…",
    "?!",
    "¿ Qué ?",
    "( aside )",
    "* note 1",
    "two  spaces,   three",
    "今日はAIの未来",
    "今日は AI の未来",
    "我用 Python 写",
    "東京　大阪 名古屋",
    "第 3 章",
    "彼は「今日」と 「明日」。",
    "สวัสดี  ครับ",
    "می\u200cخواهم بروم.",
    "שלום, world! (מה?)",
    "\u200fשלום\u200e",
    "👩\u200d👩\u200d👧\u200d👦 👍🏽 🇩🇪 1\ufe0f\u20e3 " * 4 + "👩\u200d🚀" * 20,
    "e\u0301te\u0301 한글",
    "क्षत्रिय",
    "a --> b",
    "1 < 2 && {x} \\N <b>",
    "WEBVTT",
    "NOTE &amp; &nbsp;",
    "&#x202e;",
    "x" * 90,
    "字" * 90,
    "a" + " " * 90 + "b",
    "a\u00a0b\u00a0" * 30 + "c",
    "\u200b",
)

typed = st.lists(
    st.sampled_from(WRITTEN)
    | st.sampled_from(" \u00a0\u202f\u3000\u2009-–—…«»“”¿?!.,:;()「」、。'\"/&<>{}\\\u200c\u200d\u200e\u200f\ufe0f")
    | st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co", "Zl", "Zp")),
    max_size=12,
).map("".join)
LANGUAGES = ("en-US", "fr-FR", "ja-JP", "zh-CN", "th-TH", "ko-KR", "he-IL", None)
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")  # what turns the direction of all text after it


def saved(lines: Sequence[Line], language: str | None = "en-US") -> Transcript:
    """`lines` as they are after they were saved and read again."""
    words, lengths = correct(HEARD, lines)
    return read_transcript(json.loads(json.dumps(transcribe_document("job", words, language, lengths))))


def is_read_from(shown: Sequence[str], text: str) -> bool:
    """Whether captions show `text`: where they begin a new line there may be a space or none."""
    return re.fullmatch(r"\s*".join(map(re.escape, shown)), text) is not None


def mailed(transcript: Transcript) -> tuple[list[str], str]:
    """The lines of a report as HTML, and all of its text."""
    letter = build(ReportData(asset(), transcript, None, None, None, None)).letter
    return [html.unescape(line) for line in re.findall(r'<td dir="auto"[^>]*>(.*?)</td>', letter.html)], letter.text


@settings(max_examples=60, deadline=None)
@given(st.lists(typed, min_size=1, max_size=3), st.sampled_from(LANGUAGES))
@example(list(WRITTEN), "fr-FR")
@example(list(WRITTEN), "ja-JP")
def test_lines_are_read_back_as_they_were_written(texts: list[str], language: str | None) -> None:
    found = saved([Line(text) for text in texts], language)
    assert [segment.text for segment in found.segments] == [text.strip() for text in texts if as_line(text)]
    words, lengths = correct(found, [Line(segment.text) for segment in found.segments])
    assert (words, lengths) == (list(found.words()), [len(segment.words) for segment in found.segments])


@settings(max_examples=100, deadline=None)
@given(typed, st.sampled_from(LANGUAGES))
def test_every_file_holds_what_was_written(text: str, language: str | None) -> None:
    check_files(text.replace("\ufeff", "").strip(), language)


@pytest.mark.parametrize("text", WRITTEN)
def test_every_file_holds_what_people_write(text: str) -> None:
    for language in ("en-US", "ja-JP"):
        check_files(text.strip(), language)


def check_files(text: str, language: str | None) -> None:
    found = saved([Line(text)], language)
    if not text:
        assert found.is_empty
        return
    assert to_text(found) == f"[0:00:00] {text}\n"
    _, said = python_docx.Document(io.BytesIO(docx.write("Title", found))).paragraphs
    assert said.text == f"0:00  {text}"

    made = cues(found)
    in_srt = [line for cue in srt.parse(to_srt(made)) for line in cue.content.split("\n")]
    assert is_read_from(in_srt, text.translate(str.maketrans("<>{}\\", "‹›()∖")))
    again = webvtt.WebVTT.from_string(to_webvtt(made), strict=True)
    in_vtt = [line for cue in again for line in cue.raw_text.split("\n")]
    assert is_read_from([html.unescape(line) for line in in_vtt], text)
    assert not any(re.search("<|-->", line) for line in in_vtt)

    in_html, in_text = mailed(found)
    if len(text) < 600:
        assert in_html == [BIDI.sub("", text)]
        assert "".join(BIDI.sub("", text).split()) in "".join(in_text.split())


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (" a\t \nb\r\n\r\nc\u2028d\u0085 ", "a b c d"),
        ("\u3000一\u3000二\u3000", "一\u3000二"),
        ("a\x00b\x7f\ufeff\ufffe\ud800\x1b[1m", "ab[1m"),
        ("1\n00:00:01,000 --> 00:00:02,000\n\nx", "1 00:00:01,000 --> 00:00:02,000 x"),
    ],
)
def test_what_no_line_can_hold_is_left_out_on_purpose(sent: str, kept: str) -> None:
    assert as_line(sent) == kept
    [segment] = saved([Line(sent)]).segments
    assert segment.text == kept


def test_captions_break_neither_joined_signs_nor_at_no_break_spaces() -> None:
    family = "👩\u200d👩\u200d👧\u200d👦"
    for signs in (family * 12, "🇩🇪🇫🇷" * 15, "👍🏽" * 20, "नि" * 60):
        shown = [line for cue in cues(saved([Line(signs)])) for line in cue.lines]
        assert "".join(shown) == signs
        assert len(shown) > 1
        for line in shown:
            assert not line.startswith(("\u200d", "🏽")) and not line.endswith("\u200d")
            assert not unicodedata.category(line[0]).startswith("M")
            assert sum(char in "🇩🇪🇫🇷" for char in line) % 2 == 0
    text = "Elle a dit « oui » à 10\u00a0000 personnes et puis «\u00a0non\u00a0» à toutes les autres !"
    shown = [line for cue in cues(saved([Line(text)], "fr-FR")) for line in cue.lines]
    assert len(shown) > 1
    for line in shown:
        assert line.count("«") == line.count("»") and "10 " not in line
        assert line[0] not in "»!" and line[-1] != "«"


@pytest.mark.parametrize(
    ("text", "is_leftward"),
    [("שלום world", True), ("12 — مرحبا", True), ("\u200f…", True), ("world שלום", False), ("12 …", False)],
)
def test_a_paragraph_of_the_document_runs_the_way_it_is_written(text: str, is_leftward: bool) -> None:
    document = python_docx.Document(io.BytesIO(docx.write(text, saved([Line(text, "Ada")]))))
    for paragraph in document.paragraphs:
        properties: Any = paragraph._p.pPr
        ways = [] if properties is None else properties.xpath("./w:bidi")
        assert len(ways) == is_leftward
        assert bool(paragraph.runs[-1].font.rtl) == is_leftward
    assert not document.paragraphs[1].runs[0].font.rtl, "the name is written its own way"
