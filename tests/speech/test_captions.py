"""Captions that can be read, that players can read, and that hold whatever a transcript holds."""

import html
import json
import re
import subprocess
import tempfile
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pysubs2
import pytest
import srt
import webvtt
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from chalicelib.speech import captions
from chalicelib.speech.captions import Cue, cues, to_srt, to_text, to_webvtt
from chalicelib.speech.transcribe_json import read_transcript, transcribe_document
from chalicelib.speech.transcripts import Segment, Transcript, Word
from tests.harness import talk
from tests.harness.shared_data import shared


def sample() -> Transcript:
    return read_transcript(talk.speakers())


def real() -> Transcript:
    """What the service made of a real reading."""
    return read_transcript(json.loads(shared("transcribe/03-speaker-identification.json").read_text()))


def transcript_of(words: list[Word], language: str | None = "en-US") -> Transcript:
    return read_transcript(transcribe_document("job", words, language))


def spoken(text: str, pause: float = 0.0, speaker: str | None = None, start: float = 0.0) -> list[Word]:
    """A word every 0.3 s and a pause."""
    words = []
    for at, written in enumerate(text.split()):
        bare = written.rstrip(".,?!")
        begin = start + at * (0.3 + pause)
        words.append(Word(round(begin, 3), round(begin + 0.3, 3), bare, 1.0, written[len(bare) :], speaker))
    return words


def ms(seconds: float) -> int:
    return round(seconds * 1000)


def shown(made: list[Cue]) -> list[tuple[str, ...]]:
    return [cue.lines for cue in made]


def check_limits(made: list[Cue]) -> None:
    for cue in made:
        assert 1 <= len(cue.lines) <= 2
        assert all(line == line.strip() and line for line in cue.lines)
        assert all(cell_len(line) <= 42 for line in cue.lines)
        assert 250 <= ms(cue.end) - ms(cue.start) <= 7000
        assert cue.start >= 0
    for before, after in pairwise(made):
        assert ms(before.end) <= ms(after.start)
        is_hurried = ms(before.end) - ms(before.start) < 1000
        assert not is_hurried or ms(after.start) == ms(before.end), "it makes way for the next"
    assert not made or ms(made[-1].end) - ms(made[-1].start) >= 1000


def letters(text: str) -> str:
    return "".join(text.split())


def check_words(made: list[Cue], words: list[Word]) -> None:
    """Every word is there, in order, under its own speaker, and not before its time."""
    owners = [word for word in words for _ in letters(word.written)]
    assert "".join(letters("".join(cue.lines)) for cue in made) == "".join(letters(word.written) for word in words)
    at = 0
    for cue in made:
        size = len(letters("".join(cue.lines)))
        first, last = owners[at], owners[at + size - 1]
        at += size
        assert {word.speaker for word in owners[at - size : at]} == {cue.speaker}
        assert ms(cue.start) >= ms(first.start)
        assert ms(cue.end) <= ms(last.end) + 750 or ms(cue.end) - ms(cue.start) <= 1000


def check_files(made: list[Cue]) -> None:
    """An independent library reads the same cues from both files."""
    read_srt = pysubs2.SSAFile.from_string(to_srt(made), format_="srt")
    assert [(line.start, line.end) for line in read_srt] == [(ms(cue.start), ms(cue.end)) for cue in made]
    safe = str.maketrans("<>{}\\", "‹›()∖")
    changes = [
        before is not None and before.speaker != cue.speaker for before, cue in zip([None, *made], made, strict=False)
    ]
    shown = [
        ("- " if other else "") + "\n".join(cue.lines).translate(safe) for other, cue in zip(changes, made, strict=True)
    ]
    assert [line.plaintext for line in read_srt] == shown
    assert [subtitle.content for subtitle in srt.parse(to_srt(made))] == [line.plaintext for line in read_srt]

    read_vtt = pysubs2.SSAFile.from_string(to_webvtt(made), format_="vtt")
    assert [(line.start, line.end) for line in read_vtt] == [(ms(cue.start), ms(cue.end)) for cue in made]
    again = webvtt.WebVTT.from_string(to_webvtt(made), strict=True)
    assert [html.unescape(re.sub("<v .*?>", "", cue.raw_text)) for cue in again] == ["\n".join(c.lines) for c in made]


# --- properties -----------------------------------------------------------------------------------------------------

plain_words = st.text("abcdefghij", min_size=1, max_size=14)
words_of_all_kinds = st.one_of(
    plain_words,
    plain_words,
    st.sampled_from(
        ["the", "and", "because", "我们", "今天", "これは", "สวัสดี", "안녕하세요", "ｗｉｄｅ", "x" * 43, "长" * 50]
    ),
)
hostile_words = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "-->",
        "1 --> 2",
        "&amp;",
        "a\x00b",
        "a\n\nb",
        "\u202eabc",
        "<v>",
        "{\\an8}",
        "a\\Nb",
        "NOTE",
        "STYLE",
        "WEBVTT",
        "\u2028",
        "\x85",
        "&",
        "<",
        ">",
        "half a pair \ud800",
        "\ufeff",
        " ",
        "",
    ]
)


