"""Passages: a few lines each, by one speaker, with their times; and how they are stored."""

import pytest

from chalicelib.domain.tracks import Moment, Page
from chalicelib.search.concordance import Concordance, Said, TrackWords
from chalicelib.search.passages import Passage, Passages, cosine, cut, small
from chalicelib.search.terms import BREAK, pieces


def spoken(text: str, speaker: str | None = "Ada", start: float = 0.0) -> list[Said]:
    return [Said(f" {word}", Moment(start + at, start + at + 0.5), speaker) for at, word in enumerate(text.split())]


def of(*said: list[Said], track: str = "transcript") -> list[Passage]:
    return list(cut(Concordance((TrackWords.of(track, [word for some in said for word in some]),))))


def test_a_passage_ends_with_a_speaker_with_a_sentence_and_before_it_is_too_long() -> None:
    first, second = of(spoken("We need more buses."), spoken("No we do not.", "Bob", 4.0))
    assert first == Passage("transcript", "We need more buses.", Moment(0.0, 3.5), "Ada")
    assert (second.speaker, second.place) == ("Bob", Moment(4.0, 7.5))
    sentence = "word " * 29 + "end. "
    assert [len(one.text.split()) for one in of(spoken(sentence * 3))] == [30, 30, 30]
    assert [len(one.text.split()) for one in of(spoken("word " * 130))] == [60, 60, 10]


def test_what_says_nothing_is_left_out_and_pages_are_apart() -> None:
    assert of(spoken("Yes."), spoken("Oh no.", "Bob")) == []
    pages = [
        *(Said(f" {word}", Page(1)) for word in ["Minutes", "of", "the", "meeting"]),
        Said(BREAK, Page(1)),
        *(Said(f" {word}", Page(2)) for word in ["The", "budget", "is", "short"]),
    ]
    assert [(one.text, one.place) for one in of(pages, track="pages")] == [
        ("Minutes of the meeting", Page(1)),
        ("The budget is short", Page(2)),
    ]


def test_characters_of_scripts_without_spaces_count_half() -> None:
    text = "学校の給食はとても大切です" * 20
    found = of([Said(piece, Moment(at, at + 1.0), None) for at, piece in enumerate(pieces(text))])
    assert "".join(one.text for one in found) == text
    assert all(len(one.text) <= 120 for one in found)


def test_they_are_stored_with_their_vectors() -> None:
    passages = of(spoken("We need more buses."), spoken("No we do not.", "Bob", 4.0))
    made = Passages("m", passages, [small([1.0, -0.5] * 4), small([0.0] * 8)], is_whole=False)
    assert Passages.from_bytes(made.to_bytes()) == made
    assert Passages.from_bytes(Passages("m", [], []).to_bytes()) == Passages("m", [], [])
    assert [one.text for _, one in made.nearest([1.0, -0.5] * 4)] == [passages[0].text, passages[1].text]
    assert cosine([2.0, -1.0] * 4, made.vectors[0]) == pytest.approx(1.0, abs=1e-3)
    with pytest.raises(ValueError, match="vector"):
        Passages.from_bytes(made.to_bytes()[:-9])
