"""The domain: an asset, what can become of it, and what makes one finished. No boto3 here."""

import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from chalicelib.domain.ai_options import FALLBACK, AiOptions
from chalicelib.domain.costs import Cost
from chalicelib.domain.fetching import Fetch
from chalicelib.domain.media import MediaInfo
from chalicelib.domain.moderation import Moderation, Released
from chalicelib.domain.presets import DEFAULT_NAMES
from chalicelib.message import Message


class MediaKind(StrEnum):
    """What sort of file an asset is, told by what it holds."""

    VIDEO = "video"
    AUDIO = "audio"
    IMAGE = "image"
    DOCUMENT = "document"


class Status(StrEnum):
    """Where an asset stands in its life."""

    AWAITING_UPLOAD = "awaiting-upload"
    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    REJECTED = "rejected"
    HELD = "held"
    """All is done, and an administrator has to decide whether it is given out."""
    EXPIRED = "expired"


NEXT: Mapping[Status, frozenset[Status]] = {
    Status.AWAITING_UPLOAD: frozenset({Status.QUEUED, Status.REJECTED, Status.EXPIRED}),
    Status.QUEUED: frozenset({Status.PROCESSING, Status.REJECTED, Status.FAILED}),
    Status.PROCESSING: frozenset({Status.COMPLETED, Status.FAILED, Status.HELD, Status.REJECTED}),
    Status.HELD: frozenset({Status.COMPLETED, Status.FAILED, Status.REJECTED, Status.QUEUED}),
    Status.COMPLETED: frozenset({Status.QUEUED, Status.REJECTED}),
    Status.FAILED: frozenset({Status.QUEUED, Status.REJECTED}),
    Status.REJECTED: frozenset({Status.QUEUED, Status.REJECTED}),
    Status.EXPIRED: frozenset({Status.QUEUED, Status.REJECTED}),
}
"""The law of an asset's life. New content uploaded under the same key begins a new version, QUEUED or REJECTED; a run
that is under way then is cancelled first, so that every run comes to an end of its own. What is HELD ends as an
administrator decides."""

FINISHED = frozenset({Status.COMPLETED, Status.FAILED, Status.REJECTED, Status.HELD})
"""The ends of which an owner is told. EXPIRED is not among them: nothing was ever uploaded."""

ENDED = FINISHED | {Status.EXPIRED}
"""Where nothing is done any more."""


def may_become(status: Status) -> frozenset[Status]:
    """The statuses from which `status` can be reached."""
    return frozenset(before for before, after in NEXT.items() if status in after)


class BranchStatus(StrEnum):
    """How a branch stands."""

    OPEN = "open"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


CANCELLED = Message("cancelled", "The work on this was cancelled. It can be started again.")
"""Why a run has failed that its owner called off, or has uploaded new content over."""

TOOK_TOO_LONG = Message("took-too-long", "The work on this came to no end, also when it was started again.")
"""Why has failed what the sweep gave up on. Unlike what an engine says has failed, it may be under way all the same."""


@dataclass(frozen=True, slots=True)
class BranchState:
    """A branch's status, with why it failed or was skipped where it was.

    It is worked on when the branches have closed that it comes `after`.
    """

    status: BranchStatus
    failure: Message | None = None
    after: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # Branches of somebody's own make these: what cannot be read back must not be written.
        if not isinstance(self.failure, Message | None) or not isinstance(self.status, BranchStatus):
            raise TypeError("a branch has a BranchStatus, and what went wrong is a Message")


class ReportState(StrEnum):
    """Whether the owner has been told how the current version ended.

    UNADDRESSED: nobody has confirmed an address to mail it to; it waits for the digest that follows when they do,
    and then becomes what comes of that.
    """

    NONE = "none"
    DUE = "due"
    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"
    UNADDRESSED = "unaddressed"


MOST_TAGS = 30
"""That one asset may have."""

OWNER_PATTERN = re.compile(r"[A-Za-z0-9-]{1,64}")
ASSET_ID_PATTERN = re.compile(r"[a-z0-9]{8,40}")


@dataclass(frozen=True, slots=True)
class AssetRef:
    """Names one asset: its owner and its id."""

    owner: str
    asset_id: str

    def __post_init__(self) -> None:
        if not OWNER_PATTERN.fullmatch(self.owner) or not ASSET_ID_PATTERN.fullmatch(self.asset_id):
            raise ValueError("owner or asset id has characters that no owner or asset id has")


