"""What is seen in films and pictures, and what is written in documents, as people look at it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from deployment.target import ROOT
from tests.local.serving import Serving, until
from tests.pages.conftest import OpenPage, address_of, works_for_everybody

pytestmark = pytest.mark.xdist_group("pages")  # one server for all of them

BOX = {"left": 0.2, "top": 0.3, "width": 0.2, "height": 0.25}
HOSTILE = '<img src=x onerror="alert(1)">'
FILM = {
    "segments": [
        {"text": "Shot 1", "label": "SHOT", "start": 0.0, "end": 10.0},
        {"text": "Shot 2", "label": "SHOT", "start": 10.0, "end": 20.0},
        {"text": "Shot 3", "label": "SHOT", "start": 20.0, "end": 30.0},
        {"text": "BlackFrames", "label": "TECHNICAL_CUE", "start": 28.0, "end": 29.0},
    ],
    "screentext": [{"text": HOSTILE, "start": 4.0, "end": 8.0, "confidence": 0.9, "box": BOX}],
    "labels": [
        *({"text": f"Thing {number}", "start": number / 10, "end": number / 10 + 0.5} for number in range(60)),
        {"text": "Bus", "start": 22.0, "end": 24.0, "box": BOX},
        {"text": "Bus", "start": 26.0, "end": 27.0, "box": BOX},
    ],
    "moderation": [{"text": "Graphic violence", "label": "Violence", "start": 12.0, "end": 18.0, "confidence": 0.8}],
}
"""Passages as the API tells them, by track."""


def seen(page: Page, asset_id: str, tracks: dict[str, list[dict[str, Any]]]) -> None:
    """Have the API tell that this was seen in an asset."""

    def whole(route: Route) -> None:
        told: dict[str, Any] = route.fetch().json()
        asset = told.get("asset", told)
        asset["branches"]["vision"] = {"status": "done"}
        asset["ai_options"]["done"] = {"moderation": True}
        route.fulfill(json=told)

    def listed(route: Route) -> None:
        told: dict[str, Any] = route.fetch().json()
        others = [track for track in told["tracks"] if track["is_drawn"]]  # which leaves out what was really seen
        told["tracks"] = others + [{"name": name, "title": name, "is_drawn": False} for name in tracks]
        route.fulfill(json=told)

    def said(name: str) -> Callable[[Route], None]:
        return lambda route: route.fulfill(json={"name": name, "title": name, "passages": tracks[name]})

    for path in (f"**/api/assets/{asset_id}", "**/api/shared/*"):
        page.route(path, whole)
        page.route(f"{path}/tracks", listed)
        for name in tracks:
            page.route(f"{path}/tracks/{name}", said(name))
    page.reload()


def at(page: Page, seconds: float) -> None:
    # Where a film knows nothing of itself yet, the time that it is given is lost when its source comes.
    page.wait_for_function("() => document.querySelector('video')?.readyState >= 1")
    page.evaluate("(time) => { document.querySelector('video').currentTime = time }", seconds)


def time_of(page: Page) -> float:
    return float(page.evaluate("() => document.querySelector('video').currentTime"))


@pytest.fixture
def film_page(debate: dict[str, Any], open_page: OpenPage) -> Page:
    page = open_page(f"#/asset/{debate['id']}")
    seen(page, debate["id"], FILM)
    return page


def test_shots_have_stills_and_lead_to_their_time(film_page: Page) -> None:
    shots = film_page.locator(".shot")
    expect(shots).to_have_count(3)
    shots.last.scroll_into_view_if_needed()  # what is out of sight is not drawn
    expect(film_page.locator(".shot canvas[data-drawn]")).to_have_count(3, timeout=30_000)
    drawn = """(canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      return data.some((value, i) => i % 4 < 3 && value > 8)
    }"""
    assert shots.nth(2).locator("canvas").evaluate(drawn)
    expect(shots.nth(1).locator(".still-frame")).to_have_class("still-frame covered")
    works_for_everybody(film_page, "a film with what was seen in it")
    shots.nth(2).focus()
    film_page.keyboard.press("Enter")
    until(lambda: time_of(film_page), lambda time: 20 <= time < 27, 20)
    expect(shots.nth(2)).to_have_attribute("data-lit", "")


def test_what_is_seen_lights_up_and_goes_from_place_to_place(film_page: Page) -> None:
    assert film_page.locator("img[src=x]").count() == 0
    text = film_page.locator(".sight").filter(has_text=HOSTILE)
    expect(text).not_to_have_attribute("data-lit", "")
    at(film_page, 5)
    expect(text).to_have_attribute("data-lit", "")
    bus = film_page.get_by_role("button", name="Bus: seen 2 times")
    bus.click()
    until(lambda: time_of(film_page), lambda time: time == pytest.approx(22, abs=0.2), 20)
    expect(bus).to_have_attribute("data-lit", "")
    bus.click()
    until(lambda: time_of(film_page), lambda time: time == pytest.approx(26, abs=0.2), 20)
    things = film_page.get_by_role("region", name="Things and scenes")
    expect(things.get_by_role("listitem")).to_have_count(16)
    things.get_by_role("button", name="Show all 61").click()
    expect(things.get_by_role("listitem")).to_have_count(61)
    expect(film_page.get_by_role("region", name="Black frames and credits").get_by_role("button")).to_have_text(
        "Black0:28"
    )


def test_boxes_are_drawn_over_the_film_when_asked(film_page: Page) -> None:
    film_page.locator(".shot").first.wait_for()
    at(film_page, 5)
    expect(film_page.locator(".boxes rect")).to_have_count(0)
    film_page.get_by_role("button", name="Frames around what is seen").click()
    expect(film_page.locator(".boxes rect")).to_have_count(1)
    at(film_page, 9)
    expect(film_page.locator(".boxes rect")).to_have_count(0)


@pytest.mark.parametrize("is_stranger", [False, True])
def test_what_may_be_unsuitable_is_covered_until_somebody_asks_to_see_it(
    server: Serving, debate: dict[str, Any], open_page: OpenPage, is_stranger: bool
) -> None:
    address = address_of(server, debate, is_stranger=is_stranger)
    page = open_page(address, is_stranger=is_stranger)
    seen(page, debate["id"], FILM)
    page.locator(".shot").first.wait_for()
    film, blurred = page.locator("video"), re.compile("blur")
    expect(film).to_have_css("filter", "none")
    at(page, 13)
    expect(page.locator(".cover")).to_contain_text("Graphic violence")
    expect(film).to_have_css("filter", blurred)
    page.wait_for_load_state("networkidle")
    works_for_everybody(page, "a covered film")
    page.get_by_role("button", name="Show it").click()
    expect(page.locator(".cover")).to_have_count(0)
    expect(film).to_have_css("filter", "none")
    page.wait_for_load_state("networkidle")
    seen(page, debate["id"], {"moderation": [{"text": "Violence", "start": 0.0, "end": 3.0}]})
    expect(page.get_by_role("button", name="Show it")).to_be_visible()  # before it has been played
    expect(film).to_have_css("filter", blurred)


# ---- pictures and documents


@pytest.fixture(scope="module")
def picture(server: Serving) -> dict[str, Any]:
    return server.completed(
        server.upload(ROOT / "samples" / "picture.jpg", ai_options={"text": True, "moderation": True}), 240
    )


@pytest.fixture(scope="module")
def document(server: Serving) -> dict[str, Any]:
    return server.completed(server.upload(ROOT / "samples" / "document.pdf"), 240)


@pytest.mark.parametrize("width", [360, 1600])
def test_a_picture_is_shown_with_boxes_and_without_a_player(
    picture: dict[str, Any], open_page: OpenPage, width: int
) -> None:
    page = open_page(f"#/asset/{picture['id']}", width=width)
    seen(page, picture["id"], {"labels": [{"text": "Bus", "confidence": 0.9, "box": BOX}, {"text": HOSTILE}]})
    shown = page.get_by_role("img", name="Picture: picture.jpg")
    expect(shown).to_be_visible()
    assert shown.evaluate("(img) => img.decode().then(() => img.naturalWidth)") > 600
    expect(page.locator(".boxes rect")).to_have_count(1)
    expect(page.locator("video, audio, .transcript")).to_have_count(0)
    expect(page.get_by_role("region", name="Things and scenes").get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="Bus").focus()
    expect(page.locator(".boxes .lit")).to_have_count(1)
    works_for_everybody(page, "a picture")
    page.get_by_label("Frames around what is seen").uncheck()
    page.get_by_role("button", name="Bus").blur()
    expect(page.locator(".boxes rect")).to_have_count(0)


def test_an_unsuitable_picture_is_covered_in_its_page_and_in_the_library(
    server: Serving, picture: dict[str, Any], open_page: OpenPage
) -> None:
    page = open_page(f"#/asset/{picture['id']}")
    seen(page, picture["id"], {"moderation": [{"text": "Graphic violence", "confidence": 0.9}]})
    expect(page.locator(".picture.covered img")).to_be_visible()
    expect(page.locator(".picture.covered")).to_contain_text("Graphic violence")
    page.get_by_role("button", name="Show it").click()
    expect(page.locator(".picture.covered")).to_have_count(0)

    def moderated(route: Route) -> None:
        told: dict[str, Any] = route.fetch().json()
        for asset in told["assets"]:
            asset["branches"]["vision"] = {"status": "done"}
            asset["ai_options"]["done"] = {"moderation": asset["id"] == picture["id"]}
        route.fulfill(json=told)

    page.route("**/api/assets?*", moderated)
    page.goto(f"{server.base}/#/")
    card = page.get_by_role("listitem", name="picture.jpg")
    expect(card.locator(".preview.covered canvas")).to_be_visible()
    expect(card).to_contain_text("Picture")


def test_a_picture_says_what_was_not_found_and_what_was_not_looked_for(
    picture: dict[str, Any], open_page: OpenPage
) -> None:
    page = open_page(f"#/asset/{picture['id']}")
    note = "Could not be looked for: Things and scenes. The engine failed."

    def told(route: Route) -> None:
        asset: dict[str, Any] = route.fetch().json()
        asset["branches"]["vision"] = {"status": "done"}
        asset["notes"] = [{"code": "not-seen", "message": note}]
        route.fulfill(json=asset)

    seen(page, picture["id"], {"moderation": []})
    page.route(f"**/api/assets/{picture['id']}", told)
    page.reload()
    block = page.locator(".findings .notes").first
    expect(block).to_contain_text("Sensitive content: nothing was found")
    expect(block).to_contain_text(note)
    expect(page.get_by_text("Nothing that was looked for was found")).to_have_count(0)


@pytest.mark.parametrize("is_stranger", [False, True])
def test_a_transcript_that_nobody_asked_for_is_not_fetched(
    server: Serving, debate: dict[str, Any], open_page: OpenPage, is_stranger: bool
) -> None:
    address = address_of(server, debate, is_stranger=is_stranger)
    page = open_page(is_stranger=is_stranger)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    def told(route: Route) -> None:
        answer: dict[str, Any] = route.fetch().json()
        error = {"code": "no-transcript-wanted", "message": "No transcript was asked for."}
        answer.get("asset", answer)["branches"]["speech"] = {"status": "skipped", "error": error}
        route.fulfill(json=answer)

    for path in (f"**/api/assets/{debate['id']}", "**/api/shared/*"):
        page.route(path, told)
    page.goto(f"{page.url.split('#')[0]}{address}")
    expect(page.locator(".read .muted")).to_have_text("No transcript was asked for.")
    expect(page.locator(".problem-text, .note.bad")).to_have_count(0)
    assert not [url for url in asked if url.endswith("/lines")]


@pytest.mark.parametrize("width", [360, 1600])
def test_a_document_is_drawn_with_its_text_tables_and_form_beside(
    document: dict[str, Any], open_page: OpenPage, width: int
) -> None:
    page = open_page(f"#/asset/{document['id']}", width=width)
    first = page.get_by_role("img", name="Picture of page 1")
    expect(first).to_have_attribute("data-state", "drawn")
    ink = """(canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      let dark = 0
      for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 0 && data[i] < 100) dark += 1
      return dark
    }"""
    assert first.evaluate(ink) > 500
    expect(page.get_by_role("heading", name="Report of the harbour office")).to_be_visible()
    expect(page.get_by_role("cell", name="Genoa")).to_be_visible()
    find = page.get_by_label("Find in the document")
    find.fill("AURORA")
    expect(page.locator(".find-count")).to_have_text("1 of 3")
    find.press("Enter")
    find.press("Enter")
    expect(page.locator(".find-count")).to_have_text("3 of 3")
    expect(page.get_by_text("Carries dangerous goods").first).to_be_visible()
    expect(page.locator("dd").filter(has_text="not ticked")).to_be_visible()
    works_for_everybody(page, "a document")


def test_whoever_has_a_link_reads_a_document_too(
    server: Serving, document: dict[str, Any], open_page: OpenPage
) -> None:
    page = open_page(address_of(server, document, is_stranger=True), is_stranger=True)
    expect(page.get_by_role("img", name="Picture of page 1")).to_have_attribute("data-state", "drawn")
    expect(page.get_by_role("cell", name="Genoa")).to_be_visible()
    works_for_everybody(page, "a document that is shared")


SCRIPT = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\);fetch\\('/ran'\\))>>>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]
/AA<</O<</S/JavaScript/JS(app.alert\\(2\\))>>>>/Contents 4 0 R>>endobj
4 0 obj<</Length 31>>stream
0 0 0 rg 20 20 100 100 re f
endstream endobj
trailer<</Root 1 0 R>>
"""
"""Runs a script when it is opened, and when its page is; its table of objects is missing."""


