"""What is noted down of a result of analysis: one metadata item a track."""

import time

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset
from chalicelib.storage.assets import Track


def ended_now(asset: Asset, name: str, key: str, engine: str, started_at: float, text: str = "") -> Track:
    """The track `name` of the current run, whose JSON lies at `key`; its work began at `started_at`."""
    job = keys.job_name(asset.run, keys.Task.TRANSCRIPT)
    return Track(name, key, engine.rsplit(".", 1)[-1], job, started_at, time.time(), text)