@dataclass(frozen=True, slots=True)
class RunRef:
    """Names one run over an asset: a new upload under the same key, or a retry, makes the next version."""

    asset: AssetRef
    version: int

    def __post_init__(self) -> None:
        if self.version < 1:
            raise ValueError("versions count from 1")


def new_asset_id(now: float | None = None) -> str:
    """A new asset id, unique and sortable by the time of its making."""
    milliseconds = int((time.time() if now is None else now) * 1000)
    return f"{milliseconds:011x}{secrets.token_hex(8)}"


def announced_at(asset_id: str) -> float:
    """When an id was made, in seconds since the epoch."""
    return int(asset_id[:11], 16) / 1000


class Channels(StrEnum):
    """How the channels of a recording are heard: all at once, or each by itself, with a speaker of its own."""

    TOGETHER = "together"
    SEPARATE = "separate"


@dataclass(frozen=True, slots=True)
class Options:
    """What the owner asked for.

    `language` is a BCP 47 code, and `speakers` is how many speak; None lets the engine find out. `track` is which
    track of sound to hear, counted from 1; None for the usual one. `presets` are names or ids known to `presets.py`;
    `email` is where the report goes, or None for no mail; `copy_to` is who else gets one, if they have agreed to it.

    `urgent` recordings have a queue of their own. `accept_cost` says that the owner knows what it will cost. What is
    `metered` counts against its owner's quotas. `ai` is what is to be heard, seen and read, as far as they say.

    `transcriber` is what is to hear it, of those that the deployment offers; None for the usual one. It hears with the
    words of the account's `lexicon`, or without.
    """

    language: str | None = None
    speakers: int | None = None
    track: int | None = None
    channels: Channels = Channels.TOGETHER
    email: str | None = None
    presets: tuple[str, ...] = DEFAULT_NAMES
    urgent: bool = False
    accept_cost: bool = False
    metered: bool = False
    copy_to: str | None = None
    ai: AiOptions = field(default_factory=AiOptions)
    transcriber: str | None = None
    lexicon: bool = True


@dataclass(frozen=True, slots=True)
class Again:
    """What a run that does the work again follows: the version `after`, whose confirmed words it carries over.

    `is_hearing` says that only hearing is asked for anew. What is then `taken` over of that version, by name, is
    settled when the run begins: the branches `renditions` and `vision`, and the `sound` that was made to be heard.
    """

    after: int
    is_hearing: bool = False
    taken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendition:
    """A transcoded output as it turned out: sizes in pixels and bytes, `duration` in seconds."""

    preset: str
    key: str
    size: int
    duration: float
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Edition:
    """All that one author has corrected of a transcript in a sitting, as it was last saved.

    Saves of a transcript are counted from 1, through all its editions: `first` and `until` are the numbers of its own.
    `document` is what its files are called; `replaced`, those of the save before, which are deleted with the next one.
    `text` is the fingerprint of what is said, and by whom; `confirmed` is how much of it somebody stands behind, from 0
    to 1 of its words. It was `begun_at`, last saved `at` and `ended_at` these times, in seconds since the epoch; while
    it has not ended, its author's next save goes into it. `brings_back` is the number of an earlier one whose text it
    is.
    """

    first: int
    until: int
    document: str
    by: str
    begun_at: float
    at: float
    text: str
    confirmed: float = 0.0
    replaced: str | None = None
    ended_at: float | None = None
    name: str | None = None
    brings_back: int | None = None


@dataclass(frozen=True, slots=True)
class MadeFrom:
    """From which edition of the transcript a result was made anew: its number, its `document`, its `text` (as above),
    and when it was last saved, in seconds since the epoch. `replaced` is the document of the result before, if that was
    made anew too: its files are deleted.
    """

    edition: int
    document: str
    text: str
    at: float
    replaced: str | None = None


