"""One AWS call fails, anywhere in a run: the end must be the same as if none had."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib.domain import keys
from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import FINISHED, AssetRef, ReportState
from chalicelib.domain.media import MediaInfo
from chalicelib.errors import MediaRejected
from chalicelib.message import Message
from chalicelib.seams.probing import UNREADABLE
from tests.harness.fakes import LOST, Cloud, reset
from tests.harness.forks import Forks
from tests.harness.service import DETECTOR, DIARIZER, OWNER, READER, SHARED, VISION, Service, running_service
from tests.pipeline.test_documents import BLOCKS

MAIL_CALL = "SendEmail"


class Died(SystemExit):
    """The process ended: nothing in it can catch this, Lambda just sees the invocation fail."""


@dataclass
class Faults:
    """Counts the calls that the app makes; each fails in a copy of this process, in the ways of its scenario."""

    scenario: str
    is_off: bool = False
    calls: list[str] = field(default_factory=list)
    forks: Forks = field(default_factory=Forks)

    def call(self, name: str, effect: Callable[[], Any]) -> Any:
        self.begin(name)
        try:
            return effect()
        finally:
            self.end()

    def begin(self, name: str) -> None:
        self.calls.append(name)
        if self._is_tried("before"):
            raise ReadTimeoutError(endpoint_url="embedded")

    def end(self) -> None:
        if self._is_tried("died"):
            raise Died
        if self._is_tried("after"):
            raise ReadTimeoutError(endpoint_url="embedded")

    def _is_tried(self, how: str) -> bool:
        case = len(self.calls), how
        if self.is_off or how not in _ways(self.scenario, case[0]) or case in self.forks.outcomes:
            return False
        return self.forks.fork(case)


def install(service: Service, faults: Faults) -> None:
    """Put `faults` in the way of every call of the app: to AWS, and to the engines."""
    aws = service.services.aws
    for client in (aws.s3, aws.dynamodb, aws.sqs, aws.sns, aws.ses, aws.batch):

        def before(model: Any, faults: Faults = faults, **_: Any) -> None:
            faults.begin(model.name)

        def after(faults: Faults = faults, **_: Any) -> None:
            faults.end()

        client.meta.events.register_first("before-call", before, unique_id="faults-before")
        client.meta.events.register_last("after-call", after, unique_id="faults-after")
    service.cloud.on_call = faults.call


def uninstall(service: Service) -> None:
    aws = service.services.aws
    for client in (aws.s3, aws.dynamodb, aws.sqs, aws.sns, aws.ses, aws.batch):
        client.meta.events.unregister("before-call", unique_id="faults-before")
        client.meta.events.unregister("after-call", unique_id="faults-after")
    service.cloud.on_call = lambda name, effect: effect()


def _a_document(cloud: Cloud) -> None:
    cloud.media, cloud.blocks, cloud.only_tells = MediaInfo("pdf", 0.0, pages=2), list(BLOCKS), True


def _a_fight(cloud: Cloud) -> None:
    cloud.seen["moderation"] = [{"Timestamp": 5000, "ModerationLabel": {"Name": "Violence", "Confidence": 90.0}}]


SCENARIOS: dict[str, Callable[[Cloud], None]] = {
    "everything works": lambda cloud: None,
    "the file is rejected": lambda cloud: setattr(cloud, "media", MediaRejected(UNREADABLE)),
    "the sound cannot be had": lambda cloud: cloud.failing.update(audio=Message("codec", "No sound.")),
    "the transcription fails": lambda cloud: cloud.failing.update(transcript=Message("model", "No model.")),
    "silence": lambda cloud: setattr(cloud, "words", []),
    "its sound is given up": lambda cloud: cloud.breaking.add("transcode.audio"),
    "it is looked at": lambda cloud: None,
    "its stills are looked at": lambda cloud: cloud.failing.update(screentext=Message("blind", "Too dark.")),
    "a document is read": _a_document,
    "one job does it all": lambda cloud: None,
    "that one job is lost": lambda cloud: cloud.failing.update(run=LOST),
    "it is held": _a_fight,
    "that one job stops at what it sees": _a_fight,
}
ASKED = {
    "everything works": AiOptions(toxicity=True),
    "it is looked at": AiOptions(label=True, segment=True, transcribe=False),
    "its stills are looked at": AiOptions(
        label=True, text=True, framebased=True, frame_capture_mode=1, transcribe=False
    ),
    "one job does it all": AiOptions(moderation=True, toxicity=True),
    "that one job is lost": AiOptions(toxicity=True),
    "it is held": AiOptions(transcribe=False),
}
"""What is asked for, where it is more than usual."""

USUAL = {**DETECTOR, **DIARIZER, **VISION, **READER}
BY_OTHERS = dict.fromkeys(("one job does it all", "that one job is lost"), SHARED)
BY_OTHERS["it is held"] = {**USUAL, "MODERATION_POLICY": "hold"}
BY_OTHERS["that one job stops at what it sees"] = {**SHARED, "MODERATION_POLICY": "reject"}
"""The engines, where they are not the usual ones, and what follows of sensitive content."""

STOPPED = frozenset({"that one job stops at what it sees"})
"""What is ended while it is worked on: how far the rest of it has come by then is a matter of chance."""

OF_THE_END = ("status", "version", "open", "failure", "report", "watched")

CALLS = {
    "everything works": 69,
    "the file is rejected": 22,
    "the sound cannot be had": 37,
    "the transcription fails": 40,
    "silence": 51,
    "its sound is given up": 50,
    "it is looked at": 80,
    "its stills are looked at": 89,
    "a document is read": 62,
    "one job does it all": 100,
    "that one job is lost": 98,
    "it is held": 55,
    "that one job stops at what it sees": 76,
}
"""How many calls a run makes; `test_the_cases_cover_every_call` fails when that changes."""


def _ways(scenario: str, k: int) -> tuple[str, ...]:
    if scenario in {"its sound is given up", "one job does it all"}:
        return (("before", "after", "died")[k % 3],)
    return (("before", "after")[k % 2], *(["died"] if scenario == "everything works" else []))


CASES = [
    pytest.param(scenario, k, how, marks=pytest.mark.xdist_group(f"faults {scenario}"))
    for scenario, count in CALLS.items()
    for k in range(1, count + 1)
    for how in _ways(scenario, k)
]
PAID = pytest.mark.xdist_group("faults everything works")


def run_with(service: Service, faults: Faults) -> AssetRef:
    """A recording's whole way, with `faults` in it; the sweep is off, so that redelivery alone must mend it.

    It is entered in the books, once. It is not indexed: what fails there is tried in `tests/api/test_search.py`.
    """
    service.pump.schedules.clear()
    service.without_index()
    service.runs += 1
    reset()
    SCENARIOS[faults.scenario](service.cloud)
    asset = service.announce(ai=ASKED.get(faults.scenario, AiOptions()))
    install(service, faults)
    try:
        service.put(asset)
        service.settle()
    finally:
        uninstall(service)
    assert len(service.services.ledger.of_owner(OWNER)) == service.runs
    return asset.ref


@pytest.fixture(scope="module")
def service_of() -> Iterator[Callable[[str], Service]]:
    """The service of a scenario: one for all that have the same engines, in which each case has an asset of its own."""
    with ExitStack() as running:
        last: dict[str, Any] = {}

        def get(scenario: str) -> Service:
            engines = BY_OTHERS.get(scenario, USUAL)
            if last.get("engines") != engines:
                running.close()
                service = running.enter_context(running_service(**engines))
                service.settle()  # of what SES sends by itself
                run_with(service, Faults(scenario, is_off=True))  # what is loaded only once is there for all copies
                last.update(engines=engines, service=service)
            found: Service = last["service"]
            return found

        yield get


@dataclass
class Tried:
    """What a run leaves in which nothing fails, the calls it makes, and what is left where each of them failed."""

    faultless: dict[str, Any]
    calls: list[str]
    failed: dict[tuple[int, str], dict[str, Any]]


def _mails(service: Service, ref: AssetRef) -> int:
    return len(service.runtime.mail_about(keys.report_name(service.asset(ref))))


def _left(service: Service, ref: AssetRef) -> dict[str, Any]:
    paid = {name: service.cloud.calls.count(name) for name in ("analyze", "detect", "summarize")}
    left = {"snapshot": service.snapshot(ref), "mails": _mails(service, ref), "paid": paid}
    return dict(json.loads(json.dumps(left)))  # as the copies tell it


@pytest.fixture(scope="module")
def tried(service_of: Callable[[str], Service]) -> Callable[[str], Tried]:
    """Each scenario, with all of its cases."""

    @cache
    def run(scenario: str) -> Tried:
        shared, faults = service_of(scenario), Faults(scenario)
        with faults.forks.trying():
            ref = run_with(shared, faults)
            left = _left(shared, ref)
        faults.forks.tell(left)
        assert shared.asset(ref).status in FINISHED
        assert shared.asset(ref).report is ReportState.DELIVERED
        assert left["mails"] == 1
        return Tried(left["snapshot"], faults.calls, faults.forks.outcomes)

    return run


@pytest.mark.parametrize(
    "scenario", [pytest.param(name, marks=pytest.mark.xdist_group(f"faults {name}")) for name in SCENARIOS]
)
def test_the_cases_cover_every_call(tried: Callable[[str], Tried], scenario: str) -> None:
    calls = tried(scenario).calls
    assert len(calls) == CALLS[scenario], calls
    assert {"UpdateItem", "PutObject", "SendMessage", "Publish", MAIL_CALL, "probe"} <= set(calls)


@pytest.mark.parametrize(("scenario", "k", "how"), CASES)
def test_a_call_that_fails_changes_nothing_in_the_end(
    tried: Callable[[str], Tried], scenario: str, k: int, how: str
) -> None:
    run = tried(scenario)
    left = run.failed[k, how]
    assert "error" not in left, left["error"]
    if scenario in STOPPED:
        assert {name: left["snapshot"]["state"][0][name] for name in OF_THE_END} == {
            name: run.faultless["state"][0][name] for name in OF_THE_END
        }
    else:
        assert left["snapshot"] == run.faultless
    if run.calls[k - 1] == MAIL_CALL and how != "before":
        # What is promised: never none. SES took the mail and nobody knows, so it is sent once more, and only once.
        assert left["mails"] == 2
    else:
        assert left["mails"] == 1


@PAID
@pytest.mark.parametrize("dies_after", ["analyze", "detect", "summarize"])
def test_what_was_paid_for_once_is_not_asked_for_again(tried: Callable[[str], Tried], dies_after: str) -> None:
    run = tried("everything works")
    stored = run.calls.index("PutObject", run.calls.index(dies_after)) + 1
    for k in range(stored, run.calls.index("Publish")):
        assert run.failed[k, "died"]["paid"][dies_after] == 1, run.calls[k - 1]
        assert run.failed[k, "died"]["snapshot"] == run.faultless
