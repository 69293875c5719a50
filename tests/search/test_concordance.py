"""Where in a recording what is looked for stands."""

from chalicelib.domain.tracks import Moment, Page
from chalicelib.search.concordance import Concordance, Hit, Said, TrackWords
from chalicelib.search.terms import BREAK, phrases, units


def said(text: str, speaker: str | None = None, start: float = 0.0) -> list[Said]:
    words = text.split()
    return [
        Said(f" {word}" if at else word, Moment(start + at, start + at + 0.5), speaker) for at, word in enumerate(words)
    ]


def of(*tracks: TrackWords) -> Concordance:
    return Concordance.from_bytes(Concordance(tracks).to_bytes())


def found(words: Concordance, wanted: str, speaker: str = "") -> list[Hit]:
    return [spot.hit for spot in words.spots(phrases(wanted), units(speaker))]


def marked(hit: Hit) -> list[str]:
    return [hit.text[start:end] for start, end in hit.marks]


TALK = said("Night buses carry, at night, whoever cleans the city while the rest of it sleeps.", "Ada Lovelace") + said(
    "The bus is late.", "Bob", 100.0
)


def test_a_hit_begins_at_its_word_and_tells_who_says_it() -> None:
    talk = of(TrackWords.of("transcript", TALK))
    first, second = found(talk, "BUS")
    assert (first.place, first.speaker, marked(first)) == (Moment(1.0, 1.5), "Ada Lovelace", ["buses"])
    assert (second.place, second.speaker, marked(second)) == (Moment(101.0, 101.5), "Bob", ["bus"])
    assert [hit.speaker for hit in found(talk, "bus", "lovelace")] == ["Ada Lovelace"]
    assert found(talk, "bus", "eve") == []


def test_all_words_are_wanted_in_any_order_and_a_phrase_as_it_stands() -> None:
    talk = of(TrackWords.of("transcript", TALK))
    (hit,) = found(talk, "city night cleans")
    assert marked(hit) == ["night", "cleans", "city"]
    assert hit.place == Moment(4.0, 8.5)
    assert found(talk, "city tram") == []
    assert marked(found(talk, '"carry at night"')[0]) == ["carry", "at", "night"]
    assert found(talk, '"night carry"') == []


def test_each_place_is_told_where_the_words_never_stand_together_and_every_one_where_there_are_many() -> None:
    far = [*said("budget"), *said("mot " * 60, start=10.0), *said("cut", start=500.0)]
    talk = of(TrackWords.of("transcript", far))
    assert [marked(hit) for hit in found(talk, "cut budget")] == [["budget"], ["cut"]]
    many = of(TrackWords.of("transcript", said("a tram " * 4000)))
    assert len(many.spots(phrases("trams"))) == 4000
    assert many.spots(phrases("trams"))[-1].hit.place == Moment(7999.0, 7999.5)


def test_a_long_text_is_told_in_part_and_a_page_by_itself() -> None:
    (hit,) = found(of(TrackWords.of("transcript", said("mot " * 40 + "Café " + "mot " * 40))), "cafe")
    assert hit.text.startswith("…")
    assert hit.text.endswith("…")
    assert marked(hit) == ["Café"]
    book = [Said("A", Page(2)), Said(" <b>tram", Page(2)), Said(" tram", Page(3)), Said(" whole")]
    hits = found(of(TrackWords.of("document", book)), "tram")
    assert [(hit.place, hit.text) for hit in hits] == [(Page(2), "A <b>tram"), (Page(3), "tram")]
    assert found(of(TrackWords.of("document", book)), "whole")[0].place is None


def test_no_phrase_goes_over_from_one_thing_that_was_seen_to_the_next() -> None:
    things = TrackWords.of("labels", [Said("Bus", Moment(1, 1)), Said(BREAK), Said("Stop", Moment(2, 2))])
    assert found(of(things), '"bus stop"') == []
    (hit,) = found(of(things), "stop")
    assert hit.text == "Stop"
    assert of(things).terms({"labels"}) == {"bus", "stop"}
    assert of(things).terms({"transcript"}) == set()


def test_words_of_several_tracks_are_found_together() -> None:
    talk, screen = TrackWords.of("transcript", said("the budget")), TrackWords.of("screentext", said("Year 2024"))
    assert [hit.track for hit in found(of(talk, screen), "2024 budget")] == ["transcript", "screentext"]


def test_scripts_without_spaces_are_found_by_their_characters() -> None:
    words = ["夜行", "バス", "は", "素晴らしい", "。"]
    talk = of(TrackWords.of("transcript", [Said(word, Moment(at, at + 1)) for at, word in enumerate(words)]))
    for wanted in ("夜行バス", "夜行 バス", "行バ"):
        assert found(talk, wanted)[0].place == Moment(0.0, 2.0), wanted
    assert marked(found(talk, "行バ")[0]) == ["夜行", "バス"]
    assert found(talk, "行夜") == []
