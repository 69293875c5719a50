"""What callers send and get of the library: lists, folders, saved filters, what is done with several, as models."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from chalicelib.api.models.assets import AssetView, Refusal
from chalicelib.api.models.fields import (
    AssetId,
    FolderId,
    LanguageCode,
    Name,
    RequestModel,
    SearchText,
    Seconds,
    Tag,
    ViewModel,
)
from chalicelib.domain.assets import MOST_TAGS, MediaKind, Status
from chalicelib.domain.folders import ID_PATTERN
from chalicelib.domain.listing import Sort, Wanted
from chalicelib.pipeline.actions import Action

MOST_AT_ONCE = 100
NO_FOLDER = "none"
_LONGEST_CURSOR = 3000

FolderWanted = Annotated[str, StringConstraints(pattern=f"^({ID_PATTERN.pattern}|{NO_FOLDER})$")]
"""A folder, or "none" for what is in no folder."""


class Choice(RequestModel):
    """Which assets: those for which all holds that is named. `text` is looked for in names and tags; `since` and
    `before` are seconds since the epoch, of the upload.
    """

    folder: FolderWanted | None = None
    status: Status | None = None
    kind: MediaKind | None = None
    tag: Tag | None = None
    language: LanguageCode | None = None
    text: SearchText | None = None
    since: Seconds | None = None
    before: Seconds | None = None

    @property
    def wanted(self) -> Wanted:
        """The same without the folder, for the domain."""
        return Wanted(self.status, self.kind, self.tag, self.language, self.text, self.since, self.before)


class Listing(Choice):
    """Which assets to list, and in what order: `after` is the cursor of the page before."""

    limit: Annotated[int, Field(ge=1, le=100)] = 25
    after: Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_-]+$", max_length=_LONGEST_CURSOR)] | None = None
    sort: Sort = Sort.NEWEST


class Matching(BaseModel):
    """The ids of all that match, the newest first."""

    ids: list[str]


class FolderView(ViewModel):
    """A folder: `parent` is the one that it is in; `count` is how many recordings are in it, not in those in it."""

    id: str
    name: str
    parent: str | None = None
    count: int = 0


class Counted(BaseModel):
    """A tag or a language, and how many recordings have it."""

    name: str
    count: int


class FilterView(ViewModel):
    """A saved filter. Its days are those of the calendar, both included. `folder_is_gone`: the one that it names was
    deleted.
    """

    id: str
    name: str
    sort: Sort
    folder: str | None = None
    folder_is_gone: bool = False
    status: Status | None = None
    kind: MediaKind | None = None
    tag: str | None = None
    language: str | None = None
    text: str | None = None
    first_day: date | None = None
    last_day: date | None = None


class LibraryView(BaseModel):
    """What there is to choose from: folders and saved filters by name, tags and languages by how often they are there.

    `count` is how many recordings there are, `without_folder` how many of them are in none.
    """

    count: int
    without_folder: int
    folders: list[FolderView]
    tags: list[Counted]
    languages: list[Counted]
    filters: list[FilterView]


class NewFolder(RequestModel):
    """A folder to make: in which it is to be, if in any."""

    name: Name
    parent: FolderId | None = None


class FolderChanges(RequestModel):
    """What is to be changed of a folder; a `parent` of null puts it at the top."""

    name: Name | None = None
    parent: FolderId | None = None


class FilterWanted(RequestModel):
    """A filter to save, by a name. Its days are those of the calendar, both included."""

    name: Name
    sort: Sort = Sort.NEWEST
    folder: FolderWanted | None = None
    status: Status | None = None
    kind: MediaKind | None = None
    tag: Tag | None = None
    language: LanguageCode | None = None
    text: SearchText | None = None
    first_day: date | None = None
    last_day: date | None = None


class Actions(RequestModel):
    """What to do with several assets. `folder`: where to `move` them, null for into none; `tags`: which to `tag` them
    with, or to `untag`; `accept_cost`: of a `retry`, as for one.
    """

    ids: Annotated[list[AssetId], Field(min_length=1, max_length=MOST_AT_ONCE)]
    action: Action
    folder: FolderId | None = None
    tags: Annotated[list[Tag], Field(max_length=MOST_TAGS)] = Field(default=[])
    accept_cost: bool = False


class Before(BaseModel):
    """What an action has changed, as it was before."""

    folder: str | None = None
    tags: list[str]


class ActionResult(BaseModel):
    """What came of it for one asset: it is done, and this is how the asset now stands, unless it is deleted; or why it
    was not. `before` is how it was, to take the action back.
    """

    id: str
    is_done: bool
    asset: AssetView | None = None
    before: Before | None = None
    error: Refusal | None = None


class ActionResults(BaseModel):
    """What came of each, in the order in which they were named."""

    results: list[ActionResult]
