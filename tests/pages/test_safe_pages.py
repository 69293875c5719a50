"""Work on a transcript is safe: nothing is lost by closing, and of two who correct it none overwrites the other."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.local.serving import Serving, until
from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("transcript pages")

LINES = ["The night bus is late", "Nobody knows why it was so", "We have to walk home"]
DRAFTS = """() => new Promise((resolve) => {
  const request = indexedDB.open('rapporteur.drafts')
  request.onupgradeneeded = () => request.result.createObjectStore('drafts')
  request.onsuccess = () => {
    const keys = request.result.transaction('drafts').objectStore('drafts').getAllKeys()
    keys.onsuccess = () => {
      request.result.close()
      resolve(keys.result)
    }
  }
})"""
"""The keys of what is kept in this browser."""


def heard(server: Serving, asset: dict[str, Any]) -> list[str]:
    """The texts of an asset's lines, as they are saved."""
    told = server.api("GET", f"/assets/{asset['id']}/lines").json()["lines"]
    return ["".join(space + text for _, _, text, _, space in line["words"]) for line in told]


Write = Callable[[list[str]], None]


@pytest.fixture
def write(server: Serving, debate: dict[str, Any]) -> Iterator[Write]:
    """Saves lines as somebody else would, or the same person elsewhere: LINES at first, and at the end as before."""

    def saved(texts: list[str]) -> None:
        now = server.api("GET", f"/assets/{debate['id']}/lines").json()
        standing = {key: now[key] for key in ("edition", "revision") if key in now}
        body = {**standing, "lines": [{"text": text} for text in texts]}
        answer = server.api("PUT", f"/assets/{debate['id']}/transcript", json=body)
        assert answer.status_code == 200, answer.text

    before = heard(server, debate)
    saved(LINES)
    yield saved
    saved(before)


def text(page: Page, line: int) -> Locator:
    return page.locator(".line-text").nth(line)


def edit(page: Page) -> None:
    expect(text(page, 0)).to_be_visible()
    page.get_by_role("button", name="Edit", exact=True).click()


def type_at_end(page: Page, line: int, typed: str) -> None:
    text(page, line).click()
    page.keyboard.press("End")
    page.keyboard.type(typed)


def change(page: Page, line: int, word: str, to: str) -> None:
    """Select a word of a line by the keyboard, and type another."""
    before = text(page, line).text_content() or ""
    text(page, line).click()
    page.keyboard.press("Home")
    for _ in range(before.index(word)):
        page.keyboard.press("ArrowRight")
    for _ in word:
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.type(to)


def is_saved(page: Page) -> None:
    expect(page.locator(".save-state.saved")).to_be_attached()


@pytest.fixture
def address(write: Write, debate: dict[str, Any]) -> str:
    return f"#/asset/{debate['id']}"


def test_closing_the_tab_offline_loses_nothing(
    server: Serving, debate: dict[str, Any], address: str, open_page: OpenPage
) -> None:
    page = open_page(address)
    edit(page)
    page.context.set_offline(True)
    type_at_end(page, 0, " again")
    page.close()
    assert heard(server, debate) == LINES
    again = page.context.new_page()
    page.context.set_offline(False)
    again.goto(f"{server.base}/{address}")
    expect(text(again, 0)).to_have_text("The night bus is late again")
    expect(again.get_by_text("Your unsaved changes were kept, and are saved now.")).to_be_visible()
    assert heard(server, debate)[0] == "The night bus is late again"
    until(lambda: again.evaluate(DRAFTS), lambda keys: keys == [])
    again.get_by_role("button", name="Edit", exact=True).click()
    text(again, 0).click()
    again.keyboard.press("Control+z")
    expect(text(again, 0)).to_have_text("The night bus is late")
    until(lambda: heard(server, debate), lambda texts: texts == LINES)
    is_saved(again)


