"""The verify desk, as people use it: by keys alone, by touch, with and without sound, and in five languages."""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.harness.media import make_video
from tests.local.serving import EMAIL, PASSWORD, Serving, serving, until
from tests.pages import chromium
from tests.pages.conftest import OpenPage, address_of, works_for_everybody

pytestmark = pytest.mark.xdist_group("transcript pages")  # a server of their own, once

UNSURE = ("--transcriber", "tests.harness.unsure_transcriber", "--diarizer", "none")
AS_HEARD = [
    "Good evening, here is mister covatch of the council.",
    "The knight bus is late again, says covatch today.",
    "Knight buses cost money, and a knight bus helps nobody.",
    "That is covatch's plan, and it is <b>bold</b>.",
    "Nobody asked covatch about the fair.",
]
SAID = "knight. Heard with 34% certainty. The knight bus is late again, says covatch today. 2 other possibilities."
QUIET = "() => localStorage.setItem('rapporteur.desk-sound', 'off')"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One that is not sure of what it hears."""
    with serving(tmp_path_factory.mktemp("desk") / "data", *UNSURE) as running:
        assert running.sign_in().status_code == 200
        yield running


@pytest.fixture(scope="module")
def signed_in(server: Serving) -> StorageState:
    return chromium.signed_in(server, EMAIL, PASSWORD)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return make_video(tmp_path_factory.mktemp("talk") / "talk.mp4", 40.0)


@pytest.fixture
def talk(server: Serving, film: Any) -> dict[str, Any]:
    """A recording of each test's own."""
    return server.completed(server.upload(film), 240)


def opened(open_page: OpenPage, talk: dict[str, Any], **options: Any) -> Page:
    """The page of a recording, at whose desk nothing is played unless somebody asks for it."""
    page = open_page(**options)
    page.evaluate(QUIET)
    page.goto(f"{page.url.partition('#')[0]}?{options.get('width', 0)}#/asset/{talk['id']}")
    page.locator(".line").first.wait_for()
    return page


def field(page: Page) -> Any:
    return page.get_by_label("The word as it should be")


def told(server: Serving, talk: dict[str, Any]) -> list[str]:
    lines = server.api("GET", f"/assets/{talk['id']}/lines").json()["lines"]
    return ["".join(space + written for _, _, written, _, space in line["words"]) for line in lines]


def times(server: Serving, talk: dict[str, Any], edition: str = "") -> list[list[float]]:
    lines = server.api("GET", f"/assets/{talk['id']}/lines{edition}").json()["lines"]
    return [word[:2] for line in lines for word in line["words"]]


