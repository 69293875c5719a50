"""Bare words become sentences."""

import pytest

from chalicelib.speech.transcripts import Word
from local.engines._punctuate import LIKELY_PAUSE, LONG_SENTENCE, SURE_PAUSE, is_question, punctuate


def spoken(text: str) -> list[Word]:
    """Words of 0.2 s each; every `|` is a likely pause, every `||` a sure one."""
    words, now = [], 0.0
    for part in text.split():
        if part.startswith("|"):
            now += 0.01 + (SURE_PAUSE if part == "||" else LIKELY_PAUSE)
        else:
            words.append(Word(round(now, 3), round(now + 0.2, 3), part, 0.5, speaker="spk_0"))
            now = words[-1].end
    return words


def written(text: str) -> str:
    return " ".join(word.text + word.punctuation for word in punctuate(spoken(text)))


def test_a_pause_ends_a_sentence_and_the_next_begins_with_a_capital() -> None:
    assert written("the air is clean | the streets are quiet") == "The air is clean. The streets are quiet."


def test_a_pause_for_thought_after_a_small_word_ends_nothing() -> None:
    assert written("they went to the | old house by the | river") == "They went to the old house by the river."


def test_a_pause_after_a_word_or_two_ends_nothing() -> None:
    assert written("well then | let us begin") == "Well then let us begin."


def test_a_long_pause_ends_a_sentence_whatever_its_words() -> None:
    assert written("no || that is the || end") == "No. That is the. End."


def test_no_words_make_no_sentences() -> None:
    assert punctuate([]) == []


def test_a_single_word_is_a_sentence() -> None:
    assert written("yes") == "Yes."


def test_only_text_and_punctuation_change() -> None:
    before = spoken("we meet in paris | on monday i think")
    after = punctuate(before)
    assert [(word.start, word.end, word.confidence, word.speaker) for word in after] == [
        (word.start, word.end, word.confidence, word.speaker) for word in before
    ]
    assert [word.text.lower() for word in after] == [word.text for word in before]


def test_some_words_always_have_their_capital() -> None:
    assert written("on monday i'll learn english and i'm glad") == "On Monday I'll learn English and I'm glad."


def test_an_endless_sentence_is_cut_at_its_longest_pause() -> None:
    words = spoken("on " * 30 + "and " * 30)
    late = [Word(word.start + 0.3, word.end + 0.3, word.text) for word in words[30:]]
    sentences = [index for index, word in enumerate(punctuate(words[:30] + late)) if word.punctuation]
    assert sentences == [29, 59]


def test_a_sentence_without_any_pause_stays_whole() -> None:
    words = punctuate(spoken("on " * (3 * LONG_SENTENCE)))
    assert [word.punctuation for word in words if word.punctuation] == ["."]


@pytest.mark.parametrize(
    "sentence",
    [
        "should the city be free",
        "is it fair",
        "do you know him",
        "how can we pay for it",
        "what is the question",
        "and why did they leave",
        "when will the train arrive",
        "didn't she say so",
    ],
)
def test_a_question_gets_its_mark(sentence: str) -> None:
    assert is_question(sentence.split())


@pytest.mark.parametrize(
    "sentence",
    [
        "what we need is time",
        "when the train arrives we leave",
        "how the work is done matters",
        "have a seat",
        "do the right thing",
        "that is the question",
        "who dares wins",
        "is",
        "",
    ],
)
def test_a_statement_gets_none(sentence: str) -> None:
    assert not is_question(sentence.split())
