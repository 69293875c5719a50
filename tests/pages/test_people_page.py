"""Sharing with people on the pages: two people with a browser each, one recording."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.local.serving import Serving, until
from tests.pages.conftest import BOB, OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("quotes pages")  # one server for all of them
SHOTS: Path | None = None
"""Where to leave pictures, for somebody to look at."""


def in_share(page: Page) -> Any:
    page.get_by_role("button", name="Share", exact=True).click()
    return page.get_by_role("dialog", name="Share", exact=True)


def says_by_keys(page: Page, text: str) -> None:
    """Comment on the first line, without a mouse."""
    expect(page.get_by_role("region", name="Quotes and comments")).to_be_visible()
    page.locator(".line-time").first.focus()
    page.keyboard.press("q")
    bar = page.get_by_role("toolbar")
    expect(bar.get_by_role("button").first).to_be_focused()
    bar.get_by_role("button", name="Comment").press("Enter")
    field = page.get_by_role("dialog").get_by_role("textbox")
    expect(field).to_be_focused()
    page.keyboard.type(text)
    page.get_by_role("dialog").get_by_role("button", name="Save").press("Enter")
    mark = page.get_by_role("region", name="Quotes and comments").get_by_role("listitem").filter(has_text=text)
    expect(mark.get_by_role("button", name="Delete")).to_be_visible()
    works_for_everybody(page, "commented by somebody else")


@pytest.mark.parametrize("width", [360, 1600])
def test_somebody_is_given_a_recording_corrects_it_and_is_seen_in_the_log(
    server: Serving, debate: dict[str, Any], bob: Any, open_page: OpenPage, width: int
) -> None:
    ada = open_page(f"#/asset/{debate['id']}", width=width)
    dialog = in_share(ada)
    dialog.get_by_label("Mail address").fill(BOB)
    dialog.get_by_label("They may").select_option("reader")
    dialog.get_by_role("button", name="Share with them").press("Enter")
    expect(dialog.get_by_text(f"Shared with {BOB}.")).to_be_visible()
    may = dialog.get_by_label(f"What {BOB} may do")
    expect(may).to_have_value("reader")
    works_for_everybody(ada, "people")

    page = open_page("#/", width=width, storage_state=bob)
    page.get_by_role("link", name="Shared with me").click()
    expect(page.get_by_text("From demo@example.com")).to_be_visible()
    expect(page.get_by_text("Shared with you: you may read")).to_be_visible()
    works_for_everybody(page, "with me")
    page.get_by_role("heading", level=2).get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("Shared with you: you may read")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("The trains were crowded")
    for name in ("Share", "Change the title", "Add tags", "Edit"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    works_for_everybody(page, "read by somebody else")

    may.select_option("commenter")
    expect(ada.get_by_text(f"{BOB} may do something else now.").first).to_be_visible()
    page.reload()
    expect(page.get_by_text("Shared with you: you may comment")).to_be_visible()
    says_by_keys(page, f"Is that so? {width}")
    ada.reload()
    expect(ada.get_by_role("region", name="Quotes and comments")).to_contain_text(f"Is that so? {width}")
    in_share(ada)

    may.select_option("editor")
    expect(ada.get_by_text(f"{BOB} may do something else now.").first).to_be_visible()
    page.reload()
    expect(page.get_by_text("Shared with you: you may correct")).to_be_visible()

    ada.keyboard.press("Escape")
    ada.get_by_role("button", name="More actions").first.click()
    ada.get_by_role("button", name="Who saw and changed it").click()
    log = ada.get_by_role("dialog", name="Who saw and changed it")
    expect(log.get_by_text(BOB).first).to_be_visible()
    expect(log.get_by_text("read it").first).to_be_visible()
    works_for_everybody(ada, "the log")
    ada.keyboard.press("Escape")

    dialog = in_share(ada)
    dialog.get_by_role("button", name=f"Stop sharing with {BOB}").press("Enter")
    end = dialog.get_by_role("group", name=f"Stop sharing with {BOB}").get_by_role("button", name="Stop sharing")
    expect(end).to_be_focused()
    end.press("Enter")
    expect(dialog.get_by_role("heading", name="People")).to_be_focused()
    page.reload()
    expect(page.get_by_role("heading", name="This recording is not here")).to_be_visible()


def test_somebody_is_told_by_one_mail_and_can_want_no_more_of_these(
    server: Serving, debate: dict[str, Any], open_page: OpenPage
) -> None:
    dan = "dan@example.org"
    ada = open_page(f"#/asset/{debate['id']}", width=360)
    dialog = in_share(ada)
    dialog.get_by_label("Mail address").fill(dan)
    assert dialog.get_by_label("A word to them").count() == 0
    dialog.get_by_label("Tell them by mail").check()
    dialog.get_by_label("A word to them").fill("Please look at <b>it</b>.")
    works_for_everybody(ada, "telling by mail")
    before = len(server.mails())
    dialog.get_by_role("button", name="Share with them").click()
    expect(dialog.get_by_text(f"Shared with {dan}. They get a mail")).to_be_visible()
    expect(dialog.get_by_label("A word to them")).to_have_value("")
    until(server.mails, lambda found: len(found) > before, 30)
    body = server.mail(dan).get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "Please look at <b>it</b>" in text

    places = [f"{re.escape(server.base)}/(#/{place}/\\S+)" for place in ("asset", "unsubscribe")]
    asset, decline = (re.search(place, text) for place in places)
    assert asset and decline
    theirs = open_page(asset[1], is_stranger=True, width=360)
    theirs.wait_for_url(re.compile("#/sign-in"))  # and from there to the recording
    assert debate["id"] in theirs.url
    theirs = open_page(decline[1], is_stranger=True, width=360)
    expect(theirs.get_by_role("main")).to_contain_text("whoever it is")
    works_for_everybody(theirs, "decline")
    theirs.get_by_role("button", name="Send no more of these").click()
    expect(theirs.get_by_role("heading", name="You are unsubscribed")).to_be_focused()
    works_for_everybody(theirs, "declined")
    settings = open_page("#/settings", width=360)
    told = settings.get_by_label("Mail me when somebody shares a recording with me")
    expect(told).to_be_checked()
    told.uncheck()
    settings.get_by_role("region", name="Mail, language and costs").get_by_role("button", name="Save").click()
    until(lambda: server.api("GET", "/me").json()["invitations"], False.__eq__, 20)
    assert server.api("PUT", "/me", json={"invitations": True}).json()["invitations"] is True


@pytest.mark.parametrize("width", [360, 1600])
def test_what_is_not_shown_just_now_can_be_left_by_keys_alone(bob: Any, open_page: OpenPage, width: int) -> None:
    page = open_page("#/", width=width, storage_state=bob)
    hidden = [{"id": "0" * 27, "by": "demo@example.com", "since": 1.0}]
    left: list[str] = []

    def answer(route: Route) -> None:
        if route.request.method == "DELETE":
            left.append(route.request.url.rpartition("/")[2])
            hidden.clear()
            route.fulfill(status=204)
        else:
            route.fulfill(json={"shared": [], "hidden": hidden})

    page.route("**/me/shared**", answer)
    page.get_by_role("link", name="Shared with me").click()
    card = page.get_by_role("listitem", name="Not shown just now")
    expect(card.get_by_text("demo@example.com shares this with you.")).to_be_visible()
    works_for_everybody(page, "what is hidden")
    if SHOTS:
        page.screenshot(path=SHOTS / f"hidden-{width}.png")
    card.get_by_role("button", name="Remove from my list").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Remove from my list").press("Enter")
    expect(page.get_by_text("Nothing is shared with you")).to_be_visible()
    assert left == ["0" * 27]


def test_what_somebody_typed_when_it_was_no_longer_shared_can_be_taken_along(
    server: Serving, debate: dict[str, Any], bob: Any, open_page: OpenPage
) -> None:
    people = f"/assets/{debate['id']}/people"
    shared = server.api("POST", people, json={"address": BOB, "role": "editor"}).json()
    page = open_page(f"#/asset/{debate['id']}", width=360, storage_state=bob, permissions=["clipboard-write"])
    page.get_by_role("button", name="Edit", exact=True).click()
    page.locator(".line-text").first.click()
    page.keyboard.press("End")
    assert server.api("DELETE", f"{people}/{shared['id']}").status_code == 204
    page.keyboard.type(" for nothing")
    told = page.get_by_role("alert").filter(has_text="This is no longer shared with you.")
    expect(told).to_be_visible()
    for name in ("Edit", "Done", "Try now", "Change the title", "Remove from my list"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_count(0)
    expect(page.locator("[contenteditable=true]")).to_have_count(0)
    expect(page.get_by_text("Shared with you: you may correct")).to_have_count(0)
    page.evaluate("navigator.clipboard.writeText = async text => { window.copied = text }")
    page.get_by_role("button", name="Copy what is not saved").click()
    assert " for nothing" in page.evaluate("window.copied")
    works_for_everybody(page, "shared no more")
    if SHOTS:
        page.screenshot(path=SHOTS / "no-longer-shared.png")
