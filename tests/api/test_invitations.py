"""Somebody is told by mail that a recording is shared with them: once, if the owner wants that and they do not mind."""

import io
import json
import logging
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest
import requests

from chalicelib.domain import addresses
from chalicelib.domain.assets import AssetRef, Status
from chalicelib.mail import invitations, inviting, links
from chalicelib.mail.links import MailLink, Purpose
from tests.api.accounts import Answer, Api
from tests.api.test_library_faults import WAYS, at_every_call
from tests.api.test_mail import API, CAROL, PAGES, mails, one_click, token_in
from tests.api.test_mail import world as world
from tests.api.world import ADA, BOB, World, everything_stored, problem

NOTE = "Look at <b>minute 12</b>,\r\nplease.\n\nhttps://evil.example/?a=1"
OWNER = "owner"


def invite(api: Api, asset_id: str, address: str = CAROL, **wanted: Any) -> Answer:
    return api.post(f"/assets/{asset_id}/people", {"address": address, "tells": True, **wanted})


def recording(world: World, title: str = "Council", who: str = ADA) -> str:
    ada = world.api(who)
    asset_id = str(world.upload(ada)["id"])
    assert ada.ask("PATCH", f"/assets/{asset_id}", {"title": title}).status == 200
    return asset_id


def text_of(mail: Any) -> str:
    return " ".join(mail.get_body(("plain",)).get_content().split())


def html_of(mail: Any) -> str:
    return str(mail.get_body(("html",)).get_content())


def test_they_are_told_who_shares_what_as_which_role_and_how_to_get_there(world: World) -> None:
    asset_id = recording(world)
    assert invite(world.api(ADA), asset_id, role="commenter", note=NOTE).status == 201
    world.service.settle()
    (mail,) = mails(CAROL)
    assert mail["Subject"] == "Shared with you: Council"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    told = text_of(mail)
    for expected in (f"{ADA} shares this with you", "Council", "read it and comment on it.", f"your address {CAROL}."):
        assert expected in told
        assert expected in " ".join(html_of(mail).split())
    assert "It is kept until" in told, "of what is deleted by itself, the day is told"
    assert f"{PAGES}/#/asset/{asset_id}" in told
    assert f'href="{PAGES}/#/asset/{asset_id}"' in html_of(mail)
    assert "The trains were crowded" not in told
    assert "buses" not in told.lower()


def test_nobody_is_told_unless_the_owner_wants_it(world: World) -> None:
    asset_id = recording(world)
    assert world.api(ADA).post(f"/assets/{asset_id}/people", {"address": CAROL}).status == 201
    world.service.settle()
    assert mails(CAROL) == []
    assert invite(world.api(ADA), asset_id).status == 201, "they can be told later"
    world.service.settle()
    assert len(mails(CAROL)) == 1


def test_what_was_typed_is_text_in_both_forms_and_leads_nowhere(world: World) -> None:
    title = "<img src=x onerror=alert(1)> \u202eexe.4pm see evil.example {{ 7*7 }} %(name)s"
    asset_id = recording(world, title)
    assert invite(world.api(ADA), asset_id, note=NOTE).status == 201
    world.service.settle()
    (mail,) = mails(CAROL)
    html, text = html_of(mail).partition("</title>")[2], mail.get_body(("plain",)).get_content()
    assert "<img src=x" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "&lt;b&gt;minute 12&lt;/b&gt;" in html
    assert "{{ 7*7 }} %(name)s" in html
    for form in (html, text):
        assert "\u202e" not in form
        assert "evil.example" not in form, "a mail program would make a link of it"
        assert "https://evil" not in form
        assert "evil.\u2060example" in form
    assert mail["Subject"].startswith("Shared with you: <img src=x")
    assert "evil.example" not in mail["Subject"]
    assert set(mail.keys()) & {"Bcc", "Cc"} == set()


