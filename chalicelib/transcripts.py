"""One transcript format for every engine: Amazon Transcribe's JSON, read into words and segments."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word: times in seconds from the start of the recording, `confidence` from 0 to 1.

    `punctuation` is what is written right after the word ("," or "." or "?!"), or empty.
    """

    start: float
    end: float
    text: str
    confidence: float = 1.0
    punctuation: str = ""
    speaker: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one speaker's words that reads as a sentence; never empty."""

    words: tuple[Word, ...]
    language: str | None = None

    @property
    def start(self) -> float:
        """Start of the first word, in seconds."""
        return self.words[0].start

    @property
    def end(self) -> float:
        """End of the last word, in seconds."""
        return self.words[-1].end

    @property
    def speaker(self) -> str | None:
        """Who speaks, where the engine knows."""
        return self.words[0].speaker

    @property
    def text(self) -> str:
        """The words as a reader wants them."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said, in order. `language` is the code that the engine gave or found, or None."""

    segments: tuple[Segment, ...]
    language: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no word was heard."""
        return not self.segments


def read_transcript(document: Mapping[str, Any]) -> Transcript:
    """Read Transcribe's JSON."""
    raise NotImplementedError


def transcribe_document(job_name: str, words: list[Word], language: str | None) -> dict[str, Any]:
    """Write words as Transcribe's JSON."""
    raise NotImplementedError