def test_held_words_are_confirmed_corrected_and_replaced_by_keys_alone(
    server: Serving, talk: dict[str, Any], open_page: OpenPage
) -> None:
    page = opened(open_page, talk, width=1600)
    expect(page.locator(".line-text")).to_have_text(AS_HEARD)
    expect(page.get_by_role("button", name="Check 4 uncertain words")).to_be_enabled()
    page.keyboard.press("u")
    desk = page.get_by_role("region", name="Check words")
    expect(field(page)).to_be_focused()
    expect(field(page)).to_have_value("knight")
    expect(desk).to_contain_text("Heard with 34% certainty")
    expect(desk.locator(".desk-choice")).to_have_text([re.compile("night"), re.compile("nite")])
    expect(page.get_by_role("status").filter(has_text=SAID)).to_have_count(1)
    expect(page.locator(".w.current")).to_have_text("knight")
    beside = page.evaluate(
        """() => document.querySelector('.desk-panel').getBoundingClientRect().top
            - document.querySelector('.w.current').getBoundingClientRect().bottom"""
    )
    assert 0 < beside < 30
    works_for_everybody(page, "the desk")

    page.keyboard.press("1")  # night
    expect(field(page)).to_have_value("covatch")
    page.keyboard.type("Kovács")
    page.keyboard.press("Enter")
    expect(page.locator(".line-text").nth(1)).to_have_text("The night bus is late again, says Kovács today.")
    expect(desk).to_contain_text("“covatch” is in 3 other places.")
    expect(desk.locator(".desk-choice")).to_have_text([re.compile("Kovács.*corrected so in this recording")])
    page.keyboard.press("Alt+r")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("listitem")).to_have_count(3)
    expect(dialog).to_contain_text("Kovács's plan, and it is <b>bold</b>")
    works_for_everybody(page, "the preview")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    after = [
        "Good evening, here is mister Kovács of the council.",
        "The night bus is late again, says Kovács today.",
        "Knight buses cost money, and a knight bus helps nobody.",
        "That is Kovács's plan, and it is <b>bold</b>.",
        "Nobody asked Kovács about the fair.",
    ]
    expect(page.locator(".line-text")).to_have_text(after)
    expect(field(page)).to_have_value("fair")  # the one before was replaced
    expect(field(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(desk).to_contain_text("No uncertain words are left.")
    page.keyboard.press("Escape")
    expect(desk).to_have_count(0)
    until(lambda: told(server, talk), lambda found: found == after, 20)
    found = server.api("GET", f"/assets/{talk['id']}/lines").json()
    assert [line.get("confirmed") for line in found["lines"]] == [[5], [1, 7], None, [2], [2, 5]]

    # One step for all that was replaced.
    page.keyboard.press("Control+z")  # the one that was right as it stood
    page.keyboard.press("Control+z")
    expect(page.locator(".line-text")).to_have_text([AS_HEARD[0], after[1], *AS_HEARD[2:]])
    page.keyboard.press("Control+Shift+z")
    expect(page.locator(".line-text")).to_have_text(after)


def test_words_are_skipped_gone_back_to_taken_out_and_taken_back(talk: dict[str, Any], open_page: OpenPage) -> None:
    page = opened(open_page, talk)
    page.keyboard.press("u")
    expect(field(page)).to_have_value("knight")
    for key, word in (("ArrowDown", "covatch"), ("Alt+j", "covatch"), ("ArrowDown", "fair"), ("Alt+j", "knight")):
        page.keyboard.press(key)
        expect(field(page)).to_have_value(word)
    page.keyboard.press("Alt+Shift+j")
    expect(field(page)).to_have_value("fair")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(field(page)).to_have_value("knight")
    page.keyboard.press("Backspace")
    expect(page.get_by_role("button", name="Take the word out")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".line-text").nth(1)).to_have_text("The bus is late again, says covatch today.")
    expect(field(page)).to_have_value("covatch")
    page.keyboard.press("Control+z")
    expect(field(page)).to_have_value("knight")
    expect(page.locator(".line-text")).to_have_text(AS_HEARD)
    page.keyboard.press("End")  # what is typed from here on is no choice
    page.keyboard.type("1 2")
    page.keyboard.press("Enter")
    expect(page.locator(".line-text").nth(1)).to_have_text(re.compile("^The knight1 2 bus"))
    page.keyboard.press("Control+z")
    page.keyboard.press("Alt+c")
    expect(page.locator(".line-right").nth(1)).to_have_attribute("aria-pressed", "true")
    expect(field(page)).to_have_value("covatch")  # of the last line
    page.locator(".line").nth(0).locator(".w").nth(5).click()
    expect(field(page)).to_have_value("covatch")
    expect(page.get_by_role("region", name="Check words")).to_contain_text("Heard with 97% certainty")
    page.keyboard.press("Escape")
    expect(page.locator(".w.current")).to_have_count(0)


def test_from_within_a_line_one_comes_to_the_desk_and_back(talk: dict[str, Any], open_page: OpenPage) -> None:
    page = opened(open_page, talk)
    page.locator(".line-time").nth(1).focus()
    page.keyboard.press("e")
    text = page.get_by_role("textbox", name=re.compile("Text at 0:08|0:08"))
    expect(text).to_be_focused()
    page.keyboard.press("Alt+j")
    expect(field(page)).to_have_value("knight")
    page.keyboard.type("night")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(text).to_be_focused()
    page.keyboard.type("x")
    expect(text).to_have_text("The night bus is late again, says xcovatch today.")


def test_what_an_input_method_is_composing_is_not_taken(talk: dict[str, Any], open_page: OpenPage) -> None:
    page = opened(open_page, talk)
    page.keyboard.press("u")
    expect(field(page)).to_be_focused()
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "やかん", "selectionStart": 3, "selectionEnd": 3})
    for key in ("Enter", "1", "Escape", "ArrowDown"):
        field(page).dispatch_event("keydown", {"key": key, "isComposing": True, "bubbles": True})
    expect(field(page)).to_have_value("やかん")
    session.send("Input.insertText", {"text": "夜間"})
    page.keyboard.press("Enter")
    expect(page.locator(".line-text").nth(1)).to_have_text("The 夜間 bus is late again, says covatch today.")


