"""Boards: quotes out of several recordings in an order of one's own, with notes between them and at them. Pure.

A board names marks (`domain/marks.py`) and holds none of their words: these are read from the transcript whenever they
are shown. All of a board is one value, so that whoever changes what is no longer there is told, and nothing is lost.
"""

import re
from dataclasses import dataclass

from chalicelib.errors import Conflict

MOST = 100
"""Boards of an account."""

MOST_ENTRIES = 500
MOST_RECORDINGS = 30
"""Whose transcripts are all read whenever a board is shown, within the time that a request has."""

LONGEST_NOTE = 2000
"""Characters."""

LONGEST_NOTES = 50_000
"""Characters of all notes of a board, each of four bytes at most: with its entries it fits into an item of 400 KB."""

ID_PATTERN = re.compile(r"[0-9a-f]{16}")
"""Of boards and of their entries."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A mark of a recording with a note to it, if there is one; or a note alone."""

    id: str
    asset_id: str | None = None
    mark_id: str | None = None
    note: str | None = None

    @property
    def says(self) -> tuple[str | None, str | None, str | None]:
        """What it is, whatever it is called."""
        return self.asset_id, self.mark_id, self.note


@dataclass(frozen=True, slots=True)
class Board:
    """A board, by its name; `revision` counts the changes of it. Times are seconds since the epoch."""

    id: str
    name: str
    made_at: float
    changed_at: float
    entries: tuple[Entry, ...] = ()
    revision: int = 1

    @property
    def asset_ids(self) -> list[str]:
        """The recordings that are quoted, each once, in the order in which they are."""
        return list(dict.fromkeys(one.asset_id for one in self.entries if one.asset_id is not None))

    def check(self) -> "Board":
        """Itself. Raises Conflict if there is too much on it."""
        if len(self.entries) > MOST_ENTRIES:
            raise Conflict(f"A board has room for {MOST_ENTRIES} entries. Remove some first.", "too-many-entries")
        if len(self.asset_ids) > MOST_RECORDINGS:
            sentence = f"A board quotes at most {MOST_RECORDINGS} recordings. Make another board for the others."
            raise Conflict(sentence, "too-many-recordings")
        if sum(len(one.note or "") for one in self.entries) > LONGEST_NOTES:
            raise Conflict(f"All notes of a board have {LONGEST_NOTES} characters at most.", "too-long-notes")
        return self


@dataclass(frozen=True, slots=True)
class ListedBoard:
    """A board as a list has it: with how many entries (`count`)."""

    id: str
    name: str
    made_at: float
    changed_at: float
    count: int
    revision: int
