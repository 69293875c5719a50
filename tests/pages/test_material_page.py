"""What administrators bring to learn from: begun, uploaded, checked, told and removed on its page."""

import io
import math
import re
import struct
import wave
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.local.serving import Serving, until
from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("pages")  # one server for all of them
MB = 1024**2
HOSTILE = "<img src=x onerror=alert(1)>&‮.txt"


def sound(seconds: float) -> bytes:
    """A tone as a WAV."""
    file = io.BytesIO()
    with wave.open(file, "wb") as into:
        into.setnchannels(1)
        into.setsampwidth(2)
        into.setframerate(16_000)
        samples = (int(8000 * math.sin(number / 6)) for number in range(int(seconds * 16_000)))
        into.writeframes(b"".join(struct.pack("<h", one) for one in samples))
    return file.getvalue()


def named(name: str, data: bytes) -> Any:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def begin(page: Page, name: str, kind: str) -> Locator:
    """Begin a set by keyboard. Returns its panel."""
    page.get_by_role("button", name="Add material").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("What it is", exact=True).select_option(kind)
    if kind == "sound":
        dialog.get_by_label("Agreed on").fill("2026-11-20")
        dialog.get_by_label("Wording", exact=True).fill("Voices of council meetings, version 2")
        dialog.get_by_label("Everybody who speaks in it has agreed").focus()
        page.keyboard.press("Space")
    dialog.get_by_label("Name").press("Enter")
    expect(dialog).to_have_count(0)
    return page.get_by_role("region", name=name)


