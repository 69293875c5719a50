"""Sums up a transcript by its own most central sentences, on this machine and in any language.

TextRank (Mihalcea and Tarau 2004, https://aclanthology.org/W04-3252/): sentences vote for those that share their
words, and PageRank counts the votes. Words count by TF-IDF, so that frequent ones count little.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import chain

from chalicelib.seams.summary import Summarizer
from chalicelib.speech.summaries import Point, Summary
from chalicelib.speech.transcripts import Segment, Transcript, join

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

    words = [Counter(word.text.casefold() for word in segment.words) for segment in segments]
    numbers = {word: number for number, word in enumerate(dict.fromkeys(chain.from_iterable(words)))}
    # A matrix with a row for each sentence and a column for each word, of which only what is not 0 is kept.
    row = np.repeat(np.arange(len(words)), [len(counted) for counted in words])
    column = np.array([numbers[word] for counted in words for word in counted])
    times = np.array([count for counted in words for count in counted.values()], float)
    value = times * (1 + np.log((1 + len(words)) / (1 + np.bincount(column))))[column]
    value /= np.sqrt(np.bincount(row, value**2))[row]

    def votes(weights: np.ndarray) -> np.ndarray:
        # The rows have length 1, so their products are cosines; that of a row with itself is 1 and no vote. Multiplied
        # in this order, the matrix of all pairs, 100 million numbers for 10,000 sentences, is never made.
        by_word = np.bincount(column, value * weights[row], len(numbers))
        received: np.ndarray = np.bincount(row, value * by_word[column], len(words)) - weights
        return received

    given = votes(np.ones(len(segments)))
    given[given < 1e-9] = 1.0  # who shares no word with anybody votes for nobody
    ranks = np.ones(len(segments))
    for _ in range(_ROUNDS):
        ranks = 1 - _DAMPING + _DAMPING * votes(ranks / given)
    return [float(value) for value in ranks]
