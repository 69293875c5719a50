"""Somebody with a browser: signs in, uploads and looks at results, by the public addresses alone and as a browser does.

Nothing here follows a redirect, since no preflight and no signature would outlive one.
"""

import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

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

    def ask_to_sign_in(self, config: Mapping[str, Any], pages: str) -> Answer:
        """Where a browser is sent that the pages at the address `pages` send to sign somebody in."""
        asked = {
            "client_id": config["client_id"],
            "response_type": "code",
            "redirect_uri": f"{pages.rstrip('/')}/",
            "scope": " ".join(config["scopes"]),
            "state": secrets.token_urlsafe(16),
            "code_challenge": secrets.token_urlsafe(32),
            "code_challenge_method": "S256",
        }
        return ask("GET", f"{config['sign_in_pages']}/oauth2/authorize?{urlencode(asked)}")

    def sign_in(self, token: str) -> None:
        """From now on as somebody: whoever this id token is about."""
        self._token = token

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