def test_what_was_left_is_brought_together_with_what_others_have_saved_since(
    server: Serving, debate: dict[str, Any], address: str, write: Write, open_page: OpenPage
) -> None:
    page = open_page(address)
    edit(page)
    page.context.set_offline(True)
    type_at_end(page, 0, " again")
    page.close()
    write([LINES[0], LINES[1].replace("why", "how"), LINES[2]])
    again = page.context.new_page()
    page.context.set_offline(False)
    again.route("**/lines", lambda route: route.abort())
    again.goto(f"{server.base}/{address}")
    expect(again.get_by_role("button", name="Try again")).to_be_visible()
    again.unroute("**/lines")
    again.get_by_role("button", name="Try again").click()
    expected = ["The night bus is late again", "Nobody knows how it was so", LINES[2]]
    until(lambda: heard(server, debate), lambda texts: texts == expected)
    is_saved(again)


def test_what_was_left_and_contradicts_what_others_have_saved_is_decided(
    server: Serving, debate: dict[str, Any], address: str, write: Write, open_page: OpenPage
) -> None:
    page = open_page(address)
    edit(page)
    page.context.set_offline(True)
    change(page, 0, "late", "early")
    page.close()
    write([LINES[0].replace("late", "full"), *LINES[1:]])
    again = page.context.new_page()
    page.context.set_offline(False)
    again.goto(f"{server.base}/{address}")
    dialog = again.get_by_role("dialog")
    expect(dialog.locator("mark")).to_have_text(["early", "full", "full early"])
    again.reload()  # nothing is lost by not deciding
    expect(dialog.locator("mark")).to_have_text(["early", "full", "full early"])
    dialog.get_by_role("radio", name="Both").check()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    until(lambda: heard(server, debate)[0], lambda first: first == "The night bus is full early")
    until(lambda: again.evaluate(DRAFTS), lambda keys: keys == [])


def test_a_draft_that_was_saved_after_all_is_dropped_in_silence(
    server: Serving, debate: dict[str, Any], address: str, open_page: OpenPage
) -> None:
    page = open_page(address)
    edit(page)
    # The page is gone when the save has been carried out, and before it hears of that.
    page.route("**/transcript", lambda route: route.fetch() and route.abort())
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/transcript")):
        type_at_end(page, 0, " again")
    assert heard(server, debate)[0] == "The night bus is late again"
    edition = server.asset(debate["id"])["edition"]
    assert page.evaluate(DRAFTS) != []
    page.close()
    again = page.context.new_page()
    again.goto(f"{server.base}/{address}")
    expect(text(again, 0)).to_have_text("The night bus is late again")
    until(lambda: again.evaluate(DRAFTS), lambda keys: keys == [])
    is_saved(again)
    expect(again.locator(".toast")).to_have_count(0)
    assert server.asset(debate["id"])["edition"] == edition


def test_what_one_tab_saves_the_other_takes_in_and_both_can_type(
    server: Serving, debate: dict[str, Any], address: str, open_page: OpenPage
) -> None:
    one = open_page(address)
    other = one.context.new_page()
    other.goto(f"{server.base}/{address}")
    for page in (one, other):
        edit(page)
    type_at_end(one, 0, " again")
    expect(text(other, 0)).to_have_text("The night bus is late again")
    expect(other.get_by_text("Changes made elsewhere are now in the text")).to_be_visible()
    type_at_end(other, 2, " now")
    type_at_end(one, 1, " yesterday")
    expected = ["The night bus is late again", "Nobody knows why it was so yesterday", "We have to walk home now"]
    until(lambda: heard(server, debate), lambda texts: texts == expected)
    for page in (one, other):
        for at, line in enumerate(expected):
            expect(text(page, at)).to_have_text(line)
        is_saved(page)
    text(other, 2).click()
    other.keyboard.press("Control+z")
    expect(text(other, 2)).to_have_text("We have to walk home")
    expect(text(other, 0)).to_have_text("The night bus is late again")  # that was done in the other tab
    is_saved(other)


def test_who_types_in_a_line_that_somebody_else_changes_goes_on_where_they_were(
    server: Serving, debate: dict[str, Any], address: str, write: Write, open_page: OpenPage
) -> None:
    page = open_page(address)
    edit(page)
    write([LINES[0].replace("night", "very last"), *LINES[1:]])
    type_at_end(page, 0, " again")
    expect(text(page, 0)).to_have_text("The very last bus is late again")
    page.keyboard.type(" today")
    expected = "The very last bus is late again today"
    until(lambda: heard(server, debate)[0], lambda first: first == expected)
    is_saved(page)


