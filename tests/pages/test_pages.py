"""The pages, as people use them: in a real browser, over a real server."""

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.numbers import format_percent
from playwright.sync_api import Page, Request, Route, expect

from tests.harness.media import ffmpeg
from tests.harness.started import ROOT
from tests.local.serving import EMAIL, PASSWORD, Serving, until
from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("pages")  # one server for all of them
MB = 1024**2
HOSTILE = '<img src=x onerror="alert(1)"> & </script><script>alert(2)</script>'


def lines(page: Page) -> Any:
    return page.locator(".transcript .line-text")


def wait_until(page: Page, condition: str) -> None:
    """Playwright's own way evaluates text in the page, which the pages' policy forbids."""
    until(lambda: page.evaluate(condition), bool, 20)


def test_a_recording_is_uploaded_by_the_page_and_read_along_with(
    server: Serving, recording: Path, open_page: OpenPage
) -> None:
    page = open_page("#/upload")
    page.locator("input[type=file]").first.set_input_files(recording)
    page.get_by_label("Title").fill(HOSTILE)
    page.get_by_role("button", name=re.compile("Upload 1 file|Start")).click()
    link = page.get_by_role("link", name=HOSTILE)
    link.wait_for(timeout=60_000)
    link.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("<img src=x")
    expect(lines(page).first).to_contain_text("welcome", timeout=120_000)
    expect(page.get_by_role("heading", name="Summary")).to_be_visible(timeout=120_000)
    assert page.locator("img[src=x]").count() == 0
    (asset_id,) = re.findall(r"#/asset/(\w+)", page.url)
    assert server.completed(asset_id, 120)["title"] == HOSTILE
    page.reload()
    page.locator("video").wait_for(state="attached")
    cues = "() => document.querySelector('video').textTracks[0]?.cues?.length ?? 0"
    page.evaluate("() => { for (const track of document.querySelector('video').textTracks) track.mode = 'showing' }")
    wait_until(page, f"() => ({cues})() > 10")
    page.locator(".line-text .w").nth(12).click()
    wait_until(page, "() => document.querySelector('video').currentTime > 1")
    page.get_by_role("button", name="Play").first.click()
    wait_until(page, "() => !document.querySelector('video').paused")
    wait_until(page, "() => document.querySelector('.w.said') !== null")


def test_a_correction_is_kept_and_captions_are_made_anew(
    server: Serving, debate: dict[str, Any], open_page: OpenPage
) -> None:
    address = f"#/asset/{debate['id']}"
    page = open_page(address)
    page.get_by_role("button", name="Edit", exact=True).click()
    first = lines(page).first
    first.click()
    page.keyboard.press("End")
    page.keyboard.type(" Corrected & <b>kept</b>.")
    until(lambda: server.asset(debate["id"]), lambda asset: asset["edition"] >= 1, 20)
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()  # as long as the page has not heard, it warns
    page.reload()
    expect(lines(page).first).to_contain_text("Corrected & <b>kept</b>.")
    vtt = server.api("GET", f"/assets/{debate['id']}/transcript.vtt").text
    assert "Corrected" in vtt
    assert "<b>kept" not in vtt


AS_TYPED = [
    "« Oui\u202f!  »",
    "שלום, world! 12",
    "— … ?!",
    "東京　大阪 名古屋",
    "👩\u200d🚀 می\u200cخواهم",
    "Good day.",
]
CONVERTED = """(field) => {
  field.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true, data: '変換' }))
  const enter = { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true }
  field.dispatchEvent(new KeyboardEvent('keydown', enter))
}"""
"""What Safari sends for the Enter that ends a conversion."""


def heard(server: Serving, asset: dict[str, Any]) -> list[str]:
    """The texts of an asset's lines, as they are saved."""
    told = server.api("GET", f"/assets/{asset['id']}/lines").json()["lines"]
    return ["".join(space + text for _, _, text, _, space in line["words"]) for line in told]


@pytest.fixture
def written(server: Serving, debate: dict[str, Any]) -> Iterator[Callable[[list[str]], None]]:
    """Writes the lines of the debate anew; afterwards they are as they were."""

    def write(texts: list[str]) -> None:
        body = {"edition": server.asset(debate["id"])["edition"], "lines": [{"text": text} for text in texts]}
        answer = server.api("PUT", f"/assets/{debate['id']}/transcript", json=body)
        assert answer.status_code == 200, answer.text
        assert heard(server, debate) == texts

    before = heard(server, debate)
    yield write
    write(before)


