"""A seam of its own: to whatever counts words."""

from typing import Protocol

from chalicelib.seams.seam import Seam
from chalicelib.speech.transcripts import Transcript


class Counter(Protocol):
    """Counts words."""

    def count(self, transcript: Transcript) -> int:
        """How many words `transcript` has."""


COUNTING = Seam[Counter](
    "counting",
    "counter",
    "counts words",
    on_aws="tests.toy.abacus",
    on_one_machine="tests.toy.abacus",
    is_paid_by_words=True,
)
