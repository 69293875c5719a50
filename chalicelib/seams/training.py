"""The seams to whatever learns: each trainer makes models of what corrections have taught, or of an administrator's
material.

A model is made by a job, or at once; then it is measured on recordings that it was not made of (`pipeline/nights.py`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from chalicelib.domain.keys import S3Object
from chalicelib.learning.models import ModelRef
from chalicelib.learning.rules import Rule
from chalicelib.message import Message
from chalicelib.seams.jobs import Started, UnderWay
from chalicelib.seams.seam import OptionalSeam
from chalicelib.seams.transcription import TranscriptionJob
from chalicelib.speech.transcripts import Transcript

_CLOCKS_DIFFER = 60.0


class LearnsFrom(StrEnum):
    """What a model is made of, whole: what else there is, it never sees."""

    LESSONS = "lessons"
    """What corrected recordings of accounts have taught."""
    MATERIAL = "material"
    """What administrators have brought, which is for everybody."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """What there is to learn from: `taught` is what recordings have taught (`learning/rules.py`), what of it an
    administrator has approved for everybody, and what is not to be learnt, where lessons are learnt from. Under `text`
    (a prefix) lies what somebody stands behind, a file a recording, a stretch a line; or the text of what
    administrators have brought, whichever is learnt from. Under `sound` lie the pairs of sound and text of the latter.
    What is held out to measure by is in none.

    It is for `scope`, and holds so many `recordings`, `words` of text and `seconds` of sound. To measure a model,
    `measured_seconds` of sound would have to be heard again, twice.
    """

    scope: str
    taught: S3Object
    text: S3Object
    recordings: int
    words: int
    sound: S3Object | None = None
    seconds: float = 0.0
    measured_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """One model that is to be made: `name` is derived from it, the same each time, of letters, digits, "_" and "-". The
    artefact goes to `destination`, if it is a file. `made_at` is when it was to be made first, in seconds since the
    epoch.
    """

    name: str
    model: ModelRef
    material: TrainingSet
    destination: S3Object
    made_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Trained:
    """How a training has ended: with an artefact (a key, or what a service calls it), or with a failure.

    `begun_at` is when the service says that it began (seconds since the epoch), if it does: one that is older than the
    model of that name is of a deployment that is no more.
    """

    name: str
    artefact: str | None = None
    failure: Message | None = None
    begun_at: float | None = None

    def is_of(self, made_at: float) -> bool:
        """Whether it can be of a model that was first to be made then; clocks may differ by a minute."""
        return self.begun_at is None or self.begun_at > made_at - _CLOCKS_DIFFER


TrainingStarted = Trained | UnderWay | None
"""As `Started` of other jobs."""


class Trainer(Protocol):
    """Makes models."""

    def learns_from(self, scope: str) -> LearnsFrom:
        """What its models for an account (or for everybody) are made of. It follows when one is due, and which has to
        go once something is withdrawn.
        """

    def hindrance(self, language: str, material: TrainingSet) -> Message | None:
        """Why no model of this language (a bare code) can be made of this material; None if one can."""

    def start(self, job: TrainingJob) -> TrainingStarted:
        """Make the model unless that was begun before. It is asked again each hour until it tells that the training has
        ended: no event need come, and none is lost.

        Raises EngineFailed if it can never be made, EngineBusy if it has to wait its turn, EngineError if another try
        may succeed.
        """


@runtime_checkable
class ChangesTranscripts(Protocol):
    """A trainer whose models change what was heard, whoever heard it."""

    def changed(self, artefact: bytes, transcript: Transcript, dropped: Collection[str] = ()) -> Transcript:
        """The transcript as the model has it; each changed word says what was heard. Nothing is changed of what was
        `dropped` since it was made, by what is heard (`Rule.key`).
        """

    def rules(self, artefact: bytes) -> list[Rule]:
        """What it changes, to be shown and taken back."""

    def does(self, artefact: bytes) -> str:
        """What tells models apart by what they change, in at most 64 characters: those that change the same have the
        same, whatever else differs.
        """


@runtime_checkable
class HearsWith(Protocol):
    """A trainer whose models hear: to measure them, recordings that were held out are heard again."""

    def hear(self, job: TranscriptionJob, artefact: str | None) -> Started:
        """Hear a recording with a model; with None as it is heard without any. As `Transcriber.start`: its outcome
        tells of failures, and what was heard is at the job's destination once it is there.
        """


@runtime_checkable
class ReadsTrainings(Protocol):
    """A trainer whose service says by events of its own how a training goes."""

    def read_training(self, event: Mapping[str, Any]) -> Trained | None:
        """The end of one of our trainings that an `event` of its module's `EVENTS` tells, by the job's name; None if
        none of ours ended. Safe to call again: an event may come twice.
        """


@runtime_checkable
class CostsMoney(Protocol):
    """A trainer whose models cost money to make, or to measure."""

    def estimate(self, material: TrainingSet) -> Decimal:
        """US dollars for a model of this material, and for measuring it."""


@runtime_checkable
class ForgetsModels(Protocol):
    """A trainer whose models lie with a service."""

    def retired(self, artefact: str) -> None:
        """Delete a model that is to be used no more. Safe to call again."""

    def standing(self, name: str) -> TrainingStarted:
        """How the training with the job's name stands, without beginning one; None if there is none."""


WORDS_TRAINING = OptionalSeam[Trainer](
    "training",
    "words_trainer",
    "learns from corrections what is misheard again and again",
    on_aws="replacements",
    on_one_machine="replacements",
)

LANGUAGE_MODEL_TRAINING = OptionalSeam[Trainer](
    "language_model",
    "language_model_trainer",
    "learns from confirmed text which words follow which, for the service that hears",
    has_jobs=True,
)

HEARING_TRAINING = OptionalSeam[Trainer](
    "hearing",
    "hearing_trainer",
    "teaches what hears from sound that administrators have brought with its text",
    has_jobs=True,
)

TRAININGS: tuple[OptionalSeam[Trainer], ...] = (WORDS_TRAINING, LANGUAGE_MODEL_TRAINING, HEARING_TRAINING)
"""Every trainer's seam, whose `name` its models go by: of letters and "_". They are asked in this order."""
