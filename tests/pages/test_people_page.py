"""Sharing with people on the pages: two people with a browser each, one recording."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.local.serving import Serving
from tests.pages.conftest import BOB, OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("quotes pages")  # one server for all of them


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
