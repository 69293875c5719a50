"""The words of an account: names, terms and phrases that its recordings are full of. Pure.

They are typed by hand, imported, or learnt from corrections; each says which, and can be taken away. What hears is told
of them: as a hint where it takes one, as a custom vocabulary where it takes that.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.message import Message
from chalicelib.speech.hints import heeded
from chalicelib.speech.transcripts import is_mark

LONGEST = 100
"""Letters of an entry."""

MOST = 5_000
"""Entries of an account."""

MOST_SPELLINGS = 10
"""That an entry is misheard as."""

LARGEST_IMPORT = 1024**2
_LINE_END = re.compile(r"\r\n|\r|\n")
_NOT_TEXT = Message("lexicon-no-text", "The file is no text in UTF-8.")
_TOO_MANY = Message("lexicon-too-many", "An account has at most %(most)s entries.")
_TOO_LONG = Message("lexicon-too-long", "Line %(line)s: an entry has at most %(most)s letters.")
_NO_LETTERS = Message("lexicon-no-letters", "Line %(line)s: an entry needs at least one letter.")
_TOO_MANY_SPELLINGS = Message(
    "lexicon-too-many-spellings", "Line %(line)s: an entry has at most %(most)s spellings that it is misheard as."
)
_UNREADABLE = Message(
    "lexicon-unreadable-line", "Line %(line)s cannot be read: a quotation mark is not closed, or it is far too long."
)


class Source(StrEnum):
    """Where an entry comes from."""

    TYPED = "typed"
    IMPORTED = "imported"
    LEARNT = "learnt"


@dataclass(frozen=True, slots=True)
class Entry:
    """A word or a phrase as it is written, in `language` (a bare code such as "en").

    `heard_as` are spellings that it was misheard as. A learnt one names the `recordings` that taught it, by their ids;
    `added_at` is in seconds since the epoch.
    """

    text: str
    language: str
    source: Source
    added_at: float
    heard_as: tuple[str, ...] = ()
    recordings: tuple[str, ...] = ()


class LexiconFault(ValueError):
    """An import that cannot be used."""

    def __init__(self, failure: Message) -> None:
        super().__init__(failure.code)
        self.failure = failure


def tidy(text: str) -> str:
    """An entry as it is kept: on one line, in Unicode's composed form."""
    printable = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", text))
    return " ".join("".join(char for char in printable if unicodedata.category(char) != "Cc").split())


def same(text: str) -> str:
    """What makes two entries the same: capitals do not count."""
    return tidy(text).casefold()


def checked(entry: Entry, line: int) -> Entry:
    """An entry as it is kept, with its words tidied. Raises LexiconFault if there can be no such one, naming its line
    (counted from 1).
    """
    text, heard_as = tidy(entry.text), tuple(dict.fromkeys(filter(None, map(tidy, entry.heard_as))))
    for one in (text, *heard_as):
        if len(one) > LONGEST:
            raise LexiconFault(_TOO_LONG.of(line=line, most=LONGEST))
        if not any(char.isalnum() for char in one):
            raise LexiconFault(_NO_LETTERS.of(line=line))
    if len(heard_as) > MOST_SPELLINGS:
        raise LexiconFault(_TOO_MANY_SPELLINGS.of(line=line, most=MOST_SPELLINGS))
    return replace(entry, text=text, heard_as=heard_as)


def imported(data: bytes, language: str, now: float) -> list[Entry]:
    """The entries in a file: one a line, or the first column of a CSV, whose second is what it was misheard as.

    Each line stands for itself: a quotation mark that is not closed costs no other line. Raises LexiconFault that says
    what is wrong, and in which line.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise LexiconFault(_NOT_TEXT) from exc
    found: dict[str, Entry] = {}
    delimiter = "\t" if "\t" in text else ","
    for number, line in enumerate(_LINE_END.split(text), 1):
        try:
            cells = next(csv.reader([line], delimiter=delimiter, strict=True), [])
        except csv.Error as exc:
            raise LexiconFault(_UNREADABLE.of(line=number)) from exc
        if not cells or not tidy(cells[0]) or tidy(cells[0]).startswith("#"):
            continue
        entry = checked(Entry(cells[0], language, Source.IMPORTED, now, tuple(cells[1:])), number)
        found.setdefault(same(entry.text), entry)
        if len(found) > MOST:
            raise LexiconFault(_TOO_MANY.of(most=MOST))
    return list(found.values())


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Entries, the likeliest to be said first: what people typed and brought before what was learnt, and of both what
    came last.
    """
    return sorted(entries, key=lambda one: (one.source is Source.LEARNT, -one.added_at, one.text))


