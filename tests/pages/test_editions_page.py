"""The versions of a text, as their owner sees them: named, compared, heard, brought back; and what is made of which."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.local.serving import Serving, until
from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("transcript pages")

SHOTS = os.environ.get("EDITIONS_SHOTS")
"""Where pictures go that people look at, if they want any."""


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png")


def save(server: Serving, asset_id: str, lines: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    edition = server.asset(asset_id)["edition"]
    answer = server.api("PUT", f"/assets/{asset_id}/transcript", json={"edition": edition, "lines": lines, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.fixture(scope="module")
def corrected(server: Serving, recording: Path) -> dict[str, Any]:
    """A recording that was corrected in two sittings."""
    asset = server.completed(server.upload(recording), 240)
    heard = server.api("GET", f"/assets/{asset['id']}/lines").json()["lines"]
    texts = [{"text": " ".join(word[2] for word in line["words"]), "speaker": line.get("speaker")} for line in heard]
    first = [{**one} for one in texts]
    first[0]["text"] = f"Indeed, {first[0]['text']}"
    save(server, asset["id"], first, confirmed=[{"start": 0, "end": 4}])
    assert server.api("POST", f"/assets/{asset['id']}/transcript/left", json={}).status_code == 202
    until(
        lambda: server.api("GET", f"/assets/{asset['id']}/editions").json()["editions"][0],
        lambda one: not one["is_open"],
    )
    second = [{**one} for one in first]
    second[-1] |= {"text": f"{second[-1]['text']} <b>Finally.</b>", "speaker": "Ada"}
    save(server, asset["id"], second)
    return server.asset(asset["id"])


def opened(page: Page) -> Locator:
    page.get_by_role("button", name="Versions (").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Versions of the text")).to_be_visible()
    expect(dialog.get_by_text("As it was heard", exact=True)).to_be_visible()
    return dialog


def entries(dialog: Locator) -> Locator:
    return dialog.locator(".editions > li")


@pytest.mark.parametrize("width", [1600, 360])
def test_versions_are_listed_with_their_days_and_named_by_keyboard(
    corrected: dict[str, Any], open_page: OpenPage, width: int
) -> None:
    page = open_page(f"#/asset/{corrected['id']}", width=width, has_touch=width == 360)
    dialog = opened(page)
    expect(entries(dialog)).to_have_count(3)
    expect(entries(dialog).nth(0)).to_contain_text("current")
    expect(entries(dialog).nth(1)).to_contain_text("by you")
    expect(entries(dialog).nth(1)).to_contain_text("2026")
    expect(entries(dialog).nth(1)).to_contain_text("confirmed")
    works_for_everybody(page, f"versions at {width}")
    shot(page, f"list-{width}")
    entries(dialog).nth(1).get_by_role("button", name="Name of").focus()
    page.keyboard.press("Enter")
    field = dialog.get_by_role("textbox", name="Name of Version 1")
    expect(field).to_be_focused()
    name = f"<i>Read by Ada</i> {width}"
    field.fill(name)
    page.keyboard.press("Enter")
    expect(dialog.get_by_text(name, exact=True)).to_be_visible()
    expect(entries(dialog).nth(1).get_by_role("button", name="Name of")).to_be_focused()
    page.keyboard.press("Enter")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_text(name, exact=True)).to_be_visible()


@pytest.mark.parametrize("width", [1600, 360])
def test_two_are_compared_word_by_word_and_heard(corrected: dict[str, Any], open_page: OpenPage, width: int) -> None:
    page = open_page(f"#/asset/{corrected['id']}", width=width, has_touch=width == 360)
    expect(page.locator("video")).to_have_count(1)
    dialog = opened(page)
    entries(dialog).nth(2).get_by_role("button", name="Compare As it was heard").click()
    expect(dialog.get_by_role("heading", name="Compare two versions")).to_be_visible()
    expect(dialog.get_by_text("3 differences")).to_be_visible()
    expect(dialog.locator(".compared ins").first).to_have_text("Indeed,")
    expect(dialog.locator(".compared ins").last).to_have_text("<b>Finally.</b>")
    expect(dialog.locator(".compared li").last.locator("ins").first).to_have_text("Ada")
    shown = dialog.locator(".compared li").count()
    works_for_everybody(page, f"compared at {width}")
    dialog.get_by_role("button", name="Next difference").focus()
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("Difference 1 of 3")).to_be_visible()
    expect(dialog.locator("ins.current")).to_have_text("Indeed,")
    dialog.get_by_role("button", name="Previous difference").click()
    expect(dialog.get_by_text("Difference 3 of 3")).to_be_visible()
    shot(page, f"compared-{width}")
    dialog.get_by_role("button", name="Listen to it").click()
    page.wait_for_function("() => document.querySelector('video').currentTime > 0")
    page.wait_for_function("() => document.querySelector('video').paused", timeout=30_000)
    dialog.get_by_role("checkbox", name="Only lines that differ").uncheck()
    assert dialog.locator(".compared li").count() >= shown
    dialog.get_by_label("After", exact=True).select_option(index=2)
    expect(dialog.get_by_text("Both texts say the same.")).to_be_visible()
    dialog.get_by_role("button", name="All versions").click()
    expect(entries(dialog)).to_have_count(3)


def test_one_is_read_and_brought_back_and_undone(
    server: Serving, corrected: dict[str, Any], open_page: OpenPage
) -> None:
    page = open_page(f"#/asset/{corrected['id']}")
    before = server.asset(corrected["id"])
    dialog = opened(page)
    entries(dialog).last.get_by_role("button", name="Read As it was heard").click()
    expect(page.get_by_text("You are reading: As it was heard.")).to_be_visible()
    page.get_by_role("button", name="To the current version").click()
    dialog = opened(page)
    entries(dialog).last.get_by_role("button", name="Bring back As it was heard").click()
    expect(page.get_by_text("This is the text of “As it was heard” again.", exact=False)).to_be_visible()
    now = until(lambda: server.asset(corrected["id"]), lambda asset: asset["editions"] == before["editions"] + 1, 20)
    heard = server.api("GET", f"/assets/{corrected['id']}/lines?edition=0").json()["lines"]
    assert server.api("GET", f"/assets/{corrected['id']}/lines").json()["lines"] == heard
    newest = server.api("GET", f"/assets/{corrected['id']}/editions").json()["editions"][0]
    assert (newest["brings_back"], newest["edition"]) == (0, now["edition"])
    expect(opened(page).locator(".editions > li").first).to_contain_text("the text of “As it was heard” again")
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_role("button", name="Undo").click()
    until(lambda: server.asset(corrected["id"]), lambda asset: asset["edition"] > now["edition"], 20)
    assert "Finally." in server.api("GET", f"/assets/{corrected['id']}/transcript.txt").text


def test_the_summary_says_of_which_text_it_is_and_a_file_how_much_is_confirmed(
    server: Serving, corrected: dict[str, Any], open_page: OpenPage
) -> None:
    lines = [{"text": "Trams are better than buses. Everybody says so.", "speaker": "Ada"}]
    save(server, corrected["id"], lines)
    page = open_page(f"#/asset/{corrected['id']}")
    about = page.locator(".made-from")
    expect(about).to_contain_text("The text has been changed since.", timeout=20_000)
    expect(about).to_contain_text("made anew a few minutes after the last change")
    shot(page, "due")
    assert server.api("POST", f"/assets/{corrected['id']}/transcript/left", json={}).status_code == 202
    until(
        lambda: server.api("GET", f"/assets/{corrected['id']}/analysis").json(),
        lambda found: not found["made_from"]["is_outdated"],
    )
    page.reload()
    expect(about).to_contain_text("Made from the text of", timeout=20_000)
    expect(about).not_to_contain_text("changed since")
    shot(page, "made")
    page.get_by_role("button", name="Download").first.click()
    page.get_by_role("checkbox", name="Say in the file how much is confirmed").check()
    works_for_everybody(page, "downloads")
    shot(page, "downloads")
    with page.expect_download() as download:
        page.get_by_role("dialog").get_by_role("button", name="Text", exact=False).first.click()
    text = Path(download.value.path()).read_text()
    assert text.startswith("Confirmed: 87 % of the words.\n\n")


@pytest.fixture
def tongues() -> Iterator[list[str]]:
    yield ["en", "fr", "ja", "ko", "zh"]


def test_every_language_has_its_words(corrected: dict[str, Any], open_page: OpenPage, tongues: list[str]) -> None:
    page = open_page(f"#/asset/{corrected['id']}", width=360)
    expect(page.locator(".asset-actions > button")).to_have_count(3, timeout=20_000)
    for tongue in tongues:
        page.evaluate("async (tongue) => (await import('/i18n.js')).setLanguage(tongue, true)", tongue)
        page.reload()
        expect(page.locator("html")).to_have_attribute("lang", re.compile(tongue))
        expect(page.locator(".asset-actions > button")).to_have_count(3, timeout=20_000)
        page.locator(".asset-actions > button").last.click()
        dialog = page.get_by_role("dialog")
        expect(dialog.locator(".editions > li").first).to_be_visible(timeout=20_000)
        assert "editions." not in dialog.inner_text(), tongue
        works_for_everybody(page, f"versions in {tongue}")
        dialog.locator(".editions > li").last.get_by_role("button").nth(1).click()
        expect(dialog.locator(".compared-two")).to_be_visible()
        assert "editions." not in dialog.inner_text(), tongue
        works_for_everybody(page, f"compared in {tongue}")
        shot(page, f"compared-{tongue}")
