"""What was said and in which mood, on this machine and in English: VADER, YAKE and langid.

VADER (Hutto and Gilbert 2014, https://github.com/cjhutto/vaderSentiment) weighs single words and knows nothing of what
a speech is about; it is good on plain opinions and poor on irony and long arguments.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

from chalicelib.analysis import KeyPhrase, LanguageAnalysis, SegmentSentiment, SentimentScore, overall, with_mixed
from chalicelib.engines.language import LanguageAnalyzer
from chalicelib.errors import EngineFailed
from chalicelib.transcripts import Segment, Transcript, Word

KEY_PHRASES = 10
"""How many key phrases there are at most."""

_THRESHOLD = 0.05  # VADER's authors call a text neutral whose compound is closer to 0
_CANDIDATES = 3 * KEY_PHRASES  # of which some say the same
_LANGUAGE_SAMPLE = 20_000  # characters that suffice to tell a language


def create(context: object) -> LanguageAnalyzer:
    """The engine; it needs nothing of `context`."""
    return VaderAnalyzer()


class VaderAnalyzer:
    """Analyses English transcripts in linear time; a recording of ten hours takes some seconds."""

    def analyze(self, transcript: Transcript) -> LanguageAnalysis:
        """See the seam. Raises EngineFailed if the transcript is not English."""
        texts = [segment.text for segment in transcript.segments]
        code, probability = _language(transcript, texts)
        if code != "en":
            raise EngineFailed(
                f"The local language engine reads only English, and this seems to be {code!r}. If it is English after "
                "all, upload it again and name its language.",
                "language-not-supported",
            )
        segments = tuple(_sentiments(transcript.segments, texts))
        return LanguageAnalysis(
            engine="vader",
            language_code=code,
            language_score=probability,
            sentiment=overall(
                [segment.score for segment in segments], [len(segment.words) for segment in transcript.segments]
            ),
            segments=segments,
            key_phrases=tuple(_key_phrases(transcript, texts)),
        )


def _language(transcript: Transcript, texts: Sequence[str]) -> tuple[str, float]:
    """The language code and its probability: 1 where the transcript says it, since a few words tell too little."""
    if transcript.language:
        return transcript.language.partition("-")[0].lower(), 1.0
    code, probability = _langid().classify(" ".join(texts)[:_LANGUAGE_SAMPLE])
    return code, float(probability)


def _sentiments(segments: Sequence[Segment], texts: Sequence[str]) -> Iterator[SegmentSentiment]:
    vader = _vader()
    for segment, text in zip(segments, texts, strict=True):
        found = vader.polarity_scores(text)
        score = sentiment(found["compound"], found["pos"], found["neg"])
        yield SegmentSentiment(segment.start, segment.end, text, score, segment.speaker)


def sentiment(compound: float, positive: float, negative: float) -> SentimentScore:
    """Comprehend's four scores from VADER's: `compound` from -1 to 1, and the shares of words that lean either way.

    A text is as moving as its compound is far from 0, or as both sides are strong where they cancel out. That strength
    is weighed against the threshold of VADER's authors, so that neutral stops being the likeliest just where they say.
    """
    strength = max(abs(compound), min(positive, negative))
    moved = strength / (strength + _THRESHOLD)
    leaning = positive + negative
    share = positive / leaning if leaning else float(compound > 0)
    return with_mixed(moved * share, moved * (1 - share), 0.0)


def _key_phrases(transcript: Transcript, texts: Sequence[str]) -> Iterator[KeyPhrase]:
    """YAKE's best phrases with when they were said. One that is part of a better one, or has it as a part, is left out.

    YAKE gives smaller scores to better phrases, from 0 on without an end; here 1 is the best and 0 the worst.
    """
    from yake import KeywordExtractor

    index = _WordIndex([word for segment in transcript.segments for word in segment.words])
    kept: list[str] = []
    for phrase, badness in KeywordExtractor(lan="en", n=3, top=_CANDIDATES).extract_keywords("\n".join(texts)):
        plain = f" {_plain(phrase)} "
        if plain.strip() and not any(plain in other or other in plain for other in kept):
            kept.append(plain)
            yield KeyPhrase(phrase, 1 / (1 + float(badness)), tuple(index.times(plain)))
            if len(kept) == KEY_PHRASES:
                return


class _WordIndex:
    """Finds phrases among words, whatever their case and punctuation, even across the ends of segments."""

    def __init__(self, words: Sequence[Word]) -> None:
        spoken = [(plain, word.start) for word in words if (plain := _plain(word.text))]
        self._text = " " + "".join(f"{plain} " for plain, _ in spoken)
        self._offsets = [0, *accumulate(len(plain) + 1 for plain, _ in spoken)]
        self._starts = [start for _, start in spoken]

    def times(self, phrase: str) -> Iterator[float]:
        """When `phrase`, plain and between spaces, was said: the start of its first word, in seconds."""
        found = self._text.find(phrase)
        while found >= 0:
            yield self._starts[bisect_left(self._offsets, found)]
            found = self._text.find(phrase, found + 1)


def _plain(text: str) -> str:
    return re.sub(r"[^\w ]+", "", text.casefold()).strip()


@lru_cache(maxsize=1)
def _vader() -> Any:  # noqa: ANN401 - the library is untyped
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


@lru_cache(maxsize=1)
def _langid() -> Any:  # noqa: ANN401
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
