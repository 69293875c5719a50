"""What is asked and told of links to an asset, as models."""

from typing import Annotated

from pydantic import BaseModel, Field

from chalicelib.api.checked import WHOLE
from chalicelib.api.models.assets import AssetView
from chalicelib.api.models.fields import Name, RequestModel, ViewModel

Days = Annotated[int, Field(ge=1, le=90, strict=True), WHOLE]


class ShareWanted(RequestModel):
    """For how long to share, and what the link is called: whom or what it is for."""

    days: Days = 7
    name: Name | None = None


class ShareChanges(RequestModel):
    """Another name for a link (null: none), or another end: in so many days from now. What is left out stays."""

    name: Name | None = None
    days: Days | None = None


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


class Shared(BaseModel):
    """What is shared, and until when."""

    asset: AssetView
    expires_at: float
