"""Brings the weights of the job's models from the hub into a folder, with the manifest that the job checks them by.

    python -m container.fetch_weights FOLDER [--only whisper,align-en] [--use summary=owner/name@commit]

then `aws s3 sync FOLDER s3://BUCKET/weights/`. It needs `pip install huggingface_hub` and nothing else of the job's;
HF_TOKEN has the token of somebody who has accepted pyannote's terms, for the model of speakers. A model whose commit
stands in `container/weights.py` is taken at that; of any other the hub is asked what is newest, and the manifest notes
which it was. What a folder holds is kept if it is what the manifest says.
"""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from container.weights import COMMIT, MANIFEST, USUAL, Known, hash_of

_PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".ckpt")
"""What is never brought: such files may run code when they are read."""

_ASKED_FOR = frozenset({"whisper-training"})
"""What only some need, and is brought only by name."""

_WEIGHTS = (".safetensors", ".bin")


def main(arguments: Sequence[str] | None = None) -> int:
    """Bring them. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m container.fetch_weights", description="Bring the weights.")
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--only", default=",".join(sorted(USUAL.keys() - _ASKED_FOR)), help="roles, with commas: whisper,align-en"
    )
    parser.add_argument("--use", action="append", default=[], help="another model: role=owner/name@commit")
    told = parser.parse_args(arguments)
    wanted = {role: USUAL[role] for role in told.only.split(",") if role in USUAL}
    for one in told.use:
        match = COMMIT.fullmatch(one)
        if match is None:
            parser.error(f"{one} is not role=owner/name@commit, with a commit of 40 digits")
        usual = USUAL.get(match["role"], Known("", None, ""))
        wanted[match["role"]] = replace(
            usual, repository=match["repository"], revision=match["revision"], licence="see its page"
        )
    if unknown := set(told.only.split(",")) - set(USUAL):
        parser.error(f"there is no role {min(unknown)}: {', '.join(USUAL)}")
    manifest = _manifest(told.folder)
    for role, known in wanted.items():
        revision = _bring(role, known, told.folder, manifest)
        sys.stdout.write(f"{role}: {known.repository}@{revision} ({known.licence})\n")
        # After each, so that what was brought need not be brought again.
        (told.folder / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True))
    digest = hashlib.sha256((told.folder / MANIFEST).read_bytes()).hexdigest()
    sys.stdout.write(f"RAPPORTEUR_JOB_MANIFEST_SHA256={digest}\n")
    return 0


def _manifest(folder: Path) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    try:
        found: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    except FileNotFoundError:
        found = {}
    return {"models": found.get("models", {}), "files": found.get("files", {})}


def _bring(role: str, known: Known, folder: Path, manifest: dict[str, Any]) -> str:
    """Bring one model into `folder/role` and note what it has. Returns its commit."""
    from huggingface_hub import HfApi, snapshot_download

    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    token = os.environ.get("HF_TOKEN") or False
    before = manifest["models"].get(role, {})
    revision = known.revision or (before.get("revision") if before.get("repository") == known.repository else None)
    revision = revision or HfApi(token=token).model_info(known.repository).sha
    assert revision is not None, "the hub tells it of every model"
    place = folder / role
    snapshot_download(
        known.repository,
        revision=revision,
        local_dir=place,
        allow_patterns=list(known.files),
        ignore_patterns=[f"*{ending}" for ending in _PICKLES],
        token=token,
    )
    note(role, folder, manifest)
    if not any(path.suffix in _WEIGHTS for path in place.rglob("*")):
        raise SystemExit(f"{known.repository} has no weights that can be read without running what is in them.")
    manifest["models"][role] = {"repository": known.repository, "revision": revision, "licence": known.licence}
    return revision


def note(role: str, folder: Path, manifest: dict[str, Any]) -> None:
    """Note in `manifest` what the folder of `role` holds, but for what the hub's client keeps for itself."""
    for name in [name for name in manifest["files"] if name.startswith(f"{role}/")]:
        del manifest["files"][name]
    for path in sorted((folder / role).rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or "/.cache/" in name:
            continue
        manifest["files"][name] = {"sha256": hash_of(path), "size": path.stat().st_size}


if __name__ == "__main__":
    sys.exit(main())