def test_two_names_for_one_speaker_are_one_question(
    server: Serving, debate: dict[str, Any], address: str, open_page: OpenPage
) -> None:
    def name(speaker: str) -> None:
        edition = server.asset(debate["id"])["edition"]
        lines = [{"text": line, "speaker": speaker if at != 1 else "Bob"} for at, line in enumerate(LINES)]
        body = {"edition": edition, "lines": lines}
        assert server.api("PUT", f"/assets/{debate['id']}/transcript", json=body).status_code == 200

    name("spk_0")
    page = open_page(address)
    expect(text(page, 0)).to_be_visible()
    name("Ada")
    page.get_by_role("button", name="Rename Speaker 1").click()
    renaming = page.get_by_role("dialog")
    expect(renaming.get_by_role("textbox")).to_be_focused()
    page.keyboard.type("Agnes")  # in the place of the name that it has
    expect(renaming.get_by_role("textbox")).to_have_value("Agnes")
    renaming.get_by_role("button", name="Rename").click()
    dialog = page.get_by_role("dialog", name="The same words were changed twice")
    expect(dialog.get_by_role("group")).to_have_count(1)
    expect(dialog).to_contain_text("2 lines, the first begins: The night bus is late")
    works_for_everybody(page, "two names for a speaker")
    dialog.get_by_role("radio", name="Theirs").check()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    told = server.api("GET", f"/assets/{debate['id']}/lines").json()
    assert [line["speaker"] for line in told["lines"]] == ["Ada", "Bob", "Ada"]


