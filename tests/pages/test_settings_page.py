"""The settings in parts that one can jump to, time zones that are found by typing, and links that are seen again."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.local.serving import Serving, until
from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("pages")
PARTS = 11


def top_of(page: Page, part: str) -> float:
    return float(page.locator(f"#section-{part}").evaluate("(one) => one.getBoundingClientRect().top"))


def test_a_part_is_jumped_to_marked_focused_and_named_by_the_address(server: Serving, open_page: OpenPage) -> None:
    page = open_page("#/settings?section=keys", width=1600)
    parts = page.get_by_role("navigation", name="Parts of the settings")
    expect(parts.get_by_role("link")).to_have_count(PARTS)
    expect(parts.locator(".jump-list [aria-current]")).to_have_text("Keys for programs (API)")
    expect(page.locator("#section-keys")).to_be_focused()
    until(lambda: (page.wait_for_timeout(100), top_of(page, "keys"))[1], lambda top: 0 <= top < 300, 10)
    parts.get_by_role("link", name="Mail, language and costs").press("Enter")
    expect(page).to_have_url(f"{server.base}/#/settings?section=profile")
    expect(page.locator("#section-profile")).to_be_focused()
    expect(parts.locator(".jump-list [aria-current]")).to_have_text("Mail, language and costs")
    expect(parts).to_be_in_viewport()
    parts.get_by_role("link", name="Delete my account").click()
    expect(page.locator("#section-erase")).to_be_in_viewport()
    expect(parts.locator(".jump-list [aria-current]")).to_have_text("Delete my account")
    parts.get_by_role("link", name="Delete my account").click()  # the address is the same, and yet
    expect(page.locator("#section-erase")).to_be_focused()
    works_for_everybody(page, "settings")


def test_the_part_that_is_read_is_marked_while_somebody_scrolls(open_page: OpenPage) -> None:
    page = open_page("#/settings", width=1600)
    current = page.get_by_role("navigation", name="Parts of the settings").locator(".jump-list [aria-current]")
    expect(current).to_have_text("Mail, language and costs")
    page.locator("#section-password").wait_for()
    page.mouse.move(800, 400)

    def scrolled() -> str:
        page.mouse.wheel(0, 200)
        page.wait_for_timeout(100)
        return current.inner_text()

    seen = [
        until(scrolled, lambda text: text == "Email address", 20),
        until(scrolled, lambda text: "Delete" in text, 20),
    ]
    assert len(seen) == 2


def test_a_language_chosen_in_the_head_is_that_of_the_account_and_of_the_form_too(
    server: Serving, open_page: OpenPage
) -> None:
    page = open_page("#/settings", width=1600)
    field = page.get_by_role("main").get_by_role("combobox", name=re.compile("^(Language|Langue)$"))
    expect(field).to_have_value("en")

    def choose(language: str, here: str, label: str) -> None:
        page.get_by_role("banner").get_by_role("button", name=here).click()
        page.get_by_role("banner").get_by_label(label, exact=True).select_option(language)
        page.keyboard.press("Escape")
        expect(field).to_have_value(language)
        until(lambda: server.api("GET", "/me").json()["language"], lambda told: told == language, 20)

    choose("fr", "English", "Language")
    choose("en", "Français", "Langue")  # and back again


def test_on_a_phone_the_parts_are_in_a_menu_that_stays_in_sight(open_page: OpenPage) -> None:
    page = open_page("#/settings", width=360)
    menu = page.locator(".jump-menu").get_by_role("button")
    expect(menu).to_contain_text("Part: Mail, language and costs")
    menu.press("Enter")
    page.locator(".jump-menu").get_by_role("link", name="Shared links").click()
    expect(page.locator("#section-links")).to_be_focused()
    expect(menu).to_contain_text("Part: Shared links")
    expect(menu).to_be_in_viewport()
    until(lambda: (page.wait_for_timeout(100), top_of(page, "links"))[1], lambda top: 30 < top < 300, 10)
    works_for_everybody(page, "settings on a phone")


@pytest.mark.parametrize("width", [360, 1600])
def test_a_time_zone_is_found_by_city_country_and_distance_by_keyboard_alone(
    server: Serving, open_page: OpenPage, width: int
) -> None:
    before = server.api("GET", "/me").json()["time_zone"]
    page = open_page("#/settings", width=width)
    field = page.get_by_role("combobox", name="Time zone")
    field.focus()
    page.keyboard.type("japan")
    option = page.locator(".combobox-list").get_by_role("option")
    expect(option).to_have_text(["Tokyo, Japan (UTC+9)"])
    works_for_everybody(page, "time zones")
    box = page.get_by_role("listbox", name="Time zone").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    page.keyboard.press("Enter")
    expect(field).to_have_value("Tokyo, Japan (UTC+9)")
    expect(option).to_have_count(0)
    field.fill("utc+5:30")
    expect(option).to_have_text([re.compile("Colombo"), re.compile("Kolkata")])
    page.keyboard.press("ArrowDown")
    expect(page.locator(".combobox-list").get_by_role("option", selected=True)).to_contain_text("Kolkata")
    assert field.get_attribute("aria-activedescendant") == page.locator(".combobox-list").get_by_role(
        "option", selected=True
    ).get_attribute("id")
    page.keyboard.press("Escape")
    expect(field).to_have_value("Tokyo, Japan (UTC+9)")
    field.fill("seoul")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Save").first.press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible(timeout=20_000)
    assert server.api("GET", "/me").json()["time_zone"] == "Asia/Seoul"
    server.api("PUT", "/me", json={"time_zone": before or "UTC"})


def test_what_is_no_time_zone_is_told_and_not_saved(server: Serving, open_page: OpenPage) -> None:
    before = server.api("GET", "/me").json()["time_zone"]
    page = open_page("#/settings")
    field = page.get_by_role("combobox", name="Time zone")
    field.fill("nowhere at all")
    expect(page.get_by_text("Nothing found. Try a larger city")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Choose a time zone from the list.")).to_be_visible()
    expect(field).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Save").first.click()
    expect(field).to_be_focused()
    assert server.api("GET", "/me").json()["time_zone"] == before


def test_zones_are_found_in_the_language_of_the_pages(open_page: OpenPage) -> None:
    page = open_page("#/")
    page.evaluate("() => localStorage.setItem('rapporteur.language', 'ja')")
    page.goto(page.url.partition("#")[0] + "#/settings")
    page.reload()
    page.get_by_role("combobox", name="タイムゾーン").fill("日本")
    expect(page.locator(".combobox-list").get_by_role("option")).to_have_text(["Tokyo, 日本 (UTC+9)"], timeout=20_000)


# ---- links


@pytest.fixture
def no_links(server: Serving, debate: dict[str, Any]) -> str:
    """Where the links to the debate are, of which there are none now; nor any that other tests made to anything."""
    for share in server.api("GET", "/me/shares").json()["shares"]:
        server.api("DELETE", f"/assets/{share['asset_id']}/shares/{share['id']}")
    return f"/assets/{debate['id']}/shares"


@pytest.mark.parametrize("width", [360, 1600])
def test_a_link_is_made_named_seen_again_given_another_end_and_turned_off(
    server: Serving, debate: dict[str, Any], no_links: str, open_page: OpenPage, width: int
) -> None:
    page = open_page(f"#/asset/{debate['id']}", width=width)
    page.get_by_role("button", name="Share", exact=True).press("Enter")
    dialog = page.get_by_role("dialog", name="Share", exact=True)
    dialog.get_by_label("Who is it for?").fill("For the council’s clerk <b>")
    dialog.get_by_label("The link works for").select_option("30")
    dialog.get_by_role("button", name="Make a link").press("Enter")
    name = "For the council’s clerk <b>"
    address = dialog.get_by_label(f"Address of the link: {name}")
    link = address.input_value()
    (share,) = server.api("GET", no_links).json()["shares"]
    assert link == f"{server.base}/s/{share['token']}"
    works_for_everybody(page, "share")
    page.reload()  # and later
    page.get_by_role("button", name="Share", exact=True).press("Enter")
    expect(address).to_have_value(link)
    dialog.get_by_role("button", name=f"Change {name}").press("Enter")
    renamed = dialog.get_by_label("Who is it for?").last
    expect(renamed).to_be_focused()
    renamed.fill("For the mayor")
    dialog.get_by_label("Works until").select_option("1")
    works_for_everybody(page, "a link is changed")
    dialog.get_by_role("button", name="Save").press("Enter")
    expect(dialog.get_by_label("Address of the link: For the mayor")).to_have_value(link)
    (changed,) = server.api("GET", no_links).json()["shares"]
    assert changed["name"] == "For the mayor"
    assert changed["expires_at"] < share["expires_at"]
    stranger = open_page(f"#/shared/{share['token']}", is_stranger=True)
    expect(stranger.get_by_role("heading", level=1)).to_be_visible(timeout=20_000)
    dialog.get_by_role("button", name="Turn off For the mayor").press("Enter")
    expect(dialog.get_by_text("The link stops working at once")).to_be_visible()
    expect(dialog.get_by_role("group", name="Turn off For the mayor").get_by_role("button").first).to_be_focused()
    dialog.get_by_role("group", name="Turn off For the mayor").get_by_role("button", name="Cancel").press("Enter")
    expect(dialog.get_by_role("button", name="Turn off For the mayor")).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_role("group", name="Turn off For the mayor").get_by_role("button", name="Turn off").press("Enter")
    expect(dialog.get_by_text("There are no links yet.")).to_be_visible()
    expect(dialog.get_by_role("heading", level=2)).to_be_focused()
    stranger.reload()
    expect(stranger.get_by_text("This link no longer works")).to_be_visible(timeout=20_000)


def test_all_links_are_seen_in_the_settings_and_lead_to_their_recordings(
    server: Serving, debate: dict[str, Any], no_links: str, open_page: OpenPage
) -> None:
    server.api("POST", no_links, json={"name": "clerk"})
    page = open_page("#/settings?section=links")
    links = page.locator("section", has=page.locator("#section-links"))
    expect(links.get_by_text("clerk")).to_be_visible(timeout=20_000)
    expect(links.get_by_role("link")).to_have_attribute("href", f"#/asset/{debate['id']}")
    links.get_by_role("button", name="Turn off clerk").click()
    links.get_by_role("button", name="Turn off", exact=True).click()
    expect(links.get_by_text("You have shared nothing by a link.")).to_be_visible()
    assert server.api("GET", "/me/shares").json() == {"shares": []}
