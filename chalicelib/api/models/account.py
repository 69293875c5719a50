"""What callers send and get of their own account, as models."""

import re
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from chalicelib.api.models import fields
from chalicelib.api.models.fields import RequestModel, ViewModel
from chalicelib.domain.accounts import ATTACHMENTS, LANGUAGES, Delivery, Trouble
from chalicelib.domain.assets import MOST_TAGS

_LONGEST_URL = 2000
_URL = r"^https://[^\s\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+$"
"""With no space, and nothing that nobody sees."""

_MOST_DOLLARS = 100_000
_LONGEST_ZONE = 64
_ZONE = re.compile(r"[A-Za-z0-9_+/-]{1,64}")


def _known_zone(name: str) -> str:
    if not _ZONE.fullmatch(name) or name not in available_timezones():
        raise ValueError(f"{name!r} is not a time zone; one looks like Europe/Paris or Asia/Seoul.")
    return name


TimeZone = Annotated[
    str,
    StringConstraints(max_length=_LONGEST_ZONE),
    AfterValidator(_known_zone),
    Field(json_schema_extra={"enum": ["UTC", "Europe/Paris"]}),
]


AttachmentKind = Literal[ATTACHMENTS]  # type: ignore[valid-type]
"""A file that can come with a report."""


class Quota(BaseModel):
    """How much of something is used, and how much may be."""

    used: float
    limit: int


class QuotaView(BaseModel):
    """What an account uses in a month ("2026-11", in UTC): minutes of recordings, bytes of uploads; files in work."""

    month: str
    minutes: Quota
    bytes: Quota
    in_flight: Quota


class WebhookView(ViewModel):
    """Where a program is told; `failures` counts the deliveries in a row that were given up."""

    url: str
    is_active: bool
    failures: int


class MailStanding(BaseModel):
    """Whether mail reaches an address: while it is "suppressed" none is sent there, for this reason since this moment;
    `detail` is what the other mail server said. None is sent to one that is "unconfirmed".
    """

    status: Literal["ok", "delayed", "suppressed", "unconfirmed"]
    reason: Trouble | None = None
    since: float | None = None
    detail: str | None = None


class Me(BaseModel):
    """The account that asks; without a limit of its own in US dollars the deployment's holds. Nothing is mailed to
    `email` before it is `email_verified`. Before language or time zone `is_localized`, they are only the usual ones.
    `invitations` is whether one is told by mail what others share with one; `comments`, in a digest what they say to
    one's recordings.
    """

    owner: str
    email: str | None = None
    email_verified: bool
    is_admin: bool
    delivery: Delivery
    language: str
    time_zone: str
    is_localized: bool
    cost_limit_usd: float | None = None
    may_be_urgent: bool
    attachments: list[AttachmentKind]
    mail: MailStanding
    invitations: bool
    comments: bool
    webhook: WebhookView | None = None
    quota: QuotaView


class MeChanges(RequestModel):
    """What somebody may set for themselves; what is left out stays as it is, null takes back what was set."""

    delivery: Delivery | None = None
    language: Literal[LANGUAGES] | None = None  # type: ignore[valid-type]
    time_zone: TimeZone | None = None
    invitations: Annotated[bool, Field(strict=True)] | None = None
    comments: Annotated[bool, Field(strict=True)] | None = None
    attachments: Annotated[list[AttachmentKind], Field(max_length=len(ATTACHMENTS))] | None = None
    cost_limit_usd: Annotated[float, Field(ge=0, le=_MOST_DOLLARS, allow_inf_nan=False, strict=True)] | None = None


class WebhookWanted(RequestModel):
    """Where to tell a program of what has ended."""

    url: Annotated[str, StringConstraints(pattern=_URL, max_length=_LONGEST_URL)]


class NewWebhook(BaseModel):
    """A new webhook, with the secret that its messages are signed with, which is never told again."""

    url: str
    secret: str
    is_active: bool


class KeyWanted(RequestModel):
    """What a new API key is for."""

    name: fields.Name


class KeyView(ViewModel):
    """An API key: times in seconds since the epoch; when it was last used is exact to an hour."""

    id: str
    name: str
    created_at: float
    last_used_at: float | None = None


class NewKey(KeyView):
    """A new API key, which is never told again."""

    key: str


class Keys(BaseModel):
    """All API keys."""

    keys: list[KeyView]


class ExportView(BaseModel):
    """How a copy of all of one's data stands; where it can be had, for a quarter of an hour, once it is ready."""

    status: Literal["none", "preparing", "ready", "failed"]
    made_at: float | None = None
    url: str | None = None


class Accepted(BaseModel):
    """It is being done."""

    status: Literal["erasing"]


class PresetView(BaseModel):
    """A rendition that can be asked for."""

    name: str
    title: str
    kind: Literal["video", "audio", "image"]


class Limits(BaseModel):
    """How much may be written into a field, in characters; `tags` is how many tags there may be."""

    title: int = fields.LONGEST_TITLE
    tag: int = fields.LONGEST_TAG
    tags: int = MOST_TAGS
    speaker: int = fields.LONGEST_NAME
    key_name: int = fields.LONGEST_NAME
    folder_name: int = fields.LONGEST_NAME
    text: int = fields.LONGEST_TEXT
    search_from: int = fields.SHORTEST_SEARCH
    search_to: int = fields.LONGEST_TEXT
    shortest_password: int = fields.SHORTEST_PASSWORD
    longest_password: int = fields.LONGEST_PASSWORD


class Config(BaseModel):
    """What pages need to know before anybody has signed in: sizes in bytes, `endings` of files that are accepted."""

    sign_in_url: str
    sign_in_pages: str | None = None
    scopes: list[str]
    client_id: str
    sign_up: Literal["open", "invitation"]
    presets: list[PresetView]
    default_presets: list[str]
    languages: list[str]
    delivery: list[Delivery]
    endings: list[str]
    limits: Limits
    voices: bool
    translates: bool
    answers: bool
    meaning: bool
    max_upload_bytes: int
    single_upload_up_to: int
    import_wording: str
