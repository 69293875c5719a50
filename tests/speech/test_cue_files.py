"""Files of captions are read as their standard, or the programs that write them, have it; and nothing breaks it.

The cases of WebVTT are written from the words of https://www.w3.org/TR/webvtt1/ .
"""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.speech import captions
from chalicelib.speech.captions import Cue
from chalicelib.speech.cue_files import CueFormat, Said, read, read_subrip, read_webvtt

T = "00:00.000 --> 00:01.000"
HEAD = "WEBVTT\n\n"


def texts(file: str) -> list[str]:
    found = read_webvtt(file)
    assert found is not None
    return [cue.text for cue in found]


@pytest.mark.parametrize(
    "file", ["", "WEBVT", "webvtt\n\n", "WEBVTTx\n", "WEBVTT\x0b\n", " WEBVTT\n\n", "\ufeff\ufeffWEBVTT\n", "WEBVTT-\n"]
)
def test_what_does_not_begin_as_webvtt_does_is_none(file: str) -> None:
    assert read_webvtt(file) is None


@pytest.mark.parametrize(
    "head", ["WEBVTT\n\n", "WEBVTT \n\n", "WEBVTT\tfoo\n\n", "\ufeffWEBVTT foo --> bar\n", "WEBVTT\nX: y\nz\n\n"]
)
def test_the_header_may_say_more(head: str) -> None:
    assert texts(f"{head}{T}\na") == ["a"]
    assert texts(f"{head.replace(chr(10), chr(13))}{T}\ra") == ["a"]
    assert texts(f"{head.replace(chr(10), chr(13) + chr(10))}{T}\r\na\r\nb\r\n\r\n") == ["a\nb"]


def test_a_cue_may_follow_the_header_at_once_but_not_stand_in_its_first_line() -> None:
    assert texts(f"WEBVTT\n{T}\na") == ["a"]
    assert texts(f"WEBVTT {T}\na") == []
    assert texts("WEBVTT") == texts("WEBVTT\n") == texts("WEBVTT\n\n\n") == []


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("00:00.000", 0.0),
        ("59:59.999", 3599.999),
        ("0:00:01.000", 1.0),
        ("000:01:00.000", 60.0),
        ("60:00:00.000", 216_000.0),
        ("123:00:00.500", 442_800.5),
        ("9" * 5000 + ":00:00.000", 1_000_000.0),
    ],
)
def test_times_have_hours_or_not(written: str, seconds: float) -> None:
    for line in (f"{written} --> {written}", f"\t {written}-->{written}", f"{written}\f-->\t{written} align:end x:y"):
        found = read_webvtt(f"{HEAD}{line}\na")
        assert found is not None
        assert [(cue.start, cue.end) for cue in found] == [(seconds, seconds)]


@pytest.mark.parametrize(
    "wrong",
    [
        *("0:00.000", "000:00.000", "60:00.000", "00:60.000", "00:60:00.000", "00:00:60.000", "00:0:00.000"),
        *("00:000.000", "00:00.00", "00:00.0000", "00:00,000", "00:00", "0", "", ".", "-00:00.000", "+00:00.000"),
        *("00::00.000", "00:00..000", "0000.000", "00:00:00:00.000", "00:00.000x -", "00:00.000\x0b", "٠٠:٠٠.٠٠٠"),
    ],
)
def test_a_wrong_time_costs_its_cue_alone(wrong: str) -> None:
    assert texts(f"{HEAD}{wrong} --> 00:01.000\nlost\n\n{T}\nkept") == ["kept"]
    if wrong and not wrong.startswith("00:00.000"):
        assert texts(f"{HEAD}00:00.000 --> {wrong}\nlost\n\n{T}\nkept") == ["kept"]


def test_an_arrow_begins_another_cue_wherever_it_stands() -> None:
    assert texts(f"{HEAD}{T}\na\n{T}\nb\nfoo-->\n{T}\nc\n--->\n{T}\nd") == ["a", "b", "c", "d"]
    assert texts(f"{HEAD}-->\n{T}\na") == ["a"]


def test_names_of_cues_are_no_text() -> None:
    found = read_webvtt(f"{HEAD} a -- > b \n{T}\ntext\n\nno cue\nat all\n\none\ntwo\n{T}\nmore")
    assert found is not None
    assert [(cue.name, cue.text) for cue in found] == [(" a -- > b ", "text"), ("", "more")]


def test_notes_styles_and_regions_are_no_cues() -> None:
    blocks = "NOTE a\nnote\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:fred width:40%\nlines:3\n\nNOTE\n\n"
    assert texts(f"{HEAD}{blocks}{T} region:fred\nSTYLE\nNOTE is said\n\nNOTE over") == ["STYLE\nNOTE is said"]


