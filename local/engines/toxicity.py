"""What was said to hurt, on this machine."""

from collections.abc import Sequence

from chalicelib.speech.toxicity import ToxicKind, ToxicSpan
from chalicelib.speech.transcripts import Transcript


def create(context: object) -> "LocalToxicity":
    """The detector."""
    return LocalToxicity()


def rate(sentences: Sequence[str], language: str) -> list[dict[ToxicKind, float]]:
    """How surely each sentence is which kinds (0 to 1; empty where it is none). `language` is BCP 47.

    Raises LanguageNotRead where nothing here knows the language.
    """
    raise NotImplementedError


class LocalToxicity:
    """Replaced by its builder."""

    def detect(self, transcript: Transcript) -> tuple[ToxicSpan, ...]:
        """See the seam."""
        raise NotImplementedError