def test_a_line_is_shown_and_edited_as_it_was_typed_and_runs_its_own_way(
    server: Serving, debate: dict[str, Any], written: Callable[[list[str]], None], open_page: OpenPage
) -> None:
    written(AS_TYPED)
    page = open_page(f"#/asset/{debate['id']}")
    ways = "(all) => all.map((one) => [one.textContent, getComputedStyle(one).direction])"
    expected = [[text, "rtl" if re.search("[א-ی]", text) else "ltr"] for text in AS_TYPED]
    for name in ("Edit", "Done"):
        expect(lines(page)).to_have_count(len(AS_TYPED))
        assert lines(page).evaluate_all(ways) == expected
        page.get_by_role("button", name=name, exact=True).click()
    page.get_by_role("button", name="Edit", exact=True).click()
    last = lines(page).last
    last.click()
    page.keyboard.press("End")
    page.keyboard.insert_text("\u00a0»  (« שלום »)")
    until(lambda: server.api("GET", f"/assets/{debate['id']}/transcript.txt").text, lambda txt: "(« שלום »)" in txt, 20)
    txt = server.api("GET", f"/assets/{debate['id']}/transcript.txt").text
    assert "Good day.\u00a0»  (« שלום »)" in txt

    last.evaluate(CONVERTED)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    last.evaluate(CONVERTED)
    expect(lines(page)).to_have_count(len(AS_TYPED))
    page.keyboard.press("Enter")
    expect(lines(page)).to_have_count(len(AS_TYPED) + 1)
    page.keyboard.press("Backspace")
    page.get_by_role("button", name="Done", exact=True).click()
    for button, field in (("Change the title", "Title"), ("Add tags", "Add tags")):
        page.get_by_role("button", name=button).click()
        text = page.get_by_role("textbox", name=field)
        text.fill("にほ")
        text.evaluate(CONVERTED)
        expect(text).to_have_value("にほ")
        text.press("Escape")
    assert server.asset(debate["id"])["tags"] == []


class Typist:
    """Types into the lines of a page's transcript: with keys, and as input methods, other keyboards and a mouse do."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.devtools = page.context.new_cdp_session(page)

    def caret(self, line: int, start: int, end: int | None = None) -> None:
        """Puts the caret before the character `start` of a line; with `end`, selects up to there."""
        select = "(p, [from, to]) => (p.focus(), getSelection().setBaseAndExtent(p.firstChild, from, p.firstChild, to))"
        lines(self.page).nth(line).evaluate(select, [start, start if end is None else end])

    def composes(self, text: str) -> None:
        place = {"selectionStart": len(text), "selectionEnd": len(text)}
        self.devtools.send("Input.imeSetComposition", {"text": text, **place})

    def commits(self, text: str) -> None:
        self.devtools.send("Input.insertText", {"text": text})

    def drops(self, text: str, line: int) -> None:
        """At the end of a line."""
        box = lines(self.page).nth(line).bounding_box()
        assert box is not None
        data = {"items": [{"mimeType": "text/plain", "data": text}], "dragOperationsMask": 1}
        place = {"x": box["x"] + box["width"] - 8, "y": box["y"] + box["height"] / 2}
        for step in ("dragEnter", "dragOver", "drop"):
            self.devtools.send("Input.dispatchDragEvent", {"type": step, "data": data, **place})

    def runs(self, command: str, text: str = "") -> None:
        """An editing command of the browser's own menu, or of a program that types for somebody."""
        self.page.evaluate("([name, text]) => document.execCommand(name, false, text)", [command, text])


