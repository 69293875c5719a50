"""What others share is searched and put on boards, as somebody with whom one recording is shared does it."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.local.serving import Serving, until
from tests.pages.conftest import BOB, OpenPage, works_for_everybody

SHOTS: Path | None = None
"""Where to leave pictures, for somebody to look at."""


def picture(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1600, "light")])
def test_somebody_finds_what_is_shared_and_puts_it_on_a_board_until_it_is_taken_back(
    server: Serving, unread: dict[str, Any], bob: StorageState, open_page: OpenPage, width: int, scheme: str
) -> None:
    asset = f"/assets/{unread['id']}"
    until(lambda: server.api("GET", "/search?q=trains").json()["hits"], bool, 60)
    said = [word for line in server.api("GET", f"{asset}/lines").json()["lines"] for word in line["words"]]
    wanted = {"kind": "quote", "start": said[0][0], "end": said[2][1]}
    quote = server.api("POST", f"{asset}/marks", json=wanted).json()
    person = server.api("POST", f"{asset}/people", json={"address": BOB, "role": "reader"}).json()["id"]

    page = open_page("#/search?q=trains", width=width, storage_state=bob, color_scheme=scheme)
    hit = page.locator(".hit")
    expect(hit).to_have_count(1)
    expect(hit.get_by_text("Shared with you: you may read")).to_be_visible()
    expect(hit.get_by_text("From demo@example.com")).to_be_visible()
    works_for_everybody(page, "the search")
    picture(page, f"shared-search-{width}")
    hit.get_by_role("link", name=re.compile("^Play at")).first.press("Enter")
    panel = page.get_by_role("region", name="Quotes and comments")
    mine = panel.get_by_role("listitem").filter(has_text=quote["text"])
    mine.get_by_role("button", name="Add to a board").press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(f"Trains {width}")
    dialog.get_by_role("button", name="Add", exact=True).press("Enter")
    expect(dialog).to_be_hidden()

    page.goto(f"{server.base}/#/boards")
    page.get_by_role("link", name=f"Trains {width}").press("Enter")
    entry = page.locator(".board-entry")
    expect(entry).to_contain_text(quote["text"])
    expect(entry.get_by_text("Shared with you: you may read")).to_be_visible()
    entry.get_by_role("button", name="Play").press("Enter")
    page.wait_for_function(f"() => document.querySelector('video').currentTime > {quote['start']}")
    works_for_everybody(page, "the board")
    picture(page, f"shared-board-{width}")
    page.get_by_role("button", name="Take along").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Markdown").click()
    assert quote["text"] in download.value.path().read_text()

    assert server.api("DELETE", f"{asset}/people/{person}").status_code == 204
    page.reload()
    expect(entry).to_contain_text("This recording has been deleted, or it is no longer shared with you.")
    expect(entry).not_to_contain_text(quote["text"])
    works_for_everybody(page, "the board without it")
    picture(page, f"shared-board-ended-{width}")
    page.evaluate("async (path) => (await import('/api.js')).api.delete(path)", page.url.partition("#")[2])
    page.goto(f"{server.base}/#/search?q=trains")
    expect(page.get_by_role("heading", name=re.compile("Nothing found|being prepared"))).to_be_visible()
    server.api("DELETE", f"{asset}/marks/{quote['id']}")