@pytest.mark.parametrize(
    ("body", "is_drawn"),
    [
        pytest.param(SCRIPT, True, id="script"),
        pytest.param(b"%PDF-1.7\n" + bytes(range(256)) * 40, False, id="noise"),
        pytest.param(b"", False, id="nothing"),
    ],
)
def test_a_hostile_document_costs_its_picture_alone(
    document: dict[str, Any], open_page: OpenPage, body: bytes, is_drawn: bool
) -> None:
    page = open_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route("**/s3/**/*.pdf?*", lambda route: route.fulfill(body=body, content_type="application/pdf"))
    page.goto(f"{page.url.split('#')[0]}#/asset/{document['id']}")
    if is_drawn:
        expect(page.get_by_role("img", name="Picture of page 1")).to_have_attribute("data-state", "drawn")
    else:
        expect(page.get_by_text("This page cannot be drawn").first).to_be_visible()
    expect(page.get_by_role("cell", name="Genoa")).to_be_visible()
    assert [url for url in asked if ".pdf?" in url]
    assert not [url for url in asked if url.endswith("/ran")]


def test_search_leads_to_the_page_of_a_document(server: Serving, document: dict[str, Any], open_page: OpenPage) -> None:
    page = open_page("#/search?q=dangerous")
    hit = page.locator(".hit").filter(has_text="document.pdf")
    hit.get_by_role("link", name="page 2").first.click()
    expect(page.get_by_role("img", name="Picture of page 2")).to_have_attribute("data-state", "drawn")
    expect(page.get_by_role("img", name="Picture of page 2")).to_be_in_viewport()