def test_what_is_composed_is_kept_and_saved_whatever_happens_meanwhile(
    server: Serving, debate: dict[str, Any], written: Callable[[list[str]], None], open_page: OpenPage
) -> None:
    written(["One.", "Two.", "Three.", "Four.", "Five.", "Six."])
    page = open_page(f"#/asset/{debate['id']}")
    page.get_by_role("button", name="Edit", exact=True).click()
    typist = Typist(page)

    def while_composing(line: int, happens: Callable[[], object]) -> None:
        typist.caret(line, 0)
        page.keyboard.type("a ")
        typist.composes("にほん")
        happens()
        typist.commits("日本")
        page.keyboard.type(" b ")

    while_composing(0, lambda: page.keyboard.press("ControlOrMeta+z"))
    while_composing(1, lambda: page.evaluate("() => window.dispatchEvent(new Event('language'))"))
    while_composing(2, lambda: (page.set_viewport_size({"width": 700, "height": 800}), page.wait_for_timeout(100)))
    typist.caret(3, 0)
    page.keyboard.type("a ")
    saved = server.asset(debate["id"])["edition"]
    typist.composes("にほん")
    with page.expect_response(lambda answer: "/lines" in answer.url):  # a save, then the times that it made
        until(lambda: server.asset(debate["id"]), lambda asset: asset["edition"] > saved, 20)
    typist.commits("日本")
    page.keyboard.type(" b ")
    typist.caret(4, 0)
    page.keyboard.type("a ")
    typist.composes("にほん")
    page.evaluate(
        "() => document.querySelector('.transcript [aria-pressed=true]').click()"
    )  # as Safari: the focus stays
    page.get_by_role("button", name="Edit", exact=True).click()
    typist.caret(5, 0)
    typist.composes("にほん")
    typist.runs("undo")
    page.keyboard.type("c ")
    kept = [f"a 日本 b {number}" for number in ("One.", "Two.", "Three.", "Four.")] + ["a にほんFive."]
    expect(lines(page)).to_have_text([*kept, re.compile("c ")])
    assert lines(page).all_inner_texts()[:5] == kept
    shown = lines(page).all_inner_texts()
    page.keyboard.press("ControlOrMeta+s")
    until(lambda: heard(server, debate), shown.__eq__, 20)


def test_a_line_has_no_breaks_however_they_came_and_enter_divides_it_in_place_of_what_is_selected(
    server: Serving, debate: dict[str, Any], written: Callable[[list[str]], None], open_page: OpenPage
) -> None:
    written(["One two three.", "Four five.", "Six.", "Seven."])
    page = open_page(f"#/asset/{debate['id']}")
    page.get_by_role("button", name="Edit", exact=True).click()
    typist = Typist(page)
    typist.drops(" dropped\nin\r\n\r\nlines", 3)
    page.keyboard.type("!")
    typist.caret(2, 3)
    typist.runs("insertText", " typed\nfor somebody")
    page.keyboard.type("!")
    typist.caret(1, 5)
    typist.runs("insertLineBreak")
    page.keyboard.type("and ")
    typist.caret(0, 8)
    typist.runs("insertParagraph")
    page.keyboard.type("and ")
    typist.caret(0, 3, 7)
    page.keyboard.press("Enter")
    page.keyboard.press("ControlOrMeta+z")
    expect(lines(page).first).to_have_text("One two")
    typist.caret(0, 3, 7)
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("2")
    typist.caret(0, 0)
    page.keyboard.press("Enter")
    page.keyboard.type("* ")
    expected = ["* One", "2", "and three.", "Four", "and five."]
    expected += ["Six typed for somebody!.", "Seven. dropped in lines!"]
    assert lines(page).all_inner_texts() == expected
    page.keyboard.press("ControlOrMeta+s")
    until(lambda: heard(server, debate), expected.__eq__, 20)


def test_tags_beyond_the_most_are_told_of_and_a_name_that_nobody_sees_is_none(
    server: Serving, debate: dict[str, Any], written: Callable[[list[str]], None], open_page: OpenPage
) -> None:
    written(["One."])
    page = open_page(f"#/asset/{debate['id']}")
    page.get_by_role("button", name="Add tags").click()
    field = page.get_by_role("textbox", name="Add tags")
    field.fill(", ".join(f"tag {number}" for number in range(1, 33)) + ", \u200b")
    field.press("Enter")
    expect(page.locator(".toast")).to_contain_text("A recording can have 30 tags: 2 were not added.")
    expect(page.locator(".tag-remove")).to_have_count(30)
    expect(field).to_have_value("tag 31, tag 32")
    expect(field).to_be_focused()
    kept = until(lambda: server.asset(debate["id"])["tags"], len, 20)
    assert kept == [f"tag {number}" for number in range(1, 31)]
    field.fill("")
    server.api("PATCH", f"/assets/{debate['id']}", json={"tags": []})

    page.get_by_role("button", name="Edit", exact=True).click()
    lines(page).first.press("Alt+k")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Who speaks").select_option("Somebody new…")
    change = dialog.get_by_role("button", name="Change")
    for name, is_one in (("\u200b\u3164", False), ("\u200bAnn", True)):
        dialog.get_by_label("Name").fill(name)
        expect(change).to_be_enabled(enabled=is_one)
    change.click()
    expect(page.locator(".line-head")).to_have_text("Ann")


