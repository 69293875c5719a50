"""What callers send and get of boards, as models."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from chalicelib.api.models.assets import MessageView
from chalicelib.api.models.fields import AssetId, Name, RequestModel, ViewModel
from chalicelib.api.models.marks import Paragraphs
from chalicelib.domain.boards import ID_PATTERN, LONGEST_NOTE, MOST_ENTRIES
from chalicelib.domain.marks import ID_PATTERN as MARK_ID_PATTERN
from chalicelib.domain.rights import Role

BoardFormat = Literal["docx", "md", "otio"]

EntryId = Annotated[str, StringConstraints(pattern=f"^{ID_PATTERN.pattern}$")]
MarkId = Annotated[str, StringConstraints(pattern=f"^{MARK_ID_PATTERN.pattern}$")]
Note = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NOTE), Paragraphs]


class BoardWanted(RequestModel):
    """A board to make, by its name."""

    name: Name


class BoardEntryWanted(RequestModel):
    """What an entry is to be: a `mark` of an `asset` and a `note` to it, or a note alone."""

    asset: AssetId | None = None
    mark: MarkId | None = None
    note: Note | None = None


class BoardEntryKept(BoardEntryWanted):
    """An entry as it is to be; one that is there already by its `id`."""

    id: EntryId | None = None


class BoardChanges(RequestModel):
    """What a board is to be, all of it: `revision` is the one that this was made from."""

    revision: Annotated[int, Field(ge=1, le=10**9, strict=True)]
    name: Name
    entries: Annotated[list[BoardEntryKept], Field(max_length=MOST_ENTRIES)]


class BoardEntryLine(BaseModel):
    """An entry as it is stored: a mark of a recording, a note, or both."""

    id: str
    asset: str | None = None
    mark: str | None = None
    note: str | None = None


class QuotedWords(BaseModel):
    """Words as they now stand in a recording (called `title`), from when to when in seconds, and who says them.

    They are `is_confirmed` if somebody stands behind each of them, `is_corrected` if they are others than when they
    were taken. `renditions` are the names of those that can be played.
    """

    title: str
    text: str
    start: float
    end: float
    speakers: list[str]
    is_confirmed: bool
    is_corrected: bool
    language: str | None = None
    renditions: list[str]


class QuoteView(QuotedWords):
    """A quote on a board. `link` plays exactly these words; `role` says what one is to the recording."""

    link: str | None = None
    role: Role


class BoardEntryView(BoardEntryLine):
    """An entry as it is shown: with its quote, or with why there is none (`missing`)."""

    quote: QuoteView | None = None
    missing: MessageView | None = None


class BoardLine(ViewModel):
    """A board in a list, with how many entries (`count`). Times are seconds since the epoch."""

    id: str
    name: str
    made_at: float
    changed_at: float
    revision: int
    count: int


class Boards(BaseModel):
    """One's boards, the last changed first."""

    boards: list[BoardLine]


class BoardStored(BaseModel):
    """A board as it is stored, without the words that are quoted. `revision` counts the changes of it."""

    id: str
    name: str
    made_at: float
    changed_at: float
    revision: int
    entries: list[BoardEntryLine]


class BoardView(BaseModel):
    """A board as it is shown: each quote with its words as they now are."""

    id: str
    name: str
    made_at: float
    changed_at: float
    revision: int
    entries: list[BoardEntryView]


class BoardFile(RequestModel):
    """As what to take a board along."""

    format: BoardFormat
