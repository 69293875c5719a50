"""What is taken along of a board says what the board does, whatever people wrote; editing programs open it."""

import io
import json
from collections.abc import Sequence
from typing import Any

import docx as python_docx
import opentimelineio
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chalicelib.domain.boards import Entry
from chalicelib.domain.media import AudioStream, MediaInfo, VideoStream
from chalicelib.speech import otio
from chalicelib.speech.boards import Phrases, Quoted, ShownEntry, escaped, to_docx, to_markdown

PHRASES = Phrases(str.title, "Not confirmed.", "Corrected since.", "Play")
FILM = MediaInfo("mp4", 60.0, VideoStream(640, 360, 29.97), AudioStream("aac", 48000, 2))
SOUND = MediaInfo("mp3", 30.0, audio=AudioStream("mp3", 44100, 1))
LINK = "https://rapporteur.example/#/asset/a?from=1.00&to=2.50"
HOSTILE = (
    "<script>alert(1)</script> [x](javascript:alert(1)) ![y](http://evil.example/p.png) https://evil.example"
    " www.evil.example a@evil.example &amp; `c` *b* _i_ ~s~ | t | $x$ :::"
)


def quote(number: int = 1, media: MediaInfo | None = FILM, note: str | None = None, **told: Any) -> ShownEntry:
    values: dict[str, Any] = {
        "title": "Council",
        "file_name": "Council 1.mp4",
        "media": media,
        "text": f"Quote {number}",
        "start": 1.001,
        "end": 2.5,
        "speakers": ("ada",),
        "is_confirmed": True,
        "is_corrected": False,
        "link": LINK,
    }
    return ShownEntry(Entry(f"{number:016x}", "a", f"{number:016x}", note), Quoted(**values | told))


def note(text: str, number: int = 99) -> ShownEntry:
    return ShownEntry(Entry(f"{number:016x}", note=text))


GONE = ShownEntry(Entry("f" * 16, "b", "f" * 16, "Why?"), missing="It is gone.")
BOARD = [
    quote(1, is_confirmed=False, is_corrected=True, note="To\nbegin with"),
    note("Between"),
    quote(2, SOUND, text="Ça va, 東京", speakers=(), file_name="../ä b.mp3"),
    GONE,
    note("At the end", 98),
]


# ---- Markdown and Word


def test_markdown_has_words_speakers_times_links_and_what_is_to_be_known_of_them() -> None:
    assert to_markdown("My *board*", BOARD, PHRASES) == (
        "# My \\*board\\*\n\n"
        "> Quote 1\n\n"
        f"**Ada, 0:01–0:02**  Council  [Play](<{LINK}>)\\\n*Not confirmed. Corrected since.*\n\n"
        "To\\\nbegin with\n\n"
        "Between\n\n"
        "> Ça va, 東京\n\n"
        f"**0:01–0:02**  Council  [Play](<{LINK}>)\n\n"
        "> *It is gone.*\n\n"
        "Why?\n\n"
        "At the end\n"
    )


MARKDOWN = MarkdownIt("gfm-like", {"html": True, "linkify": False}).enable(["table", "strikethrough"])