def test_a_transcript_that_was_emptied_or_never_heard_is_written_by_hand(
    server: Serving, debate: dict[str, Any], written: Callable[[list[str]], None], open_page: OpenPage
) -> None:
    path = f"/assets/{debate['id']}/transcript.txt"

    def saved(text: str) -> None:
        page.keyboard.press("ControlOrMeta+s")
        until(lambda: server.api("GET", path).text.partition("] ")[2], (text and f"{text}\n").__eq__, 20)

    written(["A memo of one line."])
    page = open_page(f"#/asset/{debate['id']}")
    page.get_by_role("button", name="Edit", exact=True).click()
    lines(page).first.click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Backspace")
    page.keyboard.press("ControlOrMeta+z")
    expect(lines(page)).to_have_text("A memo of one line.")
    for text in ("What I really said", ""):
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.press("Backspace")
        expect(lines(page)).to_be_focused()
        page.keyboard.type(text)
        saved(text)

    def silent(route: Route) -> None:
        told = route.fetch().json()
        speech = {"status": "skipped", "error": {"code": "no-sound", "message": "The recording has no sound."}}
        route.fulfill(json={**told, "branches": {**told["branches"], "speech": speech}})

    page.route(f"**/api/assets/{debate['id']}", silent)  # as of a film without sound
    page.reload()
    page.get_by_role("button", name="Write it by hand").click()
    expect(lines(page)).to_be_focused()
    page.keyboard.type("— By")
    page.keyboard.press("Enter")
    page.keyboard.type("hand")
    saved("— By hand")
    page.reload()
    expect(lines(page)).to_have_text(["— By", "hand"])


def test_the_page_tells_the_shares_of_mood_that_the_api_and_the_mail_tell(
    server: Serving, debate: dict[str, Any], open_page: OpenPage
) -> None:
    score = server.api("GET", f"/assets/{debate['id']}/analysis").json()["score"]
    legend = open_page(f"#/asset/{debate['id']}").locator(".legend li")
    expect(legend).to_have_count(4)
    shown = {name.lower(): share for name, share in (text.split() for text in legend.all_inner_texts())}
    assert shown == {mood: format_percent(share, locale="en") for mood, share in score.items()}


def test_a_summary_is_shown_where_no_engine_knows_the_language(
    server: Serving, debate: dict[str, Any], open_page: OpenPage
) -> None:
    reason = "Nothing here reads Elvish."
    found = server.api("GET", f"/assets/{debate['id']}/analysis").json()

    def skipped(route: Route) -> None:
        told = route.fetch().json()
        error = {"code": "language-not-supported", "message": reason}
        route.fulfill(
            json={**told, "branches": {**told["branches"], "language": {"status": "skipped", "error": error}}}
        )

    def summary_alone(route: Route) -> None:
        parts = {name: found[name] for name in ("summary", "language", "sentences", "chapters", "actions")}
        nothing: dict[str, Any] = {"segments": [], "key_phrases": [], "talk_time": {}, "speaker_moods": {}, "notes": []}
        route.fulfill(json=parts | nothing)

    page = open_page("#/upload")
    page.route(f"**/api/assets/{debate['id']}", skipped)
    page.route("**/api/assets/*/analysis", summary_alone)
    page.goto(page.url.partition("#")[0] + f"?alone#/asset/{debate['id']}")
    expect(page.locator(".summary")).to_contain_text(found["sentences"][0]["text"])
    expect(page.get_by_text(reason).first).to_be_visible()
    expect(page.locator(".legend li")).to_have_count(0)
    works_for_everybody(page, "a summary alone")


def test_another_track_of_sound_is_chosen_on_the_page(server: Serving, tmp_path: Path, open_page: OpenPage) -> None:
    tones = [["-f", "lavfi", "-i", f"sine=frequency={pitch}:duration=2"] for pitch in (300, 400)]
    marks = ["-metadata:s:a:1", "language=fre", "-metadata:s:a:1", f"title={HOSTILE}"]
    ffmpeg(*tones[0], *tones[1], "-map", "0", "-map", "1", *marks, tmp_path / "film.mkv")
    asset_id = server.upload(tmp_path / "film.mkv", presets=["audio"])
    server.completed(asset_id, 120)
    page = open_page(f"#/asset/{asset_id}")
    page.locator(".asset-actions").get_by_role("button", name="More actions").click()
    page.get_by_role("button", name="Transcribe again").click()
    dialog = page.get_by_role("dialog")
    field = dialog.get_by_label("Sound track")
    expect(field.locator("option")).to_have_text(["Track 1", f"Track 2 · French · {HOSTILE[:60]}"])
    field.select_option("2")
    expect(dialog).to_contain_text("Expected cost: $0.")
    works_for_everybody(page, "the dialog")
    dialog.get_by_role("button", name="Transcribe again").click()
    expect(dialog).to_have_count(0)
    again = until(
        lambda: server.asset(asset_id), lambda asset: (asset["version"], asset["status"]) == (2, "completed"), 120
    )
    assert [track["is_heard"] for track in again["sound_tracks"]] == [False, True]
    page.get_by_role("heading", name="Details").click()
    expect(page.get_by_text("Track 2 · French", exact=False).first).to_be_visible(timeout=20_000)
    assert page.locator("img[src=x]").count() == 0


