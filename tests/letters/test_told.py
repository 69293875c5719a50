"""What owners are told of the work on their recordings: said once in the code, and in every language."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file

from chalicelib.domain.assets import Options
from chalicelib.domain.media import AudioStream, MediaInfo
from chalicelib.letters.letter import Reader
from chalicelib.letters.wording import LANGUAGES, Wording
from chalicelib.message import Message
from chalicelib.pipeline.plan import chosen
from tests.harness.places import ROOT

CODE = [*ROOT.glob("chalicelib/**/*.py"), *ROOT.glob("local/**/*.py")]
HOSTILE = "100 % %(code)s {0.__class__} <b>"


def told() -> Iterator[tuple[str, str, Path]]:
    """Each message with its code, its English and where it stands; without either where it is put together there."""
    for path in CODE:
        if "Message(" not in path.read_text():
            continue
        codes = [code for _, code, _, _ in extract_from_file("python", path, {"Message": (1,)})]
        texts = [text for _, text, _, _ in extract_from_file("python", path, {"Message": (2,)})]
        for code, text in zip(codes, texts, strict=True):
            yield code, text, path


TOLD = list(told())
"""Of every message: its code, its English, and the file that says it."""


def words(language: str) -> Wording:
    return Wording.of(Reader(language))


def test_the_messages_are_found() -> None:
    assert len(TOLD) > 100


def test_a_code_has_one_sentence_and_a_sentence_one_code() -> None:
    for at in (0, 1):
        assert [one for one, times in Counter(message[at] for message in TOLD).items() if times > 1] == []


def test_a_code_is_a_few_plain_words() -> None:
    assert [code for code, _, _ in TOLD if not re.fullmatch(r"[a-z]+(-[a-z]+)*", code)] == []


def test_each_message_is_used() -> None:
    used = Counter(word for path in CODE for word in re.findall(r"\w+", path.read_text()))
    named = {name for path in CODE for name in re.findall(r"^(\w+) = (?:\w+\()?Message\(", path.read_text(), re.M)}
    assert len(named) > 100
    assert [name for name in named if used[name] == 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_stands_in_a_message_is_shown_as_it_is_and_filled_in_once(language: str) -> None:
    for code, english, _ in TOLD:
        places = re.findall(r"%\((\w+)\)s", english)
        said = words(language).sentence(Message(code, english, dict.fromkeys(places, HOSTILE)))
        assert said.count(HOSTILE) >= len(set(places)), code


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "6.2 GB, $25.00, 1 hr, 2 min, French, 1:02:03 and 4:05, Sound (MP3), 1,234, a and b, 2 (Korean)"),
        (
            "fr",
            "6,2 Go, 25,00 $US, 1 h et 2 min, français, 1:02:03 et 4:05, Son (MP3), 1 234, a et b, 2 (coréen)",
        ),
    ],
)
def test_values_are_written_as_the_reader_writes_them(language: str, said: str) -> None:
    places = ("most_bytes", "usd", "seconds", "language", "times", "rendition", "count", "names", "track")
    message = Message("all", ", ".join(f"%({place})s" for place in places)).of(
        most_bytes=6_200_000_000,
        usd=25.0,
        seconds=3720.4,
        language="fr",
        times=(3723.0, 245.9),
        rendition="audio",
        count=1234,
        names=("a", "b"),
        track=Message("track-spoken", "%(number)s (%(language)s)").of(number=2, language="ko"),
    )
    assert re.sub(r"[\s\u00a0\u202f]+", " ", words(language).sentence(message)) == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_strangers_sentence_is_shown_in_its_english_with_what_it_has(language: str) -> None:
    own = words(language)
    assert own.sentence(Message("moon", "The moon stood %(how)s.", {"how": "wrong"})) == "The moon stood wrong."
    assert own.sentence(Message("moon", "100 % %(name)s {x} %s %d")) == "100 % … {x} %s %d"
    assert own.sentence(Message("moon", "")) == "moon"


def test_what_failed_is_told_in_the_readers_language_down_to_its_reasons() -> None:
    refused = Message("summary-declined", "The model declined to sum up this recording.")
    nested = Message("no-summary", "There is no summary: %(reason)s", {"reason": refused})
    expected = "Il n’y a pas de résumé\xa0: Le modèle a refusé de résumer cet enregistrement."
    assert words("fr").sentence(nested) == expected
    assert words("fr").document(nested) == {
        "code": "no-summary",
        "message": expected,
        "values": {
            "reason": {
                "code": "summary-declined",
                "message": "Le modèle a refusé de résumer cet enregistrement.",
                "values": {},
            }
        },
    }
    assert str(nested) == "There is no summary: The model declined to sum up this recording."


def test_a_message_comes_back_from_a_document_as_it_was() -> None:
    inner = Message("inner", "It was %(what)s.", {"what": "late"})
    message = Message("outer", "%(reason)s %(times)s %(tracks)s").of(reason=inner, times=(1.5, 2), tracks=(inner, "…"))
    assert Message.from_json(message.to_json()) == message
    assert hash(Message.from_json(message.to_json())) == hash(message)
    for broken in ({}, {"code": "x", "english": "y"}, {"code": "x", "english": "y", "values": None}, None):
        with pytest.raises((LookupError, TypeError, AttributeError)):
            Message.from_json(broken)  # type: ignore[arg-type]


def test_languages_of_tracks_are_called_as_the_reader_calls_them_and_titles_as_they_are() -> None:
    tracks = (
        AudioStream("aac", 48_000, 2, number=2, language="fr", title="1 (German)"),
        AudioStream("aac", 48_000, 2, number=1, title="<b>English</b>; 3 (x"),
        AudioStream("aac", 48_000, 2, number=3, language="qqq"),
        AudioStream("aac", 48_000, 2, number=4),
        AudioStream("aac", 48_000, 2, number=5, language="pt"),
    )
    media = MediaInfo("matroska", 9.0, None, tracks[0], others=tracks[1:])
    _, (note,) = chosen(media, Options(), hears_channels=False)
    assert "This one was used: 2 (French, “1 (German)”)." in words("en").sentence(note)
    said = words("fr").sentence(note).replace("\xa0", " ")
    assert "pistes sonores" in said
    assert "2 (français, « 1 (German) »)" in said
    assert ": 1 (« <b>English</b>; 3 (x »), 3 (qqq), 4 et 5 (portugais)." in said
