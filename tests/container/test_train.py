"""What the program that teaches Whisper believes and refuses, before any heavy package is there."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from container import train
from container.failures import STATUS, Failed
from container.train import MANIFEST, RESULT, Clock, Places, State, Told, checkpoints, note, order, pairs_in, told_in
from tests.harness.media import ffmpeg, speech
from tests.harness.places import ROOT


def hyperparameters(root: Path, **values: str) -> None:
    """Write them where SageMaker does."""
    place = Places(root).told
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(values))