def test_an_interrupted_upload_goes_on_where_it_was(
    server: Serving, recording: Path, open_page: OpenPage, tmp_path: Path
) -> None:
    """A recording of over 100 MB: a small one, and at its end an empty box, which players skip (ISO/IEC 14496-12)."""
    large = tmp_path / "long debate.mp4"
    padding = 110 * MB
    with large.open("wb") as file:
        file.write(recording.read_bytes())
        file.write(padding.to_bytes(4, "big") + b"free")
        file.truncate(recording.stat().st_size + padding)
    page = open_page("#/upload")
    arrived: list[str] = []
    page.on("requestfinished", lambda asked: arrived.append(asked.url) if "partNumber=" in asked.url else None)
    lost: Counter[str] = Counter()
    # Chromium itself loses them: what Playwright holds up to lose goes through it whole, all 110 MB.
    network = page.context.new_cdp_session(page)
    losing = {"partNumber=3": "*partNumber=3&*", "partNumber=6": "*partNumber=6&*", "complete": "*/upload/complete"}
    network.send("Network.enable")
    network.send("Network.setBlockedURLs", {"urls": [*losing.values()]})

    def lose_twice(request: Request) -> None:
        what = re.sub(r".*(partNumber=\d+|complete$).*", r"\1", request.url.partition("&Sig")[0])
        if what not in losing:  # the picture of a film that is shown no more
            return
        lost[what] += 1
        if lost[what] == 2:
            del losing[what]
            network.send("Network.setBlockedURLs", {"urls": [*losing.values()]})

    page.on("requestfailed", lose_twice)
    page.locator("input[type=file]").first.set_input_files(large)
    page.get_by_role("button", name=re.compile("Upload 1 file|Start")).click()
    page.get_by_role("link", name="long debate.mp4").wait_for(timeout=90_000)
    assert lost == {"partNumber=3": 2, "partNumber=6": 2, "complete": 2}
    numbers = sorted(int(re.findall(r"partNumber=(\d+)", url)[0]) for url in arrived)
    assert numbers == [1, 2, 3, 4, 5, 6, 7], "what had arrived was not sent again"
    (found,) = [a for a in server.api("GET", "/assets").json()["assets"] if a["file_name"] == large.name]
    assert server.completed(found["id"], 120)["size"] == large.stat().st_size


def test_a_link_is_made_by_the_page_and_read_by_somebody_without_an_account(
    server: Serving, debate: dict[str, Any], open_page: OpenPage
) -> None:
    made = server.api("POST", f"/assets/{debate['id']}/shares", json={"days": 1}).json()
    page = open_page(f"#/shared/{made['token']}", is_stranger=True)
    expect(lines(page).first).to_contain_text("welcome")
    expect(page.get_by_role("button", name="Edit", exact=True)).to_have_count(0)
    wait_until(page, "() => document.querySelector('video').readyState >= 1")
    server.api("DELETE", f"/assets/{debate['id']}/shares/{made['id']}")
    page.reload()
    expect(page.get_by_role("main")).to_contain_text("link")
    expect(lines(page)).to_have_count(0)


def test_what_was_said_is_found_and_led_to(debate: dict[str, Any], open_page: OpenPage) -> None:
    page = open_page("#/")
    page.get_by_label("Search what was said, seen or written").fill("passengers")
    page.keyboard.press("Enter")
    expect(page.locator("mark").first).to_have_text(re.compile("passengers", re.I))
    page.get_by_role("main").locator("a[href*='?t=']").first.click()
    expect(page).to_have_url(re.compile(r"#/asset/\w+\?t="))
    expect(lines(page).first).to_be_visible()


