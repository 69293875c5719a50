"""A file is fetched from an address: what is wrong with it is named at the page, how far it is stands on the card."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.local.serving import Serving
from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("pages")
URL = "https://media.example.org/debate.mp4"


def ask(page: Page, url: str) -> None:
    """By the keyboard alone."""
    page.get_by_label("Address of the file").fill(url)
    start = page.get_by_role("button", name="Fetch the file")
    expect(start).to_be_disabled()
    page.keyboard.press("Tab")
    expect(page.get_by_label("I may use this recording")).to_be_focused()
    page.keyboard.press("Space")
    expect(start).to_be_enabled()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")


@pytest.mark.parametrize("width", [360, 1600])
def test_an_address_behind_the_walls_is_refused_and_nothing_is_asked_before_one_affirms(
    open_page: OpenPage, width: int
) -> None:
    page = open_page("#/upload", width=width)
    ask(page, "http://127.0.0.1/debate.mp4")
    expect(page.get_by_role("alert")).to_contain_text("not on the public internet")
    expect(page.get_by_label("Address of the file")).to_have_value("http://127.0.0.1/debate.mp4")
    works_for_everybody(page, "an address that is refused")


def test_how_far_a_file_has_been_fetched_is_told_where_it_was_asked_for_and_on_its_page(
    server: Serving, open_page: OpenPage
) -> None:
    announced = server.announce("debate.mp4", 9)["asset"]
    fetched = {"host": "media.example.org", "fetched": 400, "size": 1000, "progress": 0.4}
    asked: list[Any] = []

    def made(route: Route) -> None:
        asked.append(route.request.post_data_json)
        route.fulfill(status=201, json={**announced, "fetch": fetched})

    def told(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=json.dumps({**answer.json(), "fetch": fetched}))

    page = open_page("#/upload")
    page.route("**/api/imports", made)
    page.route(f"**/api/assets/{announced['id']}", told)
    ask(page, URL)
    card = page.locator(".sent .cards > li")
    expect(card).to_contain_text("File from media.example.org")
    expect(card).to_contain_text("40% fetched")
    assert asked[0]["url"] == URL
    assert asked[0]["wording"] == server.api("GET", "/config").json()["import_wording"]
    expect(page.get_by_label("Address of the file")).to_have_value("")
    expect(page.get_by_label("I may use this recording")).not_to_be_checked()
    card.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Fetching the file")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "0.4")
    works_for_everybody(page, "a file that is being fetched")
    page.get_by_role("button", name="Stop the work").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop the work").click()
    expect(page.get_by_role("heading", name="Fetching the file")).to_have_count(0)
