"""The upload page: what is refused is named and not offered again, what may pass is; the recorder; a quiet console."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, Route, StorageState, expect

from tests.local.serving import Serving, until
from tests.pages import chromium
from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("pages")


class Heard:
    """What a page has said to the console, and which requests did not work; what was cancelled is no failure."""

    def __init__(self, page: Page) -> None:
        self.said: list[str] = []
        page.on("console", lambda told: self._hear(told.type, told.text))
        page.on("pageerror", lambda error: self.said.append(f"pageerror {error}"))
        page.on(
            "requestfailed",
            lambda asked: self._hear("error", f"{asked.method} {asked.url} {asked.failure}"),
        )

    def _hear(self, kind: str, text: str) -> None:
        if kind in {"error", "warning", "assert"} and "ERR_ABORTED" not in text:
            self.said.append(f"{kind} {text}")


def chosen(page: Page, *files: Path) -> None:
    page.locator("input[type=file]").first.set_input_files(files)


def start(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Upload \\d")).click()


DROPPED = """([name, where]) => {
  const moved = new DataTransfer()
  moved.items.add(new File([new Uint8Array(393)], name, { type: 'video/mp4', lastModified: 1 }))
  const place = document.querySelector(where)
  for (const kind of ['dragenter', 'dragover', 'drop'])
    place.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: moved }))
}"""


def dropped(page: Page, name: str, where: str = ".uppy-Dashboard") -> None:
    page.evaluate(DROPPED, [name, where])


def test_a_file_that_is_dropped_beside_the_box_is_taken_once(open_page: OpenPage) -> None:
    page = open_page("#/upload")
    expect(page.locator(".uppy-Dashboard")).to_be_visible()
    dropped(page, "beside.mp4", "h1")
    expect(page.get_by_role("button", name="Upload 1 file")).to_be_visible()
    dropped(page, "inside.mp4")
    expect(page.get_by_role("button", name="Upload 2 files")).to_be_visible()
    dropped(page, "notes.docx", "h1")
    expect(page.get_by_role("alert").get_by_role("listitem")).to_contain_text("notes.docx: This kind of file")


def test_nothing_is_said_to_the_console_when_files_are_chosen_dropped_refused_cancelled_and_sent(
    open_page: OpenPage, recording: Path
) -> None:
    page = open_page("#/upload")
    heard = Heard(page)
    chosen(page, recording)
    dropped(page, "dropped.mp4")
    expect(page.get_by_role("button", name="Upload 2 files")).to_be_visible()
    dropped(page, "notes.docx")
    expect(page.get_by_role("alert").get_by_role("listitem")).to_contain_text("notes.docx: This kind of file")
    page.get_by_role("button", name="Remove dropped.mp4").click()
    expect(page.get_by_role("button", name="Upload 1 file")).to_be_visible()
    dropped(page, "again.mp4")
    held: list[Route] = []
    page.route("**/s3/**", lambda route: held.append(route))
    start(page)
    until(lambda: (page.wait_for_timeout(50), len(held))[1], lambda count: count >= 2, 20)
    page.get_by_role("button", name="Remove again.mp4").click()
    page.unroute("**/s3/**")
    for route in held:
        with suppress(Error):  # what was removed asks no more
            route.continue_()
    expect(page.locator(".sent .cards > li")).to_have_count(1, timeout=60_000)
    assert heard.said == []


def test_a_file_that_was_not_sent_before_the_page_was_left_is_there_again(open_page: OpenPage, recording: Path) -> None:
    page = open_page("#/upload")
    heard = Heard(page)
    chosen(page, recording)
    expect(page.get_by_role("button", name="Upload 1 file")).to_be_enabled()
    page.wait_for_timeout(1500)  # it is kept by the browser a moment later
    page.reload()
    expect(page.get_by_role("button", name="Upload 1 file")).to_be_enabled()
    start(page)
    expect(page.locator(".sent .cards > li")).to_have_count(1, timeout=60_000)
    assert heard.said == []


def test_of_several_files_the_one_that_is_refused_is_named_with_what_to_do_and_not_offered_again(
    open_page: OpenPage, recording: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "too much <b>.mp4"
    bad.write_bytes(b"x" * 393)
    page = open_page("#/upload")
    asked: list[Any] = []
    why = "Of the 20 gigabytes that you may upload this month 0 bytes are left."

    def refuse(route: Route) -> None:
        body = route.request.post_data_json
        asked.append(body)
        answer = route.fetch(post_data=json.dumps({"assets": [one for one in body["assets"] if one["size"] != 393]}))
        results = answer.json()["results"]
        refused = {"error": {"code": "quota-bytes", "message": why, "field": "size"}}
        route.fulfill(json={"results": [refused if one["size"] == 393 else results.pop(0) for one in body["assets"]]})

    page.route("**/api/assets/batch", refuse)
    chosen(page, recording, bad)
    start(page)
    refused = page.get_by_role("alert").get_by_role("listitem")
    expect(refused).to_have_text(f"{bad.name}: {why}")
    expect(page.locator(".sent .cards > li")).to_have_count(1, timeout=60_000)
    expect(page.get_by_role("button", name=re.compile("again|Retry", re.IGNORECASE))).to_have_count(0)
    expect(page.get_by_text("Drop files here")).to_be_visible()
    assert len(asked) == 1


def test_where_one_file_makes_the_api_refuse_the_request_the_others_are_sent(
    open_page: OpenPage, recording: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"x" * 393)
    page = open_page("#/upload")

    def refuse(route: Route) -> None:
        if any(one["size"] == 393 for one in route.request.post_data_json["assets"]):
            route.fulfill(status=400, json={"code": "invalid-request", "detail": "This name cannot be used."})
        else:
            route.continue_()

    page.route("**/api/assets/batch", refuse)
    chosen(page, bad, recording)
    start(page)
    expect(page.get_by_role("alert").get_by_role("listitem")).to_have_text("bad.mp4: This name cannot be used.")
    expect(page.locator(".sent .cards > li")).to_have_count(1, timeout=60_000)


def test_a_file_that_did_not_get_through_is_named_and_can_be_sent_again(open_page: OpenPage, recording: Path) -> None:
    page = open_page("#/upload")
    lost: list[Route] = []

    def lose(route: Route) -> None:
        lost.append(route)
        route.fulfill(status=403, body="<Error><Code>AccessDenied</Code></Error>", content_type="application/xml")

    page.route("**/s3/**", lose)
    chosen(page, recording)
    start(page)
    again = page.get_by_role("button", name=f"Try {recording.name} again")
    expect(again).to_be_visible(timeout=60_000)
    expect(page.locator(".troubled li")).to_contain_text(f"{recording.name}: It could not be sent.")
    works_for_everybody(page, "a file that did not get through")
    page.unroute("**/s3/**")
    again.click()
    expect(page.locator(".sent .cards > li")).to_have_count(1, timeout=60_000)
    expect(again).to_have_count(0)
    assert lost


def test_a_rejected_recording_is_not_offered_to_be_tried_again(
    server: Serving, open_page: OpenPage, tmp_path: Path
) -> None:
    broken = tmp_path / "no film.mp4"
    broken.write_bytes(b"<html>an error page that was saved as a film</html>")
    asset = server.upload(broken)
    until(lambda: server.asset(asset), lambda one: one["status"] == "rejected", 60)
    page = open_page(f"#/asset/{asset}")
    expect(page.get_by_text("The file was not accepted")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("heading", level=1)).to_contain_text("no film.mp4")
    expect(page.get_by_role("button", name=re.compile("again", re.IGNORECASE))).to_have_count(0)
    server.api("DELETE", f"/assets/{asset}")


# ---- the recorder


@pytest.fixture(scope="module")
def with_devices(browser: Browser) -> Iterator[Browser]:
    """A browser with a microphone that beeps and a camera that shows a pattern, for pages that are let."""
    arguments = ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream"]
    launched = browser.browser_type.launch(executable_path=chromium.find(with_devices=True), args=arguments)
    yield launched
    launched.close()


@pytest.fixture
def open_recorder(with_devices: Browser, server: Serving, signed_in: StorageState) -> Iterator[Any]:
    contexts = []

    def opened(*permissions: str, width: int = 1280, language: str = "en") -> Page:
        context = with_devices.new_context(viewport={"width": width, "height": 800}, storage_state=signed_in)
        contexts.append(context)
        context.add_init_script(f"localStorage.setItem('rapporteur.language', '{language}')")
        context.grant_permissions(permissions, origin=server.base)
        page = context.new_page()
        page.goto(f"{server.base}/#/upload")
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("mode", "width"), [("Record sound", 360), ("Record with the camera", 1600)])
def test_a_recording_is_made_heard_back_and_uploaded(
    server: Serving, open_recorder: Any, mode: str, width: int
) -> None:
    page: Page = open_recorder("microphone", "camera", width=width)
    heard = Heard(page)
    page.get_by_role("button", name=mode).press("Enter")
    expect(page.get_by_label("Microphone", exact=True)).to_have_value(re.compile("."))
    assert page.get_by_label("Microphone", exact=True).locator("option").count() >= 1
    assert "Fake" in page.get_by_label("Microphone", exact=True).locator("option:checked").inner_text()
    expect(
        page.get_by_label("Camera", exact=True).and_(page.locator("select")).locator("option:checked")
    ).to_have_count(1 if "camera" in mode else 0)
    expect(page.get_by_text("We can hear you.")).to_be_visible()
    level = page.get_by_role("progressbar", name="How loud it is")
    until(lambda: level.evaluate("(bar) => bar.value"), lambda value: value > 20, 10)
    works_for_everybody(page, mode)
    page.get_by_role("button", name="Start recording").press("Enter")
    expect(page.get_by_role("timer")).to_have_text("Recording: 0:02")
    expect(page.get_by_label("Microphone", exact=True)).to_be_disabled()
    page.get_by_role("button", name="Stop recording").press("Enter")
    expect(page.get_by_label("Your recording")).to_be_visible()
    works_for_everybody(page, mode)
    page.get_by_role("button", name="Add to the files").press("Enter")
    expect(page.get_by_role("button", name="Upload 1 file")).to_be_enabled()
    expect(page.get_by_role("button", name="Record sound")).to_be_focused()
    start(page)
    link = page.locator(".sent").get_by_role("link", name=re.compile("Recording"))
    expect(link).to_be_visible(timeout=60_000)
    (asset,) = re.findall(r"#/asset/(\w+)", link.get_attribute("href") or "")
    found = server.completed(asset, 120)
    assert found["kind"] == ("video" if "camera" in mode else "audio")
    assert found["duration"] > 1
    server.api("DELETE", f"/assets/{asset}")
    assert heard.said == []


def test_another_microphone_is_chosen_and_a_recording_thrown_away(open_recorder: Any) -> None:
    page: Page = open_recorder("microphone")
    page.get_by_role("button", name="Record sound").click()
    microphone = page.get_by_label("Microphone", exact=True)
    expect(microphone).to_be_visible()
    others = microphone.locator("option").evaluate_all("(all) => all.map((one) => one.value)")
    assert len(others) > 1
    microphone.select_option(others[-1])
    expect(microphone).to_have_value(others[-1])
    page.get_by_role("button", name="Start recording").click()
    page.wait_for_timeout(1200)
    page.get_by_role("button", name="Stop recording").click()
    page.get_by_role("button", name="Discard and record again").click()
    expect(page.get_by_role("button", name="Start recording")).to_be_visible()
    expect(page.get_by_role("button", name="Choose files first")).to_be_visible()


@pytest.mark.parametrize(("language", "words"), [("en", "allow the microphone"), ("fr", "autorisez le micro")])
def test_who_does_not_let_the_page_listen_reads_how_to_and_can_try_again(
    server: Serving, open_recorder: Any, language: str, words: str
) -> None:
    page: Page = open_recorder(language=language)
    heard = Heard(page)
    page.locator(".recorder").get_by_role("button").first.click()
    expect(page.get_by_role("alert")).to_contain_text(words)
    works_for_everybody(page, "denied")
    page.context.grant_permissions(["microphone"], origin=server.base)
    page.get_by_role("alert").get_by_role("button").click()
    expect(page.locator(".recorder-level")).to_be_visible()
    assert heard.said == []


def test_who_has_no_microphone_is_told_so(server: Serving, open_page: OpenPage) -> None:
    page = open_page("#/upload")
    page.context.grant_permissions(["microphone", "camera"], origin=server.base)
    page.get_by_role("button", name="Record sound").click()
    expect(page.get_by_role("alert")).to_contain_text("No microphone was found. Connect one")
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_role("button", name="Record with the camera").click()
    expect(page.get_by_role("alert")).to_contain_text("record sound only")
