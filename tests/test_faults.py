"""One AWS call fails, anywhere in a run: the end must be the same as if none had."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.assets import AssetRef, ReportState, Status
from tests.service import Service, running_service

MAIL_CALL = "SendEmail"


class Died(SystemExit):
    """The process ended: nothing in it can catch this, Lambda just sees the invocation fail."""


@dataclass
class Faults:
    """Counts the calls that the app makes, and lets the k-th fail."""

    fail_at: int | None = None
    how: str = "before"
    calls: list[str] = field(default_factory=list)

    def call(self, name: str, effect: Callable[[], Any]) -> Any:
        self.begin(name)
        result = effect()
        self.end()
        return result

    def begin(self, name: str) -> None:
        self.calls.append(name)
        if self.how == "before" and self._is_due():
            raise ReadTimeoutError(endpoint_url="embedded")

    def end(self) -> None:
        if self._is_due():
            if self.how == "died":
                self.fail_at = None
                raise Died
            if self.how == "after":
                raise ReadTimeoutError(endpoint_url="embedded")

    def _is_due(self) -> bool:
        return self.fail_at is not None and len(self.calls) == self.fail_at


def install(service: Service, faults: Faults) -> None:
    """Put `faults` in the way of every call of the app: to AWS, and to the engines."""
    aws = service.services.aws
    for client in (aws.s3, aws.dynamodb, aws.sqs, aws.sns, aws.ses):

        def before(model: Any, faults: Faults = faults, **_: Any) -> None:
            faults.begin(model.name)

        def after(http_response: Any, faults: Faults = faults, **_: Any) -> None:
            if http_response.status_code < 300:
                faults.end()

        client.meta.events.register_first("before-call", before, unique_id="faults-before")
        client.meta.events.register_last("after-call", after, unique_id="faults-after")
    service.cloud.on_call = faults.call


def uninstall(service: Service) -> None:
    aws = service.services.aws
    for client in (aws.s3, aws.dynamodb, aws.sqs, aws.sns, aws.ses):
        client.meta.events.unregister("before-call", unique_id="faults-before")
        client.meta.events.unregister("after-call", unique_id="faults-after")
    service.cloud.on_call = lambda name, effect: effect()


def run_with(service: Service, faults: Faults) -> AssetRef:
    """A recording's whole way, with `faults` in it; the sweep is off, so that redelivery alone must mend it."""
    service.pump.schedules.clear()
    asset = service.announce()
    install(service, faults)
    try:
        service.put(asset)
        service.settle()
    finally:
        uninstall(service)
    return asset.ref


@pytest.fixture(scope="module")
def shared() -> Iterator[Service]:
    """One service for all cases: each works on an asset of its own."""
    with running_service() as running:
        yield running


@pytest.fixture(scope="module")
def faultless(shared: Service) -> tuple[dict[str, Any], list[str]]:
    faults = Faults()
    ref = run_with(shared, faults)
    assert shared.asset(ref).status is Status.COMPLETED
    assert shared.asset(ref).report is ReportState.DELIVERED
    assert len(shared.mails(shared.asset(ref))) == 1
    return shared.snapshot(ref), faults.calls


MOST_CALLS = 80
"""More than a run makes; `test_the_cases_cover_every_call` fails if a run grows beyond it."""


def test_the_cases_cover_every_call(faultless: tuple[dict[str, Any], list[str]]) -> None:
    calls = faultless[1]
    assert 30 < len(calls) <= MOST_CALLS
    assert {"UpdateItem", "PutObject", "SendMessage", "Publish", MAIL_CALL, "probe", "transcribe"} <= set(calls)


@pytest.mark.parametrize("how", ["before", "after", "died"])
@pytest.mark.parametrize("k", range(1, MOST_CALLS + 1))
def test_a_call_that_fails_changes_nothing_in_the_end(
    shared: Service, faultless: tuple[dict[str, Any], list[str]], k: int, how: str
) -> None:
    expected, calls = faultless
    if k > len(calls):
        return
    ref = run_with(shared, Faults(k, how))
    assert shared.snapshot(ref) == expected
    mails = len(shared.mails(shared.asset(ref)))
    if calls[k - 1] == MAIL_CALL and how != "before":
        # What is promised: never none. SES took the mail and nobody knows, so it is sent once more, and only once.
        assert mails == 2
    else:
        assert mails == 1
