"""Structured logs and metrics. A log line has the asset's id and never what people said, their address or a URL."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from chalicelib.domain.assets import AssetRef

logger = Logger(service="rapporteur")
metrics = Metrics(namespace="Rapporteur")
"""Their dimension `service` is POWERTOOLS_SERVICE_NAME, which a deployment sets to its own name."""


def count(name: str) -> None:
    """Add one to the metric `name`."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)


@contextmanager
def about(asset: AssetRef) -> Iterator[None]:
    """Everything logged inside carries the asset's id."""
    with logger.append_context_keys(asset=asset.asset_id, owner=asset.owner):
        yield


_ends: list[float] = []
"""When this invocation is cut off, by the monotonic clock; nothing where nobody says."""


def seconds_left() -> float:
    """How long this invocation may still work, in seconds; infinite where nobody says."""
    return _ends[-1] - time.monotonic() if _ends else math.inf


@contextmanager
def set_aside() -> Iterator[None]:
    """For others' work in between: what is logged inside is about no asset, and nobody says when it is cut off."""
    now = logger.get_current_keys()
    kept, ends = {name: now[name] for name in ("asset", "owner") if name in now}, list(_ends)
    logger.remove_keys(kept)
    _ends.clear()
    try:
        yield
    finally:
        logger.append_keys(**kept)
        _ends[:] = ends


@contextmanager
def _timed(event: object) -> Iterator[None]:
    left = getattr(getattr(event, "context", None), "get_remaining_time_in_millis", None)
    if left is None:
        yield
        return
    _ends.append(time.monotonic() + left() / 1000)
    try:
        yield
    finally:
        _ends.pop()


def observe(event: object, get_response: Callable[[object], object]) -> object:
    """Chalice middleware: log what breaks by its type and place only, and flush the metrics of each invocation."""
    try:
        with _timed(event):
            return get_response(event)
    except Exception as exc:
        # The message of an exception may quote people's words, an address or a URL: the type and the place suffice.
        logger.error("handler failed", extra={"handler": type(event).__name__, "error": type(exc).__name__})
        raise
    finally:
        if metrics.metric_set:  # with nothing to publish, Powertools warns at every invocation
            metrics.flush_metrics()
