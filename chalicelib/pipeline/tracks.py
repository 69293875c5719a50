"""Note down a result of analysis: one metadata item a track."""

import time

from chalicelib.assets import Asset
from chalicelib.services import Services
from chalicelib.store import Track


def put(asset: Asset, name: str, key: str, engine: str, services: Services, text: str = "", job: str = "") -> None:
    """Store the metadata item of the track `name`, whose JSON lies at `key`."""
    services.store.put_track(asset.run, Track(name, key, engine.rsplit(".", 1)[-1], job, time.time(), text))
