"""Somebody who was invited confirms their address at /cognito/, which answers as Cognito does."""

import json
import re
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from jose import jwt
from moto import mock_aws
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from local.aws import ses
from local.aws.accounts import Accounts
from local.data_folder import DataFolder
from local.http.cognito import CognitoDoor

EVE, PASSWORD, SENDER = "eve@rapporteur.example", "Correct-horse-9", "reports@rapporteur.example"
REGION = "us-east-1"


@dataclass
class Pool:
    accounts: Accounts
    door: CognitoDoor

    def ask(self, action: str, **body: Any) -> tuple[int, dict[str, Any]]:
        headers = {"X-Amz-Target": f"AWSCognitoIdentityProviderService.{action}"}
        asked = EnvironBuilder(method="POST", data=json.dumps(body), headers=headers).get_environ()
        answer = self.door(Request(asked))
        return answer.status_code, json.loads(answer.get_data())

    def sign_in(self) -> dict[str, str]:
        given = {"USERNAME": EVE, "PASSWORD": PASSWORD}
        status, answer = self.ask(
            "InitiateAuth", ClientId=self.accounts.client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given
        )
        assert status == 200, answer
        return dict(answer["AuthenticationResult"])

    def is_confirmed(self) -> bool:
        return str(jwt.get_unverified_claims(self.sign_in()["IdToken"]).get("email_verified")).lower() == "true"


@pytest.fixture
def pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    folder = DataFolder(tmp_path / "data")
    with mock_aws():
        boto3.client("ses").verify_email_identity(EmailAddress=SENDER)
        accounts = Accounts(folder, REGION)
        accounts.make("rapporteur-dev")
        accounts.add(EVE, PASSWORD, is_confirmed=False)
        yield Pool(accounts, CognitoDoor(accounts, SENDER, nullcontext))
    folder.close()


def code() -> str:
    (mail,) = ses.sent(REGION)
    assert mail.recipients == (EVE,)
    found = re.search(rb"your code is (\d{6})", mail.raw)
    assert found
    return found[1].decode()


def test_an_address_is_confirmed_by_the_code_that_was_mailed_there(pool: Pool) -> None:
    assert not pool.is_confirmed()
    token = pool.sign_in()["AccessToken"]
    status, answer = pool.ask("GetUserAttributeVerificationCode", AccessToken=token, AttributeName="email")
    assert (status, answer["CodeDeliveryDetails"]["AttributeName"]) == (200, "email")
    wrong = f"{(int(code()) + 1) % 10**6:06}"
    status, answer = pool.ask("VerifyUserAttribute", AccessToken=token, AttributeName="email", Code=wrong)
    assert (status, answer["__type"]) == (400, "CodeMismatchException")
    assert not pool.is_confirmed()
    status, answer = pool.ask("VerifyUserAttribute", AccessToken=token, AttributeName="email", Code=code())
    assert status == 200, answer
    assert pool.is_confirmed()


def test_only_whoever_has_signed_in_is_sent_a_code_and_only_for_their_address(pool: Pool) -> None:
    for token, attribute in (("x", "email"), (pool.sign_in()["AccessToken"], "phone_number")):
        status, _ = pool.ask("GetUserAttributeVerificationCode", AccessToken=token, AttributeName=attribute)
        assert status == 400
    assert ses.sent(REGION) == []


def test_a_password_is_not_reset_by_an_address_that_nobody_has_confirmed(pool: Pool) -> None:
    status, answer = pool.ask("ForgotPassword", ClientId=pool.accounts.client_id, Username=EVE)
    assert (status, answer["__type"]) == (400, "InvalidParameterException")
    assert ses.sent(REGION) == []
