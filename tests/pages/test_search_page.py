"""The search, as somebody uses it: words and filters, all the places of a recording, each played from its word."""

import os
import re
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.local.serving import Serving, until
from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("quotes pages")  # one server for all of them
HOSTILE = "<img src=x onerror=alert(1)>"


def match(at: int) -> dict[str, Any]:
    return {
        "text": f"…the {HOSTILE} tram number {at}…",
        "track": "transcript",
        "marks": [[34, 38]],
        "start": 3.0 * at,
        "end": 3.0 * at + 1,
        "speaker": "spk_0" if at % 2 else "Ada Lovelace",
    }


def test_words_and_filters_lead_to_the_place_that_is_played(
    server: Serving, debate: dict[str, Any], open_page: OpenPage
) -> None:
    until(lambda: server.api("GET", "/search?q=city").json()["hits"], bool, 60)
    page = open_page("#/search")
    field = page.get_by_label("Search what was said, seen or written")
    field.fill("cities")
    page.keyboard.press("Enter")
    hit = page.locator(".hit").first
    expect(hit.locator("mark").first).to_have_text(re.compile("^cit(y|ies)$", re.I))
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Said by").fill("nobody at all")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    expect(page).to_have_url(re.compile(r"q=cities&speaker=nobody\+at\+all$"))
    page.get_by_role("link", name="Remove all filters").click()
    place = page.locator(".hit").first.get_by_role("link", name=re.compile("^Play at"))
    start = server.api("GET", "/search?q=cities").json()["hits"][0]["matches"][0]["start"]
    place.first.click()
    expect(page).to_have_url(re.compile(rf"#/asset/.*\?t={start:g}"))


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1600, "light")])
def test_all_places_of_a_recording_can_be_had_by_keyboard_on_any_screen(
    debate: dict[str, Any], open_page: OpenPage, width: int, scheme: str
) -> None:
    def found(route: Route) -> None:
        if "after=" not in route.request.url:
            route.fulfill(json={"hits": [], "next": "0123456789", "left": 22})
            return
        hit = {"asset": debate, "matches": [match(at) for at in range(5)], "count": 130}
        route.fulfill(json={"hits": [hit], "next": "0012345678", "left": 12})

    def places(route: Route) -> None:
        offset = int((re.search(r"offset=(\d+)", route.request.url) or [0, "0"])[1])
        page_of = [match(at) for at in range(offset, min(offset + 100, 130))]
        route.fulfill(json={"matches": page_of, "count": 130} | ({"next": 100} if not offset else {}))

    page = open_page("#/search", width=width, color_scheme=scheme)
    page.route("**/api/search?*", found)
    page.route("**/matches?*", places)
    page.goto(f"{page.url.split('#')[0]}#/search?q=tram&speaker=ada")
    hit = page.locator(".hit")
    expect(hit.get_by_role("listitem")).to_have_count(5)  # the second page had it, the first none
    expect(hit.locator("mark").first).to_have_text("tram")
    expect(hit.get_by_text("Speaker 1").first).to_be_visible()
    works_for_everybody(page, "#/search")
    hit.get_by_role("button", name="125 more in this recording").press("Enter")
    expect(hit.get_by_role("listitem")).to_have_count(100)
    hit.get_by_role("button", name="30 more in this recording").press("Enter")
    expect(hit.get_by_role("listitem")).to_have_count(130)
    expect(hit.get_by_role("button")).to_have_count(0)
    expect(hit).to_contain_text(HOSTILE)
    works_for_everybody(page, "#/search")


def near(at: float, text: str, closeness: str, end: float | None = None) -> dict[str, Any]:
    place = {"start": at, "end": at + 4 if end is None else end}
    return {"text": text, "track": "transcript", "speaker": "spk_0", "nearness": 0.4, "closeness": closeness, **place}


@pytest.mark.parametrize(("width", "options"), [(360, {"color_scheme": "dark"}), (1600, {"forced_colors": "active"})])
def test_what_means_about_the_same_is_found_and_said_how_near_by_keyboard_on_any_screen(
    debate: dict[str, Any], open_page: OpenPage, width: int, options: dict[str, Any]
) -> None:
    asked = []

    def found(route: Route) -> None:
        asked.append(route.request.url)
        if "after=" in route.request.url:
            other = {**debate, "id": "another", "title": "Council", "role": "reader"}
            hits = [{"asset": other, "by": "bob@example.org", "passages": [near(1.5, "of another", "close")]}]
            route.fulfill(json={"hits": hits, "is_being_made": False})
            return
        far = {**debate, "id": "far", "title": "Far"}
        passages = [
            near(2.25, f"we need more {HOSTILE} buses", "close"),
            near(9, "a tram", "near"),
            near(9, "x", "far"),
        ]
        hits = [{"asset": far, "passages": [near(7, "the kitchen", "far")]}, {"asset": debate, "passages": passages}]
        route.fulfill(json={"hits": hits, "next": "own", "is_being_made": True})

    def config(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "meaning": True})

    page = open_page("#/", width=width, **options)
    page.route("**/api/config", config)
    page.route("**/api/search/meaning?*", found)
    page.goto(f"{page.url.split('#')[0]}?#/search?q=coaches")
    mode = page.get_by_role("navigation", name="Search by")
    expect(mode.locator("[aria-current]")).to_have_text("Words")
    page.get_by_label("Search what was said, seen or written").fill("more coaches")
    mode.get_by_role("link", name="Meaning").press("Enter")
    expect(page).to_have_url(re.compile(r"#/search\?q=more\+coaches&by=meaning$"))
    hits = page.locator(".hit")
    expect(hits).to_have_count(2)
    expect(mode.locator("[aria-current]")).to_have_text("Meaning")
    expect(hits.first).to_contain_text("Very near")
    expect(hits.first).to_contain_text(HOSTILE)
    expect(hits.first.get_by_role("listitem")).to_have_count(2)
    expect(hits.last).to_contain_text("May not be about it")
    expect(page.get_by_text("Some recordings are still being prepared")).to_be_visible()
    link = hits.first.get_by_role("link", name="Play at 0:02")
    assert (link.get_attribute("href") or "").endswith(f"/asset/{debate['id']}?from=2.25&to=6.25"), (
        "exactly the passage"
    )
    works_for_everybody(page, "#/search")
    page.get_by_role("button", name="Look in what others share with you").press("Enter")
    expect(hits).to_have_count(3)
    expect(hits.nth(1)).to_contain_text("bob@example.org")
    works_for_everybody(page, "#/search")
    if pictures := os.environ.get("RAPPORTEUR_PICTURES"):
        page.screenshot(path=f"{pictures}/meaning-{width}.png", full_page=True)
    page.reload()
    expect(hits.first).to_contain_text("Very near")
    assert all("q=more+coaches" in one or "q=more%20coaches" in one for one in asked)
