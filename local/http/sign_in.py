"""/cognito/login and the pages beside it: where people sign in, make an account, and choose a password. They stand for
Cognito's managed login, at its addresses, and are drawn here, with no script.
https://docs.aws.amazon.com/cognito/latest/developerguide/managed-login-endpoints.html
"""

import hmac
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape
from moto.cognitoidp.models import UserStatus
from werkzeug.exceptions import MethodNotAllowed, RequestEntityTooLarge
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from chalicelib.letters.wording import LANGUAGES
from local.aws.accounts import SIGN_IN_PATH, Accounts
from local.aws.sign_in import AuthorizationCodes, Visit, Visits
from local.aws.user_pool import People, Refused
from local.http.oauth import COOKIE, LARGEST_FORM, Asked, Turn, WrongRequest, asked_for, remember, with_code

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_TITLES = {
    "login": "sign-in",
    "signup": "sign-up",
    "confirm": "confirm",
    "forgotPassword": "reset",
    "confirmForgotPassword": "choose",
    "changePassword": "choose",
}
PATHS = tuple(f"{SIGN_IN_PATH}{step}" for step in _TITLES)
_HERE = Path(__file__).parent
_LOCKED = "Password attempts exceeded"


@dataclass(frozen=True)
class _Step:
    """One form that was sent: by which visit, for which request to sign somebody in."""

    asked: Asked
    visit: Visit
    cookie: str
    fields: Mapping[str, str]

    @property
    def email(self) -> str:
        return self.fields.get("email", "").strip()

    @property
    def password(self) -> str:
        return self.fields.get("password", "")

    @property
    def code(self) -> str:
        """The digits of a code, which keyboards of East Asia also write full-width, and people set apart."""
        return re.sub(r"\D", "", unicodedata.normalize("NFKC", self.fields.get("code", "")))


