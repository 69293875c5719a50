"""What is held, as its owner sees it and as administrators decide of it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.harness.media import make_video
from tests.local.serving import CANNED, EMAIL, PASSWORD, Serving, serving, until
from tests.pages import chromium
from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("held pages")
SCREENS = [(360, "dark"), (1600, "light")]
TITLE = '<img src=x onerror="alert(1)"> a quarrel'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAPPORTEUR_MODERATION_POLICY", "hold")
        patch.setenv("RAPPORTEUR_VISION_ANALYZER", "tests.harness.canned_vision")
        with serving(tmp_path_factory.mktemp("held") / "data", *CANNED) as running:
            assert running.sign_in().status_code == 200
            yield running


@pytest.fixture(scope="module")
def signed_in(server: Serving) -> StorageState:
    return chromium.signed_in(server, EMAIL, PASSWORD)


@pytest.fixture(scope="module")
def films(server: Serving, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Two that are held."""
    folder = tmp_path_factory.mktemp("films")
    ids = [server.upload(make_video(folder / name, 30.0)) for name in ("one.mp4", "two.mp4")]
    made = [
        until(lambda path=f"/assets/{one}": server.api("GET", path).json(), lambda it: it["report"] == "delivered", 240)
        for one in ids
    ]
    server.api("PATCH", f"/assets/{made[0]['id']}", json={"title": TITLE})
    return made


def shoot(page: Page, name: str) -> None:
    if folder := os.environ.get("RAPPORTEUR_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def decide(page: Page, title: str, how: str, reason: str = "") -> None:
    page.get_by_role("button", name=f"{how}: {title}").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill(reason)
    works_for_everybody(page, f"deciding: {how}")
    shoot(page, f"dialog-{how}")
    dialog.get_by_role("button", name=how, exact=True).click()
    expect(dialog).to_have_count(0)


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_the_pages_fit_and_can_be_used_by_everybody(
    films: list[dict[str, Any]], open_page: OpenPage, width: int, scheme: str
) -> None:
    for name, address in (("list", "#/admin/held"), ("library", "#/"), ("asset", f"#/asset/{films[0]['id']}")):
        page = open_page(address, width=width, color_scheme=scheme)
        expect(page.get_by_text("perhaps violence").first).to_be_visible()
        works_for_everybody(page, f"{address} at {width}")
        shoot(page, f"{name}-{width}")


def test_what_is_held_is_looked_at_and_decided(
    server: Serving, films: list[dict[str, Any]], open_page: OpenPage
) -> None:
    assert [film["status"] for film in films] == ["held", "held"]
    asset = open_page(f"#/asset/{films[0]['id']}")
    expect(asset.get_by_text("An administrator has to decide about this")).to_be_visible()
    expect(asset.get_by_text("0:04")).to_be_visible()
    expect(asset.locator("video")).to_have_count(0)
    expect(asset.get_by_role("button", name="Share")).to_have_count(0)

    page = open_page("#/admin")
    page.get_by_role("link", name="Held").click()
    panel = page.get_by_role("region", name=TITLE)
    expect(panel).to_contain_text("Sensitive content was seen in it: perhaps violence (0:04")
    assert page.locator("img[src=x]").count() == 0
    expect(panel.locator("video")).to_have_count(0)  # not even loaded
    jump = panel.get_by_role("button", name="Go to 0:21")
    expect(jump).to_be_disabled()
    panel.get_by_role("button", name="Show it").click()
    expect(panel.locator("video")).to_be_visible()
    page.wait_for_function("() => document.querySelector('video')?.readyState >= 1")
    jump.click()
    page.wait_for_function("() => Math.abs(document.querySelector('video').currentTime - 21) < 0.5")
    works_for_everybody(page, "a film that is looked at")
    shoot(page, "shown")

    decide(page, TITLE, "Allow")
    expect(page.get_by_role("region", name=TITLE)).to_have_count(0)
    decide(page, "two", "Reject", "No weapons here.")
    expect(page.get_by_role("heading", name="Nothing is held")).to_be_visible()
    until(lambda: server.api("GET", "/admin/held").json()["decided"], lambda found: len(found) == 2, 60)
    page.reload()
    decided = page.get_by_role("region", name="Decided recently")
    expect(decided.get_by_role("listitem")).to_have_count(2)
    expect(decided).to_contain_text("Reason: No weapons here.")
    expect(decided).to_contain_text(f"allowed by {EMAIL}")
    assert page.locator("img[src=x]").count() == 0
    works_for_everybody(page, "nothing is held")
    shoot(page, "none")

    page = open_page(f"#/asset/{films[1]['id']}")
    expect(page.get_by_text("No weapons here.")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    released = server.api("GET", f"/assets/{films[0]['id']}").json()
    assert (released["status"], released["is_withheld"]) == ("completed", False)
    page = open_page(f"#/asset/{films[0]['id']}")
    expect(page.locator("video")).to_have_count(1)
