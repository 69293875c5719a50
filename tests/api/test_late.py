"""What is still written by whoever saw an account or a recording just before it was erased: none of it stays."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import boto3
import pytest

from chalicelib.accounts import erasure, export
from chalicelib.accounts.queue import AccountTask, send
from chalicelib.domain import files, keys
from chalicelib.domain.accounts import News
from chalicelib.domain.assets import AssetRef, Status
from chalicelib.domain.keys import Folder
from chalicelib.pipeline.erase import erase
from chalicelib.speech.tracks import ANALYSIS, CAPTIONS
from tests.api.accounts import Api
from tests.api.test_invited import EVE
from tests.api.test_mail import CAROL, come_back, mails
from tests.api.world import ADA, World, everything_stored
from tests.harness.service import Service


@contextmanager
def meanwhile(client: Any, call: str, act: Callable[[], object], where: str = "") -> Iterator[list[str]]:
    """`act` comes just before the first `call` to AWS whose parameters name `where`. Yields that call, once it is."""
    name = f"before-parameter-build.{client.meta.service_model.service_id.hyphenize()}.{call}"
    seen: list[str] = []

    def look(params: dict[str, Any], **_: Any) -> None:
        if not seen and where in str(params):
            seen.append(call)
            act()

    client.meta.events.register_first(name, look, unique_id="meanwhile")
    try:
        yield seen
    finally:
        client.meta.events.unregister(name, unique_id="meanwhile")


def owner_of(world: World, who: str = ADA) -> str:
    return str(world.api(who).get("/me").json["owner"])


def erase_account(world: World, owner: str) -> None:
    """The whole erasure, as soon as requests have ended."""
    world.service.services.users.mark_gone(owner)
    erasure.erase_account(owner, world.service.services)


# ---- accounts


def test_a_mail_that_bounces_after_its_account_was_erased_brings_nothing_back(world: World) -> None:
    world.upload(world.api(ADA))
    owner = owner_of(world)
    erase_account(world, owner)
    come_back(world, "soft_bounce", ADA, mails(ADA)[-1])
    assert owner not in everything_stored(world)


def test_a_digest_that_bounces_while_its_account_is_erased_brings_nothing_back(world: World) -> None:
    world.api(ADA).ask("PUT", "/me", {"delivery": "digest"})
    world.upload(world.api(ADA))
    world.service.later(26)
    owner, ours = owner_of(world), world.service.services
    with meanwhile(ours.aws.dynamodb, "UpdateItem", lambda: erase_account(world, owner), "'S': 'digest'") as seen:
        come_back(world, "soft_bounce", ADA, mails(ADA)[-1])
    assert seen
    assert owner not in everything_stored(world)


@pytest.mark.parametrize("call", ["CreateMultipartUpload", "CompleteMultipartUpload"])
def test_a_copy_that_is_being_made_while_its_account_is_erased_does_not_stay(world: World, call: str) -> None:
    world.upload(world.api(ADA))
    owner, ours = owner_of(world), world.service.services
    world.api(ADA).post("/me/export")
    with meanwhile(ours.aws.s3, call, lambda: erase_account(world, owner), "exports/") as seen:
        world.service.settle()
    assert seen
    assert owner not in everything_stored(world)


def test_a_copy_that_cannot_be_made_of_an_erased_account_is_noted_nowhere(world: World) -> None:
    owner, ours = owner_of(world), world.service.services
    erase_account(world, owner)
    ours.outputs.write(f"{keys.exports_of(owner)}1.zip", b"all", "application/zip")  # whose maker died then
    for _ in range(2):
        export.fail_export(owner, ours)
        assert owner not in everything_stored(world)
    ours.outputs.write(f"{keys.exports_of(owner)}1.zip", b"all", "application/zip")
    send(owner, AccountTask.EXPORT, ours)
    world.service.settle()
    assert owner not in everything_stored(world)


@pytest.mark.parametrize("delivery", ["now", "digest"])
@pytest.mark.parametrize("new", [True, False])
def test_a_report_that_is_being_made_while_its_account_is_erased_does_not_stay(
    world: World, delivery: str, new: bool
) -> None:
    ours = world.service.services
    world.api(ADA).ask("PUT", "/me", {"delivery": delivery})
    owner = owner_of(world)
    asset_id = world.send(world.api(ADA))
    if new:  # they have set nothing yet, so the report is what first notes their address
        boto3.client("dynamodb").update_item(
            TableName=ours.settings.users_table,
            Key={"owner": {"S": owner}, "item": {"S": "profile"}},
            UpdateExpression="REMOVE email",
        )
    call, where = ("UpdateItem", "'S': 'profile'") if new else ("PutObject", f"output/{Folder.REPORT}/")
    client = ours.aws.dynamodb if new else ours.aws.s3
    with meanwhile(client, call, lambda: erase_account(world, owner), where) as seen:
        world.service.settle()
    assert seen
    stored = everything_stored(world)
    for trace in (owner, asset_id, ADA):
        assert trace not in stored


def test_nobody_is_mailed_a_report_after_they_had_their_account_erased(world: World) -> None:
    world.send(world.api(ADA))
    ours = world.service.services
    with meanwhile(ours.aws.sns, "Publish", lambda: world.api(ADA).ask("DELETE", "/me")):
        world.service.settle()
    assert mails(ADA) == []


# ---- recordings


@pytest.mark.parametrize("folder", [ANALYSIS.folder, CAPTIONS.folder])
def test_what_is_made_of_a_recording_while_it_is_erased_does_not_stay(service: Service, folder: str) -> None:
    ours, asset = service.services, service.upload()

    def erased() -> None:
        erase(service.asset(asset.ref), ours, even_if_due=True)

    with meanwhile(ours.aws.s3, "PutObject", erased, f"output/{folder}/") as seen:
        service.settle()
    assert seen
    assert ours.store.get(asset.ref) is None
    assert ours.store.tracks(asset.ref) == []
    assert left(service, asset.ref) == []


def test_what_is_made_of_a_recording_just_before_it_is_gone_does_not_stay(service: Service) -> None:
    ours, asset = service.services, service.upload()
    while service.pump.step():
        pass
    assert service.asset(asset.ref).status is Status.PROCESSING
    key = keys.output_key(service.asset(asset.ref), ANALYSIS.folder, ".json")
    with meanwhile(ours.aws.dynamodb, "DeleteItem", lambda: ours.outputs.write(key, b"{}", "application/json")) as seen:
        erase(service.asset(asset.ref), ours)
    assert seen
    assert left(service, asset.ref) == []


def test_an_upload_that_arrives_while_its_recording_is_erased_does_not_stay(service: Service) -> None:
    ours, asset = service.services, service.upload()
    with meanwhile(ours.aws.s3, "HeadObject", lambda: ours.store.delete(service.asset(asset.ref))) as seen:
        service.settle()
    assert seen
    assert ours.uploads.info(asset.input_key) is None


def left(service: Service, ref: AssetRef) -> list[str]:
    return [
        name
        for prefix in files.prefixes(ref, service.services.tracks)
        for name in service.services.outputs.names(prefix)
    ]


# ---- news that nobody can be told


def unaddressed(world: World) -> str:
    """A recording whose owner has confirmed no address, and who has been waiting since yesterday."""
    world.pool.invite(EVE)
    asset = world.upload(world.api(EVE), "first.mp4")
    world.service.later(30)
    assert mails(EVE) == []
    return str(asset["id"])


def test_news_of_what_is_gone_does_not_wait_for_an_address(world: World) -> None:
    asset_id, users = unaddressed(world), world.service.services.users
    assert list(users.due(world.service.now() + 10**6))
    assert world.api(EVE).ask("DELETE", f"/assets/{asset_id}").status == 204
    world.service.later(26)
    assert list(users.due(world.service.now() + 10**6)) == []


def test_news_waits_three_months_for_an_address_and_no_longer(world: World) -> None:
    unaddressed(world)
    users = world.service.services.users
    for days, is_due in ((80, True), (11, False)):
        world.service.clock.shift(days * 24 * 3600)
        world.service.later(26)
        assert bool(list(users.due(world.service.now() + 10**6))) is is_due
    owner = owner_of(world, EVE)
    users.note_news(owner, News("0123456789abcdef", 1), world.service.now())
    items = boto3.client("dynamodb").scan(TableName=world.service.services.settings.users_table)["Items"]
    for item in items:
        if item["item"]["S"].startswith(("news#", "digest")):
            assert "expires" in item, item


WAYS: dict[str, Callable[[Api], Any]] = {
    "looks": lambda eve: eve.get("/me"),
    "sets": lambda eve: eve.ask("PUT", "/me", {"language": "fr"}),
    "has a key": lambda eve: eve.post("/me/keys", {"name": "a program"}),
    "has a program": lambda eve: eve.ask("PUT", "/me/webhook", {"url": "https://hooks.example.org/"}),
    "asks somebody": lambda eve: eve.post("/me/addresses", {"address": CAROL}),
    "uploads": lambda eve: eve.post("/assets", {"file_name": "a.mp4", "size": 9, "content_type": "video/mp4"}),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_waits_for_an_address_is_told_within_an_hour_however_it_becomes_known(
    world: World, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr("chalicelib.clients.outbound.check", lambda url: None)
    ours = world.service.services
    ours.settings = replace(ours.settings, pages_url="https://pages.example")
    unaddressed(world)
    world.pool.confirm(EVE)
    answer = WAYS[way](world.api(EVE))
    assert answer.status < 300, answer.body
    if way == "uploads":
        owner, announced = ours.tokens.account(f"Bearer {world.api(EVE).token}").owner, answer.json["asset"]["id"]
        ours.uploads.write(world.service.asset(AssetRef(owner, announced)).input_key, b"recording", "video/mp4")
        world.service.settle()
    world.service.hours_pass(1)
    told = [mail.get_body(("plain",)).get_content() for mail in mails(EVE)]
    assert any("first.mp4" in text for text in told)
