"""What administrators send and get of what is held, as models."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from chalicelib.api.checked import ONE_LINE
from chalicelib.api.models.assets import MessageView, SensitiveView
from chalicelib.api.models.fields import RequestModel
from chalicelib.domain.assets import MediaKind, Status
from chalicelib.domain.moderation import Decision, Policy

_LONGEST_REASON = 500


class HeldAsset(BaseModel):
    """A film or a picture that is held, and whose it is: why in a sentence, and of what kinds that is.

    `held_at` is when it was held, in seconds since the epoch; `duration` is in seconds.
    """

    owner: str
    id: str
    title: str
    version: int
    status: Status
    kind: MediaKind | None = None
    duration: float | None = None
    created_at: float
    held_at: float | None = None
    policy: Policy
    reason: MessageView | None = None
    kinds: list[str]


class DecidedAsset(HeldAsset):
    """One that was held, what was decided of it, by whom (an account's id) and when, and the reason that was given."""

    decision: Decision
    decided_by: str | None = None
    decided_at: float | None = None
    comment: str = ""


class HeldAssets(BaseModel):
    """What is held, the longest first; `more` is how many are held beside these.

    `decided` is what was decided in the last 30 days, the latest first, a hundred at most.
    """

    assets: list[HeldAsset]
    more: int
    decided: list[DecidedAsset]


class LookAt(BaseModel):
    """Where a film or a picture can be looked at, and for how many seconds; what it is (a media type)."""

    url: str
    content_type: str
    expires_in: int


class HeldInFull(HeldAsset):
    """The same with what was seen and when, and where to look at it; left out where it is gone, or was released.

    `comment` is the reason that was given for what was decided at `decided_at` (seconds since the epoch).
    """

    seen: list[SensitiveView]
    look_at: LookAt | None = None
    decision: Decision | None = None
    decided_by: str | None = None
    decided_at: float | None = None
    comment: str = ""


class DecisionWanted(RequestModel):
    """What becomes of it, and optionally why: its owner reads that if it is rejected."""

    decision: Decision
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=_LONGEST_REASON), ONE_LINE] = Field(
        default=""
    )
