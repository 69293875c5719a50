"""The fan-in: whoever closes the last open branch finishes the asset, once, and has its owner told."""

from collections.abc import Iterable, Mapping

from chalicelib.domain.assets import (
    Asset,
    Branch,
    BranchState,
    BranchStatus,
    Failure,
    Rendition,
    ReportState,
    RunRef,
    Status,
    outcome,
)
from chalicelib.message import Message
from chalicelib.observability import count, logger
from chalicelib.pipeline import erase, messages
from chalicelib.services import Services
from chalicelib.storage.assets import Track


def open_branch(run: RunRef, branch: Branch, services: Services) -> Asset | None:
    """The asset of `run` if `branch` is still open in it, else None, once what is left to do has been done.

    What an engine has still made of an asset that was erased is erased too.
    """
    asset = services.store.get(run.asset)
    if asset is None:
        erase.outputs_of(run.asset, services)
        return None
    if asset.version != run.version:
        return None
    if asset.status is Status.PROCESSING and branch in asset.open_branches:
        return asset
    settle(asset, services)
    return None


def close(
    run: RunRef,
    states: Mapping[Branch, BranchState],
    services: Services,
    renditions: Iterable[Rendition] = (),
    notes: Iterable[Message] = (),
    found: Mapping[str, str | None] | None = None,
    written: Iterable[Track] = (),
) -> None:
    """Close branches of a run, and finish it if they were the last. An old run, or a second call, changes nothing.

    What was `found` (`language`, `mood`, `clarity`) is noted with it. What was `written` is taken back if the asset was
    erased meanwhile: these tracks, and all that lies in S3.
    """
    asset = services.store.close(run, states, tuple(renditions), tuple(notes), found)
    if asset is None and (tracks := tuple(written)):
        erase.outputs_of(run.asset, services)
        services.store.drop_tracks(tracks)
    if asset is not None and asset.version == run.version:
        settle(asset, services)


def fail_open_branches(asset: Asset, failure: Failure, services: Services) -> Asset | None:
    """Close all that is open in `asset` as failed. Returns the asset as it then is."""
    if not asset.open_branches:
        return asset
    failed = BranchState(BranchStatus.FAILED, failure)
    return services.store.close(asset.run, dict.fromkeys(sorted(asset.open_branches), failed))


def settle(asset: Asset, services: Services) -> None:
    """Do what is left to do once nothing is open: finish the run, publish it while its report is due.

    Called after every change and every repeated delivery, so that a death in between is made good by the next one.
    """
    if asset.status is Status.PROCESSING and not asset.open_branches:
        finished = services.store.finish(asset.run, outcome(asset.branches))
        if finished is None or finished.version != asset.version:
            return
        asset = finished
        count(f"Assets{asset.status.capitalize()}")
        logger.info("asset finished", extra={"status": asset.status.value})
    if asset.report is ReportState.DUE:
        services.aws.sns.publish(
            TopicArn=services.settings.finished_topic_arn,
            Message=messages.encode(asset.run),
            MessageAttributes=messages.attributes(asset),
        )


def settle_run(run: RunRef, services: Services) -> None:
    """As `settle`, for a caller whose picture of the asset may be old."""
    asset = services.store.get(run.asset)
    if asset is not None and asset.version == run.version:
        settle(asset, services)
