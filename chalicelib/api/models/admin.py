"""What administrators send and get, as models."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from chalicelib.api.checked import WHOLE
from chalicelib.api.models.account import QuotaView
from chalicelib.api.models.assets import AssetView
from chalicelib.api.models.fields import RequestModel

_MOST = 10**15


class UsersWanted(RequestModel):
    """The cursor of the page before."""

    after: Annotated[str, StringConstraints(min_length=1, max_length=4096)] | None = None


class UserView(BaseModel):
    """An account as administrators see it; `status` is Cognito's (CONFIRMED, FORCE_CHANGE_PASSWORD, …)."""

    owner: str
    email: str | None = None
    status: str
    created_at: float
    may_be_urgent: bool
    quota: QuotaView


class Users(BaseModel):
    """Some accounts; `next` is the cursor of the page after."""

    users: list[UserView]
    next: str | None = None


class UserChanges(RequestModel):
    """What an account may use; what is left out stays as it is."""

    minutes: Annotated[int, Field(ge=0, le=_MOST, strict=True), WHOLE] | None = None
    bytes: Annotated[int, Field(ge=0, le=_MOST, strict=True), WHOLE] | None = None
    in_flight: Annotated[int, Field(ge=0, le=5_000, strict=True), WHOLE] | None = None
    may_be_urgent: bool | None = None


class AllowanceView(BaseModel):
    """What an account may use; left out where the deployment's own limit holds."""

    minutes: int | None = None
    bytes: int | None = None
    in_flight: int | None = None
    may_be_urgent: bool


class AssetsWanted(RequestModel):
    """Which assets: those that failed, or those that have not moved for too long."""

    status: Literal["failed", "stuck"] = "stuck"


class OwnedAsset(AssetView):
    """An asset, and whose it is."""

    owner: str


class OwnedAssets(BaseModel):
    """Some assets of all owners, newest first."""

    assets: list[OwnedAsset]


class RunNamed(BaseModel):
    """The run that a message is about."""

    owner: str
    asset: str
    version: int


class DeadLetter(BaseModel):
    """A message that was given up: how often it was received, and the run that it names, if it names one."""

    id: str
    received: int
    body: RunNamed | None = None


class DeadLetterQueue(BaseModel):
    """What was given up in a queue: how many messages, and the first few of them."""

    name: str
    waiting: int
    messages: list[DeadLetter]


class DeadLetters(BaseModel):
    """What was given up, by queue."""

    queues: list[DeadLetterQueue]


class Moved(BaseModel):
    """So many messages are worked on once more."""

    moved: int


class OwnerCosts(BaseModel):
    """US dollars of an owner, by month; the address where the account has noted one."""

    owner: str
    email: str | None = None
    usd: list[float]


class EngineCosts(BaseModel):
    """US dollars of a service of AWS, by month."""

    engine: str
    usd: list[float]


class MailState(BaseModel):
    """Who reports are from, and whether SES is in its sandbox, where mails reach confirmed addresses only (`help_url`
    says how to leave it); whether it sends at all, how many mails it counts for the last 24 hours, and how many it
    allows in 24 hours and in a second. What nobody knows is left out; `refused` is why, in SES's own words.
    """

    sender: str
    refused: str | None = None
    sandbox: bool | None = None
    help_url: str | None = None
    is_sending: bool | None = None
    sent_in_a_day: int | None = None
    most_in_a_day: int | None = None
    most_in_a_second: float | None = None


class Costs(BaseModel):
    """What the latest version of each recording cost, by month ("2026-11", in UTC)."""

    months: list[str]
    by_owner: list[OwnerCosts]
    by_engine: list[EngineCosts]
