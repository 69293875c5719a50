"""What becomes of a visit that goes wrong: it is told in sentences, and nothing of the user is left."""

import json
from collections.abc import Mapping
from typing import Any, cast

import boto3
import pytest
from jose import jwt

from chalicelib.domain.assets import AssetRef
from chalicelib.services import Services
from chalicelib.settings import PREFIX, Settings, variables
from deployment import template
from deployment.errors import DeploymentError
from deployment.smoke.advice import Names, Standing
from deployment.smoke.checks import Answer
from deployment.smoke.operator import Operator
from deployment.smoke.visit import SAMPLE, Patience, Visit, recording_of
from deployment.smoke.visitor import Visitor
from local.aws import stack
from tests.house.test_settings import GOOD

DEAD = "http://127.0.0.1:9"
"""Where nothing listens."""

NAMES = Names("rapporteur", "dev")
SETTINGS = Settings.from_environment(
    GOOD | {f"{PREFIX}API_URL": DEAD, f"{PREFIX}USER_POOL": "us-east-1_1", f"{PREFIX}USER_POOL_CLIENT": "client"}
)


class FakeOperator:
    """Remembers whom to remove and whose erasure was asked for. The service erases at once."""

    def __init__(self, password_is_right: bool = True) -> None:
        self.accounts: list[str] = []
        self.erased: list[str] = []
        self._password_is_right = password_is_right

    def standing(self) -> Standing:
        return Standing()

    def invite(self, email: str, password: str) -> None:
        self.accounts.append(email)

    def token_of(self, email: str, invited_with: str, password: str) -> str:
        if not self._password_is_right:
            raise DeploymentError("Nobody can sign in, says Cognito: no.")
        return "token"

    def owner_of(self, email: str) -> str:
        return "owner-1"

    def has_account(self, email: str) -> bool:
        return False

    def erase(self, owner: str) -> None:
        self.erased.append(owner)

    def left_of(self, ref: AssetRef) -> list[str]:
        return []

    def remove_account(self, email: str) -> None:
        self.accounts.remove(email)


class FakeVisitor(Visitor):
    """Gets the answers that it is told, by request: a status with a body, or nothing at all where there is none."""

    def __init__(self, answers: Mapping[str, tuple[int, object]]) -> None:
        super().__init__("https://api", "https://pages")
        self._answers = answers
        self.asked: list[str] = []

    def call(self, method: str, path: str, body: object = None) -> Answer:
        self.asked.append(f"{method} {path}")
        if self.asked[-1] not in self._answers:
            raise DeploymentError("api does not answer: Connection refused.")
        status, told = self._answers[self.asked[-1]]
        return Answer(status, {"access-control-allow-origin": "*"}, json.dumps(told).encode())


READY: Mapping[str, tuple[int, object]] = {
    "GET /config": (200, {}),
    "GET /no-such-route": (403, {}),
    "GET /me": (200, {"owner": "owner-1"}),
    "DELETE /me": (202, {}),
}
CONFIRMS = "the service was told to erase the user by its queue"


def pay(
    visitor: Visitor | None = None, recordings: int = 0, *, password_is_right: bool = True
) -> tuple[list[str], FakeOperator, list[str]]:
    """The faults of a visit, the operator after it, and what was said."""
    operator, said = FakeOperator(password_is_right), list[str]()
    patience = Patience(minutes=0, every=0)
    visit = Visit(SETTINGS, NAMES, cast(Operator, operator), said.append, patience, "us-east-1", Standing())
    visit.visitor = visitor or visit.visitor
    return visit.pay([recording_of(SAMPLE) for _ in range(recordings)]), operator, said


def test_an_api_that_nobody_reaches_is_told_in_a_sentence() -> None:
    faults, operator, _ = pay()
    (fault,) = faults
    assert fault.startswith("127.0.0.1 does not answer")
    assert operator.accounts == []


@pytest.mark.parametrize(
    ("answers", "password_is_right", "sentence"),
    [
        ({"GET /config": (500, {})}, True, "The API answered GET /config with 500"),
        ({}, False, "Nobody can sign in, says Cognito: no."),
        ({"GET /me": (500, {})}, True, "The API answered GET /me with 500"),
        ({"GET /me": (200, {})}, True, "The API does not say who is signed in"),
    ],
)
def test_who_cannot_sign_in_is_told_why_and_is_removed(
    answers: Mapping[str, tuple[int, object]], password_is_right: bool, sentence: str
) -> None:
    faults, operator, _ = pay(FakeVisitor({**READY, **answers}), password_is_right=password_is_right)
    (fault,) = faults
    assert fault.startswith(sentence)
    assert operator.accounts == []


