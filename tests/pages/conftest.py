"""A served Rapporteur, and a browser that somebody uses it with. All is real but for what is heard in recordings."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Dialog, Page, StorageState, expect, sync_playwright

from tests.harness.media import make_video
from tests.local.serving import CANNED, EMAIL, PASSWORD, Serving, serving
from tests.pages import chromium

BOB = "bob@example.com"

expect.set_options(timeout=20_000)
"""Milliseconds: two cores may have a browser, a server and other tests to run just then."""


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:  # that no command line names
            patch.setenv("RAPPORTEUR_TRANSLATOR", "tests.harness.canned_translator")
            running = stack.enter_context(serving(tmp_path_factory.mktemp("pages") / "data", *CANNED))
        assert running.sign_in().status_code == 200
        yield running


@pytest.fixture(scope="package")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small film, long enough for a few captions."""
    return make_video(tmp_path_factory.mktemp("film") / "debate.mp4", 30.0)


@pytest.fixture(scope="package")
def debate(server: Serving, recording: Path) -> dict[str, Any]:
    """The recording, uploaded and worked on."""
    return server.completed(server.upload(recording), 240)


@pytest.fixture(scope="package")
def unread(server: Serving, recording: Path) -> dict[str, Any]:
    """The same recording once more, whose transcript nobody confirms or corrects."""
    return server.completed(server.upload(recording), 240)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    found = chromium.find()
    if found is None:
        if os.environ.get("RAPPORTEUR_NO_SKIPS"):
            pytest.fail("There is no Chromium, and these tests must not be skipped.")
        pytest.skip("THERE IS NO CHROMIUM: run `python -m tests.pages.chromium`, which installs it where it may")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"],
        )
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def signed_in(server: Serving) -> StorageState:
    """What the browser keeps for somebody who has signed in."""
    return chromium.signed_in(server, EMAIL, PASSWORD)


@pytest.fixture(scope="package")
def bob(server: Serving) -> StorageState:
    """The same of somebody else, who has confirmed their address and has no recordings."""
    made = server.at_sign_in("signup")
    made.send(email=BOB, password=PASSWORD)
    made.send(email=BOB, code=server.code())
    return chromium.signed_in(server, BOB, PASSWORD)


OpenPage = Callable[..., Page]


def address_of(server: Serving, asset: dict[str, Any], *, is_stranger: bool) -> str:
    """Where somebody finds an asset: its owner, or a stranger who has a link to it."""
    if not is_stranger:
        return f"#/asset/{asset['id']}"
    link = server.api("POST", f"/assets/{asset['id']}/shares", json={"days": 1}).json()
    return f"#/shared/{link['token']}"


def works_for_everybody(page: Page, address: str, within: str | None = None, *, is_quick: bool = False) -> None:
    """What a page shows just now, or `within` a part of it, can be used with a screen reader and fits on the screen.
    Contrasts take axe the longest: `is_quick` where they are looked at already.
    """
    options = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": not is_quick}}}
    found = Axe().run(page, context=within, options=options).response["violations"]
    serious = [
        (one["id"], [node["html"][:150] for node in one["nodes"]])
        for one in found
        if one["impact"] in {"serious", "critical"}
    ]
    assert serious == [], address
    over = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"{address} is wider than the screen by {over} pixels"


@pytest.fixture
def open_page(browser: Browser, server: Serving, signed_in: StorageState) -> Iterator[OpenPage]:
    """Opens a page in a window of its own, for who has signed in; nothing may go wrong in any of them."""
    contexts = []
    faults: list[str] = []

    def no_dialog(dialog: Dialog) -> None:
        faults.append(f"a dialog: {dialog.message}")
        dialog.accept()  # or the page stands still, and is never closed

    def opened(address: str = "", *, is_stranger: bool = False, width: int = 1280, **options: Any) -> Page:
        told = {"locale": "en-US", "storage_state": None if is_stranger else signed_in, **options}
        context = browser.new_context(viewport={"width": width, "height": 800}, **told)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        page.on("dialog", no_dialog)
        page.goto(f"{server.base}/{address}")
        return page

    yield opened
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")  # what is still being answered
        context.close()
    assert faults == []
