"""Quotes, as people use them: by mouse, by keys alone, by touch; links that play exactly their words."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.local.serving import Serving
from tests.pages.conftest import OpenPage, address_of, works_for_everybody

pytestmark = pytest.mark.xdist_group("quotes pages")
HOSTILE = "<img src=x onerror=alert(1)> why?"
SHOTS: Path | None = None
"""Where to leave pictures, for somebody to look at."""


@pytest.fixture
def film(server: Serving, unread: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A recording without marks."""
    yield unread
    for mark in server.api("GET", f"/assets/{unread['id']}/marks").json()["marks"]:
        server.api("DELETE", f"/assets/{unread['id']}/marks/{mark['id']}")


def picture(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=SHOTS / f"{name}.png")


def words(page: Page) -> Locator:
    return page.locator(".line .w")


def chosen(page: Page, first: int, last: int) -> str:
    """Select words as somebody does with a mouse. Returns them."""
    page.locator(".line .w").first.wait_for()
    ends = [words(page).nth(at).bounding_box() for at in (first, last)]
    assert ends[0]
    assert ends[1]
    page.mouse.move(ends[0]["x"] + 1, ends[0]["y"] + ends[0]["height"] / 2)
    page.mouse.down()
    page.mouse.move(ends[1]["x"] + ends[1]["width"] - 1, ends[1]["y"] + ends[1]["height"] / 2, steps=4)
    page.mouse.up()
    return " ".join(words(page).all_inner_texts()[first : last + 1])


def bar(page: Page) -> Locator:
    return page.get_by_role("toolbar")


def panel(page: Page) -> Locator:
    return page.get_by_role("region", name="Quotes and comments")


def test_words_are_quoted_cut_and_deleted_by_mouse(open_page: OpenPage, server: Serving, film: dict[str, Any]) -> None:
    page = open_page(f"#/asset/{film['id']}", permissions=["clipboard-read", "clipboard-write"])
    expect(panel(page)).to_be_visible()
    text = chosen(page, 0, 2)
    picture(page, "bar-wide")
    works_for_everybody(page, "the bar")
    bar(page).get_by_role("button", name="Copy with name and time").click()
    expect(page.get_by_text("Copied").first).to_be_visible()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert text in copied
    assert "0:0" in copied
    chosen(page, 0, 2)
    bar(page).get_by_role("button", name="Quote").click()
    mark = panel(page).get_by_role("listitem").first
    expect(mark.get_by_text(text)).to_be_visible()
    expect(mark.get_by_text("Not all of these words are confirmed.")).to_be_visible()
    expect(words(page).nth(1)).to_have_class(re.compile("quoted"))
    mark.get_by_role("button", name="Cut the sound (MP3)").click()
    expect(mark.get_by_role("button", name="Download sound (MP3)")).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        mark.get_by_role("button", name="Download sound (MP3)").click()
    assert download.value.suggested_filename.endswith(".mp3")
    assert download.value.path().stat().st_size > 1000
    picture(page, "panel-wide")
    works_for_everybody(page, "the panel")
    mark.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(panel(page).get_by_role("listitem")).to_have_count(0)
    expect(words(page).nth(1)).not_to_have_class(re.compile("quoted"))


def test_words_are_commented_highlighted_and_resolved_by_keys_alone(
    open_page: OpenPage, server: Serving, film: dict[str, Any]
) -> None:
    page = open_page(f"#/asset/{film['id']}")
    expect(panel(page)).to_be_visible()  # who may mark something is known by then
    page.locator(".line-time").first.focus()
    page.keyboard.press("q")
    expect(bar(page).get_by_role("button").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".line-time").first).to_be_focused()
    expect(bar(page)).to_be_hidden()
    page.keyboard.press("q")
    comment = bar(page).get_by_role("button", name="Comment")
    for _ in range(8):
        if comment.evaluate("one => one === document.activeElement"):
            break
        page.keyboard.press("ArrowRight")
    expect(comment).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("textbox")).to_be_focused()
    page.keyboard.type(HOSTILE)
    expect(page.get_by_role("dialog").get_by_role("textbox")).to_have_value(HOSTILE)
    works_for_everybody(page, "the comment")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    mark = panel(page).get_by_role("listitem").first
    expect(mark.get_by_text(HOSTILE)).to_be_visible()
    expect(words(page).first).to_have_class(re.compile("commented"))
    mark.get_by_role("button", name="Resolve").press("Enter")
    expect(panel(page).get_by_role("listitem")).to_have_count(0)
    panel(page).get_by_role("checkbox").press("Space")
    expect(panel(page).get_by_text(HOSTILE)).to_be_visible()
    page.locator(".line-time").first.focus()
    page.keyboard.press("q")
    bar(page).get_by_role("button", name="Highlight").press("Enter")
    expect(words(page).first).to_have_attribute("data-colour", "yellow")
    panel(page).get_by_label("Colour").select_option("pink")
    expect(words(page).first).to_have_attribute("data-colour", "pink")


