"""Somebody who was invited chooses a password and confirms their address, as with Cognito."""

import re
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from jose import jwt

from local.aws import ses
from tests.local.accounts_door import PASSWORD, REGION, Door, opened

EVE, TEMPORARY = "eve@rapporteur.example", "Temporary-word-3"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with opened(tmp_path / "data", is_open=False) as door:
        door.accounts.add(EVE, PASSWORD, is_confirmed=False)
        yield door


def is_confirmed(door: Door) -> bool:
    claims = jwt.get_unverified_claims(door.sign_in(EVE)["id_token"])
    return str(claims.get("email_verified")).lower() == "true"


def code() -> str:
    (mail,) = ses.sent(REGION)
    assert mail.recipients == (EVE,)
    found = re.search(rb"your code is (\d{6})", mail.raw)
    assert found
    return found[1].decode()


def test_an_address_is_confirmed_by_the_code_that_was_mailed_there(door: Door) -> None:
    assert not is_confirmed(door)
    asked = {"AccessToken": door.sign_in(EVE)["access_token"], "AttributeName": "email"}
    answer = door.ask("GetUserAttributeVerificationCode", asked)
    assert (answer.status_code, answer.json()["CodeDeliveryDetails"]["AttributeName"]) == (200, "email")
    wrong = f"{(int(code()) + 1) % 10**6:06}"
    answer = door.ask("VerifyUserAttribute", asked | {"Code": wrong})
    assert (answer.status_code, answer.json()["__type"]) == (400, "CodeMismatchException")
    assert not is_confirmed(door)
    answer = door.ask("VerifyUserAttribute", asked | {"Code": code()})
    assert answer.status_code == 200, answer.text
    assert is_confirmed(door)


def test_only_whoever_has_signed_in_is_sent_a_code_and_only_for_their_address(door: Door) -> None:
    for token, attribute in (("x", "email"), (door.sign_in(EVE)["access_token"], "phone_number")):
        asked = {"AccessToken": token, "AttributeName": attribute}
        assert door.ask("GetUserAttributeVerificationCode", asked).status_code == 400
    assert ses.sent(REGION) == []


def test_a_password_is_not_reset_by_an_address_that_nobody_has_confirmed(door: Door) -> None:
    browser = door.browser("forgotPassword")
    browser.send(email=EVE)
    assert browser.step == "confirmForgotPassword", "which tells nobody that there is such an account"
    assert ses.sent(REGION) == []


def test_who_was_given_a_password_chooses_another_before_anything_else(door: Door) -> None:
    boto3.client("cognito-idp").admin_create_user(
        UserPoolId=door.accounts.pool_id,
        Username="bob@rapporteur.example",
        TemporaryPassword=TEMPORARY,
        UserAttributes=[{"Name": "email", "Value": "bob@rapporteur.example"}],
        MessageAction="SUPPRESS",
    )
    browser = door.browser()
    browser.send(email="bob@rapporteur.example", password=TEMPORARY)
    assert (browser.step, browser.told) == ("changePassword", {})
    browser.send(password="weak")
    assert browser.error
    assert "at least 12 characters" in browser.error
    browser.send(password=PASSWORD)
    assert browser.token().status_code == 200
    assert door.sign_in("bob@rapporteur.example", PASSWORD)
    old = door.browser()
    old.send(email="bob@rapporteur.example", password=TEMPORARY)
    assert old.error == "The address or the password is not right."


def test_nobody_chooses_a_password_who_has_not_proved_the_one_they_were_given(door: Door) -> None:
    assert door.browser("changePassword").step == "login"
    browser = door.browser()
    browser.page.url = browser.page.url.replace("/login", "/changePassword")
    page = browser.page.text.replace("/cognito/login?", "/cognito/changePassword?")
    browser.page._content = page.encode()
    browser.send(email=EVE, password="Another-word-11")
    assert (browser.step, browser.told) == ("login", {})
    assert door.sign_in(EVE)


def test_nobody_makes_an_account_where_accounts_are_by_invitation(door: Door) -> None:
    browser = door.browser("signup")
    assert "need an invitation" in browser.page.text
    assert "<form" not in browser.page.text
    elsewhere = door.browser()
    elsewhere.page._content = elsewhere.page.text.replace("/cognito/login?", "/cognito/signup?").encode()
    elsewhere.send(email="new@rapporteur.example", password=PASSWORD)
    assert elsewhere.page.status_code == 400
    assert door.accounts.find("new@rapporteur.example") is None
