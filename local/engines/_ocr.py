"""Text in a picture, by RapidOCR with PP-OCRv6: what is written in Latin, Chinese and Japanese letters.

It knows no Korean. Where Debian's tesseract is on the path with its Korean model, it reads the lines in which nothing
was read otherwise. Runs in a worker.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from local.models import vision as models

if TYPE_CHECKING:
    from local.engines._frames import Pixels

_LONGEST = 960
"""Pixels on the longer side at which lines are looked for: they are read from the picture itself."""

_SLENDER = 8
"""How many times as long as wide a picture may be that RapidOCR looks at."""

_UNSURE = 0.6
"""How sure RapidOCR is of a line at most that is shown to tesseract too."""

_HANGUL = re.compile(r"[가-힣].*[가-힣]")
"""Two at least: a mark on a wall looks like one."""
_IDEOGRAPHS = re.compile(r"[぀-ヿ㐀-鿿가-힣]")
_TIMEOUT = 20.0  # seconds for a line
_ROWS = 3

PACKAGES = ("rapidocr", "cv2", "onnxruntime")


@dataclass(frozen=True, slots=True)
class Line:
    """What stands in a line, how sure that is (0 to 1), and its four corners, as fractions of the picture."""

    text: str
    confidence: float
    corners: tuple[tuple[float, float], ...]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of what holds it."""
        across, down = [x for x, _ in self.corners], [y for _, y in self.corners]
        left, top = max(0.0, min(across)), max(0.0, min(down))
        return left, top, min(1.0, max(across)) - left, min(1.0, max(down)) - top


class Reader:
    """Reads pictures. `korean` says that what nobody else can read may be Korean."""

    def __init__(self, threads: int, korean: bool = False, longest: int = _LONGEST) -> None:
        from rapidocr import RapidOCR

        self._ocr: Any = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.text_score": 0.0,
                "Det.limit_type": "max",
                "Det.limit_side_len": longest,
            }
        )
        self._ocr.cfg._set_flag("allow_objects", True)
        for part, model in models.TEXT.items():
            self._ocr.cfg[part].session = models.session(model, threads)
        self._korean = korean and reads_korean()

    def lines(self, pixels: "Pixels") -> list[Line]:
        """The lines in a picture, as they are read."""
        height, width = pixels.shape[:2]
        blue_first = _less_slender(pixels)[:, :, ::-1].copy()  # as OpenCV has it
        detected = self._ocr(blue_first, use_rec=False, use_cls=False)
        boxes = getattr(detected, "boxes", None)
        if boxes is None or len(boxes) == 0:
            return []
        crops = self._ocr.crop_text_regions(blue_first, boxes)
        self._ocr.update_params(use_rec=True)
        read = self._ocr.recognize_txt(crops)
        found = []
        for box, crop, text, score in zip(boxes, crops, read.txts, read.scores, strict=True):
            text, score = str(text).strip(), float(score)
            if self._korean and (score < _UNSURE or not text):
                text, score = max((text, score), _by_tesseract(crop), key=lambda one: one[1])
            if is_text(text):
                corners = tuple((float(x) / width, float(y) / height) for x, y in box)
                found.append(Line(text, score, corners))
        return found


def _less_slender(pixels: "Pixels") -> "Pixels":
    """The picture with room to the right of it or below, where it is so slender that RapidOCR would refuse it."""
    import numpy as np

    height, width = pixels.shape[:2]
    room = ((0, max(0, -(-width // _SLENDER) - height)), (0, max(0, -(-height // _SLENDER) - width)), (0, 0))
    return np.pad(pixels, room, mode="edge")


def is_text(text: str) -> bool:
    """Whether what was read is more than a mark on a wall that looks like one letter."""
    letters = [letter for letter in text if letter.isalnum()]
    return len(letters) > 1 or any(one.isdigit() or _IDEOGRAPHS.match(one) for one in letters)


def is_within(box: tuple[float, float, float, float], regions: Sequence[bool]) -> bool:
    """Whether at least half of a box lies in those of the nine regions that are wanted: all, where none is."""
    if not any(regions) or all(regions):
        return True
    left, top, width, height = box
    wanted = 0.0
    for number, is_wanted in enumerate(regions):
        row, column = divmod(number, _ROWS)
        across = min(left + width, (column + 1) / _ROWS) - max(left, column / _ROWS)
        down = min(top + height, (row + 1) / _ROWS) - max(top, row / _ROWS)
        wanted += max(0.0, across) * max(0.0, down) if is_wanted else 0.0
    return wanted >= width * height / 2


@cache
def tesseract() -> str | None:
    """Where tesseract is; None where it is not."""
    return shutil.which("tesseract")


@cache
def reads_korean() -> bool:
    """Whether tesseract is on the path, with its Korean model."""
    program = tesseract()
    if program is None:
        return False
    try:
        said = subprocess.run(  # noqa: S603 - found on the path
            [program, "--list-langs"], capture_output=True, text=True, timeout=_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return "kor" in (said.stdout + said.stderr).split()


def _by_tesseract(crop: Any) -> tuple[str, float]:  # noqa: ANN401 - pixels, blue first
    """The Korean that stands in the picture of a line, and how sure that is; nothing if it is none."""
    import cv2

    program = tesseract()
    is_written, picture = cv2.imencode(".png", crop)
    if program is None or not is_written:
        return "", 0.0
    try:
        said = subprocess.run(  # noqa: S603 - found on the path
            [program, "stdin", "stdout", "-l", "kor", "--psm", "7", "tsv"],
            input=picture.tobytes(),
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return "", 0.0
    return from_tsv(said.stdout.decode(errors="replace"))


def from_tsv(table: str) -> tuple[str, float]:
    """The words in tesseract's table of a line, and the mean of their confidences; nothing where none is Korean."""
    words, sure = [], []
    for row in table.splitlines()[1:]:
        *_, confidence, text = row.split("\t")
        if text.strip() and float(confidence) >= 0:
            words.append(text.strip())
            sure.append(float(confidence) / 100)
    text = " ".join(words)
    return (text, sum(sure) / len(sure)) if _HANGUL.search(text) else ("", 0.0)
