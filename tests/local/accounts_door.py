"""What stands for Cognito on one machine, by itself: its doors at an address of their own, and a clock to set."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from moto import mock_aws

from local.aws.accounts import Accounts
from local.data_folder import DataFolder
from local.http import accounts as doors
from local.http.server import Server, Site
from tests.local.browser import SignIn

REGION, SENDER = "us-east-1", "reports@rapporteur.example"
ADA, PASSWORD = "ada@rapporteur.example", "Correct-horse-9"


class Door:
    """The doors, and an account behind them. Like the service they write down what each request has changed."""

    def __init__(self, folder: DataFolder, server: Server, *, is_open: bool = True) -> None:
        self.folder = folder
        self.base = server.address
        self.later = 0.0
        self.accounts = Accounts(folder, REGION)
        self.accounts.make("rapporteur-dev")
        self.owner = self.accounts.add(ADA, PASSWORD, is_confirmed=True)
        boto3.client("ses").verify_email_identity(EmailAddress=SENDER)
        self.site = Site(
            doors.doors(self.accounts, SENDER, self._turn, is_open=is_open, clock=lambda: time.time() + self.later),
            "127.0.0.1",
        )

    @contextmanager
    def _turn(self) -> Iterator[None]:
        yield
        self.accounts.flush()

    def ask(self, action: str, body: object) -> requests.Response:
        target = {"X-Amz-Target": f"AWSCognitoIdentityProviderService.{action}"}
        sent = {"data": body} if isinstance(body, bytes) else {"json": body}
        return requests.post(f"{self.base}/cognito/", headers=target, timeout=20, **sent)  # type: ignore[arg-type]

    def browser(self, step: str = "oauth2/authorize", **changed: str | None) -> SignIn:
        return SignIn(self.base, self.accounts.client_id, step, **changed)

    def sign_in(self, email: str = ADA, password: str = PASSWORD) -> dict[str, Any]:
        """Somebody's tokens."""
        browser = self.browser()
        browser.send(email=email, password=password)
        answer = browser.token()
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def came_back(self) -> SignIn:
        """The browser of somebody who has signed in and is led back, with a code."""
        browser = self.browser()
        browser.send(email=ADA, password=PASSWORD)
        assert browser.told["state"] == browser.state
        return browser

    def kept(self) -> str:
        return self.folder.fact("accounts", lambda: "")


@contextmanager
def opened(data: Path, *, is_open: bool = True) -> Iterator[Door]:
    """The doors, while this lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        with mock_aws(), DataFolder(data) as folder:
            server = Server("127.0.0.1", 0, 1024**2)
            door = Door(folder, server, is_open=is_open)
            threading.Thread(target=server.run, args=(door.site,), daemon=True).start()
            yield door
