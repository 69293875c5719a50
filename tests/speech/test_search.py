"""Finds what was said, as people type it."""

from chalicelib.domain.tracks import Moment, Page, Passage
from chalicelib.speech import captions
from chalicelib.speech.search import matches
from chalicelib.speech.transcribe_json import read_transcript, transcribe_document
from chalicelib.speech.transcripts import Word


def heard(*words: Word) -> list[Passage]:
    document = transcribe_document("owner-1.0123456789.v1.transcript", words, None)
    srt = captions.to_srt(captions.cues(read_transcript(document)))
    return list(captions.passages(srt.encode()))


def said(*texts: str, pause: float = 0.0) -> list[Passage]:
    return heard(*(Word(at * (1 + pause), at * (1 + pause) + 0.5, text) for at, text in enumerate(texts)))


def test_capitals_line_breaks_and_the_ends_of_captions_do_not_matter() -> None:
    sentence = "Night buses carry whoever cleans the city while the rest of it sleeps"
    talk = said(*(3 * sentence.split(" ")), pause=1.0)
    assert len(matches(talk, "SLEEPS   night", 9)) == 2
    assert len(matches(talk, "night", 2)) == 2, "no more than asked for"
    found = matches(talk, "whoever cleans", 9)
    starts = [one.place.start for one in found if isinstance(one.place, Moment)]
    assert len(starts) == 3
    assert starts == sorted(starts)
    assert "whoever cleans the city" in found[0].text


def test_scripts_without_spaces_are_found_with_and_without_them() -> None:
    talk = said("夜行", "バス", "は", "素晴らしい", "。")
    assert matches(talk, "夜行バス", 1)[0].place == Moment(0.0, 5.25)
    assert matches(talk, "夜行 バス", 1)
    assert not matches(talk, "電車", 1)


def test_signs_are_signs_and_not_patterns() -> None:
    talk = said("a<b>", "&", "(1+1)*", "x")
    assert matches(talk, "a<b> & (1+1)*", 1)
    assert not matches(talk, ".*", 1)
    assert not matches([], "a", 1)
    assert not matches(talk, "   ", 1)


def test_a_word_is_found_in_hours_of_talk() -> None:
    talk = said(*(f"word{number}" for number in range(20_000)))
    assert len(matches(talk, "word19999", 5)) == 1


def test_what_was_said_is_found_in_any_form_and_shown_as_it_was_said() -> None:
    talk = said("La", "re\u0301union", "à", "İstanbul:", "Straße", "“été”,", "1\u202f000", "l’ami")
    whole = "La re\u0301union à İstanbul: Straße “été”, 1 000 l’ami"
    for wanted in ("Réunion a ISTANBUL", "STRASSE", '"ete", 1 000', "l'ami", "reunion\u3000à"):
        (found,) = matches(talk, wanted, 5)
        assert found.text == whole, wanted
    long = said(*("mot",) * 40, "Cafe\u0301\u00a0noir", *("mot",) * 40)
    assert "mot Cafe\u0301 noir mot" in matches(long, "CAFÉ NOIR", 1)[0].text


def test_what_stands_on_pages_is_found_with_its_page_and_with_what_the_whole_is_said_of() -> None:
    book = [Passage("A city of <b>trams</b>", Page(2)), Passage("and buses", Page(3)), Passage("Transport")]
    assert [(found.place, found.text) for found in matches(book, "trams</b> and", 5)] == [
        (Page(2), "A city of <b>trams</b> and buses")
    ]
    assert matches(book, "transport", 5)[0].place is None


def test_what_is_told_of_a_page_is_of_that_page_and_told_once() -> None:
    book = [Passage("The bus and the other bus.", Page(1)), Passage("A bus too.", Page(2))]
    assert [(found.place, found.text) for found in matches(book, "bus", 5)] == [
        (Page(1), "The bus and the other bus."),
        (Page(2), "A bus too."),
    ]
