"""The digest: all news since the last one in one mail, at the owner's own hour, never lost and never twice."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses import ses_backends

from chalicelib.domain.accounts import News
from chalicelib.message import Message
from tests.api.accounts import Api
from tests.api.world import ADA, BOB, World
from tests.harness.service import parsed

SOON = "America/Los_Angeles"
"""Where it is 2 o'clock when the tests begin."""


def subscribed(world: World, who: str = ADA, zone: str = "UTC") -> Api:
    api = world.api(who)
    assert api.ask("PUT", "/me", {"delivery": "digest", "time_zone": zone}).status == 200
    return api


def mails(world: World) -> list[Any]:
    sent = ses_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].sent_messages
    return [parsed(message.raw_data) for message in sent]


def until(world: World, moment: str) -> None:
    """Let the hours pass up to `moment`."""
    end = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
    while world.service.now() < end:
        world.service.clock.shift(min(3600.0, end - world.service.now()))
        world.service.settle()


def test_one_mail_at_three_tells_of_all_that_has_ended(world: World) -> None:
    ours = world.service.services
    ours.settings = replace(ours.settings, pages_url="https://pages.example/")
    ada = subscribed(world)
    first = world.upload(ada, "first.mp4")["id"]
    world.upload(world.api(ADA), "<b>second.mp4")
    world.service.cloud.failing = {"audio": Message("broke", "It broke."), "renditions": Message("broke", "It broke.")}
    world.upload(world.api(ADA), "third.mp4")
    assert mails(world) == []
    until(world, "2026-11-22T03:05:00")
    (mail,) = mails(world)
    assert mail["To"] == ADA
    assert mail["Subject"] == "Digest: third.mp4 and 2 more", "what failed stands first"
    assert mail["Auto-Submitted"] == "auto-generated"
    text = mail.get_body(("plain",)).get_content()
    for part in ("first.mp4", "<b>second.mp4", "third.mp4", "Buses are wonderful.", "It broke."):
        assert part in text
    page = mail.get_body(("html",)).get_content()
    assert "<b>second" not in page
    assert "&lt;b&gt;second" in page
    assert f'href="https://pages.example/#/asset/{first}"' in page
    assert f"https://pages.example/#/asset/{first}\n" in text.replace("\r", "")
    until(world, "2026-11-24T03:05:00")
    assert len(mails(world)) == 1, "nothing new, no mail"
    world.service.cloud.failing = {}
    world.upload(world.api(ADA), "fourth.mp4")
    until(world, "2026-11-25T03:05:00")
    assert [mail["Subject"] for mail in mails(world)][1:] == ["Digest: fourth.mp4"]


def test_each_owner_s_own_clock_counts(world: World) -> None:
    world.upload(subscribed(world, ADA, "Asia/Seoul"))
    world.upload(subscribed(world, BOB, "America/New_York"))
    until(world, "2026-11-21T18:05:00")
    assert [mail["To"] for mail in mails(world)] == [ADA]
    until(world, "2026-11-22T07:55:00")
    assert len(mails(world)) == 1
    until(world, "2026-11-22T08:05:00")
    assert [mail["To"] for mail in mails(world)] == [ADA, BOB]


def test_who_switches_loses_nothing_and_gets_nothing_twice(world: World) -> None:
    ada = subscribed(world)
    world.upload(ada, "waiting.mp4")
    world.api(ADA).ask("PUT", "/me", {"delivery": "now"})
    world.upload(world.api(ADA), "at once.mp4")
    until(world, "2026-11-21T12:05:00")
    assert sorted(mail["Subject"] for mail in mails(world)) == ["Digest: waiting.mp4", "Report: at once.mp4"]
    subscribed(world)
    world.upload(world.api(ADA), "again.mp4")
    until(world, "2026-11-23T04:00:00")
    assert len(mails(world)) == 3


def test_a_new_address_gets_the_digest_once_its_owner_has_looked(world: World) -> None:
    world.upload(subscribed(world))
    boto3.client("cognito-idp").admin_update_user_attributes(
        UserPoolId=world.pool.pool_id,
        Username=ADA,
        UserAttributes=[{"Name": "email", "Value": "new@rapporteur.example"}],
    )
    assert world.api(ADA).get("/me").json["email"] == "new@rapporteur.example"
    until(world, "2026-11-22T04:00:00")
    assert [mail["To"] for mail in mails(world)] == ["new@rapporteur.example"]


