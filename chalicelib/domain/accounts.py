"""The domain of accounts: what an owner has set, what they may use, and the keys and links that they hand out."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from chalicelib.domain.assets import OWNER_PATTERN
from chalicelib.domain.links import Part


class Delivery(StrEnum):
    """How an owner is told of an asset that has come to its end."""

    NOW = "now"
    DIGEST = "digest"
    NONE = "none"


LANGUAGES = ("en", "fr", "ko", "ja", "zh")
"""What pages and mails are written in."""

ATTACHMENTS = ("txt", "srt", "docx")
"""The files that can come with a report."""

USUAL_ATTACHMENTS = ("txt", "srt")
USUAL_LANGUAGE = "en"
USUAL_ZONE = "UTC"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one owner may use: minutes of recordings and bytes of uploads a month, and files in work at a time.

    As many minutes again may be made anew from corrected transcripts.
    """

    minutes: int
    bytes: int
    in_flight: int


@dataclass(frozen=True, slots=True)
class OwnAllowance:
    """What an operator has set for one owner in place of the deployment's own limits; None leaves them."""

    minutes: int | None = None
    bytes: int | None = None
    in_flight: int | None = None

    def over(self, usual: Allowance) -> Allowance:
        """The limits that hold."""
        return Allowance(
            usual.minutes if self.minutes is None else self.minutes,
            usual.bytes if self.bytes is None else self.bytes,
            usual.in_flight if self.in_flight is None else self.in_flight,
        )


@dataclass(frozen=True, slots=True)
class Usage:
    """What an owner has used in `month` ("2026-11", in UTC). `in_flight` maps the ids of assets that are, or were, in
    work to the version whose minutes were counted, 0 before any.

    `anew_minutes` count apart what was made anew from corrected transcripts, by the time that it takes to say them;
    `anew` maps the assets of which that is being done to what of theirs was counted last; clips under way,
    whose minutes count as a recording's, stand there too.
    """

    month: str
    minutes: Decimal = Decimal(0)
    bytes: int = 0
    in_flight: dict[str, int] = field(default_factory=dict)
    anew_minutes: Decimal = Decimal(0)
    anew: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a program is told; `failures` counts the deliveries in a row that were given up."""

    url: str
    secret: str
    is_active: bool = True
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Export:
    """A copy of all of one's data: "preparing" until it lies at `key`, or "failed"; `asked_at` and `made_at` are
    seconds since the epoch.
    """

    status: str
    asked_at: float
    key: str | None = None
    made_at: float | None = None


class TrainingScope(StrEnum):
    """Whom what an account teaches is for."""

    ACCOUNT = "account"
    EVERYBODY = "everybody"


TRAINING_WORDING = "2026-11-29"
"""Which wording an owner agrees to now (`docs/privacy.md` has it): a new one is asked for anew, and until then nothing
that was agreed to counts.
"""


@dataclass(frozen=True, slots=True)
class Training:
    """That an owner has agreed that their corrections teach: whom for, since when (seconds since the epoch), and to
    which wording.
    """

    scope: TrainingScope
    since: float
    wording: str


@dataclass(frozen=True, slots=True)
class Profile:
    """An owner's settings; what is None was never set. `comments` is whether a digest tells what others say to their
    recordings, and which comments of theirs were resolved.
    """

    owner: str
    email: str | None = None
    delivery: Delivery = Delivery.NOW
    language: str | None = None
    time_zone: str | None = None
    cost_limit_usd: Decimal | None = None
    may_be_urgent: bool = False
    allowance: OwnAllowance = field(default_factory=OwnAllowance)
    webhook: Webhook | None = None
    export: Export | None = None
    attachments: tuple[str, ...] = USUAL_ATTACHMENTS
    comments: bool = True
    training: Training | None = None

    @property
    def teaches(self) -> Training | None:
        """What the owner has agreed to, if it is the wording of now."""
        agreed = self.training
        return agreed if agreed is not None and agreed.wording == TRAINING_WORDING else None


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody else's address that an owner wants reports sent to; nothing is, until they have `confirmed_at` it.

    `id` is the address's fingerprint; times are seconds since the epoch. Whoever has unsubscribed is not asked again,
    also when the owner has removed them (`is_removed`).
    """

    id: str
    address: str
    asked_at: float
    confirmed_at: float | None = None
    unsubscribed_at: float | None = None
    is_removed: bool = False

    @property
    def takes_mail(self) -> bool:
        """Whether reports may be sent there."""
        return self.confirmed_at is not None and self.unsubscribed_at is None


