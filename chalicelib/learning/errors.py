"""How far what was heard is from what was said: word errors, or character errors where words have no spaces. Pure.

Capitals and marks do not count, nor in which of Unicode's forms a letter is written; they are no matter of hearing.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chalicelib.speech.transcripts import is_mark

_SPACELESS = frozenset({"zh", "ja", "ko", "yue", "th", "lo", "km", "my"})
"""Languages that are counted by characters: those without spaces, and Korean, whose writers set theirs as they like."""


@dataclass(frozen=True, slots=True)
class Errors:
    """How many words (or characters) are wrong, of `total` that were said."""

    substituted: int = 0
    deleted: int = 0
    inserted: int = 0
    total: int = 0

    def __add__(self, other: "Errors") -> "Errors":
        return Errors(
            self.substituted + other.substituted,
            self.deleted + other.deleted,
            self.inserted + other.inserted,
            self.total + other.total,
        )

    @property
    def count(self) -> int:
        """All that is wrong."""
        return self.substituted + self.deleted + self.inserted

    @property
    def rate(self) -> float:
        """The share that is wrong, 0 where nothing was said and nothing heard; more than 1 where much was made up."""
        return self.count / max(self.total, 1)

    @property
    def insertion_rate(self) -> float:
        """What was made up, for each that was said."""
        return self.inserted / max(self.total, 1)


def is_by_character(language: str | None) -> bool:
    """Whether errors of a language (BCP 47) are counted by characters."""
    return (language or "").split("-")[0].lower() in _SPACELESS


def tokens(texts: Iterable[str], language: str | None) -> list[str]:
    """The words of texts, or their characters, as they are compared."""
    by_character = is_by_character(language)
    found: list[str] = []
    for text in texts:
        plain = "".join(" " if _is_apart(char) else char for char in unicodedata.normalize("NFKC", text).casefold())
        words = plain.split()
        found += [char for word in words for char in word] if by_character else words
    return found


def _is_apart(char: str) -> bool:
    # An apostrophe is part of its word: "don't".
    return char not in "'’" and is_mark(char)


def errors(said: Sequence[str], heard: Sequence[str]) -> Errors:
    """The fewest errors that make `heard` of `said`, both as `tokens` gives them.

    Hyyrö's way with bits, a column of the table of distances in each number, so that an hour's words take a second:
    "A Bit-Vector Algorithm for Computing Levenshtein and Damerau Edit Distances", Nordic J. of Computing 10 (2003).
    """
    if not said or not heard:
        return Errors(deleted=len(said), inserted=len(heard), total=len(said))
    places: dict[str, int] = {}
    for at, one in enumerate(said):
        places[one] = places.get(one, 0) | (1 << at)
    every = (1 << len(said)) - 1
    up, down = every, 0  # where a row's distance is one more, or one less, than that of the row before
    columns = []
    for one in heard:
        match = places.get(one, 0)
        same = (((match & up) + up) ^ up) | match | down
        right = (down | ~(same | up)) & every
        left = up & same
        right, left = ((right << 1) | 1) & every, (left << 1) & every
        up, down = (left | ~(same | right)) & every, right & same
        columns.append((up, down))
    return _counted(said, heard, columns)


def _counted(said: Sequence[str], heard: Sequence[str], columns: Sequence[tuple[int, int]]) -> Errors:
    """Walk back from the end of both along the fewest errors."""
    row, column = len(said), len(heard)
    substituted = deleted = inserted = 0
    while row and column:
        if (columns[column - 1][0] >> (row - 1)) & 1:
            deleted, row = deleted + 1, row - 1
        elif column > 1 and (columns[column - 2][1] >> (row - 1)) & 1:
            inserted, column = inserted + 1, column - 1
        else:
            substituted += said[row - 1] != heard[column - 1]
            row, column = row - 1, column - 1
    return Errors(substituted, deleted + row, inserted + column, len(said))
