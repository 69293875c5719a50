"""What a corrected recording teaches is kept beside it, and noted for the next night; if its owner has agreed to that.

Withdrawn, it is taken out again: what was learnt of an account for itself goes at once, what it has taught everybody
goes with the next night.
"""

import time
from dataclasses import replace

from chalicelib.domain import keys
from chalicelib.domain.accounts import Profile, TrainingScope
from chalicelib.domain.assets import Asset, AssetRef, RunRef
from chalicelib.domain.calendar import next_digest
from chalicelib.learning.lessons import lesson
from chalicelib.learning.models import Noted
from chalicelib.services import Services
from chalicelib.speech.tracks import TRANSCRIPT
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.storage import editions

_NAME = "lesson.json"


def key(asset_owner: str, asset_id: str, version: int) -> str:
    """Where the lesson of a run lies."""
    return keys.file_key(RunRef(AssetRef(asset_owner, asset_id), version), keys.Folder.LESSONS, _NAME)


def due_next(services: Services) -> float:
    """When models are trained next, in seconds since the epoch."""
    settings = services.settings
    return next_digest(time.time(), settings.training_zone, settings.training_hour)


def may_teach(asset: Asset, profile: Profile) -> bool:
    """Whether its owner has agreed that it teaches."""
    return profile.teaches is not None and not asset.no_training


def take(asset: Asset, services: Services) -> None:
    """Keep what the newest edition teaches, and note it; or see to it that nothing is kept. Done twice, done once: what
    has been noted already makes no other night.
    """
    owner, asset_id = asset.ref.owner, asset.ref.asset_id
    profile = services.users.profile(owner)
    if not may_teach(asset, profile):
        forget(asset.ref, services)
        return
    first, newest = (editions.read(asset, edition, services.outputs) for edition in (0, asset.edition))
    if first is None or newest is None or not asset.edition:
        return
    models = services.store.heard_by(TRANSCRIPT.key(asset))[1:]
    written = load_transcript(newest)
    taught = lesson(load_transcript(first), written, models)
    language = (taught.language or "").split("-")[0].lower()
    if not language or not taught.confirmed:
        forget(asset.ref, services)  # nobody stands behind anything of it any more
        return
    is_shared = profile.training is not None and profile.training.scope is TrainingScope.EVERYBODY
    noted = Noted(
        asset_id,
        asset.version,
        asset.edition,
        language,
        taught.words,
        taught.confirmed,
        len(taught.changes),
        max(word.confirmed.at for word in written.words() if word.confirmed is not None),
        is_shared,
    )
    if services.learning.lesson(owner, asset_id) == replace(noted, is_told=True):
        return
    services.outputs.write_json(key(owner, asset_id, asset.version), taught.to_json())
    services.learning.note_lesson(owner, noted, due_next(services))
    # Whoever has deleted it, left it out or withdrawn since it was read found nothing to take back yet.
    now = services.store.get(asset.ref)
    if now is None or not may_teach(now, services.users.profile(owner)):
        forget(asset.ref, services)
        services.users.take_back_late(owner)


def forget(ref: AssetRef, services: Services) -> None:
    """Have the next night be without what a recording has taught."""
    services.outputs.delete_under(keys.outputs_of(ref, keys.Folder.LESSONS))
    services.learning.forget_lesson(ref.owner, ref.asset_id, due_next(services))
