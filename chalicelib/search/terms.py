"""Texts as units that are compared, and what is looked for as phrases of them. Pure.

A unit is a word, folded (`domain/folding.py`) and without the ending of a plural; of scripts that are written without
spaces, and of Hangul, whose words end in particles, each character is one; and so is each symbol. Index and query go
through the same rules, so a rule that is wrong for a word costs a hit too many, never one that is missing.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from chalicelib.domain import folding

Phrase = tuple[str, ...]
"""Units that stand one after the other."""

BREAK = "\n"
"""A unit of which no text has any: no phrase goes over it."""

SPACELESS = (
    "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u3190-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
"""Thai, Lao, Tibetan, Burmese, Khmer, Han, kana: a character class."""

_HANGUL = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"
_BY_CHARACTER = re.compile(f"[{SPACELESS}{_HANGUL}]")
_SPLIT = re.compile(f"([{SPACELESS}])")
_QUOTED = re.compile(r"[\"“”„‟«»「」『』]")
_SHORTEST = 4
"""Letters of a word that may lose the ending of its plural."""

_SIBILANT = re.compile("(s|x|z|ch|sh)e$")


class _Table(dict[int, str]):
    """What each folded character becomes, found out when it is first met; for `str.translate`."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        kind = unicodedata.category(char)[0]
        plain = char if kind in "LMN" else " "
        self[code] = becomes = f" {char} " if is_by_character(char) else plain
        return becomes


_TABLE = _Table()


@lru_cache(maxsize=4096)
def is_by_character(unit: str) -> bool:
    """Whether a unit is one character of a script, or a symbol, that is looked for together with what is beside it."""
    if len(unit) != 1:
        return False
    kind = unicodedata.category(unit)[0]
    return kind == "S" or (kind in "LMN" and _BY_CHARACTER.match(unit) is not None)


@lru_cache(maxsize=1 << 15)
def units(text: str) -> tuple[str, ...]:
    """The units of a text, in order."""
    return tuple(map(singular, folding.fold(text).translate(_TABLE).split()))


def pieces(text: str) -> Iterator[str]:
    """A text in words, each with the space before it; in scripts without spaces, in characters."""
    for at, token in enumerate(text.split()):
        for part_at, part in enumerate(filter(None, _SPLIT.split(token))):
            yield f" {part}" if at and not part_at else part


def singular(word: str) -> str:
    """A folded word without the ending of a plural, as English and French have them; of other scripts, as it is.

    No dictionary: `bus` and `buses`, `city` and `cities`, `journal` and `journaux` become the same, `mouse` and `mice`
    do not. Words of other languages in Latin letters lose a last s too, in the text and in what is looked for.
    """
    if len(word) < _SHORTEST or not (word.isascii() and word.isalpha()):
        return word
    if word.endswith("ux"):
        return word[:-3] + "al" if word.endswith("aux") and not word.endswith("eaux") else word[:-1]
    word = _without_s(word)
    if len(word) >= _SHORTEST:
        if word.endswith("ie"):
            return word[:-2] + "y"
        if _SIBILANT.search(word):
            word = word[:-1]
            if len(word) > _SHORTEST:
                word = _without_s(word)
    return word


def _without_s(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def terms(of: Iterable[str]) -> set[str]:
    """What an index has of a text with these units: words; characters, and each two that stand side by side."""
    found: set[str] = set()
    before = ""
    for unit in of:
        if unit == BREAK:
            before = ""
            continue
        found.add(unit)
        is_character = is_by_character(unit)
        if before and is_character:
            found.add(before + unit)
        before = unit if is_character else ""
    return found


def terms_of_phrase(phrase: Phrase) -> set[str]:
    """By what an index finds the texts that may have this phrase: of characters side by side, each two of them."""
    found: set[str] = set()
    for run in _runs(phrase):
        if len(run) == 1 or not is_by_character(run[0]):
            found.update(run)
        else:
            found.update(one + two for one, two in pairwise(run))
    return found


def _runs(phrase: Phrase) -> Iterator[Sequence[str]]:
    """The phrase in pieces that are all words or all characters."""
    start = 0
    for at in range(1, len(phrase) + 1):
        if at == len(phrase) or is_by_character(phrase[at]) is not is_by_character(phrase[at - 1]):
            yield phrase[start:at]
            start = at


def phrases(wanted: str) -> tuple[Phrase, ...]:
    """What somebody typed, as phrases all of which are wanted: what stands in quotation marks, and each other word."""
    found: dict[Phrase, None] = {}
    for at, part in enumerate(_QUOTED.split(wanted)):
        for piece in [part] if at % 2 else part.split():
            if phrase := units(piece):
                found.setdefault(phrase)
    return tuple(found)
