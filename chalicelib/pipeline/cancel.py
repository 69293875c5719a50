"""The owner wants no more of a run: its jobs are stopped, and what they still leave changes nothing."""

from dataclasses import replace

from chalicelib.domain.assets import Asset, Status
from chalicelib.observability import count
from chalicelib.pipeline import books, fetch, finish
from chalicelib.pipeline.branches import branches
from chalicelib.services import Services


def cancel(asset: Asset, services: Services, *, is_followed: bool = False) -> Asset:
    """End the current run of `asset`, stop its jobs, and enter what it cost. What has ended stays as it is.

    Returns the asset as it then is. Nobody is told by mail: whoever cancels knows. Where this end `is_followed` by
    another run, or by its erasure, it is not the one by which its marks are kept.
    """
    if asset.status in {Status.AWAITING_UPLOAD, Status.EXPIRED}:  # nothing of it has ever run
        return expire(asset, services)
    ended = services.store.cancel(asset.run) or asset
    if ended.is_cancelled and ended.version == asset.version:
        # Asked again, the jobs are stopped again: the first caller may have died between the two.
        stop_jobs(ended, services)
        if not is_followed:
            finish.keep_marks(ended, services)
        ended = replace(ended, cost=books.close(ended, services))
        count("AssetsCancelled")
    return ended


def expire(asset: Asset, services: Services) -> Asset:
    """Nothing is uploaded or fetched any more for `asset`. Returns it as it then is."""
    ended = services.store.expire(asset.ref) or asset
    if ended.status is Status.EXPIRED:
        fetch.drop(ended, services)
        books.close(ended, services)
    return ended


def wind_up(asset: Asset, services: Services) -> Asset:
    """See to it that the current run has come to its end and is in the books, so that another may follow it.

    Returns the asset as it then is.
    """
    if asset.may_have_jobs:
        asset = cancel(asset, services, is_followed=True)
    if asset.has_ended:
        books.close(asset, services)
    return asset


def stop_jobs(asset: Asset, services: Services) -> None:
    """Stop the jobs of the current run, as far as their engines can. Safe to call again."""
    services = services.hearing_with(asset.options.transcriber)
    errors = []
    stopped: set[str] = set()
    for branch in branches(services.settings).values():
        try:
            branch.stop(asset, services, stopped)
        except Exception as exc:  # noqa: BLE001 - one that cannot be stopped must not keep the others going
            errors.append(exc)
    if errors:
        raise ExceptionGroup("branches that could not be stopped", errors)


def stop_and_settle(asset: Asset, services: Services) -> None:
    """Stop the jobs of a run that has ended before they have, and have its owner told of it. Safe to call again."""
    try:
        stop_jobs(asset, services)
    finally:  # an engine that cannot be reached does not keep the owner from being told
        finish.settle(asset, services)
