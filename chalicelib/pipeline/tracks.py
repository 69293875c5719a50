"""The tracks of a run: what is noted down of each, and what it says."""

import time
from collections.abc import Iterable

from chalicelib.domain.assets import Asset
from chalicelib.domain.tracks import Passage, Track
from chalicelib.observability import logger
from chalicelib.services import Services
from chalicelib.storage.asset_items import TrackRecord


def ended_now(
    asset: Asset, track: Track, engine: str, started_at: float, text: str = "", key: str | None = None
) -> TrackRecord:
    """What to note of a track of the current run; its work began at `started_at` (seconds since the epoch).

    `key` is where it lies, if that is not where it usually does.
    """
    name = engine.rsplit(".", 1)[-1]
    return TrackRecord(track.name, key or track.key(asset), name, started_at, time.time(), text)


def write(
    asset: Asset, track: Track, passages: Iterable[Passage], engine: str, started_at: float, services: Services
) -> TrackRecord:
    """Store a track that has no format of its own. Returns what was noted of it, for `finish.close`."""
    services.outputs.write_json(track.key(asset), {"passages": [passage.to_json() for passage in passages]})
    record = ended_now(asset, track, engine, started_at)
    services.store.put_tracks(asset.run, [record])
    return record


def read(asset: Asset, track: Track, services: Services) -> list[Passage] | None:
    """The passages of a track in its newest edition; None while there are none, or none that can be read."""
    if not asset.version or not track.made_of(asset):
        return None
    document = services.outputs.read(track.key(asset, track.source, asset.edition))
    if document is None:
        return None
    try:
        return list(track.passages(document))
    except (LookupError, TypeError, ValueError) as exc:
        # What an engine of somebody's own has left there must not cost the search, or the report, of everything else.
        logger.error("track cannot be read", extra={"track": track.name, "error": type(exc).__name__})
        return None
