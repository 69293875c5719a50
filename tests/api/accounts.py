"""Accounts in the embedded Cognito, which signs real tokens; and a client that asks the app with them."""

import gzip
import json
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import moto.cognitoidp
from chalice.test import Client

from chalicelib.clients.tokens import TokenReader, UserPool
from tests.api import signed
from tests.harness.service import Service

PASSWORD = "Correct-horse-9"
_KEYS = Path(moto.cognitoidp.__file__).parent / "resources" / "jwks-public.json.gz"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def is_json(self) -> bool:
        return self.headers.get("content-type", "").startswith("application/json") and bool(self.body)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Api:
    """The app's routes, asked as `token` says."""

    client: Client
    token: str | None = None

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        sent = {"Content-Type": "application/json", **headers}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        found = self.client.http.request(method, path, headers=sent, body=data)
        answer = Answer(found.status_code, {name.lower(): value for name, value in found.headers.items()}, found.body)
        # Whatever is handed out must be what S3 itself takes, in each test that asks for anything.
        signed.check([answer.json if answer.is_json else None, answer.headers.get("location")])
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: object = None) -> Answer:
        return self.ask("POST", path, body)


@dataclass
class Pool:
    """A user pool of the embedded Cognito."""

    pool_id: str
    client_id: str

    @staticmethod
    def make(service: Service) -> "Pool":
        """A pool whose tokens `service` takes."""
        cognito = boto3.client("cognito-idp")
        pool_id = cognito.create_user_pool(PoolName="rapporteur-dev", AutoVerifiedAttributes=["email"])["UserPool"][
            "Id"
        ]
        flows: Any = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        told = ["email", "email_verified"]
        made = cognito.create_user_pool_client(
            UserPoolId=pool_id, ClientName="web", ExplicitAuthFlows=flows, ReadAttributes=told
        )
        pool = Pool(pool_id, made["UserPoolClient"]["ClientId"])
        keys = json.loads(gzip.decompress(_KEYS.read_bytes()))
        service.services.settings = replace(
            service.services.settings, user_pool=pool.pool_id, user_pool_client=pool.client_id
        )
        service.services.tokens = TokenReader(UserPool(pool.pool_id, pool.client_id), lambda issuer: keys)
        return pool

    def invite(self, email: str) -> None:
        """Make an account as an operator does in the console, or by a command that says no more than the address.

        Cognito leaves `email_verified` unset, and signing in with the password that it mailed does not set it:
        https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminCreateUser.html
        """
        cognito = boto3.client("cognito-idp")
        who: Any = {"UserPoolId": self.pool_id, "Username": email}
        named: Any = [{"Name": "email", "Value": email}]
        cognito.admin_create_user(**who, UserAttributes=named, MessageAction="SUPPRESS")
        cognito.admin_set_user_password(**who, Password=PASSWORD, Permanent=True)

    def confirm(self, email: str) -> None:
        """Somebody has sent the code that was mailed to them: ConfirmSignUp and VerifyUserAttribute both say so here,
        which moto leaves out.
        """
        confirmed: Any = [{"Name": "email_verified", "Value": "true"}]
        boto3.client("cognito-idp").admin_update_user_attributes(
            UserPoolId=self.pool_id, Username=email, UserAttributes=confirmed
        )

    def tokens(self, email: str, *, admin: bool = False) -> dict[str, str]:
        """Sign somebody in: their tokens. Who is not there yet signs up first, and confirms the address."""
        cognito = boto3.client("cognito-idp")
        who: Any = {"UserPoolId": self.pool_id, "Username": email}
        with suppress(cognito.exceptions.UsernameExistsException):
            self.invite(email)
            self.confirm(email)
        if admin:
            with suppress(cognito.exceptions.GroupExistsException):
                cognito.create_group(UserPoolId=self.pool_id, GroupName="admin")
            cognito.admin_add_user_to_group(**who, GroupName="admin")
        answer = cognito.admin_initiate_auth(
            UserPoolId=self.pool_id,
            ClientId=self.client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD},
        )
        return dict(answer["AuthenticationResult"])  # type: ignore[arg-type]
