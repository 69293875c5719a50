"""Captions as others have written them: WebVTT and SubRip read into cues, each with what is said and by whom. Pure.

WebVTT is read step by step as the W3C has it (https://www.w3.org/TR/webvtt1/#file-parsing, #cue-text-parsing-rules):
what is wrong with a cue costs that cue. SubRip has no standard; here is read what programs and people have made of it:
commas or dots in times, missing or repeated numbers, missing empty lines, hours of one digit, tags of HTML, braces.
Nothing that a file holds makes either of them fail, and each reads in time linear in it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from html import unescape
from itertools import groupby

_WHITE = "\t\n\f\r "
"""ASCII whitespace, as the W3C has it: a vertical tab is none."""

_ARROW = "-->"
_MOST_SECONDS = 1_000_000.0
"""Beyond eleven days no recording goes; numbers of a thousand digits are none that anybody meant."""


class CueFormat(StrEnum):
    """What a file of captions is written in."""

    WEBVTT = "vtt"
    SUBRIP = "srt"


@dataclass(frozen=True, slots=True)
class Said:
    """A stretch of a cue's text that one voice says; `speaker` is None where nobody is named."""

    text: str
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class FileCue:
    """One cue of a file: times in seconds, and what is said in it, in order; `name` is what it is called there."""

    start: float
    end: float
    said: tuple[Said, ...]
    name: str = ""

    @property
    def text(self) -> str:
        """All that is said in it."""
        return "".join(one.text for one in self.said)


def read(text: str) -> tuple[CueFormat, list[FileCue]]:
    """What a file is written in, and its cues in the order in which they begin; those without a word are left out."""
    kind = CueFormat.WEBVTT if text.removeprefix("\ufeff").startswith("WEBVTT") else CueFormat.SUBRIP
    found = (read_webvtt(text) or []) if kind is CueFormat.WEBVTT else read_subrip(text)
    known = (replace(cue, said=said) for cue in found if (said := tuple(one for one in cue.said if one.text.strip())))
    return kind, sorted(known, key=lambda cue: cue.start)


# --- WebVTT ---------------------------------------------------------------------------------------------------------


def read_webvtt(text: str) -> list[FileCue] | None:
    """The cues of a WebVTT file in its own order; None if it is none (https://www.w3.org/TR/webvtt1/#file-parsing)."""
    whole = text.removeprefix("\ufeff").replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")
    if not whole.startswith("WEBVTT") or whole[6:7] not in {"", " ", "\t", "\n"}:
        return None
    lines = whole.split("\n")
    if lines[-1] == "":  # what ends with a line's end has no empty line after it
        lines.pop()
    cues = []
    at, _ = _block(lines, 1, in_header=True)
    while at < len(lines):
        if not lines[at]:
            at += 1
            continue
        at, cue = _block(lines, at)
        if cue is not None:
            cues.append(cue)
    return cues


def _block(lines: list[str], at: int, *, in_header: bool = False) -> tuple[int, FileCue | None]:
    """A block from line `at` on, and where the next begins (https://www.w3.org/TR/webvtt1/#collect-a-webvtt-block).

    Style sheets, regions and notes are blocks of which no cue comes.
    """
    first, buffer = at, list[str]()
    timed: tuple[float, float] | None = None
    name, seen_arrow = "", False
    while at < len(lines):
        line = lines[at]
        number = at - first + 1
        if _ARROW in line:
            is_timing = number == 1 or (number == 2 and not seen_arrow)  # noqa: PLR2004 - as the standard counts
            if in_header or not is_timing:
                break
            seen_arrow = True
            timed = _timings(line)
            if timed is not None:
                name, buffer = "\n".join(buffer), []
        elif not line:
            break
        else:
            buffer.append(line)
        at += 1
    return at, FileCue(*timed, tuple(_spoken("\n".join(buffer))), name) if timed is not None else None


_TIME = re.compile(r"([0-9]+):([0-9]{2})(?![0-9])(?::([0-9]{2})(?![0-9]))?\.([0-9]{3})(?![0-9])")


def _timings(line: str) -> tuple[float, float] | None:
    """The times in a line; settings after them change no word (#collect-webvtt-cue-timings-and-settings)."""
    start, at = _time(line, _after_white(line, 0))
    at = _after_white(line, at)
    if start is None or not line.startswith(_ARROW, at):
        return None
    end, _ = _time(line, _after_white(line, at + len(_ARROW)))
    return None if end is None else (start, end)


def _after_white(line: str, at: int) -> int:
    while at < len(line) and line[at] in _WHITE:
        at += 1
    return at