class Trouble(StrEnum):
    """What keeps mail from an address."""

    BOUNCE = "bounce"
    BOUNCES = "bounces"
    COMPLAINT = "complaint"
    DELAY = "delay"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Standing:
    """How an address stands with mail, whoever's it is; times are seconds since the epoch.

    While it is suppressed (`suppressed_at`) nothing is sent there, because of `trouble`, of which the other server said
    `detail`. `soft` has the bounces that may pass, by what SES calls them. `troubled_at` is when the latest `trouble`
    was, though mail may go on; `resumed_at` when its owner last had mail sent again.
    """

    suppressed_at: float | None = None
    trouble: Trouble | None = None
    troubled_at: float | None = None
    detail: str | None = None
    soft: dict[str, float] = field(default_factory=dict)
    resumed_at: float | None = None


class Remark(StrEnum):
    """What was done with a comment: somebody made it, or resolved it."""

    COMMENT = "comment"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class News:
    """A run that has come to its end, for the owner's next digest; `told_in` is the reference of the mail it was in.

    Or a `remark`: somebody else has done that with the comment `mark`, on a recording of the account `of`. Its version
    is 0.
    """

    asset_id: str
    version: int
    told_at: float | None = None
    told_in: str | None = None
    is_held: bool = False
    remark: Remark | None = None
    mark: str | None = None
    of: str | None = None

    @property
    def name(self) -> str:
        """What its item is called: that a run is held is other news than how it ended after that."""
        if self.remark is not None:
            return f"news#{self.asset_id}#{self.mark}#{self.remark}"
        return f"news#{self.asset_id}#{self.version}{'#held' if self.is_held else ''}"


@dataclass(frozen=True, slots=True)
class Due:
    """When an owner's digest is due, in seconds since the epoch; `touched` changes with each piece of news."""

    owner: str
    due_at: float
    touched: str = ""


class Credential(StrEnum):
    """What an owner may hand out, by the word that its items begin with."""

    KEY = "key"
    SHARE = "share"


_TOKEN = re.compile(
    rf"(?P<kind>key|share)_(?P<owner>{OWNER_PATTERN.pattern})_(?P<id>[a-f0-9]{{16}})_(?P<secret>[a-f0-9]{{48}})"
)


@dataclass(frozen=True, slots=True)
class Token:
    """An API key or a share's token, as it is handed out: "key_{owner}_{id}_{secret}". Only a hash of it is stored.

    A key's secret is random, and told once. A share's is worked out from the service's own signing key, so that its
    owner can be shown the link again.
    """

    kind: Credential
    owner: str
    id: str
    secret: str

    @staticmethod
    def new(kind: Credential, owner: str) -> "Token":
        """A new one, that nobody can guess, and nobody can make again."""
        return Token(kind, owner, secrets.token_hex(8), secrets.token_hex(24))

    @staticmethod
    def of_share(owner: str, share_id: str, signing_key: str) -> "Token":
        """The token of a link, which is the same each time; nobody makes it without the service's `signing_key`."""
        about = f"rapporteur.share:{owner}:{share_id}"
        digest = hmac.new(signing_key.encode(), about.encode(), hashlib.sha256).hexdigest()
        return Token(Credential.SHARE, owner, share_id, digest[:48])

    @staticmethod
    def new_share(owner: str, signing_key: str) -> "Token":
        """The token of a new link."""
        return Token.of_share(owner, secrets.token_hex(8), signing_key)

    @staticmethod
    def parse(text: str) -> "Token | None":
        """The token that is written so, or None if that is none."""
        match = _TOKEN.fullmatch(text)
        return Token(Credential(match["kind"]), match["owner"], match["id"], match["secret"]) if match else None

    def __str__(self) -> str:
        return f"{self.kind}_{self.owner}_{self.id}_{self.secret}"

    @property
    def hash(self) -> str:
        """What is stored of it. A fast hash is enough: the secret is 192 bits that nobody chose or can guess."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def matches(self, stored: str) -> bool:
        """Whether `stored` is its hash; takes as long whatever is wrong."""
        return hmac.compare_digest(self.hash, stored)


@dataclass(frozen=True, slots=True)
class HandedOut:
    """What is stored of a token: its `name`, a share's asset; times are seconds since the epoch.

    A share that `is_mailed` was made by the service itself, for a mail to somebody without an account. It shows what is
    in `shows`, and nothing else; it `tells_title` to programs that show what a link leads to. `password` is what is
    stored of its password (`links.hashed`); `tries` counts those with a wrong one since the last right one, and none is
    looked at before `closed_until`.
    """

    id: str
    hash: str
    created_at: float
    name: str | None = None
    asset_id: str | None = None
    expires_at: float | None = None
    last_used_at: float | None = None
    is_mailed: bool = False
    shows: tuple[Part, ...] = ()
    tells_title: bool = False
    password: str | None = None
    tries: int = 0
    closed_until: float | None = None
