"""All that is done with what was said, in each language of the pages, on a phone: nothing is cut off, nothing is left
untranslated, everything is large enough for a finger, and a screen reader finds its way.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from playwright.sync_api import Page, Route, StorageState, expect

from tests.harness.started import ROOT
from tests.local.serving import Serving
from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("quotes pages")
LANGUAGES = ("en", "fr", "ja", "ko", "zh")
SHOTS: Path | None = None
"""Where to leave pictures, for somebody to look at."""

SRT = b"1\n00:00:41,000 --> 00:00:42,000\nBuses are slow.\n"
SOMEBODY = "chiyo@example.com"
SAID = "Should the city make public transportation free?"


@dataclass(frozen=True)
class Made:
    """What there is to see: a recording with marks, a board, two links of which one has a password."""

    asset: dict[str, Any]
    board: str
    locked: str
    link: str
    stretch: str


@pytest.fixture(scope="module")
def made(server: Serving, unread: dict[str, Any]) -> Iterator[Made]:
    place = f"/assets/{unread['id']}"

    def create(path: str, **body: Any) -> dict[str, Any]:
        answer = server.api("POST", path, json=body)
        assert answer.status_code in {200, 201, 202}, answer.text
        return dict(answer.json())

    said = [word for line in server.api("GET", f"{place}/lines").json()["lines"] for word in line["words"]]
    stretch = {"start": said[0][0], "end": said[3][1]}
    marks = [
        create(f"{place}/marks", kind="quote", **stretch),
        create(f"{place}/marks", kind="comment", body="…", **stretch),
        create(f"{place}/marks", kind="comment", body="…", **stretch),
        create(f"{place}/marks", kind="highlight", colour="blue", start=said[5][0], end=said[7][1]),
    ]
    server.api("PATCH", f"{place}/marks/{marks[2]['id']}", json={"resolved": True})
    board = create("/boards", name="…")["id"]
    create(f"/boards/{board}/entries", asset=unread["id"], mark=marks[0]["id"])
    create(f"/boards/{board}/entries", note="…")
    create(f"{place}/people", address=SOMEBODY, role="commenter")
    create(f"{place}/translations", language="de")
    locked = create(f"{place}/shares", days=1, name="…", password="a long secret")
    link = create(f"{place}/shares", days=30, shows=["transcript", "media", "downloads"], tells_title=True)
    at = f"from={said[0][0]}&to={said[3][1]}"
    yield Made(unread, board, locked["token"], link["token"], at)
    for mark in marks:
        server.api("DELETE", f"{place}/marks/{mark['id']}")
    for share in (locked, link):
        server.api("DELETE", f"{place}/shares/{share['id']}")
    server.api("DELETE", f"/boards/{board}")
    for person in server.api("GET", f"{place}/people").json()["people"]:
        server.api("DELETE", f"{place}/people/{person['id']}")


@cache
def catalogue(language: str) -> Mapping[str, tuple[str, ...]]:
    """The texts of the pages by their keys, each in all its forms."""
    found: dict[str, tuple[str, ...]] = {}
    for path in (ROOT / "web" / "i18n").glob(f"*{language}.json"):
        for key, text in json.loads(path.read_text()).items():
            found[key] = (text,) if isinstance(text, str) else tuple(text.values())
    return found


def pattern(text: str) -> str:
    return re.sub(r"\\\{\w+\\\}", ".+", re.escape(text))


@cache
def foreign(language: str) -> re.Pattern[str]:
    """What a text is that stands there in English although there is another in the language."""
    own = {text for texts in catalogue(language).values() for text in texts}
    english = {text for texts in catalogue("en").values() for text in texts}
    with (ROOT / "chalicelib" / "letters" / "translations" / f"{language}.po").open("rb") as file:
        english |= {str(one.id) for one in read_po(file) if one.id and one.string and one.id != one.string}
    told = (text for text in english - own if re.search("[a-z]{2}.*[a-z]{2}", re.sub(r"\{\w+\}", "", text)))
    return re.compile("|".join(f"(?:{pattern(text)})" for text in told))


TEXTS = """(root) => {
  const seen = new Set()
  const walk = document.createTreeWalker(document.querySelector(root), NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) {
    const { data, parentElement } = walk.currentNode
    if (!parentElement.closest('.w, blockquote, q, bdi, .mark-body')) seen.add(data.trim())
  }
  for (const one of document.querySelectorAll(`${root} *`))
    for (const name of ['aria-label', 'title', 'placeholder', 'alt']) seen.add(one.getAttribute(name) ?? '')
  return [...seen].filter(Boolean)
}"""
"""What is to be read, and what a screen reader reads beside it: without what people have said and written."""

SMALL = """(root) => [...document.querySelectorAll(`${root} :is(button, select, summary, textarea, input)`)]
  .filter((one) => one.checkVisibility({ checkVisibilityCSS: true }))
  .filter((one) => !one.matches('[type=checkbox], [type=radio], [type=range]'))
  .filter((one) => !one.closest('.uppy-Root, .visually-hidden'))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([, { width, height }]) => width < 24 || height < 24)
  .map(([one, { width, height }]) => `${one.className} ${one.textContent.slice(0, 30)} ${width}×${height}`)"""
"""What is smaller than WCAG 2.2 allows (2.5.8)."""

OVER = """(root) => [...document.querySelectorAll(`${root} *`)]
  .filter((one) => one.checkVisibility() && !one.closest('.visually-hidden, .uppy-Root, .nav'))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([, { left, right, width }]) => width > 1 && (right > innerWidth + 1 || left < -1))
  .map(([one]) => `${one.localName}.${one.className} ${one.textContent.slice(0, 30)}`)"""
"""What stands out of the screen. The navigation scrolls."""

UNSEEN_FOCUS = """(root) => [...document.querySelectorAll(root)]
  .flatMap((one) => [...one.querySelectorAll('button, a[href], select, textarea, input, summary')])
  .filter((one) => one.checkVisibility({ checkVisibilityCSS: true }) && !one.disabled && !one.closest('.uppy-Root'))
  .filter((one) => {
    one.focus({ focusVisible: true, preventScroll: true })
    const { outlineStyle, outlineWidth } = getComputedStyle(one)
    return document.activeElement === one && (outlineStyle === 'none' || parseFloat(outlineWidth) < 2)
  })
  .map((one) => `${one.localName}.${one.className} ${one.textContent.slice(0, 30)}`)"""
"""Where nobody sees that the focus is there."""


class Reading:
    """Somebody with a phone, who goes from page to page in a language."""

    def __init__(self, page: Page, made: Made, language: str) -> None:
        self.page, self.made, self.language = page, made, language
        texts = catalogue(language)
        self.t: Callable[[str], str] = lambda key: texts[key][0]
        self.faults: list[object] = []

    def go(self, address: str, ready: str) -> None:
        self.page.evaluate("(address) => { location.hash = address }", address)
        self.page.locator(ready).first.wait_for()

    def press(self, key: str, within: str = "body") -> None:
        self.page.locator(within).last.get_by_role("button", name=self.t(key), exact=True).first.tap()

    def menu(self, key: str) -> None:
        self.page.locator(".asset-actions .menu > button").tap()
        self.press(key)

    def close(self) -> None:
        self.page.keyboard.press("Escape")
        expect(self.page.locator("dialog[open]")).to_have_count(0)

    def looks(self, name: str, ready: str, *, new: str | None = None, is_fleeting: bool = False) -> None:
        """Look at what is shown, once `ready` is there: at a dialog, or else at the whole page. Where only a part of it
        is `new`, the rest of a long page is not tried again for screen readers. What `is_fleeting` goes when the focus
        does.
        """
        page, where = self.page, f"{name} in {self.language}"
        page.locator(ready).first.wait_for()
        root = "dialog[open]" if page.locator("dialog[open]").count() else "body"
        if SHOTS:
            page.screenshot(path=SHOTS / f"{name}-{self.language}.png")
        texts = page.evaluate(TEXTS, root)
        found = [text for text in texts if catalogue("en").keys() & set(re.findall(r"[a-z0-9_.-]+\.[a-z0-9_-]+", text))]
        if self.language != "en":
            found += [text for text in texts if foreign(self.language).fullmatch(text)]
        found += page.evaluate(SMALL, root) + page.evaluate(OVER, root)
        if self.language == "en" and not is_fleeting:
            page.emulate_media(forced_colors="active")
            page.keyboard.press("Shift")  # whoever has pressed a key sees where the focus is
            found += page.evaluate(UNSEEN_FOCUS, root)
            page.emulate_media(forced_colors="none")
        if found:
            self.faults.append((where, found))
        works_for_everybody(page, where, new or root, is_quick=self.language != "en")


def words_are_taken(one: Reading) -> None:
    page = one.page
    one.go(f"#/asset/{one.made.asset['id']}", ".quotes .mark")
    one.looks("recording", ".quotes .mark", new=".quotes")
    word = page.locator(".line .w").first
    word.evaluate("(word) => word.scrollIntoView({ block: 'center' })")
    word.evaluate("(word) => getSelection().selectAllChildren(word)")
    one.looks("bar", ".chosen-bar", new=".chosen-bar", is_fleeting=True)
    one.press("quotes.take.comment", ".chosen-bar")
    one.looks("comment", "dialog textarea")
    one.close()
    one.press("quotes.add", ".quotes")
    one.looks("add to a board", "dialog select")
    one.close()
    one.press("quotes.delete", ".quotes")
    one.looks("delete", "dialog .danger")
    one.close()


def it_is_shared(one: Reading) -> None:
    page = one.page
    one.press("asset.share.button", ".asset-actions")
    one.looks("share", "dialog .links li")
    page.locator(".people .links .danger").last.tap()
    page.locator(".people + h3 ~ .links .button").first.tap()
    one.looks("share changed", "dialog .links form")
    one.close()
    one.menu("asset.log")
    one.looks("log", ".log li")
    one.close()


def captions_come_and_go(one: Reading) -> None:
    one.menu("asset.take-in")
    file = one.page.locator("dialog input[type=file]")
    file.set_input_files({"name": "….srt", "mimeType": "text/plain", "buffer": b"..."})
    one.looks("no captions", "dialog [role=alert]")
    file.set_input_files({"name": "….srt", "mimeType": "text/plain", "buffer": SRT})
    one.looks("captions", ".captions-facts")
    one.close()
    one.menu("asset.translations")
    one.looks("translations", ".translations li .button")
    one.close()
    one.press("asset.downloads.button", ".asset-actions")
    one.looks("downloads", "dialog .files li")
    one.close()


def a_link_leads_to_words(one: Reading) -> None:
    one.go(f"#/asset/{one.made.asset['id']}?{one.made.stretch}", ".linked")
    one.looks("linked", ".w.found.current", new=".linked")


def boards_are_made(one: Reading) -> None:
    one.go("#/boards", ".board-list")
    one.looks("boards", ".board-list")
    one.go(f"#/boards/{one.made.board}", ".board-entry")
    one.page.locator(".board-tools .menu > button").tap()
    one.looks("board", ".board-tools .menu-list", is_fleeting=True)
    one.page.keyboard.press("Escape")
    one.press("boards.note-add", ".board-entry >> nth=0")
    one.looks("note", ".writing textarea")
    one.press("boards.rename", ".board-tools")
    one.looks("rename", "dialog input")
    one.close()


def all_is_searched(one: Reading) -> None:
    one.go("#/search?q=city&speaker=nobody", ".empty")
    one.page.locator(".filter-more summary").tap()
    one.looks("search", ".filter-fields")


def a_file_is_fetched(one: Reading) -> None:
    one.go("#/upload", "#from-address")
    form = one.page.locator("section:has(#from-address)")
    form.locator("input[type=url]").fill("http://127.0.0.1/a.mp4")
    form.locator("input[type=checkbox]").tap()
    one.press("fetch.start", "section:has(#from-address)")
    one.looks("import", "section:has(#from-address) [role=alert]")


def others_share(one: Reading) -> None:
    page = one.page
    one.go("#/with-me", ".empty")
    one.looks("nothing with me", ".empty")
    shared = {"asset": {**one.made.asset, "role": "commenter"}, "by": SOMEBODY}
    hidden = {"id": "f" * 26, "by": SOMEBODY, "since": 1.0}
    page.route("**/api/me/shared*", lambda route: route.fulfill(json={"shared": [shared], "hidden": [hidden]}))
    page.route(f"**/api/assets/{one.made.asset['id']}", commenting)
    one.go("#/", ".card")
    one.go("#/with-me", ".card .chip.accent")
    one.looks("with me", ".card .chip.accent")
    one.go(f"#/asset/{one.made.asset['id']}", ".quotes .mark")
    one.looks("commenting", ".chip.accent", new=".asset-head")
    page.unroute_all()


def commenting(route: Route) -> None:
    route.fulfill(json={**route.fetch().json(), "role": "commenter"})


def the_library_is_asked(one: Reading) -> None:
    """Where a deployment has what knows about meaning, and what answers."""
    page, asset = one.page, one.made.asset
    words = {"start": 0.1, "end": 1.2, "text": SAID}
    quote = {**words, "asset": asset["id"], "title": SAID, "speakers": ["spk_0"], "renditions": ["web", "audio"]}
    quote |= {"language": "en", "is_confirmed": False, "is_corrected": True}
    line = {"id": "0" * 21, "question": SAID, "state": "answered", "asked_at": 1.0, "count": 1}
    answer = {**line, "quotes": [quote], "looked": 8, "of": 214, "usd": 0.0031, "expires_at": 2.0}
    nobody = {**answer, "id": "1" * 21, "quotes": [], "count": 0}
    gone = {**nobody, "id": "2" * 21, "gone": 2}
    passage = {**words, "track": "transcript", "speaker": "spk_0"}
    near = [
        {"asset": {**asset, "id": str(at) * 27, "title": SAID}, "passages": [{**passage, "closeness": closeness}]}
        for at, closeness in enumerate(("close", "near", "far"))
    ]

    def answers(address: str, told: dict[str, Any]) -> None:
        page.route(address, lambda route: route.fulfill(json=told))

    has = {"answers": True, "meaning": True}
    page.route("**/api/config", lambda route: route.fulfill(json={**route.fetch().json(), **has}))
    answers("**/api/questions", {"questions": [line], "left": 49, "usd": 0.0042})
    answers(f"**/api/questions/{'0' * 21}", answer)
    answers(f"**/api/questions/{'1' * 21}", nobody)
    answers(f"**/api/questions/{'2' * 21}", gone)
    answers("**/api/search/meaning*", {"hits": near, "is_being_made": True})
    page.evaluate("(id) => { location.hash = `#/ask?question=${id}` }", answer["id"])
    page.reload()
    one.looks("answer", ".answer-quote")
    one.go(f"#/ask?question={nobody['id']}", ".empty")
    one.looks("nobody", ".empty", new=".answer")
    page.evaluate("(id) => { location.hash = `#/ask?question=${id}` }", gone["id"])
    page.locator(".empty").get_by_text(one.t("ask.gone-title")).wait_for()
    one.looks("gone", ".empty", new=".answer")
    one.go("#/search?q=city&by=meaning", ".far-from-here")
    one.looks("meaning", ".far-from-here")
    page.unroute_all()


def strangers_follow_links(one: Reading) -> None:
    one.go(f"#/shared/{one.made.locked}", ".locked input")
    one.page.locator(".locked input").first.fill("something else")
    one.press("links.open", ".locked")
    one.looks("locked", ".locked .problem, .locked [aria-invalid=true]")
    one.go(f"#/shared/{one.made.link}", ".files a")
    one.looks("shared", ".line", new=".asset-head")


ALL: tuple[Callable[[Reading], None], ...] = (
    words_are_taken,
    it_is_shared,
    captions_come_and_go,
    a_link_leads_to_words,
    boards_are_made,
    all_is_searched,
    a_file_is_fetched,
    others_share,
    the_library_is_asked,
    strangers_follow_links,
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_said_and_fits_on_a_phone_in_each_language(
    made: Made, open_page: OpenPage, signed_in: StorageState, server: Serving, language: str
) -> None:
    state: Any = json.loads(json.dumps(signed_in))
    state["origins"][0]["localStorage"].append({"name": "rapporteur.language", "value": language})
    page = open_page("#/", width=360, has_touch=True, is_mobile=True, storage_state=state, locale=language)
    page.locator(".card").first.wait_for()
    one = Reading(page, made, language)
    for does in ALL:
        does(one)
    assert one.faults == []


@pytest.mark.parametrize("path", sorted((ROOT / "web" / "i18n").glob("*.json")), ids=lambda path: path.stem)
def test_no_text_stands_twice_in_a_catalogue(path: Path) -> None:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        assert [key for key in keys if keys.count(key) > 1] == [], "the later one hides the other"
        return dict(pairs)

    json.loads(path.read_text(), object_pairs_hook=once)
