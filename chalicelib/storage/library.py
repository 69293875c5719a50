"""Folders and saved filters, in the table of accounts: the item `library` of each owner holds all of theirs."""

import time
from collections.abc import Callable

from chalicelib.domain.folders import Library
from chalicelib.storage.items import OwnerItems, parsed, until_written
from chalicelib.storage.updates import Update

_LIBRARY = "library"


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
        """Have `change` make another of what the owner has, as `until_written` says. Returns what is then there."""

        def write(before: Library, after: Library) -> Library | None:
            update = Update().set(folders=after.folders, filters=after.filters, revision=before.revision + 1)
            if before.revision:
                update.require("{} = {}", "revision", before.revision)
            else:
                update.require("attribute_not_exists({})", "revision")
            written = self._update(owner, _LIBRARY, update)
            return parsed(Library, written) if written is not None else None

        changed = until_written(lambda: self.of(owner), change, write, pause)
        assert changed is not None, "an owner without any has an empty one"
        return changed