BROKEN = (
    "#/asset/%",
    "#/asset/%e2",
    "#/asset/.",
    "#/asset/%2e%2e",
    "#/asset/no-id",
    "#/shared/%zz",
    "#/shared/..",
    "#/no/such/place",
)


def test_a_broken_address_leads_to_a_page_that_says_so(open_page: OpenPage) -> None:
    page = open_page("#/")
    title = page.get_by_role("heading", level=1)
    for address in BROKEN:
        page.evaluate("() => { location.hash = '#/' }")
        expect(title).to_have_text("Library")
        page.evaluate("(address) => { location.hash = address }", address)  # as if clicked: nothing is loaded
        expect(title, address).to_have_text("There is no such page")
        page.reload()
        expect(title, address).to_have_text("There is no such page")


def test_the_page_takes_what_the_api_takes_and_nothing_else(
    server: Serving, open_page: OpenPage, tmp_path: Path
) -> None:
    endings = server.api("GET", "/config").json()["endings"]
    page = open_page("#/upload")
    chooser = page.locator("input[type=file]").first
    assert (chooser.get_attribute("accept") or "").split(", ") == [f".{ending}" for ending in endings]
    one, other = tmp_path / "one", tmp_path / "other"
    chosen = [one / "talk.wav", other / "talk.wav", one / "TALK.MTS ", one / "talk.docx", other / "empty.mp4"]
    for path in chosen:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"" if path.stem == "empty" else path.parent.name[:1].encode())
        os.utime(path, (1_800_000_000, 1_800_000_000))
    chooser.set_input_files(chosen)
    refused = page.get_by_role("alert").get_by_role("listitem")
    expect(refused).to_have_count(2)
    expect(refused.filter(has_text="talk.docx")).to_contain_text("This kind of file cannot be used. Choose")
    expect(refused.filter(has_text="empty.mp4")).to_contain_text("It is empty. Check")
    expect(page.get_by_role("button", name="Upload 3 files", exact=True)).to_be_visible()
    page.get_by_role("button", name="Upload 3 files", exact=True).click()
    expect(page.locator(".sent li")).to_have_count(3)
    expect(refused).to_have_count(0)
    assert server.api("POST", "/assets", json={"file_name": "talk.docx", "size": 9}).status_code == 400


def test_no_more_can_be_searched_for_than_the_api_looks_for(server: Serving, open_page: OpenPage) -> None:
    limits = server.api("GET", "/config").json()["limits"]
    page = open_page("#/search?q=passengers")
    field = page.get_by_label("Search what was said, seen or written")
    field.fill("p")
    page.keyboard.press("Enter")
    field.fill(" p ")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q=passengers$"))
    field.fill("")
    field.press_sequentially("p" * (limits["search_to"] + 5), delay=0)
    assert field.input_value() == "p" * limits["search_to"]
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    assert server.api("GET", f"/search?q={'p' * (limits['search_to'] + 1)}").status_code == 400


def test_more_of_a_list_that_comes_after_the_filter_has_changed_is_dropped(open_page: OpenPage) -> None:
    held: list[Route] = []

    def asset(number: int, title: str) -> dict[str, Any]:
        made = {"id": f"{number:027}", "file_name": "a.mp4", "title": title, "tags": [], "status": "failed"}
        return {**made, "version": 1, "edition": 0, "created_at": 0, "branches": {}, "renditions": [], "notes": []}

    def answer(route: Route) -> None:
        if "after=" in route.request.url:
            held.append(route)
        elif "text=" in route.request.url:
            route.fulfill(json={"assets": [asset(3, "The one looked for")]})
        else:
            route.fulfill(json={"assets": [asset(1, "The first of all")], "next": f"{1:027}"})

    page = open_page("#/upload")
    page.route(re.compile(r"/api/assets\?"), answer)
    page.evaluate("() => { location.hash = '#/' }")
    titles = page.locator(".card h2")
    expect(titles).to_have_text(["The first of all"])
    page.get_by_role("button", name="Load more").click()
    until(lambda: page.evaluate("() => 0") or held, bool, 20)
    page.get_by_label("Filter by title").fill("looked for")
    expect(titles).to_have_text(["The one looked for"])
    with page.expect_response(re.compile("after=")):
        held[0].fulfill(json={"assets": [asset(2, "Too late")]})
    page.wait_for_timeout(200)
    expect(titles).to_have_text(["The one looked for"])
    expect(page.get_by_role("button", name="Load more")).to_have_count(0)