@st.composite
def word_lists(draw: Any, texts: st.SearchStrategy[str] = words_of_all_kinds) -> list[Word]:
    words: list[Word] = []
    now = 0.0
    speakers = draw(st.sampled_from([[None], ["a"], ["a", "b"], [None, "Ann <&> Bob"]]))
    speaker = speakers[0]
    for _ in range(draw(st.integers(0, 40))):
        now += draw(st.sampled_from([0, 0, 0, 0, 0.05, 0.3, 0.8, 1.5, 2.5, 9]))
        length = draw(st.sampled_from([0, 0.01, 0.2, 0.3, 0.5, 0.9, 12]))
        if draw(st.integers(0, 9)) == 0:
            speaker = draw(st.sampled_from(speakers))
        marks = draw(st.sampled_from(["", "", "", "", ",", ".", "?"]))
        words.append(Word(round(now, 3), round(now + length, 3), draw(texts), 1.0, marks, speaker))
        now += length
    return words


@settings(max_examples=200, deadline=None)
@given(word_lists())
@example(spoken("go " * 100, pause=-0.29))
@example([Word(5.0, 5.0, "all", 1.0)] * 100)
@example([Word(0.0, 0.0, "x" * 300, 1.0)])
@example([Word(at / 10, at / 10 + 0.1, "hm", 1.0, "", "ab"[at % 2]) for at in range(30)])
def test_cues_keep_within_every_limit_and_lose_no_word(words: list[Word]) -> None:
    made = cues(transcript_of(words))
    check_limits(made)
    check_words(made, words)
    check_files(made)


@settings(max_examples=100, deadline=None)
@given(word_lists(words_of_all_kinds | hostile_words), st.booleans())
def test_hostile_words_break_neither_limits_nor_files(words: list[Word], is_read: bool) -> None:
    segments = (Segment(tuple(words)),) if words else ()
    made = cues(transcript_of(words) if is_read else Transcript(segments))
    check_limits(made)
    check_files(made)
    to_srt(made).encode(), to_webvtt(made).encode(), to_text(Transcript(segments)).encode()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 40), plain_words, st.sampled_from("ab")), max_size=30))
def test_speakers_who_talk_at_once_still_make_cues_within_the_limits(said: list[tuple[int, int, str, str]]) -> None:
    items = [
        {
            "type": "pronunciation",
            "start_time": start / 10,
            "end_time": (start + length) / 10,
            "alternatives": [{"content": text}],
            "channel_label": label,
        }
        for start, length, text, label in sorted(said)
    ]
    transcript = read_transcript({"results": {"items": items, "channel_labels": {}}})
    made = cues(transcript)
    check_limits(made)
    check_files(made)
    assert sorted(letters("".join(sum((cue.lines for cue in made), ())))) == sorted(
        "".join(text for *_, text, _ in said)
    )


# --- where cues and lines break -------------------------------------------------------------------------------------


def test_a_talk_breaks_where_its_phrases_end() -> None:
    made = cues(sample())
    check_limits(made)
    check_words(made, list(sample().words()))
    check_files(made)
    assert shown(made)[:3] == [
        ("Hello, and welcome to our debate.",),
        ("Should the city make", "public transportation free?"),
        ("I love this plan, because public", "transportation is good for workers,"),
    ]
    at_a_phrase = [before.lines[-1][-1] in ".,?" for before, after in pairwise(made)]
    assert sum(at_a_phrase) > 0.75 * len(at_a_phrase)


def test_a_real_recording_breaks_where_its_phrases_end() -> None:
    made = cues(real())
    check_limits(made)
    check_words(made, list(real().words()))
    check_files(made)
    assert shown(made)[:3] == [
        ("She was gone out into the", "village on some errand when,"),
        ("as she was descending this steep street,", "her foot slipped on the ice and she fell."),
        ("He was dark and no one saw her mischance", "till after a time."),
    ]
    at_a_phrase = [before.lines[-1][-1] in ".," or after.start > before.end for before, after in pairwise(made)]
    assert sum(at_a_phrase) > 0.75 * len(at_a_phrase)


def test_lines_break_before_a_conjunction_rather_than_after_it() -> None:
    [cue] = cues(transcript_of(spoken("they walked along the river because nobody wanted them")))
    assert cue.lines == ("they walked along the river", "because nobody wanted them")


