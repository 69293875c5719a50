"""One AWS call fails, anywhere in a run: the end must be the same as if none had."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.assets import FINISHED, AssetRef, Failure, ReportState
from chalicelib.errors import MediaRejected
from tests.fakes import Cloud, reset
from tests.service import DIARIZER, OWNER, Service, running_service

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


SCENARIOS: dict[str, Callable[[Cloud], None]] = {
    "everything works": lambda cloud: None,
    "the file is rejected": lambda cloud: setattr(cloud, "media", MediaRejected("No recording.", "unreadable")),
    "the sound cannot be had": lambda cloud: cloud.failing.update(audio=Failure("codec", "No sound.")),
    "the transcription fails": lambda cloud: cloud.failing.update(transcript=Failure("model", "No model.")),
    "silence": lambda cloud: setattr(cloud, "words", []),
    "its sound is given up": lambda cloud: cloud.breaking.add("transcode.audio"),
}
CALLS = {
    "everything works": 63,
    "the file is rejected": 21,
    "the sound cannot be had": 33,
    "the transcription fails": 35,
    "silence": 43,
    "its sound is given up": 47,
}
"""How many calls a run makes; `test_the_cases_cover_every_call` fails when that changes."""


def _ways(scenario: str, k: int) -> tuple[str, ...]:
    if scenario == "its sound is given up":
        return (("before", "after", "died")[k % 3],)
    return (("before", "after")[k % 2], *(["died"] if scenario == "everything works" else []))


CASES = [
    (scenario, k, how) for scenario, count in CALLS.items() for k in range(1, count + 1) for how in _ways(scenario, k)
]


def run_with(service: Service, scenario: str, faults: Faults) -> AssetRef:
    """A recording's whole way, with `faults` in it; the sweep is off, so that redelivery alone must mend it.

    It is entered in the books, once.
    """
    service.pump.schedules.clear()
    service.runs += 1
    reset()
    SCENARIOS[scenario](service.cloud)
    asset = service.announce()
    install(service, faults)
    try:
        service.put(asset)
        service.settle()
    finally:
        uninstall(service)
    assert len(service.services.ledger.of_owner(OWNER)) == service.runs
    return asset.ref


@pytest.fixture(scope="module")
def shared() -> Iterator[Service]:
    """One service for all cases: each works on an asset of its own."""
    with running_service(**DIARIZER) as running:
        running.settle()  # of what SES sends by itself
        yield running


@pytest.fixture(scope="module")
def faultless(shared: Service) -> Callable[[str], tuple[dict[str, Any], list[str]]]:
    """What each scenario leaves, and the calls it makes, when nothing fails."""

    @cache
    def run(scenario: str) -> tuple[dict[str, Any], list[str]]:
        faults = Faults()
        ref = run_with(shared, scenario, faults)
        assert shared.asset(ref).status in FINISHED
        assert shared.asset(ref).report is ReportState.DELIVERED
        assert len(shared.mails(shared.asset(ref))) == 1
        return shared.snapshot(ref), faults.calls

    return run


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_cases_cover_every_call(
    faultless: Callable[[str], tuple[dict[str, Any], list[str]]], scenario: str
) -> None:
    calls = faultless(scenario)[1]
    assert len(calls) == CALLS[scenario], calls
    assert {"UpdateItem", "PutObject", "SendMessage", "Publish", MAIL_CALL, "probe"} <= set(calls)


@pytest.mark.parametrize(("scenario", "k", "how"), CASES)
def test_a_call_that_fails_changes_nothing_in_the_end(
    shared: Service,
    faultless: Callable[[str], tuple[dict[str, Any], list[str]]],
    scenario: str,
    k: int,
    how: str,
) -> None:
    expected, calls = faultless(scenario)
    ref = run_with(shared, scenario, Faults(k, how))
    assert shared.snapshot(ref) == expected
    mails = len(shared.mails(shared.asset(ref)))
    if calls[k - 1] == MAIL_CALL and how != "before":
        # What is promised: never none. SES took the mail and nobody knows, so it is sent once more, and only once.
        assert mails == 2
    else:
        assert mails == 1


@pytest.mark.parametrize("dies_after", ["analyze", "summarize"])
def test_what_was_paid_for_once_is_not_asked_for_again(
    shared: Service, faultless: Callable[[str], tuple[dict[str, Any], list[str]]], dies_after: str
) -> None:
    expected, calls = faultless("everything works")
    stored = calls.index("PutObject", calls.index(dies_after)) + 1
    for k in range(stored, calls.index("Publish")):
        ref = run_with(shared, "everything works", Faults(k, "died"))
        assert shared.cloud.calls.count(dies_after) == 1, calls[k - 1]
        assert shared.snapshot(ref) == expected
