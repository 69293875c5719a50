"""What callers send and get about mail, as models. Times are in seconds since the epoch."""

from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints

from chalicelib.api.models.fields import MailAddress, RequestModel
from chalicelib.mail.links import Purpose

_LONGEST_TOKEN = 600
SignedToken = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$", max_length=_LONGEST_TOKEN)]


class AddressWanted(RequestModel):
    """Somebody else who is to get reports, if they agree."""

    address: MailAddress


AddressStatus = Literal["asked", "confirmed", "unsubscribed"]


class AddressView(BaseModel):
    """Somebody else's address: they have been asked, have confirmed it, or have unsubscribed."""

    id: str
    address: str
    status: AddressStatus
    asked_at: float
    confirmed_at: float | None = None


class Addresses(BaseModel):
    """All of them, in the order in which they were asked."""

    addresses: list[AddressView]


class LinkWanted(RequestModel):
    """A link out of a mail, by its token."""

    token: SignedToken


class LinkView(BaseModel):
    """What a link out of a mail is for: whose address, and who asks. Of an address with which something is shared
    nothing is kept that could be told here.
    """

    purpose: Purpose
    address: str | None = None
    asker: str | None = None


class Answered(BaseModel):
    """What now holds for an address."""

    status: Literal["confirmed", "unsubscribed"]
    address: str | None = None
