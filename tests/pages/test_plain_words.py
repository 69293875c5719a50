"""What people read has no words that only programmers know: in the pages' texts, in mails, in lists of files."""

import json
import re
from typing import Any

import pytest
from babel.messages.pofile import read_po
from playwright.sync_api import expect

from chalicelib.domain import presets
from tests.harness.started import ROOT
from tests.local.serving import Serving
from tests.pages.conftest import OpenPage, works_for_everybody

pytestmark = pytest.mark.xdist_group("pages")
LANGUAGES = ("en", "fr", "ko", "ja", "zh")
TECHNICAL = re.compile(
    r"\b(h\.?26[45]|hevc|aac|pcm\w*|codecs?|mime|content[- ]?type|presets?|renditions?|bit ?rate|kbit|payload|booleans?"
    r"|timestamps?|metadata|endpoints?|octets?|bytes?|null|undefined|regex|dead[- ]letter queue)\b"
    r"|\b(audio|video|image|application|text)/[a-z]"
    r"|コーデック|レンディション|プリセット|バイト|코덱|렌디션|프리셋|바이트|编解码|字节|预设",
    re.IGNORECASE,
)
FOR_ADMINISTRATORS = re.compile(r"(admin|models|material|rules|released|faces|held)\.")


def texts_of(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_the_pages_has_a_technical_word(language: str) -> None:
    found = []
    catalogues = sorted((ROOT / "web" / "i18n").glob(f"*{language}.json"))
    assert len(catalogues) >= 5
    for path in catalogues:
        for key, value in json.loads(path.read_text()).items():
            if FOR_ADMINISTRATORS.match(key):
                continue
            found += [(path.name, key, text) for text in texts_of(value) if TECHNICAL.search(text)]
    assert found == []


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_what_mails_call_films_and_sound_is_what_the_pages_call_them(language: str) -> None:
    pages = json.loads((ROOT / "web" / "i18n" / f"{language}.json").read_text())
    with (ROOT / "chalicelib" / "letters" / "translations" / f"{language}.po").open("rb") as file:
        mails = read_po(file)
    for preset in presets.ALL:
        assert not TECHNICAL.search(preset.title)
        message = mails.get(preset.title)
        assert message is not None, preset.title
        assert message.string == pages[f"rendition.{preset.name}"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_files_sizes_and_states_are_told_in_plain_words(
    server: Serving, debate: dict[str, Any], open_page: OpenPage, language: str
) -> None:
    page = open_page("#/")
    page.evaluate("(tag) => localStorage.setItem('rapporteur.language', tag)", language)
    page.goto(f"{server.base}/#/asset/{debate['id']}")
    page.reload()
    texts = json.loads((ROOT / "web" / "i18n" / f"asset-{language}.json").read_text())
    plain = json.loads((ROOT / "web" / "i18n" / f"{language}.json").read_text())
    page.get_by_role("button", name=texts["asset.downloads.button"], exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".files a").first).to_be_visible(timeout=20_000)
    names = dialog.locator(".files li > :is(a, button)").all_inner_texts()
    files = server.api("GET", f"/assets/{debate['id']}/files").json()["files"]
    assert plain["rendition.web"] in names
    assert texts["asset.downloads.srt"] in names
    assert f"{plain['file.captions']} (SRT)" not in names, "each is offered once"
    assert len(set(names)) == len(files) + 1, "each has a name of its own, and one is made when it is asked for"
    assert not {file["name"] for file in files} & set(names)
    told = dialog.inner_text()
    assert not TECHNICAL.search(told), told
    works_for_everybody(page, f"downloads in {language}")
    page.keyboard.press("Escape")
    page.locator("details.details > summary").click()
    details = page.locator("details.details").inner_text()
    assert not TECHNICAL.search(details), details
    page.goto(f"{server.base}/#/upload")
    expect(page.get_by_label(plain["rendition.web"])).to_be_visible(timeout=20_000)
    shown = page.locator("main").inner_text()
    assert not TECHNICAL.search(shown), shown


def test_a_small_file_is_told_in_kilobytes(open_page: OpenPage) -> None:
    page = open_page("#/")
    sizes = page.evaluate("async () => [0, 1, 393, 999, 1500, 24_300_000].map((await import('./i18n.js')).bytes)")
    assert sizes == ["0 kB", "0.1 kB", "0.4 kB", "1 kB", "2 kB", "24.3 MB"]
