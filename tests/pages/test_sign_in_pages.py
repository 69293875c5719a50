"""Signing in with a real browser, by the same way as on AWS: to the sign-in pages and back."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.local.serving import EMAIL, PASSWORD, Serving
from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("pages")  # one server for all of them

NEW = "Battery-staple-7"


def go_to_sign_in(page: Page, button: str = "Sign in") -> None:
    page.get_by_role("main").get_by_role("button", name=button).click()
    page.wait_for_url("**/cognito/**")


def type_in(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"#{name}").fill(value)
    page.keyboard.press("Enter")


def is_library(page: Page) -> None:
    expect(page.get_by_role("heading", level=1, name="Library")).to_be_visible()


def test_somebody_signs_in_by_keyboard_alone_and_gets_to_the_page_they_asked_for(open_page: OpenPage) -> None:
    page = open_page("#/settings?section=keys", is_stranger=True)
    expect(page.get_by_text("Sign in to get to the page you asked for.")).to_be_visible()
    button = page.get_by_role("main").get_by_role("button", name="Sign in")
    for _ in range(20):
        if button.evaluate("one => one === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cognito/login?**")
    assert not page.evaluate("() => document.scripts.length"), "the sign-in pages have no script"
    page.keyboard.type(EMAIL)
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("The address or the password is not right.")
    page.keyboard.type(PASSWORD)  # the cursor is there already
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Settings")).to_be_visible()
    assert urlsplit(page.url).query == ""
    assert urlsplit(page.url).fragment == "/settings?section=keys"


def test_nothing_of_signing_in_stays_in_an_address_or_the_history(open_page: OpenPage) -> None:
    page = open_page("#/", is_stranger=True)
    asked: list[str] = []
    referrers: list[str] = []
    page.on("request", lambda one: (asked.append(one.url), referrers.append(one.headers.get("referer", ""))))
    go_to_sign_in(page)
    type_in(page, email=EMAIL, password=PASSWORD)
    is_library(page)
    session = page.evaluate("() => localStorage.getItem('rapporteur.session')")
    tokens = re.findall(r'"(?:id|access|refresh)":"([^"]+)"', session)
    assert len(tokens) == 3
    told = " ".join(asked)
    assert not [one for one in [*tokens, PASSWORD] if one in told]
    codes = [parse_qs(urlsplit(one).query)["code"][0] for one in asked if "?code=" in one]
    assert len(codes) == 1
    assert not [one for one in referrers if codes[0] in one]
    page.reload()
    is_library(page)
    page.go_back()
    assert "code=" not in page.url
    page.go_forward()
    is_library(page)


def test_whoever_signs_out_is_signed_out_of_the_sign_in_pages_too(server: Serving, open_page: OpenPage) -> None:
    page = open_page("#/", is_stranger=True)
    go_to_sign_in(page)
    type_in(page, email=EMAIL, password=PASSWORD)
    is_library(page)
    refresh = page.evaluate("() => JSON.parse(localStorage.getItem('rapporteur.session')).refresh")
    other = page.context.new_page()
    other.goto(f"{server.base}/#/upload")
    expect(other.get_by_role("heading", level=1, name="Upload")).to_be_visible()
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("main").get_by_role("button", name="Sign in")).to_be_visible()
    expect(other.get_by_role("main").get_by_role("button", name="Sign in")).to_be_visible()
    assert server.at_sign_in().renew(refresh).json() == {"error": "invalid_grant"}
    go_to_sign_in(page)
    expect(page.locator("#password")).to_be_visible()


def test_two_tabs_sign_in_at_the_same_time(server: Serving, open_page: OpenPage) -> None:
    first = open_page("#/upload", is_stranger=True)
    second = first.context.new_page()
    second.goto(f"{server.base}/#/search")
    for page in (first, second):
        go_to_sign_in(page)
    for page, heading in ((second, "Search"), (first, "Upload")):
        type_in(page, email=EMAIL, password=PASSWORD)
        expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()


def test_a_way_back_that_was_begun_elsewhere_is_refused_in_words(server: Serving, open_page: OpenPage) -> None:
    """Or whoever is sent a link would work, and upload, in somebody else's account."""
    evil = server.at_sign_in()
    evil.send(email=EMAIL, password=PASSWORD)
    page = open_page(f"?code={evil.told['code']}&state={evil.state}", is_stranger=True)
    expect(page.get_by_role("alert")).to_contain_text("was not begun in this tab")
    works_for_everybody(page, "a sign-in that was begun elsewhere")
    assert (urlsplit(page.url).query, urlsplit(page.url).fragment) == ("", "/sign-in?next=%2F")
    assert page.evaluate("() => localStorage.getItem('rapporteur.session')") is None
    assert evil.token().status_code == 200, "nobody has used the code"
    page.goto(f"{server.base}/?error=access_denied&state=x")
    expect(page.get_by_role("alert")).to_contain_text("was not begun in this tab")