@pytest.mark.parametrize("is_stranger", [False, True])
def test_a_link_shows_and_plays_exactly_its_words(
    open_page: OpenPage, server: Serving, film: dict[str, Any], is_stranger: bool
) -> None:
    lines = server.api("GET", f"/assets/{film['id']}/lines").json()["lines"]
    said = [word for line in lines for word in line["words"]]
    first, last = said[2], said[4]
    address = address_of(server, film, is_stranger=is_stranger)
    page = open_page(f"{address}?from={first[0]}&to={last[1]}", is_stranger=is_stranger, width=1600)
    expect(page.locator(".w.found.current")).to_have_text([word[2] for word in said[2:5]])
    media = page.locator("video, audio").first
    at = "one => one.currentTime"
    page.wait_for_function(f"() => document.querySelector('video, audio').currentTime > {first[0] + 0.1}")
    page.wait_for_function("() => document.querySelector('video, audio').paused")
    assert media.evaluate(at) == pytest.approx(last[1], abs=0.15)
    picture(page, f"linked-{is_stranger}")
    works_for_everybody(page, "the link")
    page.get_by_role("button", name="Play these words").click()
    page.wait_for_function(f"() => document.querySelector('video, audio').currentTime < {last[1] - 0.1}")
    page.wait_for_function("() => document.querySelector('video, audio').paused")
    assert media.evaluate(at) == pytest.approx(last[1], abs=0.15)


def test_all_of_it_fits_a_small_screen_in_each_language(
    open_page: OpenPage, server: Serving, film: dict[str, Any]
) -> None:
    lines = server.api("GET", f"/assets/{film['id']}/lines").json()["lines"]
    stretch = {"start": lines[0]["start"], "end": lines[0]["end"]}
    for more in ({"kind": "quote"}, {"kind": "comment", "body": "x" * 200}, {"kind": "highlight", "colour": "blue"}):
        assert server.api("POST", f"/assets/{film['id']}/marks", json={**stretch, **more}).status_code == 201
    page = open_page(f"#/asset/{film['id']}", width=360, has_touch=True, is_mobile=True)
    words(page).first.wait_for()
    expect(page.locator(".quotes .mark")).to_have_count(3)
    for language, title in (("fr", "Citations"), ("ja", "引用"), ("ko", "인용"), ("zh", "引用"), ("en", "Quotes")):
        page.evaluate("async (tag) => (await import('/i18n.js')).setLanguage(tag)", language)
        expect(page.locator(".quotes h2")).to_contain_text(title)
        page.locator(".quotes").evaluate("one => one.scrollIntoView()")
        picture(page, f"narrow-{language}")
        works_for_everybody(page, f"the panel in {language}")
        assert "quotes." not in page.locator(".quotes").inner_text()
    words(page).first.evaluate("one => one.scrollIntoView({block: 'center'})")
    words(page).first.evaluate("one => getSelection().selectAllChildren(one)")
    expect(bar(page)).to_be_visible()
    picture(page, "narrow-bar")
    works_for_everybody(page, "the bar")
    page.evaluate("() => getSelection().removeAllRanges()")
    page.locator(".quotes .clip button").first.tap()
    expect(page.locator(".quotes .clip [role=status]").first).not_to_be_empty()


@pytest.mark.parametrize("width", [360, 1600])
def test_a_comment_says_who_wrote_it_as_far_as_one_may_know(
    open_page: OpenPage, server: Serving, film: dict[str, Any], width: int
) -> None:
    address = f"{'a-long-name-of-somebody' * 3}@rapporteur.example"
    for text in ("One.", "Two.", "Three.", "Four."):
        wanted = {"kind": "comment", "start": 0, "end": 2, "body": text}
        assert server.api("POST", f"/assets/{film['id']}/marks", json=wanted).status_code == 201
    page = open_page("#/", width=width)

    def told(route: Route) -> None:
        answer = route.fetch()
        marks = answer.json()
        for mark, (author, name) in zip(
            marks["marks"],
            (("you", None), ("owner", None), ("person", address), ("person", None)),
            strict=True,
        ):
            mark |= {"author": author, "is_yours": author == "you"} | ({"author_name": name} if name else {})
        route.fulfill(response=answer, json=marks)

    page.route("**/marks", told)
    page.evaluate("hash => (location.hash = hash)", f"#/asset/{film['id']}")
    comments = panel(page).get_by_role("listitem").filter(has=page.locator(".mark-body"))
    expect(comments).to_have_count(4)
    for at, who in enumerate(("you,", "the owner,", f"{address},", "somebody else,")):
        expect(comments.nth(at)).to_contain_text(who)
    works_for_everybody(page, "who wrote comments")
    page.unroute("**/marks")
    wanted = {"kind": "comment", "start": 0, "end": 2, "body": "Five, said while the page was open."}
    assert server.api("POST", f"/assets/{film['id']}/marks", json=wanted).status_code == 201
    page.evaluate("window.dispatchEvent(new Event('focus'))")  # whoever comes back to the tab
    expect(comments).to_have_count(5)
    if SHOTS:
        comments.nth(1).scroll_into_view_if_needed()
    picture(page, f"authors-{width}")