def hints(entries: Iterable[Entry], language: str | None) -> tuple[str, ...]:
    """What an engine is told that takes a short hint: those of the language, in the order in which they are given."""
    wanted = (language or "").split("-")[0].lower()
    return heeded(entry.text for entry in entries if not wanted or entry.language == wanted)


# ---- Amazon Transcribe's table

_LARGEST_TABLE = 50 * 1024
_LONGEST_PHRASE = 256
_HEADER = "Phrase\tSoundsLike\tIPA\tDisplayAs"
_LETTERS: Mapping[str, re.Pattern[str]] = {
    "en": re.compile(r"[A-Za-z'.\-]+"),
    "fr": re.compile(r"[A-Za-zÀÂÆÇÈÉÊËÎÏÔŒÙÛÜŸàâæçèéêëîïôœùûüÿ'.\-]+"),
    "ko": re.compile(r"[\uac00-\ud7a3A-Za-z.\-]+"),
    "ja": re.compile(r"[\u3040-\u30ff\u4e00-\u9fffーA-Za-z.\-]+"),
    "zh": re.compile(r"[\u4e00-\u9fffA-Za-z.\-]+"),
}
"""What may stand in a phrase, by language:
https://docs.aws.amazon.com/transcribe/latest/dg/charsets.html"""

_CAPITAL = "[A-ZÀ-ÖØ-Þ]"
_SPELT = re.compile(rf"(?:{_CAPITAL}\.)+")
"""Letters that are said one by one."""

_ACRONYM = re.compile(rf"(?:{_CAPITAL}\.)+{_CAPITAL}?|{_CAPITAL}{{2,}}")
_PARTS = re.compile(rf"((?:{_CAPITAL}\.)+{_CAPITAL}?(?![^\W\d_])|{_CAPITAL}{{2,}}(?=s?(?![a-zß-öø-ÿ]))|[0-9])")
"""Acronyms, also within words ("DynamoDB", "ABCs", "HTMLParser"), and digits."""

_WITH_ACRONYMS = frozenset({"en", "fr"})
_DIGITS = {"en": "zero one two three four five six seven eight nine".split()}  # noqa: SIM905 - reads as what it is


def table(entries: Sequence[Entry], language: str) -> tuple[str, tuple[Entry, ...]]:
    """The custom vocabulary of these entries for Transcribe, in its table format; and those that cannot be in one.

    https://docs.aws.amazon.com/transcribe/latest/dg/custom-vocabulary-create-table.html
    """
    code = language.split("-")[0].lower()
    lines, left_out, size = [_HEADER], [], len(_HEADER) + 1
    seen: set[str] = set()
    for entry in entries:
        phrase = _phrase(entry.text, code)
        line = f"{phrase}\t\t\t{entry.text}"
        cost = len(line.encode()) + 1
        if phrase is None or len(phrase) > _LONGEST_PHRASE or size + cost > _LARGEST_TABLE:
            left_out.append(entry)
        elif phrase.casefold() not in seen:
            seen.add(phrase.casefold())
            lines.append(line)
            size += cost
    return "\n".join(lines) + "\n", tuple(left_out)


def _phrase(text: str, language: str) -> str | None:
    """An entry as Transcribe wants what is said: hyphens for spaces, no digits, letters of one language only, and full
    stops after the letters of acronyms alone.
    """
    allowed = _LETTERS.get(language)
    if allowed is None:
        return None
    words = [_spoken(word, language) for word in text.split()]
    phrase = "-".join(filter(None, words))
    if not phrase or not allowed.fullmatch(phrase) or "." in _SPELT.sub("", phrase):
        return None
    return phrase


def _spoken(word: str, language: str) -> str:
    bare = word.replace("’", "'").strip("".join(char for char in word if is_mark(char) and char not in "'’.-"))
    if not _ACRONYM.fullmatch(bare):
        bare = bare.rstrip(".")  # of an abbreviation, or a sentence
    if language not in _WITH_ACRONYMS:
        return bare.strip("-")
    return "-".join(filter(None, _parts(bare, _DIGITS.get(language))))


def _parts(word: str, digits: Sequence[str] | None) -> Iterator[str]:
    """What a word is said in: letters one by one, digits, and what stands between them."""
    has_digits = digits is not None and any(char.isdecimal() for char in word)
    is_spelt = False
    for part in _PARTS.split(word):
        if _ACRONYM.fullmatch(part) or (has_digits and len(part) == 1 and part.isupper()):
            yield "".join(f"{letter}." for letter in part if letter != ".")
        elif digits is not None and part.isdecimal() and part.isascii():
            yield digits[int(part)]
        else:
            yield (part.lstrip("'") if is_spelt else part).strip("-")
        is_spelt = bool(_ACRONYM.fullmatch(part))