class SignInDoor:
    """The pages. `is_open`: whether everybody may make an account."""

    def __init__(
        self,
        accounts: Accounts,
        people: People,
        codes: AuthorizationCodes,
        visits: Visits,
        turn: Turn,
        *,
        is_open: bool,
    ) -> None:
        self._accounts = accounts
        self._people = people
        self._codes = codes
        self._visits = visits
        self._turn = turn
        self._is_open = is_open
        self._steps: dict[str, Callable[[_Step], Response]] = {
            "login": self._sign_in,
            "signup": self._sign_up,
            "confirm": self._confirm,
            "forgotPassword": self._forgot,
            "confirmForgotPassword": self._reset,
            "changePassword": self._change,
        }
        self._page = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            trim_blocks=True,
            lstrip_blocks=True,
        ).get_template("sign-in.html")

    def __call__(self, request: Request) -> Response:
        """A page, or the next one, or the way back with a code."""
        if request.method not in {"GET", "HEAD", "POST"}:
            raise MethodNotAllowed(["GET", "HEAD", "POST"])
        try:
            asked = asked_for(request, self._accounts.client_id)
        except WrongRequest as exc:
            return exc.response()
        step = request.path.removeprefix(SIGN_IN_PATH)
        cookie = request.cookies.get(COOKIE, "")
        visit = self._visits.find(cookie)
        if request.method != "POST":
            if visit is None:
                cookie, visit = self._visits.begin()
            if step == "changePassword" and visit.proven is None:
                return self._to("login", asked)
            notice, visit.notice = visit.notice, None
            return remember(self._show(step, asked, visit, request, notice=notice), cookie)
        if (request.content_length or 0) > LARGEST_FORM:
            raise RequestEntityTooLarge
        if visit is None or not _is_from_here(request, visit):
            cookie, visit = self._visits.begin()
            shown = self._show(step, asked, visit, request, error="too-old", status=HTTPStatus.FORBIDDEN)
            return remember(shown, cookie)
        fields = {name: value.replace("\0", "") for name, value in request.form.items()}
        try:
            with self._turn():
                response = self._steps[step](_Step(asked, visit, cookie, fields))
        except Refused as exc:
            visit.address = fields.get("email", visit.address)[:254]
            response = self._show(step, asked, visit, request, error=_said(exc), status=HTTPStatus.BAD_REQUEST)
        response.headers["Cache-Control"] = "no-store"
        return response

    # ---- the steps

    def _sign_in(self, step: _Step) -> Response:
        user = self._people.with_password(step.email, step.password)
        step.visit.address = step.email
        match user.status:
            case UserStatus.UNCONFIRMED:
                step.visit.proven = user.id
                return self._to("confirm", step.asked)
            case UserStatus.FORCE_CHANGE_PASSWORD:
                step.visit.proven = user.id
                return self._to("changePassword", step.asked)
            case UserStatus.RESET_REQUIRED:
                raise Refused("PasswordResetRequiredException", "Password reset required for the user.")
        return self._enter(step, user.id)

    def _sign_up(self, step: _Step) -> Response:
        if not self._is_open:
            raise Refused("NotAuthorizedException", "SignUp is not permitted for this user pool")
        self._people.sign_up(step.email, step.password)
        made = self._people.find(step.email)
        step.visit.address, step.visit.proven = step.email, made.id if made else None
        return self._to("confirm", step.asked)

    def _confirm(self, step: _Step) -> Response:
        step.visit.address = step.email
        if "again" in step.fields:
            return self._sent_again(step, self._people.send_sign_up_code, "confirm")
        self._people.confirm_sign_up(step.email, step.code)
        user = self._people.find(step.email)
        if user is not None and user.id == step.visit.proven:
            return self._enter(step, user.id)
        step.visit.notice = "confirmed"
        return self._to("login", step.asked)

    def _forgot(self, step: _Step) -> Response:
        step.visit.address = step.email
        self._people.send_reset_code(step.email)
        return self._to("confirmForgotPassword", step.asked)

    def _reset(self, step: _Step) -> Response:
        step.visit.address = step.email
        if "again" in step.fields:
            return self._sent_again(step, self._people.send_reset_code, "confirmForgotPassword")
        self._people.reset_password(step.email, step.code, step.password)
        step.visit.notice = "password-changed"
        return self._to("login", step.asked)

    def _sent_again(self, step: _Step, send: Callable[[str], None], page: str) -> Response:
        send(step.email)
        step.visit.notice = "code-sent"
        return self._to(page, step.asked)

    def _change(self, step: _Step) -> Response:
        user = self._people.find(step.visit.proven) if step.visit.proven else None
        if user is None or not user.enabled or user.status != UserStatus.FORCE_CHANGE_PASSWORD:
            return self._to("login", step.asked)
        self._people.set_password(user, step.password)
        return self._enter(step, user.id)

    def _enter(self, step: _Step, account: str) -> Response:
        renewed = self._visits.sign_in(step.cookie, account)
        return remember(with_code(step.asked, account, self._accounts.client_id, self._codes), renewed)

    # ---- how

    def _to(self, step: str, asked: Asked) -> Response:
        return redirect(f"{SIGN_IN_PATH}{step}?{asked.query}", HTTPStatus.SEE_OTHER)

    def _show(
        self,
        step: str,
        asked: Asked,
        visit: Visit,
        request: Request,
        *,
        error: str | None = None,
        notice: str | None = None,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        tag = _language(request)
        texts = _texts(tag)
        page = self._page.render(
            t=texts,
            tag="zh-Hans" if tag == "zh" else tag,
            title=_TITLES[step],
            step=step,
            base=SIGN_IN_PATH,
            query=asked.query,
            csrf=visit.csrf,
            address=visit.address,
            is_open=self._is_open,
            error=error and texts[error],
            notice=notice and texts[notice],
        )
        headers = {
            "Content-Security-Policy": PAGE_POLICY,
            "Cache-Control": "no-store",
            # With none at all a browser would not say either that a form comes from here.
            "Referrer-Policy": "same-origin",
        }
        return Response(page, status, content_type="text/html; charset=utf-8", headers=headers)


def _is_from_here(request: Request, visit: Visit) -> bool:
    """Whether a form was sent by a page of ours: it has the visit's own word, and comes from nowhere else."""
    origin = request.headers.get("Origin", request.host_url.rstrip("/"))
    given = request.form.get("csrf", "")
    return origin == request.host_url.rstrip("/") and hmac.compare_digest(given.encode(), visit.csrf.encode())


def _said(refused: Refused) -> str:
    """The text about what was refused."""
    if refused.message == _LOCKED or refused.code == "LimitExceededException":
        return "locked"
    if refused.code == "InvalidParameterException":
        return "no-address"
    return refused.code if refused.code in _texts("en") else "unknown"


def _language(request: Request) -> str:
    """The language that the pages ask for, or else the browser's."""
    asked = request.args.get("lang", "")[:2].lower()
    return asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or "en"


@cache
def _texts(language: str) -> Mapping[str, str]:
    texts: Mapping[str, str] = json.loads((_HERE / "texts" / f"{language}.json").read_text(encoding="utf-8"))
    return texts
