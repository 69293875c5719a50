"""What an owner does with several assets at once. Each goes by its own rules: one that is refused harms no other, and
what is done twice is done once.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain import folding
from chalicelib.domain.assets import MOST_TAGS, Asset, BranchStatus, Status
from chalicelib.errors import Conflict, InvalidRequest, NotFound, RapporteurError
from chalicelib.observability import logger
from chalicelib.pipeline import indexing
from chalicelib.pipeline.again import is_transcribed
from chalicelib.pipeline.cancel import cancel
from chalicelib.pipeline.erase import erase
from chalicelib.pipeline.retry import hear, retry
from chalicelib.services import Services

_AT_ONCE = 16
_TRIES = 4
_TIME = 18.0
"""Seconds after which no other asset is begun with: API Gateway waits for 29."""


class Action(StrEnum):
    """What can be done with several."""

    MOVE = "move"
    TAG = "tag"
    UNTAG = "untag"
    RETRY = "retry"
    CANCEL = "cancel"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Wish:
    """An action, and what belongs to it: where to (None: into no folder), which tags, whether the cost is accepted."""

    action: Action
    folder: str | None = None
    tags: tuple[str, ...] = ()
    accept_cost: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an action on one asset: how it was `before`, if it was there, and is `now`, unless it is gone; or
    why it was refused.
    """

    asset_id: str
    before: Asset | None = None
    now: Asset | None = None
    refusal: RapporteurError | None = None


def act(
    owner: str, asset_ids: Sequence[str], wish: Wish, services: Services, note: Callable[[Asset], None]
) -> list[Done]:
    """Do what is wished with each of an owner's assets, and `note` each that was changed and is still there. The
    answers are in the order of the ids.
    """
    there = {asset.ref.asset_id: asset for asset in services.store.some(owner, asset_ids)}
    until = time.monotonic() + _TIME

    def one(asset_id: str) -> Done:
        asset = there.get(asset_id)
        try:
            if asset is None:
                raise NotFound("There is no such asset.")
            if time.monotonic() > until:
                raise Conflict("There was no time left for this one. Please ask again.", "out-of-time")
            now = _ACTIONS[wish.action](asset, wish, services)
            if now is not None and now is not asset:
                note(now)
            return Done(asset_id, asset, now)
        except RapporteurError as exc:
            return Done(asset_id, asset, refusal=exc)
        except Exception as exc:  # noqa: BLE001 - whatever breaks for one must not cost the others their answer
            logger.error("action failed", extra={"asset": asset_id, "error": type(exc).__name__})
            return Done(asset_id, asset, refusal=Conflict("This did not work. Please try again.", "broken"))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(one, asset_ids))


def _move(asset: Asset, wish: Wish, services: Services) -> Asset | None:
    if asset.folder == wish.folder:
        return asset
    return _still_there(services.store.move(asset.ref, wish.folder))


def _tag(asset: Asset, wish: Wish, services: Services) -> Asset | None:
    def more(tags: Sequence[str]) -> list[str]:
        known = set(map(folding.same, tags))
        return [*tags, *(tag for tag in wish.tags if folding.same(tag) not in known)]

    return _with_tags(asset, more, services)


def _untag(asset: Asset, wish: Wish, services: Services) -> Asset | None:
    unwanted = set(map(folding.same, wish.tags))
    return _with_tags(asset, lambda tags: [tag for tag in tags if folding.same(tag) not in unwanted], services)


def _with_tags(asset: Asset, change: Callable[[Sequence[str]], list[str]], services: Services) -> Asset:
    """The asset with what `change` makes of its tags, whoever else changes them just now."""
    for _ in range(_TRIES):
        tags = change(asset.tags)
        if tags == list(asset.tags):
            return asset
        if len(tags) > MOST_TAGS:
            raise InvalidRequest(f"One recording may have {MOST_TAGS} tags, and would have {len(tags)}.", "many-tags")
        indexing.changed(asset.ref.owner, services)
        changed = services.store.retag(asset, tags)
        if changed is not None:
            return changed
        asset = _still_there(services.store.get(asset.ref))
    raise Conflict("Somebody else changes the tags of this just now. Please try again.", "busy")


def _still_there(asset: Asset | None) -> Asset:
    if asset is None:
        raise NotFound("There is no such asset.")
    return asset


def _retry(asset: Asset, wish: Wish, services: Services) -> Asset | None:
    """What came to its end without a failure is not done again among many: it would be paid for once more."""
    has_failed = any(state.status is BranchStatus.FAILED for state in asset.branches.values())
    if asset.status is Status.COMPLETED and not has_failed:
        raise Conflict("Nothing has failed here, so there is nothing to do again.", "nothing-failed")
    if asset.status in {Status.AWAITING_UPLOAD, Status.EXPIRED}:
        raise Conflict("The recording is not there. Please upload it again.", "no-recording")
    if asset.again is not None and asset.again.is_hearing and asset.media is not None and not is_transcribed(asset):
        return hear(asset, asset.options, services, accept_cost=wish.accept_cost)  # what it has taken over is as it was
    return retry(asset, services, accept_cost=wish.accept_cost)


def _cancel(asset: Asset, wish: Wish, services: Services) -> Asset | None:
    if asset.has_ended and not asset.is_cancelled and asset.status is not Status.EXPIRED:
        raise Conflict("The work on this has ended already.", "has-ended")
    return cancel(asset, services)


def _delete(asset: Asset, wish: Wish, services: Services) -> Asset | None:
    erase(asset, services)
    return None


_ACTIONS: Mapping[Action, Callable[[Asset, Wish, Services], Asset | None]] = {
    Action.MOVE: _move,
    Action.TAG: _tag,
    Action.UNTAG: _untag,
    Action.RETRY: _retry,
    Action.CANCEL: _cancel,
    Action.DELETE: _delete,
}
