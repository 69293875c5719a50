"""What teaches, what is learnt, and what somebody stands behind, as people see and do it on the pages."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.harness.media import make_video
from tests.local.serving import EMAIL, Serving, until
from tests.pages.conftest import OpenPage, address_of, works_for_everybody


@pytest.fixture(scope="module")
def talk(server: Serving, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A recording of this module's own."""
    film = make_video(tmp_path_factory.mktemp("talk") / "talk.mp4", 30.0)
    return server.completed(server.upload(film), 240)


def test_somebody_agrees_that_corrections_teach_and_takes_it_back(
    server: Serving, talk: dict[str, Any], open_page: OpenPage
) -> None:
    page = open_page("#/settings?section=learning")
    card = page.get_by_role("region", name="Learning from your corrections")
    expect(card.get_by_text("Off", exact=True)).to_be_visible()
    expect(card).to_contain_text("No voice and no sound is learnt from.")
    card.get_by_label("Whom it helps").select_option("everybody")
    card.get_by_role("button", name="I agree").click()
    expect(card.get_by_text("On, for everybody here")).to_be_visible()
    agreed = server.api("GET", "/me/learning").json()
    assert (agreed["agreed"], agreed["scope"], agreed["agreed_wording"]) == (True, "everybody", agreed["wording"])
    works_for_everybody(page, "learning, agreed")

    asset = open_page(f"#/asset/{talk['id']}", width=390, color_scheme="dark")
    asset.locator(".details summary").click()
    asset.get_by_label("Learn nothing from this recording").check()
    expect(asset.get_by_label("Learn nothing from this recording")).to_be_checked()
    asset.wait_for_function(
        "async (url) => (await import('/api.js')).api.get(url).then((one) => one.no_training)",
        arg=f"/assets/{talk['id']}",
    )
    asset.get_by_label("Learn nothing from this recording").uncheck()

    card.get_by_role("button", name="Withdraw my agreement").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("those that you typed or imported stay")
    works_for_everybody(page, "learning, taken back")
    dialog.get_by_role("button", name="Withdraw my agreement").click()
    expect(card.get_by_text("Off", exact=True)).to_be_visible()
    assert server.api("GET", "/me/learning").json()["agreed"] is False


def test_words_lines_and_what_is_selected_are_confirmed_by_mouse_key_and_finger(
    server: Serving, talk: dict[str, Any], open_page: OpenPage
) -> None:
    path = f"/assets/{talk['id']}/lines"
    page = open_page(f"#/asset/{talk['id']}")
    learnt_in(page, 1, 1, "coral chick")
    rows = page.locator(".line")
    expect(page.locator(".confirmed-share")).to_have_text("0% confirmed")
    expect(page.get_by_text("Confirm the words that you have checked. If you agree")).to_be_visible()
    teaches = page.get_by_role("link", name="Learning from your corrections")
    expect(teaches).to_have_attribute("href", "#/settings?section=learning")
    right = rows.nth(0).get_by_role("button", name="This line is right")
    right.click()
    expect(right).to_have_attribute("aria-pressed", "true")
    page.locator(".line-time").nth(2).focus()
    page.keyboard.press("c")
    expect(rows.nth(2).locator(".line-right")).to_have_attribute("aria-pressed", "true")
    rows.nth(3).locator(".w").nth(1).click()
    page.keyboard.press("Shift+C")
    expect(rows.nth(3).locator(".w.confirmed")).to_have_text(["believe"])
    select(page, (4, 1), (5, 1))
    page.get_by_role("button", name="This is right", exact=True).click()
    expect(rows.nth(5).locator(".w.confirmed")).to_have_text(["Free", "transportation"])

    sign = page.locator(".reason.learnt")
    expect(sign).to_have_attribute("aria-label", re.compile("Heard: “coral chick”"))
    works_for_everybody(page, "confirmed words")
    sign.click()
    expect(rows.nth(1).locator(".line-text")).to_have_text("Should coral chick city make public transportation free?")

    def confirmed() -> list[list[int] | None]:
        return [one.get("confirmed") for one in server.api("GET", path).json()["lines"][:7]]

    wanted = [[*range(6)], [1, 2], [*range(18)], [1], [*range(1, 13)], [0, 1], None]
    until(confirmed, lambda found: found == wanted, 20)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(rows.nth(1).locator(".line-text")).to_have_text("Should the city make public transportation free?")
    until(confirmed, lambda found: found == [*wanted[:1], None, *wanted[2:4], None, None, None], 20)
    with page.expect_request(lambda one: one.url.endswith("/transcript/left")):
        page.evaluate("() => { location.hash = '#/' }")

    page = open_page(f"#/asset/{talk['id']}", width=390, has_touch=True, color_scheme="dark")
    page.locator(".line").nth(0).locator(".line-right").tap()
    expect(page.locator(".line").nth(0).locator(".line-right")).to_have_attribute("aria-pressed", "false")
    works_for_everybody(page, "confirmed words, narrow")
    until(confirmed, lambda found: found[0] is None, 20)

    page = open_page(address_of(server, talk, is_stranger=True), is_stranger=True)
    expect(page.get_by_role("img", name="Confirmed as right")).to_have_count(1)
    expect(page.get_by_text("Confirm the words that you have checked")).to_have_count(0)
    expect(page.locator("button.line-right")).to_have_count(0)


