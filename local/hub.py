"""Whisper models that are named by size, such as small: brought from the Hugging Face hub, checked, and checked again.

What a file should be is asked of the hub once, for its revision, and written down; from then on the files are held
against that at each loading, without any network.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.errors import EngineError
from local.weights import caches, digest

if TYPE_CHECKING:
    from huggingface_hub import FolderVerification


def model_folder(name: str) -> Path:
    """The folder of the model that is named by its folder, its size or its place on the hub.

    Raises EngineError where it cannot be had, or is not what the hub publishes.
    """
    if (folder := Path(name).expanduser()).is_dir():
        return folder
    import httpx2
    from faster_whisper.utils import download_model

    try:
        folder = Path(download_model(name))
    except (OSError, ValueError, RuntimeError, httpx2.HTTPError) as exc:
        raise EngineError(
            f"The Whisper model {name} cannot be had: check its folder, or its name and the network.", "no-model"
        ) from exc
    return _checked(name, folder)


def _checked(name: str, folder: Path) -> Path:
    """`folder`, a snapshot in the hub's own cache: …/models--OWNER--NAME/snapshots/REVISION."""
    repository = folder.parent.parent.name.removeprefix("models--").replace("--", "/")
    notes = caches() / "hub" / f"{repository.replace('/', '--')}@{folder.name}.json"
    found = {file.name: digest(file) for file in sorted(folder.iterdir())}
    if notes.is_file():
        known = json.loads(notes.read_text())
        wrong = [file for file, digested in found.items() if known.get(file) != digested]
    else:
        wrong = [mismatch["path"] for mismatch in _published(name, repository, folder).mismatches]
    if wrong:
        raise EngineError(
            f"The Whisper model {name}: {', '.join(wrong)} is not what was published. Remove {folder.parent.parent} "
            "and start the service anew.",
            "no-model",
        )
    notes.parent.mkdir(parents=True, exist_ok=True)
    notes.write_text(json.dumps(found))
    return folder


def _published(name: str, repository: str, folder: Path) -> "FolderVerification":
    """What the hub says of the files: SHA-256 of the large ones, Git's own of the small."""
    import httpx2
    from huggingface_hub import HfApi

    try:
        return HfApi().verify_repo_checksums(repository, revision=folder.name)
    except (OSError, ValueError, httpx2.HTTPError) as exc:
        raise EngineError(
            f"The Whisper model {name} is here, but the hub does not say what it should be: check the network.",
            "no-model",
        ) from exc
