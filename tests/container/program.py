"""The job as a program of its own: what it is asked, where it leaves what, and how it is ended."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from container import files
from tests.harness.places import ROOT

TERMINATED = 143


@dataclass
class Program:
    """The program, with models that know nothing. Its results begin with `prefix`, an URI."""

    folder: Path
    prefix: str
    source: str
    environment: Mapping[str, str] = field(default_factory=dict)
    largest_file: int = resource.RLIM_INFINITY
    """Bytes beyond which it can write no file: as good as a full disk."""

    def __post_init__(self) -> None:
        (self.folder / "models").mkdir(parents=True, exist_ok=True)
        (self.folder / "scratch").mkdir(exist_ok=True)

    @property
    def models(self) -> Path:
        """Where the models note their calls, and are told how to behave."""
        return self.folder / "models"

    @property
    def calls(self) -> list[str]:
        noted = self.models / "calls.txt"
        return noted.read_text().split() if noted.exists() else []

    def request(self, **changes: Any) -> dict[str, Any]:
        whole: dict[str, Any] = {
            "name": "o.a.v1.gpu",
            "source": self.source,
            "folder": f"{self.prefix}gpu/v1/",
            "media": {"seconds": 6.0, "video_track": 1, "audio_track": 1},
            "moderation": {
                "name": "o.a.v1.moderation",
                "destination": self.at("moderation"),
                "least_confidence": 50.0,
                "rule": {"confidence": 60, "kinds": ["Explicit"], "stops": False},
            },
            "transcription": {
                "name": "o.a.v1.transcript",
                "destination": self.at("transcript"),
                "language": None,
                "speakers": None,
            },
            "toxicity": {"name": "o.a.v1.toxicity", "destination": self.at("toxicity")},
            "summary": {"name": "o.a.v1.summary", "destination": self.at("summary")},
        }
        return whole | changes

    def at(self, part: str) -> str:
        return f"{self.prefix}{part}.json{'l' if part == 'moderation' else ''}"

    def start(self, request: object = None, **more: str) -> subprocess.Popen[str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "RAPPORTEUR_"))}
        asked = self.request() if request is None else request
        told = {
            "RAPPORTEUR_JOB": asked if isinstance(asked, str) else json.dumps(asked),
            "RAPPORTEUR_JOB_MODELS": "tests.harness.watched_models",
            "RAPPORTEUR_JOB_SCRATCH": str(self.folder / "scratch"),
            "FAKE_MODELS": str(self.models),
        }
        return subprocess.Popen(
            [sys.executable, "-m", "container.job"],
            cwd=ROOT,
            env={**plain, **self.environment, **told, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (self.largest_file, self.largest_file)),
        )

    def run(self, request: object = None, **more: str) -> tuple[int, str]:
        """Its exit status, and all that it said."""
        process = self.start(request, **more)
        said, _ = process.communicate(timeout=60)
        assert self.left_behind == []
        return process.returncode, said

    def interrupted(self, step: str) -> None:
        """Have it end by TERM while the models do `step`."""
        (self.models / step).touch()
        process = self.start()
        deadline = time.monotonic() + 30
        while not (self.models / "waiting").exists():
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        assert process.returncode == TERMINATED
        (self.models / step).unlink()
        (self.models / "waiting").unlink()
        assert self.left_behind == []

    @property
    def left_behind(self) -> list[Path]:
        """What of its scratch is left."""
        return list((self.folder / "scratch").iterdir())

    def results(self) -> dict[str, bytes]:
        """What there is of the results."""
        places = {part: self.at(part) for part in ("moderation", "transcript", "toxicity", "summary")}
        places["verdict"] = f"{self.prefix}gpu/v1/moderation.json"
        return {part: files.read(place) for part, place in places.items() if files.exists(place)}

    def failure(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(files.read(f"{self.prefix}gpu/v1/failure.json"))
        return told
