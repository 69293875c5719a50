"""A recording is heard again on its page; its versions are read and used; words that differ are gone through."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.local.serving import Serving, until
from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("pages")  # one server for all of them

TONGUES = ("en", "fr", "ja", "ko", "zh")


@pytest.fixture(scope="module")
def again(server: Serving, recording: Path) -> dict[str, Any]:
    """A recording all of which is confirmed, one word of it as it is never heard; and then heard again."""
    asset_id = server.upload(recording)
    server.completed(asset_id, 240)
    confirm_all(server, asset_id)
    assert server.api("POST", f"/assets/{asset_id}/hear", json={"speakers": 2}).status_code == 200
    return dict(until(lambda: server.asset(asset_id), is_done(2), 120))


def confirm_all(server: Serving, asset_id: str) -> list[str]:
    """Confirm each word, the second of them changed. Returns what is heard and what was written of that one."""
    path = f"/assets/{asset_id}"
    found = server.api("GET", f"{path}/lines").json()
    lines = [{"text": "".join(space + text for *_, text, _, space in line["words"])} for line in found["lines"]]
    heard = found["lines"][0]["words"][1][2]
    lines[0]["text"] = lines[0]["text"].replace(heard, "Marais", 1)
    body = {"edition": 0, "lines": lines, "confirmed": [{"start": 0, "end": 100}]}
    assert server.api("PUT", f"{path}/transcript", json=body).status_code == 200
    return [heard, "Marais"]


def is_done(version: int) -> Any:
    return lambda asset: (asset["version"], asset["status"]) == (version, "completed")


def told(server: Serving, page: Page, asset_id: str, **changes: Any) -> None:
    """Have the API tell of the asset with these changes."""

    def change(route: Route) -> None:
        asset = route.fetch().json()
        route.fulfill(json=asset | changes | {"branches": asset["branches"] | changes.get("branches", {})})

    page.route(f"**/assets/{asset_id}", change)
    page.goto(f"{server.base}/#/asset/{asset_id}")


def opened(page: Page, name: str, menu: str = "More actions") -> None:
    """Choose from the menu of what is rarely done."""
    page.locator(".asset-actions").get_by_role("button", name=menu).click()
    page.locator(".asset-actions").get_by_role("button", name=name, exact=True).click()


def test_a_recording_is_heard_again_as_somebody_chooses_and_what_differs_is_gone_through_by_keys(
    server: Serving, recording: Path, open_page: OpenPage
) -> None:
    asset_id = server.upload(recording)
    server.completed(asset_id, 240)
    heard, was = confirm_all(server, asset_id)
    page = open_page(f"#/asset/{asset_id}")
    page.get_by_role("button", name="More actions").press("Enter")
    page.get_by_role("button", name="Transcribe again").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Language spoken")).to_have_value("")
    expect(dialog).to_contain_text("Your corrections stay in transcript 1.")
    expect(dialog).to_contain_text("Expected cost: $0.")
    works_for_everybody(page, "the dialog")
    dialog.get_by_label("Language spoken").select_option("en-US")
    dialog.get_by_label("Number of speakers").select_option("2")
    dialog.get_by_role("button", name="Transcribe again").press("Enter")
    expect(dialog).to_have_count(0)
    until(lambda: server.asset(asset_id), is_done(2), 120)
    carried = page.get_by_role("region", name="Confirmed words")
    expect(carried).to_contain_text("At 1 place something else was heard.", timeout=30_000)
    carried.get_by_role("button", name="Go through them").press("Enter")
    steps = carried.get_by_role("group")
    expect(steps).to_contain_text("Place 1 of 1")
    expect(steps).to_be_focused()  # its keys work at once
    expect(steps.locator("dd")).to_have_text([was, heard])
    works_for_everybody(page, "going through")
    steps.get_by_role("button", name="Listen").press("Enter")
    steps.get_by_role("button", name="Listen").press("1")
    expect(carried).to_contain_text("You have decided at every place.")
    told = carried.get_by_role("status").text_content() or ""
    stand, total = told.split(" confirmed words")[0].split(" of ")
    assert stand == total, told  # what was taken is in it
    saved = until(lambda: server.api("GET", f"/assets/{asset_id}/lines").json(), lambda lines: lines["edition"] > 0, 20)
    assert saved["lines"][0]["words"][1][2].startswith(was)
    assert saved["confirmed"] == 1.0
    page.set_viewport_size({"width": 360, "height": 800})
    works_for_everybody(page, "decided")
    opened(page, "All transcripts")
    expect(page.get_by_role("dialog").get_by_role("listitem").first).to_contain_text(f"{total} of {total} confirmed")
    page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).click()
    carried.get_by_role("button", name="Put this away").press("Enter")
    expect(carried).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.reload()
    expect(page.locator(".transcript")).to_contain_text("Marais")
    expect(carried).to_have_count(0)


@pytest.mark.parametrize("width", [360, 1600])
def test_versions_are_read_and_used_and_nothing_of_the_old_can_be_changed(
    server: Serving, again: dict[str, Any], open_page: OpenPage, width: int
) -> None:
    page = open_page(f"#/asset/{again['id']}", width=width, has_touch=width < 500)
    opened(page, "All transcripts")
    dialog = page.get_by_role("dialog")
    rows = dialog.get_by_role("listitem")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("Transcript 2")
    expect(rows.nth(0)).to_contain_text("Current")
    expect(rows.nth(0)).to_contain_text("2 speakers")
    expect(rows.nth(1)).to_contain_text("100% confirmed")
    works_for_everybody(page, "versions")
    dialog.get_by_role("button", name="Read transcript 1").click()
    old = page.get_by_role("region", name="Transcript 1")
    expect(old).to_contain_text("You are reading transcript 1.")
    expect(old.locator(".transcript")).to_contain_text("Marais")
    expect(page.locator("[contenteditable=true]")).to_have_count(0)
    works_for_everybody(page, "an old version")
    old.get_by_role("button", name="Use this transcript").press("Enter")
    expect(page.get_by_text("Transcript 1 is now the current one.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()  # the button that was pressed is gone
    expect(page.locator(".transcript")).to_contain_text("Marais")
    assert server.asset(again["id"])["version"] == 1
    opened(page, "All transcripts")
    page.get_by_role("button", name="Use transcript 2").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    until(lambda: server.asset(again["id"])["version"], lambda version: version == 2, 10)


@pytest.mark.parametrize("width", [360, 1600])
def test_two_transcripts_are_compared_word_by_word(
    server: Serving, again: dict[str, Any], open_page: OpenPage, width: int
) -> None:
    page = open_page(f"#/asset/{again['id']}", width=width, has_touch=width < 500)
    opened(page, "All transcripts")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Compare transcript 1").click()
    expect(dialog.get_by_role("heading", name="Compare two transcripts")).to_be_visible()
    expect(dialog.get_by_text("difference")).not_to_have_count(0)
    expect(dialog.locator(".compared del").first).to_have_text("Marais")
    expect(dialog.get_by_label("Before", exact=True)).to_have_value("1")
    expect(dialog.get_by_label("After", exact=True)).to_have_value("2")
    works_for_everybody(page, f"compared transcripts at {width}")
    dialog.get_by_role("button", name="Next difference").click()
    dialog.get_by_role("button", name="Listen to it").click()
    page.wait_for_function("() => document.querySelector('video, audio').currentTime > 0")
    dialog.get_by_label("After", exact=True).select_option("1")
    expect(dialog.get_by_text("Both texts say the same.")).to_be_visible()
    dialog.get_by_role("button", name="All transcripts").click()
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.locator(".asset-actions").get_by_role("button", name="More actions")).to_be_focused()


def test_while_it_is_heard_again_the_version_before_is_shown(
    server: Serving, again: dict[str, Any], open_page: OpenPage
) -> None:
    page = open_page("#/")
    branches = {"speech": {"status": "open"}, "language": {"status": "open"}, "renditions": {"status": "open"}}
    told(server, page, again["id"], status="processing", branches=branches, renditions=[])
    old = page.get_by_role("region", name="Transcript 1", exact=True)
    expect(old).to_contain_text("The recording is being transcribed again just now.")
    expect(old.locator(".transcript")).to_contain_text("Marais")
    expect(page.get_by_role("region", name="Work in progress")).to_be_visible()
    works_for_everybody(page, "while it is heard again")


def test_a_run_that_came_to_no_transcript_shows_the_one_before_and_leads_back(
    server: Serving, again: dict[str, Any], open_page: OpenPage
) -> None:
    page = open_page("#/")
    failed = {"status": "failed", "error": {"code": "model", "message": "No model.", "values": {}}}
    told(server, page, again["id"], branches={"speech": failed})
    note = page.locator(".note").filter(has_text="Transcribing it again gave no transcript.")
    expect(note.get_by_role("button", name="Use transcript 1")).to_be_visible()
    old = page.get_by_role("region", name="Transcript 1", exact=True)
    expect(old.locator(".transcript")).to_contain_text("Marais")
    expect(page.get_by_text("There is no transcript")).to_have_count(0)
    expect(page.get_by_text("No model.").first).to_be_visible()
    works_for_everybody(page, "in vain")
    page.route("**/assets/*?version=1", lambda route: route.fulfill(status=404, json={"code": "no-version"}))
    page.reload()
    expect(page.get_by_role("heading", name="There is no transcript")).to_be_visible()


@pytest.mark.parametrize("clarity", ["poor", "fair"])
def test_what_was_heard_poorly_is_proposed_to_be_heard_again_in_the_language_of_the_pages(
    server: Serving, again: dict[str, Any], open_page: OpenPage, clarity: str
) -> None:
    page = open_page("#/")
    told(server, page, again["id"], clarity=clarity, language="fr")
    note = page.locator(".again-advice")
    expect(note).to_contain_text("The language was taken to be French.")
    works_for_everybody(page, "advice")
    note.get_by_role("button", name="Transcribe it as English (United States)").click()
    expect(page.get_by_role("dialog").get_by_label("Language spoken")).to_have_value("en-US")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_all_that_can_be_chosen_is_offered_and_consent_asked_above_the_limit(
    server: Serving, again: dict[str, Any], open_page: OpenPage
) -> None:
    page = open_page("#/")
    engines = [
        {"name": "amazon_transcribe", "is_usual": True, "hears_channels": True, "uses_lexicon": True},
        {"name": "<img src=x>", "is_usual": False, "hears_channels": False, "uses_lexicon": False},
    ]
    heard = {"channels": "together", "transcriber": "amazon_transcribe", "lexicon": True, "language": "en-GB"}
    page.route("**/hear", lambda route: route.fulfill(json={"transcribers": engines, "heard": heard, "words": 12}))
    dear = {"usd": 30.5, "as_of": "2026-11-01", "lines": [], "limit_usd": 25, "is_over_limit": True}
    asked: list[Any] = []

    def estimate(route: Route) -> None:
        asked.append(json.loads(route.request.post_data or ""))
        route.fulfill(json=dear)

    page.route("**/hear/estimate", estimate)
    page.goto(f"{server.base}/#/asset/{again['id']}")
    opened(page, "Transcribe again")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Language spoken")).to_have_value("en-GB")
    expect(dialog).to_contain_text("Expected cost: $30.50")
    dialog.get_by_label("Phone or online call").select_option("separate")
    dialog.get_by_label("With the 12 words of your lexicon").uncheck()
    page.wait_for_timeout(1000)  # in which the page asks, and is answered here
    assert (asked[-1]["channels"], asked[-1]["lexicon"]) == ("separate", False)
    expect(dialog.get_by_role("button", name="Transcribe again")).to_be_disabled()
    dialog.get_by_label("This costs more than your limit of $25.00.").check()
    expect(dialog.get_by_role("button", name="Transcribe again")).to_be_enabled()
    dialog.get_by_label("Transcribed by").select_option("<img src=x>")
    expect(dialog.get_by_label("Phone or online call")).to_have_count(0)
    expect(dialog.get_by_label("With the 12 words")).to_have_count(0)
    assert page.locator("img[src=x]").count() == 0
    works_for_everybody(page, "all that can be chosen")


@pytest.mark.parametrize("tongue", TONGUES)
def test_everything_is_said_in_every_language_and_fits_a_phone(
    server: Serving, again: dict[str, Any], open_page: OpenPage, tongue: str
) -> None:
    page = open_page(f"#/asset/{again['id']}", width=360, has_touch=True)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.evaluate("async (tongue) => (await import('/i18n.js')).setLanguage(tongue)", tongue)
    texts = json.loads((Path(__file__).parents[2] / "web" / "i18n" / f"asset-{tongue}.json").read_text())
    for name in ("asset.hear-again", "asset.versions"):
        opened(page, texts[name], texts["asset.more"])
        works_for_everybody(page, f"{name} in {tongue}")
        assert "again." not in page.get_by_role("dialog").inner_text()
        page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
