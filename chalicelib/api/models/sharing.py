"""What is asked and told of links to an asset, as models."""

from typing import Annotated

from pydantic import BaseModel, Field

from chalicelib.api.checked import WHOLE
from chalicelib.api.models.assets import AssetView
from chalicelib.api.models.fields import RequestModel, ViewModel


class ShareWanted(RequestModel):
    """For how long to share."""

    days: Annotated[int, Field(ge=1, le=90, strict=True), WHOLE] = 7


class ShareView(ViewModel):
    """A link: times in seconds since the epoch."""

    id: str
    created_at: float
    expires_at: float


class NewShare(ShareView):
    """A new link, with its token, which is never told again."""

    token: str


class Shares(BaseModel):
    """The links to an asset that have not ended."""

    shares: list[ShareView]


class Shared(BaseModel):
    """What is shared, and until when."""

    asset: AssetView
    expires_at: float
