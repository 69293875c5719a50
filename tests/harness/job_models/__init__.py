"""Models for the job that does several things for a run (`container/contract.py`) which only pretend to."""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from container.contract import Heard, HeardSegment, HeardWord, SeenLabel
from local.engines._job_models import LINES

SAID = "You are a fool. The council met on Monday and spoke of the harbour for two hours."
SUMMARY = "They spoke of the harbour."
INDECENT = 97.0  # percent


class Pretending:
    """Hears always the same, of two speakers, and finds every picture indecent."""

    def look(self, pictures: Iterable[Path]) -> Iterator[list[SeenLabel]]:
        return ([SeenLabel("Explicit", "", INDECENT)] for _ in pictures)

    def hear(
        self,
        sound: Path,
        language: str | None,
        speakers: int | None,
        progress: Callable[[float], None],
        terms: Sequence[str] = (),
    ) -> Heard:
        words = SAID.split()
        segments = [words[:4], words[4:]]
        heard = tuple(
            HeardSegment(
                at, at + 0.5, tuple(HeardWord(text, at, at + 0.1, 0.95, f"voice-{at}") for text in said), f"voice-{at}"
            )
            for at, said in zip((0.2, 1.0), segments, strict=True)
        )
        return Heard(heard, language or "en-US")

    def rate(self, sentences: Sequence[str], language: str | None) -> list[dict[str, float]]:
        return [{"insult": 0.9} if "fool" in sentence else {} for sentence in sentences]

    def sum_up(self, text: str, language: str | None) -> str:
        return SUMMARY


class Dying(Pretending):
    """Is killed while it hears, as by a machine that has no memory left."""

    def hear(
        self,
        sound: Path,
        language: str | None,
        speakers: int | None,
        progress: Callable[[float], None],
        terms: Sequence[str] = (),
    ) -> Heard:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


class Patient(Pretending):
    """Hears a line, and is never done."""

    def hear(
        self,
        sound: Path,
        language: str | None,
        speakers: int | None,
        progress: Callable[[float], None],
        terms: Sequence[str] = (),
    ) -> Heard:
        Path(os.environ[LINES]).write_text('[0.2, "You are a fool."]\n')
        progress(0.5)
        while True:
            time.sleep(0.1)


class Speechless(Pretending):
    """Cannot sum up, since a model is missing."""

    def sum_up(self, text: str, language: str | None) -> str:
        from container.contract import ModelsMissing

        raise ModelsMissing("There is no model that sums up.")


def create() -> Pretending:
    """Models that do all that they are asked for."""
    return Pretending()