@pytest.mark.parametrize("width", [360, 1280])
def test_a_voice_is_remembered_with_somebodys_word_suggested_and_forgotten(
    debate: dict[str, Any], open_page: OpenPage, width: int
) -> None:
    kept: list[dict[str, Any]] = []

    def config(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "voices": True})

    def lines_of_two(route: Route) -> None:
        told = route.fetch().json()
        for number, line in enumerate(told["lines"]):
            line["speaker"] = f"spk_{number % 2}"
        route.fulfill(json={**told, "speakers": ["spk_0", "spk_1"]})

    def of_the_recording(route: Route) -> None:
        if route.request.method == "POST":
            wanted = route.request.post_data_json
            kept.append({**wanted, "id": "v1", "created_at": 1.8e9, "ends_at": 1.9e9})
            return route.fulfill(status=201, json=kept[-1])
        likely = (
            [{"speaker": "spk_1", "voice": "v1", "name": HOSTILE, "alike": 0.8, "is_very_likely": True}] if kept else []
        )
        return route.fulfill(json={"speakers": ["spk_0", "spk_1"], "suggestions": likely})

    def of_the_account(route: Route) -> None:
        if route.request.method == "DELETE":
            kept.clear()
            return route.fulfill(status=204)
        return route.fulfill(json={"voices": kept})

    page = open_page("#/upload", width=width)
    page.route("**/api/config", config)
    page.route("**/api/assets/*/lines*", lines_of_two)
    page.route("**/api/assets/*/voices", of_the_recording)
    page.route("**/api/me/voices*", of_the_account)
    page.route("**/api/me/voices/*", of_the_account)
    page.goto(page.url.partition("#")[0] + f"?voices#/asset/{debate['id']}")
    page.get_by_role("button", name="Remember the voice of Speaker 1").click()
    dialog = page.get_by_role("dialog")
    confirm = dialog.get_by_role("button", name="Remember this voice")
    dialog.get_by_label("Name").fill(HOSTILE)
    dialog.get_by_label("Agreed on").fill("2026-11-20")
    dialog.get_by_label("How they agreed").fill("by e-mail")
    expect(confirm).to_be_disabled()
    dialog.get_by_label("The speaker has agreed").check()
    works_for_everybody(page, "remembering a voice")
    confirm.click()
    expect(page.get_by_text(f"Very likely {HOSTILE}, by the voice.")).to_be_visible()
    assert [(voice["speaker"], voice["name"], voice["agreed_on"]) for voice in kept] == [
        ("spk_0", HOSTILE, "2026-11-20")
    ]
    works_for_everybody(page, "a voice that is suggested")
    page.get_by_role("button", name=f"Name it {HOSTILE}").click()
    expect(page.locator(".speakers .speaker-name").nth(1)).to_have_text(HOSTILE)
    page.get_by_role("link", name="Settings").first.click()
    page.get_by_role("button", name=f"Forget the voice of {HOSTILE}").click()
    works_for_everybody(page, "forgetting a voice")
    page.get_by_role("dialog").get_by_role("button", name="Forget").click()
    expect(page.get_by_text("No voices are remembered.")).to_be_visible()
    page.unroute_all(behavior="ignoreErrors")  # the exact times of what was saved may be on their way


PAGES = ("#/", "#/upload", "#/search?q=city", "#/settings", "#/lexicon", "#/admin", "#/admin/models", "#/asset/{id}")


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1600, "light")])
def test_every_page_works_for_everybody(debate: dict[str, Any], open_page: OpenPage, width: int, scheme: str) -> None:
    page = open_page("#/", width=width, color_scheme=scheme)
    for address in PAGES:
        page.goto(page.url.partition("#")[0] + address.format(**debate))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        works_for_everybody(page, address)


