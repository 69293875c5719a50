"""What one machine does for its recordings by itself: goes on with them after a start, deletes what has expired."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from chalicelib.domain import keys
from chalicelib.domain.assets import ENDED, FINISHED, Asset, ReportState
from chalicelib.domain.keys import S3Object
from chalicelib.observability import about, logger
from chalicelib.pipeline import clips, indexing, sweep
from chalicelib.pipeline.erase import erase
from chalicelib.services import Services
from local.aws import expiry
from local.runtime import STAGE

Turn = Callable[[], AbstractContextManager[object]]


def resume_unfinished(services: Services, turn: Turn = nullcontext) -> int:
    """Start each unfinished clip and asset again where it stands, in a `turn` of its own, and count them. Each index is
    looked after too: what was to be put into it may have been on its way.

    Every step may be done twice (see docs/architecture.md), and none of this counts as a sweep: it is not the asset's
    fault that the process ended.
    """

    def is_unfinished(asset: Asset) -> bool:
        return asset.status not in FINISHED or asset.report is ReportState.DUE

    with turn():
        clips.set_going(services)
        for owner in {asset.ref.owner for asset in services.store.everyones()}:
            indexing.changed(owner, services)
    return _each(is_unfinished, sweep.set_going, "asset could not be resumed", services, turn)


def delete_expired(services: Services, now: float, turn: Turn = nullcontext) -> int:
    """Delete what has expired by `now` (seconds since the epoch), as DynamoDB and S3 do by themselves on AWS, each
    recording and each few other things in a `turn` of their own. Returns how many recordings; what cannot be deleted is
    left for the next time.

    Recordings come first, as a whole: `erase` has them out of the index, the logs and the books as well, and deletes
    their item last. So the table of assets is no table whose items go by themselves. Tracks and files of a
    recording that is kept go by their own time, as on AWS: those of earlier versions, for some. Only files of what is
    still being worked on are left alone, since on one machine that may take longer than they are kept for.
    """

    def has_expired(asset: Asset) -> bool:
        return asset.expires is not None and asset.expires <= now

    def delete(asset: Asset, services: Services) -> bool:
        erase(asset, services, even_if_due=True)
        return True

    def is_needed(at: S3Object) -> bool:
        made = keys.parse_output_key(at.key)
        ref = keys.parse_upload_key(at.key) if made is None else made.run.asset
        asset = None if ref is None else services.store.get(ref)
        return asset is not None and asset.status not in ENDED

    count = _each(has_expired, delete, "expired asset could not be deleted", services, turn)
    expiry.delete_items(STAGE, now, turn, but=services.settings.assets_table)
    expiry.delete_objects(STAGE, now, turn, services.settings.retention_days, is_needed)
    return count


def _each(
    is_meant: Callable[[Asset], bool],
    work: Callable[[Asset, Services], bool],
    complaint: str,
    services: Services,
    turn: Turn,
) -> int:
    """Do `work` on each asset that is meant, and count where there was anything to do."""
    with turn():
        refs = [asset.ref for asset in services.store.everyones() if is_meant(asset)]
    count = 0
    for ref in refs:
        with turn(), about(ref):
            try:
                asset = services.store.get(ref)  # as it is now: somebody may have had a turn since
                count += asset is not None and is_meant(asset) and work(asset, services)
            except Exception as exc:  # noqa: BLE001 - whatever breaks one asset must not keep the others waiting
                logger.error(complaint, extra={"error": type(exc).__name__})
    return count