def test_whoever_is_signed_in_stays_who_they_are_at_somebody_elses_way_back(
    server: Serving, open_page: OpenPage
) -> None:
    evil = server.at_sign_in("signup")
    page = open_page(f"?code=made-up&state={evil.state}")
    is_library(page)
    assert urlsplit(page.url).query == ""


def test_a_code_that_is_used_up_or_too_old_is_told(server: Serving, open_page: OpenPage) -> None:
    page = open_page("#/upload", is_stranger=True)

    def use_up(route: Any) -> None:
        server.at_sign_in().post("oauth2/token", **{k: v[0] for k, v in parse_qs(route.request.post_data).items()})
        route.continue_()

    page.route("**/oauth2/token", use_up)
    go_to_sign_in(page)
    type_in(page, email=EMAIL, password=PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("took too long, or was used before")
    page.unroute("**/oauth2/token")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1, name="Upload")).to_be_visible()  # known there for an hour


def test_a_session_that_has_ended_leads_to_the_sign_in_page_and_back(
    server: Serving, open_page: OpenPage, signed_in: StorageState
) -> None:
    page = open_page("#/upload", is_stranger=True)
    go_to_sign_in(page)
    type_in(page, email=EMAIL, password=PASSWORD)
    expect(page.get_by_role("heading", level=1, name="Upload")).to_be_visible()
    session = page.evaluate("() => JSON.parse(localStorage.getItem('rapporteur.session'))")
    server.at_sign_in().revoke(session["refresh"])
    page.evaluate("""() => {
        const kept = JSON.parse(localStorage.getItem('rapporteur.session'))
        localStorage.setItem('rapporteur.session', JSON.stringify({ ...kept, ends: 0 }))
    }""")
    page.reload()
    expect(page.get_by_text("Sign in to get to the page you asked for.")).to_be_visible()
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1, name="Upload")).to_be_visible()  # known there for an hour


def test_a_token_that_ends_is_renewed_on_the_way(open_page: OpenPage, server: Serving) -> None:
    page = open_page("#/", is_stranger=True)
    go_to_sign_in(page)
    type_in(page, email=EMAIL, password=PASSWORD)
    is_library(page)
    before = page.evaluate("""() => {
        const kept = JSON.parse(localStorage.getItem('rapporteur.session'))
        localStorage.setItem('rapporteur.session', JSON.stringify({ ...kept, ends: 0 }))
        return kept
    }""")
    page.reload()
    is_library(page)
    after = page.evaluate("() => JSON.parse(localStorage.getItem('rapporteur.session'))")
    assert after["id"] != before["id"]
    assert after["refresh"] == before["refresh"]


@pytest.mark.parametrize("year", ["2001", "2061"])
def test_a_clock_that_is_wrong_keeps_nobody_out(open_page: OpenPage, year: str) -> None:
    page = open_page("#/sign-in", is_stranger=True)
    page.clock.set_fixed_time(f"{year}-06-01T12:00:00Z")
    go_to_sign_in(page)
    type_in(page, email=EMAIL, password=PASSWORD)
    is_library(page)