def test_null_characters_are_replaced() -> None:
    assert read_webvtt(f"WEBVTT\0\n\n{T}\na") is None
    assert texts(f"{HEAD}{T}\n\0a\0b") == ["\ufffda\ufffdb"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("<v Fred>Hi, I'm Fred</v>", [("Fred", "Hi, I'm Fred")]),
        ("<v.first.loud Esme  O&amp;Neill>Hee!</v> <i>laughter</i>", [("Esme O&Neill", "Hee!"), (None, " laughter")]),
        ("<v Ada>a\n<v Bob>b", [("Ada", "a\n"), ("Bob", "b")]),
        ("<v Ada><b>a</b></v><v\tAda>b</v>", [("Ada", "ab")]),
        ("<v>nobody</v>", [(None, "nobody")]),
        ("a <00:00:01.000>b <c.yellow>c</c> <lang en-GB>d</lang>", [(None, "a b c d")]),
        ("<ruby>漢<rt>kan</rt>字</ruby>", [(None, "漢kan字")]),
        ("<rt>x</rt> <script>y</script> <V Ada>z</v>", [(None, "x y z")]),
        ("a &lt;b&gt; &amp;amp; &nbsp;| &lrm;&rlm; &copy; & &; &foo; &#x41;",
         [(None, "a <b> &amp; \xa0| \u200e\u200f \xa9 & &; &foo; A")]),
        ("a < b > c <", [(None, "a  c ")]),
        ("<v Ada", []),
        ("</v></></ruby>a", [(None, "a")]),
        ("<ruby>a<rt>b</ruby>c</i>", [(None, "abc")]),
    ],
)  # fmt: skip
def test_voices_are_speakers_and_tags_and_entities_are_read(written: str, said: list[tuple[str | None, str]]) -> None:
    found = read_webvtt(f"{HEAD}{T}\n{written}")
    assert found is not None
    assert found[0].said == tuple(Said(text, speaker) for speaker, text in said)


def test_an_escaped_voice_is_what_somebody_says() -> None:
    assert texts(f"{HEAD}{T}\n&lt;v Ada&gt;a") == ["<v Ada>a"]


SLOPPY = """\ufeff1
00:00:01,500 --> 00:00:02,000  X1:40 X2:600 Y1:20 Y2:50
<i>Hello</i> {\\an8}there,\\Nyou &amp; <font color="#fff">me</font>

2
0:0:3.5-->0:0:4
no empty line before the next
3
00:00:05:000 --> 00:00:06:000

text after an empty line

it goes on
4

00:07 ---> 00:08
a < b and {c}

1984
00:00:09,00 --> 00:00:10,0
1984

00:00:11,000 --> 00:00:12,000"""


def test_subrip_is_read_as_people_write_it() -> None:
    for file in (SLOPPY, SLOPPY.replace("\n", "\r\n"), SLOPPY.replace("\n", "\r")):
        kind, found = read(file)
        assert kind is CueFormat.SUBRIP
        assert [(cue.start, cue.end, " ".join(cue.text.split())) for cue in found] == [
            (1.5, 2.0, "Hello there, you & me"),
            (3.5, 4.0, "no empty line before the next"),
            (5.0, 6.0, "text after an empty line it goes on 4"),
            (7.0, 8.0, "a < b and {c}"),
            (9.0, 10.0, "1984"),
        ]


def test_what_is_written_here_is_read_again_as_it_was() -> None:
    cues = [Cue(0.5, 2.25, ("What --> is <i>this</i>", "& that?"), "Ada <A>"), Cue(3600.0, 3601.0, ("No.",), "Bob")]
    kind, found = read(captions.to_webvtt(cues))
    assert kind is CueFormat.WEBVTT
    assert [(cue.start, cue.end, cue.said) for cue in found] == [
        (0.5, 2.25, (Said("What --> is <i>this</i>\n& that?", "Ada <A>"),)),
        (3600.0, 3601.0, (Said("No.", "Bob"),)),
    ]
    kind, found = read(captions.to_srt(cues))
    assert (kind, [(cue.start, cue.end) for cue in found]) == (CueFormat.SUBRIP, [(0.5, 2.25), (3600.0, 3601.0)])


ODD = st.text(st.sampled_from("WEBVT \t\n\r\0\f-->:.,0159<>/&;vcrubyt{}\\漢é"), max_size=300)


@given(ODD | st.text(max_size=200))
def test_nothing_breaks_it(text: str) -> None:
    for file in (text, f"WEBVTT\n\n{T}\n{text}", f"1\n00:00:01,000 --> 00:00:02,000\n{text}"):
        _, found = read(file)
        assert found == sorted(found, key=lambda cue: cue.start)
        assert all(cue.text.strip() and cue.start >= 0 and "\0" not in cue.text for cue in found)
        assert read_subrip(file) is not None


@pytest.mark.parametrize(
    "bad",
    ["<" * 500_000, "<v a>" * 200_000, "<i>a" * 250_000, "&" * 500_000, f"{T}\na\n" * 30_000, "\n" * 900_000,
     "0" * 900_000, f"00:00{' ' * 900_000}x", f"{'9:' * 400_000}", "<a" * 400_000, "{\\" * 400_000, "-->\n" * 200_000],
    ids=range(12),
)  # fmt: skip
def test_a_file_that_was_made_to_be_slow_is_not(bad: str) -> None:
    began = time.process_time()
    read(f"WEBVTT\n\n{T}\n{bad}")
    read(f"00:00:01,000 --> 00:00:02,000\n{bad}")
    assert time.process_time() - began < 8, "seconds: linear in the file"