class TranslationState(StrEnum):
    """How far the captions are that a machine is to put into another language."""

    ASKED = "asked"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Translation:
    """Captions that a machine has put into another language, or is to: asked for at `asked_at`, in seconds since the
    epoch. Once there are some: of which `edition` of the transcript they are, its `text` (as above), when they were
    made (`at`), and by which `engine`. `failure` is why they could not be made when that was last tried.
    """

    state: TranslationState
    asked_at: float
    edition: int | None = None
    text: str | None = None
    at: float | None = None
    engine: str | None = None
    failure: Message | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """One uploaded file and everything known about it. Times are seconds since the epoch.

    `language` (BCP 47) and `mood` (Comprehend's label) are those of what was said. `edition` counts the saves of its
    transcript, `editions` are what is kept of them; `heard_text` is the fingerprint of what was heard, known once that
    is corrected. `analysis_from` and `summary_from` say from which edition these were made anew, None where they are
    still those of what was heard; that was last tried for the edition `remade`, `not_remade` says why it failed then.
    `translations` are the captions in other languages, by code; `translated` counts what is noted of them.
    `no_training` says that nothing is to be learnt from it. `clarity` (`clarity.py`) is how clearly it was heard,
    None where nobody can tell. What has ended is deleted when it `expires`, within a day or two. `done` are the
    options that the current run goes by, None before it was planned.

    `moderation` is what was seen in the current run of what is not for everybody, None where nothing follows of it.
    `withheld` are the versions, as texts, of which nothing that was made is given out: of each that has to be looked at
    this is so from its beginning on. `doubted` is the content (its ETag in S3) that was held, or rejected for what was
    seen in it, and was neither found harmless nor released since: earlier versions of it are not given out either,
    though nobody had to look at them in their time. What an administrator has `released` last stays so for as long as
    its content is the same.

    `version` is the current one, `newest` the highest number that any has had: whoever goes back to an earlier version
    makes the numbers no smaller. `again` is what the current run follows, None if it is no repetition.
    `folder` is the id of the one that its owner has put it in; one that is no more counts as none. `changed_at` is when
    it was last changed: what it is called, its tags, its transcript, or how its run stands. `fetch` is there where the
    file is not uploaded but fetched from an address.
    """

    ref: AssetRef
    file_name: str
    input_key: str
    status: Status
    created_at: float
    options: Options = field(default_factory=Options)
    version: int = 0
    etag: str | None = None
    size: int | None = None
    kind: MediaKind | None = None
    media: MediaInfo | None = None
    branches: Mapping[str, BranchState] = field(default_factory=dict)
    open_branches: frozenset[str] = frozenset()
    renditions: tuple[Rendition, ...] = ()
    notes: tuple[Message, ...] = ()
    failure: Message | None = None
    report: ReportState = ReportState.NONE
    sweeps: int = 0
    started_at: float | None = None
    finished_at: float | None = None
    cost: Cost | None = None
    title: str | None = None
    tags: tuple[str, ...] = ()
    edition: int = 0
    editions: tuple[Edition, ...] = ()
    heard_text: str | None = None
    analysis_from: MadeFrom | None = None
    summary_from: MadeFrom | None = None
    remade: int = 0
    not_remade: Message | None = None
    translations: Mapping[str, Translation] = field(default_factory=dict)
    translated: int = 0
    language: str | None = None
    mood: str | None = None
    clarity: str | None = None
    expires: int | None = None
    done: AiOptions | None = None
    no_training: bool = False
    moderation: Moderation | None = None
    withheld: frozenset[str] = frozenset()
    doubted: frozenset[str] = frozenset()
    released: Released | None = None
    newest: int = 0
    again: Again | None = None
    folder: str | None = None
    changed_at: float | None = None
    fetch: Fetch | None = None

    @property
    def ai(self) -> AiOptions:
        """What is done in the current run: what was asked for, as far as it could be when the run was planned."""
        return (self.done or self.options.ai).over(FALLBACK)

    def edition_of(self, number: int) -> Edition | None:
        """The edition that the save of this number has gone into; None if there is none."""
        return next((one for one in self.editions if one.first <= number <= one.until), None)

    @property
    def run(self) -> RunRef:
        """The current run. Raises ValueError before the first upload was accepted."""
        return RunRef(self.ref, self.version)

    @property
    def has_ended(self) -> bool:
        """Whether nothing is being done with it, and something was or might have been."""
        return self.status in ENDED

    @property
    def is_withheld(self) -> bool:
        """Whether nothing that was made in the current run is given out, to whomever: not, or not yet."""
        return str(self.version) in self.withheld

    @property
    def is_doubted(self) -> bool:
        """Whether the content of the current run was held or rejected, so that no earlier version is given out."""
        return self.etag in self.doubted

    @property
    def is_for_others(self) -> bool:
        """Whether others than its owner are shown anything of it, if they may."""
        return not self.is_withheld and self.status not in {Status.AWAITING_UPLOAD, Status.HELD, Status.REJECTED}

    @property
    def as_given_out(self) -> "Asset":
        """The asset without what was made of it, where that is withheld."""
        if not self.is_withheld:
            return self
        return replace(self, renditions=(), language=None, mood=None, clarity=None)

    @property
    def is_stopped(self) -> bool:
        """Whether its run was rejected for what was seen in it: jobs of it may still be under way."""
        return self.status is Status.REJECTED and self.is_withheld

    @property
    def why(self) -> Message | None:
        """Why it has not come to its usual end: why it failed, was rejected, or is held."""
        return self.moderation.reason if self.status is Status.HELD and self.moderation else self.failure

    @property
    def is_cancelled(self) -> bool:
        """Whether its owner has called off the current run."""
        return self.status is Status.FAILED and self.failure == CANCELLED

    @property
    def may_have_jobs(self) -> bool:
        """Whether its run goes on, or was called off and is not in the books: who did that may not have stopped it."""
        return self.status in {Status.QUEUED, Status.PROCESSING} or (self.is_cancelled and self.cost is None)

    @property
    def ends(self) -> Mapping[str, BranchState]:
        """How its branches stand, as people are told of them.

        In what was rejected for what was seen in it nothing has failed: what was not done was left, whether its job had
        told of that or not.
        """
        if not self.is_stopped:
            return self.branches
        left = {BranchStatus.OPEN, BranchStatus.FAILED}
        return {
            branch: BranchState(BranchStatus.SKIPPED, after=state.after) if state.status in left else state
            for branch, state in self.branches.items()
        }

    @property
    def failures(self) -> dict[str, Message]:
        """What went wrong, by branch; the asset's own failure stands under "asset"."""
        found = {
            branch: state.failure
            for branch, state in self.ends.items()
            if state.status is BranchStatus.FAILED and state.failure
        }
        return found | ({"asset": self.failure} if self.failure else {})