def test_each_word_is_played_in_a_short_loop_as_slowly_as_asked_and_not_for_ever(
    talk: dict[str, Any], open_page: OpenPage
) -> None:
    page = opened(open_page, talk)
    page.evaluate("() => localStorage.removeItem('rapporteur.desk-sound')")
    page.reload()
    page.locator(".line").first.wait_for()
    page.wait_for_function("() => document.querySelector('video').readyState > 0")
    page.evaluate(
        """() => {
            const media = document.querySelector('video')
            window.heard = []
            media.addEventListener('play', () => window.heard.push([media.currentTime, media.playbackRate]))
        }"""
    )
    page.keyboard.press("u")
    word = page.evaluate(
        """async (url) => (await import('/api.js')).api.get(url).then(({lines}) => lines[1].words[1])""",
        f"/assets/{talk['id']}/lines",
    )
    page.wait_for_function("() => window.heard.length === 3 && document.querySelector('video').paused", timeout=30_000)
    times = page.evaluate("() => window.heard")
    assert all(abs(start - (word[0] - 1.2)) < 0.3 and rate == 1 for start, rate in times), (times, word)
    stopped = page.evaluate("() => document.querySelector('video').currentTime")
    assert word[1] + 0.8 <= stopped < word[1] + 1.8
    page.get_by_label("How words are played").select_option("0.5")
    page.wait_for_function("() => window.heard.length > 3")
    assert page.evaluate("() => document.querySelector('video').playbackRate") == 0.5
    page.keyboard.press("Escape")
    left = "() => [document.querySelector('video').paused, document.querySelector('video').playbackRate]"
    assert page.evaluate(left) == [True, 1]


def test_a_name_is_offered_to_the_lexicon_once_and_can_be_taken_back(
    server: Serving, talk: dict[str, Any], open_page: OpenPage
) -> None:
    page = opened(open_page, talk)
    page.keyboard.press("u")
    desk = page.get_by_role("region", name="Check words")
    expect(field(page)).to_have_value("knight")
    page.keyboard.type("fare")  # a common word
    page.keyboard.press("Enter")
    expect(desk.get_by_text("to your lexicon")).to_have_count(0)
    expect(field(page)).to_have_value("covatch")
    page.keyboard.type("Kovács")
    page.keyboard.press("Enter")
    expect(desk).to_contain_text("Add “Kovács” to your lexicon, misheard as “covatch”?")

    def entries() -> list[tuple[str, list[str]]]:
        return [(one["text"], one["heard_as"]) for one in server.api("GET", "/lexicon").json()["entries"]]

    page.keyboard.press("Alt+l")
    expect(desk).to_contain_text("“Kovács” is in your lexicon now.")
    assert entries() == [("Kovács", ["covatch"])]
    page.keyboard.press("Alt+l")
    expect(desk).to_contain_text("Add “Kovács” to your lexicon")
    assert entries() == []
    desk.get_by_role("button", name="Add", exact=True).click()
    expect(desk).to_contain_text("“Kovács” is in your lexicon now.")
    page.keyboard.press("Escape")
    until(lambda: told(server, talk)[1], lambda line: "Kovács" in line, 20)
    expect(page.locator(".save-state")).to_have_text("Saved")
    page.reload()
    page.locator(".line").first.wait_for()
    page.keyboard.press("u")
    expect(field(page)).to_have_value("covatch")
    expect(desk.locator(".desk-choice")).to_have_text([re.compile("Kovács")])
    page.keyboard.press("1")
    expect(field(page)).to_have_value("fair")
    expect(desk.get_by_text("to your lexicon")).to_have_count(0)
    for one in server.api("GET", "/lexicon").json()["entries"]:
        server.api("DELETE", f"/lexicon/en/{one['id']}")


