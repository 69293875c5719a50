"""The seam to whatever finds, among lines that were said, those that answer a question.

It answers with nothing but numbers of lines. What people are shown is read from the transcript itself: so whatever an
engine is talked into by what somebody said, all that it can do is to name other lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chalicelib.seams.seam import OptionalSeam


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence or so: who said it, where that is known, and whether it `follows` on the line before it in the same
    recording.
    """

    text: str
    speaker: str | None = None
    follows: bool = False


class Answerer(Protocol):
    """Finds what answers a question, among `most_lines` lines at most."""

    most_lines: int

    def answer(self, question: str, lines: Sequence[Line]) -> Sequence[int]:
        """The numbers (from 0) of those lines that answer `question`, the best first; none if nobody says so.

        Both are data: nothing in them is followed. Raises EngineFailed if it can never be answered, EngineBusy if it
        has to wait its turn, EngineError if another try may succeed.
        """


ANSWERING = OptionalSeam[Answerer](
    "answering", "answerer", "finds the lines that answer a question", on_one_machine="local.engines.nearest"
)
