"""What administrators bring may be more than one set can have, or say the same thing over and over."""

from collections.abc import Iterator

import pytest

from chalicelib.domain import keys, names
from chalicelib.learning import lexicon, material_texts
from chalicelib.learning import material as rules
from chalicelib.learning.material import MaterialKind, MaterialPurpose, MaterialStage
from chalicelib.pipeline import material
from tests.harness.service import Service, running_service
from tests.pipeline.test_material import bring, packed, reasons, sound


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(PROBER="local.engines.pyav") as running:
        yield running


def text_of(service: Service, set_id: str) -> str:
    return service.services.outputs.read_text(f"{keys.material_of('en')}{set_id}/text.txt") or ""


def test_text_is_checked_some_files_a_message_and_put_together_in_order(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(material, "_TEXT_AT_ONCE", 30)
    sent = []
    go_on = material.go_on
    monkeypatch.setattr(material, "go_on", lambda *of: (sent.append(1), go_on(*of)))
    files = {f"{n}.txt": f"The words of number {n}.\r\n\r\n\tMore  here\n".encode() for n in range(6)}
    found = bring(service, {**files, "3.txt": b"\xff\xfe", "4.txt": b" \n--\n"}, MaterialKind.TEXT)
    assert (found.stage, found.files, found.words, found.members, found.lines) == (MaterialStage.READY, 4, 28, 6, 8)
    assert reasons(service, found) == {"3.txt": "material-no-text-file", "4.txt": "material-empty"}
    expected = "".join(f"The words of number {n}.\nMore here\n" for n in (0, 1, 2, 5))
    assert text_of(service, found.id) == expected
    assert len(sent) >= 3
    assert service.services.outputs.names(f"{keys.learning_of('everybody', 'en')}checked/{found.id}/parts/") == []


def test_a_text_may_be_so_large_and_all_of_a_set_too(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = {"a.txt": b"word " * (4 * 1024**2), "b.txt": b"Just these four words."}
    found = bring(service, {"two.zip": packed(inside), "c.txt": b"w" * (10 * 1024**2 + 1)}, MaterialKind.TEXT)
    assert (found.files, found.words) == (1, 4)
    assert reasons(service, found) == {"a.txt": "material-too-large", "c.txt": "material-too-large"}
    monkeypatch.setattr(rules, "MOST_SET_TEXT_BYTES", 40)
    files = {"1.txt": b"Just these four words.", "2.txt": b"Too much by now, alas.", "2.wav": sound(2)}
    found = bring(service, {name: data for name, data in files.items() if "wav" not in name}, MaterialKind.TEXT)
    assert (found.files, reasons(service, found)) == (1, {"2.txt": "material-too-much-text"})
    found = bring(service, {"1.wav": sound(2), **files})
    assert (found.files, reasons(service, found)) == (1, {"2.wav": "material-too-much-text"})


def test_so_many_lines_are_taken_and_the_file_that_has_more_is_named(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_LINES", 3)
    monkeypatch.setattr(material, "AT_ONCE", 1)
    found = bring(service, {"1.txt": b"one\ntwo", "2.txt": b"three\nfour", "3.txt": b"five"}, MaterialKind.TEXT)
    assert text_of(service, found.id) == "one\ntwo\nthree\n"
    assert (found.files, found.words, set(reasons(service, found).values())) == (2, 3, {"material-too-many-lines"})
    assert set(reasons(service, found)) == {"2.txt", "3.txt"}
    captions = "\n\n".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\nHello there" for n in (1, 2)).encode()
    files = {"a.wav": sound(4), "a.srt": captions, "b.wav": sound(4), "b.srt": captions}
    found = bring(service, files)
    assert (found.files, found.words, found.lines) == (2, 6, 3)
    assert reasons(service, found) == {"b.wav": "material-too-many-lines"}
    rows = b"file,text,start,end\n" + b"".join(b"c.wav,Hello there,%d,%d.9\n" % (n, n) for n in range(4))
    found = bring(service, {"c.wav": sound(4), "t.csv": rows})
    assert (found.words, reasons(service, found)) == (6, {"t.csv": "material-too-many-lines"})


def test_lists_of_words_are_taken_over_several_messages(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(material, "AT_ONCE", 1)
    monkeypatch.setattr(lexicon, "MOST", 3)
    files = {"1.txt": b"Kowalczyk\nBernoulli", "2.txt": b"kowalczyk\nEuler", "3.txt": b"Gauss", "4.txt": b"!!"}
    found = bring(service, files, MaterialKind.WORDS)
    assert (found.stage, found.files, found.words, found.members) == (MaterialStage.READY, 3, 3, 4)
    assert reasons(service, found) == {"3.txt": "material-too-many-lines", "4.txt": "lexicon-no-letters"}


def test_the_seconds_of_a_sound_are_never_more_than_it_has(service: Service) -> None:
    rows = b"file,text,start,end\n" + b"a.wav,Good morning everybody.,0,3\n" * 5_000 + b"a.wav,Good evening.,2.5,5\n"
    found = bring(service, {"a.wav": sound(12), "t.csv": rows})
    assert (found.files, found.words, found.seconds) == (1, 5, pytest.approx(5.0))
    assert reasons(service, found) == {"a.wav": "material-overlap"}
    assert found.left_out == 1
    cuts = [rules.Cut("word", start / 10, start / 10 + 0.4) for start in range(100)]
    for purpose in MaterialPurpose:
        good, wrong = rules.checked(cuts, 5.0, "en", purpose)
        assert rules.seconds_of((cut.start, cut.end or 0) for cut in good) <= 5.0
        assert [wrong[0].code, wrong[-1].code] == ["material-overlap", "material-beyond"]


def test_each_line_of_a_table_stands_for_itself(service: Service) -> None:
    rows = (
        'file,text,start,end\na.wav,"Not closed,0,1\na.wav,"Good" morning,0,1\na.wav,"Good, evening.",1,2.5\n'
        f"a.wav,{'x' * 200_000},2,3\n\nb.wav,Hello,0,1\n"
    )
    known = material_texts.by_same_name(["A.wav"])
    found = material_texts.table_in(rows.encode(), known, ["A.wav"])
    assert found.cuts == {"A.wav": [rules.Cut("Good, evening.", 1.0, 2.5)]}
    assert [(one.code, one.values["line"]) for one in found.wrong] == [
        ("material-bad-quote", 2),
        ("material-bad-quote", 3),
        ("material-long-field", 5),
        ("material-no-such-sound", 7),
    ]
    for header, code in (
        ("name,text", "material-no-header"),
        ('"file,text', "material-bad-quote"),
        ("", "material-empty"),
        ("x" * 200_000, "material-long-field"),
    ):
        with pytest.raises(rules.Unusable) as raised:
            material_texts.table_in(header.encode(), known, ["A.wav"])
        assert raised.value.reason.code == code


def test_captions_that_end_before_they_begin_are_told(service: Service) -> None:
    captions = b"1\n00:00:03,000 --> 00:00:01,000\nGood morning.\n\n2\n00:00:03,000 --> 00:00:04,000\nHello there\n"
    found = bring(service, {"a.wav": sound(5), "a.srt": captions})
    assert (found.words, reasons(service, found)) == (2, {"a.wav": "material-backwards"})


def test_what_is_in_zips_twice_is_told(service: Service) -> None:
    zips = {"1.zip": packed({"a.txt": b"One two."}), "2.zip": packed({"a.txt": b"Three."}), "b.txt": b"Four."}
    found = bring(service, zips, MaterialKind.TEXT)
    assert (found.files, found.words, reasons(service, found)) == (2, 3, {"a.txt": "material-twice"})


@pytest.mark.parametrize(
    "line",
    [
        "plain  words\n",
        "e\u0301te\u0301",
        "a\u00a0b",
        "\u3164x",
        "x\u200by",
        "\u202eexe",
        "今日は、ﾃﾝｷ　です",
        "a\tb\x0bc",
        "é \ufe0f",
    ],
)
def test_the_quick_way_to_a_tidy_line_is_the_usual_one(line: str) -> None:
    assert names.one_line(line) == " ".join(names.visible(line).split())
