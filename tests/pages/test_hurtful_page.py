"""Hurtful words on the page: marked with a reason, never hidden, for whoever points, tabs or taps."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.local.serving import Serving
from tests.pages.conftest import OpenPage, address_of, works_for_everybody

pytestmark = pytest.mark.xdist_group("transcript pages")

Passages = list[dict[str, Any]]


def marked(page: Page, asset_id: str, passages: Passages, under: str = "assets") -> None:
    """Have the asset's page find these passages in the track, as the API gives them."""

    def tracks(route: Route) -> None:
        answer = route.fetch().json()
        note = {"name": "toxicity", "title": "Hurtful words", "is_drawn": True}
        answer["tracks"].append(note | {"engine": "toxicity", "edition": 0, "files": []})
        route.fulfill(json=answer)

    def track(route: Route) -> None:
        route.fulfill(json={"name": "toxicity", "title": "Hurtful words", "passages": passages})

    page.route(re.compile(rf"/{under}/[^/]+/tracks$"), tracks)
    page.route(re.compile(rf"/{under}/[^/]+/tracks/toxicity$"), track)
    page.reload()


def spans(server: Serving, asset: dict[str, Any]) -> Passages:
    """A sentence that is called an insult, a word in it that is rude, and a word of another line."""
    lines = server.api("GET", f"/assets/{asset['id']}/lines").json()["lines"]

    def span(words: list[Any], kind: str, confidence: float) -> dict[str, Any]:
        text = "".join((word[4] if i else "") + word[2] for i, word in enumerate(words))
        return {"text": text, "start": words[0][0], "end": words[-1][1], "label": kind, "confidence": confidence}

    first, second = lines[0]["words"], lines[1]["words"]
    return [span(first, "insult", 0.82), span(first[1:2], "profanity", 0.75), span(second[-1:], "threat", 0.6)]


@pytest.fixture
def page(server: Serving, debate: dict[str, Any], open_page: OpenPage) -> Page:
    opened = open_page(f"#/asset/{debate['id']}")
    marked(opened, debate["id"], spans(server, debate))
    expect(opened.locator(".hurtful-words h2")).to_have_text("Hurtful words (2)")
    return opened


def test_words_are_marked_and_the_reason_is_told_to_whoever_points_tabs_or_taps(page: Page) -> None:
    signs = page.locator(".line .reason")
    expect(signs).to_have_count(2)
    why = "Marked as hurtful: Insult (82% sure) · Profanity (75% sure)"
    expect(signs.first).to_have_attribute("aria-label", why)
    expect(page.locator(".line").first.locator(".w.hurtful").first).to_be_visible()
    bubble = page.locator(".reason-bubble")
    expect(bubble).to_be_hidden()
    page.locator(".line").first.locator(".w.hurtful").nth(1).hover()
    expect(bubble).to_have_text(why)
    page.locator("h1").hover()
    expect(bubble).to_be_hidden()
    page.locator(".line-time").first.focus()
    page.keyboard.press("Tab")
    expect(signs.first).to_be_focused()
    expect(bubble).to_have_text(why)
    page.keyboard.press("Escape")
    expect(bubble).to_be_hidden()
    signs.nth(1).click()
    expect(bubble).to_contain_text("Threat or violence")
    works_for_everybody(page, "hurtful words")


def test_places_are_led_to_and_the_marks_can_be_switched_off(page: Page) -> None:
    words = page.locator(".line-text").first.text_content()
    page.locator(".hurtful-words .when").nth(1).click()
    expect(page.locator(".w.found.current.hurtful")).to_have_count(1)
    page.get_by_label("Mark them in the text").uncheck()
    expect(page.locator(".line .hurtful, .line .reason")).to_have_count(0)
    assert page.locator(".line-text").first.text_content() == words
    expect(page.locator(".hurtful-words li")).to_have_count(2)


def test_marks_stay_with_their_words_and_go_with_them(page: Page) -> None:
    page.get_by_role("button", name="Edit").click()
    second = page.locator(".line-text").nth(1)
    second.fill(f"Well, {second.text_content()}")
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".line .reason")).to_have_count(2)
    expect(page.locator(".line").nth(1).locator(".w.hurtful")).to_have_count(1)
    page.get_by_role("button", name="Edit").click()
    second.fill("Somebody said something else.")
    page.get_by_role("button", name="Done").click()
    expect(page.locator(".line").nth(1).locator(".w.hurtful")).to_have_count(0)
    expect(page.locator(".hurtful-words h2")).to_have_text("Hurtful words (1)")
    for _ in range(2):
        page.keyboard.press("Control+z")


def test_whoever_has_a_link_sees_the_marks_too_and_on_a_small_screen(
    server: Serving, debate: dict[str, Any], open_page: OpenPage
) -> None:
    opened = open_page(address_of(server, debate, is_stranger=True), is_stranger=True, width=390, has_touch=True)
    marked(opened, debate["id"], spans(server, debate), under="shared")
    sign = opened.locator(".line .reason").first
    sign.tap()
    expect(opened.locator(".reason-bubble")).to_contain_text("Insult")
    works_for_everybody(opened, "hurtful words, shared")


def test_nothing_is_said_where_nobody_looked_and_that_nothing_was_found_where_somebody_did(
    debate: dict[str, Any], open_page: OpenPage
) -> None:
    opened = open_page(f"#/asset/{debate['id']}")
    expect(opened.locator(".line").first).to_be_visible()
    expect(opened.locator(".hurtful-words")).to_have_count(0)
    marked(opened, debate["id"], [])
    expect(opened.locator(".hurtful-words")).to_contain_text("Nothing that was said was marked as hurtful.")
