"""Fills in the templates of the mails: in the reader's language, escaped, and without what could deceive. Pure.

The HTML templates are compiled from `mails/` (`make mails`); those of the text parts are written here.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from chalicelib.domain import names
from chalicelib.domain.assets import Asset
from chalicelib.letters.wording import translations

MAX_HTML_BYTES = 100_000
"""Of UTF-8. Gmail cuts off what is longer than 102 kB, so no letter's HTML may have more than this."""

COLOURS: Mapping[str, str] = {"positive": "#2e9e6b", "negative": "#d6454f", "mixed": "#e8a33d", "neutral": "#b4bdc8"}

WIDTH = 76
"""Columns of a line of text; what East Asia writes takes two each (https://www.unicode.org/reports/tr11/)."""

_LONGEST_SUBJECT_NAME = 80
_SUBJECT_ENDING = 12

_HARMFUL: Mapping[int, None] = dict.fromkeys(
    {*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000)}
    - {ord("\n"), ord("\t")}
)
"""Control characters, halves of surrogate pairs (which no UTF-8 can hold), and the signs that turn the direction of
all text after them (https://www.unicode.org/reports/tr9/, 2.1 to 2.4) and so could show `exe.4pm` as `mp4.exe`."""

_JOINTS = re.compile(r"[.:@](?=\S)")

_ATOM = re.compile(
    r"[^\S\u00a0\u2007\u202f]+"
    r"|[「『（“‘《〈【]*[\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff][、。，．：；！？」』）”’》〉】ー々…]*"
    r"|(?:[\u00a0\u2007\u202f]|[^\s\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff])+"
)
"""What a line is not broken within: a word, no-break spaces and all, or one Chinese or Japanese character with its
punctuation."""


def render(template: str, language: str, values: Mapping[str, Any]) -> str:
    """The template `template` (`report.html.j2`), in `language`, with `values`."""
    return _environment(language).get_template(template).render(values)


def as_text(template: str, language: str, values: Mapping[str, Any]) -> str:
    """A text template, as `render` does it, with no more than two empty lines in a row."""
    return re.sub(r"\n{4,}", "\n\n\n", render(template, language, values)).strip("\n") + "\n"


def shown_name(asset: Asset) -> str:
    """What an asset is called: its title, or the name of its file; one line."""
    return names.one_line(asset.title or "") or names.safe_name(asset.file_name)


def one_line(text: str) -> str:
    """`text` without line breaks and harmful characters."""
    return " ".join(text.translate(_HARMFUL).split())


def unlinked(text: str) -> str:
    """`text` in which no mail program finds the address of a page or of a mailbox: with a sign that joins words, and
    cannot be seen, after each point, colon and @ that another letter follows (U+2060,
    https://www.unicode.org/reports/tr14/#WJ).

    For what somebody has typed who writes to a stranger by us.
    """
    return _JOINTS.sub("\\g<0>\u2060", text)


def shortened(name: str) -> str:
    """`name` as a subject line has room for it, still with its ending."""
    if len(name) <= _LONGEST_SUBJECT_NAME:
        return name
    head, ending = name[: _LONGEST_SUBJECT_NAME - _SUBJECT_ENDING - 1], name[-_SUBJECT_ENDING:]
    return names.visible(f"{head}…{ending}")


def cut(text: str, length: int) -> str:
    """The beginning of `text`, of at most `length` characters, at the end of a word if there is one near."""
    if len(text) <= length:
        return text
    head = text[: length - 1]
    word_end = head.rfind(" ")
    return (head[:word_end] if word_end > length // 2 else head).rstrip() + "…"


def wrapped(text: str, indent: str = "") -> str:
    """`text` in lines of at most `WIDTH` columns, all but the first of each paragraph begun with `indent`.

    What has no place to be broken, such as an address, stays whole.
    """
    return "\n".join(_wrapped(line, indent) for line in text.splitlines())


def underlined(text: str, sign: str = "-") -> str:
    """The line under a heading: as wide as that is."""
    return sign * min(_columns(text), WIDTH)


def _wrapped(paragraph: str, indent: str) -> str:
    lines = [""]
    room = WIDTH
    for atom in _ATOM.findall(paragraph):
        width = _columns(atom)
        if width > room and lines[-1].strip():
            lines[-1] = lines[-1].rstrip()
            lines.append(indent)
            room = WIDTH - len(indent)
        if not (atom.isspace() and len(lines) > 1 and not lines[-1].strip()):
            lines[-1] += atom
            room -= width
    return "\n".join(lines).rstrip()


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


@lru_cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters |= {"wrapped": wrapped, "underlined": underlined}
    return environment


def _harmless(value: object) -> object:
    """What a template prints without harmful characters; `Markup` has them too, where a sentence was filled in."""
    if not isinstance(value, str):
        return value
    clean = value.translate(_HARMFUL)
    return Markup(clean) if isinstance(value, Markup) else clean  # noqa: S704 - it was markup before
