"""The lexicon: what is kept, what engines are told of it, and Transcribe's table."""

import pytest

from chalicelib.learning.lexicon import LARGEST_IMPORT, Entry, LexiconFault, Source, hints, imported, in_order, table


def entry(text: str, language: str = "en", source: Source = Source.TYPED, added_at: float = 1.0) -> Entry:
    return Entry(text, language, source, added_at)


def test_a_file_is_read_line_by_line_and_tidied() -> None:
    data = "\ufeff# names\nRapporteur,rapport tour,Raptor\n\n  Anna\u00a0 Kowalczyk \nrapporteur\n".encode()
    found = imported(data, "en", 5.0)
    assert [(one.text, one.heard_as, one.source, one.added_at) for one in found] == [
        ("Rapporteur", ("rapport tour", "Raptor"), Source.IMPORTED, 5.0),
        ("Anna Kowalczyk", (), Source.IMPORTED, 5.0),
    ]
    assert [one.text for one in imported(b"CLI\tcee el eye\nAPI\n", "en", 1.0)] == ["CLI", "API"]


@pytest.mark.parametrize("ends", ["\r", "\n", "\r\n"])
def test_lines_may_end_as_any_system_ends_them(ends: str) -> None:
    found = imported(ends.join(['"Smith, Ada",x', "b", "", 'c "d" e']).encode(), "en", 1.0)
    assert [one.text for one in found] == ["Smith, Ada", "b", 'c "d" e']


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xff\xfe\x00", "lexicon-no-text"),
        (b"ok\n" + b"x" * 101, "lexicon-too-long"),
        (b"ok\n...\n", "lexicon-no-letters"),
        (b"ok\nRapporteur," + b"x" * 101, "lexicon-too-long"),
        (b"ok\nRapporteur,--", "lexicon-no-letters"),
        (b"ok\nRapporteur," + b",".join(b"x%d" % number for number in range(11)), "lexicon-too-many-spellings"),
        (b'ok\n"' + b"x" * 200_000 + b'"', "lexicon-unreadable-line"),
        (b'ok\n"Bob\nAlice"\n', "lexicon-unreadable-line"),
        ("\n".join(f"word{number}" for number in range(5_001)).encode(), "lexicon-too-many"),
    ],
)
def test_what_cannot_be_read_says_where(data: bytes, code: str) -> None:
    assert len(data) < LARGEST_IMPORT
    with pytest.raises(LexiconFault) as failed:
        imported(data, "en", 1.0)
    assert failed.value.failure.code == code
    assert failed.value.failure.values.get("line", 2) == 2


def test_hints_are_of_the_language_what_a_person_typed_first_and_no_more_than_is_heeded() -> None:
    found = [
        entry("Learnt", source=Source.LEARNT, added_at=9.0),
        entry("Old"),
        entry("New", added_at=2.0),
        entry("Été", "fr"),
    ]
    assert hints(in_order(found), "en-GB") == ("New", "Old", "Learnt")
    assert hints(in_order(found), None) == ("New", "Old", "Été", "Learnt")


@pytest.mark.parametrize(
    ("written", "phrase"),
    [
        ("CLI", "C.L.I."),
        ("ABCs", "A.B.C.-s"),
        ("FBI's", "F.B.I.-s"),
        ("DynamoDB", "Dynamo-D.B."),
        ("VX02Q", "V.X.-zero-two-Q."),
        ("VX02", "V.X.-zero-two"),
        ("Los Angeles", "Los-Angeles"),
        ("Andorra la Vella", "Andorra-la-Vella"),
        ("Eva-Maria", "Eva-Maria"),
        ("HTMLParser", "H.T.M.L.-Parser"),
        ("iOS 17", "i-O.S.-one-seven"),
        ("COVID-19", "C.O.V.I.D.-one-nine"),
        ("U.S. Steel", "U.S.-Steel"),
        ("F.B.I", "F.B.I."),
        ("Dr. McDonald", "Dr-McDonald"),
        ("O’Brien", "O'Brien"),
        ("eBay", "eBay"),
        ("Amazon.com", None),
        ("version 2.0", None),
        ("e.g.", None),
        ("...", None),
    ],
)
def test_a_phrase_is_written_as_aws_documents_it(written: str, phrase: str | None) -> None:
    """https://docs.aws.amazon.com/transcribe/latest/dg/custom-vocabulary-create-table.html"""
    made, left_out = table([entry(written)], "en-US")
    found = [line.split("\t") for line in made.splitlines()[1:]]
    assert found == ([] if phrase is None else [[phrase, "", "", written]])
    assert [one.text for one in left_out] == ([] if phrase else [written])


def test_transcribes_table_has_what_it_wants_and_says_what_it_cannot_have() -> None:
    found = [entry("Anna Kowalczyk"), entry("CLI"), entry("Boeing 747"), entry("anna kowalczyk"), entry("서울")]
    made, left_out = table(found, "en-US")
    assert made.splitlines() == [
        "Phrase\tSoundsLike\tIPA\tDisplayAs",
        "Anna-Kowalczyk\t\t\tAnna Kowalczyk",
        "C.L.I.\t\t\tCLI",
        "Boeing-seven-four-seven\t\t\tBoeing 747",
    ]
    assert [one.text for one in left_out] == ["서울"]
    many = [
        entry(f"Name{chr(97 + at % 26)}{'x' * (at % 60)}{chr(97 + at // 26 % 26)}{chr(97 + at // 676)}")
        for at in range(3_000)
    ]
    made, left_out = table(many, "en")
    assert len(made.encode()) <= 50 * 1024
    assert left_out
    assert table([entry("東京", "ja")], "ja-JP")[0].splitlines()[1] == "東京\t\t\t東京"
    assert table([entry("x")], "tlh")[1]
