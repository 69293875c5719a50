"""Boards, as people use them: quotes are put on one, played, moved by keys and by pointer, and taken along."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import opentimelineio
import pytest
from playwright.sync_api import Page, expect

from tests.local.serving import Serving
from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("boards pages")
HOSTILE = "<img src=x onerror=alert(1)> & why?"
SHOTS: Path | None = None
"""Where to leave pictures, for somebody to look at."""


@pytest.fixture
def quoted(server: Serving, unread: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A recording, and three quotes of it."""
    place = f"/assets/{unread['id']}/marks"
    said = [
        word for line in server.api("GET", f"/assets/{unread['id']}/lines").json()["lines"] for word in line["words"]
    ]
    marks = [
        server.api("POST", place, json={"kind": "quote", "start": said[at][0], "end": said[at + 2][1]}).json()
        for at in (0, 3, 6)
    ]
    yield unread["id"], marks
    for mark in marks:
        server.api("DELETE", f"{place}/{mark['id']}")
    for board in server.api("GET", "/boards").json()["boards"]:
        server.api("DELETE", f"/boards/{board['id']}")


def filled(server: Serving, quoted: tuple[str, list[dict[str, Any]]]) -> str:
    """A board with all of them. Returns its id."""
    asset, marks = quoted
    board = str(server.api("POST", "/boards", json={"name": HOSTILE}).json()["id"])
    for mark in marks:
        server.api("POST", f"/boards/{board}/entries", json={"asset": asset, "mark": mark["id"]})
    return board


def stored(server: Serving, board: str) -> list[dict[str, Any]]:
    return list(server.api("GET", f"/boards/{board}").json()["entries"])


def comes(page: Page, holds: Callable[[], bool]) -> None:
    """Wait until something is so on the server."""
    for _ in range(80):
        if holds():
            return
        page.wait_for_timeout(250)
    assert holds()


def shows(page: Page, *texts: str) -> None:
    expect(page.locator(".board-entry")).to_have_text([re.compile(re.escape(text)) for text in texts])


def picture(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def test_a_quote_is_put_on_a_board_and_the_board_taken_along(
    open_page: OpenPage, server: Serving, quoted: tuple[str, list[dict[str, Any]]]
) -> None:
    asset, marks = quoted
    page = open_page(f"#/asset/{asset}", width=1600)
    panel = page.get_by_role("region", name="Quotes and comments")
    for at in (0, 1):
        panel.get_by_role("listitem").filter(has_text=marks[at]["text"]).get_by_role(
            "button", name="Add to a board"
        ).click()
        dialog = page.get_by_role("dialog")
        if at == 0:
            dialog.get_by_label("Name").fill(HOSTILE)
        works_for_everybody(page, "the dialog")
        dialog.get_by_role("button", name="Add", exact=True).click()
        expect(dialog).to_be_hidden()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Boards").click()
    works_for_everybody(page, "the boards")
    picture(page, "boards-wide")
    page.get_by_role("link", name=HOSTILE).click()
    expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
    shows(page, marks[0]["text"], marks[1]["text"])
    second = page.locator(".board-entry").nth(1)
    expect(second.get_by_text("Not all of these words are confirmed.")).to_be_visible()
    second.get_by_role("button", name="Play").click()
    page.wait_for_function(f"() => document.querySelector('video').currentTime > {marks[1]['start'] + 0.1}")
    picture(page, "board-wide")
    page.wait_for_function("() => document.querySelector('video').paused")
    assert page.locator("video").evaluate("one => one.currentTime") == pytest.approx(marks[1]["end"], abs=0.15)
    works_for_everybody(page, "the board")
    for name, ending in (("OTIO", ".otio"), ("Word", ".docx"), ("Markdown", ".md")):
        page.get_by_role("button", name="Take along", exact=True).click()
        with page.expect_download() as download:
            page.get_by_role("button", name=re.compile(name)).click()
        assert download.value.suggested_filename.endswith(ending)
        if ending == ".otio":
            timeline: Any = opentimelineio.adapters.read_from_file(str(download.value.path()), "otio_json")
            assert [clip.name for clip in timeline.video_tracks()[0]] == [mark["text"] for mark in marks[:2]]
        page.keyboard.press("Escape")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Play").first).to_be_hidden()
    expect(page.get_by_text(marks[0]["text"])).to_be_visible()
    picture(page, "board-printed")


def test_entries_are_moved_noted_and_removed_by_keys_alone(
    open_page: OpenPage, server: Serving, quoted: tuple[str, list[dict[str, Any]]]
) -> None:
    board, texts = filled(server, quoted), [mark["text"] for mark in quoted[1]]
    page = open_page(f"#/boards/{board}")
    shows(page, *texts)
    page.locator(".board-entry").first.get_by_role("button", name="Move down").focus()
    page.keyboard.press("Enter")
    shows(page, texts[1], texts[0], texts[2])
    down = page.locator(".board-entry").nth(1).get_by_role("button", name="Move down")
    expect(down).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Now 2 of 3.")).to_have_count(1)
    page.keyboard.press("Enter")
    shows(page, texts[1], texts[2], texts[0])
    page.locator(".board-entry").nth(2).get_by_role("button", name="Add a note").press("Enter")
    expect(page.get_by_role("textbox", name="Note")).to_be_focused()
    page.keyboard.type(HOSTILE)
    works_for_everybody(page, "a note")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".board-entry").nth(2).get_by_text(HOSTILE)).to_be_visible()
    expect(page.locator(".board-entry").nth(2).get_by_role("button", name="Change the note")).to_be_focused()
    page.locator(".board-entry").nth(1).get_by_role("button", name="Remove").press("Enter")
    shows(page, texts[1], texts[0])
    expect(page.locator(".board-entry").nth(1).get_by_role("button").first).to_be_focused()
    page.get_by_role("button", name="Add a note at the end").press("Enter")
    expect(page.get_by_role("textbox", name="Note")).to_be_focused()
    page.keyboard.type("The end")
    page.get_by_role("button", name="Save").press("Enter")
    shows(page, texts[1], texts[0], "The end")
    comes(page, lambda: [one.get("note") for one in stored(server, board)] == [None, HOSTILE, "The end"])
    page.reload()
    shows(page, texts[1], texts[0], "The end")
    # Another tab has changed it: nothing of that is overwritten.
    now = server.api("GET", f"/boards/{board}").json()
    kept = [{name: one[name] for name in ("id", "asset", "mark", "note") if name in one} for one in now["entries"]]
    server.api("PUT", f"/boards/{board}", json={"revision": now["revision"], "name": "Theirs", "entries": kept[1:]})
    page.locator(".board-entry").first.get_by_role("button", name="Move down").click()
    expect(page.get_by_text("This board was changed elsewhere")).to_be_visible()
    expect(page.get_by_role("heading", name="Theirs")).to_be_visible()
    shows(page, texts[0], "The end")


