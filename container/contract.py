"""What the job needs of models, whoever brings them: `models.py` on a GPU, `local/engines/_job_models.py` here.

A module of models has `create() -> Models`, and imports nothing heavy before it is asked for something.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word as it was heard, with its punctuation: times in seconds and `score` from 0 to 1, None where not known.

    `speaker` is what the model calls who says it.
    """

    text: str
    start: float | None = None
    end: float | None = None
    score: float | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class HeardSegment:
    """A stretch of speech: its words lie between `start` and `end` (seconds)."""

    start: float
    end: float
    words: tuple[HeardWord, ...]
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard, in `language` (BCP 47, or a bare code); None if nothing was.

    `left_out` names what could not be done beside the words: "alignment", "speakers".
    """

    segments: tuple[HeardSegment, ...]
    language: str | None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenLabel:
    """What a picture shows: Rekognition's name for it, and its parent's ("" at the first level); `confidence` is in
    percent.
    """

    name: str
    parent: str
    confidence: float


class ModelsMissing(Exception):
    """What a step needs is not here, or is not what it should be: the message says what, and what to do."""


class Models(Protocol):
    """The models of a job. Each method loads what it needs, and may let go of what others have loaded."""

    def look(self, pictures: Iterable[Path]) -> Iterator[list[SeenLabel]]:
        """What each picture (a JPEG) shows that not everybody should see. Raises ModelsMissing."""

    def hear(
        self,
        sound: Path,
        language: str | None,
        speakers: int | None,
        progress: Callable[[float], None],
        terms: Sequence[str] = (),
    ) -> Heard:
        """What is said in `sound` (WAV, 16 kHz, mono, 16 bits), and who says it. Raises ModelsMissing.

        `language` is a BCP 47 code and `speakers` how many speak; None to find out. `terms` are likely to be said.
        """

    def rate(self, sentences: Sequence[str], language: str | None) -> list[dict[str, float]]:
        """How hurtful each sentence is, from 0 to 1, by `ToxicKind`'s values. Raises ModelsMissing."""

    def sum_up(self, text: str, language: str | None) -> str:
        """A few sentences that sum up `text`, a piece of a transcript, of which nothing is followed.

        Raises ModelsMissing.
        """
