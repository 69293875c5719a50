"""The pages on which administrators keep collections of faces, and release things to accounts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, StorageState, expect

from tests.local.serving import CANNED, EMAIL, PASSWORD, Serving, serving
from tests.pages import chromium
from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("faces pages")
HOSTILE = '<img src=x onerror="alert(1)"> & </script>'
SCREENS = [(360, "dark"), (1600, "light")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAPPORTEUR_BIOMETRICS", "true")
        patch.setenv("RAPPORTEUR_FACE_COLLECTIONS", "tests.harness.canned_faces")
        with serving(tmp_path_factory.mktemp("faces") / "data", *CANNED) as running:
            assert running.sign_in().status_code == 200
            yield running


@pytest.fixture(scope="module")
def signed_in(server: Serving) -> StorageState:
    return chromium.signed_in(server, EMAIL, PASSWORD)


PROJECT = "arn:aws:rekognition:us-east-1:123456789012:project/{}/1"


def picture(folder: Path, name: str, light: int, kind: str = "JPEG") -> Path:
    path = folder / name
    Image.new("RGB", (2000, 1500), (light,) * 3).save(path, kind)
    return path


def collection(page: Page, name: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Make the collection").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def add(page: Page, to: str, name: str, *pictures: Path) -> None:
    page.get_by_role("button", name=f"Add a person: {to}").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("Agreed on").fill("2026-11-20")
    dialog.get_by_label("Wording", exact=True).fill("Faces at council meetings, version 2")
    dialog.get_by_label("Pictures").set_input_files(list(pictures))
    works_for_everybody(page, "adding a person")
    dialog.get_by_label(re.compile("has agreed")).check()
    dialog.get_by_role("button", name="Add a person").click()
    expect(dialog).to_have_count(0, timeout=30_000)


def test_a_collection_is_made_released_filled_emptied_and_deleted(
    server: Serving, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page("#/admin")
    page.get_by_role("link", name="Collections of faces").click()
    expect(page.get_by_role("heading", name="No collections yet")).to_be_visible()
    collection(page, "council")
    panel = page.get_by_role("region", name="council")
    expect(panel).to_contain_text("Who may use it: nobody")
    add(page, "council", HOSTILE, picture(tmp_path, "one.jpg", 255), picture(tmp_path, "two.png", 230, "PNG"))
    row = panel.get_by_role("listitem").filter(has_text="img src")
    expect(row).to_contain_text(HOSTILE)
    expect(row).to_contain_text("Agreed on Nov 20, 2026: Faces at council meetings, version 2")
    expect(row).to_contain_text(EMAIL)
    expect(row).to_contain_text("2 pictures")
    assert page.locator("img[src=x]").count() == 0

    more = row.get_by_label(f"Add pictures: {HOSTILE}")
    more.set_input_files([picture(tmp_path, "group.jpg", 128)])
    expect(page.get_by_text("group.jpg: There are several faces")).to_be_visible()
    drawing = tmp_path / "drawing.svg.jpg"
    drawing.write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    more.set_input_files([drawing])
    expect(page.get_by_text("neither a JPEG nor a PNG")).to_be_visible()
    more.set_input_files([picture(tmp_path, "three.jpg", 240)])
    expect(row).to_contain_text("3 pictures")

    panel.get_by_role("button", name="Choose who may use it: council").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(EMAIL).check()
    works_for_everybody(page, "releasing")
    dialog.get_by_role("button", name="Save").click()
    expect(panel).to_contain_text(f"Who may use it: {EMAIL}")

    row.get_by_role("button", name=re.compile("Remove")).click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(panel.get_by_role("listitem")).to_have_count(0)
    panel.get_by_role("button", name="Delete: council").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="council", exact=True)).to_have_count(0)
    page.get_by_text("History").click()
    deeds = page.locator("details").get_by_role("row")
    expect(deeds.nth(1)).to_contain_text("Deleted")
    assert HOSTILE not in (page.locator("details").text_content() or "")
    assert server.api("GET", "/admin/releases").json() == {"releases": []}


def test_other_things_are_released_and_withdrawn(server: Serving, open_page: OpenPage) -> None:
    page = open_page("#/admin/releases")
    page.get_by_role("button", name="Make something available").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Kind").select_option("vocabulary")
    dialog.get_by_label("Name", exact=True).fill("buses")
    dialog.get_by_label("Name on AWS").fill("rapporteur.buses.3")
    dialog.get_by_label("Everybody may use it").check()
    works_for_everybody(page, "releasing a vocabulary")
    dialog.get_by_role("button", name="Save").click()
    row = page.get_by_role("region", name="Custom vocabularies").get_by_role("listitem").filter(has_text="buses")
    expect(row).to_contain_text("rapporteur.buses.3")
    expect(row).to_contain_text("everybody")
    row.get_by_role("button", name="Change: buses").click()
    dialog.get_by_label("Everybody may use it").uncheck()
    dialog.get_by_label(EMAIL).check()
    dialog.get_by_role("button", name="Save").click()
    expect(row).to_contain_text(EMAIL)
    (released,) = server.api("GET", "/admin/releases").json()["releases"]
    assert (released["aws_name"], released["everybody"], len(released["accounts"])) == ("rapporteur.buses.3", False, 1)
    row.get_by_role("button", name="Withdraw: buses").click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    expect(page.get_by_role("heading", name="Nothing is available yet")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
@pytest.mark.parametrize("language", ["en", "fr", "ko", "ja", "zh"])
def test_both_pages_work_for_everybody_in_every_language(
    server: Serving, open_page: OpenPage, width: int, scheme: str, language: str
) -> None:
    name = "council-of-a-town-with-a-long-name-" + "x" * 60
    server.api("POST", "/admin/collections", json={"name": name})
    consent = {"given_on": "2026-11-20", "wording": "W" * 200}
    if not server.api("GET", f"/admin/collections/{name}/people").json()["people"]:
        server.api("POST", f"/admin/collections/{name}/people", json={"name": "A" * 100, "consent": consent})
    server.api(
        "PUT",
        f"/admin/releases/labels/{name}",
        json={"aws_name": PROJECT.format(name)},
    )
    page = open_page("#/admin/faces", width=width, color_scheme=scheme, locale=language)
    page.evaluate(f"() => localStorage.setItem('rapporteur.language', '{language}')")
    for address in ("#/admin/faces", "#/admin/releases"):
        page.goto(f"{server.base}/{address}")
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        expect(page.get_by_text(name).first).to_be_visible()
        expect(page.locator("main")).not_to_contain_text(re.compile(r"\b(faces|released)\.[a-z]"))
        works_for_everybody(page, f"{address} in {language}")


def test_where_faces_may_not_be_told_apart_the_page_says_so(open_page: OpenPage) -> None:
    page = open_page("#/")
    off = {"title": "Not Found", "status": 404, "detail": "None.", "code": "no-collections"}
    page.route("**/admin/collections", lambda route: route.fulfill(status=404, json=off))
    page.get_by_role("link", name="Admin").click()
    page.get_by_role("link", name="Collections of faces").click()
    expect(page.get_by_role("heading", name="There are no collections of faces here")).to_be_visible()