def test_what_was_learnt_and_helped_to_hear_is_told_by_what_learns(talk: dict[str, Any], open_page: OpenPage) -> None:
    def tracks(route: Route) -> None:
        answer = route.fetch().json()
        for one in answer["tracks"]:
            if one["name"] == "transcript":
                one["engine"] = "faster_whisper, account 3, hearing of account 3, hearing of everybody 12"
        route.fulfill(json=answer)

    page = open_page()
    page.route(re.compile(r"/assets/[^/]+/tracks$"), tracks)
    page.goto(f"{page.url.partition('#')[0]}#/asset/{talk['id']}")
    page.locator(".details summary").click()
    heard_by = page.locator(".details dl > div").filter(has_text="Whisper")
    expect(heard_by).to_contain_text("Transcribed by")
    for told in (
        "Corrections of common mistakes: no. 3 of your account",
        "Speech recognition: no. 3 of your account",
        "Speech recognition: no. 12 for everybody",
    ):
        expect(heard_by).to_contain_text(told)
    works_for_everybody(page, "transcribed by")
    page.evaluate("async () => (await import('/i18n.js')).setLanguage('fr')")
    expect(heard_by).to_contain_text("Le modèle qui écoute : n° 12 pour tout le monde")


def test_a_lexicon_is_written_imported_found_and_taken_apart(server: Serving, open_page: OpenPage) -> None:
    page = open_page("#/lexicon")
    expect(page.get_by_role("heading", name="Your lexicon is empty")).to_be_visible()
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Add a word or phrase").click()
    dialog.get_by_label("Word or phrase").fill("Anna Kowalczyk")
    dialog.get_by_label("Often heard as").fill("and a coral chick, Anna coral")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("listitem").filter(has_text="Anna Kowalczyk")).to_contain_text("coral chick")

    page.get_by_role("button", name="Import a list").click()
    dialog.get_by_label("List", exact=True).fill("Good\n" + "x" * 101)
    dialog.get_by_role("button", name="Import a list").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Line 2")
    field = dialog.locator("input[type=file]")
    field.set_input_files({"name": "list.csv", "mimeType": "text/csv", "buffer": b"\xff\xfe\x00"})
    expect(dialog.get_by_role("alert")).to_contain_text("cannot be read as text")
    some = "".join(f"<b>Term {number}</b>,turn {number}\n" for number in range(13))
    field.set_input_files({"name": "list.csv", "mimeType": "text/csv", "buffer": some.encode()})
    expect(dialog.get_by_role("alert")).to_have_count(0)
    dialog.get_by_role("button", name="Import a list").click()
    expect(page.get_by_role("listitem").filter(has_text="<b>Term 3</b>")).to_contain_text("Imported")
    works_for_everybody(page, "lexicon")

    page.get_by_label("Find").fill("coral")
    expect(page.locator(".entries li")).to_have_count(1)
    page.get_by_role("button", name="Change: Anna Kowalczyk").click()
    dialog.get_by_label("Word or phrase").fill("Anne Kowalczyk")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Change: Anne Kowalczyk")).to_be_visible()
    page.get_by_role("button", name="Remove: Anne Kowalczyk").click()
    dialog.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Nothing like this is in your lexicon.")).to_be_visible()
    left = server.api("GET", "/lexicon").json()["entries"]
    assert len(left) == 13
    for one in left:
        server.api("DELETE", f"/lexicon/en/{one['id']}")


