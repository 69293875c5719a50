"""The seam to whatever sums up a transcript."""

from typing import TYPE_CHECKING, Protocol

from chalicelib.seams.seam import OptionalSeam

if TYPE_CHECKING:
    from chalicelib.speech.summaries import Summary
    from chalicelib.speech.transcripts import Transcript


class Summarizer(Protocol):
    """Sums up what was said."""

    def summarize(self, transcript: "Transcript") -> "Summary":
        """A few sentences that sum up `transcript` (never an empty one), in its language.

        Raises EngineFailed if it can never be summed up, EngineBusy if it has to wait its turn, EngineError if another
        try may succeed.
        """


SUMMARIZING = OptionalSeam[Summarizer](
    "summary", "summarizer", "sums up what was said", on_one_machine="local.engines.textrank", is_paid_by_words=True
)
