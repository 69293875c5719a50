"""`python -m local serve` as a process, and somebody who uses it as the pages do."""

import email
import email.policy
import os
import re
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import requests

from tests.harness.started import Program
from tests.local.browser import SignIn

EMAIL = "demo@example.com"
PASSWORD = "Rapporteur-demo-1"
CANNED = ("--transcriber", "tests.harness.canned_transcriber", "--diarizer", "none")
"""Options for a server that knows in advance what it hears."""


@dataclass
class Serving:
    """A running server, and an account that is signed in to it."""

    process: Program
    base: str
    tokens: dict[str, str] = field(default_factory=dict)

    def cognito(self, action: str, **body: Any) -> requests.Response:
        target = f"AWSCognitoIdentityProviderService.{action}"
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
        return requests.post(f"{self.base}/cognito/", json=body, headers=headers, timeout=60)

    @property
    def client_id(self) -> str:
        document = requests.get(f"{self.base}/api/config", timeout=60)
        return str(document.json()["client_id"])

    def at_sign_in(self, step: str = "oauth2/authorize", **changed: str | None) -> SignIn:
        """Somebody with a browser of their own, at one of the sign-in pages."""
        return SignIn(self.base, self.client_id, step, **changed)

    def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> requests.Response:
        """Sign in as a browser does. Returns the answer with the tokens, or the page that says what was wrong."""
        browser = self.at_sign_in()
        answer = browser.send(email=email, password=password)
        if "code" in browser.told:
            answer = browser.token()
            self.tokens = answer.json()
        return answer

    def api(self, method: str, path: str, **sent: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.tokens['id_token']}", **sent.pop("headers", {})}
        return requests.request(method, f"{self.base}/api{path}", headers=headers, timeout=60, **sent)

    def announce(self, name: str, size: int, **wanted: Any) -> dict[str, Any]:
        answer = self.api("POST", "/assets", json={"file_name": name, "size": size, **wanted})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def send(self, announced: dict[str, Any], body: bytes) -> requests.Response:
        form = announced["upload"]
        return requests.post(form["url"], data=form["fields"], files={"file": ("f", body)}, timeout=60)

    def upload(self, path: Path, **wanted: Any) -> str:
        """Announce and send a file. Returns the asset's id."""
        announced = self.announce(path.name, path.stat().st_size, **wanted)
        assert announced["upload"]["method"] == "post"
        assert self.send(announced, path.read_bytes()).status_code == 204
        return str(announced["asset"]["id"])

    def asset(self, asset_id: str) -> dict[str, Any]:
        answer = self.api("GET", f"/assets/{asset_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def completed(self, asset_id: str, seconds: float = 60) -> dict[str, Any]:
        return until(lambda: self.asset(asset_id), lambda asset: asset["status"] == "completed", seconds)

    def mails(self) -> list[str]:
        """The names of the mails, newest first."""
        return re.findall(r'href="/mailbox/(\d+-\w+)"', requests.get(f"{self.base}/mailbox", timeout=60).text)

    def mail(self, to: str) -> EmailMessage:
        """The newest mail to this address."""
        for name in self.mails():
            raw = requests.get(f"{self.base}/mailbox/{name}/raw", timeout=60).content
            message = email.message_from_bytes(raw, policy=email.policy.default)
            if message["To"] == to:
                assert isinstance(message, EmailMessage)
                return message
        raise AssertionError(f"there is no mail to {to}")

    def code(self, before: Collection[str] = ()) -> str:
        """The code in the newest mail that has one, but for those that were there `before`: other mails may come too.
        Waits for it.
        """

        def look() -> str:
            for name in self.mails():
                text = "" if name in before else requests.get(f"{self.base}/mailbox/{name}/raw", timeout=60).text
                if found := re.search(r"your code is (\d{6})", text):
                    return found[1]
            return ""

        return str(until(look, bool, 20))


def until(look: Callable[[], Any], good: Callable[[Any], bool], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while not good(found := look()):
        assert time.monotonic() < end, found
        time.sleep(0.2)
    return found


def start(data: Path, *arguments: str) -> Program:
    command = ["local", "serve", "--data", str(data), "--no-sample", *arguments]
    return Program(command, os.environ | {"COLUMNS": "200"})


@contextmanager
def serving(data: Path, *arguments: str) -> Iterator[Serving]:
    """A server at a free port, over the folder `data`; killed at the end if it still runs."""
    process = start(data, "--port", "0", *arguments)
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"Rapporteur is at (http://\S+?)/?$", line):
                yield Serving(process, found[1])
                break
        else:
            raise AssertionError("".join(said))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
