"""What was learnt, as it is kept: models by whom they are for, by language and by what made them. Pure.

Of each there is at most one in use. A candidate takes its place by the gate (`gate.py`) or by an administrator; what
was in use before stays for a way back.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from chalicelib.learning.gate import Judgement, Verdict
from chalicelib.message import Message

EVERYBODY = "#everybody"
"""The scope of what is for all accounts of a deployment; any other is an account's id, and no account is called so."""

WORDS = "training"
"""What the trainer is called whose models change what was heard (`seams/training.py`)."""


LEARN, LOOK = "learn#", "look#"
"""What the items are called by which trainings are due, and by which those are looked after that are under way."""


class ModelState(StrEnum):
    """How a model stands."""

    TRAINING = "training"
    """It is being made, or measured."""
    CURRENT = "current"
    PREVIOUS = "previous"
    REFUSED = "refused"
    """It was no better."""
    FAILED = "failed"
    RETIRED = "retired"
    """It holds what is not to be held any more, or an administrator has taken it out of use."""


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Names a model: for whom (`scope`), of which language (a bare code), made by which trainer, and its number there,
    counted from 1.
    """

    scope: str
    language: str
    trainer: str
    number: int

    @property
    def name(self) -> str:
        """What its item is called."""
        return f"model#{self.language}#{self.trainer}#{self.number:06}"

    @property
    def job_name(self) -> str:
        """What the job is called that makes it."""
        return f"{self.scope.removeprefix('#')}-{self.language}-{self.trainer}-{self.number}"

    @classmethod
    def of_job(cls, name: str) -> "Self | None":
        """The model that a job of this name makes; None if no job of ours is called so."""
        scope, *rest = name.rsplit("-", 3)
        match rest:
            case [language, trainer, number] if scope and number.isdecimal():
                return cls(EVERYBODY if scope == EVERYBODY[1:] else scope, language, trainer, int(number))
        return None

    @property
    def called(self) -> str:
        """What readers of a transcript are told that it was heard by: "account 3", "everybody 1"."""
        whose = "everybody" if self.scope == EVERYBODY else "account"
        return f"{whose} {self.number}" if self.trainer == WORDS else f"{self.trainer} of {whose} {self.number}"


@dataclass(frozen=True, slots=True)
class Model:
    """One that was made, or is being made. Times are seconds since the epoch.

    `artefact` is where it lies, or what a service calls it. It was made of so many `recordings` (or files that were
    brought) with so many `words`, which lie as `material`, and measured as `judged`. `reason` says why it stands as it
    does, where that is not told by the judgement. `gone_since` is when something was withdrawn that it was made of,
    `night` names the one that it was made in.

    `does` tells models apart by what they change (`ChangesTranscripts.does`). `is_rolled_back` says that it was in use
    and had to make room for the one before it. `is_left` says that nobody waits any more for the job that makes it:
    what still comes of that is deleted.
    """

    ref: ModelRef
    state: ModelState
    made_at: float
    artefact: str | None = None
    recordings: int = 0
    words: int = 0
    judged: Judgement | None = None
    reason: Message | None = None
    changed_at: float | None = None
    material: str = ""
    gone_since: float | None = None
    night: str = ""
    does: str = ""
    is_rolled_back: bool = False
    is_left: bool = False

    def to_json(self) -> dict[str, Any]:
        """The model as it is stored, without what its key says."""
        values = asdict(self)
        del values["ref"]
        values["reason"] = self.reason.to_json() if self.reason else None
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_json(cls, ref: ModelRef, values: Mapping[str, Any]) -> Self:
        """The model that `to_json` wrote. Raises LookupError, TypeError or ValueError if it is none."""
        judged = values.get("judged")
        reason = values.get("reason")
        changed_at, gone_since = values.get("changed_at"), values.get("gone_since")
        return cls(
            ref,
            ModelState(values["state"]),
            float(values["made_at"]),
            values.get("artefact"),
            int(values.get("recordings", 0)),
            int(values.get("words", 0)),
            None if judged is None else _judgement(judged),
            None if reason is None else Message.from_json(reason),
            None if changed_at is None else float(changed_at),
            values.get("material", ""),
            None if gone_since is None else float(gone_since),
            str(values.get("night", "")),
            str(values.get("does", "")),
            bool(values.get("is_rolled_back", False)),
            bool(values.get("is_left", False)),
        )


def _judgement(values: Mapping[str, Any]) -> Judgement:
    rates = {
        name: None if values.get(name) is None else float(values[name])
        for name in ("general_current", "general_candidate")
    }
    return Judgement(
        Verdict(values["verdict"]),
        int(values["recordings"]),
        int(values["words"]),
        float(values["current"]),
        float(values["candidate"]),
        float(values["sureness"]),
        **rates,
    )


@dataclass(frozen=True, slots=True)
class InUse:
    """What is in use for a scope, a language and a trainer: a model's number and artefact; and which was before.

    `is_brought_back` says that readers had corrected more with the one after it.
    """

    number: int
    artefact: str
    previous: int | None = None
    previous_artefact: str | None = None
    since: float = 0.0
    is_brought_back: bool = False


class Outcome(StrEnum):
    """What has come of a night."""

    SKIPPED = "skipped"
    TRAINING = "training"
    TAKEN = "taken"
    REFUSED = "refused"
    FAILED = "failed"
    ROLLED_BACK = "rolled-back"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class LastNight:
    """What a night has come to for a language and a trainer, the latest: `reason` says why nothing was made, or why a
    model was taken out of use; `number` is the model that it is about.
    """

    language: str
    trainer: str
    at: float
    outcome: Outcome
    reason: Message | None = None
    number: int | None = None

    @property
    def name(self) -> str:
        """What its item is called."""
        return f"night#{self.language}#{self.trainer}"


@dataclass(frozen=True, slots=True)
class Material:
    """What administrators have brought in a language: so many files, words of text, and seconds of sound; when last."""

    files: int = 0
    words: int = 0
    seconds: float = 0.0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Approved:
    """A rule that an administrator has let through for everybody: what is heard, what is meant; who, and when. Where
    nothing is meant, there is never to be one for what is heard.
    """

    language: str
    heard: str
    written: str
    by: str
    at: float


class DroppedBy(StrEnum):
    """Who wants a rule to be used no more."""

    READERS = "readers"
    """They changed back what it had changed, too often."""
    OWNER = "owner"
    """Of the account, by hand."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a rule is not to be for, or not any more, by what is heard (`lessons.key`)."""

    language: str
    heard: str
    by: DroppedBy
    at: float


