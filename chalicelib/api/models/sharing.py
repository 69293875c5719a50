"""What is asked and told of links to an asset, as models."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from chalicelib.api.checked import WHOLE
from chalicelib.api.models.assets import AssetView
from chalicelib.api.models.fields import LONGEST_PASSWORD, SHORTEST_PASSWORD, Name, RequestModel, ViewModel
from chalicelib.domain.links import USUAL_PARTS, Part

Days = Annotated[int, Field(ge=1, le=90, strict=True), WHOLE]

Password = Annotated[str, StringConstraints(min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD)]

Parts = Annotated[tuple[Part, ...], Field(min_length=1, max_length=len(Part))]
"""What is named twice is shown once."""


class ShareWanted(RequestModel):
    """For how long to share, and what the link is called: whom or what it is for.

    It `shows` the transcript, the picture and sound (`media`), the summary and analysis, or files of these
    (`downloads`). Who follows it is asked for the `password`, if it has one. Programs that show what a link leads to
    are told the title only if it `tells_title`, and nothing of a link with a password.
    """

    days: Days = 7
    name: Name | None = None
    shows: Parts = USUAL_PARTS
    password: Password | None = None
    tells_title: bool = False


class ShareChanges(RequestModel):
    """Another name or password for a link (null: none), another end (in so many days from now), another choice of what
    it shows or tells. What is left out stays.
    """

    name: Name | None = None
    days: Days | None = None
    shows: Parts | None = None
    password: Password | None = None
    tells_title: bool | None = None


class ShareView(ViewModel):
    """A link: times in seconds since the epoch.

    `token` is what its address ends in; it is not told where the service can no longer make it. A link `is_mailed` that
    the service made for a report to somebody else.
    """

    id: str
    name: str | None = None
    created_at: float
    expires_at: float
    is_mailed: bool = False
    token: str | None = None
    shows: tuple[Part, ...]
    has_password: bool = False
    tells_title: bool = False


class Shares(BaseModel):
    """The links to an asset that have not ended."""

    shares: list[ShareView]


class ShareOfAccount(ShareView):
    """A link, with the recording that it leads to."""

    asset_id: str
    title: str


class SharesOfAccount(BaseModel):
    """The links to everything of an account that have not ended."""

    shares: list[ShareOfAccount]


class PasswordTold(RequestModel):
    """The password of a link."""

    password: Annotated[str, StringConstraints(max_length=LONGEST_PASSWORD)]


class Proof(BaseModel):
    """What to send as `Authorization: Bearer` with all that is asked by this link, until it ends."""

    proof: str
    expires_at: float


class Shared(BaseModel):
    """What is shared, which parts of it are shown, and until when."""

    asset: AssetView
    expires_at: float
    shows: tuple[Part, ...]
