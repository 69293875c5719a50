"""Models for the job that runs on a GPU, which know nothing: what they do is noted, and can be stopped.

`FAKE_MODELS` names a folder: each call adds a line to `calls.txt` there; where it has a file called as a method is
("hear"), that method says so by `waiting` and waits until it is ended; where it has `memory.hear`, it runs out of it.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from container.contract import Heard, HeardSegment, HeardWord, ModelsMissing, SeenLabel

LABELS = ([], [], [70.0], [90.0], [80.0], [])
"""Percent of what is explicit, frame by frame, and again from the start; a lone frame now and then besides."""


def create() -> "FakeModels":
    return FakeModels(Path(os.environ["FAKE_MODELS"]))


class FakeModels:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def look(self, pictures: Iterable[Path]) -> Iterator[list[SeenLabel]]:
        self._called("look")
        for number, path in enumerate(pictures):
            assert path.read_bytes()[:2] == b"\xff\xd8", "a JPEG"
            yield [SeenLabel("Explicit", "", score) for score in LABELS[number % len(LABELS)]]

    def hear(
        self,
        sound: Path,
        language: str | None,
        speakers: int | None,
        progress: Callable[[float], None],
        terms: Sequence[str] = (),
    ) -> Heard:
        self._called("hear")
        assert sound.read_bytes()[:4] == b"RIFF"
        progress(0.5)
        words = (
            HeardWord("Good", 0.1, 0.3, 0.9, "B"),
            HeardWord("evening.", 0.3, 0.8, 0.8, "B"),
            HeardWord("2014", None, None, None),
            HeardWord("was", 1.6, 1.8, 0.7, "A"),
            HeardWord("bad.", 1.8, 2.0, 0.6, "A"),
        )
        return Heard((HeardSegment(0.0, 2.0, words),), language or "en", ("alignment",))

    def rate(self, sentences: Sequence[str], language: str | None) -> list[dict[str, float]]:
        self._called("rate")
        return [{"insult": 0.9, "toxic": 0.95} if "bad" in sentence else {"toxic": 0.1} for sentence in sentences]

    def sum_up(self, text: str, language: str | None) -> str:
        self._called("sum_up")
        return "They said much.\a"

    def _called(self, method: str) -> None:
        with (self._folder / "calls.txt").open("a") as calls:
            calls.write(f"{method}\n")
        if (self._folder / f"memory.{method}").exists():
            raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB.")
        if (self._folder / f"missing.{method}").exists():
            raise ModelsMissing("There are no weights.")
        if (self._folder / f"broken.{method}").exists():
            raise ValueError("what somebody said: my secret")
        if (self._folder / method).exists():
            (self._folder / "waiting").touch()
            time.sleep(60)
