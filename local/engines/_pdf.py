"""PDF, TIFF and pictures of paper, opened and drawn page by page: runs in a worker (`_paper.py`).

PDFium is built without any engine for scripts, and no form is ever set up: what a document would run is told, and never
run.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib.message import Message
from local.engines._subprocess import TOO_MANY_PIXELS, UNREADABLE_FILE, Fault

if TYPE_CHECKING:
    from local.engines._frames import Pixels

Box = tuple[float, float, float, float]
"""Left, top, width and height, as fractions of the page."""

MOST_PAGES = 3_000
MOST_PIXELS = 100_000_000
"""Of a picture of paper: A0 at 300 dots an inch has 140 million, and is no document to be read."""

_DRAWN = 200 / 72
"""Pixels a point: 200 dots an inch."""

_MOST_DRAWN = 6_000_000
_MOST_CHARS = 200_000  # of a page
_FEWEST_LETTERS = 100
_COVERED = 0.5
"""A page with so few letters, so much of which one picture covers, is a scan with a stamp on it."""

_BAD_SHARE = 0.3
_GRID = 1 << 16
_GAP = 1.2
"""How far apart words of one line are at most, for their height: what is further stands in another column, or cell."""

_SCRIPT = re.compile(rb"/(JavaScript|JS)\b")
_CHUNK = 1 << 20

PASSWORD = Message(
    "document-locked-here", "The document needs a password. Please save it without one, and upload that instead."
)
DAMAGED = Message(
    "document-damaged-here", "The document cannot be read: it is damaged, or cut off. Please save it again."
)
TOO_MANY_PAGES = Message("document-too-long", "The document has %(pages)s pages; at most %(most_pages)s can be read.")
SCRIPTED = Message("document-scripted", "The document holds a program of its own, which was not run.")


@dataclass(frozen=True, slots=True)
class Word:
    """A word and where it stands; `confidence` is from 0 to 1."""

    text: str
    box: Box
    confidence: float = 1.0


Line = list[Word]


class Paper(Protocol):
    """A document that is open."""

    pages: int
    is_scripted: bool

    def text(self, number: int) -> list[Line] | None:
        """The lines of a page, counted from 0, as the file has them; None where it has to be read off its picture."""

    def drawn(self, number: int) -> "Pixels":
        """The picture of a page: red, green and blue by row and column."""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Paper]:
    """The document at `path`. Raises Fault with what is wrong with it."""
    with path.open("rb") as file:
        is_pdf = b"%PDF-" in file.read(1024)
    with _pdf(path) if is_pdf else _pictures(path) as paper:
        if paper.pages > MOST_PAGES:
            raise Fault(TOO_MANY_PAGES.of(pages=paper.pages, most_pages=MOST_PAGES))
        yield paper


@contextlib.contextmanager
def _pdf(path: Path) -> Iterator["_Pdf"]:
    import pypdfium2
    import pypdfium2.raw as pdfium

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as exc:
        needs_password = pdfium.FPDF_GetLastError() in {pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY}
        raise Fault(PASSWORD if needs_password else DAMAGED) from exc
    try:
        if len(document) == 0:
            raise Fault(DAMAGED)
        yield _Pdf(document, _holds_script(path) or pdfium.FPDFDoc_GetJavaScriptActionCount(document) > 0)
    finally:
        document.close()


def _holds_script(path: Path) -> bool:
    """Whether it says so in plain bytes; what is packed is PDFium's to tell."""
    before = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if _SCRIPT.search(before + chunk):
                return True
            before = chunk[-16:]
    return False


class _Pdf:
    def __init__(self, document: Any, is_scripted: bool) -> None:  # noqa: ANN401 - the package is untyped
        self._document = document
        self.pages = len(document)
        self.is_scripted = is_scripted

    @contextlib.contextmanager
    def _page(self, number: int) -> Iterator[Any]:
        import pypdfium2
        import pypdfium2.raw as pdfium

        try:
            page = self._document[number]
            # What is filled into the fields of a form, and notes, become part of the page, as a printer has them.
            if pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) == pdfium.FLATTEN_SUCCESS:
                page.close()
                page = self._document[number]
        except pypdfium2.PdfiumError as exc:
            raise Fault(DAMAGED) from exc
        try:
            yield page
        finally:
            page.close()

    def text(self, number: int) -> list[Line] | None:
        import pypdfium2

        with self._page(number) as page:
            try:
                lines = _lines(page)
            except pypdfium2.PdfiumError:
                return None
            letters = "".join(word.text for line in lines for word in line)
            bad = sum(not (char.isalnum() or char.isprintable()) or char == "\ufffd" for char in letters)
            if not letters:
                return [] if next(page.get_objects(max_depth=1), None) is None else None
            if bad > _BAD_SHARE * len(letters):
                return None
            if len(letters) < _FEWEST_LETTERS and _is_scan(page):
                return None
            return lines

    def drawn(self, number: int) -> "Pixels":
        import pypdfium2

        with self._page(number) as page:
            width, height = page.get_size()
            scale = min(_DRAWN, (_MOST_DRAWN / max(width * height, 1.0)) ** 0.5)
            try:
                bitmap = page.render(scale=scale, may_draw_forms=False, draw_annots=True, rev_byteorder=True)
            except pypdfium2.PdfiumError as exc:
                raise Fault(DAMAGED) from exc
            pixels: Pixels = bitmap.to_numpy()[:, :, :3].copy()
            bitmap.close()
            return pixels


