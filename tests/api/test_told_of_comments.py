"""Comments that others make, or resolve, are told in one line a recording of the next digest, without their words."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from chalicelib.domain import addresses
from chalicelib.domain.assets import AssetRef, Status
from chalicelib.domain.rights import Role
from tests.api.accounts import Api
from tests.api.test_digest import mails, until
from tests.api.test_library_faults import WAYS, at_every_call
from tests.api.test_mail import QUEUE, handled_once_more, nobody_could_note
from tests.api.test_marks import mark, words
from tests.api.test_rights import share
from tests.api.world import ADA, BOB, World
from tests.harness.events import sqs_event

PAGES = "https://pages.example"
WORDS = "What the mayor says <b>here</b> is not so"
NEXT, AFTER = "2026-11-22T03:05:00", "2026-11-23T03:05:00"


@pytest.fixture
def world(world: World) -> Iterator[World]:
    ours = world.service.services
    ours.settings = replace(ours.settings, pages_url=PAGES)
    yield world


def recording(world: World, title: str = "Council") -> str:
    """One of Ada's, on which Bob may comment, and of whose end she has been told."""
    ada = world.api(ADA)
    world.api(BOB).get("/me")
    asset_id = str(world.upload(ada)["id"])
    assert ada.ask("PATCH", f"/assets/{asset_id}", {"title": title}).status == 200
    share(ada, asset_id, BOB, Role.COMMENTER)
    return asset_id


def comment(api: Api, asset_id: str, first: int = 0) -> str:
    return str(mark(api, asset_id, first, first + 1, kind="comment", body=WORDS)["id"])


def digests_to(world: World, to: str = ADA) -> list[Any]:
    return [mail for mail in mails(world) if mail["To"] == to and mail["Subject"].startswith("Digest")]


def text_of(mail: Any) -> str:
    return " ".join(mail.get_body(("plain",)).get_content().split())


def resolve(api: Api, asset_id: str, mark_id: str, *, resolved: bool = True) -> None:
    assert api.ask("PATCH", f"/assets/{asset_id}/marks/{mark_id}", {"resolved": resolved}).status == 200


def test_new_comments_come_once_gathered_by_recording_and_without_their_words(world: World) -> None:
    council, other = recording(world), recording(world, "Another <i>one</i>")
    bob = world.api(BOB)
    for first in (0, 1, 2):
        comment(bob, council, first)
    comment(bob, other)
    mark(bob, council, 0, 1)  # a quote is nothing to be told of
    comment(world.api(ADA), council)
    assert digests_to(world) == []
    until(world, NEXT)
    (mail,) = digests_to(world)
    assert mail["Subject"] == "Digest: Council and 1 more"
    told, html = text_of(mail), mail.get_body(("html",)).get_content()
    assert "Council 3 new comments" in told
    assert "Another <i>one</i> 1 new comment " in told
    assert f"{PAGES}/#/asset/{council}" in told
    assert "<i>one" not in html
    for form in (told, html):
        assert "mayor" not in form
        assert BOB not in form
    assert "What has ended" not in told
    until(world, AFTER)
    assert len(digests_to(world)) == 1, "it is told once"
    comment(world.api(BOB), council, 3)
    until(world, "2026-11-24T03:05:00")
    assert "Council 1 new comment " in text_of(digests_to(world)[-1])
    assert digests_to(world, BOB) == []


def test_they_come_with_what_has_ended_in_one_mail(world: World) -> None:
    council, ada = recording(world), world.api(ADA)
    ada.ask("PUT", "/me", {"delivery": "digest"})
    world.upload(ada, "new.mp4")
    comment(world.api(BOB), council)
    until(world, NEXT)
    (mail,) = digests_to(world)
    assert mail["Subject"] == "Digest: new.mp4"
    told = text_of(mail)
    assert told.index("new.mp4") < told.index("Comments") < told.index("Council 1 new comment")


def test_who_made_a_comment_is_told_that_somebody_else_resolved_it(world: World) -> None:
    council = recording(world)
    ada, bob = world.api(ADA), world.api(BOB)
    first, second, own = (comment(bob, council, at) for at in (0, 1, 2))
    for _ in range(2):
        resolve(ada, council, first)
    resolve(ada, council, second)
    resolve(ada, council, second, resolved=False)
    resolve(bob, council, own)
    until(world, NEXT)
    (mail,) = digests_to(world, BOB)
    assert "Council 1 comment of yours was resolved" in text_of(mail)
    (hers,) = digests_to(world)
    assert "Council 1 new comment " in text_of(hers), "what is resolved is nothing new"