def test_nobody_is_told_of_what_is_not_there_yet(world: World) -> None:
    ada = world.api(ADA)
    asset_id = ada.post("/assets", {"file_name": "a.mp4", "size": 5}).json["asset"]["id"]
    refused = invite(ada, asset_id)
    assert problem(refused, 409)["code"] == "nothing-to-tell-of"
    world.service.settle()
    assert mails(CAROL) == []
    assert ada.get(f"/assets/{asset_id}/people").json["people"] == []


def test_who_has_an_account_is_told_in_their_language_others_in_the_owners(world: World) -> None:
    asset_id = recording(world)
    world.api(ADA).ask("PUT", "/me", {"language": "fr"})
    world.api(BOB).ask("PUT", "/me", {"language": "ko", "time_zone": "Asia/Seoul"})
    world.pool.invite("dan@example.org")  # has not shown that the address is theirs
    dan = boto3.client("cognito-idp").admin_get_user(UserPoolId=world.pool.pool_id, Username="dan@example.org")
    (sub,) = [one["Value"] for one in dan["UserAttributes"] if one["Name"] == "sub"]
    world.service.services.users.change(sub, {"language": "ja"})
    for address in (BOB, CAROL, "dan@example.org"):
        assert invite(world.api(ADA), asset_id, address).status == 201
    world.service.settle()
    subjects = {mail["To"]: mail["Subject"] for mail in mails() if "Council" in mail["Subject"] and mail["To"] != ADA}
    assert subjects == {
        BOB: "공유: Council",
        CAROL: "Partagé avec vous : Council",
        "dan@example.org": "Partagé avec vous : Council",
    }


def test_the_answer_and_what_it_takes_are_the_same_for_all_addresses(world: World) -> None:
    asset_id = recording(world)
    world.api(BOB).get("/me")
    ours = world.service.services
    declining, bouncing = "no@example.org", "back@example.org"
    ours.mails.decline(addresses.fingerprint(declining))
    ours.mails.note_trouble(addresses.fingerprint(bouncing), "bounce", world.service.now(), None, suppress=True)  # type: ignore[arg-type]
    ada = world.api(ADA)
    invite(ada, asset_id, "first@example.org")
    clients: Any = (ours.aws.dynamodb, ours.aws.sqs, ours.aws.cognito, ours.aws.ses)
    seen: list[tuple[dict[str, Any], list[str]]] = []
    for address in (BOB, CAROL, declining, bouncing):
        calls: list[str] = []

        def note(model: Any, calls: list[str] = calls, **_: Any) -> None:
            calls.append(model.name)

        for client in clients:
            client.meta.events.register("before-call", note, unique_id=f"count-{address}")
        answer = invite(ada, asset_id, address)
        for client in clients:
            client.meta.events.unregister("before-call", unique_id=f"count-{address}")
        seen.append(({**answer.json, "id": 0, "address": 0, "since": 0, "status": answer.status}, calls))
    assert all(one == seen[0] for one in seen), seen
    assert not {"ListUsers", "SendEmail"} & set(seen[0][1])
    world.service.settle()
    assert mails(declining) == mails(bouncing) == [], "neither is written to"
    assert len(mails(BOB)) == len(mails(CAROL)) == 1


def test_asked_again_it_is_one_mail_also_when_it_was_taken_back_meanwhile(world: World) -> None:
    asset_id, ada = recording(world), world.api(ADA)
    for role in ("reader", "editor"):
        assert invite(ada, asset_id, role=role).status == 201
    world.service.settle()
    assert ada.ask("DELETE", f"/assets/{asset_id}/people/{addresses.fingerprint(CAROL)}").status == 204
    assert invite(ada, asset_id).status == 201
    world.service.settle()
    assert len(mails(CAROL)) == 1
    assert invite(ada, recording(world, "Another")).status == 201
    world.service.settle()
    assert [mail["Subject"] for mail in mails(CAROL)] == ["Shared with you: Council", "Shared with you: Another"]


