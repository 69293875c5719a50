"""After a start: everything that was under way when the process ended is set going again."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from chalicelib.domain.assets import FINISHED, Asset, ReportState
from chalicelib.observability import about, logger
from chalicelib.pipeline import sweep
from chalicelib.services import Services

Turn = Callable[[], AbstractContextManager[object]]


def resume_unfinished(services: Services, turn: Turn = nullcontext) -> int:
    """Start each unfinished asset again where it stands, in a `turn` of its own, and count them.

    Every step may be done twice (see docs/architecture.md), and none of this counts as a sweep: it is not the asset's
    fault that the process ended. One that breaks does not keep the others waiting.
    """
    with turn():
        unfinished = [asset.ref for asset in services.store.everyones() if _is_unfinished(asset)]
    count = 0
    for ref in unfinished:
        with turn(), about(ref):
            try:
                asset = services.store.get(ref)  # as it is now: somebody may have had a turn since
                count += asset is not None and sweep.set_going(asset, services)
            except Exception as exc:  # noqa: BLE001 - whatever breaks one asset must not cost the others their start
                logger.error("asset could not be resumed", extra={"error": type(exc).__name__})
    return count


def _is_unfinished(asset: Asset) -> bool:
    return asset.status not in FINISHED or asset.report is ReportState.DUE