def test_something_is_found_and_replaced_as_asked(server: Serving, talk: dict[str, Any], open_page: OpenPage) -> None:
    page = opened(open_page, talk)
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog", name="Replace in the whole recording")
    expect(dialog.get_by_label("Find", exact=True)).to_be_focused()
    page.keyboard.type("knight bus")
    expect(dialog.get_by_role("button", name="Delete at 2 places")).to_be_enabled()  # nothing is written instead
    page.keyboard.press("Tab")
    page.keyboard.type("night coach")
    expect(dialog.get_by_role("button", name="Delete")).to_have_count(0)
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    dialog.get_by_label("Whole words only").uncheck()
    expect(dialog.get_by_role("listitem")).to_have_count(3)
    expect(dialog.get_by_role("listitem").nth(1)).to_contain_text("Night coach")
    dialog.get_by_label("Match capitals").check()
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    dialog.get_by_label("Match capitals").uncheck()
    dialog.get_by_role("listitem").nth(1).get_by_role("checkbox").uncheck()
    expect(dialog.get_by_role("status")).to_have_text("3 places, 2 chosen")
    dialog.get_by_role("listitem").nth(2).get_by_role("button").click()  # listen to it
    page.wait_for_function("() => !document.querySelector('video').paused")
    dialog.get_by_role("button", name="Replace 2").click()
    after = [
        AS_HEARD[0],
        "The night coach is late again, says covatch today.",
        "Knight buses cost money, and a night coach helps nobody.",
        *AS_HEARD[3:],
    ]
    expect(page.locator(".line-text")).to_have_text(after)
    until(lambda: told(server, talk), lambda found: found == after, 20)
    assert times(server, talk) == times(server, talk, "?edition=0")
    page.keyboard.press("Control+z")
    expect(page.locator(".line-text")).to_have_text(AS_HEARD)
    expect(page.get_by_text("2 places were replaced.")).to_have_count(0)  # nor are they any more
    page.keyboard.press("Control+Shift+z")
    expect(page.locator(".line-text")).to_have_text(after)
    page.keyboard.press("r")
    expect(dialog.get_by_label("Find", exact=True)).to_be_focused()
    page.keyboard.type("coach")
    expect(dialog.get_by_text("Confirmed", exact=True)).to_have_count(2)
    expect(dialog.get_by_role("status")).to_have_text("2 places, 0 chosen")
    expect(dialog.get_by_role("button", name="Replace 0")).to_be_disabled()


