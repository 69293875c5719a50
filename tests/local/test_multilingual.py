import subprocess
import sys
from dataclasses import replace

import pytest

from chalicelib.domain import analysis
from chalicelib.domain.analysis import LanguageAnalysis, Sentiment
from chalicelib.errors import LanguageNotRead
from chalicelib.speech.transcripts import Transcript
from local.engines import multilingual
from local.understanding import english
from tests.letters.reports import SENTENCES, sentence, spoken

GERMAN = ("Guten Abend und herzlich willkommen zu unserer Debatte.", "Wir müssen heute über den neuen Park sprechen.")


@pytest.fixture(autouse=True)
def _no_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What every installation has: tests/local/test_understanding.py tries the packs."""
    monkeypatch.setattr(english, "find_spec", lambda name: None)


def analyse(transcript: Transcript) -> LanguageAnalysis:
    return multilingual.create(None).analyze(transcript)


def test_each_segment_has_the_mood_that_its_words_have() -> None:
    moods = [segment.score.label for segment in analyse(spoken(SENTENCES)).segments]
    assert moods[2] is Sentiment.POSITIVE
    assert moods[5] is Sentiment.NEUTRAL
    assert moods[6] is Sentiment.NEGATIVE
    assert moods[7] is Sentiment.MIXED


def test_segments_keep_their_times_texts_and_speakers() -> None:
    transcript = spoken(SENTENCES)
    found = analyse(transcript)
    assert [(s.start, s.end, s.text, s.speaker) for s in found.segments] == [
        (s.start, s.end, s.text, s.speaker) for s in transcript.segments
    ]
    assert found.entities is None
    assert (found.language_code, found.language_score) == ("en", 1.0)


@pytest.mark.parametrize("compound", [-1.0, -0.3, -0.05, 0.0, 0.04, 0.7, 1.0])
@pytest.mark.parametrize(("positive", "negative"), [(0.0, 0.0), (1.0, 0.0), (0.3, 0.3), (0.1, 0.6)])
def test_scores_are_a_distribution(compound: float, positive: float, negative: float) -> None:
    score = english.sentiment(compound, positive, negative)
    shares = (score.positive, score.negative, score.neutral, score.mixed)
    assert sum(shares) == pytest.approx(1)
    assert all(0 <= share <= 1 for share in shares)


@pytest.mark.parametrize(
    ("compound", "label"),
    [
        (0.04, Sentiment.NEUTRAL),
        (0.06, Sentiment.POSITIVE),
        (-0.04, Sentiment.NEUTRAL),
        (-0.06, Sentiment.NEGATIVE),
        (0.0, Sentiment.NEUTRAL),
    ],
)
def test_neutral_ends_at_the_threshold_of_vaders_authors(compound: float, label: Sentiment) -> None:
    assert english.sentiment(compound, float(compound > 0), float(compound < 0)).label is label
    assert english.sentiment(compound, 0.0, 0.0).label is label


def mood_of(*parts: tuple[str, int]) -> Sentiment:
    scores = {"+": english.sentiment(0.8, 1, 0), "-": english.sentiment(-0.8, 0, 1), "0": english.sentiment(0, 0, 0)}
    return analysis.overall([scores[sign] for sign, _ in parts], [weight for _, weight in parts]).label


def test_the_overall_mood_is_that_of_most_of_the_talk() -> None:
    assert mood_of(("0", 80), ("+", 10), ("-", 10)) is Sentiment.NEUTRAL
    assert mood_of(("+", 50), ("-", 50)) is Sentiment.MIXED
    assert mood_of(("+", 70), ("-", 20), ("0", 10)) is Sentiment.POSITIVE
    assert mood_of(("-", 70), ("+", 20), ("0", 10)) is Sentiment.NEGATIVE
    assert mood_of(("+", 90), ("-", 2), ("-", 2)) is Sentiment.POSITIVE


def test_key_phrases_are_found_whenever_they_were_said() -> None:
    transcript = spoken(["The City Park is open.", "Nobody told us.", "We all love the city park, really."])
    found = {phrase.text.lower(): phrase for phrase in analyse(transcript).key_phrases}
    assert found["city park"].times == pytest.approx((1 / 3, 10 + 4 / 3))
    scores = [phrase.score for phrase in analyse(transcript).key_phrases]
    assert scores == sorted(scores, reverse=True)
    assert all(type(score) is float and 0 <= score <= 1 for score in scores)


def test_there_are_at_most_ten_phrases_and_none_within_another() -> None:
    phrases = [phrase.text.lower() for phrase in analyse(spoken(SENTENCES * 3)).key_phrases]
    assert 0 < len(phrases) <= 10
    assert not [(a, b) for a in phrases for b in phrases if a != b and f" {a} " in f" {b} "]


@pytest.mark.parametrize("text", ["Yes", "the", "42", "..."])
def test_a_single_word_is_enough(text: str) -> None:
    found = analyse(spoken([text]))
    assert len(found.segments) == 1


def test_another_language_is_refused_in_words() -> None:
    with pytest.raises(LanguageNotRead, match=r"reads only en, fr, ja, ko, zh;.*: de\."):
        analyse(replace(spoken(GERMAN), language=None))
    with pytest.raises(LanguageNotRead, match=r": es\."):
        analyse(replace(spoken(SENTENCES), language="es-MX"))


def test_the_language_is_found_where_the_transcript_does_not_say_it() -> None:
    found = analyse(replace(spoken(SENTENCES), language=None))
    assert found.language_code == "en"
    assert 0.9 < found.language_score <= 1
    assert type(found.language_score) is float


def test_two_hours_are_analysed_to_the_last_word() -> None:
    segments = (sentence(f"{SENTENCES[i % 8][:-1]} number {i}.", i * 3.6) for i in range(2000))
    found = analyse(Transcript(tuple(segments), "en"))
    assert len(found.segments) == 2000
    assert max(time for phrase in found.key_phrases for time in phrase.times) > 7100


def test_importing_the_engine_imports_no_heavy_library() -> None:
    code = "import sys, local.engines.multilingual, local.engines.textrank; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"yake", "sklearn", "numpy", "vaderSentiment", "py3langid"} & set(loaded)
