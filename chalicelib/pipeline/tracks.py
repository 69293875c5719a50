"""Note down a result of analysis: one metadata item a track."""

import time

from chalicelib import keys
from chalicelib.assets import Asset
from chalicelib.services import Services
from chalicelib.store import Track


def put(asset: Asset, name: str, key: str, engine: str, started_at: float, services: Services, text: str = "") -> None:
    """Store the metadata item of the track `name`, whose JSON lies at `key`; its work began at `started_at`."""
    job = keys.job_name(asset.run, keys.Task.TRANSCRIPT)
    track = Track(name, key, engine.rsplit(".", 1)[-1], job, started_at, time.time(), text)
    services.store.put_track(asset.run, track)
