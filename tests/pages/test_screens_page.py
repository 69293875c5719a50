"""Small screens, touch, dialogs that are taller than the screen, and systems that choose the colours."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("pages")
SMALL = {"width": 360, "height": 780}


def box(found: Locator) -> dict[str, float]:
    place = found.bounding_box()
    assert place is not None
    return {**place, "bottom": place["y"] + place["height"]}


def sound_only(route: Route) -> None:
    told = route.fetch().json()
    told["renditions"] = [one for one in told["renditions"] if one["preset"] == "audio"]
    route.fulfill(json={**told, "kind": "audio"})


@pytest.mark.parametrize("is_film", [True, False], ids=["film", "sound"])
def test_on_a_small_screen_the_player_is_a_bar_and_the_transcript_begins_on_the_first_screen(
    unread: dict[str, Any], open_page: OpenPage, is_film: bool
) -> None:
    page = open_page("#/upload", width=360, has_touch=True, is_mobile=True)
    page.set_viewport_size({"width": 360, "height": 780})
    if not is_film:
        page.route(f"**/api/assets/{unread['id']}", sound_only)
    page.goto(page.url.partition("#")[0] + f"?small#/asset/{unread['id']}")
    line = page.locator(".line").first
    expect(line).to_be_visible(timeout=20_000)
    page.wait_for_load_state("networkidle")
    for tongue in ("fr", "ja", "en"):
        page.evaluate("async (tongue) => (await import('/i18n.js')).setLanguage(tongue)", tongue)
        page.wait_for_timeout(200)
        assert box(line)["bottom"] <= SMALL["height"], tongue
    player = page.locator(".player")
    assert box(player)["height"] < 70
    expect(page.locator("video" if is_film else "audio")).to_have_count(1)
    works_for_everybody(page, "a folded player")
    page.locator(".findings").last.scroll_into_view_if_needed()
    for name in ("Play", "Show more of the player"):
        button = player.get_by_role("button", name=name, exact=True)
        assert 0 <= box(button)["y"] < 60, "it stays in reach"
        assert min(box(button)["width"], box(button)["height"]) >= 42
    expect(player.get_by_role("slider", name="Position")).to_be_visible()
    player.get_by_role("button", name="Play", exact=True).tap()
    expect(player.get_by_role("button", name="Pause")).to_be_visible()
    player.get_by_role("button", name="Pause").tap()
    expect(player.get_by_label("Playback speed")).to_have_count(0)
    unfold = player.get_by_role("button", name="Show more of the player")
    expect(unfold).to_have_attribute("aria-expanded", "false")
    unfold.tap()
    expect(player.get_by_label("Playback speed")).to_be_visible()
    assert box(player)["height"] > (200 if is_film else 70)
    works_for_everybody(page, "an unfolded player")
    page.reload()
    player.get_by_role("button", name="Make the player small").tap()
    expect(player.get_by_label("Playback speed")).to_have_count(0)


def test_in_one_column_what_is_seen_and_felt_comes_after_the_text(unread: dict[str, Any], open_page: OpenPage) -> None:
    page = open_page(f"#/asset/{unread['id']}", width=360)
    expect(page.locator(".timeline")).to_be_visible()
    expect(page.locator(".line").first).to_be_visible()
    after = """() => Boolean(document.querySelector('.scroller').compareDocumentPosition(
        document.querySelector('.timeline')) & Node.DOCUMENT_POSITION_FOLLOWING)"""
    assert page.evaluate(after)
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.locator(".watch .timeline")).to_be_visible()
    assert not page.evaluate(after)


STANDS = """(dialog) => {
  const edge = dialog.getBoundingClientRect()
  const heading = dialog.querySelector('h2').getBoundingClientRect()
  const last = [...dialog.querySelectorAll('button')].at(-1).getBoundingClientRect()
  const focused = document.activeElement.getBoundingClientRect()
  const seen = ({ top, bottom }) => top >= edge.top && bottom <= edge.bottom && bottom <= innerHeight
  return {
    scrolled: dialog.scrollTop, isTall: dialog.scrollHeight > dialog.clientHeight,
    heading: seen(heading), last: seen(last),
    focus: dialog.contains(document.activeElement) && seen(focused), wide: dialog.scrollWidth - dialog.clientWidth,
    kind: document.activeElement.localName }
}"""


def on_the_recording(page: Page) -> dict[str, Callable[[], object]]:
    def menu() -> None:
        page.locator(".asset-actions .menu > button").click()
        page.locator(".menu-list .danger").click()

    buttons = page.locator(".asset-actions > button")
    openers: dict[str, Callable[[], object]] = {
        f"the button {text}": lambda text=text: buttons.filter(has_text=text).click()  # type: ignore[misc]
        for text in buttons.all_inner_texts()
    }
    keys = page.get_by_role("button", name="Keyboard shortcuts")
    return {**openers, "the menu": menu, "the keys": keys.click}


@pytest.mark.parametrize(("width", "height"), [(360, 520), (1280, 400)])
def test_dialogs_begin_at_their_top_and_what_ends_them_is_in_reach(
    unread: dict[str, Any], open_page: OpenPage, width: int, height: int
) -> None:
    page = open_page(f"#/asset/{unread['id']}", width=width)
    page.set_viewport_size({"width": width, "height": height})
    expect(page.locator(".line").first).to_be_visible(timeout=20_000)
    page.wait_for_load_state("networkidle")
    tall = 0
    for name, opens in on_the_recording(page).items():
        opens()
        dialog = page.locator("dialog[open]")
        expect(dialog).to_be_visible()
        page.wait_for_load_state("networkidle")
        found = dialog.evaluate(STANDS)
        tall += found["isTall"]
        assert found["scrolled"] == 0, name
        assert found["heading"], name
        assert found["last"], name
        assert found["focus"], name
        assert found["wide"] <= 0, name
        assert found["kind"] in {"h2", "input", "select", "textarea"}, name
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
    assert tall, "some of them are taller than the screen"


LOOKS = """(kinds) => {
  const text = document.querySelector('.line-text')
  return kinds.map((kind) => {
    const word = document.createElement('span')
    word.className = `w ${kind}`
    word.textContent = 'word'
    text.append(word)
    const { backgroundColor, textDecorationLine, textDecorationStyle, outlineStyle } = getComputedStyle(word)
    word.remove()
    return [backgroundColor, textDecorationLine, textDecorationLine === 'none' ? '' : textDecorationStyle,
      outlineStyle].join(' ')
  })
}"""


def style(found: Locator, name: str, pseudo: str = "") -> str:
    return str(found.evaluate("(one, [name, pseudo]) => getComputedStyle(one, pseudo || null)[name]", [name, pseudo]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_a_colour_tells_is_told_where_the_system_chooses_the_colours(
    unread: dict[str, Any], open_page: OpenPage, scheme: str
) -> None:
    page = open_page(f"#/asset/{unread['id']}", forced_colors="active", color_scheme=scheme)
    expect(page.locator(".line").first).to_be_visible(timeout=20_000)
    kinds = ["", "said", "unsure", "confirmed", "hurtful", "learnt", "found", "found current"]
    looks = page.evaluate(LOOKS, kinds)
    assert len(set(looks)) == len(kinds), dict(zip(kinds, looks, strict=True))
    current, other = page.locator(".nav a[aria-current]"), page.locator(".nav a:not([aria-current])").first
    assert style(current, "borderBottomColor") != style(other, "borderBottomColor")
    captions, full = (page.get_by_role("button", name=name) for name in ("Captions", "Full screen"))
    expect(captions).to_have_attribute("aria-pressed", "true")
    assert style(captions, "backgroundColor") != style(full, "backgroundColor")
    assert style(full, "borderTopStyle") == "solid"
    progress = page.locator(".confirmed-share .progress")
    assert style(progress, "borderTopStyle") == "solid"
    assert style(progress, "forcedColorAdjust") == "none"
    surface = style(page.locator("body"), "backgroundColor")
    page.locator(".line").first.evaluate("(line) => line.classList.add('said-line')")
    assert style(page.locator(".line").first, "backgroundColor", "::before") != surface
    right = page.locator(".line-right")
    right.nth(1).click()
    expect(right.nth(1)).to_have_attribute("aria-pressed", "true")
    assert style(right.nth(1), "outlineStyle") != style(right.nth(2), "outlineStyle")
    right.nth(1).click()
    page.locator(".line-time").first.focus()
    page.keyboard.press("Tab")
    assert style(page.locator(":focus"), "outlineStyle") == "solid"
    for key in page.locator(".legend .key").all():
        assert style(key, "backgroundColor", "::before") != surface
    works_for_everybody(page, "forced colours")


def light(colour: str) -> float:
    """The relative luminance of an sRGB colour (WCAG 2.2)."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(some: str, other: str) -> float:
    high, low = sorted((light(some), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_a_recording_looks_the_same_whether_one_came_by_the_library_or_not(
    unread: dict[str, Any], open_page: OpenPage
) -> None:
    looks = []
    for address in (f"#/asset/{unread['id']}", "#/"):
        page = open_page(address, width=1600)
        if address == "#/":
            page.locator(f'.card a[href$="{unread["id"]}"]').first.click()
        page.get_by_role("button", name="Edit", exact=True).click()
        done = page.get_by_role("button", name="Done", exact=True)
        page.mouse.move(0, 0)
        looks.append(done.evaluate("(button) => getComputedStyle(button).backgroundColor"))
    assert looks[0] == looks[1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_quiet_buttons_look_like_buttons_and_are_large_enough(
    unread: dict[str, Any], open_page: OpenPage, scheme: str
) -> None:
    for touches in (False, True):
        options = {"has_touch": True, "is_mobile": True} if touches else {}
        page = open_page(f"#/asset/{unread['id']}", color_scheme=scheme, **options)
        expect(page.locator(".line").first).to_be_visible(timeout=20_000)
        quiet = page.locator(".button.quiet:visible")
        expect(quiet.nth(2)).to_be_visible()
        behind = style(page.locator("body"), "backgroundColor")
        for button in quiet.all():
            assert style(button, "borderTopStyle") == "solid"
            assert contrast(style(button, "borderTopColor"), behind) >= 3
            assert box(button)["height"] >= (44 if touches else 24)
            assert box(button)["width"] >= (44 if touches else 24)
        if not touches:
            button = page.locator(".find .button.quiet").first
            before = style(button, "backgroundColor")
            button.hover()
            assert style(button, "backgroundColor") != before
