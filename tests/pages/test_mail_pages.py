"""The pages about mail: who else gets reports, the links in mails, and mail that comes back."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, Route, expect

from tests.local.serving import EMAIL, Serving, until
from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("pages")  # one server for all of them
CAROL = "carol@example.org"


def link_in(server: Serving, to: str, page: str) -> str:
    """The link to `page`, "s" for one that is given to others, in the newest mail to this address."""
    body = server.mail(to).get_body(("plain",))
    assert body is not None
    found = re.search(rf"{re.escape(server.base)}/((?:#/)?{page}/[\w.-]+)", body.get_content())
    assert found
    return found[1]


def test_somebody_else_agrees_by_the_link_in_their_mail_and_gets_reports(
    server: Serving, recording: Path, open_page: OpenPage
) -> None:
    page = open_page("#/settings")
    page.get_by_label("Address to add").fill(CAROL)
    page.get_by_role("button", name="Send the link", exact=True).click()
    entry = page.get_by_role("listitem").filter(has_text=CAROL)
    expect(entry).to_contain_text("Has not agreed yet")
    works_for_everybody(page, "settings")

    theirs = open_page(link_in(server, CAROL, "confirm"), is_stranger=True, width=360)
    expect(theirs.get_by_role("main")).to_contain_text(f"{EMAIL} would like")
    works_for_everybody(theirs, "confirm")
    assert server.api("GET", "/me/addresses").json()["addresses"][0]["status"] == "asked", "opening it is no answer"
    theirs.get_by_role("button", name="Yes, send me reports").click()
    expect(theirs.get_by_role("heading", name="Thank you")).to_be_focused()

    page.reload()
    expect(entry).to_contain_text("Agreed to get reports")
    page.goto(f"{server.base}/#/upload")
    page.locator("input[type=file]").first.set_input_files(recording)
    page.get_by_label("Also send the report to").select_option(CAROL)
    page.get_by_label("Title").fill("For Carol too")
    page.get_by_role("button", name=re.compile("Upload 1 file|Start")).click()
    page.get_by_role("link", name="For Carol too").wait_for(timeout=60_000)
    newest = server.api("GET", "/assets").json()["assets"][0]["id"]
    server.completed(newest, 240)
    until(lambda: server.mail(CAROL)["Subject"], lambda subject: "For Carol too" in subject, 30)

    shared = open_page(link_in(server, CAROL, "s"), is_stranger=True)
    expect(shared.get_by_role("heading", level=1)).to_contain_text("For Carol too")

    ends = open_page(link_in(server, CAROL, "unsubscribe"), is_stranger=True)
    works_for_everybody(ends, "unsubscribe")
    ends.get_by_role("button", name="Send no more reports").click()
    expect(ends.get_by_role("heading", name="You are unsubscribed")).to_be_focused()
    page.goto(f"{server.base}/#/settings")
    expect(entry).to_contain_text("Wants no reports")
    page.get_by_role("button", name=f"Remove {CAROL}").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(entry).to_have_count(0)


def test_a_mail_program_unsubscribes_at_one_click_and_the_settings_say_so(
    server: Serving, debate: dict[str, Any], open_page: OpenPage
) -> None:
    report = server.mail(EMAIL)
    url = report["List-Unsubscribe"].strip("<>")
    done = requests.post(url, data={"List-Unsubscribe": "One-Click"}, timeout=30)
    assert (done.status_code, done.json()["status"]) == (200, "unsubscribed")
    page = open_page("#/settings")
    expect(page.get_by_label("When a recording is ready, mail me")).to_have_value("none")
    looked = requests.get(url, timeout=30, allow_redirects=False)
    assert looked.status_code == 302
    followed = open_page(looked.headers["Location"].removeprefix(f"{server.base}/"), is_stranger=True)
    expect(followed.get_by_role("main")).to_contain_text(EMAIL)
    assert server.api("PUT", "/me", json={"delivery": "now"}).status_code == 200
    assert debate["status"] == "completed"


def test_a_link_that_has_ended_says_what_to_do(open_page: OpenPage) -> None:
    for purpose in ("confirm", "unsubscribe"):
        page = open_page(f"#/{purpose}/no.such.link", is_stranger=True)
        expect(page.get_by_role("main")).to_contain_text("This link no longer works")


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_who_gets_no_mail_any_more_sees_why_and_can_have_it_sent_again(
    server: Serving, open_page: OpenPage, width: int, scheme: str
) -> None:
    """That mail bounces is something that no server here can bring about: the API's answer is changed on its way."""
    suppressed = {"status": "suppressed", "reason": "bounce", "since": 1795255200, "detail": "<b>550</b> user unknown"}

    def changed(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=json.dumps(answer.json() | {"mail": suppressed}))

    page: Page = open_page(width=width, color_scheme=scheme)
    page.route("**/api/me", changed)
    page.reload()
    page.get_by_role("link", name="Why, and what to do").click()
    expect(page.get_by_role("main")).to_contain_text(f"Nothing has been mailed to {EMAIL} since")
    expect(page.get_by_role("main")).to_contain_text("<b>550</b> user unknown")
    works_for_everybody(page, "suppressed")
    page.unroute("**/api/me")
    page.get_by_role("button", name="Start sending me mail again").click()
    if width == 360:
        expect(page.get_by_text("You get mail again.")).to_be_visible()
        page.get_by_label("Transcript as a Word document (DOCX)").check()
        page.get_by_role("region", name="Where reports go").get_by_role("button", name="Save").click()
        until(lambda: server.api("GET", "/me").json()["attachments"], ["txt", "srt", "docx"].__eq__, 20)
    else:
        expect(page.get_by_text("You have asked for too many mails today.")).to_be_visible()


def test_who_was_invited_sees_that_their_address_is_not_confirmed_and_confirms_it(
    server: Serving, open_page: OpenPage
) -> None:
    """Nobody is invited to a server of one's own: the API's answer is changed on its way. Codes are Cognito's."""

    def changed(route: Route) -> None:
        answer = route.fetch()
        unconfirmed = {"email_verified": False, "mail": {"status": "unconfirmed"}}
        route.fulfill(response=answer, body=json.dumps(answer.json() | unconfirmed))

    page: Page = open_page()
    page.route("**/api/me", changed)
    page.reload()
    expect(page.get_by_role("main")).to_contain_text(f"Nothing is mailed to {EMAIL} until you confirm that address.")
    works_for_everybody(page, "unconfirmed")
    page.get_by_role("link", name="Confirm it").click()
    expect(page.get_by_role("main")).to_contain_text("This address is not confirmed yet")
    works_for_everybody(page, "unconfirmed, settings")
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_role("main")).to_contain_text(f"A code was sent to {EMAIL}")
    page.unroute("**/api/me")
    page.get_by_label("Code").fill(" ".join(server.code()))
    page.get_by_role("button", name="Confirm the address").click()
    expect(page.get_by_text("Your address is confirmed.")).to_be_visible()
    expect(page.get_by_role("main")).not_to_contain_text("not confirmed yet")
