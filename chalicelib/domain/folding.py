"""Texts as they are compared and looked for: however they were typed, they are found. Pure.

What does not count: capitals, accents, widths and other forms of the same letter (Unicode's NFKC), which space stands
between words and how many, the signs that nobody sees, and which of the two kinds of apostrophe, quotation mark or
hyphen a keyboard writes. `web/folding.js` is the same for pages; both are held to `tests/data/folding.json`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

_SPELLINGS = {
    **dict.fromkeys("\u02bb\u02bc\u2018\u2019\u201b", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f", '"'),
    **dict.fromkeys("\u2010\u2012\u2013\u2014\u2212", "-"),
    "\u2044": "/",
    "\u064a": "\u06cc",
    "\u0643": "\u06a9",
    "İ": "i",
}
"""Signs that keyboards write in several ways, such as Arab and Persian ones the letters yeh and kaf; and the Turkish
capital, whose small letter would get a second dot."""

_STROKES = {"đ": "d", "ħ": "h", "ł": "l", "ø": "o", "ŧ": "t", "æ": "ae", "œ": "oe"}
"""Letters whose accent, as most people would call it, Unicode does not take off."""

_LETTERS = {"þ": "th", "ð": "d", "ŋ": "n", "ı": "i"}
"""Letters that are others than those of ASCII, and that people spell so where there are no others."""

_ACCENTS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff"  # of Latin, Greek and Cyrillic letters
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"  # Hebrew points
    "\u0640\u064b-\u065f\u0670]"  # Arabic marks, and the stroke that only makes a word longer
)
"""Not the marks of other scripts, which are vowels and sounds: without them another word would be found."""

_VARIANTS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Which drawing of a character is meant: an emoji's in colour, the one of a family's name."""


_PARTS = re.compile("[\u0640\u1160-\u11ff\u3133\u3135\u3136\u313a-\u3140\u314f-\u3163\uff9e-\uffdc]")
"""What a syllable of Hangul goes on with, in three ways of writing it; narrow marks of kana; the Arabic stroke."""


class _Table(dict[int, str]):
    """What each character becomes, found out when it is first met; for `str.translate`."""

    def __init__(self, *, accents: bool) -> None:
        super().__init__()
        self._has_accents = accents

    def __missing__(self, code: int) -> str:
        self[code] = folded = self._folded(chr(code))
        return folded

    def _folded(self, char: str) -> str:
        if unicodedata.category(char) == "Cf" or _VARIANTS.match(char):
            return ""
        if char.isspace() or unicodedata.category(char) == "Cc":
            return " "
        if char in _SPELLINGS:
            return _SPELLINGS[char]
        # There and back: ẞ becomes ß, which has no capital but SS; σ and ς have the same.
        small = "".join(letter.lower() for letter in char.lower().upper())
        if self._has_accents:
            return small
        return "" if _ACCENTS.match(char) else _STROKES.get(small, small)


_SEARCHED = _Table(accents=False)
_COMPARED = _Table(accents=True)


def fold(text: str) -> str:
    """`text` as it is looked for: without all that the head of this module names, and without spaces around it."""
    return " ".join(_raw(text).split())


def same(text: str) -> str:
    """`text` as it is told from others: as `fold`, but with its accents, since they make other words."""
    composed = unicodedata.normalize("NFKC", text).translate(_COMPARED)
    return " ".join(unicodedata.normalize("NFC", composed).split())


def distinct(texts: Iterable[str]) -> list[str]:
    """`texts` without those that only differ in how they were typed: of these the first stays."""
    known: dict[str, str] = {}
    for text in texts:
        known.setdefault(same(text), text)
    return list(known.values())


def in_ascii(text: str) -> str:
    """`text` as ASCII can spell it: Łódź as Lodz, Straße as Strasse; what it has no letters for is left out."""
    spelt = "".join(map(_spelt, unicodedata.normalize("NFKD", text)))
    return spelt.encode("ascii", "ignore").decode()


def _spelt(char: str) -> str:
    if char.isascii():
        return char
    folded = _SEARCHED[ord(char)]
    spelt = _LETTERS.get(folded, folded)
    return spelt.capitalize() if char.isupper() else spelt


def pattern(wanted: str) -> re.Pattern[str] | None:
    """What finds `wanted` in folded texts; None if nothing is wanted.

    Where one word ends and the next begins does not count: not all scripts have spaces, and machines put some in.
    """
    words = fold(wanted).split()
    return re.compile(" ?".join(map(re.escape, words))) if words else None


def origins(text: str) -> list[int]:
    """Where in `text` each character of `fold(text)` comes from; and one more, which is where the last of them ends."""
    found: list[tuple[str, int]] = []
    for start, cluster in _clusters(text):
        for char in _raw(cluster):
            if char != " " or (found and found[-1][0] != " "):
                found.append((char, start))
    end = found.pop()[1] if found and found[-1][0] == " " else len(text)
    return [*(start for _, start in found), end]


def _raw(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKD", text).translate(_SEARCHED))


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """The shortest pieces of `text` that fold to the same alone as beside the others, and where each begins."""
    start = 0
    for at, char in enumerate(text):
        if at > start and not _joins(char):
            yield start, text[start:at]
            start = at
    if text:
        yield start, text[start:]


def _joins(char: str) -> bool:
    """Whether `char` may become one with what stands before it."""
    category = unicodedata.category(char)
    return category[0] == "M" or category == "Cf" or _PARTS.match(char) is not None