def test_it_is_told_whether_what_hears_knows_the_lexicon(open_page: OpenPage) -> None:
    common = {"source": "typed", "added_at": 1_795_938_407.0, "heard_as": [], "recordings": []}
    entries = [
        common | {"id": code, "text": f"Kowalczyk {code}", "language": code} for code in ("en", "fr", "ja", "ko")
    ]
    reason = {"code": "vocabulary-not-made", "message": "It was refused.", "values": {}}
    vocabularies = [
        {"language": "en", "state": "ready", "left_out": ["<b>C++</b>", "№ 7"]},
        {"language": "fr", "state": "failed", "left_out": [], "reason": reason},
        {"language": "ko", "state": "waiting", "left_out": []},
    ]
    page = open_page()
    told = {"entries": entries, "vocabularies": vocabularies}
    page.route(re.compile(r"/lexicon$"), lambda route: route.fulfill(json=told))
    page.goto(f"{page.url.partition('#')[0]}?vocabularies#/lexicon")
    english = page.get_by_role("region", name="English")
    expect(english).to_contain_text("Speech recognition knows these entries.")
    english.get_by_text("2 entries are left out").click()
    expect(english.get_by_text("<b>C++</b>")).to_be_visible()
    french = page.get_by_role("region", name="French")
    expect(french).to_contain_text("Speech recognition could not take in these entries. It was refused.")
    expect(page.get_by_role("region", name="Korean")).to_contain_text("Being taken in")
    expect(page.get_by_role("region", name="Japanese").locator(".chip")).to_have_text(["Typed"])
    works_for_everybody(page, "vocabularies")
    page.set_viewport_size({"width": 360, "height": 800})
    works_for_everybody(page, "vocabularies, narrow")


def test_of_many_lessons_some_are_shown_and_their_titles_come_a_few_at_a_time(open_page: OpenPage) -> None:
    lesson = {"language": "en", "words": 900, "confirmed": 800, "changes": 12}
    lessons = [lesson | {"asset_id": f"talk{number:016}", "at": 1e9 + number} for number in range(120)]
    asked: list[str] = []
    at_once: list[set[str]] = [set()]

    def learnt(route: Route) -> None:
        route.fulfill(json=route.fetch().json() | {"agreed": True, "lessons": lessons})

    def titled(route: Route) -> None:
        asset_id = route.request.url.rpartition("/")[2]
        asked.append(asset_id)
        if asset_id.endswith("99"):
            route.fulfill(status=404, json={"code": "not-found", "detail": "There is no such recording."})
        else:
            route.fulfill(json={"id": asset_id, "title": f"Talk {int(asset_id[4:])}"})

    page = open_page()
    page.route(re.compile(r"/me/learning$"), learnt)
    page.route(re.compile(r"/assets/talk\d+$"), titled)
    page.on("request", lambda one: at_once.append(at_once[-1] | {one.url}) if "/assets/talk" in one.url else None)
    page.on("requestfinished", lambda one: at_once.append(at_once[-1] - {one.url}))
    page.goto(f"{page.url.partition('#')[0]}?lessons#/settings?section=learning")
    table = page.get_by_role("group", name="Recordings that it has learnt from")
    expect(table.get_by_role("row")).to_have_count(51)
    expect(table.get_by_role("link", name="Talk 119", exact=True)).to_be_visible()
    expect(table.get_by_role("link", name="Talk 70", exact=True)).to_be_visible(timeout=20_000)
    expect(table.get_by_role("link", name=f"talk{99:016}")).to_be_visible()
    assert len(asked) == len(set(asked)) == 50
    assert max(map(len, at_once)) <= 6
    page.get_by_role("button", name="Load more").click()
    expect(table.get_by_role("row")).to_have_count(101)
    expect(table.get_by_role("link", name="Talk 20", exact=True)).to_be_visible()
    works_for_everybody(page, "many lessons")


