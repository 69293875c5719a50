"""Questions, as somebody asks them: what answers is quoted and played, and else it is said that nobody says so."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.local.serving import Serving
from tests.pages.conftest import OpenPage, works_for_everybody

HOSTILE = "<img src=x onerror=alert(1)> & who pays?"
ID = "0" * 21
SHOTS: Path | None = None
"""Where to leave pictures, for somebody to look at."""


def picture(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def told(asset: dict[str, Any] | None, server: Serving, **changed: Any) -> dict[str, Any]:
    """A question with what answers it: real words of a recording."""
    quotes = []
    if asset is not None:
        lines = server.api("GET", f"/assets/{asset['id']}/lines").json()["lines"]
        for line in lines[:2]:
            text = "".join(word[2] if at == 0 else f" {word[2]}" for at, word in enumerate(line["words"]))
            quote = {"asset": asset["id"], "title": HOSTILE, "text": text, "speakers": ["spk_0"], "language": "en"}
            quote |= {"start": line["words"][0][0], "end": line["words"][-1][1], "renditions": ["web", "audio"]}
            quotes.append(quote | {"is_confirmed": False, "is_corrected": not quotes})
    view = {"id": ID, "question": HOSTILE, "state": "answered", "asked_at": 1_764_000_000, "count": len(quotes)}
    view |= {"quotes": quotes, "looked": 8, "of": 214, "usd": 0.0031, "expires_at": 1_764_086_400}
    return view | changed


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1600, "light")])
def test_a_question_is_asked_and_its_answer_played_by_keys_on_any_screen(
    debate: dict[str, Any], server: Serving, open_page: OpenPage, width: int, scheme: str
) -> None:
    answer = told(debate, server)
    waiting = told(None, server, state="asked", looked=0, of=0, usd=0)
    nobody = told(None, server, id="1" * 21, question="Who else?")
    state = {"asked": 0}

    def questions(route: Route) -> None:
        if route.request.method == "POST":
            state["body"] = route.request.post_data_json
            route.fulfill(status=202, json=waiting)
            return
        lines = [
            {name: one[name] for name in ("id", "question", "state", "asked_at", "count")} for one in (answer, nobody)
        ]
        route.fulfill(json={"questions": lines if state["asked"] else [], "left": 49, "usd": 0.0042})

    def one(route: Route) -> None:
        if route.request.method == "DELETE":
            route.fulfill(status=204)
            return
        state["asked"] += 1
        if ID in route.request.url:
            route.fulfill(json=waiting if state["asked"] == 1 else answer)
        else:
            route.fulfill(json=nobody)

    def config(route: Route) -> None:
        route.fulfill(json={**route.fetch().json(), "answers": True})

    page = open_page("#/sign-in", width=width, color_scheme=scheme)
    page.route("**/api/config", config)
    page.route("**/api/questions", questions)
    page.route(re.compile(r"/api/questions/[01]+$"), one)
    page.goto(f"{server.base}/#/search")
    page.reload()
    page.locator("input[name=q]").fill("why & when?")
    page.get_by_role("link", name="Question", exact=True).click()
    field = page.get_by_label("Your question")
    expect(field).to_have_value("why & when?")  # what was looked for goes along, and nothing is asked yet
    assert "body" not in state
    field.fill(HOSTILE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="The answer is being looked for")).to_be_visible()
    picture(page, f"waiting-{width}")
    assert state["body"] == {"question": HOSTILE, "accept_cost": False}
    quotes = page.locator(".answer-quote")
    expect(quotes).to_have_count(2)
    expect(page.get_by_text("2 quotes answer.")).to_be_visible()
    first = answer["quotes"][0]
    expect(quotes.first.locator("blockquote")).to_have_text(first["text"])
    expect(quotes.first.get_by_text("Not all of these words are confirmed.")).to_be_visible()
    expect(quotes.first.get_by_text("The words have been corrected since they were found.")).to_be_visible()
    quotes.first.get_by_role("button", name="Play").focus()
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => document.querySelector('video').currentTime > {first['start'] + 0.1}")
    picture(page, f"answer-{width}")
    page.emulate_media(forced_colors="active")
    picture(page, f"forced-{width}")
    page.emulate_media(forced_colors="none")
    works_for_everybody(page, f"the answer at {width}")
    link = quotes.first.get_by_role("link", name=HOSTILE)
    assert re.search(r"#/asset/\w+\?from=[\d.]+&to=[\d.]+$", str(link.get_attribute("href")))
    quotes.first.get_by_role("button", name="Add to a board").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Who else?").click()
    expect(page.get_by_role("heading", name="Nobody says so")).to_be_visible()
    picture(page, f"nobody-{width}")
    works_for_everybody(page, f"nobody at {width}")
    page.get_by_role("button", name="Delete the question “Who else?”").click()
    expect(page).to_have_url(re.compile("#/ask$"))
    for mark in server.api("GET", f"/assets/{debate['id']}/marks").json()["marks"]:
        server.api("DELETE", f"/assets/{debate['id']}/marks/{mark['id']}")
