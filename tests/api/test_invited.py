"""Somebody who was invited as AWS invites: Cognito knows their address, and that nobody has confirmed it."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from chalicelib.domain.accounts import Webhook
from chalicelib.domain.assets import AssetRef, ReportState
from tests.api.test_mail import CAROL, mails
from tests.api.world import ADA, World, problem

EVE = "eve@rapporteur.example"


@pytest.fixture
def invited(world: World) -> World:
    world.pool.invite(EVE)
    return world


def report(world: World, asset_id: str) -> ReportState:
    owner = world.api(EVE).get("/me").json["owner"]
    return world.service.asset(AssetRef(owner, asset_id)).report


def test_they_are_told_that_their_address_is_not_confirmed(invited: World) -> None:
    me = invited.api(EVE).get("/me").json
    assert (me["email"], me["email_verified"], me["mail"]) == (EVE, False, {"status": "unconfirmed"})
    assert problem(invited.api(EVE).post("/me/mail/resume"), 409)["code"] == "address-unconfirmed"
    assert invited.api(ADA).get("/me").json["email_verified"] is True


@pytest.mark.parametrize("delivery", ["now", "digest"])
def test_nothing_is_mailed_and_the_asset_says_so_until_they_confirm_it(invited: World, delivery: str) -> None:
    invited.api(EVE).ask("PUT", "/me", {"delivery": delivery})
    first = invited.upload(invited.api(EVE), "first.mp4")
    assert first["report"] == "unaddressed"
    assert report(invited, first["id"]) is ReportState.UNADDRESSED
    invited.service.hours_pass(20)  # the hour of a digest comes and goes
    assert mails(EVE) == []

    invited.pool.confirm(EVE)
    assert invited.api(EVE).get("/me").json["email_verified"] is True
    invited.service.hours_pass(2)
    (digest,) = mails(EVE)
    assert digest["Subject"] == "Digest: first.mp4"
    assert report(invited, first["id"]) is ReportState.DELIVERED
    second = invited.upload(invited.api(EVE), "second.mp4")
    assert second["report"] == "delivered"
    invited.service.later(26)
    assert [mail["Subject"].partition(": ")[2] for mail in mails(EVE)] == ["first.mp4", "second.mp4"]


def test_who_confirms_while_a_recording_is_in_work_gets_its_report(invited: World) -> None:
    sent = invited.send(invited.api(EVE))
    invited.pool.confirm(EVE)
    invited.api(EVE).get("/me")
    invited.service.settle()
    assert [mail["Subject"] for mail in mails(EVE)] == ["Report: debate.mp4"]
    assert report(invited, sent) is ReportState.DELIVERED


def test_who_wants_no_mail_is_owed_none(invited: World) -> None:
    invited.api(EVE).ask("PUT", "/me", {"delivery": "none"})
    assert invited.upload(invited.api(EVE))["report"] == "delivered"
    invited.pool.confirm(EVE)
    invited.api(EVE).get("/me")
    invited.service.later(30)
    assert mails(EVE) == []


def test_what_only_an_address_could_be_told_harms_nothing(invited: World) -> None:
    users, owner = invited.service.services.users, invited.api(EVE).get("/me").json["owner"]
    users.change(owner, {"webhook": Webhook("https://hooks.example.org/", "secret", failures=4)})
    invited.service.services.post = lambda *_: 500
    invited.upload(invited.api(EVE))
    assert invited.api(EVE).get("/me").json["webhook"]["is_active"] is False
    assert mails(EVE) == []
    assert not invited.service.dead_letters("webhook")


def test_where_this_deployment_may_not_send_the_report_ends_undeliverable(world: World) -> None:
    ses, sent = world.service.services.aws.ses, []
    denial = {"Error": {"Code": "AccessDeniedException", "Message": "not authorized to perform ses:SendRawEmail"}}

    def deny(**_: object) -> None:
        sent.append(1)
        raise ClientError(denial, "SendEmail")  # type: ignore[arg-type]

    ses.meta.events.register_first("before-call.sesv2.SendEmail", deny, unique_id="deny")
    asset = world.upload(world.api(ADA))
    assert asset["report"] == "due"
    assert len(sent) == world.service.services.settings.max_attempts
    (letter,) = world.service.dead_letters("report")
    assert asset["id"] in json.loads(letter)["Message"]
    world.service.hours_pass(12)
    assert world.api(ADA).get(f"/assets/{asset['id']}").json["report"] == "undeliverable"
    ses.meta.events.unregister("before-call.sesv2.SendEmail", unique_id="deny")


def test_who_asks_an_address_is_told_that_no_mail_may_go_there(world: World) -> None:
    world.service.services.settings = world.service.services.settings.__class__(
        **{**vars(world.service.services.settings), "pages_url": "https://pages.example"}
    )
    with Stubber(world.service.services.aws.ses) as stubbed:
        stubbed.add_client_error("send_email", "AccessDeniedException")
        assert problem(world.api(ADA).post("/me/addresses", {"address": CAROL}), 409)["code"] == "mail-refused"


def test_cognito_itself_says_nothing_of_whether_an_invited_address_is_confirmed(invited: World) -> None:
    user = boto3.client("cognito-idp").admin_get_user(UserPoolId=invited.pool.pool_id, Username=EVE)
    assert "email_verified" not in {attribute["Name"] for attribute in user["UserAttributes"]}
