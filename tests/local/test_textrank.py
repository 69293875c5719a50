import time

from chalicelib.speech.transcripts import Transcript
from local.engines import textrank
from tests.letters.reports import SENTENCES, sentence, spoken


def summarise(transcript: Transcript) -> str:
    return textrank.create(None).summarize(transcript).text


def test_a_summary_quotes_sentences_in_the_order_of_speech() -> None:
    said = [segment.text for segment in spoken(SENTENCES).segments]
    summary = summarise(spoken(SENTENCES))
    quoted = [text for text in said if text in summary]
    assert len(quoted) == 3
    assert summary == " ".join(quoted)


def test_the_sentences_that_share_most_with_the_others_are_chosen() -> None:
    about = [
        "The council wants to build the new park near the river.",
        "The new park near the river will cost the council four million.",
        "People near the river want the new park from the council.",
        "The council says the new park near the river opens soon.",
    ]
    apart = [
        "My aunt Matilda bakes seven cherry pies every Tuesday.",
        "Zebras sleep upright beneath tall acacia trees.",
    ]
    summary = summarise(spoken([apart[0], *about, apart[1]]))
    assert "Matilda" not in summary
    assert "Zebras" not in summary


def test_short_sentences_are_left_out_unless_there_is_nothing_else() -> None:
    assert "Thank you" not in summarise(spoken(["Thank you.", *SENTENCES, "Thank you."]))
    assert summarise(spoken(["Thank you.", "Good night."])) == "Thank you. Good night."


def test_one_sentence_is_its_own_summary() -> None:
    assert summarise(spoken(["Yes."])) == "Yes."
    assert summarise(spoken(["한국어 문장입니다."])) == "한국어 문장입니다."


def test_a_sentence_said_often_is_quoted_once() -> None:
    assert summarise(spoken([SENTENCES[2]] * 30)) == SENTENCES[2]


def test_sentences_without_a_common_word_are_all_the_same() -> None:
    texts = [" ".join(f"{word}{i}" for word in ("alpha", "beta", "gamma", "delta", "eta", "zeta")) for i in range(6)]
    ranks = textrank.rank(spoken(texts).segments)
    assert max(ranks) - min(ranks) < 1e-9
    assert len(summarise(spoken(texts)).split()) == 18


def test_long_transcripts_have_longer_summaries_that_are_always_the_same() -> None:
    texts = [f"{SENTENCES[i % 8][:-1]} in case {i}." for i in range(200)]
    summary = summarise(spoken(texts))
    assert summary == summarise(spoken(texts))
    assert summary.count(".") == 5


def test_ten_hours_are_summed_up_fast() -> None:
    segments = tuple(sentence(f"{SENTENCES[i % 8][:-1]} about number {i} of {i % 97}.", i * 3.6) for i in range(10_000))
    summarise(spoken(SENTENCES))
    before = time.perf_counter()
    summarise(Transcript(segments, "en"))
    assert time.perf_counter() - before < 5
