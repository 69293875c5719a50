"""The seams to whatever learns: each trainer makes models of what corrections have taught, or of an administrator's
material.

A model is made by a job, or at once; then it is measured on recordings that it was not made of (`pipeline/nights.py`).
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from chalicelib.domain.keys import S3Object
from chalicelib.learning.models import EVERYBODY, ModelRef
from chalicelib.message import Message
from chalicelib.seams.jobs import UnderWay
from chalicelib.seams.seam import OptionalSeam
from chalicelib.speech.transcripts import Transcript


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """What there is to learn from: `taught` is what recordings have taught (`learning/rules.py`), `text` what somebody
    stands behind, a stretch a line, and `sound` where pairs of sound and text lie that an administrator has brought.

    It holds so many `recordings`, `words` of text and `seconds` of sound.
    """

    taught: S3Object
    text: S3Object
    recordings: int
    words: int
    sound: S3Object | None = None
    seconds: float = 0.0
    scope: str = EVERYBODY
    measured_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """One model that is to be made: `name` is derived from it, the same each time. The artefact goes to `destination`,
    if it is a file.
    """

    name: str
    model: ModelRef
    material: TrainingSet
    destination: S3Object


@dataclass(frozen=True, slots=True)
class Trained:
    """How a training has ended: with an artefact (a key, or what a service calls it), or with a failure."""

    name: str
    artefact: str | None = None
    failure: Message | None = None


TrainingStarted = Trained | UnderWay | None
"""As `Started` of other jobs."""


class Trainer(Protocol):
    """Makes models."""

    def hindrance(self, language: str, material: TrainingSet) -> Message | None:
        """Why no model of this language (a bare code) can be made of this material; None if one can."""

    def start(self, job: TrainingJob) -> TrainingStarted:
        """Make the model unless that was begun before.

        Raises EngineFailed if it can never be made, EngineBusy if it has to wait its turn, EngineError if another try
        may succeed.
        """


@runtime_checkable
class ChangesTranscripts(Protocol):
    """A trainer whose models change what was heard, whoever heard it."""

    def changed(self, artefact: bytes, transcript: Transcript) -> Transcript:
        """The transcript as the model has it; each changed word says what was heard."""


WORDS_TRAINING = OptionalSeam[Trainer](
    "training",
    "words_trainer",
    "learns from corrections what is misheard again and again",
    on_aws="replacements",
    on_one_machine="replacements",
)

HEARING_TRAINING = OptionalSeam[Trainer](
    "hearing",
    "hearing_trainer",
    "teaches what hears from sound that administrators have brought with its text",
    has_jobs=True,
    folder="training",
)
