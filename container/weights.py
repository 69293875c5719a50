"""Where the weights of models come from: a folder, a prefix in S3, or the hub at one commit; and what they must be.

Beside them lies `manifest.json`, which `container/fetch_weights.py` writes:

    {"models": {"whisper": {"repository": "…", "revision": "…", "licence": "MIT"}},
     "files": {"whisper/model.bin": {"sha256": "…", "size": 3087284237}}}

Each model has a folder of its own, and nothing is loaded that the manifest does not name, or that is not what it says.
"""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from container import files
from container.contract import ModelsMissing

MANIFEST = "manifest.json"
COMMIT = re.compile(r"(?P<role>[a-z-]{1,40})=(?P<repository>\w[\w.-]*/\w[\w.-]*)@(?P<revision>[0-9a-f]{40})")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Known:
    """A model of the hub: the `revision` (a commit) is None where none has been checked here.

    `files` are what is needed of it, as patterns.
    """

    repository: str
    revision: str | None
    licence: str
    files: tuple[str, ...] = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja")


_ALIGNER = ("*.json", "*.safetensors", "pytorch_model.bin")
"""Some have only the older form."""


USUAL: Mapping[str, Known] = {
    "moderation": Known("Falconsai/nsfw_image_detection", None, "Apache-2.0"),
    "whisper": Known(
        "Systran/faster-whisper-large-v3",
        "edaa852ec7e145841d8ffdb056a99866b5f0a478",
        "MIT",
        ("*.json", "model.bin"),  # CTranslate2's own format: no pickle
    ),
    "whisper-training": Known("openai/whisper-large-v3", None, "MIT", ("*.json", "*.txt", "model.safetensors")),
    "align-en": Known("facebook/wav2vec2-base-960h", "22aad52d435eb6dbaf354bdad9b0da84ce7d6156", "Apache-2.0"),
    "align-fr": Known("jonatasgrosman/wav2vec2-large-xlsr-53-french", None, "Apache-2.0", _ALIGNER),
    "align-ja": Known("jonatasgrosman/wav2vec2-large-xlsr-53-japanese", None, "Apache-2.0", _ALIGNER),
    "align-ko": Known("kresnik/wav2vec2-large-xlsr-korean", None, "Apache-2.0", _ALIGNER),
    "align-zh": Known("jonatasgrosman/wav2vec2-large-xlsr-53-chinese-zh-cn", None, "Apache-2.0", _ALIGNER),
    "speakers": Known(
        "pyannote/speaker-diarization-community-1",
        "3533c8cf8e369892e6b79ff1bf80f7b0286a54ee",
        "CC-BY-4.0, gated",
        ("*.yaml", "*.bin", "*.npz"),
    ),
    "toxicity": Known("textdetox/xlmr-large-toxicity-classifier-v2", None, "OpenRAIL++"),
    "summary": Known("Qwen/Qwen3-4B-Instruct-2507", "cdbee75f17c01a7cc42f958dc650907174af0554", "Apache-2.0"),
}
"""What each part uses where nobody says otherwise. Weights in `.bin` are read with `weights_only`."""


