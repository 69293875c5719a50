"""What DynamoDB and S3 do by themselves on AWS: what has been kept for as long as it was promised is deleted."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from chalicelib.observability import about, logger
from chalicelib.pipeline.erase import erase
from chalicelib.services import Services


def delete_expired(
    services: Services, now: float, turn: Callable[[], AbstractContextManager[object]] = nullcontext
) -> int:
    """Delete each recording that has expired by `now` (seconds since the epoch), in a `turn` of its own.

    Returns how many. One that cannot be deleted is left for the next time.
    """
    with turn():
        expired = [one.ref for one in services.store.everyones() if one.expires is not None and one.expires <= now]
    count = 0
    for ref in expired:
        with turn(), about(ref):
            asset = services.store.get(ref)
            if asset is None or asset.expires is None or asset.expires > now:
                continue  # somebody has begun it anew since
            try:
                erase(asset, services, even_if_due=True)
                count += 1
            except Exception as exc:  # noqa: BLE001 - whatever keeps one must not keep the others
                logger.error("expired asset could not be deleted", extra={"error": type(exc).__name__})
    return count
