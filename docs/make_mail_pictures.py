"""Takes the pictures of the mails in `docs/mails/`: a sheet a mail, a row a language, wide and narrow, light and dark.

    python -m docs.make_mail_pictures

The mails are made of the same invented recordings as the tests.
"""

import base64
import io
import subprocess

from PIL import Image
from playwright.sync_api import Browser

from chalicelib.letters.letter import Letter
from chalicelib.letters.wording import LANGUAGES
from deployment.target import ROOT
from tests.letters.reports import letters, reader_of
from tests.pages import chromium

FOLDER = ROOT / "docs" / "mails"
SCREENS = ((700, "light"), (700, "dark"), (360, "light"), (360, "dark"))
"""Width in pixels and colour scheme."""

LONGEST = 1500
"""Pixels of a mail's height that are shown."""

SCALE = 0.5
GAP = 12
MAX_BYTES = 700_000


def main() -> None:
    """Take all pictures."""
    if unwritten := [language for language in LANGUAGES if not _has_font(language)]:
        raise SystemExit(f"There is no font for {', '.join(unwritten)}: install fonts-noto-cjk")
    FOLDER.mkdir(exist_ok=True)
    by_language = {language: letters(reader_of(language)) for language in LANGUAGES}
    with chromium.launched() as browser:
        for kind in by_language["en"]:
            rows = [[_taken(browser, mails[kind], *screen) for screen in SCREENS] for mails in by_language.values()]
            _save(kind, _sheet(rows))


def _has_font(language: str) -> bool:
    """Whether this machine can write `language`; without a font a browser draws empty boxes."""
    command = ["fc-list", f":lang={language}"]
    listed = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - our own
    return bool(listed.stdout)


def shown(letter: Letter) -> str:
    """The letter's HTML as a browser shows it, with its pictures in it."""
    html = letter.html
    for picture in letter.pictures:
        data = f"data:{picture.content_type};base64,{base64.b64encode(picture.data).decode()}"
        html = html.replace(f"cid:{picture.cid}", data)
    return html


def _taken(browser: Browser, letter: Letter, width: int, scheme: str) -> Image.Image:
    context = browser.new_context(viewport={"width": width, "height": 300}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_content(shown(letter))
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    context.close()
    picture = picture.crop((0, 0, picture.width, min(picture.height, LONGEST)))
    return picture.resize((round(picture.width * SCALE), round(picture.height * SCALE)), Image.Resampling.LANCZOS)


def _sheet(rows: list[list[Image.Image]]) -> Image.Image:
    width = sum(picture.width + GAP for picture in rows[0]) + GAP
    height = sum(max(picture.height for picture in row) + GAP for row in rows) + GAP
    sheet = Image.new("RGB", (width, height), "#8a94a0")
    top = GAP
    for row in rows:
        left = GAP
        for picture in row:
            sheet.paste(picture, (left, top))
            left += picture.width + GAP
        top += max(picture.height for picture in row) + GAP
    return sheet


def _save(kind: str, sheet: Image.Image) -> None:
    """Save with as many colours as there is room for."""
    path = FOLDER / f"{kind}.png"
    for colours in (256, 128, 64, 32):
        sheet.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= MAX_BYTES:
            return


if __name__ == "__main__":
    main()