class Weights:
    """The weights that RAPPORTEUR_JOB_WEIGHTS and RAPPORTEUR_JOB_HUB name. Each is brought when it is asked for."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._place = environment.get("RAPPORTEUR_JOB_WEIGHTS", "").strip()
        self._manifest_hash = environment.get("RAPPORTEUR_JOB_MANIFEST_SHA256", "").strip().lower()
        self._hub = _from_hub(environment.get("RAPPORTEUR_JOB_HUB", ""))
        self._token = environment.get("HF_TOKEN") or None
        self._manifest: Mapping[str, Mapping[str, Any]] | None = None
        self._brought: dict[str, Path] = {}

    @property
    def are_from_hub(self) -> bool:
        """Whether some come from the hub."""
        return bool(self._hub)

    def bring(self, role: str) -> Path:
        """The folder of the model for `role`. Raises ModelsMissing if it is not here, or not what it should be."""
        if role not in self._brought:
            self._brought[role] = self._downloaded(role) if role in self._hub else self._checked(role)
        return self._brought[role]

    def _downloaded(self, role: str) -> Path:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

        repository, revision = self._hub[role]
        patterns = USUAL[role].files if role in USUAL else Known("", None, "").files
        try:
            return Path(
                snapshot_download(
                    repository,
                    revision=revision,
                    local_dir=Path(tempfile.mkdtemp(prefix="weights-")) / role,
                    allow_patterns=list(patterns),
                    token=self._token or False,
                )
            )
        except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as exc:
            raise ModelsMissing(f"The hub does not give {repository} at {revision} ({type(exc).__name__}).") from exc

    def _checked(self, role: str) -> Path:
        """The folder where it lies, or to which it is fetched, of which each file is what the manifest says."""
        named = {name: told for name, told in self._told().items() if name.startswith(f"{role}/")}
        if not named:
            raise ModelsMissing(
                f"There are no weights for {role} in {MANIFEST}: python -m container.fetch_weights brings them."
            )
        is_remote = self._place.startswith("s3://")
        root = Path(tempfile.mkdtemp(prefix="weights-")) if is_remote else Path(self._place)
        for name, told in named.items():
            path = root / name
            if is_remote:
                path.parent.mkdir(parents=True, exist_ok=True)
                try:
                    files.fetch(self._uri(name), path)
                except FileNotFoundError as exc:
                    raise ModelsMissing(f"{name} is in {MANIFEST} and not beside it.") from exc
            if not path.is_file() or path.stat().st_size != told["size"] or hash_of(path) != told["sha256"]:
                raise ModelsMissing(f"{name} is not what {MANIFEST} says: bring the weights anew.")
        there = (path.relative_to(root) for path in (root / role).rglob("*") if path.is_file())
        # The hub's client keeps notes of its own in ".cache", which nobody loads.
        others = {path.as_posix() for path in there if ".cache" not in path.parts} - set(named)
        if others:
            raise ModelsMissing(f"{min(others)} is not in {MANIFEST}: what is not named there is not loaded.")
        return root / role

    def _told(self) -> Mapping[str, Mapping[str, Any]]:
        if self._manifest is None:
            if not self._place:
                raise ModelsMissing("There are no weights: set RAPPORTEUR_JOB_WEIGHTS to a folder or an S3 prefix.")
            try:
                data = files.read(self._uri(MANIFEST))
            except OSError as exc:
                raise ModelsMissing(f"There is no {MANIFEST} in RAPPORTEUR_JOB_WEIGHTS.") from exc
            if self._manifest_hash and hashlib.sha256(data).hexdigest() != self._manifest_hash:
                raise ModelsMissing(f"{MANIFEST} is not the one that RAPPORTEUR_JOB_MANIFEST_SHA256 names.")
            self._manifest = read_manifest(data)
        return self._manifest

    def _uri(self, name: str) -> str:
        if self._place.startswith("s3://"):
            return f"{self._place.removesuffix('/')}/{name}"
        return (Path(self._place).resolve() / name).as_uri()


def read_manifest(data: bytes) -> Mapping[str, Mapping[str, Any]]:
    """The files that a manifest names. Raises ModelsMissing if it is none."""
    try:
        told = json.loads(data)["files"]
        for name, one in told.items():
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or "\0" in name:
                raise ValueError
            if not isinstance(one["size"], int) or not _HASH.fullmatch(one["sha256"]):
                raise ValueError
    except (ValueError, LookupError, TypeError, AttributeError) as exc:
        raise ModelsMissing(f"{MANIFEST} is none that container/fetch_weights.py has written.") from exc
    found: Mapping[str, Mapping[str, Any]] = told
    return found


def hash_of(path: Path) -> str:
    """The SHA-256 of a file, read a piece at a time."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _from_hub(told: str) -> dict[str, tuple[str, str]]:
    """`whisper=owner/name@commit,…`: a branch or a tag may be something else tomorrow, and is refused."""
    found = {}
    for one in filter(None, (part.strip() for part in told.split(","))):
        match = COMMIT.fullmatch(one)
        if match is None:
            raise ModelsMissing(f"RAPPORTEUR_JOB_HUB: {one} is not role=owner/name@commit, with a commit of 40 digits.")
        found[match["role"]] = (match["repository"], match["revision"])
    return found
