"""Whisper models that are named by size, such as small: brought from the Hugging Face hub, checked, and checked again.

What the files of a revision should be is asked of the hub once and written down; from then on they are held against it
at each loading, also where the hub cannot be reached.
"""

import json
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.errors import EngineError
from chalicelib.message import Message
from local.models.weights import caches, digest

if TYPE_CHECKING:
    from huggingface_hub import FolderVerification

_NOT_THERE = Message(
    "whisper-not-there", "The Whisper model %(name)s cannot be had: check its folder, or its name and the network."
)
_ALTERED = Message(
    "whisper-altered",
    "The Whisper model %(name)s: %(files)s is not what was published. Remove %(folder)s and %(known)s, and start the "
    "service anew.",
)
_UNCHECKED = Message(
    "whisper-unchecked",
    "The Whisper model %(name)s is here, but the hub does not say what it should be: check the network.",
)

_READ = frozenset(
    ("config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.json", "vocabulary.txt")
)
"""The files that faster-whisper reads; what else somebody keeps beside them is no matter."""


def model_folder(name: str) -> Path:
    """The folder of the model that is named by its folder, its size or its place on the hub.

    Raises EngineError where it cannot be had, or is not what the hub publishes.
    """
    import httpx2
    from faster_whisper.utils import download_model

    try:
        folder = Path(name).expanduser()
        if folder.is_dir():
            return folder
        folder = Path(download_model(name))
    except (OSError, ValueError, RuntimeError, httpx2.HTTPError) as exc:
        raise EngineError(_NOT_THERE.of(name=name)) from exc
    return _checked(name, folder)


def _checked(name: str, folder: Path) -> Path:
    """`folder`, a snapshot in the hub's own cache: …/models--OWNER--NAME/snapshots/REVISION."""
    repository = folder.parent.parent.name.removeprefix("models--").replace("--", "/")
    notes = caches() / "hub" / f"{repository.replace('/', '--')}@{folder.name}.json"
    found = {file.name: digest(file) for file in sorted(folder.iterdir()) if file.name in _READ}
    known = _noted(notes)
    if known is None:
        said = _published(name, repository, folder)
        named = {mismatch["path"] for mismatch in said.mismatches} | {*said.missing_paths, *said.extra_paths}
        wrong = sorted(named & _READ)
    else:
        wrong = sorted(file for file in {*known, *found} if known.get(file) != found.get(file))
    if wrong:
        raise EngineError(
            _ALTERED.of(name=name, files=tuple(wrong), folder=str(folder.parent.parent), known=str(notes))
        )
    if known is None:
        _note(notes, found)
    return folder


def _noted(notes: Path) -> dict[str, str] | None:
    """What the files should be, by name; None where that was never asked, or cannot be read."""
    try:
        known = json.loads(notes.read_text())
    except (OSError, ValueError):
        return None
    return known if isinstance(known, dict) else None


def _note(notes: Path, found: Mapping[str, str | None]) -> None:
    """Write it down, whole or not at all. Where nothing can be written, the hub is asked each time."""
    with suppress(OSError):
        notes.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=notes.parent, delete=False) as written:
            json.dump(found, written)
        Path(written.name).replace(notes)


def _published(name: str, repository: str, folder: Path) -> "FolderVerification":
    """What the hub says of the files: SHA-256 of the large ones, Git's own of the small."""
    import httpx2
    from huggingface_hub import HfApi

    try:
        return HfApi().verify_repo_checksums(repository, revision=folder.name)
    except (OSError, ValueError, httpx2.HTTPError) as exc:
        raise EngineError(_UNCHECKED.of(name=name)) from exc
