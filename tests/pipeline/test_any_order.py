"""Events of several recordings arrive in any order, some twice, some late: each recording ends as if alone."""

import copy
from collections.abc import Mapping
from typing import Any, ClassVar

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import Asset, ReportState, Status
from local.aws.pump import Invocation
from tests.harness.service import SHARED, Service, running_service

_ANY = st.integers(0, 999)
"""Which of those there are, counted round: what can be drawn must not depend on what the service did, or hypothesis
could not tell a service that behaves differently from a strategy that does."""


class AnyOrder(RuleBasedStateMachine):
    """Deliveries and ends of jobs, in whatever order hypothesis thinks of."""

    service: Service
    expected: dict[str, Any]
    engines: ClassVar[Mapping[str, str]] = {}
    asked = AiOptions()

    def __init__(self) -> None:
        super().__init__()
        self._running = running_service(**self.engines)
        self.service = self._running.__enter__()
        self.assets: list[Asset] = []
        self.delivered: list[Invocation] = []
        # Within these limits nothing is ever given up: a message is received at most three times before it is worked
        # on, and an asset is swept at most three times.
        self.minutes_left = 20
        self.sweeps_left = 2

    def teardown(self) -> None:
        try:
            self.service.settle()
            for asset in self.assets:
                ended = self.service.asset(asset.ref)
                assert ended.status is Status.COMPLETED
                assert ended.report is ReportState.DELIVERED
                assert len(self.service.mails(asset)) == 1
                assert self.service.snapshot(asset.ref) == self.expected
        finally:
            self._running.__exit__(None, None, None)

    @initialize()
    def one_alone(self) -> None:
        alone = self.service.upload(ai=self.asked)
        self.service.settle()
        self.expected = self.service.snapshot(alone.ref)

    @precondition(lambda self: len(self.assets) < 3)
    @rule()
    def upload(self) -> None:
        self.assets.append(self.service.upload(ai=self.asked))

    @rule(which=_ANY)
    def deliver(self, which: int) -> None:
        self.service.pump.collect()
        pending = self.service.pump.pending
        if pending:
            invocation = pending[which % len(pending)]
            self.delivered.append(copy.deepcopy(invocation))
            self.service.pump.deliver(invocation)

    @rule(which=_ANY)
    def deliver_again(self, which: int) -> None:
        """AWS delivers at least once: something seen before comes once more, however late."""
        if self.delivered:
            self.service.pump.invoke(copy.deepcopy(self.delivered[which % len(self.delivered)]))

    @rule(which=_ANY)
    def finish_a_job(self, which: int) -> None:
        running = self.service.cloud.running()
        if running:
            running[which % len(running)].end()

    @precondition(lambda self: self.minutes_left > 0)
    @rule(minutes=st.integers(1, 10))
    def time_passes(self, minutes: int) -> None:
        """Messages that were received and not worked on show up again."""
        self.minutes_left -= minutes
        self.service.clock.shift(minutes * 60)

    @precondition(lambda self: self.sweeps_left > 0)
    @rule()
    def the_sweep_comes_by(self) -> None:
        """It finds everything overdue, whatever is under way."""
        self.sweeps_left -= 1
        self.service.pump.fire_schedules(self.service.now() + 3 * 3600)


class ByOneJob(AnyOrder):
    """The same, where one job does all for a run but the renditions: each end of it is that of a part."""

    engines = SHARED
    asked = AiOptions(moderation=True, toxicity=True)


_TRIES = settings(max_examples=8, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))
AnyOrder.TestCase.settings = ByOneJob.TestCase.settings = _TRIES
TestAnyOrder = AnyOrder.TestCase
TestAnyOrderByOneJob = ByOneJob.TestCase