@pytest.mark.parametrize("what", ["taken back", "deleted", "held", "account"])
def test_what_is_not_shared_any_more_when_the_mail_would_go_is_not_told(world: World, what: str) -> None:
    asset_id, ada = recording(world), world.api(ADA)
    ref = AssetRef(str(ada.get("/me").json["owner"]), asset_id)
    ours = world.service.services
    assert invite(ada, asset_id, note="a private word").status == 201
    if what == "taken back":
        ada.ask("DELETE", f"/assets/{asset_id}/people/{addresses.fingerprint(CAROL)}")
    elif what == "deleted":
        ada.ask("DELETE", f"/assets/{asset_id}")
    elif what == "held":
        boto3.client("dynamodb").update_item(
            TableName=ours.settings.assets_table,
            Key={"owner": {"S": ref.owner}, "asset_id": {"S": asset_id}},
            UpdateExpression="SET #status = :status",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":status": {"S": Status.HELD}},
        )
    else:
        ada.ask("DELETE", "/me")
    world.service.settle()
    assert mails(CAROL) == []
    assert "a private word" not in everything_stored(world)


def test_a_note_is_kept_until_the_mail_is_sent_and_is_in_a_copy_until_then(world: World) -> None:
    asset_id, ada = recording(world), world.api(ADA)
    world.service.pump.app_queues.pop(world.service.services.settings.report_queue_url)
    assert invite(ada, asset_id, note="a private word").status == 201
    queued = boto3.client("sqs").receive_message(
        QueueUrl=world.service.services.settings.report_queue_url, VisibilityTimeout=0
    )
    assert "a private word" not in str(queued), "nor is it in a queue, where operators find it if it cannot be sent"
    assert ada.post("/me/export", {}).status == 202
    world.service.settle()
    archive = zipfile.ZipFile(io.BytesIO(requests.get(ada.get("/me/export").json["url"], timeout=10).content))
    told = json.loads(archive.read(f"recordings/{asset_id}/asset.json"))
    assert [(one["address"], one["note"]) for one in told["people"]] == [(CAROL, "a private word")]
    assert json.loads(archive.read("account.json"))["takes_invitations"] is True
    (body,) = [one["Body"] for one in queued["Messages"]]
    ref, address_id = invitations.read(body) or (None, "")
    assert ref is not None
    from local.aws.pump import LambdaContext

    inviting.tell(ref, address_id, world.service.services, LambdaContext("on_report", 120.0))
    assert len(mails(CAROL)) == 1
    assert "a private word" not in everything_stored(world)


def test_who_wants_no_more_of_these_gets_none_from_anybody(world: World, caplog: pytest.LogCaptureFixture) -> None:
    asset_id = recording(world)
    invite(world.api(ADA), asset_id)
    world.service.settle()
    (mail,) = mails(CAROL)
    token = token_in(mail, "unsubscribe")
    assert CAROL not in token
    stranger = world.api(None)
    assert stranger.get(f"/mail/link?token={token}").json == {"purpose": "decline"}
    assert problem(stranger.post("/mail/confirm", {"token": token}), 404)["code"] == "no-link"
    assert not world.service.services.mails.declines(addresses.fingerprint(CAROL)), "looking at it changes nothing"
    url = mail["List-Unsubscribe"].strip("<>")
    assert url.startswith(f"{API}/mail/unsubscribe?token=")
    for _ in range(2):
        assert one_click(world, url).json == {"status": "unsubscribed"}
    other = recording(world, "From Bob", BOB)
    with caplog.at_level(logging.DEBUG, "rapporteur"):
        for who, which in ((ADA, recording(world, "Second")), (BOB, other)):
            assert invite(world.api(who), which).status == 201
        world.service.settle()
    assert len(mails(CAROL)) == 1
    assert CAROL not in caplog.text
    assert addresses.fingerprint(CAROL) in everything_stored(world)


