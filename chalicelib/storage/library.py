"""Folders and saved filters, in the table of accounts: the item `library` of each owner holds all of theirs."""

from collections.abc import Callable

from chalicelib.domain.folders import Library
from chalicelib.errors import Conflict
from chalicelib.storage.items import OwnerItems, parsed
from chalicelib.storage.updates import Update

_LIBRARY = "library"
_TRIES = 8


class LibraryStore(OwnerItems):
    """How owners keep their recordings in order."""

    def of(self, owner: str) -> Library:
        """What an owner has; nothing, if they never made any."""
        item = self._get(owner, _LIBRARY)
        return parsed(Library, item) if item else Library()

    def change(self, owner: str, change: Callable[[Library], Library]) -> Library:
        """Have `change` make another of what the owner has. Returns what is then there.

        It is asked again if somebody else was faster, so its limits and names hold under any number of callers. Raises
        what it raises, and Conflict if others are faster each time.
        """
        for _ in range(_TRIES):
            before = self.of(owner)
            after = change(before)
            if after == before:
                return before
            update = Update().set(folders=after.folders, filters=after.filters, revision=before.revision + 1)
            if before.revision:
                update.require("{} = {}", "revision", before.revision)
            else:
                update.require("attribute_not_exists({})", "revision")
            written = self._update(owner, _LIBRARY, update)
            if written is not None:
                return parsed(Library, written)
        raise Conflict("Others change these folders just now. Please try again.", "busy")
