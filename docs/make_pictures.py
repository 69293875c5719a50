"""Takes the pictures of the pages in `docs/pages/`: each on a wide and a narrow screen, light and dark.

    python -m docs.make_pictures              # all of them
    python -m docs.make_pictures board link   # these

The service runs as `make serve` runs it, with its sample, in a folder of its own.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from deployment.target import ROOT
from tests.local.serving import EMAIL, PASSWORD, Serving, serving, until
from tests.pages import chromium

FOLDER = ROOT / "docs" / "pages"
SCREENS = {"wide": (1600, 1000, "light"), "narrow": (360, 780, "dark")}
PAGES = {
    "library": "#/",
    "upload": "#/upload",
    "asset": "#/asset/{id}",
    "desk": "#/asset/{id}",
    "versions": "#/asset/{id}",
    "compared": "#/asset/{id}",
    "transcribe-again": "#/asset/{id}",
    "quoting": "#/asset/{id}",
    "quotes": "#/asset/{id}",
    "captions": "#/asset/{id}",
    "share": "#/asset/{id}",
    "links": "#/asset/{id}",
    "linked": "#/shared/{linked}?{stretch}",
    "locked": "#/shared/{locked}",
    "boards": "#/boards",
    "board": "#/boards/{board}",
    "film": "#/asset/{film}",
    "picture": "#/asset/{picture}",
    "document": "#/asset/{document}",
    "search": "#/search?q=transportation&tag=council",
    "ask": "#/ask",
    "import": "#/upload",
    "settings": "#/settings",
    "lexicon": "#/lexicon",
    "admin": "#/admin",
    "models": "#/admin/models",
    "material": "#/admin/material",
    "faces": "#/admin/faces",
    "releases": "#/admin/releases",
    "held": "#/admin/held",
}
SECONDS = 900
"""That a sample may take: other work may be going on."""
FACES = {"RAPPORTEUR_BIOMETRICS": "true", "RAPPORTEUR_FACE_COLLECTIONS": "local.engines.face_collections"}
"""Set while the pictures are taken: the pack `vision` must be there."""


SHOWN = {"film": "film.mp4", "picture": "picture.jpg", "document": "document.pdf"}
"""Samples that are only brought for their own pictures."""
ADMINISTRATORS = {"admin", "models", "material", "faces", "releases", "held"}


def main() -> None:
    """Take all pictures, or those that the command line names."""
    names = sys.argv[1:] or list(PAGES)
    FOLDER.mkdir(exist_ok=True)
    os.environ |= FACES  # noqa: TID251 - of the server that is started below
    with (
        chromium.launched() as browser,
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "data") as server,
    ):
        server.sign_in()
        asset = server.completed(server.upload(ROOT / "samples" / "debate.mp4"), SECONDS)
        others = {
            name: server.completed(server.upload(ROOT / "samples" / file), SECONDS)["id"]
            for name, file in SHOWN.items()
            if name in names
        }
        server.api("PATCH", f"/assets/{asset['id']}", json={"title": "Should buses be free?", "tags": ["council"]})
        _correct(server, asset["id"])
        if ADMINISTRATORS & set(names):
            _release(server)
            _bring(server)
        made = _quote(server, asset["id"])
        for screen in SCREENS:
            _take(browser, server, screen, {"id": asset["id"], **others, **made}, names)


def _quote(server: Serving, asset_id: str) -> dict[str, str]:
    """Quotes, a comment and a highlight, a board of two quotes, people and links. Returns what their addresses need."""
    path = f"/assets/{asset_id}"
    lines = server.api("GET", f"{path}/lines").json()["lines"]

    def mark(kind: str, of: str, **more: str) -> str:
        said = next(one for one in lines if of in " ".join(word[2] for word in one["words"]))
        stretch = {"start": said["words"][0][0], "end": said["words"][-1][1]}
        return str(server.api("POST", f"{path}/marks", json={"kind": kind, **stretch, **more}).json()["id"])

    quotes = [mark("quote", "make public"), mark("quote", "pay for")]
    mark("comment", "wonderful gift", body="Ask the youth council what they think.")
    mark("highlight", "air is clean", colour="green")
    server.api("POST", f"{path}/marks/{quotes[0]}/clips", json={"format": "mp4"})
    board = server.api("POST", "/boards", json={"name": "Report on free buses"}).json()["id"]
    entries = [{"asset": asset_id, "mark": quotes[0]}, {"note": "What speaks against it:"}]
    for entry in (*entries, {"asset": asset_id, "mark": quotes[1], "note": "Compare the budget of 2026."}):
        server.api("POST", f"/boards/{board}/entries", json=entry)
    for address, role in (("ada@example.org", "editor"), ("gustave@example.org", "commenter")):
        server.api("POST", f"{path}/people", json={"address": address, "role": role})

    def link(**wanted: object) -> str:
        return str(server.api("POST", f"{path}/shares", json=wanted).json()["token"])

    told = {
        "linked": link(days=30, name="Everybody", tells_title=True),
        "locked": link(days=7, name="The council", password=PASSWORD),
    }

    def states() -> list[str]:
        return [
            clip["state"] for one in server.api("GET", f"{path}/marks").json()["marks"] for clip in one.get("clips", [])
        ]

    until(states, lambda found: "ready" in found)
    pays = next(one for one in lines if "pay for" in " ".join(word[2] for word in one["words"]))
    told["stretch"] = f"from={pays['words'][0][0]}&to={pays['words'][-1][1]}"
    return {**told, "board": board}


def _correct(server: Serving, asset_id: str) -> None:
    """A sitting in which the first line was read, and another word was put in."""
    path = f"/assets/{asset_id}"
    found = server.api("GET", f"{path}/lines").json()
    lines = [
        {"text": "".join(f"{space}{text}" for *_, text, _, space in line["words"]), "speaker": line.get("speaker")}
        for line in found["lines"]
    ]
    lines[0]["text"] = f"Well, {lines[0]['text']}"
    right = [{"start": 0, "end": found["lines"][1]["end"]}]
    server.api("PUT", f"{path}/transcript", json={"edition": found["edition"], "lines": lines, "confirmed": right})
    server.api("POST", f"{path}/transcript/left", json={})
    until(lambda: server.api("GET", f"{path}/editions").json()["editions"], lambda all_: not all_[0]["is_open"])


def _release(server: Serving) -> None:
    """A collection with two people, of whom there are no pictures yet; and a vocabulary."""
    server.api("POST", "/admin/collections", json={"name": "council"})
    consent = {"given_on": "2026-11-20", "wording": "Faces at council meetings, version 2"}
    for name in ("Ada Lovelace", "Gustave Trouvé"):
        server.api("POST", "/admin/collections/council/people", json={"name": name, "consent": consent})
    owner = server.api("GET", "/me").json()["owner"]
    server.api("PUT", "/admin/releases/collection/council", json={"accounts": [owner]})
    server.api("PUT", "/admin/releases/vocabulary/buses", json={"aws_name": "rapporteur.buses.3", "everybody": True})


def _bring(server: Serving) -> None:
    """A set with what is said in the sample, one whose files do not belong together, and one that waits for files."""
    debate = ROOT / "samples" / "debate.mp4"
    consent = {"given_on": "2026-11-20", "wording": "Voices at council meetings, version 2"}
    captions = b"1\n00:00:00,000 --> 00:00:05,000\nGood evening and welcome. Tonight we ask one question.\n"
    sets: list[tuple[dict[str, Any], dict[str, bytes]]] = [
        (
            {"name": "Streets and people", "kind": "words"},
            {"words.csv": b"Kowalczyk,coral chick\nGustave Trouv\xc3\xa9,ghost of true vay\n", "scan.txt": b"\xff\xfe"},
        ),
        (
            {"name": "Minutes of 2024", "kind": "text"},
            {"january.txt": b"The council met.", "february.txt": b"It rained."},
        ),
        (
            {"name": "Council of 2025", "kind": "sound", "consent": consent},
            {"debate.mp4": debate.read_bytes(), "debate.srt": captions, "notes.txt": b"Nobody has said this."},
        ),
    ]
    for wanted, files in sets:
        made = server.api("POST", "/admin/material", json={"language": "en", **wanted}).json()
        path = f"/admin/material/{made['id']}"
        for name, data in files.items():
            told = server.api("POST", f"{path}/files", json={"file_name": name, "size": len(data)}).json()
            server.send(told, data)
        if wanted["kind"] != "text":
            server.api("POST", f"{path}/check")

    def stages() -> list[str]:
        return [one["stage"] for one in server.api("GET", "/admin/material").json()["sets"]]

    until(stages, lambda found: "checking" not in found)


def _take(browser: Browser, server: Serving, screen: str, assets: dict[str, str], names: list[str]) -> None:
    width, height, scheme = SCREENS[screen]
    options = {"viewport": {"width": width, "height": height}, "color_scheme": scheme, "locale": "en-US"}
    page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    page.goto(f"{server.base}/#/sign-in")
    page.get_by_role("button", name="Sign in").click()
    page.locator("input[type=email]").fill(EMAIL)
    page.locator("input[type=password]").fill(PASSWORD)
    if names == list(PAGES):
        _shoot(page, f"sign-in-{screen}")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Library").wait_for()
    for name in names:
        page.goto("about:blank")  # or nothing is opened anew where the address is the same
        page.goto(f"{server.base}/{PAGES[name].format(**assets)}")
        if name == "asset":
            page.locator(".line-text .w").nth(30).click()
        if name in _OPENED:
            page.locator(".line, .board-entry, #from-address, .filter-more, .locked, .ask-form").first.wait_for()
            _OPENED[name](page)
        if name == "film":
            page.locator(".shot").nth(1).click()
            page.locator(".shots").scroll_into_view_if_needed()  # its stills are drawn once they are in sight
            page.wait_for_timeout(1500)
            page.evaluate("() => { document.querySelector('video').pause(); window.scrollTo(0, 0) }")
        if name == "material":
            page.get_by_text("january.txt").wait_for()
        if name == "upload":
            page.get_by_text("What to look for").click()
        _shoot(page, f"{name}-{screen}")
    if names == list(PAGES):
        page.goto(f"{server.base}/mailbox")
        _shoot(page, f"mailbox-{screen}")


def _compare(page: Page) -> None:
    page.get_by_role("button", name="Versions (").click()
    page.get_by_role("button", name="Compare As it was heard").click()


def _transcribe_again(page: Page) -> None:
    page.locator(".asset-actions .menu > button").click()
    page.get_by_role("button", name="Transcribe again").click()


def _choose(page: Page) -> None:
    page.locator(".quotes .mark").first.wait_for()
    words = page.locator(".line", has_text="beautiful dream").locator(".w")
    words.first.evaluate("(word) => word.scrollIntoView({ block: 'center' })")
    words.first.evaluate("""(word) => {
        const range = document.createRange()
        range.setStart(word, 0)
        range.setEnd(word.parentElement.querySelectorAll('.w')[4], 1)
        getSelection().addRange(range)
    }""")


def _captions(page: Page) -> None:
    page.locator(".asset-actions .menu > button").click()
    page.get_by_role("button", name="Captions from a file").click()
    lines = zip(page.locator(".line-time").all_inner_texts(), page.locator(".line-text").all_inner_texts(), strict=True)
    cues = "\n\n".join(f"00:0{time},000 --> 00:0{time},900\n{text}" for time, text in lines)
    file = {"name": "debate.srt", "mimeType": "text/plain", "buffer": cues.replace("bus", "tram").encode()}
    page.locator("dialog input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    page.locator(".captions-facts").wait_for()


def _links(page: Page) -> None:
    page.get_by_role("button", name="Share").first.click()
    page.locator("dialog .links li").last.wait_for()
    page.locator(".people + h3").evaluate("(heading) => heading.scrollIntoView()")


def _ask(page: Page) -> None:
    page.locator(".ask-form input").fill("Who has to pay for buses?")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_role("button", name="Play").first.wait_for()


def _play(page: Page) -> None:
    page.get_by_role("button", name="Play").first.click()
    page.wait_for_function("() => document.querySelector('video').currentTime > 4")
    page.wait_for_function("() => document.querySelector('video').paused")


_OPENED: Mapping[str, Callable[[Page], None]] = {
    "desk": lambda page: page.keyboard.press("u"),
    "versions": lambda page: page.get_by_role("button", name="Versions (").click(),
    "compared": _compare,
    "transcribe-again": _transcribe_again,
    "quoting": _choose,
    "quotes": lambda page: page.locator(".quotes").evaluate("(panel) => panel.scrollIntoView()"),
    "captions": _captions,
    "links": _links,
    "ask": _ask,
    "board": _play,
    "import": lambda page: page.locator("#from-address").evaluate("(title) => title.scrollIntoView({block: 'center'})"),
    "share": lambda page: page.get_by_role("button", name="Share").first.click(),
}
"""What is opened on the page of the recording before its picture is taken."""


def _shoot(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(800)  # pictures and captions draw themselves
    page.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    main()
