"""What callers send and get of marks on words, and of clips, as models."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, StrictBool, StringConstraints, model_validator

from chalicelib.api.models.assets import MessageView
from chalicelib.api.models.fields import RequestModel
from chalicelib.domain import names
from chalicelib.domain.marks import LONGEST_BODY, ClipFormat, ClipState, Colour, Kind

_LAST_SECOND = 1e7


def _paragraphs(text: object) -> object:
    if not isinstance(text, str):
        return text
    return "\n".join(names.one_line(line) for line in text.splitlines()).strip("\n")


Paragraphs = BeforeValidator(_paragraphs)
"""Of what somebody writes: plain text in lines, without what cannot be seen."""

Body = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_BODY), Paragraphs]
"""What somebody writes to words: plain text in lines, without what cannot be seen."""

Second = Annotated[float, Field(ge=0, le=_LAST_SECOND, allow_inf_nan=False)]


class MarkWanted(RequestModel):
    """Which words to mark: those that are said from `start` to `end` (seconds), and as what.

    A comment has a `body`; a quote and a highlight have none.
    """

    kind: Kind
    start: Second
    end: Second
    colour: Colour | None = None
    body: Body | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.kind is Kind.COMMENT) != (self.body is not None):
            raise ValueError("A comment has a body, and nothing else has.")
        return self


class MarkChanges(RequestModel):
    """What to change: what a comment says, a mark's colour (null: none), whether it is `resolved`. The rest stays."""

    body: Body | None = None
    colour: Colour | None = None
    resolved: StrictBool | None = None


class ClipWanted(RequestModel):
    """What a clip is to be, and whether its owner agrees to what it will cost, above their limit."""

    format: ClipFormat
    accept_cost: StrictBool = False


class ClipView(BaseModel):
    """A clip: how it stands, and from when to when in the recording it is (seconds).

    Once it is ready it has so many `seconds` and bytes (`size`). `captions_in_picture` says whether captions are
    written into its picture; where they were to be, `note` says why they are not. It `is_outdated` if the words are
    others now. `failure` is why there is none, `usd` what it is expected to cost: these two are its owner's business.
    """

    format: ClipFormat
    state: ClipState
    start: float
    end: float
    asked_at: float
    usd: float | None = None
    seconds: float | None = None
    size: int | None = None
    captions_in_picture: bool = False
    is_outdated: bool = False
    failure: MessageView | None = None
    note: MessageView | None = None


class MarkView(BaseModel):
    """A mark on words: `exact` is what they were when it was made, `text` what they are now; times in seconds.

    The words now are from `start` to `end`, said by `speakers`; `is_confirmed` if somebody stands behind each of them,
    `is_corrected` if they are others than when it was made. It `is_gone` if none of them is left: `text` is then
    missing, as it is while there is no transcript. It was made by its `author` ("you", the recording's "owner" or
    another "person") at `made_at` (seconds since the epoch), and is resolved since `resolved_at`. The owner is told the
    `author_name` of others, which is their address; people with whom it is shared are not told of each other.

    Whoever can only read or comment has `exact` of their own marks and where the words are still the same, and those
    `clips` that are ready, of words that are still said.
    """

    id: str
    kind: Kind
    start: float
    end: float
    exact: str | None = None
    text: str | None = None
    speakers: list[str] = []
    is_confirmed: bool = False
    is_corrected: bool = False
    is_gone: bool = False
    colour: Colour | None = None
    body: str | None = None
    author: Literal["you", "owner", "person"]
    author_name: str | None = None
    is_yours: bool
    made_at: float
    changed_at: float
    resolved_at: float | None = None
    clips: list[ClipView] = []


class Marks(BaseModel):
    """The marks on a recording, in the order of what is said; `formats` are those that a clip can have."""

    marks: list[MarkView]
    formats: list[ClipFormat]


class ClipAddress(BaseModel):
    """Where a clip can be had, and its captions, for so many seconds."""

    url: str
    srt: str
    vtt: str
    expires_in: int
