"""Somebody with a browser: signs in, uploads and looks at results, by the public addresses alone and as a browser does.

Nothing here follows a redirect, since no preflight and no signature would outlive one.
"""

import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import quote, urlsplit

from deployment.errors import DeploymentError
from deployment.smoke.checks import Answer

_TIMEOUT = 60.0
_TRIES = 2


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:  # noqa: ANN401 - urllib's own
        """Leave it as an answer."""


_OPENER = urllib.request.build_opener(_NoRedirects)


def ask(method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> Answer:
    """One request; whatever status comes back is an answer. Raises DeploymentError if nothing does."""
    request = urllib.request.Request(url, body, dict(headers or {}), method=method)  # noqa: S310 - addresses of the stage
    for attempt in range(_TRIES):
        try:
            with _OPENER.open(request, timeout=_TIMEOUT) as answer:
                return _answer(answer)
        except urllib.error.HTTPError as exc:
            with exc:
                return _answer(exc)
        except OSError as exc:
            if attempt + 1 == _TRIES:
                raise DeploymentError(f"{urlsplit(url).hostname} does not answer: {exc}.") from exc
    raise AssertionError("the last try returns or raises")


def _answer(found: Any) -> Answer:  # noqa: ANN401 - urllib's answer, or the error that is one
    headers = {name.lower(): value for name, value in found.headers.items()}
    return Answer(found.status, headers, found.read())


@dataclass
class Visitor:
    """Talks to the API at `api`, from a page at `origin`; once signed in, as somebody."""

    api: str
    origin: str
    _token: str | None = field(default=None, repr=False)

    def call(self, method: str, path: str, body: object = None) -> Answer:
        """Ask the API."""
        headers = {"Origin": self.origin, "Content-Type": "application/json"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        return ask(method, f"{self.api}{path}", headers, None if body is None else json.dumps(body).encode())

    def sign_in(self, config: Mapping[str, Any], email: str, invited_with: str, password: str) -> None:
        """Sign in at Cognito as somebody who was invited, who sets a `password` of their own at that.

        Raises DeploymentError with what Cognito says.
        """
        names = {"USERNAME": email, "PASSWORD": invited_with}
        asked = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": config["client_id"], "AuthParameters": names}
        found = self._cognito(config["sign_in_url"], "InitiateAuth", asked)
        if found.get("ChallengeName") == "NEW_PASSWORD_REQUIRED":
            user = found["ChallengeParameters"].get("USER_ID_FOR_SRP", email)
            asked = {
                "ChallengeName": "NEW_PASSWORD_REQUIRED",
                "ClientId": config["client_id"],
                "Session": found["Session"],
                "ChallengeResponses": {"USERNAME": user, "NEW_PASSWORD": password},
            }
            found = self._cognito(config["sign_in_url"], "RespondToAuthChallenge", asked)
        if "AuthenticationResult" not in found:
            _refused(f"asks for {found.get('ChallengeName')}, which a new account should not need")
        self._token = found["AuthenticationResult"]["IdToken"]

    def _cognito(self, url: str, action: str, body: object) -> Any:  # noqa: ANN401 - Cognito's JSON
        headers = {
            "Origin": self.origin,
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"AWSCognitoIdentityProviderService.{action}",
        }
        found = ask("POST", url, headers, json.dumps(body).encode())
        told = found.json()
        if found.status != 200 or not isinstance(told, dict):  # noqa: PLR2004 - OK
            _refused(f"answers {action} with {found.status} {(told or {}).get('message', '')}")
        return told

    def may(self, method: str, url: str) -> Answer:
        """The browser's own question before a request to another place."""
        headers = {
            "Origin": self.origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type",
        }
        return ask("OPTIONS", url, headers)

    def send_form(self, url: str, fields: Mapping[str, str], name: str, data: bytes) -> Answer:
        """Send a file with a form, as `multipart/form-data` (RFC 7578)."""
        border = secrets.token_hex(16)
        parts = [
            f'--{border}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
            for field, value in fields.items()
        ]
        kind = fields.get("Content-Type", "application/octet-stream")
        parts.append(
            f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{quote(name)}"\r\n'
            f"Content-Type: {kind}\r\n\r\n"
        )
        body = "".join(parts).encode() + data + f"\r\n--{border}--\r\n".encode()
        headers = {"Origin": self.origin, "Content-Type": f"multipart/form-data; boundary={border}"}
        return ask("POST", url, headers, body)

    def send_part(self, url: str, data: bytes) -> Answer:
        """Send a part of a large file."""
        return ask("PUT", url, {"Origin": self.origin}, data)

    def fetch(self, url: str) -> Answer:
        """Get what lies at a signed address."""
        return ask("GET", url, {"Origin": self.origin})


def _refused(what: str) -> NoReturn:
    raise DeploymentError(
        f"Nobody can sign in: Cognito {what}. The pool's client must allow USER_PASSWORD_AUTH, and the stage's "
        "settings must name this pool and client (RAPPORTEUR_USER_POOL, RAPPORTEUR_USER_POOL_CLIENT): deploy again."
    )