# ---- what an upload may ask for


def offered(page: Page, biometrics: bool) -> None:
    """Have the API offer more than this machine has."""

    def told(route: Route) -> None:
        offer: dict[str, Any] = route.fetch().json()
        offer["biometrics"] = biometrics
        offer["can"] = dict.fromkeys(offer["can"], True) | {"celeb": biometrics, "person": False}
        offer["names"] |= {"faceCollectionId": ["staff"], "customLabelModels": ["cats", "dogs", "birds"]}
        offer["costs"]["label"] = [{"per": "minute", "usd": 0.1}, {"per": "picture", "usd": 0.001}]
        route.fulfill(json=offer)

    page.route("**/api/options", told)
    page.reload()


def _estimates(page: Page, estimated: list[Any]) -> list[Any]:
    page.wait_for_timeout(100)  # what the page asks is heard in between
    return [one for one in estimated if one.get("ai_options", {}).get("facematch")]


@pytest.mark.parametrize("width", [360, 1600])
def test_what_to_look_for_is_chosen_with_its_cost_and_sent(
    server: Serving, open_page: OpenPage, width: int, recording: Path
) -> None:
    page = open_page("#/upload", width=width)
    offered(page, biometrics=True)
    sent: list[Any] = []
    estimated: list[Any] = []

    def taken(route: Route) -> None:
        body: Any = route.request.post_data_json
        sent.extend(body["assets"])
        route.fulfill(status=400, json={"code": "no", "detail": "Not now."})

    def worth(route: Route) -> None:
        estimated.append(route.request.post_data_json)
        route.fulfill(json={"usd": 1.25, "as_of": "2026-11-01", "is_over_limit": False, "limit_usd": 25.0})

    page.route("**/api/assets/batch", taken)
    page.route("**/api/estimate", worth)
    files = [ROOT / "samples" / "document.pdf", ROOT / "samples" / "picture.jpg", recording]
    page.locator("input[type=file]").first.set_input_files(files)
    start = page.get_by_role("button", name="Upload 3 files")
    expect(start).to_be_enabled()
    page.get_by_text("What to look for").click()
    panel = page.locator("details.wanted")
    expect(panel.get_by_text("$0.10 a minute · $0.001 a picture")).to_be_visible()
    panel.get_by_label("Things and scenes").check()
    panel.get_by_label("Text on screen").check()
    panel.get_by_role("button", name="Row 3, column 2").click()
    panel.get_by_label("How sure it must be").fill("65")
    panel.get_by_label("How films are looked at").select_option("1003")
    works_for_everybody(page, "what to look for")
    panel.get_by_label("People you know by face").check()
    expect(start).to_be_disabled()
    panel.get_by_label("People to look for", exact=True).select_option("staff")
    expect(start).to_be_disabled()
    page.get_by_label("I am allowed to have faces recognised").check()
    with_faces = until(lambda: _estimates(page, estimated), lambda asked: len(asked) >= 3, 20)
    assert {one.get("kind") for one in with_faces} == {None, "image", "document"}
    assert [one["pages"] for one in estimated if one.get("kind") == "document"][-1] == 2
    start.click()
    expect(page.get_by_text("Not now.").first).to_be_visible()
    wanted = sent[0]["ai_options"]
    defaults = server.api("GET", "/options").json()["defaults"]
    expected = {
        "label": True,
        "text": True,
        "textROI": [False] * 7 + [True, False],
        "minConfidence": 65,
        "framebased": True,
        "frameCaptureMode": 1003,
        "facematch": True,
        "faceCollectionId": "staff",
    }
    assert wanted == {name: value for name, value in expected.items() if defaults.get(name) != value}


def test_where_biometrics_are_not_allowed_they_are_not_offered(open_page: OpenPage) -> None:
    page = open_page("#/upload")
    offered(page, biometrics=False)
    page.get_by_text("What to look for").click()
    expect(page.get_by_label("Things and scenes")).to_be_visible()
    for name in ("Faces", "Celebrities", "People you know by face"):
        expect(page.get_by_label(name)).to_have_count(0)
