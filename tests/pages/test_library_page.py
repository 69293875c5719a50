"""The library as people use it: folders, order, filters, and several recordings at once."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, Route, StorageState, expect

from tests.harness.started import ROOT
from tests.local.serving import CANNED, EMAIL, PASSWORD, Serving, serving, until
from tests.pages import chromium
from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("library")  # a server of its own: here nobody else uploads
HOSTILE = '<img src=x onerror="alert(1)">'
LANGUAGES = ("en", "fr", "ja", "ko", "zh")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("library") / "data", *CANNED) as running:
        assert running.sign_in().status_code == 200
        yield running


@pytest.fixture(scope="module")
def signed_in(server: Serving) -> StorageState:
    return chromium.signed_in(server, EMAIL, PASSWORD)


@pytest.fixture
def talks(server: Serving) -> Iterator[list[str]]:
    """Five recordings, the oldest first; in the end there is nothing any more."""
    yield [server.announce(f"talk {number}.mp4", 1000)["asset"]["id"] for number in range(5)]
    ids = server.api("GET", "/assets/ids").json()["ids"]
    if ids:
        server.api("POST", "/assets/actions", json={"ids": ids, "action": "delete"})
    told = server.api("GET", "/library").json()
    for folder in told["folders"]:
        server.api("DELETE", f"/folders/{folder['id']}")
    for saved in told["filters"]:
        server.api("DELETE", f"/filters/{saved['id']}")


def folder_of(server: Serving, name: str, **told: Any) -> str:
    return str(server.api("POST", "/folders", json={"name": name, **told}).json()["id"])


def titles(page: Page) -> Locator:
    return page.locator(".card h2")


def box(page: Page, title: str) -> Locator:
    return page.get_by_role("checkbox", name=f"Select {title}")


def act(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_folders_are_made_filled_renamed_and_deleted_and_the_address_keeps_the_place(
    server: Serving, talks: list[str], open_page: OpenPage
) -> None:
    page = open_page("#/")
    expect(titles(page)).to_have_count(5)
    act(page, "New folder")
    page.get_by_label("Name of the folder").fill(f"  {HOSTILE} ")
    page.keyboard.press("Enter")
    link = page.locator(".side-link", has_text=HOSTILE)
    expect(link).to_contain_text("0")
    page.get_by_role("listitem", name="talk 3.mp4").get_by_role("button", name="Actions for").click()
    act(page, "Move…")
    page.get_by_label("To the folder").select_option(label=HOSTILE)
    act(page, "Move")
    expect(link).to_contain_text("1")
    expect(page.locator(".card .in-folder")).to_have_text([HOSTILE])
    link.click()
    expect(titles(page)).to_have_text(["talk 3.mp4"])
    expect(page.get_by_role("link", name="Upload").last).to_have_attribute("href", re.compile("folder="))
    place = page.url
    page.reload()
    expect(titles(page)).to_have_text(["talk 3.mp4"])
    page.go_back()
    expect(titles(page)).to_have_count(5)
    page.go_forward()
    expect(titles(page)).to_have_text(["talk 3.mp4"])
    page.get_by_role("button", name=f"Actions for the folder {HOSTILE}").click()
    act(page, "Rename or move")
    page.get_by_label("Name of the folder").fill("Council")
    act(page, "Save")
    page.get_by_role("button", name="Actions for the folder Council").click()
    act(page, "Delete")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The 1 recording in it stays")
    dialog.get_by_role("button", name="Delete").click()
    page.goto(place)
    page.reload()
    expect(page.get_by_role("heading", name="This folder is gone")).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    expect(titles(page)).to_have_count(5)
    assert page.locator("img[src=x]").count() == 0


def test_recordings_are_dragged_into_a_folder_all_that_are_selected_together(
    server: Serving, talks: list[str], open_page: OpenPage
) -> None:
    council = folder_of(server, "Council")
    page = open_page("#/")
    page.set_viewport_size({"width": 1280, "height": 1400})
    target = page.locator(".side-link", has_text="Council")
    page.get_by_role("listitem", name="talk 4.mp4").drag_to(target)
    expect(page.get_by_text("Moved 1 recording.")).to_be_visible()
    act(page, "Select")
    for title in ("talk 0.mp4", "talk 1.mp4"):
        box(page, title).check()
    page.get_by_role("listitem", name="talk 1.mp4").drag_to(target)
    expect(page.get_by_text("Moved 2 recordings.")).to_be_visible()
    expect(target).to_contain_text("3")
    inside = server.api("GET", f"/assets?folder={council}").json()["assets"]
    assert [asset["id"] for asset in inside] == [talks[4], talks[1], talks[0]]


def test_several_are_tagged_moved_and_deleted_with_keys_alone_and_what_can_be_is_taken_back(
    server: Serving, talks: list[str], open_page: OpenPage
) -> None:
    council = folder_of(server, "Council")
    page = open_page("#/")
    box(page, "talk 4.mp4").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("status").filter(has_text="1 selected")).to_be_attached()
    box(page, "talk 2.mp4").focus()
    page.keyboard.press("Shift+Space")
    expect(page.locator(".selection-bar")).to_contain_text("3 selected")
    page.get_by_role("button", name="Tags…").press("Enter")
    expect(page.get_by_role("textbox", name="Tags")).to_be_focused()
    page.keyboard.type(f"press, {HOSTILE}")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Tagged 3 recordings.")).to_be_visible()
    expect(page.locator(".card .chip", has_text="press")).to_have_count(3)
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_text("Undone for 3 recordings.")).to_be_visible()
    assert all(server.asset(one)["tags"] == [] for one in talks)
    expect(page.locator(".card .chip", has_text="press")).to_have_count(0)

    page.get_by_role("button", name="Select", exact=True).press("Enter")
    page.get_by_role("button", name="Select all shown here").press("Enter")
    expect(page.locator(".selection-bar")).to_contain_text("5 selected")
    page.get_by_role("button", name="Move…").press("Enter")
    page.get_by_label("To the folder").press("C")
    page.get_by_role("dialog").get_by_role("button", name="Move", exact=True).press("Enter")
    expect(page.get_by_text("Moved 5 recordings.")).to_be_visible()
    assert all(server.asset(one)["folder"] == council for one in talks)
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Undone for 5 recordings.")).to_be_visible()
    assert all("folder" not in server.asset(one) for one in talks)

    box(page, "talk 0.mp4").press("Space")
    box(page, "talk 1.mp4").press("Space")
    page.keyboard.press("Escape")
    expect(page.locator(".selection-bar")).to_have_count(0)
    box(page, "talk 0.mp4").press("Space")
    page.get_by_role("button", name="Delete", exact=True).press("Enter")
    dialog = page.get_by_role("dialog", name="Delete 1 recording?")
    expect(dialog).to_contain_text("talk 0.mp4")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator(".selection-bar")).to_contain_text("1 selected")
    page.get_by_role("button", name="Delete", exact=True).press("Enter")
    dialog.get_by_role("button", name="Delete 1").press("Enter")
    expect(page.get_by_text("Deleted 1 recording.")).to_be_visible()
    expect(titles(page)).to_have_count(4)


UNSAVED = """async (ids) => {
  const { Draft } = await import('/asset/drafts.js')
  const { account } = await import('/auth.js')
  const line = { id: 0, start: 0, end: 1, text: 'a', speaker: null, words: [] }
  for (const id of ids) new Draft(account(), id, 1).keep({ lines: [{ ...line, text: 'b' }], saved: [line], sent: [] })
}"""
"""Leaves something of each that is not saved."""

RECORDINGS_WITH_DRAFTS = """async () => {
  const { countDrafts } = await import('/asset/drafts.js')
  const { account } = await import('/auth.js')
  return countDrafts(account())
}"""


def test_what_was_not_saved_of_a_recording_goes_with_it(server: Serving, talks: list[str], open_page: OpenPage) -> None:
    page = open_page("#/")
    expect(titles(page)).to_have_count(5)
    page.evaluate(UNSAVED, talks)
    until(lambda: page.evaluate(RECORDINGS_WITH_DRAFTS), lambda count: count == 5, 10)
    page.get_by_role("button", name="Actions for talk 0.mp4").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(titles(page)).to_have_count(4)
    assert page.evaluate(RECORDINGS_WITH_DRAFTS) == 4
    box(page, "talk 1.mp4").click()
    box(page, "talk 2.mp4").click()
    act(page, "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete 2").click()
    expect(page.get_by_text("Deleted 2 recordings.")).to_be_visible()
    assert page.evaluate(RECORDINGS_WITH_DRAFTS) == 2


def test_what_is_refused_of_several_is_told_by_name_and_the_rest_is_done(
    server: Serving, talks: list[str], open_page: OpenPage
) -> None:
    page = open_page("#/")
    expect(titles(page)).to_have_count(5)
    server.api("DELETE", f"/assets/{talks[2]}")
    act(page, "Select")
    act(page, "Select all shown here")
    page.get_by_role("button", name="Tags…").click()
    page.get_by_role("textbox", name="Tags").fill("press")
    act(page, "Save")
    told = page.locator(".outcome")
    expect(told).to_contain_text("Tagged 4 recordings.")
    expect(told).to_contain_text("1 was left as it is")
    expect(told.get_by_role("listitem")).to_contain_text("It is not there any more.")
    expect(told.get_by_role("listitem")).to_contain_text("talk 2.mp4")

    def offline(route: Route) -> None:
        route.abort()

    page.route("**/assets/actions", offline)
    page.get_by_role("button", name="More actions").click()
    act(page, "Stop the work")
    page.get_by_role("dialog").get_by_role("button", name="Stop the work").click()
    expect(told).to_contain_text("was left as it is")
    page.unroute("**/assets/actions")
    act(page, "Try again")
    expect(told).to_contain_text("It is not there any more.")
    told.get_by_role("button", name="Close").press("Enter")
    expect(page.locator(".cards")).to_be_focused()  # what comes next: the button that was pressed is gone
    page.keyboard.press("Tab")
    expect(page.locator(".cards :focus")).to_have_count(1)


def test_order_and_filters_are_in_the_address_and_are_saved_under_a_name(
    server: Serving, talks: list[str], open_page: OpenPage
) -> None:
    server.api("POST", "/assets/actions", json={"ids": talks[1:3], "action": "tag", "tags": ["press"]})
    page = open_page("#/")
    page.get_by_label("Order").select_option("title")
    expect(titles(page)).to_have_text([f"talk {number}.mp4" for number in range(5)])
    page.get_by_text("Filters", exact=True).click()
    page.get_by_label("Tag", exact=True).select_option("press")
    expect(titles(page)).to_have_text(["talk 1.mp4", "talk 2.mp4"])
    page.get_by_label("Filter by title").fill("2")
    expect(titles(page)).to_have_text(["talk 2.mp4"])
    assert {"sort=title", "tag=press", "text=2"} <= set(page.url.partition("?")[2].split("&"))
    page.get_by_role("button", name="Remove the filter Title or tag: 2").click()
    expect(titles(page)).to_have_count(2)
    page.get_by_label("Uploaded until").fill("2020-01-31")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    page.go_back()
    expect(titles(page)).to_have_count(2)
    act(page, "Save this filter")
    page.get_by_role("textbox", name="Name").fill(HOSTILE)
    page.keyboard.press("Enter")
    saved = page.get_by_role("navigation", name="Saved filters").get_by_role("link")
    expect(saved).to_have_text(HOSTILE)
    page.get_by_role("link", name="All recordings").click()
    expect(titles(page)).to_have_count(5)
    saved.click()
    expect(titles(page)).to_have_text(["talk 1.mp4", "talk 2.mp4"])
    expect(saved).to_have_attribute("aria-current", "page")
    gone = folder_of(server, "Council")
    server.api("POST", "/filters", json={"name": "Of the council", "folder": gone})
    server.api("DELETE", f"/folders/{gone}")
    page.reload()
    expect(saved.filter(has_text="Of the council")).to_contain_text("Its folder was deleted")


def test_all_that_match_are_selected_also_those_that_are_not_shown(server: Serving, open_page: OpenPage) -> None:
    made = [server.announce(f"many {number:02}.mp4", 1000)["asset"]["id"] for number in range(27)]
    page = open_page(f"#/?text={quote('many')}")
    expect(titles(page)).to_have_count(24)
    act(page, "Select")
    act(page, "Select all that match")
    expect(page.locator(".selection-bar")).to_contain_text("27 selected")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("and 22 more")
    act(page, "Delete 27")
    expect(page.get_by_text("Deleted 27 recordings.")).to_be_visible(timeout=60_000)
    assert all(server.api("GET", f"/assets/{one}").status_code == 404 for one in made)


def test_a_finger_selects_by_resting_or_after_select(server: Serving, talks: list[str], open_page: OpenPage) -> None:
    page = open_page("#/", width=360, has_touch=True, is_mobile=True)
    expect(titles(page)).to_have_count(5)
    picture = page.locator(".card-picture").first
    picture.scroll_into_view_if_needed()
    at = picture.bounding_box()
    assert at is not None
    touch = page.context.new_cdp_session(page)
    point = {"x": at["x"] + at["width"] / 2, "y": at["y"] + at["height"] / 2}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(page.locator(".selection-bar")).to_contain_text("1 selected")
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert "#/asset" not in page.url
    page.locator(".card-picture").nth(1).tap()
    expect(page.locator(".selection-bar")).to_contain_text("2 selected")
    works_for_everybody(page, "selecting on a phone")
    page.get_by_role("button", name="Clear the selection").tap()
    expect(page.locator(".selection-bar")).to_have_count(0)


def test_an_upload_goes_into_the_folder_that_one_comes_from(
    server: Serving, talks: list[str], recording: Path, open_page: OpenPage
) -> None:
    council = folder_of(server, "Council")
    page = open_page(f"#/?folder={council}")
    page.locator(".page-head").get_by_role("link", name="Upload").click()
    choice = page.get_by_label("Folder", exact=True)
    expect(choice).to_have_value(council)
    page.locator("input[type=file]").first.set_input_files(recording)
    page.get_by_role("button", name=re.compile("Upload 1 file|Start")).click()
    inside = until(lambda: server.api("GET", f"/assets?folder={council}").json()["assets"], bool, 60)
    assert inside[0]["file_name"] == recording.name
    page.goto(f"{server.base}/#/upload?folder=0000000000000000")
    expect(choice).to_have_value("")


@pytest.mark.parametrize("width", [360, 1600])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_library_works_for_everybody_and_no_line_of_facts_begins_with_a_dot(
    server: Serving, talks: list[str], open_page: OpenPage, width: int, language: str
) -> None:
    council = folder_of(server, "Council of the whole city")
    folder_of(server, HOSTILE, parent=council)
    server.api("POST", "/filters", json={"name": "Press", "tag": "press"})

    def longer(route: Route) -> None:
        """Each card has all facts, some of them long, and one has nearly none."""
        told = route.fetch().json()
        for number, asset in enumerate(told["assets"][:-1]):
            asset |= {"kind": "video", "duration": 3725 + 60 * number, "language": ["zh-Hant-TW", "fr-CA"][number % 2]}
        route.fulfill(json=told)

    page = open_page("#/upload", width=width, locale=language)
    page.route(re.compile(r"/api/assets\?"), longer)
    page.evaluate(f"() => {{ localStorage.setItem('rapporteur.language', '{language}') }}")
    page.goto(f"{server.base}/#/?folder=none&status=awaiting-upload")
    page.reload()
    expect(titles(page)).to_have_count(5)
    texts = json.loads((ROOT / "web" / "i18n" / f"folders-{language}.json").read_text())
    page.get_by_role("button", name=texts["folders.select"], exact=True).click()
    page.get_by_role("checkbox").first.click()
    if width == 360:
        page.locator("details.library-side > summary").click()
    works_for_everybody(page, f"library in {language} at {width}")
    assert page.locator(".facts").evaluate_all(BEGINS_WITH_A_DOT) == []
    assert "folders." not in page.locator("main").inner_text(), "a text is missing"


BEGINS_WITH_A_DOT = """(all) => all.flatMap((facts) => {
  const dots = [...facts.querySelectorAll('.fact-dot')]
  const parts = facts.querySelectorAll('.fact').length
  const left = facts.getBoundingClientRect().left
  const isFirst = dots.some((dot) => dot.getBoundingClientRect().left - left < 4)
  const drawn = [...facts.querySelectorAll('*')].some((one) => getComputedStyle(one, '::before').content !== 'none')
  const isStray = dots.length !== parts - 1 || /^[·\\s]|·\\s*·|·\\s*$/.test(facts.textContent)
  return isFirst || drawn || isStray ? [facts.textContent] : []
})"""
"""Lines of facts of which a row, or all, begins with a dot, or in which one stands beside nothing."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_of_facts_of_a_recording_begins_with_a_dot(
    server: Serving, talks: list[str], open_page: OpenPage, language: str
) -> None:
    def longer(route: Route) -> None:
        told = route.fetch().json()
        more = {"duration": 3725.0, "language": "zh-Hant-TW", "cost": {"usd": 0.1234, "as_of": "2026-11-01"}}
        route.fulfill(json={**told, **more, "kind": "video", "clarity": "poor", "title": "Another title"})

    page = open_page("#/upload", width=360, locale=language)
    page.route(re.compile(rf"/api/assets/{talks[0]}$"), longer)
    page.goto(f"{server.base}/#/asset/{talks[0]}")
    page.locator(".facts .fact-dot").first.wait_for()
    assert page.locator(".facts").evaluate_all(BEGINS_WITH_A_DOT) == []


def test_in_forced_colours_it_is_seen_what_is_selected_and_where_one_is(
    server: Serving, talks: list[str], open_page: OpenPage
) -> None:
    page = open_page("#/", forced_colors="active", width=1600)
    expect(titles(page)).to_have_count(5)
    box(page, "talk 4.mp4").check()
    outline = "(one) => getComputedStyle(one).outlineStyle"
    assert page.locator(".card.selected .preview").evaluate(outline) == "solid"
    assert page.locator(".side-link[aria-current]").evaluate(outline) == "solid"
    works_for_everybody(page, "library in forced colours")
