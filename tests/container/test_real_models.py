"""`container/models.py` with the packages that it calls, and small models of random weights.

RAPPORTEUR_JOB_PYTHON names a Python that has what stands in `container/requirements.lock`; without it, this is left
out. It takes minutes on a processor. Where Whisper base is on this machine, it is what hears.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from container import media
from local.models.whisper import WEIGHTS
from tests.container.program import Program
from tests.harness.media import ffmpeg
from tests.harness.places import ROOT

PYTHON = os.environ.get("RAPPORTEUR_JOB_PYTHON", "")

pytestmark = pytest.mark.skipif(not PYTHON, reason="RAPPORTEUR_JOB_PYTHON names no Python that has the job's packages")


def test_the_whole_job_runs_with_the_packages_that_the_image_pins(tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    plain = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    whisper = [str(WEIGHTS.place)] if WEIGHTS.are_there() else []
    making = [PYTHON, "-W", "ignore", "-m", "tests.container.random_weights", str(weights), *whisper]
    subprocess.run(making, cwd=ROOT, env=plain, check=True, timeout=600)
    film = tmp_path / "film.mp4"
    ffmpeg("-i", ROOT / "samples" / "debate.mp4", "-t", "12", "-c", "copy", film)
    program = Program(tmp_path, f"{(tmp_path / 'results').as_uri()}/", film.as_uri())
    told = {
        "RAPPORTEUR_JOB": json.dumps(program.request(media={"seconds": 12.0, "video_track": 1, "audio_track": 1})),
        "RAPPORTEUR_JOB_FFMPEG": media.program(""),
        "RAPPORTEUR_JOB_WEIGHTS": str(weights),
        "RAPPORTEUR_JOB_DEVICE": "cpu",
    }
    done = subprocess.run(
        [PYTHON, "-m", "container.job"], cwd=ROOT, env=plain | told, timeout=1800, capture_output=True, text=True
    )
    assert done.returncode == (0 if whisper else 16), done.stderr
    assert "debate" not in done.stderr, "nothing that was said is logged"
    if whisper:
        assert set(program.results()) == {"moderation", "verdict", "transcript", "toxicity", "summary"}
        assert "left out" not in done.stderr