def test_entries_are_dragged_on_a_small_screen_and_every_language_has_its_words(
    open_page: OpenPage, server: Serving, quoted: tuple[str, list[dict[str, Any]]]
) -> None:
    board, texts = filled(server, quoted), [mark["text"] for mark in quoted[1]]
    server.api("POST", f"/boards/{board}/entries", json={"note": "x" * 80})
    page = open_page(f"#/boards/{board}", width=360, has_touch=True)
    shows(page, *texts, "x" * 80)
    works_for_everybody(page, "the board")
    grip, target = (page.locator(".grip").nth(at).bounding_box() for at in (0, 1))
    assert grip
    assert target
    page.mouse.move(grip["x"] + 10, grip["y"] + 20)
    page.mouse.down()
    page.mouse.move(target["x"] + 10, target["y"] + target["height"] * 0.8, steps=5)
    expect(page.locator(".board-entry.drop-after")).to_have_count(1)
    picture(page, "board-dragged")
    page.mouse.up()
    shows(page, texts[1], texts[0], texts[2], "x" * 80)
    wanted = [texts[1], texts[0], texts[2], None]
    comes(page, lambda: [one.get("quote", {}).get("text") for one in stored(server, board)] == wanted)
    for tongue in ("fr", "ja", "ko", "zh", "en"):
        page.evaluate("async (tongue) => (await import('/i18n.js')).setLanguage(tongue, true)", tongue)
        page.reload()
        expect(page.locator("html")).to_have_attribute("lang", re.compile(tongue))
        expect(page.locator(".board-entry")).to_have_count(4)
        assert "boards." not in page.locator("body").inner_text()
        works_for_everybody(page, f"the board in {tongue}")
        picture(page, f"board-narrow-{tongue}")
    page.goto(f"{server.base}/#/boards")
    expect(page.get_by_role("link", name=HOSTILE)).to_be_visible()
    assert "boards." not in page.locator("body").inner_text()
    works_for_everybody(page, "the boards")
    page.emulate_media(forced_colors="active")
    page.goto(f"{server.base}/#/boards/{board}")
    expect(page.locator(".board-entry")).to_have_count(4)
    picture(page, "board-forced")
