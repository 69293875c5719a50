"""The seam to whatever reads sentiment, key phrases and entities out of a transcript."""

from typing import TYPE_CHECKING, Protocol

from chalicelib.seams.seam import Seam

if TYPE_CHECKING:
    from chalicelib.domain.analysis import LanguageAnalysis
    from chalicelib.speech.transcripts import Transcript


class LanguageAnalyzer(Protocol):
    """Analyses what was said."""

    def analyze(self, transcript: "Transcript") -> "LanguageAnalysis":
        """What `transcript` (never an empty one) says and how.

        Raises LanguageNotRead if the engine reads other languages, EngineFailed if it can never be analysed, EngineBusy
        if it has to wait its turn, EngineError if another try may succeed.
        """


LANGUAGE = Seam[LanguageAnalyzer](
    "language",
    "language_analyzer",
    "reads sentiment, key phrases and entities",
    on_aws="comprehend",
    on_one_machine="local.engines.multilingual",
    is_paid_by_words=True,
)
