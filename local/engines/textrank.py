"""Sums up a transcript by its own most central sentences, on this machine and in any language.

TextRank (Mihalcea and Tarau 2004, https://aclanthology.org/W04-3252/): sentences vote for those that share their
words, and PageRank counts the votes. Words count by TF-IDF, so that frequent ones count little.
"""

from collections.abc import Sequence

from chalicelib.engines.summary import Summarizer
from chalicelib.summaries import Point, Summary
from chalicelib.transcripts import Segment, Transcript, join

FEWEST_WORDS = 6
"""Shorter sentences ("Thank you very much.") are no candidates, unless there is nothing longer."""

SHORTEST, LONGEST, SHARE = 3, 5, 20
"""A summary has one sentence in `SHARE`, but at least `SHORTEST` and at most `LONGEST`."""

_DAMPING = 0.85  # PageRank's own
_ROUNDS = 50  # after which no rank moves by more than _DAMPING ** _ROUNDS, 0.03 %


def create(context: object) -> Summarizer:
    """The engine; it needs nothing of `context`."""
    return TextRankSummarizer()


class TextRankSummarizer:
    """Quotes, and never invents; the same transcript always gives the same summary."""

    def summarize(self, transcript: Transcript) -> Summary:
        """See the seam. Never raises for want of words: a transcript of one sentence is its own summary."""
        long = [segment for segment in transcript.segments if len(segment.words) >= FEWEST_WORDS]
        # By their texts, or a sentence that is said twice would vote for itself.
        candidates = {segment.text: segment for segment in long or transcript.segments}
        texts = list(candidates)
        count = min(LONGEST, max(SHORTEST, len(texts) // SHARE))
        if len(texts) > count:
            ranks = rank(list(candidates.values()))
            best = sorted(range(len(texts)), key=lambda index: -ranks[index])[:count]
            texts = [texts[index] for index in sorted(best)]
        return Summary(join(texts), sentences=tuple(Point(text, (round(candidates[text].start, 3),)) for text in texts))


def rank(segments: Sequence[Segment]) -> list[float]:
    """How central each of `segments` is among them: 1 on average. Time and memory grow with the number of words."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(analyzer=lambda segment: [word.text.casefold() for word in segment.words])
    vectors = vectorizer.fit_transform(segments)

    def votes(weights: np.ndarray) -> np.ndarray:
        # The rows have length 1, so their products are cosines; that of a row with itself is 1 and no vote. Multiplied
        # in this order, the matrix of all pairs, 100 million numbers for 10,000 sentences, is never made.
        received: np.ndarray = vectors @ (vectors.T @ weights) - weights
        return received

    given = votes(np.ones(len(segments)))
    given[given < 1e-9] = 1.0  # who shares no word with anybody votes for nobody
    ranks = np.ones(len(segments))
    for _ in range(_ROUNDS):
        ranks = 1 - _DAMPING + _DAMPING * votes(ranks / given)
    return [float(value) for value in ranks]
