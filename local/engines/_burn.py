"""Captions that libass writes into a picture, in a font of this machine that has all their letters.

Which has, fontconfig says (`fc-list`), where it is installed. A font without them would show empty boxes: then nothing
is written into the picture.
"""

import re
import shutil
import subprocess
from pathlib import Path

import srt

from chalicelib.domain import names
from local.engines._graph import CAPTIONS, FONTS

_LIMIT_SECONDS = 20.0
_MOST_LETTERS = 3000
"""That one command line can name: ten minutes of Chinese have some hundreds."""

_LIKED = ("DejaVu Sans", "Noto Sans", "Liberation Sans", "Arial")
_OF_CHINESE = {"ja": "JP", "ko": "KR", "zh-tw": "TC", "zh-hk": "HK", "zh": "SC"}
"""What Noto's fonts of Chinese letters have behind their names, by how the letters are written."""

_HEAD = """[Script Info]
ScriptType: v4.00+
PlayResX: 1280
PlayResY: 720
WrapStyle: 0
ScaledBorderAndShadow: yes

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, BackColour, Bold, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,{font},44,&H00FFFFFF,&H00000000,&H80000000,0,1,3,0,2,60,60,36,1

[Events]
Format: Layer, Start, End, Style, Text
"""


def prepare(captions: Path, start: float, language: str | None, folder: Path) -> bool:
    """Leave what libass needs in `folder`: of SubRip `captions`, with times that count from the second `start` on.

    False, and nothing left, if no font has all the letters.
    """
    cues = list(srt.parse(captions.read_text(encoding="utf-8"), ignore_errors=True))
    found = font("".join(cue.content for cue in cues), language)
    if found is None:
        return False
    file, family = found
    (folder / FONTS).mkdir()
    shutil.copy(file, folder / FONTS / f"font{file.suffix}")
    lines = [_line(cue, start) for cue in cues]
    (folder / CAPTIONS).write_text(_HEAD.format(font=family) + "".join(lines), encoding="utf-8")
    return True


def _line(cue: srt.Subtitle, start: float) -> str:
    begin, end = (max(0.0, moment.total_seconds() - start) for moment in (cue.start, cue.end))
    return f"Dialogue: 0,{_time(begin)},{_time(end)},Default,{_escaped(cue.content)}\n"


def _time(seconds: float) -> str:
    hundredths = round(seconds * 100)
    minutes, hundredths = divmod(hundredths, 6000)
    return f"{minutes // 60}:{minutes % 60:02}:{hundredths // 100:02}.{hundredths % 100:02}"


def _escaped(text: str) -> str:
    """Of what people said nothing is a command to libass: those are in braces, or begin with a backslash."""
    plain = text.replace("\\", "\N{FULLWIDTH REVERSE SOLIDUS}").replace("{", "(").replace("}", ")")
    return "\\N".join(line.strip() for line in plain.splitlines())


def font(text: str, language: str | None) -> tuple[Path, str] | None:
    """A font with all letters of `text`, its file and its family's name; one for the `language` (BCP 47) if there is.

    None if there is none, or nobody to ask.
    """
    program = shutil.which("fc-list")
    letters = sorted({f"{ord(char):x}" for char in _escaped(text) if names.visible(char).strip()})
    if program is None or len(letters) > _MOST_LETTERS:
        return None
    having = f":charset={' '.join(letters or ['41'])}"
    plain = re.sub("[^a-z-]", "", (language or "").lower())
    for of in dict.fromkeys((f":lang={plain}", f":lang={plain.partition('-')[0]}", "") if plain else ("",)):
        found = _listed(program, having + of)
        if found:
            return min(found, key=lambda one: (_rank(one[1], plain), one[1], one[0]))
    return None


def _rank(family: str, language: str) -> tuple[bool, int]:
    ending = next((own for of, own in _OF_CHINESE.items() if language.startswith(of)), "JP")
    is_other = "CJK" in family and not family.endswith(ending)
    return is_other, next((at for at, liked in enumerate(_LIKED) if family.startswith(liked)), len(_LIKED))


def _listed(program: str, pattern: str) -> list[tuple[Path, str]]:
    """Upright fonts of usual weight that fit."""
    command = [program, f"{pattern}:slant=0", "--format", "%{file}\t%{family[0]}\t%{weight}\n"]
    try:
        done = subprocess.run(  # noqa: S603 - a list of arguments
            command, capture_output=True, text=True, timeout=_LIMIT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    rows = [row.split("\t") for row in done.stdout.splitlines()]
    fonts = [(Path(row[0]), row[1]) for row in rows if len(row) == 3 and row[2] in {"80", "[80 100]"}]
    return [one for one in fonts if re.fullmatch(r"[\w .()-]+", one[1])]