def test_on_a_telephone_it_is_a_bar_at_the_bottom_and_no_keyboard_jumps_up(
    server: Serving, talk: dict[str, Any], open_page: OpenPage
) -> None:
    page = opened(open_page, talk, width=360, is_mobile=True, has_touch=True, color_scheme="dark")
    page.get_by_role("button", name="Check 4 uncertain words").tap()
    desk = page.get_by_role("region", name="Check words")
    expect(desk).to_contain_text("The knight bus is late again")
    expect(field(page)).not_to_be_focused()
    box = desk.bounding_box()
    assert box is not None
    assert (box["x"], box["width"], round(box["y"] + box["height"])) == (0, 360, 800)
    small = page.evaluate(
        """() => [...document.querySelectorAll('.desk-panel button, .desk-panel input, .desk-panel select')]
            .filter((one) => one.offsetHeight < 40 || one.offsetWidth < 40).map((one) => one.outerHTML)"""
    )
    assert small == []
    word = page.locator(".w.current").bounding_box()
    assert word is not None
    assert 0 <= word["y"] < box["y"], "the word is in sight above the bar"
    works_for_everybody(page, "the desk, narrow")
    desk.get_by_role("button", name="night", exact=False).first.tap()
    expect(field(page)).to_have_value("covatch")
    field(page).tap()
    field(page).fill("Kovács")
    desk.get_by_role("button", name="Write this").tap()
    expect(field(page)).not_to_be_focused()
    desk.get_by_role("button", name="Replace all 3…").tap()
    works_for_everybody(page, "the preview, narrow")
    page.get_by_role("dialog").get_by_role("button", name="Replace 3").tap()
    expect(field(page)).to_have_value("fair")
    said, bar = page.locator(".toast").bounding_box(), desk.bounding_box()
    assert said and bar and said["y"] + said["height"] <= bar["y"], "it covers nothing of the bar"
    desk.get_by_role("button", name="It is right").tap()
    expect(desk).to_contain_text("No uncertain words are left.")
    desk.get_by_role("button", name="Stop checking").tap()
    until(lambda: told(server, talk)[3], lambda line: line.startswith("That is Kovács's"), 20)


def test_the_meter_tells_how_much_is_confirmed_by_whom_and_when(
    server: Serving, talk: dict[str, Any], open_page: OpenPage
) -> None:
    page = opened(open_page, talk)
    meter = page.locator(".meter-button")
    expect(meter).to_have_attribute("aria-label", "0% confirmed. 4 uncertain words left")
    meter.click()
    more = page.get_by_role("group", name="Who confirmed it, and when")
    expect(more).to_contain_text("Nobody has confirmed any of it yet.")
    page.locator(".line-right").nth(1).click()
    expect(meter).to_have_attribute("aria-label", "21% confirmed. 2 uncertain words left")
    meter.click()
    expect(more.get_by_role("row").nth(1)).to_have_text(re.compile("You.*9.*now"))
    works_for_everybody(page, "the meter")
    page.keyboard.press("Escape")
    expect(more).to_have_count(0)
    expect(meter).to_be_focused()
    until(lambda: server.api("GET", f"/assets/{talk['id']}/lines").json()["confirmed"], lambda share: share > 0.2, 20)
    page.reload()
    meter.click()
    expect(more.get_by_role("row").nth(1)).to_have_text(re.compile(r"You.*9.*20\d\d"))


def test_who_may_only_read_has_no_desk(server: Serving, talk: dict[str, Any], open_page: OpenPage) -> None:
    page = open_page(address_of(server, talk, is_stranger=True), is_stranger=True)
    page.locator(".line").first.wait_for()
    page.keyboard.press("u")
    expect(page.locator(".w.current")).to_have_text("knight")
    page.keyboard.press("r")
    expect(page.locator(".desk-panel, .meter-button")).to_have_count(0)
    expect(page.get_by_role("button", name="Replace…")).to_have_count(0)


def test_it_is_there_in_every_language(talk: dict[str, Any], open_page: OpenPage) -> None:
    for language, width in product(["en", "fr", "ja", "ko", "zh"], [1600, 360]):
        page = opened(open_page, talk, width=width)
        page.route("**/transcript", lambda route: route.abort())  # nothing of this is kept
        page.evaluate("async (tag) => (await import('/i18n.js')).setLanguage(tag)", language)
        page.keyboard.press("u")
        expect(page.locator(".desk-panel :focus")).to_have_count(1)
        page.keyboard.type("Kovács")
        page.keyboard.press("Enter")
        page.locator(".desk-notice").wait_for()
        works_for_everybody(page, f"the desk, {language}, {width}")
        assert "desk." not in page.locator("body").inner_text()
        page.keyboard.press("Alt+r")
        page.get_by_role("dialog").wait_for()
        works_for_everybody(page, f"the preview, {language}, {width}")
        assert "desk." not in page.locator("body").inner_text()
        page.close(run_before_unload=False)
