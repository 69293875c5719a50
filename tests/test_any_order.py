"""Events of several recordings arrive in any order, some twice, some late: each recording ends as if alone."""

import copy
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from chalicelib.assets import Asset, ReportState, Status
from local.pump import Delivery
from tests.service import Service, running_service


class AnyOrder(RuleBasedStateMachine):
    """Deliveries and ends of jobs, in whatever order hypothesis thinks of."""

    service: Service
    expected: dict[str, Any]

    def __init__(self) -> None:
        super().__init__()
        self._running = running_service()
        self.service = self._running.__enter__()
        self.assets: list[Asset] = []
        self.delivered: list[Delivery] = []
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
        alone = self.service.upload()
        self.service.settle()
        self.expected = self.service.snapshot(alone.ref)

    @precondition(lambda self: len(self.assets) < 3)
    @rule()
    def upload(self) -> None:
        self.assets.append(self.service.upload())

    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        self.service.pump.collect()
        pending = self.service.pump.pending
        if pending:
            delivery = data.draw(st.sampled_from(range(len(pending))))
            self._deliver(pending[delivery])

    def _deliver(self, delivery: Delivery) -> None:
        self.delivered.append(copy.deepcopy(delivery))
        self.service.pump.deliver(delivery)

    @precondition(lambda self: self.delivered)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        """AWS delivers at least once: something seen before comes once more, however late."""
        again = data.draw(st.sampled_from(range(len(self.delivered))))
        self.service.pump.invoke(copy.deepcopy(self.delivered[again]))

    @precondition(lambda self: self.service.cloud.running())
    @rule(data=st.data())
    def finish_a_job(self, data: st.DataObject) -> None:
        running = self.service.cloud.running()
        running[data.draw(st.sampled_from(range(len(running))))].end()

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


AnyOrder.TestCase.settings = settings(
    max_examples=10, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnyOrder = AnyOrder.TestCase