@settings(max_examples=60, deadline=None)
@example(HOSTILE)
@example("1. one")
@example("- one")
@example("    code")
@example("# head")
@example("=== ")
@example("> quote")
@example("```")
@example("a | b\n- | -")
@example("[x]: http://evil.example")
@given(st.text(st.sampled_from("ab1 .)-+*_`[]()<>!#|~\\&;:=@\n\"'$%^/é"), max_size=30))
def test_what_people_wrote_means_nothing_in_markdown_but_itself(text: str) -> None:
    shown = " ".join(text.split())
    if not shown:
        return
    tokens = MARKDOWN.parse(escaped(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    inner = tokens[1].children or []
    assert {token.type for token in inner} <= {"text", "text_special"}
    assert "".join(token.content for token in inner) == shown


def test_word_has_the_same_and_its_links_play_the_words() -> None:
    document = python_docx.Document(io.BytesIO(to_docx("My board", [quote(3, text=HOSTILE), *BOARD], PHRASES)))
    paragraphs = document.paragraphs
    assert [one.text for one in paragraphs] == [
        "My board",
        HOSTILE,
        "Ada, 0:01–0:02  Council  Play",
        "Quote 1",
        "Ada, 0:01–0:02  Council  Play  Not confirmed. Corrected since.",
        "To",
        "begin with",
        "Between",
        "Ça va, 東京",
        "0:01–0:02  Council  Play",
        "It is gone.",
        "Why?",
        "At the end",
    ]
    assert [one.style.name for one in paragraphs[:3]] == ["Title", "Quote", "Normal"]  # type: ignore[union-attr]
    assert [link.url for one in paragraphs for link in one.hyperlinks] == [LINK] * 3
    assert [link.text for link in paragraphs[2].hyperlinks] == ["Play"]


# ---- OpenTimelineIO


def opened(entries: Sequence[ShownEntry]) -> Any:
    """As the library opens it: nothing in it is unknown to that, and each range can be reckoned with."""
    timeline = opentimelineio.adapters.read_from_string(otio.write("My board", entries), "otio_json")
    assert isinstance(timeline, opentimelineio.schema.Timeline)
    assert "UnknownSchema" not in timeline.to_json_string()
    for clip in timeline.find_clips():
        assert clip.available_range().contains(clip.source_range, 0.0)
        clip.range_in_parent()
    return timeline


def seconds(time: Any) -> float:
    return round(float(time.to_seconds()), 4)


def test_a_timeline_has_a_clip_a_quote_with_its_range_in_the_recording() -> None:
    timeline = opened(BOARD)
    assert timeline.name == "My board"
    (video,), (audio,) = timeline.video_tracks(), timeline.audio_tracks()
    film, gap = video
    assert isinstance(gap, opentimelineio.schema.Gap)
    rate = 30000 / 1001
    assert film.source_range.start_time == opentimelineio.opentime.RationalTime(30, rate)
    assert film.source_range.end_time_exclusive() == opentimelineio.opentime.RationalTime(75, rate)
    assert (film.name, film.media_reference.name, film.media_reference.target_url) == (
        "Quote 1",
        "Council 1.mp4",
        "Council%201.mp4",
    )
    assert seconds(film.media_reference.available_range.duration) == pytest.approx(60, abs=0.04)
    both, sound = audio
    assert both.source_range == film.source_range
    assert sound.source_range.start_time == opentimelineio.opentime.RationalTime(44144, 44100)
    assert seconds(sound.source_range.duration) == pytest.approx(1.499, abs=0.0001)
    assert (sound.name, sound.media_reference.target_url) == ("Ça va, 東京", "%C3%A4%20b.mp3")
    assert seconds(video.duration()) == seconds(audio.duration())
    assert seconds(gap.source_range.duration) == seconds(sound.source_range.duration)


def test_metadata_tell_who_said_what_and_whether_it_is_confirmed() -> None:
    timeline = opened(BOARD)
    told = dict(timeline.video_tracks()[0][0].metadata["rapporteur"])
    assert told["text"] == "Quote 1"
    assert list(told["speakers"]) == ["ada"]
    assert (told["is_confirmed"], told["is_corrected"], told["link"]) == (False, True, LINK)
    assert (told["recording"], told["mark"], told["start_seconds"]) == ("a", f"{1:016x}", 1.001)
    (left_out,) = timeline.metadata["rapporteur"]["left_out"]
    assert (left_out["missing"], left_out["note"]) == ("It is gone.", "Why?")


def test_notes_are_markers_at_their_quotes_or_where_the_next_one_begins_or_the_last_one_ends() -> None:
    film = opened(BOARD).video_tracks()[0][0]
    _, sound = opened(BOARD).audio_tracks()[0]
    assert [(one.name, one.metadata["rapporteur"]["note"]) for one in film.markers] == [
        ("To begin with", "To\nbegin with")
    ]
    assert film.markers[0].comment == "To\nbegin with"
    assert film.markers[0].marked_range.start_time == film.source_range.start_time
    assert [one.name for one in sound.markers] == ["Between", "Why?", "At the end"]
    assert sound.markers[2].marked_range.start_time == sound.source_range.end_time_exclusive()
    (only,) = opened([quote(1, SOUND, note="Here")]).audio_tracks()[0]
    assert [one.name for one in only.markers] == ["Here"]
    (track,) = opened([quote(1, SOUND)]).tracks
    assert track.kind == "Audio"


def test_a_board_without_any_words_is_a_timeline_all_the_same() -> None:
    for entries in ([], [note("Alone")], [GONE], [quote(1, None)]):
        assert len(opened(entries).tracks) == 0
    assert json.loads(otio.write("x", [note("Alone")]))["metadata"]["rapporteur"]["left_out"][0]["note"] == "Alone"


@given(
    rate=st.sampled_from([0.0, 1.0, 12.5, 23.976, 24.0, 25.0, 29.97, 50.0, 59.94]),
    start=st.floats(0, 59.9),
    length=st.floats(0.001, 60),
)
def test_a_clip_holds_all_of_its_words_and_lies_within_its_recording(rate: float, start: float, length: float) -> None:
    end = min(start + length, 60.0)
    timeline = opened([quote(1, MediaInfo("mp4", 60.0, VideoStream(2, 2, rate)), start=start, end=end)])
    (clip,) = timeline.video_tracks()[0]
    taken, frame = clip.source_range, 1 / clip.source_range.duration.rate
    assert taken.duration.value >= 1
    whole = clip.media_reference.available_range.duration
    assert taken.start_time.value >= 0
    assert taken.end_time_exclusive().value <= whole.value
    assert taken.start_time.to_seconds() <= start + 1e-5
    assert taken.start_time.to_seconds() > start - frame - 1e-5 or taken.end_time_exclusive() == whole
    reached = taken.end_time_exclusive()
    assert reached.to_seconds() >= end - 1e-5 or reached.value == whole.value
