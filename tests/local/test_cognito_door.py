"""/cognito/ by itself: what it refuses, and what it lets go of."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.aws import ses
from tests.local.accounts_door import ADA, PASSWORD, REGION, Door, opened

HALF = "\ud800Passw0rd-long-1"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with opened(tmp_path / "data") as door:
        yield door


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("UpdateUserAttributes", {"UserAttributes": [{"Name": "email", "Value": f"{HALF}@rapporteur.example"}]}),
        ("VerifyUserAttribute", {"AttributeName": "email", "Code": HALF}),
        ("GetUserAttributeVerificationCode", {"AttributeName": HALF}),
    ],
)
def test_a_text_that_is_none_is_refused_in_any_field(door: Door, action: str, body: dict[str, Any]) -> None:
    answer = door.ask(action, {"AccessToken": door.sign_in()["access_token"], **body})
    assert (answer.status_code, answer.json()["__type"]) == (400, "InvalidParameterException")


@pytest.mark.parametrize(
    "address",
    ["a\nb@x.example", "a@x.example\r\nBcc: eve@x.example", "a@[x.example", "a@x..example", "ä@x.example", "x", ""],
)
def test_what_is_no_address_is_nobodys(door: Door, address: str) -> None:
    token = door.sign_in()["access_token"]
    before = json.loads(door.kept())["users"]
    wanted = [{"Name": "email", "Value": address}]
    answer = door.ask("UpdateUserAttributes", {"AccessToken": token, "UserAttributes": wanted})
    assert (answer.status_code, answer.json()["__type"]) == (400, "InvalidParameterException")
    browser = door.browser("signup")
    browser.send(email=address, password=PASSWORD)
    assert browser.error == "This is no email address that mail can be sent to."
    assert json.loads(door.kept())["users"] == before
    assert ses.sent(REGION) == []


def test_nobody_says_themselves_that_their_address_is_confirmed(door: Door) -> None:
    token = door.sign_in()["access_token"]
    for wanted in (
        [{"Name": "email_verified", "Value": "true"}],
        [{"Name": "email", "Value": "eve@x.example"}, {"Name": "email_verified", "Value": "true"}],
    ):
        answer = door.ask("UpdateUserAttributes", {"AccessToken": token, "UserAttributes": wanted})
        assert (answer.status_code, answer.json()["__type"]) == (400, "NotAuthorizedException")


def test_a_password_is_the_same_in_every_form_wherever_it_is_asked_for(door: Door) -> None:
    apart, together = "Cafe\u0301 Re\u0301union-9", "Caf\u00e9\u00a0R\u00e9union-9"
    for bob, chosen, typed in (("b1@example.org", apart, together), ("b2@example.org", together, apart)):
        door.accounts.add(bob, chosen, is_confirmed=True)
        assert door.sign_in(bob, typed)
    browser = door.browser("signup")
    browser.send(email="eve@rapporteur.example", password=apart)
    made = door.accounts.find("eve@rapporteur.example")
    assert made
    assert made.password == together.replace("\u00a0", " ")
    browser = door.browser("forgotPassword")
    browser.send(email="b1@example.org")
    bob_ = door.accounts.find("b1@example.org")
    assert bob_
    code = door.accounts.codes.issue("reset", bob_.id, "b1@example.org")
    browser.send(email="b1@example.org", code=code, password=f"{apart}-new")
    assert browser.step == "login"
    assert door.sign_in("b1@example.org", f"{together}-new")


def test_no_password_keeps_the_others_from_being_written_down(door: Door) -> None:
    """Whatever comes past the door."""
    door.accounts.add("eve@rapporteur.example", HALF, is_confirmed=True)
    door.accounts.flush()
    assert "eve@rapporteur.example" in door.kept()
    eve = door.accounts.find("eve@rapporteur.example")
    assert eve is not None
    assert eve.password == HALF


@pytest.mark.parametrize("body", [b"[" * 20_000, b'{"a":' * 5_000, b"{", b"\xed\xa0\x80", b"[]"])
def test_a_body_that_is_no_json_is_refused(door: Door, body: bytes) -> None:
    answer = door.ask("VerifyUserAttribute", body)
    assert (answer.status_code, answer.json()["__type"]) == (400, "SerializationException")


def test_an_erased_account_leaves_no_token_and_no_code(door: Door) -> None:
    browser, refresh = door.browser(), door.sign_in()["refresh_token"]
    door.accounts.codes.issue("reset", door.owner, ADA)
    assert browser.renew(refresh).status_code == 200
    assert refresh in door.kept()
    boto3.client("cognito-idp").admin_delete_user(UserPoolId=door.accounts.pool_id, Username=door.owner)
    for _ in range(2):  # before and after what is gone was written down
        assert browser.renew(refresh).json() == {"error": "invalid_grant"}
    assert refresh not in door.kept()
    assert door.owner not in door.kept()
    assert ADA not in door.kept()


def test_a_locked_account_is_not_renewed(door: Door) -> None:
    refresh = door.sign_in()["refresh_token"]
    boto3.client("cognito-idp").admin_disable_user(UserPoolId=door.accounts.pool_id, Username=door.owner)
    assert door.browser().renew(refresh).json() == {"error": "invalid_grant"}