def test_one_line_is_used_where_one_is_enough() -> None:
    assert shown(cues(transcript_of(spoken("Buses are wonderful, nobody hates them.")))) == [
        ("Buses are wonderful, nobody hates them.",)
    ]


def test_short_answers_share_a_cue_but_two_speakers_never_do() -> None:
    alone = spoken("No. Yes.", speaker="a")
    assert shown(cues(transcript_of(alone))) == [("No. Yes.",)]
    both = spoken("No.", speaker="a") + spoken("Yes.", speaker="b", start=0.3)
    assert [(cue.lines, cue.start, cue.end, cue.speaker) for cue in cues(transcript_of(both))] == [
        (("No.",), 0.0, 1.0, "a"),
        (("Yes.",), 1.0, 2.0, "b"),
    ]


def test_no_cue_reaches_across_a_silence() -> None:
    words = spoken("one two", start=1) + spoken("three four", start=3.2)
    assert [(cue.lines[0], cue.start, cue.end) for cue in cues(transcript_of(words))] == [
        ("one two", 1.0, 2.35),
        ("three four", 3.2, 4.55),
    ]


def test_a_cue_that_is_too_short_is_extended_into_the_silence_after_it() -> None:
    [cue] = cues(transcript_of([Word(4.0, 4.1, "No", 1.0, ".")]))
    assert (cue.start, cue.end) == (4.0, 5.0)


def test_delayed_cues_catch_up_with_the_speech() -> None:
    crowd = [Word(0, 0, "hey", 1.0, "!", f"s{at}") for at in range(5)]
    made = cues(transcript_of([*crowd, *spoken("calm again", start=20.0, speaker="a")]))
    assert [cue.start for cue in made] == [0, 1, 1.5, 1.75, 2, 20]


def test_cues_of_a_quick_exchange_never_fall_far_behind() -> None:
    """Two people answer each other word by word, for twenty seconds."""
    words = [Word(at * 0.4, at * 0.4 + 0.3, "no", 1.0, "!", "ab"[at % 2]) for at in range(50)]
    made = cues(transcript_of([*words, *spoken("calm again", start=20.5, speaker="a")]))
    check_limits(made)
    assert max(cue.start - word.start for cue, word in zip(made, words, strict=False)) <= 1.75
    assert made[-1].start == pytest.approx(20.5, abs=1.5)


def test_a_word_longer_than_a_line_is_split_in_even_pieces() -> None:
    [cue] = cues(transcript_of([Word(0, 3, "x" * 50, 1.0, ".")]))
    assert cue.lines == ("x" * 26, "x" * 24 + ".")


def test_wide_characters_take_two_columns_and_no_spaces() -> None:
    words = [
        Word(at * 0.3, at * 0.3 + 0.3, text) for at, text in enumerate(["我们", "今天", "讨论", "公共", "交通"] * 4)
    ]
    made = cues(transcript_of(words, "zh-CN"))
    check_limits(made)
    assert all(" " not in line for cue in made for line in cue.lines)
    assert 16 < max(cell_len(line) for cue in made for line in cue.lines) <= 32


def test_korean_keeps_its_spaces() -> None:
    words = [Word(0, 0.5, "안녕하세요"), Word(0.5, 1, "여러분", 1.0, ".")]
    assert shown(cues(transcript_of(words, "ko-KR"))) == [("안녕하세요 여러분.",)]


# --- files ----------------------------------------------------------------------------------------------------------


def test_silence_makes_valid_empty_files() -> None:
    assert (to_srt([]), to_webvtt([]), to_text(Transcript(()))) == ("", "WEBVTT\n", "")
    assert cues(Transcript(())) == []


def test_webvtt_names_the_speaker_and_escapes_what_it_must() -> None:
    cue = Cue(1.5, 3.0, ("a < b && c --> d", "</v><script>"), "Ann <b>\n& Bob")
    assert to_webvtt([cue]) == (
        "WEBVTT\n\n00:00:01.500 --> 00:00:03.000\n"
        "<v Ann &lt;b&gt; &amp; Bob>a &lt; b &amp;&amp; c --&gt; d\n&lt;/v&gt;&lt;script&gt;\n"
    )


def test_srt_holds_no_markup() -> None:
    cue = Cue(1.5, 3.0, ("<i>a --> b", "{\\an8}"), "Ann")
    assert to_srt([cue]) == "1\n00:00:01,500 --> 00:00:03,000\n‹i›a --› b\n(∖an8)\n\n"


def test_a_recording_may_last_longer_than_a_hundred_hours() -> None:
    made = cues(transcript_of([Word(500_000.0, 500_002.0, "late")]))
    assert "138:53:20.000 --> 138:53:22.750" in to_webvtt(made)
    assert "138:53:20,000 --> 138:53:22,750" in to_srt(made)


