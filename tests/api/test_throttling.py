"""Lambda receives messages that it then has no room for: nobody worked on them, and nothing is held against them."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest

from chalicelib.accounts import queue
from chalicelib.clients.pace import DIGESTS_AT_ONCE
from chalicelib.domain.accounts import Export, Webhook
from chalicelib.domain.assets import BranchStatus, ReportState, Status
from chalicelib.settings import QUEUES
from local.aws.pump import Invocation
from tests.api.test_mail import come_back
from tests.api.world import ADA, World
from tests.harness.fakes import Cloud
from tests.harness.service import Service
from tests.house.test_app import handler

ROUNDS = 10


@contextmanager
def no_room(service: Service, rounds: int = ROUNDS) -> Iterator[Counter[str]]:
    """Each message is received so many times before it is worked on. Yields how often that was, by handler."""
    throttled: Counter[str] = Counter()

    def has_room(invocation: Invocation) -> bool:
        if invocation.queue_url is None:
            return True
        (record,) = invocation.event["Records"]
        if int(record["attributes"]["ApproximateReceiveCount"]) > rounds:
            return True
        throttled[invocation.handler] += 1
        return False

    service.pump.has_room = has_room
    yield throttled
    service.pump.has_room = lambda invocation: True


@pytest.mark.exhaustive
@pytest.mark.parametrize("urgent", [False, True])
def test_an_asset_survives_ten_throttled_rounds_in_every_queue_that_it_goes_through(
    service: Service, urgent: bool
) -> None:
    with no_room(service) as throttled:
        asset = service.upload(urgent=urgent)
        service.settle()
    ended = service.asset(asset.ref)
    assert ended.status is Status.COMPLETED
    assert {state.status for state in ended.branches.values()} == {BranchStatus.DONE}
    assert ended.report is ReportState.DELIVERED
    assert len(service.mails(asset)) == 1
    intake = "on_urgent_intake" if urgent else "on_intake"
    for name in (intake, "on_analysis", "on_report", "on_webhook"):
        assert throttled[name] >= ROUNDS, throttled
    assert not any(service.dead_letters(name) for name in QUEUES)


def test_a_digest_an_account_and_what_came_back_survive_them_too(world: World) -> None:
    service, api = world.service, world.api(ADA)
    ours, owner = service.services, api.get("/me").json["owner"]
    api.ask("PUT", "/me", {"delivery": "digest"})
    told: list[str] = []
    ours.users.change(owner, {"webhook": Webhook("https://hooks.example.org/", "secret")})
    ours.post = lambda url, *_: told.append(url) or 204  # type: ignore[func-returns-value, misc]
    with no_room(service) as throttled:
        world.upload(api)
        come_back(world, "soft_bounce", ADA)
        service.clock.shift(24 * 3600)
        service.settle()
        ours.users.change(owner, {"export": Export("preparing", service.now())})
        queue.send(owner, queue.AccountTask.EXPORT, ours)
        service.settle()
    for name in ("on_digest", "on_feedback", "on_account", "on_webhook"):
        assert throttled[name] >= ROUNDS, throttled
    assert told
    assert any(b"Digest" in mail for mail in all_mails())
    assert world.api(ADA).get("/me/export").json["status"] == "ready"
    assert not any(service.dead_letters(name) for name in QUEUES)


def all_mails() -> list[bytes]:
    from local.aws import ses

    return [mail.raw for mail in ses.sent("us-east-1")]


def test_what_breaks_each_time_is_worked_on_three_times_however_often_it_was_received(service: Service) -> None:
    service.cloud.breaking.add("probe")
    begun: list[str] = []
    invoke = service.pump.invoke
    service.pump.invoke = lambda invocation: begun.append(invocation.handler) or invoke(invocation)  # type: ignore
    with no_room(service, rounds=2):
        asset = service.upload()
        service.settle()
    assert service.asset(asset.ref).status is Status.FAILED
    (letter,) = service.dead_letters("intake")
    assert json.loads(letter)["asset"] == asset.ref.asset_id
    # Three times in vain; at the fourth it is given up.
    assert begun.count("on_intake") == service.services.settings.max_attempts + 1


def test_a_dead_letter_says_how_often_it_was_worked_on(service: Service) -> None:
    service.cloud.breaking.add("probe")
    service.upload()
    service.settle()
    url = service.services.settings.dead_letters_url("intake")
    found = boto3.client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert [message["MessageAttributes"]["attempts"]["StringValue"] for message in found] == ["3"]


def test_an_asset_waits_while_its_queue_holds_anything_and_fails_when_that_is_empty(service: Service) -> None:
    cloud: Cloud = service.cloud
    service.pump.has_room = lambda invocation: invocation.handler != "on_intake"
    asset = service.upload()
    for _ in range(12):
        service.clock.shift(3601)
        while service.pump.step():
            pass
    assert service.asset(asset.ref).status is Status.QUEUED
    assert not cloud.calls
    boto3.client("sqs").purge_queue(QueueUrl=service.services.settings.intake_queue_url)
    service.hours_pass(3)
    assert service.asset(asset.ref).status is Status.FAILED


def test_no_more_functions_than_their_share_of_sess_rate_is_for_send_digests(service: Service) -> None:
    sources = {source.name: source for source in handler(service, "app").event_sources}
    assert sources["on_digest"].maximum_concurrency == DIGESTS_AT_ONCE
