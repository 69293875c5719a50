"""What is rejected is stopped at once, and what is held waits until an administrator has decided."""

import time
from itertools import islice

from chalicelib.domain.assets import Asset, RunRef, Status
from chalicelib.domain.moderation import Decision
from chalicelib.errors import Conflict
from chalicelib.observability import count, logger
from chalicelib.pipeline import finish, moderation
from chalicelib.pipeline.cancel import stop_and_settle
from chalicelib.services import Services

_LATELY = 30 * 24 * 3600.0
"""Seconds for which the list shows what was decided."""

_NOT_HELD = "This is not held, or no longer: somebody has decided, or there is new content."


def enforce(run: RunRef, services: Services) -> None:
    """Reject a run in which something was found that is not taken, while the rest of it is still being worked on.

    Its branches close and its jobs are stopped. Called after everything that may have found something, and again
    whenever such a run is heard of: whoever dies in between leaves the rest to the next one.
    """
    if services.settings.moderation_policy is None:
        return  # of a run that began while there was one, the end is judged all the same
    asset = services.store.get(run.asset)
    if asset is None or asset.version != run.version or not moderation.stops(asset):
        return
    if asset.status is Status.PROCESSING:
        found = moderation.judged(asset, services)
        if found.status is not Status.REJECTED:
            return
        ended = finish.end(asset, found, services)
        if ended is None or ended.version != run.version:
            return
        asset = ended
    if asset.is_stopped:
        stop_and_settle(asset, services)


def decide(asset: Asset, decision: Decision, by: str, comment: str, services: Services) -> Asset:
    """End a run that is held as the administrator `by` decides, once, and have its owner told.

    Returns the asset as it then is. Raises Conflict if it is held no more.
    """
    if asset.status is not Status.HELD:
        raise Conflict(_NOT_HELD, "not-held")
    found = moderation.decided(asset, decision, by, time.time(), comment)
    assert found.moderation is not None, "it has just been decided"
    released = moderation.release_of(asset, found.moderation)
    ended = services.store.decide(asset.run, found.status, found.moderation, found.failure, found.notes, released)
    if ended is None:
        ended = services.store.get(asset.ref)
        # The table's answer may have been lost, and the same been asked again: then it is ours that stands there.
        if ended is None or ended.version != asset.version or ended.moderation != found.moderation:
            raise Conflict(_NOT_HELD, "not-held")
    count(f"Held{'Released' if decision is Decision.RELEASE else 'Rejected'}")
    logger.info("held asset decided", extra={"status": ended.status.value})
    finish.settle(ended, services)
    return ended


def decided(services: Services, most: int) -> list[Asset]:
    """What was decided lately, the latest first, as far as nothing was begun anew since."""
    refs = islice(services.store.decided(time.time() - _LATELY), most)
    found = (services.store.get(ref) for ref in refs)
    return [asset for asset in found if asset is not None and is_decided(asset)]


def is_decided(asset: Asset) -> bool:
    """Whether somebody has decided of what was held in the current run."""
    return asset.moderation is not None and asset.moderation.decision is not None


def waiting(services: Services) -> list[Asset]:
    """What waits for a decision, the longest first."""
    found = (services.store.get(ref) for ref in services.store.held())
    held = [asset for asset in found if asset is not None and asset.status is Status.HELD]
    return sorted(held, key=lambda asset: asset.finished_at or 0.0)
