"""The whole transcript as an ordinary text: found, selected, copied, printed and read aloud, however long it is."""

import re
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page, Route, StorageState, expect

from tests.local.serving import Serving, until
from tests.pages import chromium
from tests.pages.conftest import OpenPage

pytestmark = pytest.mark.xdist_group("transcript pages")
LINES = 3000
PER_TURN = 6
COPIES = ["clipboard-read", "clipboard-write"]


def said(number: int) -> str:
    words = " and on and on and on and on and on and on" if number % 10 == 0 else ""
    return f"Line {number} of a long talk{words}, which ends with {number}."


def of_three_hours(page: Page, lines: int = LINES) -> None:
    """Have the page find a transcript of three hours, with some thirty thousand words."""

    def answer(route: Route) -> None:
        told = route.fetch().json()
        told["lines"] = []
        for number in range(lines):
            start = number * 3.6
            words = [[start, start + 0.3, word, 0.9, " " if i else ""] for i, word in enumerate(said(number).split())]
            speaker = f"spk_{number // PER_TURN % 3}"
            told["lines"].append({"start": start, "end": start + 3.5, "speaker": speaker, "words": words})
        route.fulfill(json=told)

    page.route(re.compile(r"/api/assets/[^/]+/lines"), answer)
    page.route("**/transcript", lambda route: route.abort() if route.request.method == "PUT" else route.fallback())
    page.reload()
    expect(page.locator(".line")).to_have_count(lines, timeout=60_000)
    until(lambda: page.locator(".line-text").last.text_content(), said(lines - 1).__eq__, 60)


@pytest.fixture
def page(debate: dict[str, Any], open_page: OpenPage) -> Page:
    opened = open_page(f"#/asset/{debate['id']}", permissions=COPIES)
    of_three_hours(opened)
    return opened


def copied(page: Page) -> str:
    page.keyboard.press("ControlOrMeta+c")
    return str(page.evaluate("() => navigator.clipboard.readText()")).replace("\r", "")


def test_any_line_of_three_hours_is_found_by_the_browser_and_few_are_laid_out(page: Page) -> None:
    laid_out = """() => [...document.querySelectorAll('.line')]
        .filter((one) => one.checkVisibility({ contentVisibilityAuto: true })).length"""
    assert page.evaluate(laid_out) < 300
    for number in (7, 1234, 2999):
        words = f"talk, which ends with {number}." if number % 10 else "talk and on"
        assert page.evaluate("(words) => find(words, false, false, true) && String(getSelection())", words) == words
    assert page.evaluate("() => getSelection().anchorNode.parentElement.closest('.line').dataset.id") is not None


def test_a_far_line_is_led_to_and_stays_where_it_is_and_is_edited_there(page: Page) -> None:
    stands = """(text) => {
        const scroller = document.querySelector('.scroller').getBoundingClientRect()
        const line = [...document.querySelectorAll('.line-text')].find((one) => one.textContent === text)
        return (line.getBoundingClientRect().top - scroller.top) / scroller.height
    }"""
    find = page.locator(".find input")
    for number in (2711, 133, 2999, 0):
        find.fill(f"ends with {number}.")
        expect(page.locator(".w.found.current").first).to_be_attached(timeout=20_000)
        for _ in range(3):
            assert 0 <= page.evaluate(stands, said(number)) < 0.98
            page.wait_for_timeout(150)
    find.fill("ends with 2711.")
    page.locator(".transcript-tools button", has_text="Edit").click()
    line = page.locator(".line-text[contenteditable]", has_text="ends with 2711.")
    line.click()
    page.keyboard.press("End")
    page.keyboard.press("Backspace")
    page.keyboard.type(", and a half.")
    expect(page.locator(".line-text", has_text="ends with 2711, and a half.")).to_have_count(1)
    assert 0 <= page.evaluate(stands, said(2711)[:-1] + ", and a half.") < 0.98
    page.keyboard.press("ControlOrMeta+z")
    page.keyboard.press("Enter")
    expect(page.locator(".line")).to_have_count(LINES + 1)
    page.keyboard.press("Backspace")
    expect(page.locator(".line")).to_have_count(LINES)
    page.keyboard.press("ControlOrMeta+z")
    page.keyboard.press("ControlOrMeta+z")
    page.keyboard.press("Escape")


