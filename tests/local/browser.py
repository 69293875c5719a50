"""Somebody at the sign-in pages, with what a browser does there and no more: links, forms, cookies."""

import base64
import hashlib
import html
import re
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

SCOPES = "openid email aws.cognito.signin.user.admin"


class SignIn:
    """One attempt to sign in at a service whose address is `base`: `page` is what the browser shows."""

    def __init__(self, base: str, client: str, step: str = "oauth2/authorize", **changed: str | None) -> None:
        self.base = base
        self.client_id = client
        self.session = requests.Session()
        self.verifier = secrets.token_urlsafe(32)
        self.state = secrets.token_urlsafe(16)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        asked: dict[str, str | None] = {
            "client_id": client,
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "scope": SCOPES,
            "state": self.state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        self.query = urlencode({name: value for name, value in (asked | changed).items() if value is not None})
        self.page = self.open(f"{base}/cognito/{step}?{self.query}")

    @property
    def redirect_uri(self) -> str:
        return f"{self.base}/"

    def open(self, address: str) -> requests.Response:
        """Look at a page of the service; the way back to the pages is not taken."""
        self.page = self._followed(self.session.get(address, allow_redirects=False, timeout=60))
        return self.page

    def _followed(self, answer: requests.Response) -> requests.Response:
        while answer.is_redirect and urlsplit(self._leads_to(answer)).path != "/":
            answer = self.session.get(self._leads_to(answer), allow_redirects=False, timeout=60)
        return answer

    def _leads_to(self, answer: requests.Response) -> str:
        return str(requests.compat.urljoin(answer.url, answer.headers["Location"]))

    def send(self, **fields: str) -> requests.Response:
        """Fill in the form that is shown, and send it."""
        (form,) = re.findall(r'<form[^>]* action="([^"]+)"', self.page.text)
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)"', self.page.text))
        address = requests.compat.urljoin(self.page.url, html.unescape(form))
        sent = self.session.post(address, data=hidden | fields, allow_redirects=False, timeout=60)
        self.page = self._followed(sent)
        return self.page

    @property
    def step(self) -> str:
        """Which page is shown."""
        return urlsplit(self.page.url).path.removeprefix("/cognito/")

    @property
    def error(self) -> str | None:
        """What the page says was wrong."""
        found = re.search(r'role="alert">([^<]+)<', self.page.text)
        return html.unescape(found[1]) if found else None

    @property
    def told(self) -> dict[str, str]:
        """What the way back to the pages tells them; nothing while there is none."""
        if not self.page.is_redirect:
            return {}
        return {name: values[0] for name, values in parse_qs(urlsplit(self.page.headers["Location"]).query).items()}

    def token(self, **changed: str | None) -> requests.Response:
        """Ask for tokens with the code that came."""
        asked: dict[str, Any] = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "code": self.told.get("code"),
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }
        return self.post("oauth2/token", **(asked | changed))

    def renew(self, refresh: str, **changed: str | None) -> requests.Response:
        asked: dict[str, Any] = {"grant_type": "refresh_token", "client_id": self.client_id, "refresh_token": refresh}
        return self.post("oauth2/token", **(asked | changed))

    def revoke(self, refresh: str) -> requests.Response:
        return self.post("oauth2/revoke", token=refresh, client_id=self.client_id)

    def post(self, endpoint: str, **sent: str | None) -> requests.Response:
        given = {name: value for name, value in sent.items() if value is not None}
        return requests.post(f"{self.base}/cognito/{endpoint}", data=given, timeout=60)