def test_a_browser_that_keeps_nothing_says_so(open_page: OpenPage) -> None:
    page = open_page("", is_stranger=True)
    page.add_init_script("""
        for (const name of ['localStorage', 'sessionStorage'])
            Object.defineProperty(window, name, { get() { throw new DOMException('blocked', 'SecurityError') } })
    """)
    page.reload()
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("does not let this page keep anything")


def test_somebody_who_forgot_their_password_chooses_another(server: Serving, open_page: OpenPage) -> None:
    address = "forgetful@example.org"
    made = server.at_sign_in("signup")
    before = server.mails()
    made.send(email=address, password=PASSWORD)
    made.send(email=address, code=server.code(before))
    page = open_page("#/", is_stranger=True)
    go_to_sign_in(page, "I forgot my password")
    before = server.mails()
    type_in(page, email=address)
    expect(page.get_by_text("If there is an account with this address")).to_be_visible()
    type_in(page, code=server.code(before), password="weak")
    expect(page.get_by_role("alert")).to_contain_text("at least 12 characters")
    type_in(page, code=server.code(), password=NEW)
    expect(page.get_by_role("status")).to_contain_text("Your password is changed.")
    expect(page.locator("#email")).to_have_value(address)
    type_in(page, password=NEW)
    is_library(page)


def test_a_password_is_changed_on_the_sign_in_page_too(server: Serving, open_page: OpenPage) -> None:
    page = open_page("#/settings")
    panel = page.get_by_role("region", name="Password")
    expect(panel).to_contain_text("never here")
    assert page.locator("input[type=password]").count() == 0
    panel.get_by_role("button", name="Choose a new password").click()
    page.wait_for_url("**/cognito/forgotPassword?**")


def test_an_address_is_changed_with_what_signing_in_gives(server: Serving, open_page: OpenPage) -> None:
    address = "moving@example.org"
    made = server.at_sign_in("signup")
    before = server.mails()
    made.send(email=address, password=PASSWORD)
    made.send(email=address, code=server.code(before))
    page = open_page("#/settings", is_stranger=True)
    go_to_sign_in(page)
    type_in(page, email=address, password=PASSWORD)
    panel = page.get_by_role("region", name="Email address")
    before = server.mails()
    panel.get_by_label("New email address").fill("moved@example.org")
    panel.get_by_role("button", name="Change the address").click()
    panel.get_by_label("Six-digit code").fill(server.code(before))
    panel.get_by_role("button", name="Confirm the address").click()
    expect(panel).to_contain_text("moved@example.org")


LANGUAGES = {
    "en-US": "Sign in",
    "fr-FR": "Se connecter",
    "ja-JP": "ログイン",
    "ko-KR": "로그인",
    "zh-CN": "登录",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1600, "light")])
def test_every_page_of_signing_in_works_for_everybody(
    open_page: OpenPage, language: str, width: int, scheme: str
) -> None:
    heading = LANGUAGES[language]
    page = open_page("#/upload", is_stranger=True, width=width, color_scheme=scheme, locale=language)
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    works_for_everybody(page, "the way to sign in")
    page.get_by_role("main").get_by_role("button", name=heading).click()
    page.wait_for_url("**/cognito/login?**")
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    for step in ("login", "signup", "confirm", "forgotPassword", "confirmForgotPassword"):
        page.goto(page.url.replace(urlsplit(page.url).path, f"/cognito/{step}"))
        works_for_everybody(page, step)
        assert page.evaluate("() => document.documentElement.lang")[:2] == language[:2]
    type_in(page, email="x@example.org", code="1", password="x")
    expect(page.get_by_role("alert")).to_be_visible()
    works_for_everybody(page, "what is wrong")


def test_signing_up_leads_back_with_the_code_from_the_mail(
    server: Serving, open_page: OpenPage, browser: Browser
) -> None:
    page = open_page("#/sign-in?next=/upload", is_stranger=True)
    go_to_sign_in(page, "Create an account")
    before = server.mails()
    type_in(page, email="grace@example.org", password=PASSWORD)
    expect(page.get_by_role("heading", level=1, name="Confirm the address")).to_be_visible()
    page.locator("#code").fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    type_in(page, code=server.code(before))
    expect(page.get_by_role("heading", level=1, name="Upload")).to_be_visible()
