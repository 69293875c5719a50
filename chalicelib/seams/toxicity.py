"""The seam to whatever finds insults, threats and hate in what was said."""

from typing import TYPE_CHECKING, Protocol

from chalicelib.seams.seam import OptionalSeam

if TYPE_CHECKING:
    from chalicelib.speech.toxicity import ToxicSpan
    from chalicelib.speech.transcripts import Transcript


class ToxicityDetector(Protocol):
    """Finds what was said to hurt: it is marked, and never taken out."""

    def detect(self, transcript: "Transcript") -> "tuple[ToxicSpan, ...]":
        """The spans of `transcript` (never an empty one) that are, in order; none if nothing is.

        Raises LanguageNotRead if the engine reads other languages, EngineFailed if it can never be looked through,
        EngineBusy if it has to wait its turn, EngineError if another try may succeed.
        """


TOXICITY = OptionalSeam[ToxicityDetector](
    "toxicity",
    "toxicity_detector",
    "finds insults, threats and hate in what was said",
    on_aws="comprehend",
    on_one_machine="local.engines.toxicity",
    is_paid_by_words=True,
)