def _is_scan(page: Any) -> bool:  # noqa: ANN401
    import pypdfium2
    import pypdfium2.raw as pdfium

    width, height = page.get_size()
    for found in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        with contextlib.suppress(pypdfium2.PdfiumError):
            left, bottom, right, top = found.get_bounds()
            if abs((right - left) * (top - bottom)) > _COVERED * width * height:
                return True
    return False


def _lines(page: Any) -> list[Line]:  # noqa: ANN401
    """The words of a page, in the file's order, in lines: PDFium tells where these end, and a wide gap ends one too."""
    from ctypes import byref, c_double, c_int

    import pypdfium2.raw as pdfium

    text = page.get_textpage()
    try:
        count = min(max(pdfium.FPDFText_CountChars(text), 0), _MOST_CHARS)
        left, right, bottom, top = (c_double() for _ in range(4))
        x, y = c_int(), c_int()

        def at(across: float, down: float) -> tuple[float, float]:
            pdfium.FPDF_PageToDevice(page, 0, 0, _GRID, _GRID, 0, across, down, byref(x), byref(y))
            return x.value / _GRID, y.value / _GRID

        lines: list[Line] = []
        line: Line = []
        letters: list[int] = []
        sides = [0.0] * 4

        def end_word() -> None:
            nonlocal letters, line
            if not letters:
                return
            written = _decoded(letters)
            letters = []
            (x1, y1), (x2, y2) = at(sides[0], sides[3]), at(sides[1], sides[2])
            box = _box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
            if not written:
                return
            if line and _is_apart(line[-1].box, box, ratio):
                lines.append(line)
                line = []
            line.append(Word(written, box))

        def end_line() -> None:
            nonlocal line
            end_word()
            if line:
                lines.append(line)
                line = []

        width, height = page.get_size()
        ratio = width / height if height else 1.0
        for index in range(count):
            code = pdfium.FPDFText_GetUnicode(text, index)
            if code in (10, 13):
                end_line()
                continue
            if (code <= 32 and code != 2) or code in (0xA0, 0x3000, 0xFEFF):
                end_word()
                continue
            if not pdfium.FPDFText_GetCharBox(text, index, byref(left), byref(right), byref(bottom), byref(top)):
                continue
            box = (left.value, right.value, bottom.value, top.value)
            if letters:
                sides[:] = [
                    min(sides[0], box[0]),
                    max(sides[1], box[1]),
                    min(sides[2], box[2]),
                    max(sides[3], box[3]),
                ]
            else:
                sides[:] = box
            letters.append(ord("-") if code in (2, 0xFFFE) else code)
        end_line()
    finally:
        text.close()
    return lines


def _decoded(codes: list[int]) -> str:
    """Letters of which some may be told as halves."""
    written = "".join(map(chr, codes))
    return written.encode("utf-16", "surrogatepass").decode("utf-16", "ignore").strip()


def _box(left: float, top: float, right: float, bottom: float) -> Box:
    left, top = min(max(left, 0.0), 1.0), min(max(top, 0.0), 1.0)
    return left, top, max(min(right, 1.0) - left, 0.0), max(min(bottom, 1.0) - top, 0.0)


def _is_apart(before: Box, box: Box, ratio: float) -> bool:
    """Whether a word is no neighbour of the one before; `ratio` is the width of the page for its height."""
    height = max(before[3], box[3], 0.004)
    gap = max(box[0] - (before[0] + before[2]), before[0] - (box[0] + box[2]))
    is_beside = box[1] < before[1] + before[3] and before[1] < box[1] + box[3]
    return not is_beside or gap * ratio > _GAP * height


@contextlib.contextmanager
def _pictures(path: Path) -> Iterator["_Pictures"]:
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # what is too large is told in our own words
    try:
        with Image.open(path, formats=("TIFF", "JPEG", "PNG")) as picture:
            yield _Pictures(picture, min(getattr(picture, "n_frames", 1), MOST_PAGES + 1))
    except (UnidentifiedImageError, OSError, EOFError, SyntaxError, ValueError) as exc:
        raise Fault(UNREADABLE_FILE) from exc


class _Pictures:
    is_scripted = False

    def __init__(self, picture: Any, pages: int) -> None:  # noqa: ANN401 - Pillow's own
        self._picture = picture
        self.pages = pages

    def text(self, number: int) -> list[Line] | None:
        """None: there is nothing but the picture."""
        del number
        return None

    def drawn(self, number: int) -> "Pixels":
        import numpy as np
        from PIL import ImageOps

        self._picture.seek(number)
        width, height = self._picture.size
        if width * height > MOST_PIXELS:
            raise Fault(TOO_MANY_PIXELS.of(most=MOST_PIXELS))
        shrink = (_MOST_DRAWN / (width * height)) ** 0.5
        if shrink < 1:
            self._picture.draft("RGB", (round(width * shrink), round(height * shrink)))  # JPEG alone can do that
        upright = ImageOps.exif_transpose(self._picture).convert("RGB")
        if shrink < 1:
            upright.thumbnail((max(1, round(width * shrink)),) * 2 if width == height else _within(upright.size))
        return np.asarray(upright).copy()


def _within(size: tuple[int, int]) -> tuple[int, int]:
    """The size, made smaller until it has no more pixels than are drawn."""
    shrink = min(1.0, (_MOST_DRAWN / (size[0] * size[1])) ** 0.5)
    return max(1, int(size[0] * shrink)), max(1, int(size[1] * shrink))