def test_who_wants_no_mail_any_more_gets_no_digest_either(world: World) -> None:
    world.upload(subscribed(world))
    world.api(ADA).ask("PUT", "/me", {"delivery": "none"})
    until(world, "2026-11-23T04:00:00")
    assert mails(world) == []
    assert list(world.service.services.users.due(world.service.now())) == []


# Every third call, by turns before and after it takes effect.
@pytest.mark.exhaustive
@pytest.mark.parametrize(("dies_after", "takes_effect"), [(call, call % 2 == 1) for call in range(1, 27, 3)])
def test_a_death_anywhere_loses_nothing_and_mails_nothing_twice(
    world: World, dies_after: int, takes_effect: bool
) -> None:
    world.upload(subscribed(world, ADA, SOON), "first.mp4")
    world.upload(world.api(ADA), "second.mp4")
    services = world.service.services
    calls: list[str] = []

    def die(model: Any, **_: Any) -> None:
        calls.append(model.name)
        if len(calls) == dies_after:
            raise SystemExit

    clients = (services.aws.dynamodb, services.aws.sqs, services.aws.ses, services.aws.s3)
    for client in clients:
        client.meta.events.register_last("after-call" if takes_effect else "before-call", die, unique_id="die")
    until(world, "2026-11-21T11:30:00")
    for client in clients:
        client.meta.events.unregister("after-call" if takes_effect else "before-call", unique_id="die")
    until(world, "2026-11-21T16:00:00")
    found = [mail for mail in mails(world) if mail["To"] == ADA]
    # What is promised: if SES took the mail and nobody could note it, it is sent once more, under the same reference.
    most = 2 if takes_effect and dies_after <= len(calls) and calls[dies_after - 1] == "SendEmail" else 1
    assert 1 <= len(found) <= most
    assert len({mail["X-Rapporteur-Report"] for mail in found}) == 1
    assert "second.mp4" in found[0].get_body(("plain",)).get_content()
    assert list(services.users.due(world.service.now() + 10**6)) == []


def test_what_comes_while_a_digest_is_sent_waits_for_the_next_one(world: World) -> None:
    late = world.upload(world.api(ADA), "late.mp4")["id"]
    world.upload(subscribed(world, ADA, SOON), "first.mp4")
    services, owner = world.service.services, world.api(ADA).get("/me").json["owner"]
    real = services.users.open_news
    looks: list[str] = []

    def looked_at(of: str) -> Any:
        found = real(of)
        if not looks:
            services.users.note_news(owner, News(late, 1), world.service.now())
        looks.append(of)
        return found

    services.users.open_news = looked_at  # type: ignore[method-assign]
    until(world, "2026-11-21T11:05:00")
    assert looks
    until(world, "2026-11-22T11:05:00")
    subjects = [mail["Subject"] for mail in mails(world)]
    assert subjects == ["Report: late.mp4", "Digest: first.mp4", "Digest: late.mp4"]
    assert real(owner) == []


def test_who_waits_in_the_queue_is_not_queued_again(world: World) -> None:
    services = world.service.services
    world.upload(subscribed(world, ADA, SOON))
    world.upload(subscribed(world, BOB, "America/Anchorage"))
    queue = services.settings.digest_queue_url
    handler = world.service.pump.app_queues.pop(queue)

    def waiting() -> int:
        count = boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
        return int(count["Attributes"]["ApproximateNumberOfMessages"])

    until(world, "2026-11-21T11:05:00")
    assert waiting() == 1, "California's"
    until(world, "2026-11-21T12:05:00")
    assert waiting() == 2, "and Alaska's, once"
    until(world, "2026-11-21T14:05:00")
    assert waiting() == 2
    world.service.pump.app_queues[queue] = handler
    until(world, "2026-11-21T15:05:00")
    assert [mail["To"] for mail in mails(world)] == [ADA, BOB]
    assert waiting() == 0


def test_finding_who_is_due_costs_the_news_and_not_the_owners(world: World) -> None:
    users, table = world.service.services.users, world.service.services.settings.users_table
    dynamodb = boto3.client("dynamodb")
    for number in range(400):
        dynamodb.put_item(TableName=table, Item={"owner": {"S": f"owner-{number}"}, "item": {"S": "profile"}})
    world.upload(subscribed(world))
    reads: list[str] = []
    world.service.services.aws.dynamodb.meta.events.register(
        "before-call", lambda model, **_: reads.append(model.name), unique_id="count"
    )
    assert len(list(users.due(world.service.now() + 10**6))) == 1
    assert reads == ["Query"] * 4