def _time(line: str, at: int) -> tuple[float | None, int]:
    """A time stamp in seconds, and where it ends (#collect-a-webvtt-timestamp); None if there is none."""
    found = _TIME.match(line, at)
    if found is None:
        return None, at
    first, second, third, fraction = found.groups()
    if third is None:
        if len(first) != 2 or int(first) > 59:  # noqa: PLR2004 - minutes: such a number can only be hours
            return None, at
        hours, minutes, seconds = 0, int(first), int(second)
    else:
        hours, minutes, seconds = _bounded(first), int(second), int(third)
    if minutes > 59 or seconds > 59:  # noqa: PLR2004
        return None, at
    return min(hours * 3600.0 + minutes * 60 + seconds + int(fraction) / 1000, _MOST_SECONDS), found.end()


def _bounded(digits: str) -> int:
    return int(digits[-9:]) if not digits[:-9].strip("0") else int(_MOST_SECONDS)


_NAME = re.compile("[^.\t\n\f ]*")
_VOICE = "v"
_SPANS = frozenset({"c", "i", "b", "u", "ruby", "rt", _VOICE, "lang"})


def _spoken(text: str) -> Iterator[Said]:
    """A cue's text without its tags, parted by who says it (#cue-text-parsing-rules).

    Entities are read within text and names alone, so that an escaped tag stays text.
    """
    spans: list[tuple[str, str | None]] = [("", None)]
    """The tags that are open, each with who speaks within it."""

    parts: list[Said] = []
    at = 0
    while at < len(text):
        is_tag = text[at] == "<"
        until = text.find(">" if is_tag else "<", at)
        until = len(text) if until < 0 else until
        if is_tag:
            _into(spans, text[at + 1 : until])
            at = until + 1
        else:
            parts.append(Said(unescape(text[at:until]), spans[-1][1]))
            at = until
    for speaker, said in groupby(parts, key=lambda one: one.speaker):
        yield Said("".join(one.text for one in said), speaker)


def _into(spans: list[tuple[str, str | None]], tag: str) -> None:
    """Open or close a span, as a `tag` says; one that is none changes nothing."""
    if tag.startswith("/"):
        if tag[1:] == spans[-1][0] and len(spans) > 1:
            spans.pop()
        elif tag == "/ruby" and [kind for kind, _ in spans[-2:]] == ["ruby", "rt"]:
            del spans[-2:]
        return
    found = _NAME.match(tag)
    kind = found[0] if found else ""
    if kind in _SPANS and (kind != "rt" or spans[-1][0] == "ruby"):
        spans.append((kind, _annotation(tag) if kind == _VOICE else spans[-1][1]))


def _annotation(tag: str) -> str | None:
    """What stands behind a tag's name and classes, with one space where there are several."""
    found = re.search("[\t\n\f ]", tag)
    return (" ".join(unescape(tag[found.end() :]).split()) or None) if found else None


# --- SubRip ---------------------------------------------------------------------------------------------------------

_SRT_TIME = r"(?:([0-9]{1,9})[ \t]*:[ \t]*)?([0-9]{1,2})[ \t]*:[ \t]*([0-9]{1,2})(?:[ \t]*[,.:;][ \t]*([0-9]{1,9}))?"
_SRT_TIMING = re.compile(rf"[ \t]*{_SRT_TIME}[ \t]*-{{2,3}}>[ \t]*{_SRT_TIME}(?![0-9])")
_NUMBER = re.compile(r"[ \t\ufeff]*[0-9]{1,9}[ \t]*")
_MARKUP = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>|\{\\[^{}\n]{0,200}\}|\{/?[a-zA-Z]:[^{}\n]{0,200}\}")
"""Tags of HTML (`<i>`, `<font color=…>`), and what players took over from kindred formats (`{\\an8}`, `{y:i}`)."""

_HARD_BREAK = re.compile(r"\\[Nnh]")


def read_subrip(text: str) -> list[FileCue]:
    """The cues of a SubRip file in its own order: as many as can be made out."""
    whole = text.removeprefix("\ufeff").replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    cues: list[FileCue] = []
    times: tuple[float, float] | None = None
    held: list[str] = []

    def end_cue() -> None:
        if times is not None:
            cues.append(FileCue(*times, (Said(_plain(held)),)))

    for line in whole.split("\n"):
        found = _SRT_TIMING.match(line)
        if found is None:
            held.append(line)
            continue
        if held and _NUMBER.fullmatch(held[-1]):  # the number of the cue that begins here
            held.pop()
        end_cue()
        values = found.groups()
        times, held = (_srt_seconds(values[:4]), _srt_seconds(values[4:])), []
    end_cue()
    return cues


def _srt_seconds(values: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = values
    whole = int(hours or 0) * 3600.0 + int(minutes or 0) * 60 + int(seconds or 0)
    return min(whole + float(f"0.{fraction or 0}"), _MOST_SECONDS)


def _plain(lines: list[str]) -> str:
    return unescape(_MARKUP.sub("", _HARD_BREAK.sub(" ", "\n".join(lines))))