def test_ffmpeg_reads_the_webvtt_as_we_do() -> None:
    made = cues(sample())
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "captions.vtt"
        source.write_text(to_webvtt(made))
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(source), "-f", "srt", "-"]
        converted = subprocess.run(command, capture_output=True, check=True, timeout=30).stdout.decode()
    assert [(ms(line.start.total_seconds()), line.content) for line in srt.parse(converted)] == [
        (ms(cue.start), "\n".join(cue.lines)) for cue in made
    ]


def test_the_text_has_names_and_times_where_they_change() -> None:
    first, second = spoken("Good morning.", speaker="Ann"), spoken("Morning!", speaker="Bob", start=3723.4)
    assert to_text(transcript_of(first + second)) == "[0:00:00] Ann: Good morning.\n\n[1:02:03] Bob: Morning!\n"
    assert to_text(transcript_of(spoken("Good morning."))) == "[0:00:00] Good morning.\n"


def test_a_paragraph_of_the_text_is_one_line_with_every_word() -> None:
    for transcript in (sample(), transcript_of([Word(at, at + 1, "讨论公共交通") for at in range(40)], "zh-CN")):
        written = to_text(transcript)
        assert re.sub(r"(?m)^\[[\d:]+\]( Speaker \d:)? ", "", written) == transcript.text + "\n"


def test_a_cue_as_json_has_the_names_of_the_analysis_document() -> None:
    assert Cue(1.0, 2.0, ("one", "two"), "a").to_json() == {
        "StartTime": 1.0,
        "EndTime": 2.0,
        "Speaker": "a",
        "Lines": ["one", "two"],
    }


# --- size -----------------------------------------------------------------------------------------------------------


def test_ten_hours_are_cut_as_their_parts_would_be() -> None:
    period, repeats = 145.0, 250
    words = list(sample().words())
    shifted = [
        Word(
            round(word.start + period * at, 3),
            round(word.end + period * at, 3),
            word.text,
            1.0,
            word.punctuation,
            word.speaker,
        )
        for at in range(repeats)
        for word in words
    ]
    one = cues(transcript_of(words))
    made = cues(transcript_of(shifted))
    assert [cue.lines for cue in made] == [cue.lines for cue in one] * repeats
    assert [(ms(cue.start), ms(cue.end)) for cue in made] == [
        (ms(cue.start + period * at), ms(cue.end + period * at)) for at in range(repeats) for cue in one
    ]


@pytest.mark.parametrize("text", ["word", "字", "x", "supercalifragilistic"])
def test_the_work_grows_with_the_words_and_no_faster(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    steps = 0
    cost = captions._cue_cost

    def counted(*given: Any) -> float:
        nonlocal steps
        steps += 1
        return cost(*given)

    monkeypatch.setattr(captions, "_cue_cost", counted)
    taken = []
    for count in (1000, 4000):
        steps = 0
        cues(Transcript((Segment(tuple(Word(at * 0.1, at * 0.1 + 0.1, text) for at in range(count))),)))
        taken.append(steps)
    assert taken[1] <= 4.2 * taken[0]


@pytest.mark.parametrize(
    ("language", "columns", "phrases"),
    [
        ("ja-JP", 26, "市は すべての 人の ために 公共交通機関を 無料に するべきでしょうか 私は この 計画が 好きです"),
        ("zh-CN", 32, "我 非常 喜欢 这个 计划 因为 公共交通 对 工人 和 孩子 都 有 好处 但是 城市 没有 钱"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_where_there_are_no_spaces_lines_break_between_phrases(
    language: str, columns: int, phrases: str, size: int
) -> None:
    """Whatever an engine takes for words."""
    said = phrases.replace(" ", "")
    pieces = [said[at : at + size] for at in range(0, len(said), size)]
    words = [Word(at * size * 0.15, (at + 1) * size * 0.15, piece) for at, piece in enumerate(pieces)]
    shown = [line for cue in cues(read_transcript(transcribe_document("job", words, language))) for line in cue.lines]
    assert "".join(shown) == said
    assert len(shown) > 1
    assert all(cell_len(line) <= columns for line in shown)
    if size == 1:
        bounds = set(accumulate(map(len, phrases.split())))
        assert set(accumulate(map(len, shown))) <= bounds, shown


def test_korean_breaks_between_words_and_its_lines_are_short() -> None:
    said = "도시는 대중교통을 무료로 해야 할까요 저는 이 계획이 마음에 듭니다 노동자와 아이들에게 좋습니다".split()  # noqa: SIM905
    words = [Word(at * 0.5, at * 0.5 + 0.4, word) for at, word in enumerate(said)]
    made = cues(read_transcript(transcribe_document("job", words, "ko-KR")))
    shown = [line for cue in made for line in cue.lines]
    assert " ".join(shown).split() == said
    assert max(map(cell_len, shown)) <= 32
