"""/cognito/ by itself: what it refuses, and what it lets go of."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from werkzeug.test import Client, TestResponse

from local.aws.accounts import Accounts
from local.data_folder import DataFolder
from local.http.cognito import CognitoDoor
from local.http.server import Site

ADA, PASSWORD = "ada@rapporteur.example", "Correct-horse-9"
HALF = "\ud800Passw0rd-long-1"


class Door:
    """The door, and an account behind it. Like the server it writes down what each request has changed."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self.accounts = Accounts(folder, "us-east-1")
        self.accounts.make("rapporteur-dev")
        self.owner = self.accounts.add(ADA, PASSWORD, is_confirmed=True)
        self.client = Client(Site({"/": CognitoDoor(self.accounts, "reports@rapporteur.example", self._turn)}, "::1"))

    def _turn(self) -> AbstractContextManager[object]:
        return nullcontext()

    def ask(self, action: str, body: object) -> TestResponse:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        target = {"X-Amz-Target": f"AWSCognitoIdentityProviderService.{action}"}
        try:
            return self.client.post("/", data=data, headers=target)
        finally:
            self.accounts.flush()

    def sign_in(self) -> dict[str, str]:
        answer = self.begin("USER_PASSWORD_AUTH", USERNAME=ADA, PASSWORD=PASSWORD)
        assert answer.status_code == 200, answer.text
        return dict(json.loads(answer.text)["AuthenticationResult"])

    def begin(self, flow: str, **given: str) -> TestResponse:
        wanted = {"ClientId": self.accounts.client_id, "AuthFlow": flow, "AuthParameters": given}
        return self.ask("InitiateAuth", wanted)

    def kept(self) -> str:
        return self.folder.fact("accounts", lambda: "")


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with mock_aws(), DataFolder(tmp_path / "data") as folder:
        yield Door(folder)


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("SignUp", {"Username": "eve@rapporteur.example", "Password": HALF}),
        ("SignUp", {"Username": f"{HALF}@rapporteur.example", "Password": PASSWORD}),
        ("ChangePassword", {"PreviousPassword": PASSWORD, "ProposedPassword": HALF}),
        ("UpdateUserAttributes", {"UserAttributes": [{"Name": "name", "Value": HALF}]}),
        ("ForgotPassword", {"Username": HALF}),
        ("InitiateAuth", {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": {"USERNAME": ADA, "PASSWORD": HALF}}),
    ],
)
def test_a_text_that_is_none_is_refused_in_any_field(door: Door, action: str, body: dict[str, Any]) -> None:
    token = door.sign_in()["AccessToken"]
    answer = door.ask(action, {"ClientId": door.accounts.client_id, "AccessToken": token, **body})
    assert (answer.status_code, json.loads(answer.text)["__type"]) == (400, "InvalidParameterException")
    door.sign_in()


@pytest.mark.parametrize(
    "address",
    ["a\nb@x.example", "a@x.example\r\nBcc: eve@x.example", "a@[x.example", "a@x..example", "ä@x.example", "x", ""],
)
def test_what_is_no_address_is_nobodys(door: Door, address: str) -> None:
    token = door.sign_in()["AccessToken"]
    before = door.kept()
    wanted = [{"Name": "name", "Value": "Ada"}, {"Name": "email", "Value": address}]
    for action, body in (
        ("SignUp", {"ClientId": door.accounts.client_id, "Username": address, "Password": PASSWORD}),
        ("UpdateUserAttributes", {"AccessToken": token, "UserAttributes": wanted}),
    ):
        answer = door.ask(action, body)
        assert (answer.status_code, json.loads(answer.text)["__type"]) == (400, "InvalidParameterException")
    assert door.kept() == before


def test_a_password_is_the_same_in_every_form_wherever_it_is_asked_for(door: Door) -> None:
    apart, together = "Cafe\u0301 Re\u0301union-9", "Caf\u00e9\u00a0R\u00e9union-9"
    access = door.sign_in()["AccessToken"]

    def change(before: str, after: str) -> int:
        body = {"AccessToken": access, "PreviousPassword": before, "ProposedPassword": after}
        return door.ask("ChangePassword", body).status_code

    assert change(PASSWORD, apart) == 200
    for typed in (apart, together):
        assert door.begin("USER_PASSWORD_AUTH", USERNAME=ADA, PASSWORD=typed).status_code == 200
    assert change(together, apart + "9") == 200
    assert door.begin("USER_PASSWORD_AUTH", USERNAME=ADA, PASSWORD=apart).status_code == 400
    for bob, chosen, typed in (("b1@example.org", apart, together), ("b2@example.org", together, apart)):
        door.accounts.add(bob, chosen, is_confirmed=True)
        assert door.begin("USER_PASSWORD_AUTH", USERNAME=bob, PASSWORD=typed).status_code == 200
    boto3.client("sesv2").create_email_identity(EmailIdentity="reports@rapporteur.example")
    eve = {"ClientId": door.accounts.client_id, "Username": "eve@rapporteur.example", "Password": apart}
    assert door.ask("SignUp", eve).status_code == 200
    made = door.accounts.find(eve["Username"])
    assert made
    assert made.password == together.replace("\u00a0", " ")
    code = door.accounts.codes.issue("reset", made.id, eve["Username"])
    reset = {**eve, "ConfirmationCode": code, "Password": f"{apart}-new"}
    assert door.ask("ConfirmForgotPassword", reset).status_code == 200
    assert made.password == f"{together}-new".replace("\u00a0", " ")


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
    answer = door.ask("SignUp", body)
    assert (answer.status_code, json.loads(answer.text)["__type"]) == (400, "SerializationException")


def test_an_erased_account_leaves_no_token_and_no_code(door: Door) -> None:
    tokens = door.sign_in()
    door.accounts.codes.issue("reset", door.owner, ADA)
    assert door.begin("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens["RefreshToken"]).status_code == 200
    assert tokens["RefreshToken"] in door.kept()
    boto3.client("cognito-idp").admin_delete_user(UserPoolId=door.accounts.pool_id, Username=door.owner)
    for _ in range(2):  # before and after what is gone was written down
        answer = door.begin("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens["RefreshToken"])
        assert (answer.status_code, json.loads(answer.text)["__type"]) == (400, "NotAuthorizedException")
    assert tokens["RefreshToken"] not in door.kept()
    assert door.owner not in door.kept()
    assert ADA not in door.kept()


def test_a_locked_account_is_not_renewed(door: Door) -> None:
    refresh = door.sign_in()["RefreshToken"]
    boto3.client("cognito-idp").admin_disable_user(UserPoolId=door.accounts.pool_id, Username=door.owner)
    answer = door.begin("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=refresh)
    assert (answer.status_code, json.loads(answer.text)["__type"]) == (400, "NotAuthorizedException")
