"""Folders and saved filters, in the table of accounts: the item `library` of each owner holds all of theirs."""

import random
import time
from collections.abc import Callable

from chalicelib.domain.folders import Library
from chalicelib.errors import Conflict
from chalicelib.storage.items import OwnerItems, parsed
from chalicelib.storage.updates import Update

_LIBRARY = "library"
_TRIES = 10
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5
"""Seconds: together at most 2.6, so that many who ask at once get their turn, and none waits for long."""


class LibraryStore(OwnerItems):
    """How owners keep their recordings in order."""

    def of(self, owner: str) -> Library:
        """What an owner has; nothing, if they never made any."""
        item = self._get(owner, _LIBRARY)
        return parsed(Library, item) if item else Library()

    def change(
        self,
        owner: str,
        change: Callable[[Library], Library],
        pause: Callable[[float], object] = time.sleep,
    ) -> Library:
        """Have `change` make another of what the owner has. Returns what is then there.

        It is asked again if somebody else was faster, after a longer and longer `pause`, so its limits and names hold
        under any number of callers. Raises what it raises, and Conflict if others are faster each time.
        """
        for tried in range(_TRIES):
            if tried:
                pause(random.uniform(0.5, 1) * min(_FIRST_PAUSE * 2 ** (tried - 1), _LONGEST_PAUSE))  # noqa: S311 - no secret
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