@dataclass(frozen=True, slots=True)
class Noted:
    """What is noted of a lesson, by the recording that taught it: enough to say what was used without reading it. `at`
    is when somebody last said of something in it that it is right; `is_told` says that nights know of it.
    """

    asset_id: str
    version: int
    edition: int
    language: str
    words: int
    confirmed: int
    changes: int
    at: float
    everybody: bool = False
    is_told: bool = False

    @property
    def name(self) -> str:
        """What its item is called."""
        return f"lesson#{self.asset_id}"


@dataclass(frozen=True, slots=True)
class Fresh:
    """A recording whose lesson has not been taken in yet for a scope; or one that is `gone`, whose lesson is to go too.

    `touched` changes with each lesson of it.
    """

    language: str
    owner: str
    asset_id: str
    touched: str = ""
    gone: bool = False

    @property
    def name(self) -> str:
        """What its item is called."""
        return f"fresh#{self.language}#{self.owner}#{self.asset_id}"


@dataclass(frozen=True, slots=True)
class Night:
    """A training that is due: `due_at` is in seconds since the epoch; `touched` changes with each lesson. `known` names
    what was known before.

    Where `is_look` nothing is trained: what is being made already is looked after.
    """

    scope: str
    language: str
    due_at: float
    touched: str = field(default="", compare=False)
    known: str = field(default="", compare=False)
    is_look: bool = False

    @property
    def name(self) -> str:
        """What its item is called."""
        return f"{LOOK if self.is_look else LEARN}{self.language}"
