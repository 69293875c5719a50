"""Why a job of a run has left nothing, noted in the folder of its task, where its results would be.

The note's own S3 event takes the run on, as that of results does. It can be written again.
"""

import json
from dataclasses import dataclass

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset
from chalicelib.message import Message
from chalicelib.services import Services


@dataclass(frozen=True, slots=True)
class FailureNote:
    """Why there is nothing. `is_skipped` says that nothing went wrong: there was nothing to work on."""

    failure: Message
    is_skipped: bool


def key(asset: Asset, task: str) -> str:
    """Where the current run of `asset` has the note on a task."""
    return keys.file_key(asset.run, f"jobs/{task}", "failed.json")


def write(asset: Asset, task: str, failure: Message, services: Services, *, is_skipped: bool = False) -> None:
    """Note that nothing comes of a task."""
    services.outputs.write_json(key(asset, task), {"failed": failure.to_json(), "skipped": is_skipped})


def read(asset: Asset, task: str, services: Services) -> FailureNote | None:
    """The note on a task; None if there is none."""
    stored = services.outputs.read(key(asset, task))
    if stored is None:
        return None
    values = json.loads(stored)
    return FailureNote(Message.from_json(values["failed"]), values["skipped"])
