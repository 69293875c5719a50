"""The seam to whatever knows how near two texts are in meaning."""

from collections.abc import Sequence
from typing import Protocol

from chalicelib.seams.seam import OptionalSeam

Vector = Sequence[float]
"""What a text means, as numbers: the more of their signs agree and the larger their product, the nearer two are."""


class Embedder(Protocol):
    """Turns texts into vectors, all of the same length, a multiple of 8. Those of one `model` can be compared."""

    model: str
    at_once: int
    """Texts that are to be embedded in one visit at most: what takes longer goes on with the next."""

    near: tuple[float, float] | None
    """From which cosine on a passage is mostly about what is asked, and from which on it hardly ever is not; None where
    nobody has measured it."""

    def passages(self, texts: Sequence[str]) -> Sequence[Vector]:
        """What passages mean that are to be found, `at_once` of them at most.

        Raises EngineFailed if they can never be embedded, EngineBusy if they have to wait their turn, EngineError if
        another try may succeed.
        """

    def question(self, text: str) -> Vector:
        """What somebody looks for, to be compared with passages. Raises as `passages`."""


EMBEDDING = OptionalSeam[Embedder](
    "embedding",
    "embedder",
    "knows how near texts are in meaning",
    on_one_machine="local.engines.e5",
    is_paid_by_words=True,
)
