"""What people call recordings, and each other: safe to show and to save, without harm to names of any script. Pure."""

import re
import unicodedata
from pathlib import PurePosixPath

from chalicelib.domain import folding, media

NAMELESS = "recording"
_MAX_BYTES = 200
"""Most file systems take 255 bytes; 200 leave room for what a browser adds to a name that is there already."""

_LONGEST_ENDING = 20
_NOT_SHOWN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Signs that nobody sees though Unicode counts them among letters and marks."""

_ZWNJ, _ZWJ = "\u200c", "\u200d"
_JOINERS = frozenset({_ZWNJ, _ZWJ, *map(chr, range(0xE0020, 0xE0080))})
_LETTER = (
    "[\u0620-\u109f\u1780-\u17ff\u1820-\u18af\u1900-\u1cff\ua800-\uabff\U00010a00-\U00011fff\U0001e900-\U0001e95f]"
)
"""Of the scripts whose letters take another shape beside others, from Arabic over those of India to Mongolian."""

_PICTURE = "[\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2900-\u297f\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]"
_FLAG = "(?<=\U0001f3f4)[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f"
_JOINING = re.compile(
    f"(?<={_LETTER}){_ZWNJ}(?={_LETTER})|(?<={_LETTER}){_ZWJ}|(?<={_PICTURE}){_ZWJ}(?={_PICTURE})|{_FLAG}"
    f"|(?P<stray>[{_ZWNJ}{_ZWJ}\U000e0020-\U000e007f])"
)
"""Joiners where they join letters, and the people of one picture; and what makes Scotland's flag of a black one."""

_ENDED = re.compile("(.*)[.\uff0e]([^.\uff0e]*)", re.DOTALL)
_MADE_ENDINGS = frozenset({"txt", "srt", "vtt", "json", "docx", "html", "gif"})


def visible(text: str) -> str:
    """`text` in Unicode's composed form, without what cannot be seen, such as signs that turn the text's direction
    and so could show `exe.4pm` as `mp4.exe` (https://www.unicode.org/reports/tr9/). Joiners stay where they join, and a
    line's end becomes a space.
    """
    spaced = re.sub(r"[\t-\r\x1c-\x1f\x85\u2028\u2029]+", " ", text)
    seen = "".join(char for char in spaced if char in _JOINERS or not _is_hidden(char))
    joined = _JOINING.sub(lambda found: "" if found["stray"] else found[0], seen)
    return unicodedata.normalize("NFC", joined)  # last: what stood between a letter and its mark may have gone


def _is_hidden(char: str) -> bool:
    return char in _FILLERS or unicodedata.category(char) in _NOT_SHOWN


def one_line(text: str) -> str:
    """`text` as `visible` makes it, on one line, with one space where there are several."""
    stripped = text.strip()
    if stripped.isprintable() and _FILLERS.isdisjoint(stripped):  # as nearly always, and much quicker to see
        return " ".join(unicodedata.normalize("NFC", stripped).split())
    return " ".join(visible(text).split())


def ending_of(file_name: str) -> str:
    """What `file_name` ends in, in small letters without the dot; nothing if it has no dot.

    Spaces, dots and signs behind it that nobody sees do not count: systems and programs add them.
    """
    _, dot, ending = folding.fold(file_name).rstrip(" .").rpartition(".")
    return ending if dot else ""


def safe_name(file_name: str) -> str:
    """`file_name` as a file can be called anywhere: no folders, nothing unseen, at most 200 bytes of UTF-8.

    Letters of every script, spaces and signs stay as they are; the ending survives the shortening.
    """
    base = visible(re.split(r"[/\\]", file_name)[-1]).strip().rstrip(". ")
    if not base.strip(". "):
        return NAMELESS
    ending = PurePosixPath(base).suffix
    if len(ending.encode()) > _LONGEST_ENDING:
        ending = ""
    return _cut(base.removesuffix(ending), _MAX_BYTES - len(ending.encode())) + ending


def download_stem(title: str | None, file_name: str) -> str:
    """What files made of a recording are called, without their ending: after its title, or else the name of its file.

    What a name has of the endings of recordings, or of files made of them, goes; "Version 2.0" keeps its last part.
    """
    stem = visible(re.sub(r"[/\\]", "-", title)).strip().rstrip(". ") if title else safe_name(file_name)
    while (found := _ENDED.fullmatch(stem)) and folding.fold(found[2]) in media.ACCEPTED_ENDINGS | _MADE_ENDINGS:
        stem = found[1].rstrip(". ")
    return _cut(stem.lstrip(". "), _MAX_BYTES - _LONGEST_ENDING) or NAMELESS  # a dot would hide it


def _cut(text: str, most: int) -> str:
    """As much of `text` as has `most` bytes of UTF-8, with no half character, nor what only begins to be one."""
    kept = text.encode()[:most].decode(errors="ignore")
    return text if kept == text else visible(kept).rstrip(". ")