@pytest.mark.parametrize("answer", [None, (500, {}), (401, {})])
def test_an_erasure_that_the_api_does_not_take_is_asked_for_by_the_operator(answer: tuple[int, object] | None) -> None:
    answers = {request: told for request, told in READY.items() if request != "DELETE /me"}
    faults, operator, said = pay(FakeVisitor(answers if answer is None else {**answers, "DELETE /me": answer}))
    assert operator.erased == ["owner-1"]
    assert any(CONFIRMS in line for line in said)
    assert any("DELETE /me" in fault or "does not answer" in fault for fault in faults)
    assert operator.accounts == []


def test_one_that_the_api_takes_is_not() -> None:
    _, operator, said = pay(FakeVisitor(READY))
    assert operator.erased == []
    assert not any(CONFIRMS in line for line in said)


def test_a_recording_that_cannot_be_deleted_keeps_neither_the_next_nor_the_account_nor_a_fault() -> None:
    """The second upload is refused, and then nothing is reached any more."""

    class Announcing(FakeVisitor):
        def call(self, method: str, path: str, body: object = None) -> Answer:
            if (method, path) == ("POST", "/assets"):
                self.asked.append("POST /assets")
                number = self.asked.count("POST /assets")
                form = {"method": "post", "url": DEAD, "fields": {}}
                return Answer(201, {}, json.dumps({"asset": {"id": str(number)}, "upload": form}).encode())
            return super().call(method, path, body)

        def may(self, method: str, url: str) -> Answer:
            return Answer(200, {"access-control-allow-origin": "*"})

        def send_form(self, url: str, fields: Mapping[str, str], name: str, data: bytes) -> Answer:
            return Answer(204 if self.asked.count("POST /assets") == 1 else 403, {})

    visitor = Announcing({request: told for request, told in READY.items() if request != "DELETE /me"})
    faults, operator, _ = pay(visitor, recordings=2)
    assert {"DELETE /assets/1", "DELETE /assets/2", "DELETE /me"} <= set(visitor.asked)
    assert operator.erased == ["owner-1"]
    assert operator.accounts == []
    assert any("403" in fault for fault in faults), "what was found before is told too"
    assert faults.count("api does not answer: Connection refused.") == 3


def test_an_operator_asks_for_an_erasure_as_the_api_does(session: boto3.Session) -> None:
    outputs = stack.create("dev")
    engines = {name.removeprefix(PREFIX): value for name, value in GOOD.items() if name.endswith("R")}
    settings = Settings.from_environment(variables(outputs, engines))
    Operator(session, settings, NAMES).erase("owner-1")
    attributes = session.client("sqs").get_queue_attributes(
        QueueUrl=settings.account_queue_url, AttributeNames=["ApproximateNumberOfMessagesDelayed"]
    )["Attributes"]
    assert attributes["ApproximateNumberOfMessagesDelayed"] == "1", "requests that were let in may still store"
    assert Services(settings).users.is_gone("owner-1")


def test_an_owner_is_called_as_their_token_says(session: boto3.Session) -> None:
    cognito = session.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="rapporteur-dev", UsernameAttributes=["email"])["UserPool"]["Id"]
    operator = Operator(session, Settings.from_environment(GOOD | {f"{PREFIX}USER_POOL": pool}), NAMES)
    operator.invite("ada@rapporteur.example", "Aa1-a-password")
    (user,) = cognito.list_users(UserPoolId=pool)["Users"]
    told = {one["Name"]: one["Value"] for one in user["Attributes"]}
    assert operator.owner_of("ada@rapporteur.example") == told["sub"]


def test_who_was_invited_signs_in_by_the_operators_leave_and_no_other_way(session: boto3.Session) -> None:
    cognito = session.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="rapporteur-dev", UsernameAttributes=["email"])["UserPool"]["Id"]
    flows: Any = template.resources("clients")["Web"]["Properties"]["ExplicitAuthFlows"]
    made = cognito.create_user_pool_client(UserPoolId=pool, ClientName="web", ExplicitAuthFlows=flows)
    client = made["UserPoolClient"]["ClientId"]
    told = GOOD | {f"{PREFIX}USER_POOL": pool, f"{PREFIX}USER_POOL_CLIENT": client}
    operator = Operator(session, Settings.from_environment(told), NAMES)
    operator.invite("ada@rapporteur.example", "Aa1-a-password")
    token = operator.token_of("ada@rapporteur.example", "Aa1-a-password", "Aa1-another-password")
    assert jwt.get_unverified_claims(token)["token_use"] == "id"
    with pytest.raises(DeploymentError, match=r"Nobody can sign in, says Cognito: .*RAPPORTEUR_USER_POOL_CLIENT"):
        operator.token_of("ada@rapporteur.example", "Aa1-a-password", "Aa1-another-password")
