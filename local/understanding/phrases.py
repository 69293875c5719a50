"""Key phrases: by YAKE where it knows a language's small words, else the nouns that are said together most often."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from local.understanding import Found


def by_yake(language: str, texts: Sequence[str], most: int) -> list[Found]:
    """The best phrases of up to three words. One that is part of a better one, or has it as a part, is left out.

    YAKE gives smaller scores to better phrases, from 0 on without an end; here 1 is the best and 0 the worst.
    """
    from yake import KeywordExtractor

    # An empty line ends a sentence, also one without a full stop, as a heading: no phrase goes on behind it. Three
    # times as many are asked for as are wanted, since some say the same.
    extracted = KeywordExtractor(lan=language, n=3, top=3 * most).extract_keywords("\n\n".join(texts))
    return without_parts([Found(phrase, 1 / (1 + float(badness))) for phrase, badness in extracted], most)


def by_count(runs: Iterable[Sequence[str]], most: int, joiner: str) -> list[Found]:
    """The best of runs of nouns: what is said often, and in more words than one, says most.

    Each run is weighed by how often it was said and by the root of its words, in words that `joiner` stands between.
    """
    counted = Counter(tuple(run) for run in runs)
    weights = {joiner.join(run): times * math.sqrt(len(run)) for run, times in counted.items()}
    best = max(weights.values(), default=1.0)
    ranked = sorted(weights.items(), key=lambda item: -item[1])  # stable: of equals, what was said first
    return without_parts([Found(text, weight / best) for text, weight in ranked], most)


def runs(words: Iterable[str]) -> Iterator[list[str]]:
    """The words that stand together; those between them are given as nothing."""
    return (list(run) for is_wanted, run in groupby(words, bool) if is_wanted)


def without_parts(ranked: Iterable[Found], most: int) -> list[Found]:
    """At most so many, of which none is a part of another."""
    kept: list[tuple[str, Found]] = []
    for found in ranked:
        words = f" {plain(found.text)} "
        if words.strip() and not any(words in other or other in words for other, _ in kept):
            kept.append((words, found))
            if len(kept) == most:
                break
    return [found for _, found in kept]


def plain(text: str) -> str:
    """Without case and punctuation."""
    return re.sub(r"[^\w ]+", "", text.casefold()).strip()
