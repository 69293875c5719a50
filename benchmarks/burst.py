"""A burst of uploads through the handlers, over engines that answer at once, with a third of the events doubled."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from unittest.mock import patch

from benchmarks.measure import Figure, clock, quiet

FEW, MANY = 100, 1_000
GROWTH_LIMIT = 1.5
"""How much longer an upload may take among a thousand than among a hundred."""


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    few, many = (FEW // 10, MANY // 10) if quick else (FEW, MANY)
    small, _ = burst(few)
    large, events = burst(many)
    name = f"time of an upload among {many:,}, over among {few:,}"
    note = f"{large / many * 1000:.0f} and {small / few * 1000:.0f} ms in handlers, calls to the embedded AWS included"
    yield Figure(name, (large / many) / (small / few), "", GROWTH_LIMIT, note)
    yield Figure(f"events handled, of {many:,} uploads", events, "", note="none lost, none doubled: each checked")
    yield Figure("events a second", events / large, "")


def burst(uploads: int) -> tuple[float, int]:
    """Seconds that handlers take to bring so many uploads at once to their reports, and how many events they handled.

    What the event pump takes is not in it: on AWS that is not ours. Raises AssertionError if one is lost or doubled.
    """
    from chalicelib.domain.assets import ReportState, Status
    from local.aws.pump import Invocation
    from tests.harness.service import running_service

    with quiet(), _quicker_queues(), running_service() as service:
        assets = [service.upload() for _ in range(uploads)]
        pump = service.pump
        collect, invoke = pump.collect, pump.invoke
        handled, spent = 0, 0.0

        def collecting() -> int:
            before = len(pump.pending)
            collect()
            new = pump.pending[before:]
            pump.pending += [replace(invocation) for invocation in new[::3] if invocation.queue_url is None]
            return len(pump.pending) - before

        def invoking(invocation: Invocation) -> None:
            nonlocal handled, spent
            handled += 1
            with clock() as watch:
                invoke(invocation)
            spent += watch.seconds

        pump.collect, pump.invoke = collecting, invoking  # type: ignore[method-assign]
        service.settle()
        for asset in assets:
            ended = service.asset(asset.ref)
            assert ended.status is Status.COMPLETED, asset.ref
            assert ended.report is ReportState.DELIVERED, asset.ref
        assert service.mails_sent() == uploads
    return spent, handled


def _quicker_queues() -> AbstractContextManager[object]:
    """For each message that it hands out moto counts the whole queue, only to see whether that message is too old."""
    from moto.sqs.models import SQSBackend

    return patch.object(SQSBackend, "is_message_valid_based_on_retention_period", lambda *_: True)
