"""How an owner keeps their recordings in order: folders, and filters that they have saved. Pure.

All of it is one small value, so that a name is given once, and a limit holds, however many ask at a time. A recording
only names its folder: one that is no more counts as none. So a folder with any number of recordings goes in one write,
and none of them has to be looked at.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from chalicelib.domain import folding
from chalicelib.domain.assets import MediaKind, Status
from chalicelib.domain.listing import Sort
from chalicelib.errors import Conflict, InvalidRequest, NotFound

MOST_FOLDERS = 200
DEEPEST = 3
"""Levels of folders in folders."""

MOST_FILTERS = 20
ID_PATTERN = re.compile(r"[0-9a-f]{16}")
"""Of folders and of saved filters."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder; `parent` is the id of the one that it is in."""

    id: str
    name: str
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """What somebody looks for again and again, by a name. Its days are those of the calendar, as "2026-11-29"."""

    id: str
    name: str
    sort: Sort = Sort.NEWEST
    folder: str | None = None
    status: Status | None = None
    kind: MediaKind | None = None
    tag: str | None = None
    language: str | None = None
    text: str | None = None
    first_day: str | None = None
    last_day: str | None = None


@dataclass(frozen=True, slots=True)
class Library:
    """An owner's folders and saved filters, each by name; `revision` counts the changes of it."""

    folders: tuple[Folder, ...] = ()
    filters: tuple[SavedFilter, ...] = ()
    revision: int = 0

    def folder(self, folder_id: str) -> Folder:
        """The folder of this id. Raises NotFound if there is none."""
        found = next((folder for folder in self.folders if folder.id == folder_id), None)
        if found is None:
            raise NotFound("There is no such folder, or no longer.", "no-folder")
        return found

    def has(self, folder_id: str | None) -> bool:
        """Whether there is a folder of this id."""
        return any(folder.id == folder_id for folder in self.folders)

    def path(self, folder_id: str | None) -> list[str]:
        """The names of a folder and of those that it is in, from the outermost; nothing of one that is no more."""
        names: list[str] = []
        while folder_id is not None and self.has(folder_id):
            folder = self.folder(folder_id)
            names.insert(0, folder.name)
            folder_id = folder.parent
        return names

    def with_folder(self, folder: Folder) -> "Library":
        """With one more folder, which the same call may have put there already.

        Raises Conflict if there are too many, or another of this name; InvalidRequest if it would be too deep; NotFound
        if the one is no more that it is to be in.
        """
        if folder in self.folders:
            return self
        if len(self.folders) >= MOST_FOLDERS:
            raise Conflict(f"There are {MOST_FOLDERS} folders already. Delete one first.", "too-many-folders")
        return self._with_placed(folder)

    def with_changed(self, changed: Folder) -> "Library":
        """With another name of a folder, or in another one. Raises as `with_folder`, and NotFound."""
        folder_id = changed.id
        if changed == self.folder(folder_id):
            return self
        if changed.parent in {one.id for one in self._inside(folder_id)}:
            raise InvalidRequest("A folder cannot be in itself.", "folder-in-itself", "parent")
        return replace(self, folders=tuple(one for one in self.folders if one.id != folder_id))._with_placed(
            changed, self._levels(folder_id)
        )

    def without_folder(self, folder_id: str) -> "Library":
        """Without a folder and those in it. Raises NotFound if there is none."""
        self.folder(folder_id)
        gone = {one.id for one in self._inside(folder_id)}
        return replace(self, folders=tuple(one for one in self.folders if one.id not in gone))

    def with_filter(self, saved: SavedFilter) -> "Library":
        """With a saved filter, in the place of the one with its id. Raises Conflict if there are too many, or another
        of this name.
        """
        others = tuple(one for one in self.filters if one.id != saved.id)
        if len(others) >= MOST_FILTERS:
            raise Conflict(f"There are {MOST_FILTERS} saved filters already. Delete one first.", "too-many-filters")
        if any(folding.same(one.name) == folding.same(saved.name) for one in others):
            raise Conflict("There is a saved filter of this name already.", "filter-exists")
        return replace(self, filters=tuple(sorted((*others, saved), key=lambda one: folding.same(one.name))))

    def saved(self, filter_id: str) -> SavedFilter:
        """The saved filter of this id. Raises NotFound if there is none."""
        found = next((one for one in self.filters if one.id == filter_id), None)
        if found is None:
            raise NotFound("There is no such saved filter, or no longer.", "no-filter")
        return found

    def without_filter(self, filter_id: str) -> "Library":
        """Without a saved filter. Raises NotFound if there is none."""
        self.saved(filter_id)
        return replace(self, filters=tuple(one for one in self.filters if one.id != filter_id))

    def _with_placed(self, folder: Folder, levels: int = 1) -> "Library":
        """With a `folder` that is not among them, and that is so many levels high with those in it."""
        if folder.parent is not None:
            self.folder(folder.parent)
        if len(self.path(folder.parent)) + levels > DEEPEST:
            raise InvalidRequest(f"Folders may be in folders up to {DEEPEST} levels.", "folder-too-deep", "parent")
        beside = (one for one in self.folders if one.parent == folder.parent)
        if any(folding.same(one.name) == folding.same(folder.name) for one in beside):
            raise Conflict("There is a folder of this name here already.", "folder-exists")
        return replace(self, folders=tuple(sorted((*self.folders, folder), key=lambda one: folding.same(one.name))))

    def _inside(self, folder_id: str) -> Iterator[Folder]:
        """A folder, and all that are in it."""
        yield self.folder(folder_id)
        for one in self.folders:
            if one.parent == folder_id:
                yield from self._inside(one.id)

    def _levels(self, folder_id: str) -> int:
        """How many levels a folder has with those in it."""
        inside = [self._levels(one.id) for one in self.folders if one.parent == folder_id]
        return 1 + max(inside, default=0)
