"""Captions that somebody has already, and the original file, as the owner of a recording uses them on its page."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.local.serving import Serving, until
from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("transcript pages")

SHOTS = os.environ.get("CAPTIONS_SHOTS")
"""Where pictures go that people look at, if they want any."""


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png")


@pytest.fixture(scope="module")
def own(server: Serving, recording: Path) -> dict[str, Any]:
    """A recording that only these tests write on."""
    return server.completed(server.upload(recording), 240)


def file_of(text: str, name: str = "Ada’s.srt") -> dict[str, Any]:
    return {"name": name, "mimeType": "application/x-subrip", "buffer": text.encode("utf-16")}


def other(page: Page, entry: str) -> None:
    page.get_by_role("button", name="More actions", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name=entry, exact=True).focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize("width", [1600, 360])
def test_captions_are_looked_at_taken_in_and_taken_back(
    server: Serving, own: dict[str, Any], open_page: OpenPage, width: int
) -> None:
    heard = server.api("GET", f"/assets/{own['id']}/lines").json()["lines"]
    srt = server.api("GET", f"/assets/{own['id']}/transcript.srt").text
    changed = srt.replace("welcome", "really welcome", 1)
    page = open_page(f"#/asset/{own['id']}", width=width, has_touch=width == 360)
    expect(page.locator(".line").first).to_be_visible()
    other(page, "Captions from a file")
    dialog = page.get_by_role("dialog")
    field = dialog.get_by_label("File with captions")
    field.set_input_files(file_of("Not a caption in it."))
    expect(dialog.get_by_role("alert")).to_contain_text("No captions were found")
    field.set_input_files(file_of("1\n00:00:01,000 --> 00:00:09,000\nMais oui bien sûr, toujours le tram."))
    expect(dialog.get_by_text("Hardly any word agrees.")).to_be_visible()
    works_for_everybody(page, f"unlikely at {width}")
    shot(page, f"unlikely-{width}")
    field.set_input_files(file_of(changed))
    expect(dialog.get_by_text("words agree with what was heard")).to_be_visible()
    expect(dialog.get_by_text("Hardly any word agrees.")).to_have_count(0)
    works_for_everybody(page, f"preview at {width}")
    shot(page, f"preview-{width}")
    dialog.get_by_role("button", name="Use these captions").focus()
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("The text is now that of “Ada’s.srt”.")).to_be_visible()
    expect(page.locator(".line").first).to_contain_text("really")
    works_for_everybody(page, f"taken at {width}")
    shot(page, f"taken-{width}")
    [newest, *_] = server.api("GET", f"/assets/{own['id']}/editions").json()["editions"]
    assert newest["name"] == "Ada’s.srt"
    dialog.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("The text from before is there again.")).to_be_visible()
    until(lambda: server.api("GET", f"/assets/{own['id']}/lines").json()["lines"], lambda lines: lines == heard)
    expect(page.locator(".line").first).not_to_contain_text("really")


@pytest.mark.parametrize("width", [1600, 360])
def test_captions_are_put_into_another_language_and_watched(
    server: Serving, own: dict[str, Any], open_page: OpenPage, width: int
) -> None:
    page = open_page(f"#/asset/{own['id']}", width=width, has_touch=width == 360)
    expect(page.locator(".line").first).to_be_visible()
    other(page, "Captions in other languages")
    dialog = page.get_by_role("dialog")
    if not server.api("GET", f"/assets/{own['id']}/translations").json()["translations"]:
        dialog.get_by_label("Language", exact=True).select_option("fr")
        dialog.get_by_role("button", name="Translate", exact=True).focus()
        page.keyboard.press("Enter")
    expect(dialog.get_by_text("French (translated by machine)")).to_be_visible()
    expect(dialog.get_by_text("Made ")).to_be_visible()
    works_for_everybody(page, f"translations at {width}")
    shot(page, f"translations-{width}")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="French (translated by machine): Text").click()
    assert Path(download.value.path()).read_text().startswith("Translated by machine.")
    dialog.get_by_role("button", name="Close").click()
    if width == 360:
        page.get_by_role("button", name="Show more of the player").click()
    page.get_by_label("Language of the captions").select_option("fr")
    expect(page.locator("video track")).to_have_attribute("srclang", "fr")
    expect(page.locator("video track")).to_have_attribute("label", "French (translated by machine)")
    page.wait_for_function("() => document.querySelector('video').textTracks[0].cues?.[0]?.text.includes('FR:')")
    works_for_everybody(page, f"player at {width}")
    shot(page, f"player-{width}")
    page.get_by_label("Language of the captions").select_option("")
    page.wait_for_function("() => !document.querySelector('video').textTracks[0].cues?.[0]?.text.includes('FR:')")


def test_the_original_file_comes_back_under_its_own_name(
    own: dict[str, Any], recording: Path, open_page: OpenPage
) -> None:
    page = open_page(f"#/asset/{own['id']}", width=360)
    page.get_by_role("button", name="Download").first.click()
    dialog = page.get_by_role("dialog")
    shot(page, "downloads")
    with page.expect_download() as download:
        dialog.get_by_role("button", name="The original file").click()
    assert download.value.suggested_filename == own["file_name"]
    assert Path(download.value.path()).read_bytes() == recording.read_bytes()
    works_for_everybody(page, "downloads")


def test_every_language_has_its_words(server: Serving, own: dict[str, Any], open_page: OpenPage) -> None:
    asked = server.api("POST", f"/assets/{own['id']}/translations", json={"language": "fr"})
    assert asked.status_code == 202
    page = open_page(f"#/asset/{own['id']}", width=360)
    for tongue in ("fr", "ja", "ko", "zh"):
        page.evaluate("async (tongue) => (await import('/i18n.js')).setLanguage(tongue, true)", tongue)
        page.reload()
        expect(page.locator("html")).to_have_attribute("lang", re.compile(tongue))
        expect(page.locator(".line").first).to_be_visible()
        page.locator(".asset-actions .menu > button").click()
        page.locator(".asset-actions .menu-list button").nth(1).click()
        dialog = page.get_by_role("dialog")
        dialog.locator("input[type=file]").set_input_files(file_of("1\n00:00:41,000 --> 00:00:42,000\nBuses are"))
        expect(dialog.locator(".captions-facts")).to_be_visible()
        assert "captions." not in dialog.inner_text(), tongue
        works_for_everybody(page, f"captions in {tongue}")
        shot(page, f"preview-{tongue}")
        page.keyboard.press("Escape")
        page.locator(".asset-actions .menu > button").click()
        page.locator(".asset-actions .menu-list button").first.click()
        expect(dialog.locator(".translations li")).to_have_count(1)
        assert "captions." not in dialog.inner_text(), tongue
        works_for_everybody(page, f"translations in {tongue}")
        shot(page, f"translations-{tongue}")