NOTHING_TO_READ = Message("nothing-to-read", "There is nothing to analyse.")
"""Why a branch is skipped of whose predecessors none came to anything."""


def turns(branches: Mapping[str, BranchState]) -> dict[str, BranchState]:
    """The open branches whose turn it is, with how they go on: still open, to be worked on; or skipped.

    One that comes after others waits until all of these have closed, and is worked on if any of them is done. It is
    skipped for the same reason as the others if they all were.
    """
    found = {}
    for name, state in branches.items():
        before = [branches[other] for other in state.after if other in branches]
        statuses = {other.status for other in before}
        if state.status is not BranchStatus.OPEN or BranchStatus.OPEN in statuses:
            continue
        if not before or BranchStatus.DONE in statuses:
            found[name] = state
        else:
            reason = before[0].failure if statuses == {BranchStatus.SKIPPED} else NOTHING_TO_READ
            found[name] = BranchState(BranchStatus.SKIPPED, reason)
    return found


class End(StrEnum):
    """How a run ended, as the books have it: as its status says, or called off by its owner.

    One that was held stays so there, whatever is decided: a run is entered once.
    """

    COMPLETED = "completed"
    FAILED = "failed"
    REJECTED = "rejected"
    HELD = "held"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    CORRECTED = "corrected"
    """No run: what was made of its transcript has been made anew, once that was corrected."""
    TRANSLATED = "translated"
    """No run: its captions were put into another language."""
    CLIPPED = "clipped"
    """No run: a clip has been cut of it."""
    ANSWERED = "answered"
    """No run: a question to the library was answered."""

    @staticmethod
    def of(asset: Asset) -> "End":
        """How the current run of `asset` ended. Raises ValueError while it goes on."""
        return End.CANCELLED if asset.is_cancelled else End(asset.status)


def outcome(branches: Mapping[str, BranchState]) -> Status:
    """How an asset ends whose branches have all closed: FAILED only if nothing at all came of it."""
    if any(state.status is BranchStatus.DONE for state in branches.values()):
        return Status.COMPLETED
    if any(state.status is BranchStatus.FAILED for state in branches.values()):
        return Status.FAILED
    return Status.COMPLETED