def test_somebody_makes_an_account_with_the_code_from_their_mail(server: Serving, open_page: OpenPage) -> None:
    page = open_page("#/sign-in", is_stranger=True)
    page.get_by_role("button", name="Create an account").click()
    page.locator("input[type=email]").fill("ada@example.org")
    page.locator("input[type=password]").first.fill("Correct-horse-9")
    before = server.mails()
    page.keyboard.press("Enter")
    code = server.code(before)
    full_width = "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in code)
    page.get_by_label(re.compile("code", re.I)).fill(f" {full_width[:3]}\u3000{full_width[3:]}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text(re.compile("upload", re.I))


def test_who_signs_up_in_french_stays_french_and_gets_mail_by_their_own_clock(
    server: Serving, open_page: OpenPage
) -> None:
    page = open_page("#/sign-in", is_stranger=True, locale="fr-FR", timezone_id="Europe/Paris")
    page.get_by_role("button", name="Créer un compte").click()
    before = server.mails()
    page.locator("input[type=email]").fill("zoe@example.org")
    page.locator("input[type=password]").first.fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label(re.compile("code", re.I)).fill(server.code(before))
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Réglages")).to_be_visible()
    ours = server.tokens
    try:
        assert server.sign_in("zoe@example.org").status_code == 200
        me = until(lambda: server.api("GET", "/me").json(), lambda me: me["is_localized"], 20)
    finally:
        server.tokens = ours
    assert (me["language"], me["time_zone"]) == ("fr", "Europe/Paris")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", re.compile("^fr"))


@pytest.mark.parametrize("language", ["fr", "ko", "ja", "zh"])
def test_pages_speak_the_language_of_the_browser(open_page: OpenPage, language: str) -> None:
    page = open_page("#/sign-in", is_stranger=True)
    other = page.context.browser.new_context(locale=language).new_page()  # type: ignore[union-attr]
    other.goto(page.url)
    expect(other.locator("html")).to_have_attribute("lang", re.compile(f"^{language}"))
    english = page.get_by_role("heading", level=1).inner_text()
    assert other.get_by_role("heading", level=1).inner_text() != english
    other.context.close()


def test_what_went_wrong_is_told_in_the_language_of_the_pages(
    server: Serving, open_page: OpenPage, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"nothing that is a recording")
    asset_id = server.upload(broken)
    until(lambda: server.asset(asset_id), lambda asset: asset["status"] == "rejected", 60)
    page = open_page(f"#/asset/{asset_id}")
    expect(page.get_by_text("cannot be read as a recording")).to_be_visible()
    page.evaluate("async () => (await import('/i18n.js')).setLanguage('fr')")
    expect(page.get_by_text("ne peut pas être lu comme un enregistrement")).to_be_visible()
    expect(page.get_by_text("cannot be read as a recording")).to_have_count(0)


def test_who_goes_elsewhere_while_the_first_page_is_drawn_gets_there(server: Serving, open_page: OpenPage) -> None:
    page = open_page("#/settings")
    page.add_init_script("""
        new MutationObserver((_, watching) => {
            if (!document.querySelector('main')) return
            watching.disconnect()
            location.hash = '#/upload'
        }).observe(document, { childList: true, subtree: true })
    """)
    page.reload()
    expect(page).to_have_url(f"{server.base}/#/upload")
    expect(page.get_by_role("heading", level=1, name="Upload")).to_be_visible()


_TEXTS = ROOT / "web" / "i18n"


@pytest.mark.parametrize("name", sorted({path.stem.removesuffix("en") for path in _TEXTS.glob("*en.json")}))
def test_every_text_is_there_in_every_language_with_the_same_places(name: str) -> None:
    texts = {
        tongue: json.loads((_TEXTS / f"{name}{tongue}.json").read_text()) for tongue in ("en", "fr", "ko", "ja", "zh")
    }
    places = re.compile(r"\{(\w+)")

    def parts(text: Any) -> set[str]:
        return set(places.findall(json.dumps(text)))

    for tongue, found in texts.items():
        assert set(found) == set(texts["en"]), tongue
        for key, text in found.items():
            assert text, (tongue, key)
            assert parts(text) == parts(texts["en"][key]), (tongue, key)


def test_no_page_holds_a_script_or_a_style_of_its_own() -> None:
    html = (ROOT / "web" / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", html) == []
    assert "<style" not in html
    assert not re.search(r"\s(style|on\w+)=", html)
    for path in (ROOT / "web").rglob("*.js"):
        if "vendor" not in path.parts:
            code = path.read_text()
            assert "innerHTML" not in code, path
            assert "dangerouslySetInnerHTML" not in code, path
            assert "https://" not in re.sub(r"//.*|/\*[\s\S]*?\*/", "", code), path


def test_the_address_of_the_account_is_shown_where_it_is_set(open_page: OpenPage) -> None:
    page = open_page("#/settings")
    expect(page.get_by_role("main")).to_contain_text(EMAIL)
    page.get_by_label("Name of a new key").fill("a program")
    page.get_by_role("button", name="Create a key").click()
    shown = page.locator("text=/key_[0-9a-f-]+_/").first
    expect(shown).to_be_visible()
    page.reload()
    expect(page.get_by_role("main")).to_contain_text("a program")
    expect(page.locator("text=/key_[0-9a-f-]+_/")).to_have_count(0)