def test_all_of_it_is_copied_with_who_and_when_and_of_a_part_just_the_words(page: Page) -> None:
    page.keyboard.press("ControlOrMeta+a")
    text = copied(page)
    assert text.count("[") == LINES
    assert "Speaker 1\n[0:00] Line 0 of a long talk" in text
    assert f"\n[0:03] {said(1)}\n[0:07] {said(2)}\n" in text
    assert f"{said(PER_TURN - 1)}\n\nSpeaker 2\n[0:21] {said(PER_TURN)}\n" in text
    assert f"[2:59:56] {said(LINES - 1)}" in text
    assert text.startswith("debate.mp4"), "what stands around it is copied too"
    assert "Key phrases" in text
    assert "Full screen" not in text
    select = """([from, start, to, end]) => {
        const word = (line, at) => document.querySelectorAll('.line')[line].querySelectorAll('.w')[at].firstChild
        getSelection().setBaseAndExtent(word(from, start), 0, word(to, end), word(to, end).length)
    }"""
    page.evaluate(select, [6, 0, 6, 3])
    assert copied(page) == "Line 6 of a"
    page.evaluate(select, [4, 5, 6, 1])
    assert copied(page) == f"talk, which ends with 4.\n{said(5)}\nLine 6"
    page.evaluate("() => getSelection().selectAllChildren(document.querySelector('.tr-list'))")
    assert copied(page).startswith("Speaker 1\n[0:00] Line 0")


def test_what_is_copied_in_a_line_that_is_edited_is_what_is_selected_there(page: Page) -> None:
    page.locator(".transcript-tools button", has_text="Edit").click()
    page.locator(".line-text").nth(2).click()
    page.keyboard.press("ControlOrMeta+a")
    assert copied(page) == said(2)
    page.keyboard.press("Escape")


def test_all_of_it_is_printed_light_and_without_what_only_a_screen_needs(
    debate: dict[str, Any], open_page: OpenPage, tmp_path: Path
) -> None:
    lines = 600
    page = open_page(f"#/asset/{debate['id']}", color_scheme="dark")
    of_three_hours(page, lines)
    page.pdf(path=tmp_path / "printed.pdf", format="A4", print_background=True)
    with pypdfium2.PdfDocument(tmp_path / "printed.pdf") as document:
        sheets = [sheet.get_textpage().get_text_bounded() for sheet in document]
        corner = document[1].render(scale=0.2).to_pil().convert("L").getpixel((2, 2))
    texts = [re.sub(r"\s+", " ", text) for text in sheets]
    assert 8 < len(texts) < 40
    assert corner == 255, "paper is white"
    assert texts[0].startswith("debate.mp4")
    assert re.search(r"20\d\d", texts[0].partition("Line 0")[0]), "the day stands on top"
    for number in range(lines):
        (sheet,) = [text for text in texts if f"Line {number} of a" in text]
        assert said(number) in sheet, "no line is cut in two"
        assert re.search(rf"\d:\d\d Line {number} of", sheet)
    whole = " ".join(texts)
    assert whole.count("Speaker 2") >= lines // PER_TURN // 3
    for gone in ("Library", "Edit", "Download", "1×", "Next uncertain word", "Find in the transcript", "Add tags"):
        assert gone not in whole


def test_who_reads_with_a_screen_reader_has_a_list_of_all_lines_in_their_order(
    browser: Browser, server: Serving, debate: dict[str, Any], signed_in: StorageState
) -> None:
    lines = 400
    flags = ["--no-sandbox", "--disable-gpu", "--force-renderer-accessibility=screen-reader"]
    heard = browser.browser_type.launch(executable_path=chromium.find(), args=flags)
    try:
        context = heard.new_context(storage_state=signed_in, locale="en-US", viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.goto(f"{server.base}/#/asset/{debate['id']}")
        of_three_hours(page, lines)
        nodes = context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
        page.unroute_all(behavior="ignoreErrors")
    finally:
        heard.close()
    by_id = {node["nodeId"]: node for node in nodes}

    def within(node: dict[str, Any]) -> list[dict[str, Any]]:
        children = [by_id[child] for child in node.get("childIds", []) if child in by_id]
        return [one for child in children for one in [child, *within(child)]]

    def role(node: dict[str, Any]) -> str:
        return str(node["role"]["value"])

    lists = [[one for one in within(node) if role(one) == "listitem"] for node in nodes if role(node) == "list"]
    (items,) = [found for found in lists if len(found) == lines]
    for number, item in enumerate(items):
        told = within(item)
        text = "".join(one["name"]["value"] for one in told if role(one) == "StaticText")
        assert said(number) in text
        assert any(role(one) == "button" and "Play from" in str(one) for one in told)
