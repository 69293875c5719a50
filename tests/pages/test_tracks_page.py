"""A track that the pages know nothing of: its passages are listed, for its owner, and for whoever has a link."""

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.harness.toy_tracks import HOSTILE, QUOTES
from tests.local.serving import Serving, until
from tests.pages.conftest import OpenPage, address_of, works_for_everybody

pytestmark = pytest.mark.xdist_group("pages")  # one server for all of them

PASSAGES = [
    {"text": "To be or not to be", "start": 12.5, "end": 14.0, "label": "Hamlet", "confidence": 0.75},
    {"text": HOSTILE, "page": 3, "label": f"by {HOSTILE}"},
    *({"text": f"Number {number}"} for number in range(3, 21)),
]
"""As the API tells them: `tests/api/test_tracks.py` holds it to that."""


def quote(page: Page) -> None:
    """Have the API tell of quotes, beside what there is."""

    def listed(route: Route) -> None:
        told: dict[str, Any] = route.fetch().json()
        told["tracks"].append({"name": QUOTES.name, "title": QUOTES.title, "is_drawn": False})
        route.fulfill(json=told)

    page.route("**/tracks", listed)
    found = {"name": QUOTES.name, "title": QUOTES.title, "passages": PASSAGES}
    page.route(f"**/tracks/{QUOTES.name}", lambda route: route.fulfill(json=found))
    page.reload()


@pytest.mark.parametrize("is_stranger", [False, True])
def test_the_passages_of_a_track_are_listed_and_a_time_plays_from_there(
    server: Serving, debate: dict[str, Any], open_page: OpenPage, is_stranger: bool
) -> None:
    address = address_of(server, debate, is_stranger=is_stranger)
    page = open_page(address, is_stranger=is_stranger)
    quote(page)
    panel = page.get_by_role("region", name=QUOTES.title)
    rows = panel.get_by_role("listitem")
    expect(rows).to_have_count(12)
    expect(rows.nth(0)).to_have_text("0:12 Hamlet To be or not to be")
    expect(rows.nth(1)).to_have_text(f"page 3 by {HOSTILE} {HOSTILE}")
    assert page.locator("img[src=x]").count() == 0
    works_for_everybody(page, "the passages of a track")
    rows.get_by_role("button", name="Play at 0:12").click()
    until(lambda: page.evaluate("() => document.querySelector('video').currentTime"), lambda time: time >= 12.5, 20)
    assert not page.evaluate("() => document.querySelector('video').paused")
    panel.get_by_role("button", name="Show all 20").click()
    expect(rows).to_have_count(20)
    expect(page.locator(".findings h2").filter(has_text="Captions")).to_have_count(0)


def test_a_branch_that_the_pages_know_nothing_of_is_shown_by_its_name(
    server: Serving, debate: dict[str, Any], open_page: OpenPage
) -> None:
    name = "<b>applause</b>"

    def at_work(route: Route) -> None:
        told: dict[str, Any] = route.fetch().json()
        branches = {**told["branches"], name: {"status": "open", "progress": 0.25}}
        route.fulfill(json={**told, "status": "processing", "branches": branches})

    page = open_page("#/")
    page.route(f"**/assets/{debate['id']}", at_work)
    page.goto(f"{server.base}/#/asset/{debate['id']}")
    expect(page.get_by_role("region", name="Work in progress").get_by_text(name, exact=True)).to_be_visible()
    expect(page.get_by_role("progressbar", name=name).first).to_have_attribute("value", "0.25")
