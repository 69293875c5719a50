"""The files of a model: brought from where they can be had, checked, put in their place."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chalicelib.errors import EngineError, RapporteurError
from chalicelib.message import Message

COMMAND = "python -m local.models"
"""Brings the weights that are not there: see `local/models/__main__.py`."""
_ALTERED = Message(
    "weights-altered",
    "%(name)s: %(files)s is not what was published. Whoever runs this service should start it anew, by make.",
)
ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Weights:
    """The files of a model: `digests` has their names and SHA-256.

    `sources` are where they are looked for, in this order, by name: each puts the files into a folder. `instead` says
    what happens without them.
    """

    title: str
    folder: str
    digests: Mapping[str, str]
    sources: Mapping[str, Callable[[Path], None]]
    instead: str

    @property
    def place(self) -> Path:
        """The folder that holds them, or will."""
        return caches() / self.folder

    def are_there(self) -> bool:
        """Whether all files are there. What they hold is looked at when they are loaded."""
        return all((self.place / name).is_file() for name in self.digests)

    def faults(self, folder: Path) -> list[str]:
        """What of them is missing in `folder`, or is another."""
        return [name for name, wanted in self.digests.items() if digest(folder / name) != wanted]

    def check(self) -> None:
        """Raise EngineError if the files are not what they should be."""
        if wrong := self.faults(self.place):
            raise EngineError(_ALTERED.of(name=self.title, files=tuple(wrong)))

    def bring(self) -> Path:
        """The folder with them, brought if they are not there. Raises RapporteurError where they cannot be had."""
        folder = self.place
        if not self.faults(folder):
            return folder
        reasons = []
        try:
            shutil.rmtree(folder, ignore_errors=True)
            folder.parent.mkdir(parents=True, exist_ok=True)
            for name, source in self.sources.items():
                with tempfile.TemporaryDirectory(prefix="weights-", dir=folder.parent) as made:
                    try:
                        source(Path(made))
                        wrong = self.faults(Path(made))
                    except (OSError, LookupError, ValueError, subprocess.CalledProcessError, zipfile.BadZipFile) as exc:
                        reasons.append(f"{name}: {type(exc).__name__}")
                        continue
                    if wrong:
                        reasons.append(f"{name}: {', '.join(wrong)} is not what was published")
                        continue
                    self._put(Path(made))
                    return folder
        except OSError as exc:
            reasons.append(f"{folder.parent} cannot be written to: {exc.strerror}")
        raise RapporteurError(f"{self.title} could not be brought to this machine ({'; '.join(reasons)}).")

    def _put(self, made: Path) -> None:
        """Move what was made to its place, all at once; whoever else made it meanwhile has made the same."""
        ready = made.with_name(f"{made.name}-ready")
        made.rename(ready)
        made.mkdir()  # its context removes it
        try:
            ready.rename(self.place)
        except OSError:
            shutil.rmtree(ready)
            if self.faults(self.place):
                raise


def caches() -> Path:
    """The folder that holds what can be brought again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")) / "rapporteur"


def download(requirements: Path, folder: Path, *options: str) -> list[Path]:
    """The wheels that a file of requirements names with their hashes, put into `folder`, in the order of their names.

    Raises CalledProcessError if they cannot be had.
    """
    pip("download", requirements, "--only-binary", ":all:", "--dest", str(folder), *options)
    return sorted(folder.glob("*.whl"))


def pip(command: str, requirements: Path, *options: str) -> None:
    """Let pip do `command` with what a file of requirements names, and with nothing that its hashes do not name.

    Raises CalledProcessError if it cannot.
    """
    quiet = [sys.executable, "-m", "pip", command, "--quiet", "--disable-pip-version-check"]
    hashed = [*quiet, "--no-deps", "--require-hashes", *options, "-r", str(requirements)]
    subprocess.run(hashed, check=True, capture_output=True)  # noqa: S603 - our own


def digest(file: Path) -> str | None:
    """The SHA-256 of what a file holds; None if there is none."""
    if not file.is_file():
        return None
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