def test_whoever_has_an_account_can_have_them_again_by_their_settings(world: World) -> None:
    bob = world.api(BOB)
    assert bob.get("/me").json["invitations"] is True
    assert bob.ask("PUT", "/me", {"invitations": False}).json["invitations"] is False
    invite(world.api(ADA), recording(world), BOB)
    world.service.settle()
    assert mails(BOB) == []
    assert bob.ask("PUT", "/me", {"invitations": True}).json["invitations"] is True
    invite(world.api(ADA), recording(world, "Second"), BOB)
    world.service.settle()
    assert [mail["Subject"] for mail in mails(BOB)] == ["Shared with you: Second"]
    problem(bob.ask("PUT", "/me", {"invitations": "yes"}), 400)


def test_there_are_not_too_many_for_an_owner_and_for_an_address(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MOST_A_DAY", 3)
    monkeypatch.setattr(invitations, "MOST_TO_AN_ADDRESS", 2)
    ids = [recording(world, f"No. {number}") for number in range(4)]
    for asset_id in ids[:3]:
        for _ in range(2):
            assert invite(world.api(ADA), asset_id).status == 201
    found = problem(invite(world.api(ADA), ids[3]), 429)
    assert found["code"] == "mail-limit"
    assert world.api(ADA).get(f"/assets/{ids[3]}/people").json == {"people": []}, (
        "they choose: without a mail, or later"
    )
    world.service.settle()
    assert len(mails(CAROL)) == 2
    world.service.clock.shift(24 * 3600)
    assert invite(world.api(ADA), ids[3]).status == 201
    world.service.settle()
    assert len(mails(CAROL)) == 3


def test_only_who_can_be_named_as_the_sender_has_mails_sent(world: World) -> None:
    asset_id, ada = recording(world), world.api(ADA)
    world.pool.invite("dan@example.org")  # has not shown that the address is theirs
    dan = world.api("dan@example.org")
    theirs = dan.post("/assets", {"file_name": "a.mp4", "size": 9}).json["asset"]["id"]
    assert problem(invite(dan, theirs), 409)["code"] == "address-unconfirmed"
    assert invite(dan, theirs, tells=False).status == 201
    problem(dan.ask("PUT", "/me", {"invitations": False}), 409)
    assert dan.get("/me").json["invitations"] is True
    ours = world.service.services
    ours.settings = replace(ours.settings, pages_url=None)
    assert problem(invite(ada, asset_id), 409)["code"] == "no-pages"
    for wrong in ({"tells": "yes"}, {"note": "x" * 501}, {"note": 5}):
        problem(invite(ada, asset_id, **wrong), 400)


def test_a_link_to_a_copy_is_one_that_may_be_given_to_others(world: World) -> None:
    from tests.api.test_mail import agreed

    agreed(world)
    world.upload(world.api(ADA), email=CAROL)
    told = mails(CAROL)[-1].get_body(("plain",)).get_content()
    (path,) = re.findall(rf"{PAGES}(/s/\S+)", told)
    answer = world.api(None).get(path)
    assert answer.status == 200
    assert f'content="0; url={PAGES}/#/shared/{path.removeprefix("/s/")}"' in answer.body.decode()
    assert b"debate" not in answer.body


def test_a_token_of_another_purpose_declines_nothing(world: World) -> None:
    owner = str(world.api(ADA).get("/me").json["owner"])
    key = world.service.services.signing_key
    carol = addresses.fingerprint(CAROL)
    for purpose in (Purpose.CONFIRM, Purpose.UNSUBSCRIBE):
        token = links.sign(MailLink(purpose, owner, carol), key)
        world.api(None).post(f"/mail/unsubscribe?token={token}")
        assert not world.service.services.mails.declines(carol)


@pytest.mark.parametrize("way", WAYS)
def test_whatever_call_fails_who_asks_again_has_them_told_once(world: World, way: str) -> None:
    asset_id, ada = recording(world), world.api(ADA)

    def share(number: int) -> Callable[[], Any]:
        return lambda: invite(ada, asset_id, f"p{number}@example.org", note="a word")

    for number in at_every_call(world, way, share):
        world.service.settle()
        (mail,) = mails(f"p{number}@example.org")
        assert "a word" in text_of(mail)
    assert number >= 8
