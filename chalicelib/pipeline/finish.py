"""The fan-in: whoever closes the last open branch finishes the asset, once, and has its owner told."""

from collections.abc import Collection, Iterable, Mapping

from chalicelib.domain.assets import (
    Asset,
    BranchState,
    BranchStatus,
    Rendition,
    ReportState,
    RunRef,
    Status,
    turns,
)
from chalicelib.message import Message
from chalicelib.observability import count, logger
from chalicelib.pipeline import again, leftovers, messages, moderation, waiting
from chalicelib.services import Services
from chalicelib.storage.asset_items import TrackRecord


def open_branch(run: RunRef, branch: str, services: Services) -> Asset | None:
    """The asset of `run` if `branch` is still open in it, else None, once what is left to do has been done.

    What an engine has still made of an asset that was erased is erased too.
    """
    asset = services.store.get(run.asset)
    if asset is None:
        leftovers.delete_outputs(run.asset, services)
        return None
    if asset.version != run.version:
        return None
    if asset.status is Status.PROCESSING and branch in asset.open_branches:
        return asset
    settle(asset, services)
    return None


def close(
    asset: Asset,
    states: Mapping[str, BranchState],
    services: Services,
    renditions: Iterable[Rendition] = (),
    notes: Iterable[Message] = (),
    about: Mapping[str, str | None] | None = None,
    written: Iterable[TrackRecord] = (),
) -> None:
    """Close branches of the current run, have those go on that come after them, and finish it if they were the last.

    A second call changes nothing. Those that come after are told before the branches close: who dies in between tells
    them again. What is known `about` what was said (`language`, `mood`, `clarity`) is noted with it. What was `written`
    is taken back if the asset was erased meanwhile: these tracks, and all that lies in S3.
    """
    notes = tuple(notes)
    if not all(isinstance(note, Message) for note in notes):
        raise TypeError("a note is a Message")
    told = _tell(asset, {**asset.branches, **states}, states, services)
    closed = services.store.close(asset.run, states, tuple(renditions), tuple(notes), about)
    if closed is None and (tracks := tuple(written)):
        leftovers.delete_outputs(asset.ref, services)
        services.store.drop_tracks(tracks)
    if closed is not None and closed.version == asset.version:
        # Others may have closed meanwhile, and none of us knew that the last was it.
        _tell(closed, closed.branches, states, services, but=told)
        settle(closed, services)


def _tell(
    asset: Asset,
    branches: Mapping[str, BranchState],
    closed: Iterable[str],
    services: Services,
    but: Collection[str] = (),
) -> list[str]:
    """Tell the branches that come after those of `closed` that it is their turn, where it is. Returns their names."""
    gone = set(closed)
    told = [
        name
        for name, state in turns(branches).items()
        if state.status is BranchStatus.OPEN and gone & {*state.after} and name not in but
    ]
    for name in told:
        waiting.enqueue(asset.run, name, services)
    return told


def _skip(asset: Asset, services: Services) -> Asset:
    """Close the branches of which nothing can come, since nothing came of all that they come after."""
    skipped = {name: state for name, state in turns(asset.branches).items() if state.status is not BranchStatus.OPEN}
    return _skip(services.store.close(asset.run, skipped) or asset, services) if skipped else asset


def fail_open_branches(asset: Asset, failure: Message, services: Services) -> Asset | None:
    """Close all that is open in `asset` as failed. Returns the asset as it then is."""
    if not asset.open_branches:
        return asset
    failed = BranchState(BranchStatus.FAILED, failure)
    return services.store.close(asset.run, dict.fromkeys(sorted(asset.open_branches), failed))


def settle(asset: Asset, services: Services) -> None:
    """Do what is left to do once nothing is open: finish the run, publish it while its report is due.

    Called after every change and every repeated delivery, so that a death in between is made good by the next one.
    """
    if asset.status is Status.PROCESSING:
        asset = _skip(asset, services)
    if asset.status is Status.PROCESSING and not asset.open_branches:
        finished = end(asset, moderation.judged(asset, services), services)
        if finished is None or finished.version != asset.version:
            return
        asset = finished
    if asset.report is ReportState.DUE:
        services.aws.sns.publish(
            TopicArn=services.settings.finished_topic_arn,
            Message=messages.encode(asset.run),
            MessageAttributes=messages.attributes(asset),
        )


def end(asset: Asset, judged: moderation.Judged, services: Services) -> Asset | None:
    """End the current run of `asset` as it was `judged`, unless somebody has. Returns the asset as it then is."""
    notes = [*judged.notes, *again.notes_at_end(asset)]
    finished = services.store.finish(
        asset.run, judged.status, judged.failure, judged.moderation, notes, is_clear=judged.is_clear, etag=asset.etag
    )
    if finished is not None and finished.version == asset.version:
        count(f"Assets{finished.status.capitalize()}")
        logger.info("asset finished", extra={"status": finished.status.value})
    return finished


def keep_marks(asset: Asset, services: Services) -> None:
    """Have the marks on `asset` not be forgotten before it is: its end has been moved, or is not known yet. Done again,
    it changes nothing.

    Called before anything notes that a run has ended and its owner is told, so that who dies before is followed by the
    next one.
    """
    services.marks.keep_all(asset.ref, asset.expires or services.store.expiry())


def settle_run(run: RunRef, services: Services) -> None:
    """As `settle`, for a caller whose picture of the asset may be old."""
    asset = services.store.get(run.asset)
    if asset is not None and asset.version == run.version:
        settle(asset, services)
