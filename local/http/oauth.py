"""/cognito/oauth2/…, /cognito/logout: the authorization server of the embedded Cognito.

It takes what Cognito takes, and refuses what Cognito refuses, by the same names; it insists on PKCE (RFC 7636), which
Cognito only offers, as RFC 9700 (2.1.1) asks for.
https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
"""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from werkzeug.exceptions import BadRequest, MethodNotAllowed, NotFound, RequestEntityTooLarge
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from chalicelib.clients.tokens import SCOPES
from local.aws.accounts import SIGN_IN_PATH, Accounts
from local.aws.sign_in import AuthorizationCodes, Grant, Visits

PATH = f"{SIGN_IN_PATH}oauth2"
LOGOUT_PATH = f"{SIGN_IN_PATH}logout"
COOKIE = "rapporteur-sign-in"
LARGEST_FORM = 16 * 1024
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_LONGEST = 2048
_ASKED = ("client_id", "response_type", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")
_PASSED_ON = (*_ASKED, "lang")

Turn = Callable[[], AbstractContextManager[object]]


class WrongRequest(Exception):
    """What is asked for is refused, which the application is told under a name of RFC 6749 (4.1.2.1)."""

    def __init__(self, error: str, redirect_uri: str, state: str) -> None:
        super().__init__(error)
        self.error = error
        self.redirect_uri = redirect_uri
        self.state = state

    def response(self) -> Response:
        """The way back, with the name of what was wrong."""
        return _back(self.redirect_uri, {"error": self.error, **({"state": self.state} if self.state else {})})


@dataclass(frozen=True)
class Asked:
    """A request to sign somebody in; `query` is what each step passes on to the next."""

    redirect_uri: str
    state: str
    challenge: str
    query: str


def asked_for(request: Request, client_id: str) -> Asked:
    """What is asked for in an address. Raises WrongRequest, or BadRequest where there is nowhere to go back to."""
    given = {name: request.args.getlist(name) for name in _PASSED_ON}
    if given["client_id"] != [client_id]:
        raise BadRequest("There is no such client.")
    if given["redirect_uri"] != [pages_at(request)]:
        raise BadRequest("redirect_uri is not the address of the pages.")
    (redirect_uri,) = given["redirect_uri"]
    state = given["state"][0] if len(given["state"]) == 1 else ""

    def check(is_right: bool, error: str = "invalid_request") -> None:
        if not is_right:
            raise WrongRequest(error, redirect_uri, state)

    check(all(len(values) <= 1 and len("".join(values)) <= _LONGEST for values in given.values()))
    value = {name: values[0] for name, values in given.items() if values}
    check("response_type" in value)
    check(value["response_type"] == "code", "unauthorized_client")
    check(set(value.get("scope", "").split(" ")) == set(SCOPES), "invalid_scope")
    check(value.get("code_challenge_method") == "S256")
    check(_CHALLENGE.fullmatch(value.get("code_challenge", "")) is not None)
    return Asked(redirect_uri, state, value["code_challenge"], urlencode(value))


def pages_at(request: Request) -> str:
    """The one address that anybody is sent back to: the pages, at the name that this server was asked by.

    `Site` has made sure that this name is the server's own.
    """
    return request.host_url


class OAuthDoor:
    """Sends whoever is to sign in to the pages at `/cognito/login`, and gives tokens for what they come back with."""

    def __init__(self, accounts: Accounts, codes: AuthorizationCodes, visits: Visits, turn: Turn) -> None:
        self._accounts = accounts
        self._codes = codes
        self._visits = visits
        self._turn = turn

    def __call__(self, request: Request) -> Response:
        """The answer of one of the endpoints."""
        match request.path.removeprefix(SIGN_IN_PATH):
            case "oauth2/authorize":
                response = self._authorize(_only(request, "GET"))
            case "oauth2/token":
                response = self._token(_only(request, "POST"))
            case "oauth2/revoke":
                response = self._revoke(_only(request, "POST"))
            case "logout":
                response = self._logout(_only(request, "GET"))
            case _:
                raise NotFound("There is no such page.")
        response.headers["Cache-Control"] = "no-store"
        return response

    # ---- in a browser

    def _authorize(self, request: Request) -> Response:
        try:
            asked = asked_for(request, self._accounts.client_id)
        except WrongRequest as exc:
            return exc.response()
        visit = self._visits.find(request.cookies.get(COOKIE, ""))
        if visit is not None and visit.account is not None and request.args.get("prompt") != "login":
            with self._turn():
                user = self._accounts.find(visit.account)
                if user is not None and user.enabled:
                    return with_code(asked, visit.account, self._accounts.client_id, self._codes)
        return redirect(f"{SIGN_IN_PATH}login?{asked.query}", HTTPStatus.FOUND)

    def _logout(self, request: Request) -> Response:
        """Sign out of the sign-in pages. Whoever is sent here by another page than ours is asked for nothing: it is
        what Cognito does.
        """
        if request.args.get("client_id") != self._accounts.client_id:
            raise BadRequest("There is no such client.")
        if request.args.get("logout_uri") != pages_at(request):
            raise BadRequest("logout_uri is not the address of the pages.")
        self._visits.end(request.cookies.get(COOKIE, ""))
        response = redirect(pages_at(request), HTTPStatus.FOUND)
        response.delete_cookie(COOKIE, path=SIGN_IN_PATH, httponly=True, samesite="Lax")
        return response

    # ---- for the pages' code

    def _token(self, request: Request) -> Response:
        form = _form(request)
        if form is None:
            return _refused("invalid_request")
        kind = form.get("grant_type")
        if kind is None or "client_id" not in form:
            return _refused("invalid_request")
        if kind not in {"authorization_code", "refresh_token"}:
            return _refused("unsupported_grant_type")
        if form["client_id"] != self._accounts.client_id:
            return _refused("invalid_client")
        with self._turn():
            return self._by_code(form, request) if kind == "authorization_code" else self._by_refresh_token(form)

    def _by_code(self, form: Mapping[str, str], request: Request) -> Response:
        if not {"code", "redirect_uri", "code_verifier"} <= set(form) or not _VERIFIER.fullmatch(form["code_verifier"]):
            return _refused("invalid_request")
        if form["redirect_uri"] != pages_at(request):
            return _refused("unauthorized_client")
        grant = self._codes.redeem(form["code"])
        if grant is None or not grant.fits(form["client_id"], form["redirect_uri"], form["code_verifier"]):
            return _refused("invalid_grant")
        user = self._accounts.find(grant.account)
        if user is None or not user.enabled:
            return _refused("invalid_grant")
        return _json(self._accounts.sign_in(user))

    def _by_refresh_token(self, form: Mapping[str, str]) -> Response:
        if "refresh_token" not in form:
            return _refused("invalid_request")
        tokens = self._accounts.renew(form["refresh_token"])
        return _refused("invalid_grant") if tokens is None else _json(tokens)

    def _revoke(self, request: Request) -> Response:
        """What is not known is as good as revoked (RFC 7009, 2.2)."""
        form = _form(request)
        if form is None or "token" not in form:
            return _refused("invalid_request")
        if form.get("client_id") != self._accounts.client_id:
            return _refused("invalid_client", HTTPStatus.UNAUTHORIZED)
        with self._turn():
            if self._accounts.of_token(form["token"]) is not None:
                return _refused("unsupported_token_type")
            self._accounts.revoke(form["token"])
        return Response(status=HTTPStatus.OK)


def with_code(asked: Asked, account: str, client_id: str, codes: AuthorizationCodes) -> Response:
    """The way back to the pages, with a code for an account."""
    code = codes.issue(Grant(account, client_id, asked.redirect_uri, asked.challenge))
    return _back(asked.redirect_uri, {"code": code, **({"state": asked.state} if asked.state else {})})


def remember(response: Response, cookie: str) -> Response:
    """`response`, with the cookie of a visit: no script reads it, and no other site's form brings it along."""
    response.set_cookie(COOKIE, cookie, path=SIGN_IN_PATH, httponly=True, samesite="Lax")
    return response


def _back(redirect_uri: str, told: Mapping[str, str]) -> Response:
    return redirect(f"{redirect_uri}?{urlencode(told)}", HTTPStatus.SEE_OTHER)


def _only(request: Request, method: str) -> Request:
    if request.method != method:
        raise MethodNotAllowed([method])
    return request


def _form(request: Request) -> dict[str, str] | None:
    """The fields of a form, each once; None if it is none."""
    if (request.content_length or 0) > LARGEST_FORM:
        raise RequestEntityTooLarge
    if request.mimetype != "application/x-www-form-urlencoded" or request.args:
        return None
    fields = request.form.to_dict(flat=False)
    return {name: values[0] for name, values in fields.items()} if all(len(v) == 1 for v in fields.values()) else None


def _json(told: Mapping[str, object]) -> Response:
    return Response(json.dumps(told), content_type="application/json", headers={"Pragma": "no-cache"})


def _refused(error: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> Response:
    return Response(json.dumps({"error": error}), status, content_type="application/json")
