"""Sharing with people on the pages: two people with a browser each, one recording."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.local.serving import PASSWORD, Serving
from tests.pages import chromium
from tests.pages.conftest import OpenPage, works_for_everybody

BOB = "bob@example.com"
SHOTS: Path | None = None
"""Where to leave pictures, for somebody to look at."""


@pytest.fixture(scope="module")
def bob(server: Serving) -> Any:
    """What the browser of somebody else keeps, who has confirmed their address."""
    made = server.at_sign_in("signup")
    made.send(email=BOB, password=PASSWORD)
    made.send(email=BOB, code=server.code())
    return chromium.signed_in(server, BOB, PASSWORD)


def in_share(page: Page) -> Any:
    page.get_by_role("button", name="Share", exact=True).click()
    return page.get_by_role("dialog", name="Share", exact=True)


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

    may.select_option("editor")
    expect(ada.get_by_text(f"{BOB} may do something else now.")).to_be_visible()
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
