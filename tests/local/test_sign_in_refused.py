"""Signing in on one machine, by the authorization code flow with PKCE: what is refused, and by which name."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests

from tests.local.accounts_door import ADA, PASSWORD, Door, opened
from tests.local.browser import SCOPES


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """One for all: nothing is changed here that others look at."""
    with opened(tmp_path_factory.mktemp("door") / "data") as door:
        yield door


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unauthorized_client"),
        ({"response_type": "code token"}, "unauthorized_client"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"scope": f"{SCOPES} profile"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"state": "x" * 3000}, "invalid_request"),
    ],
)
def test_the_pages_are_told_by_name_what_was_wrong(door: Door, changed: dict[str, str | None], error: str) -> None:
    for step in ("oauth2/authorize", "login", "signup", "forgotPassword"):
        browser = door.browser(step, **changed)
        assert browser.told["error"] == error
        assert browser.told["state"] == changed.get("state", browser.state)
        assert browser.page.headers["Location"].startswith(f"{door.base}/?")


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": None},
        {"client_id": "somebody-elses"},
        {"redirect_uri": None},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "{base}"},
        {"redirect_uri": "{base}/else"},
        {"redirect_uri": "{base}/#/"},
        {"redirect_uri": "{base}/?next=https://evil.example"},
        {"redirect_uri": "{base}@evil.example/"},
        {"redirect_uri": "javascript:alert(1)"},
    ],
)
def test_nobody_is_sent_anywhere_but_to_the_pages(door: Door, changed: dict[str, str | None]) -> None:
    told = {name: value and value.format(base=door.base) for name, value in changed.items()}
    for step in ("oauth2/authorize", "login", "signup", "forgotPassword", "confirm", "changePassword"):
        answer = door.browser(step, **told).page
        assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_what_is_asked_for_twice_is_refused(door: Door) -> None:
    browser = door.browser()
    for name, value in (("scope", SCOPES), ("code_challenge", "x"), ("state", "other")):
        browser.open(f"{door.base}/cognito/oauth2/authorize?{browser.query}&{name}={quote(value)}")
        assert browser.told["error"] == "invalid_request"
    for twice in (f"&redirect_uri={quote('https://evil.example/')}", f"&client_id={browser.client_id}"):
        assert browser.open(f"{door.base}/cognito/oauth2/authorize?{browser.query}{twice}").status_code == 400


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"client_id": None}, "invalid_request"),
        ({"client_id": "somebody-elses"}, "invalid_client"),
        ({"code": None}, "invalid_request"),
        ({"code": "guessed"}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "https://evil.example/"}, "unauthorized_client"),
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": "x" * 42}, "invalid_request"),
        ({"code_verifier": "x" * 129}, "invalid_request"),
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": "ä" * 43}, "invalid_request"),
    ],
)
def test_a_code_is_redeemed_by_whoever_asked_for_it_alone(
    door: Door, changed: dict[str, str | None], error: str
) -> None:
    answer = door.came_back().token(**changed)
    assert (answer.status_code, answer.json()) == (400, {"error": error})
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_code_is_good_once_whether_that_went_well_or_not(door: Door) -> None:
    browser = door.came_back()
    assert browser.token().status_code == 200
    assert browser.token().json() == {"error": "invalid_grant"}
    browser = door.came_back()
    assert browser.token(code_verifier="x" * 43).json() == {"error": "invalid_grant"}
    assert browser.token().json() == {"error": "invalid_grant"}


def test_a_code_is_worth_nothing_to_another_request(door: Door) -> None:
    """What somebody has had their own browser sent back with does not sign anybody else in (RFC 9700, 4.5)."""
    eves, adas = door.came_back(), door.came_back()
    assert adas.token(code=eves.told["code"]).json() == {"error": "invalid_grant"}


@pytest.mark.parametrize("endpoint", ["token", "revoke"])
def test_only_a_form_is_taken_each_field_once(door: Door, endpoint: str) -> None:
    address = f"{door.base}/cognito/oauth2/{endpoint}"
    client = door.accounts.client_id
    form = {"grant_type": "refresh_token", "client_id": client, "refresh_token": "x", "token": "x"}
    as_json = requests.post(address, json=form, timeout=20)
    twice = requests.post(address, data=[*form.items(), ("client_id", client)], timeout=20)
    in_address = requests.post(address, params=form, data=form, timeout=20)
    for answer in (as_json, twice, in_address):
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})
    assert requests.get(address, params=form, timeout=20).status_code == 405
    huge = requests.post(address, data={**form, "refresh_token": "x" * 20_000}, timeout=20)
    assert huge.status_code == 413


def test_what_is_revoked_is_over_with_all_that_came_of_it(door: Door) -> None:
    browser, mine, other = door.browser(), door.sign_in(), door.sign_in()
    renewed = browser.renew(mine["refresh_token"]).json()
    assert browser.revoke(mine["access_token"]).json() == {"error": "unsupported_token_type"}
    answer = browser.post("oauth2/revoke", token=mine["refresh_token"], client_id="somebody-elses")
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
    for _ in range(2):
        answer = browser.revoke(mine["refresh_token"])
        assert (answer.status_code, answer.text) == (200, "")
    assert browser.renew(mine["refresh_token"]).json() == {"error": "invalid_grant"}
    for tokens, status in ((mine, 400), (renewed, 400), (other, 200)):
        asked = {"AccessToken": tokens["access_token"], "AttributeName": "email"}
        assert door.ask("GetUserAttributeVerificationCode", asked).status_code == status
    assert browser.renew(other["refresh_token"]).status_code == 200


def test_a_form_of_another_site_is_refused(door: Door) -> None:
    browser = door.browser()
    address = browser.page.url
    (csrf,) = re.findall(r'name="csrf" value="([^"]+)"', browser.page.text)
    fields = {"email": ADA, "password": PASSWORD}
    for origin, sent in (
        ("https://evil.example", {**fields, "csrf": csrf}),
        ("null", {**fields, "csrf": csrf}),
        (door.base, fields),
        (door.base, {**fields, "csrf": "guessed"}),
    ):
        answer = browser.session.post(address, data=sent, headers={"Origin": origin}, allow_redirects=False, timeout=20)
        assert (answer.status_code, "Location" in answer.headers) == (403, False)
        browser.open(address)
        (csrf,) = re.findall(r'name="csrf" value="([^"]+)"', browser.page.text)
    without_cookies = requests.post(address, data={**fields, "csrf": csrf}, allow_redirects=False, timeout=20)
    assert without_cookies.status_code == 403
    browser.send(**fields)
    assert "code" in browser.told


def test_a_cookie_that_somebody_planted_signs_nobody_in(door: Door) -> None:
    """Whoever knows the cookie from before the password was typed knows nothing after it (session fixation)."""
    browser = door.browser()
    planted = browser.session.cookies.get_dict()
    browser.send(email=ADA, password=PASSWORD)
    assert "code" in browser.told
    assert browser.session.cookies.get_dict() != planted
    eve = door.browser()
    eve.session.cookies.update(planted)
    eve.open(f"{door.base}/cognito/oauth2/authorize?{eve.query}")
    assert eve.step == "login"


def test_two_tabs_can_be_signed_in_from_one_after_the_other(door: Door) -> None:
    first, second = door.browser(), door.browser()
    second.session = first.session
    second.open(f"{door.base}/cognito/login?{second.query}")
    first.open(f"{door.base}/cognito/login?{first.query}")
    for tab in (first, second):
        tab.send(email=ADA, password=PASSWORD)
        assert tab.token().status_code == 200


def test_what_somebody_types_is_text_on_the_page(door: Door) -> None:
    hostile = "\"><script>alert(1)</script>'@x.example"
    for step in ("login", "signup", "forgotPassword", "confirm"):
        browser = door.browser(step, state=hostile, lang=hostile)
        browser.send(email=hostile, password=hostile, code=hostile)
        assert "<script" not in browser.page.text
    page = door.browser().page
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == ("no-store", "same-origin")
    cookie = page.headers["Set-Cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Lax", "Path=/cognito/"))


@pytest.mark.parametrize(
    ("language", "heading"),
    [("en", "Sign in"), ("fr", "Se connecter"), ("ja", "ログイン"), ("ko", "로그인"), ("zh-CN", "登录")],
)
def test_the_pages_speak_the_language_that_is_asked_for(door: Door, language: str, heading: str) -> None:
    page = door.browser(lang=language).page.text
    assert f"<h1>{heading}</h1>" in page
    assert '<html lang="' + {"zh-CN": "zh-Hans"}.get(language, language) in page
    there = requests.get(door.browser().page.url, headers={"Accept-Language": f"de, {language};q=0.8"}, timeout=20)
    assert f"<h1>{heading}</h1>" in there.text


def test_who_signs_up_twice_is_told_to_sign_in(door: Door) -> None:
    browser = door.browser("signup")
    browser.send(email=ADA, password=PASSWORD)
    assert browser.error == "There is an account with this address already. Sign in instead."


def test_nothing_secret_stands_in_an_address(door: Door) -> None:
    browser = door.came_back()
    told = parse_qs(urlsplit(browser.page.headers["Location"]).query)
    assert set(told) == {"code", "state"}
    assert browser.verifier not in browser.query
    assert PASSWORD not in browser.page.headers["Location"]
