"""`container/train.py` with the packages that it calls: a tiny Whisper of random weights is taught seconds of sound.

RAPPORTEUR_JOB_PYTHON names a Python that has what stands in `container/requirements.lock`; without it, this is left
out. What comes of it is heard with here, by the engine of this machine.
"""

import json
import os
import signal
import subprocess
import tarfile
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from container import media, serve
from container.train import MANIFEST, RESULT
from container.weights import MANIFEST as WEIGHTS_MANIFEST
from container.weights import hash_of
from local.engines.faster_whisper import FasterWhisperTranscriber
from local.jobs import LocalJob
from local.models.whisper import WEIGHTS
from tests.container.test_train import hyperparameters
from tests.harness.media import ffmpeg, speech
from tests.harness.places import ROOT

PYTHON = os.environ.get("RAPPORTEUR_JOB_PYTHON", "")

pytestmark = pytest.mark.skipif(not PYTHON, reason="RAPPORTEUR_JOB_PYTHON names no Python that has the job's packages")

_LONGEST = 600.0


def plain(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), **more}


def channel(folder: Path, *starts: int) -> None:
    """Pairs of two seconds each, one of them as an MP3."""
    (folder / "sound").mkdir(parents=True)
    lines = []
    for number, start in enumerate(starts):
        name = f"sound/{number}.{'wav' if number else 'mp3'}"
        cut = ("-ss", str(start), "-t", "2", "-i", ROOT / "samples" / "debate.mp4")
        ffmpeg(*cut, "-vn", "-ac", "1", "-ar", "16000", folder / name)
        lines.append(json.dumps({"audio": name, "text": f"Stretch number {number}.", "duration": 2.0}))
    (folder / MANIFEST).write_text("\n".join(lines))


def start(root: Path, environment: dict[str, str], said: Path) -> "subprocess.Popen[bytes]":
    with said.open("ab") as log:
        return subprocess.Popen(
            [PYTHON, "-W", "ignore", "-m", "container.train", "--root", str(root)],
            cwd=ROOT,
            env=environment,
            stderr=log,
        )


def test_it_is_taught_and_ended_and_goes_on_and_its_model_is_heard_with_here(tmp_path: Path) -> None:
    weights, root, said = tmp_path / "weights", tmp_path / "ml", tmp_path / "said.log"
    letters = [str(WEIGHTS.place / "tokenizer.json")] if WEIGHTS.are_there() else []
    making = [PYTHON, "-W", "ignore", "-m", "tests.container.random_whisper", str(weights), *letters]
    subprocess.run(making, cwd=ROOT, env=plain(tmp_path), check=True, timeout=_LONGEST)
    channel(root / "input" / "data" / "train", 0, 2, 4)
    channel(root / "input" / "data" / "test", 6)
    told = {"language": "en", "batch": "1", "gather": "1", "look_every": "1", "patience": "1000"}
    hyperparameters(root, **told, epochs="50")
    environment = plain(
        tmp_path,
        RAPPORTEUR_JOB_WEIGHTS=str(weights),
        RAPPORTEUR_JOB_MANIFEST_SHA256=hash_of(weights / WEIGHTS_MANIFEST),
        RAPPORTEUR_JOB_DEVICE="cpu",
        RAPPORTEUR_JOB_FFMPEG=media.program(""),
    )

    first = start(root, environment, said)
    try:
        until = time.monotonic() + _LONGEST
        while not list((root / "checkpoints").glob("step-*/state.json")):
            assert first.poll() is None, said.read_text()
            assert time.monotonic() < until, said.read_text()
            time.sleep(0.05)
        first.send_signal(signal.SIGTERM)
        assert first.wait(_LONGEST) == 143, said.read_text()
    finally:
        first.kill()
    assert not (root / "model").exists()
    assert not (root / "output" / "failure").exists()

    hyperparameters(root, **told, epochs="1")
    second = start(root, environment, said)
    try:
        assert second.wait(_LONGEST) == 0, said.read_text()
    finally:
        second.kill()
    log = said.read_text()
    assert "goes on from step" in log
    assert "Stretch" not in log, "nothing that was said is logged"

    made = root / "model"
    figures: dict[str, Any] = json.loads((made / RESULT).read_text())
    assert (figures["pairs"], figures["looked_at"]) == (3, 1)
    assert figures["steps"] >= 3
    assert len(figures["looks"]) >= figures["steps"]
    for name, known in figures["files"].items():
        assert hash_of(made / name) == known["sha256"]

    packed, there = tmp_path / "model.tar.gz", tmp_path / "unpacked"
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(made, ".")  # as SageMaker packs it
    there.mkdir()
    serve.unpacked(packed, there)

    sound = speech(tmp_path / "sound.wav", 4)
    running = LocalJob("tried", tmp_path, threading.Event())
    words, language = FasterWhisperTranscriber(str(there)).transcribe(sound, "en", running)
    assert language == "en"
    assert all(0 <= word.start <= word.end <= 4 for word in words), "of random weights it hears nonsense"
