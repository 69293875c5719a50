"""What whoever runs the job may set, read from the environment once. What is set for models stands in `models.py`."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from container import failures
from container.failures import Failed

_PREFIX = "RAPPORTEUR_JOB"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is set.

    `models` is the module that brings its models, `ffmpeg` the program of that
    name ("": the one that is found), `scratch` a folder for what is thrown away at the end (None: the system's).

    A film is looked at in at most `frames` moments that are evenly apart. The job ends itself after `seconds` (0:
    never). A sentence counts as hurtful from `toxic_from` on (0 to 1). A piece of a transcript that is summed up in one
    go has `piece_bytes` at most.
    """

    models: str = "container.models"
    ffmpeg: str = ""
    scratch: Path | None = None
    frames: int = 600
    seconds: float = 0.0
    toxic_from: float = 0.5
    piece_bytes: int = 24_000


def request(environment: Mapping[str, str] = os.environ) -> str:
    """What the job is told: JSON, as `request.py` reads it."""
    return environment.get(_PREFIX, "")


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings. Raises Failed for one that cannot be."""

    def told(name: str, default: str) -> str:
        return environment.get(f"{_PREFIX}_{name}", "").strip() or default

    def number(name: str, default: float, least: float, most: float) -> float:
        value = told(name, str(default))
        if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value) or not least <= float(value) <= most:
            raise Failed(failures.BAD_REQUEST, f"{_PREFIX}_{name} must be a number from {least:g} to {most:g}.")
        return float(value)

    plain = Settings()
    scratch = told("SCRATCH", "")
    return Settings(
        models=told("MODELS", plain.models),
        ffmpeg=told("FFMPEG", plain.ffmpeg),
        scratch=Path(scratch) if scratch else None,
        frames=int(number("FRAMES", plain.frames, 1, 20_000)),
        seconds=number("SECONDS", plain.seconds, 0, 1_000_000),
        toxic_from=number("TOXIC_FROM", plain.toxic_from, 0, 1),
        piece_bytes=int(number("PIECE_BYTES", plain.piece_bytes, 1_000, 1_000_000)),
    )