def test_the_same_word_changed_by_two_is_decided_by_the_keyboard_alone(
    server: Serving, debate: dict[str, Any], address: str, write: Write, open_page: OpenPage
) -> None:
    page = open_page(address)
    edit(page)
    write(["The night bus is full", "Nobody knows how it was so", "We need to walk home"])
    change(page, 0, "late", "early")
    change(page, 2, "home", "far")
    change(page, 1, "why", "when")
    dialog = page.get_by_role("dialog", name="The same words were changed twice")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("group")).to_have_count(2)
    expect(dialog.get_by_role("group").first).to_contain_text("Before: late")
    works_for_everybody(page, "the dialog of a conflict")
    save = dialog.get_by_role("button", name="Save")
    expect(save).to_be_disabled()
    dialog.get_by_role("radio", name="Mine").first.focus()
    page.keyboard.press("Space")
    expect(dialog.get_by_text("1 place is still to be decided.")).to_be_visible()
    while not dialog.get_by_role("radio", name="Mine").nth(1).evaluate("(one) => one === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("radio", name="Theirs").nth(1)).to_be_checked()
    expect(save).to_be_enabled()
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expected = ["The night bus is early", "Nobody knows how it was so", "We need to walk far"]
    until(lambda: heard(server, debate), lambda texts: texts == expected)
    is_saved(page)


def test_a_conflict_can_wait_and_is_decided_by_touch_on_a_small_screen(
    server: Serving, debate: dict[str, Any], address: str, write: Write, open_page: OpenPage
) -> None:
    page = open_page(address, width=360, has_touch=True)
    edit(page)
    write([LINES[0].replace("late", "full"), LINES[1].replace("why", "how"), LINES[2]])
    change(page, 0, "late", "early")
    change(page, 1, "why", "when")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Decide later").tap()
    expect(dialog).to_have_count(0)
    assert heard(server, debate)[0] == "The night bus is full"
    page.get_by_role("button", name="Decide", exact=True).tap()
    dialog.get_by_role("button", name="Play place 1").tap()
    until(lambda: page.evaluate("() => document.querySelector('video').paused"), lambda paused: not paused)
    works_for_everybody(page, "the dialog of a conflict on a small screen")
    dialog.get_by_role("button", name="Mine everywhere").tap()
    dialog.get_by_role("button", name="Save").tap()
    expect(dialog).to_have_count(0)
    until(
        lambda: heard(server, debate)[:2],
        lambda texts: texts == ["The night bus is early", "Nobody knows when it was so"],
    )
    is_saved(page)


LEFT_FOR = """async ([owner, asset, version]) => {
  const { Draft } = await import('/asset/drafts.js')
  const draft = new Draft(owner, asset, version)
  const left = await draft.left()
  draft.end()
  return left.map(({ lines }) => lines[0].text)
}"""


def stays_signed_in_elsewhere(page: Page) -> None:
    """Signing out revokes the session, which other tests have too: have it be forgotten here alone."""
    page.route("**/cognito/oauth2/revoke", lambda route: route.fulfill(body=""))


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Account").click()
    page.get_by_role("button", name="Sign out", exact=True).click()


def test_signing_out_saves_first_and_leaves_nothing_behind(
    server: Serving, address: str, debate: dict[str, Any], open_page: OpenPage
) -> None:
    page = open_page(address)
    stays_signed_in_elsewhere(page)
    other = page.context.new_page()
    other.goto(f"{server.base}/{address}")
    edit(page)
    edit(other)
    type_at_end(other, 2, " now")
    type_at_end(page, 0, " again")
    page.goto(f"{server.base}/#/")  # what is left unsaved on a page that was left is saved too
    expect(page.get_by_role("heading", level=1, name="Library")).to_be_visible()  # a menu closes as a page comes
    sign_out(page)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert heard(server, debate) == ["The night bus is late again", LINES[1], "We have to walk home now"]
    assert page.evaluate(DRAFTS) == []


def test_who_signs_out_with_something_that_cannot_be_saved_is_asked_and_then_it_is_gone(
    server: Serving, address: str, debate: dict[str, Any], open_page: OpenPage
) -> None:
    page = open_page(address)
    stays_signed_in_elsewhere(page)
    edit(page)
    page.route("**/transcript", lambda route: route.abort())
    type_at_end(page, 0, " again")
    until(lambda: page.evaluate(DRAFTS), bool)
    sign_out(page)
    dialog = page.get_by_role("dialog", name="Some changes are not saved")
    expect(dialog).to_contain_text("Changes in 1 recording could not be saved yet.")
    works_for_everybody(page, "signing out with something unsaved")
    dialog.get_by_role("button", name="Cancel").click()
    assert page.evaluate(DRAFTS) != []
    sign_out(page)
    dialog.get_by_role("button", name="Sign out and delete them").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    until(lambda: page.evaluate(DRAFTS), lambda keys: keys == [])
    assert heard(server, debate) == LINES
    warns = "() => !dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    assert page.evaluate(warns) is False, "there is nothing left to lose"


def test_another_account_in_the_same_browser_sees_nothing_of_what_is_kept(
    server: Serving, address: str, debate: dict[str, Any], open_page: OpenPage
) -> None:
    page = open_page(address)
    edit(page)
    page.context.set_offline(True)
    type_at_end(page, 0, " again")
    page.close()
    page.context.set_offline(False)
    again = page.context.new_page()
    again.goto(f"{server.base}/#/settings")
    expect(again.get_by_role("heading", level=1)).to_be_visible()
    owner, version = server.api("GET", "/me").json()["owner"], debate["version"]
    assert again.evaluate(LEFT_FOR, ["somebody-else", debate["id"], version]) == []
    assert again.evaluate(LEFT_FOR, [owner, debate["id"], version + 1]) == [], "what was heard anew is another text"
    assert again.evaluate(LEFT_FOR, [owner, debate["id"], version]) == ["The night bus is late again"]


def test_what_is_kept_of_a_recording_goes_with_it(server: Serving, recording: Path, open_page: OpenPage) -> None:
    asset = server.completed(server.upload(recording), 240)
    page = open_page(f"#/asset/{asset['id']}")
    edit(page)
    page.route("**/transcript", lambda route: route.abort())
    type_at_end(page, 0, " again")
    until(lambda: page.evaluate(DRAFTS), bool)
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    until(lambda: page.evaluate(DRAFTS), lambda keys: keys == [])


def test_where_the_browser_keeps_nothing_work_goes_on_without_a_word(
    server: Serving, address: str, debate: dict[str, Any], open_page: OpenPage
) -> None:
    page = open_page()
    page.add_init_script("IDBFactory.prototype.open = () => { throw new DOMException('', 'SecurityError') }")
    page.goto(f"{server.base}/{address}")
    page.reload()
    edit(page)
    type_at_end(page, 0, " again")
    until(lambda: heard(server, debate)[0], lambda first: first == "The night bus is late again")
    is_saved(page)
    expect(page.locator(".toast, .note.bad")).to_have_count(0)