@pytest.mark.parametrize("what", ["deleted", "asset", "off", "off later", "none", "taken back", "held"])
def test_what_is_of_no_use_is_not_told(world: World, what: str) -> None:
    council = recording(world)
    ada, bob = world.api(ADA), world.api(BOB)
    if what == "off":
        assert ada.ask("PUT", "/me", {"comments": False}).json["comments"] is False
        assert bob.ask("PUT", "/me", {"comments": False}).status == 200
    made = comment(bob, council)
    other = comment(bob, council, 2)
    resolve(ada, council, other)
    match what:
        case "deleted":
            for one in (made, other):
                assert bob.ask("DELETE", f"/assets/{council}/marks/{one}").status == 204
        case "asset":
            assert ada.ask("DELETE", f"/assets/{council}").status == 204
        case "off later":
            for api in (ada, bob):
                assert api.ask("PUT", "/me", {"comments": False}).status == 200
        case "none":
            for api in (ada, bob):
                assert api.ask("PUT", "/me", {"delivery": "none"}).status == 200
        case "taken back":
            assert ada.ask("DELETE", f"/assets/{council}/people/{addresses.fingerprint(BOB)}").status == 204
        case "held":
            owner = str(ada.get("/me").json["owner"])
            boto3.client("dynamodb").update_item(
                TableName=world.service.services.settings.assets_table,
                Key={"owner": {"S": owner}, "asset_id": {"S": council}},
                UpdateExpression="SET #status = :status",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":status": {"S": Status.HELD}},
            )
    until(world, NEXT)
    assert digests_to(world, BOB) == []
    if what in {"taken back", "held"}:
        assert len(digests_to(world)) == 1, "its owner is told all the same"
    else:
        assert digests_to(world) == []
    for who in (ADA, BOB):
        owner = str(world.api(who).get("/me").json["owner"])
        assert world.service.services.users.open_news(owner) == []


@pytest.mark.parametrize("way", WAYS)
def test_whatever_call_fails_a_comment_and_its_end_are_told_once(world: World, way: str) -> None:
    council, bob, ada = recording(world), world.api(BOB), world.api(ADA)
    said = words(bob, council)
    wanted = {"kind": "comment", "body": WORDS, "start": said[0][0], "end": said[1][1]}
    owner, other = (str(api.get("/me").json["owner"]) for api in (ada, bob))
    users, marks = world.service.services.users, world.service.services.marks

    def make(number: int) -> Callable[[], Any]:
        return lambda: bob.post(f"/assets/{council}/marks", wanted)

    for _ in at_every_call(world, way, make):
        there = {one.id for one in marks.of(AssetRef(owner, council))}
        assert there <= {one.mark for one in users.open_news(owner)}, "of none that is there nobody hears"

    made = iter([comment(bob, council) for _ in range(30)])

    def settle(number: int) -> Callable[[], Any]:
        path = f"/assets/{council}/marks/{next(made)}"
        return lambda: ada.ask("PATCH", path, {"resolved": True})

    for _ in at_every_call(world, way, settle):
        resolved = {one.id for one in marks.of(AssetRef(owner, council)) if one.resolved_at is not None}
        assert resolved == {one.mark for one in users.open_news(other)}
    assert json.dumps(WORDS)[1:-1] not in repr([users.open_news(owner), users.open_news(other)])


@pytest.mark.parametrize("takes_effect", [False, True])
def test_wherever_the_process_dies_the_digest_tells_of_a_comment_once(world: World, *, takes_effect: bool) -> None:
    """Digests are sent side by side, so that no copy of this process can be made in the middle of one."""
    council = recording(world)
    ref, users = AssetRef(str(world.api(ADA).get("/me").json["owner"]), council), world.service.services.users
    for call in range(1, 40):
        comment(world.api(BOB), council)
        users.hasten(ref.owner, world.service.now())
        due = users.digest(ref.owner)
        assert due is not None
        event = sqs_event(QUEUE, json.dumps({"owners": [{"owner": ref.owner, "due_at": due.due_at}]}))
        before = len(digests_to(world))
        calls = handled_once_more(world, "on_digest", event, call, takes_effect=takes_effect)
        doubled = nobody_could_note(calls, call, takes_effect=takes_effect)
        assert len(digests_to(world)) - before == (2 if doubled else 1), (call, calls)
        assert users.open_news(ref.owner) == []
        assert users.digest(ref.owner) is None
        if len(calls) < call:
            return
    raise AssertionError("there are calls that were not tried")
