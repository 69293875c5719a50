"""Links with a password, and links that show a part: made in the dialog, and followed by a stranger."""

import re
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.local.serving import Serving
from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("quotes pages")  # one server for all of them
PASSWORD = "a long secret"


def made(server: Serving, asset: dict[str, Any], **wanted: Any) -> dict[str, Any]:
    answer = server.api("POST", f"/assets/{asset['id']}/shares", json={"days": 1, **wanted})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def tab_to(page: Page, locator: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector)", locator):
            return
    raise AssertionError(f"no way to {locator} by Tab")


def test_an_owner_makes_a_link_with_a_password_by_keyboard_and_a_stranger_opens_it(
    open_page: OpenPage, server: Serving, debate: dict[str, Any]
) -> None:
    page = open_page(f"#/asset/{debate['id']}")
    page.get_by_role("button", name="Share", exact=True).click()
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_label("Who is it for?")
    name.focus()
    page.keyboard.type("The council")
    tab_to(page, ".link-parts input")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")  # no analysis
    expect(dialog.get_by_label("Summary and analysis")).not_to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    expect(dialog.get_by_label("Show the title in previews")).to_be_disabled()
    page.keyboard.press("Enter")
    link = dialog.get_by_role("listitem").filter(has_text="The council")
    expect(link).to_contain_text("Shows: Transcript and Picture and sound · Needs a password")
    works_for_everybody(page, "share")
    address = link.get_by_role("textbox").input_value()
    assert re.fullmatch(rf"{re.escape(server.base)}/s/share_\S+", address)

    preview = requests.get(address, timeout=60)
    assert "<title>Rapporteur</title>" in preview.text, "the one machine answers as CloudFront and the API do"
    assert preview.headers["content-security-policy"].startswith("default-src 'none'; base-uri 'none'")
    assert requests.head(address, timeout=60).status_code == 200

    stranger = open_page(address.removeprefix(f"{server.base}/"), is_stranger=True, width=360, has_touch=True)
    stranger.wait_for_url(re.compile("#/shared/"))  # led on without a script
    expect(stranger.get_by_role("heading", name="This link needs a password")).to_be_visible()
    works_for_everybody(stranger, "locked")
    field = stranger.get_by_label("Password", exact=True)
    field.fill("something else")
    stranger.get_by_role("button", name="Open").tap()
    expect(stranger.get_by_text("This is not the password.").first).to_be_visible()
    field.fill(PASSWORD)
    stranger.get_by_role("button", name="Open").tap()
    expect(stranger.get_by_role("heading", level=1)).to_be_focused()
    expect(stranger.locator(".read .scroller")).to_be_visible()
    expect(stranger.locator("video")).to_have_attribute("src", re.compile("/s3/"))
    expect(stranger.get_by_role("heading", name="Summary")).to_have_count(0)
    works_for_everybody(stranger, "opened")
    kept = stranger.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert "proof_" not in kept, "it is in memory alone"
    assert "proof" not in stranger.url
    stranger.reload()
    expect(stranger.get_by_role("heading", name="This link needs a password")).to_be_visible()

    link.get_by_role("button", name="Change The council").click()
    link.get_by_label("No password any more").check()
    link.get_by_label("Files to download").check()
    link.get_by_role("button", name="Save").click()
    expect(link).to_contain_text("Shows: Transcript, Picture and sound, and Files to download")
    expect(link).not_to_contain_text("Needs a password")
    stranger.reload()
    expect(stranger.get_by_role("heading", name="Downloads")).to_be_visible()
    expect(stranger.locator(".files a").first).to_be_visible()


@pytest.mark.parametrize(
    ("shows", "seen", "unseen"),
    [
        (["transcript"], [".read .scroller"], ["video", ".files", ".timeline"]),
        (["media"], ["video"], [".read .scroller", ".timeline", ".files"]),
        (["analysis", "downloads"], [".timeline", ".files"], ["video", ".read .scroller"]),
    ],
    ids=["transcript", "media", "analysis-downloads"],
)
def test_a_stranger_sees_what_the_link_shows_and_no_room_for_more(
    open_page: OpenPage, server: Serving, debate: dict[str, Any], shows: list[str], seen: list[str], unseen: list[str]
) -> None:
    link = made(server, debate, shows=shows)
    page = open_page(f"#/shared/{link['token']}", is_stranger=True, width=1600)
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    for part in seen:
        expect(page.locator(part).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    for part in unseen:
        expect(page.locator(part)).to_have_count(0)
    expect(page.locator(".note, .spinner")).to_have_count(0)
    works_for_everybody(page, "-".join(shows))
    assert refused == [], "the page asks for nothing that the link does not show"
    server.api("DELETE", f"/assets/{debate['id']}/shares/{link['id']}")


def test_too_many_wrong_passwords_are_told_with_how_long_to_wait(
    open_page: OpenPage, server: Serving, debate: dict[str, Any]
) -> None:
    link = made(server, debate, password=PASSWORD)
    page = open_page(f"#/shared/{link['token']}", is_stranger=True)
    field, button = page.get_by_label("Password", exact=True), page.get_by_role("button", name="Open")
    page.route("**/proof", lambda route: route.fulfill(status=429, json={"code": "too-many-tries", "retry_after": 128}))
    field.fill("wrong")
    button.click()
    expect(page.get_by_text("Too many wrong passwords. Try again in 3 minutes.").first).to_be_visible()
    expect(field).to_be_focused()
    server.api("DELETE", f"/assets/{debate['id']}/shares/{link['id']}")
