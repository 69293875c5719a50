"""Hourly: what has not moved for too long is started again where it stands, and after some tries failed."""

from chalicelib.domain.assets import TOOK_TOO_LONG, Asset, ReportState, Status, turns
from chalicelib.observability import about, count, logger
from chalicelib.pipeline import accept, again, begin, books, cancel, clips, fetch, finish, messages, people, waiting
from chalicelib.pipeline.branches import branches
from chalicelib.services import Services

_MOST_SWEEPS = 48
"""After so many an asset has failed, though the queue that it may wait in is never empty."""


def sweep(now: float, services: Services) -> None:
    """Look after every asset that should have changed before `now` (seconds since the epoch).

    One asset that breaks does not keep the others from being looked after; it is left for the next sweep. Last come
    clips that got lost, and the collections of faces that somebody died over.
    """
    for ref in services.store.overdue(now):
        with about(ref):
            try:
                asset = services.store.get(ref)
                if asset is not None and services.store.claim_sweep(asset, now):
                    _look_after(asset, services)
            except Exception as exc:  # noqa: BLE001 - whatever breaks one asset must not cost the others their sweep
                logger.error("sweep failed for an asset", extra={"error": type(exc).__name__})
    clips.sweep(now, services)
    people.settle(services)


def _look_after(asset: Asset, services: Services) -> None:
    last = asset.sweeps >= services.settings.max_sweeps
    if asset.status is not Status.AWAITING_UPLOAD:  # that an announced upload never comes is nobody's fault here
        count("AssetsStuck")
    if last and asset.sweeps < _MOST_SWEEPS and _may_wait(asset, services):
        return
    match asset.status:
        case Status.AWAITING_UPLOAD if asset.fetch is not None and last:
            fetch.fail(asset, fetch.UNREACHABLE, services)
        case Status.AWAITING_UPLOAD if asset.fetch is not None:
            set_going(asset, services)
        case Status.AWAITING_UPLOAD if last or services.uploads.info(asset.input_key) is None:
            cancel.expire(asset, services)
        case Status.EXPIRED:
            cancel.expire(asset, services)
        case Status.QUEUED | Status.PROCESSING if last:
            _fail(asset, services)
        case _ if asset.has_ended and asset.report is ReportState.NONE:
            _close(asset, services)
        case _ if asset.has_ended and last:
            finish.keep_marks(asset, services)
            services.store.settle_report(asset, ReportState.UNDELIVERABLE, books.close(asset, services))
            count("ReportsUndeliverable")
        case _:
            set_going(asset, services)


def set_going(asset: Asset, services: Services) -> bool:
    """Start again where it stands what may have stopped; harmless for what is under way. Whether anything is left."""
    match asset.status:
        case Status.AWAITING_UPLOAD if services.uploads.info(asset.input_key) is not None:
            accept.accept(asset.input_key, services)
        case Status.AWAITING_UPLOAD if asset.fetch is not None:
            fetch.go_on(asset, services)
        case Status.QUEUED:
            accept.enqueue(asset, services)
        case Status.PROCESSING:
            begin.resume(asset, services, all_turns=True)
        case _ if asset.is_stopped and asset.report is ReportState.DUE:
            cancel.stop_and_settle(asset, services)
        case _ if asset.report is ReportState.DUE:
            finish.settle(asset, services)
        case _:
            return False
    return True


def _may_wait(asset: Asset, services: Services) -> bool:
    """Whether what moves an asset on may still be in its queue: then it only waits, for as long as there is no room."""
    match asset.status:
        case Status.QUEUED:
            return messages.are_in(waiting.intake_of(asset), services)
        case Status.PROCESSING if any(state.after for state in turns(asset.branches).values()):
            return messages.are_in(waiting.Queue.ANALYSIS, services)
    return asset.report is ReportState.DUE and messages.are_in("report", services)


def _close(asset: Asset, services: Services) -> None:
    """What was cancelled and then not entered: by its owner, or for new content that still waits to be accepted."""
    found = services.uploads.info(asset.input_key)
    if found is None or found.etag == asset.etag:
        cancel.cancel(asset, services)
    else:
        accept.accept(asset.input_key, services)


def _with_what_is_there(asset: Asset, services: Services) -> Asset:
    """The asset once those of its branches are closed that have something which is worth having."""
    services = services.hearing_with(asset.options.transcriber)
    known = branches(services.settings)
    for name in sorted(asset.open_branches & known.keys()):
        try:
            known[name].run_out(asset, services)
        except Exception as exc:  # noqa: BLE001 - then it fails as the others do
            logger.error("branch has nothing to close with", extra={"branch": name, "error": type(exc).__name__})
    return services.store.get(asset.ref) or asset


def _fail(asset: Asset, services: Services) -> None:
    if asset.status is Status.QUEUED:
        failed = services.store.finish(asset.run, Status.FAILED, TOOK_TOO_LONG, notes=again.notes_at_end(asset))
    else:
        failed = finish.fail_open_branches(_with_what_is_there(asset, services), TOOK_TOO_LONG, services)
    if failed is None:
        return
    if asset.status is Status.PROCESSING and failed.version == asset.version:
        cancel.stop_and_settle(failed, services)
    else:
        finish.settle(failed, services)
