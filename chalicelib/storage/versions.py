"""How earlier runs of an asset were when another took their place: a document each, beside the run's other files.

So each goes with the files that it speaks of: when these are erased, exported, or old enough to be deleted. The current
run stands in the table alone; a document of it, which somebody left who died before the next began, counts for nothing.
"""

import json
import time
from dataclasses import dataclass, replace

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, RunRef
from chalicelib.domain.keys import Folder
from chalicelib.storage.asset_items import OF_A_RUN, from_document, to_document
from chalicelib.storage.buckets import ObjectStore

MOST = 50
"""Versions that are told of: the newest."""

NAME = "asset.json"
"""What such a document is called."""

_CARRIED = "carried.json"


def put_by(asset: Asset, confirmed: float | None, outputs: ObjectStore) -> None:
    """Keep how the current run of `asset` is, and which share of its words is `confirmed` (0 to 1; None where there are
    none). Done again, it is as it then is.
    """
    document = {"asset": json.loads(to_document(asset)), "confirmed": confirmed}
    outputs.write_json(keys.file_key(asset.run, Folder.VERSIONS, NAME), document)


def read(current: Asset, number: int, outputs: ObjectStore) -> Asset | None:
    """The asset as it was in a version; None if there is none, of other content, or no longer.

    What is no run's own, such as the title, and what is withheld, is as it is now: where its content is doubted by now,
    so is what was made of it before.
    """
    if number == current.version:
        return current
    found = put_by_before(current, number, outputs)
    return None if found is None else found.asset


@dataclass(frozen=True, slots=True)
class Version:
    """The asset as it was in a version, and which share of its words was confirmed (0 to 1; None: there were none)."""

    asset: Asset
    confirmed: float | None


def put_by_before(current: Asset, number: int, outputs: ObjectStore) -> Version | None:
    """What was put by of a version that is not the current one; None as `read`."""
    if not 0 < number <= current.newest:
        return None
    document = outputs.read(keys.file_key(RunRef(current.ref, number), Folder.VERSIONS, NAME))
    if document is None:
        return None
    values = json.loads(document)
    found = from_document(json.dumps(values["asset"]).encode())
    if found.etag != current.etag or (found.expires is not None and found.expires <= time.time()):
        return None
    asset = replace(
        current,
        version=found.version,
        open_branches=frozenset(),
        withheld=current.withheld | ({str(number)} if current.is_doubted else frozenset()),
        **{name: getattr(found, name) for name in OF_A_RUN},
    )
    return Version(asset, values["confirmed"])


def numbers(current: Asset, outputs: ObjectStore) -> list[int]:
    """The numbers of the versions of which something is kept, and of the current one: the newest first."""
    names = outputs.names(keys.outputs_of(current.ref, Folder.VERSIONS))
    parsed = (keys.parse_output_key(name) for name in names if name.endswith(f"/{NAME}"))
    found = {one.run.version for one in parsed if one is not None} | {current.version}
    return sorted(found, reverse=True)[:MOST]


def carried_key(asset: Asset) -> str:
    """Where it stands what the current run of `asset` has carried over from the version before."""
    return keys.file_key(asset.run, Folder.VERSIONS, _CARRIED)
