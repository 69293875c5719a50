"""What teaches, what is learnt, and what somebody stands behind, as people see and do it on the pages."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.harness.media import make_video
from tests.local.serving import Serving
from tests.pages.conftest import OpenPage, works_for_everybody


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
    asset.get_by_label("Nothing may be learnt from this recording").check()
    expect(asset.get_by_label("Nothing may be learnt from this recording")).to_be_checked()
    asset.wait_for_function(
        "async (url) => (await import('/api.js')).api.get(url).then((one) => one.no_training)",
        arg=f"/assets/{talk['id']}",
    )
    asset.get_by_label("Nothing may be learnt from this recording").uncheck()

    card.get_by_role("button", name="Withdraw my agreement").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("those that you typed or imported stay")
    works_for_everybody(page, "learning, taken back")
    dialog.get_by_role("button", name="Withdraw my agreement").click()
    expect(card.get_by_text("Off", exact=True)).to_be_visible()
    assert server.api("GET", "/me/learning").json()["agreed"] is False