def test_what_was_learnt_is_told_by_language_and_taken_back(open_page: OpenPage) -> None:
    hostile = "<img src=x onerror=alert(1)> \u202e\u05e9\u05dc\u05d5\u05dd"
    learnt: list[dict[str, Any]] = [
        {"id": "0a", "language": "fr", "heard": "coq halle", "written": "Kowalczyk", "recordings": 1},
        {"id": "0b", "language": "en", "heard": "report her", "written": "Rapporteur", "recordings": 2},
        {"id": "0c", "language": "en", "heard": "<b>of</b>", "written": hostile, "recordings": 3},
    ]
    for one in learnt:
        one["scope"] = "everybody" if one["language"] == "fr" else "account"
    learnt += [learnt[1] | {"id": f"1{one:03}", "heard": f"turn {one}", "written": f"Term {one}"} for one in range(60)]
    gone: list[str] = []

    def told(route: Route) -> None:
        route.fulfill(json=route.fetch().json() | {"agreed": True, "learnt": learnt})

    def take_back(route: Route) -> None:
        assert route.request.method == "DELETE"
        gone.append(route.request.url.partition("/learnt/")[2])
        if len(gone) == 1:
            route.fulfill(status=503, json={"code": "unavailable", "detail": "Not now."})
        else:
            route.fulfill(status=204)

    page = open_page()
    page.route(re.compile(r"/me/learning$"), told)
    page.route(re.compile(r"/me/learning/learnt/"), take_back)
    page.goto(f"{page.url.partition('#')[0]}?learnt#/settings?section=learning")
    english, french = page.get_by_role("list", name="English"), page.get_by_role("list", name="French")
    expect(french).to_contain_text(re.compile(r"coq halle → Kowalczyk\s*For everybody\. Learnt from 1 recording\."))
    expect(english.get_by_text("Learnt from 3 recordings.")).to_be_visible()
    expect(english.get_by_role("listitem")).to_have_count(50)
    page.get_by_role("button", name="Load more").click()
    expect(english.get_by_role("listitem")).to_have_count(62)
    expect(english.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    works_for_everybody(page, "learnt")

    english.get_by_role("button", name="Take back: report her → Rapporteur").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("report her → Rapporteur")
    expect(dialog).to_contain_text("It is no longer done in new transcripts, and not learnt again.")
    works_for_everybody(page, "learnt, to be taken back")
    dialog.get_by_role("button", name="Take back").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_role("button", name="Take back").click()
    expect(dialog).to_have_count(0)
    assert gone == ["en/0b", "en/0b"]
    expect(english.get_by_text("Rapporteur")).to_have_count(0)
    expect(english.get_by_role("listitem")).to_have_count(61)
    expect(page.get_by_role("heading", name="What it has learnt from you")).to_be_focused()
    page.set_viewport_size({"width": 360, "height": 800})
    works_for_everybody(page, "learnt, narrow")
    for tongue in ("fr", "ja", "ko", "zh"):
        page.evaluate("async (tongue) => (await import('/i18n.js')).setLanguage(tongue)", tongue)
        expect(page.locator("html")).to_have_attribute("lang", re.compile(tongue))
        assert re.findall(r"\b(?:learning|ui)\.[a-z-]+", page.locator("main").inner_text()) == []
        works_for_everybody(page, f"learnt, {tongue}")


def test_an_administrator_sees_why_models_were_taken_or_not_and_goes_back(server: Serving, open_page: OpenPage) -> None:
    judged = {"recordings": 7, "words": 1800, "current": 0.123, "candidate": 0.081, "sureness": 0.9}
    common = {"scope": "everybody", "language": "en", "trainer": "training", "made_at": 1_795_938_407.0}
    stories = [
        ("previous", "better"),
        ("current", "better"),
        ("refused", "not-sure"),
        ("refused", "not-enough-yet"),
        ("refused", "worse-in-general"),
    ]
    models: list[dict[str, Any]] = [
        common
        | {"number": number, "state": state, "recordings": 12, "words": 5400, "judged": judged | {"verdict": verdict}}
        for number, (state, verdict) in enumerate(stories, 1)
    ]
    reason = {"code": "nothing-learnt", "message": "Nothing was misheard the same way in several recordings."}
    models.append(common | {"number": 6, "state": "failed", "recordings": 2, "words": 90, "reason": reason})
    night = {"language": "en", "trainer": "training", "at": 1_795_938_407.0, "outcome": "skipped", "reason": reason}
    night_of_another = night | {"language": "nl"}
    asked: list[Any] = []

    def listed(route: Route) -> None:
        mine = "owner=" in route.request.url
        route.fulfill(json={"models": [] if mine else models, "nights": [] if mine else [night, night_of_another]})

    def decide(route: Route) -> None:
        asked.append((route.request.url.partition("/admin/")[2], route.request.post_data_json))
        models[1]["state"], models[0]["state"] = "previous", "current"
        route.fulfill(json=models[0])

    rule = {"heard": "rapport tour", "written": "Rapporteur", "accounts": 2, "recordings": 5}
    rules = [rule | {"state": "open", "may_be_name": True}]

    def ruled(route: Route) -> None:
        if route.request.method == "POST":
            asked.append(("rules", route.request.post_data_json))
            rules[0]["state"] = "approved"
        route.fulfill(json={"rules": rules})

    page = open_page()
    page.route(re.compile(r"/admin/rules/en$"), ruled)
    page.route(re.compile(r"/admin/rules/nl$"), lambda route: route.fulfill(json={"rules": []}))
    page.route(re.compile(r"/admin/models(\?|$)"), listed)
    page.route(re.compile(r"/admin/models/everybody/en/training/\d+$"), decide)
    page.goto(page.url.partition("#")[0] + "?models#/admin/models")
    panel = page.get_by_role("region", name="English")
    expect(panel).to_contain_text("In use: no. 2")
    expect(panel).to_contain_text(
        "fewer mistakes, 8.1% of the words instead of 12.3%, but that may be chance: it is 90% certain"
    )
    expect(panel).to_contain_text("Too little is confirmed to tell")
    expect(panel).to_contain_text("nothing was made. Nothing was misheard")
    expect(panel).to_contain_text("Nothing was misheard the same way")
    expect(panel.locator("rect")).to_have_count(10)
    expect(panel.get_by_role("button", name="Put into use: English, no. 6")).to_have_count(0)
    works_for_everybody(page, "models")
    panel.get_by_role("button", name="Go back to it: English, no. 1").click()
    works_for_everybody(page, "models, to be decided")
    page.get_by_role("dialog").get_by_role("button", name="Go back to it").click()
    expect(panel).to_contain_text("In use: no. 1")
    assert asked == [("models/everybody/en/training/1", {"action": "use"})]
    taught = page.get_by_role("region", name="Corrections for everybody")
    expect(taught).to_contain_text("Corrected by 2 accounts in 5 recordings. It may be a name.")
    taught.get_by_role("button", name="Allow: rapport tour → Rapporteur").click()
    through = page.get_by_role("dialog").get_by_role("button", name="Allow")
    expect(through).to_be_disabled()
    page.get_by_role("dialog").get_by_label("It is nobody’s name").check()
    works_for_everybody(page, "rules")
    through.click()
    expect(taught.locator(".chip")).to_have_text("Allowed")
    assert asked[1:] == [("rules", {"heard": "rapport tour", "written": "Rapporteur", "no_name": True})]
    taught.get_by_label("Language").select_option(label="Dutch")
    expect(taught).to_contain_text("Nothing has been corrected in this language.")
    page.set_viewport_size({"width": 360, "height": 800})
    works_for_everybody(page, "models, narrow")
    page.get_by_label("Whose models").select_option(label=EMAIL)
    expect(page.get_by_role("heading", name="No model has been made yet")).to_be_visible()


def learnt_in(page: Page, line: int, word: int, heard: str) -> None:
    """Have the page find that a rule wrote this word, as the API says it."""

    def lines(route: Route) -> None:
        answer = route.fetch().json()
        if answer["edition"] == 0:
            answer["lines"][line]["heard"] = {str(word): heard}
        route.fulfill(json=answer)

    page.route(re.compile(r"/assets/[^/]+/lines"), lines)
    page.reload()


def select(page: Page, start: tuple[int, int], end: tuple[int, int]) -> None:
    """Select from a letter of a word to a letter of another, each in a line."""
    page.evaluate(
        """([from, to]) => {
            const word = ([line, at]) => document.querySelectorAll('.line')[line].querySelectorAll('.w')[at].firstChild
            getSelection().setBaseAndExtent(word(from), 1, word(to), 2)
        }""",
        [start, end],
    )
