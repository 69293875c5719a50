"""The seam to whatever reads sentiment, key phrases and entities out of a transcript."""

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from chalicelib.seams.seam import Seam

if TYPE_CHECKING:
    from chalicelib.domain.analysis import LanguageAnalysis
    from chalicelib.speech.transcripts import Transcript


class Reading(StrEnum):
    """What can be read out of a transcript."""

    SENTIMENT = "sentiment"
    KEY_PHRASES = "keyphrase"
    ENTITIES = "entity"


EVERYTHING = frozenset(Reading)


class LanguageAnalyzer(Protocol):
    """Analyses what was said."""

    def analyze(self, transcript: "Transcript", wanted: frozenset[Reading] = EVERYTHING) -> "LanguageAnalysis":
        """What `transcript` (never an empty one) says and how, as far as it is `wanted`: what is not costs nothing.

        Without the sentiment the whole is `NOT_RATED`, and there are no segments; without entities there are None.

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