def test_sound_with_its_text_is_brought_checked_and_removed(server: Serving, open_page: OpenPage) -> None:
    page = open_page("#/admin")
    page.get_by_role("link", name="Material to learn from").click()
    expect(page.get_by_role("heading", name="Nothing has been added yet")).to_be_visible()
    expect(page.get_by_text("talk.wav and talk.txt")).to_be_visible()
    expect(page.get_by_text("text and sound only where the operator")).to_be_visible()
    works_for_everybody(page, "material, none")

    page.get_by_role("button", name="Add material").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Without anybody's agreement")
    works_for_everybody(page, "material, begun")
    dialog.get_by_role("button", name="Begin").click()
    expect(dialog).to_be_visible()
    assert server.api("GET", "/admin/material").json()["sets"] == []
    page.keyboard.press("Escape")

    panel = begin(page, "Council <b>2025</b>", "sound")
    expect(panel).to_contain_text("Waiting for files")
    expect(panel).to_contain_text("Agreed on Nov 20, 2026: Voices of council meetings, version 2")
    check = panel.get_by_role("button", name="Check and use")
    expect(check).to_be_disabled()
    files = [
        named("talk.wav", sound(5)),
        named("long.wav", sound(40)),
        named("long.txt", b"It lasts too long to be learnt from at once. " * 8),
        named(HOSTILE, b"Nobody has said this."),
        named("program.exe", b"MZ"),
        named("empty.txt", b""),
    ]
    panel.locator("input[type=file]").set_input_files(files)
    expect(panel.get_by_role("alert")).to_contain_text("2 files are not sent:")
    expect(panel.get_by_role("alert")).to_contain_text("program.exe: Files of this kind cannot be used here.")
    dropped = page.evaluate_handle("""() => {
        const dropped = new DataTransfer()
        dropped.items.add(new File(['Good evening and welcome to the council of the town.'], 'Talk.txt'))
        return dropped
    }""")
    panel.locator(".drop-files").dispatch_event("drop", {"dataTransfer": dropped})
    expect(panel.get_by_role("heading", name="5 files")).to_be_visible()
    expect(check).to_be_enabled()
    works_for_everybody(page, "material, uploaded")
    page.reload()
    expect(panel.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    check.focus()
    page.keyboard.press("Enter")
    expect(panel.get_by_text("Ready", exact=True)).to_be_visible(timeout=60_000)
    expect(panel.get_by_role("heading", level=2)).to_be_focused()
    expect(panel.locator(".facts").last).to_have_text(re.compile(r"1 file\s*10 words\s*5 sec"))
    panel.get_by_text("2 files were left out").click()
    left_out = panel.get_by_role("list", name="Left out")
    expect(left_out).to_contain_text("long.wav")
    expect(left_out).to_contain_text("at most 30 sec can be learnt from at once")
    expect(left_out).to_contain_text("There is no sound for this text")
    assert page.locator("img[src=x]").count() == 0
    works_for_everybody(page, "material, ready")
    page.set_viewport_size({"width": 360, "height": 800})
    works_for_everybody(page, "material, narrow")

    panel.get_by_role("button", name="Remove").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Models that were made of it leave with the next night")
    works_for_everybody(page, "material, to be removed")
    dialog.get_by_role("button", name="Remove").click()
    expect(panel).to_have_count(0, timeout=60_000)
    until(lambda: server.api("GET", "/admin/material").json()["sets"], lambda found: found == [], 20)


def test_a_file_is_taken_out_of_a_set_that_waits_for_files(server: Serving, open_page: OpenPage) -> None:
    page = open_page("#/admin/material")
    panel = begin(page, "Minutes of 2025", "text")
    awkward = "<b>a & b</b> 100% + more=é#1?.txt"
    files = [named(name, b"The council met.") for name in (awkward, "again.txt", "kept.txt")]
    panel.locator("input[type=file]").set_input_files(files)
    expect(panel.get_by_role("heading", name="3 files")).to_be_visible()
    check = panel.get_by_role("button", name="Check and use")
    expect(check).to_be_enabled()
    (made,) = server.api("GET", "/admin/material").json()["sets"]

    def there() -> set[str]:
        return {one["name"] for one in server.api("GET", f"/admin/material/{made['id']}").json()["uploaded"]}

    (stored,) = there() - {"again.txt", "kept.txt"}
    dialog = page.get_by_role("dialog")
    listed = panel.get_by_role("list", name="Files: Minutes of 2025").get_by_role("listitem")
    panel.get_by_role("button", name="Remove: again.txt").click()  # it was sent just now
    dialog.get_by_role("button", name="Cancel").click()
    expect(panel.get_by_role("button", name="Remove: again.txt")).to_be_focused()
    page.keyboard.press("Enter")
    works_for_everybody(page, "material, a file to be removed")
    dialog.get_by_role("button", name="Remove").click()
    expect(dialog).to_have_count(0)
    expect(panel.get_by_role("heading", name="2 files")).to_be_focused()
    assert there() == {stored, "kept.txt"}

    page.reload()  # what was sent is now only known to be there
    expect(listed).to_have_count(2)
    page.set_viewport_size({"width": 360, "height": 800})
    works_for_everybody(page, "material, files to be removed, narrow")
    panel.get_by_role("button", name=f"Remove: {stored}").click()
    dialog.get_by_role("button", name="Remove").click()
    expect(panel.get_by_role("heading", name="1 file")).to_be_focused()
    assert there() == {"kept.txt"}

    server.api("DELETE", f"/admin/material/{made['id']}/files", params={"file_name": "kept.txt"})
    panel.get_by_role("button", name="Remove: kept.txt").click()
    dialog.get_by_role("button", name="Remove").click()
    expect(dialog.get_by_role("alert")).to_be_visible()  # somebody else has taken it out
    dialog.get_by_role("button", name="Cancel").click()
    panel.locator("input[type=file]").set_input_files(named("again.txt", b"The council met again."))
    expect(panel.get_by_role("button", name="Remove: again.txt")).to_be_visible()
    expect(panel.get_by_role("button", name="Remove: kept.txt")).to_have_count(0)
    expect(check).to_be_enabled()
    panel.get_by_role("button", name="Remove: again.txt").click()
    dialog.get_by_role("button", name="Remove").click()
    expect(panel.get_by_role("list")).to_have_count(0)
    expect(check).to_be_disabled()
    expect(panel.locator("input[type=file]")).to_be_focused()
    assert there() == set()
    server.api("DELETE", f"/admin/material/{made['id']}")
    until(lambda: server.api("GET", "/admin/material").json()["sets"], lambda left: left == [], 20)


def test_a_large_file_goes_on_after_the_connection_was_lost_and_the_page_was_left(
    server: Serving, open_page: OpenPage, tmp_path: Path
) -> None:
    large = tmp_path / "all.zip"
    with large.open("wb") as file:
        file.truncate(101 * MB)
    sent: list[str] = []
    broken = [True] * 6

    def put(route: Route) -> None:
        (number,) = re.findall(r"partNumber=(\d+)", route.request.url)
        if number == "3" and broken:
            broken.pop()
            route.abort("connectionfailed")
            return
        sent.append(number)
        route.continue_()

    page = open_page("#/admin/material", width=360, color_scheme="dark")
    page.route(re.compile(r"partNumber=\d+"), put)
    panel = begin(page, "Minutes of 2024", "text")
    panel.locator("input[type=file]").set_input_files(large)
    expect(panel.get_by_text("It could not be sent.")).to_be_visible(timeout=60_000)
    expect(panel.get_by_role("button", name="Check and use")).to_be_disabled()
    works_for_everybody(page, "material, not sent")
    arrived = len(sent)
    panel.get_by_role("button", name="Try again: all.zip").click()
    expect(panel.get_by_text("It could not be sent.")).to_have_count(0)
    expect(panel.get_by_text("It could not be sent.")).to_be_visible(timeout=60_000)
    page.reload()
    panel.locator("input[type=file]").set_input_files(large)
    expect(panel.get_by_role("button", name="Check and use")).to_be_enabled(timeout=60_000)
    assert sorted(sent, key=int) == [str(number) for number in range(1, 8)]
    assert arrived < 7
    (found,) = server.api("GET", "/admin/material").json()["sets"]
    whole = server.api("GET", f"/admin/material/{found['id']}").json()
    assert whole["uploaded"] == [{"name": "all.zip", "size": 101 * MB}]

    panel.get_by_role("button", name="Check and use").click()
    expect(panel.get_by_text("Cannot be used", exact=True)).to_be_visible(timeout=60_000)
    expect(panel.get_by_role("list", name="Left out")).to_contain_text("cannot be read as a zip")
    works_for_everybody(page, "material, refused")
    server.api("DELETE", f"/admin/material/{found['id']}")
    until(lambda: server.api("GET", "/admin/material").json()["sets"], lambda left: left == [], 20)


def test_how_each_set_stands_is_told_in_every_language(open_page: OpenPage) -> None:
    consent = {"given_on": "2026-11-20", "wording": "Form 3", "recorded_by": "erased", "recorded_at": 1.7e9}
    common = {
        "language": "ko",
        "made_by": "erased",
        "made_at": 1_795_938_407.0,
        "changed_at": 1_795_938_407.0,
        "done": 40,
        "members": 900,
        "files": 12,
        "words": 3456,
        "seconds": 1500.0,
        "left_out": 1,
    }
    stories = [
        ("open", "words", "teach"),
        ("checking", "sound", "measure"),
        ("ready", "sound", "measure"),
        ("ready", "words", "teach"),
        ("refused", "text", "teach"),
        ("leaving", "text", "teach"),
    ]
    sets = [
        common
        | {"id": f"{number:016x}", "name": f"{'שלום ' * 9}{number}", "stage": stage, "kind": kind, "purpose": purpose}
        | ({"consent": consent} if kind == "sound" else {})
        for number, (stage, kind, purpose) in enumerate(stories)
    ]
    finding = {"name": "‮gpj.exe", "reason": {"code": "material-broken", "message": "It is broken.", "values": {}}}

    def one(route: Route) -> None:
        found = next(one for one in sets if route.request.url.endswith(str(one["id"])))
        route.fulfill(json={"material": found, "uploaded": [{"name": "a.txt", "size": 9}], "findings": [finding]})

    page = open_page(width=360)
    page.route(re.compile(r"/admin/material$"), lambda route: route.fulfill(json={"sets": sets}))
    page.route(re.compile(r"/admin/material/\w+$"), one)
    page.goto(f"{page.url.partition('#')[0]}?sets#/admin/material")
    panels = page.get_by_role("region", name="שלום")
    expect(panels).to_have_count(len(sets))
    expect(panels.nth(0)).to_contain_text("a.txt")
    expect(panels.nth(1)).to_contain_text("40 of 900 sounds are checked.")
    expect(panels.nth(1)).to_contain_text("To measure by")
    expect(panels.nth(2)).to_contain_text("noted by an erased account")
    expect(panels.nth(2).locator(".facts").last).to_have_text(re.compile(r"12 files\s*3,456 words\s*25 min"))
    expect(panels.nth(3)).to_contain_text("3,456 entries")
    expect(panels.nth(4)).to_contain_text("It is broken.")
    expect(panels.nth(5).get_by_role("button", name="Remove")).to_have_count(0)
    for tongue in ("fr", "ja", "ko", "zh", "en"):
        page.evaluate("async (tongue) => (await import('/i18n.js')).setLanguage(tongue)", tongue)
        expect(page.locator("html")).to_have_attribute("lang", re.compile(tongue))
        assert re.findall(r"\b(?:material|faces|admin)\.[a-z-]+", page.locator("main").inner_text()) == []
        works_for_everybody(page, f"material, {tongue}")
