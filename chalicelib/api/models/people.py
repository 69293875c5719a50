"""What is asked and told of the people with whom a recording is shared, and of its log, as models."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StrictBool, StringConstraints

from chalicelib.api.models.assets import AssetView
from chalicelib.api.models.fields import MailAddress, RequestModel, ViewModel
from chalicelib.api.models.marks import Paragraphs
from chalicelib.domain.assets import ASSET_ID_PATTERN
from chalicelib.domain.rights import Deed, Role

Who = Literal["you", "person", "link", "administrators"]
RoleGiven = Literal["editor", "commenter", "reader"]


_LONGEST_NOTE = 500


class InviteWanted(RequestModel):
    """With whom to share a recording, and what they may do; whether a mail `tells` them, and with which `note`."""

    address: MailAddress
    role: RoleGiven = "reader"
    tells: StrictBool = False
    note: Annotated[str, StringConstraints(max_length=_LONGEST_NOTE), Paragraphs] | None = None


class RoleWanted(RequestModel):
    """What somebody is to be to a recording from now on."""

    role: RoleGiven


class InvitedView(ViewModel):
    """Somebody with whom a recording is shared, by their address: as what, and since when (seconds since the epoch).

    Whether anybody has an account with this address is not told. `role` is "stranger" where sharing broke off: share it
    again, or take it back.
    """

    id: str
    address: str
    role: Role
    since: float


class InvitedPeople(BaseModel):
    """With whom a recording is shared, the first first."""

    people: list[InvitedView]


class SharedListing(RequestModel):
    """A page of what is shared with you; `after` is the cursor of the page before."""

    limit: Annotated[int, Field(ge=1, le=100)] = 25
    after: Annotated[str, StringConstraints(pattern=f"^{ASSET_ID_PATTERN.pattern}$")] | None = None


class SharedWithMe(BaseModel):
    """A recording that somebody shares with you: who (their address then), and since when (seconds since the epoch)."""

    asset: AssetView
    by: str | None = None
    since: float


class HiddenFromMe(BaseModel):
    """A recording that somebody shares with you and that is not shown just now: it can be left, and no more."""

    id: str
    by: str | None = None
    since: float


class SharedPage(BaseModel):
    """Some of what is shared with you, the newest recording first; `next` is the cursor of the page after, if there is
    one.

    What is not shown just now, since it is held or was rejected, or is not looked at yet, is `hidden`.
    """

    shared: list[SharedWithMe]
    hidden: list[HiddenFromMe]
    next: str | None = None


class LogListing(RequestModel):
    """A page of a log; `after` is the cursor of the page before."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    after: Annotated[str, StringConstraints(pattern="^[0-9]{8}[.][A-Za-z0-9_.-]+$", max_length=300)] | None = None


class LogEntryView(BaseModel):
    """That somebody read a recording, or did something with it, within an hour.

    `at` is when for the first time and `last_at` for the last (seconds since the epoch), `times` how often; reading is
    entered once an hour. `what` is the operation, or "read"; `deed` is what it takes to be allowed to. `who` is "you",
    a "person", a "link", or "administrators", of whom nobody is named; `name` is the person's address or what the link
    was called, missing if that is not known any more.
    """

    at: float
    last_at: float
    times: int
    deed: Deed
    what: str
    who: Who
    name: str | None = None


class Log(BaseModel):
    """Who saw and changed a recording, the latest hour first; `next` is the cursor of the page after, if there is
    one.
    """

    entries: list[LogEntryView]
    next: str | None = None
