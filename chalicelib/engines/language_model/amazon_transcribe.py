"""Custom language models of Amazon Transcribe, made of text that somebody stands behind.

https://docs.aws.amazon.com/transcribe/latest/dg/custom-language-models.html

A model has a new name each time and is never changed. That a training has ended is told by an event whose detail AWS
does not document, so the model itself is asked how it stands. Trainings take hours and cost nothing; each minute that
is heard with a model does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.clients.aws import Aws
from chalicelib.domain import keys
from chalicelib.domain.people import prefix_of
from chalicelib.engines.costs import prices
from chalicelib.engines.grants import ANYTHING, AwsPlace, EngineGrants, Grant
from chalicelib.engines.heard_with import UNHEARD, is_heard
from chalicelib.engines.refusals import code_of, of_service
from chalicelib.engines.registry import EngineContext
from chalicelib.engines.transcription import amazon_transcribe
from chalicelib.engines.transcription.amazon_transcribe import MODELLED, AmazonTranscriber
from chalicelib.errors import EngineBusy, EngineFailed, SettingsError
from chalicelib.learning.models import EVERYBODY, ModelRef
from chalicelib.message import Message
from chalicelib.seams.jobs import JobEvents, Started, UnderWay
from chalicelib.seams.training import (
    LANGUAGE_MODEL_TRAINING,
    LearnsFrom,
    Trained,
    TrainingJob,
    TrainingSet,
    TrainingStarted,
)
from chalicelib.seams.transcription import TranscriptionJob
from chalicelib.settings import Settings, setting
from chalicelib.storage.buckets import ObjectStore

if TYPE_CHECKING:
    from mypy_boto3_transcribe.literals import BaseModelNameType, CLMLanguageCodeType

_SERVICE = "Amazon Transcribe"
SERVICES = ("transcribe",)
EVENTS = JobEvents("aws.transcribe", "Transcribe Language Model State Change")
"""It is listed, without its detail, at https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-transcribe.html"""

LEAST_WORDS = 10_000
"""Of confirmed text: https://docs.aws.amazon.com/transcribe/latest/dg/custom-language-models.html"""

_MOST_BYTES = 200 * 1024**2
"""Of text: Transcribe takes 2 GB, and one of our functions so much in its time."""

_BASE: "BaseModelNameType" = "WideBand"
"""For sound of 16 kHz and more, as ours is."""

_TEXT = "training.txt"
_PLAIN = "text/plain; charset=utf-8"
_HEARINGS = 2
"""To measure a model, each recording that was held out is heard with it, and with what is in use."""

_NO_LANGUAGE = Message(
    "no-language-model-language", "%(service)s makes no language models for this language: %(language)s."
)
_TOO_FEW_WORDS = Message(
    "too-few-words", "There are %(words)s confirmed words to learn from. At least %(least)s are needed."
)
_TOO_MUCH = Message("too-much-text", "There is more text to learn from than can be taken at once.")
_FAILED = Message("language-model-failed", "%(service)s could not make a language model of the text.")
_FULL = Message(
    "language-models-full",
    "The AWS account has as many language models as %(service)s keeps for one. Its operator can ask AWS for more, or "
    "delete some.",
)
_MOST_MODELS = 10
"""https://docs.aws.amazon.com/transcribe/latest/dg/limits-guidelines.html, unless the account was granted more."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a deployment may set; the stack `engines` does."""

    transcribe_data_role: str | None = setting(
        "IAM role that Transcribe takes on to read the text of language models", r"arn:\S+", default=None
    )


def create(context: EngineContext) -> "LanguageModelTrainer":
    """The trainer. Raises SettingsError if no role is set for Transcribe to take on."""
    role = context.settings.options(Options).transcribe_data_role
    if role is None:
        raise SettingsError(
            "RAPPORTEUR_TRANSCRIBE_DATA_ROLE is not set: the trainer amazon_transcribe needs the ARN of the "
            "IAM role that Transcribe takes on to read the text."
        )
    settings = context.settings
    outputs = ObjectStore(context.aws.s3, settings.output_bucket)
    return LanguageModelTrainer(
        context.aws,
        role,
        prefix_of(settings.users_table),
        amazon_transcribe.create(context),
        outputs,
        is_heard(LANGUAGE_MODEL_TRAINING, settings),
    )


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    """See `chalicelib/engines/grants.py`.

    Whoever measures a model has the sound transcribed, and the transcript written beside the model.
    """
    models = (place.arn("transcribe", f"language-model/{prefix_of(settings.users_table)}*"),)
    asking = Grant(("transcribe:DescribeLanguageModel",), models)
    deleting = Grant(("transcribe:DeleteLanguageModel",), models)
    # Of what is not there yet no resource can be named:
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazontranscribe.html
    making = Grant(("transcribe:CreateLanguageModel", "transcribe:ListLanguageModels"), ANYTHING)
    learnt = place.bucket(settings.output_bucket, f"{keys.LEARNING_PREFIX}*")
    texts = Grant(("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"), (learnt,))
    listing = Grant(("s3:ListBucket",), (place.bucket(settings.output_bucket),))
    role = settings.options(Options).transcribe_data_role
    to_transcribe = {"StringEquals": {"iam:PassedToService": "transcribe.amazonaws.com"}}
    passing = (Grant(("iam:PassRole",), (role,), to_transcribe),) if role else ()
    # What comes of that goes where what is learnt goes.
    hearing = [one for one in amazon_transcribe.grants(place, settings).work if not one.actions[0].startswith("s3:")]
    return EngineGrants(work=(asking, making, deleting, texts, listing, *passing, *hearing), events=(asking,))


@dataclass(frozen=True)
class LanguageModelTrainer:
    """Has models made, by names that begin with `prefix`, and recordings heard with them by the `transcriber`."""

    aws: Aws
    role: str
    prefix: str
    transcriber: AmazonTranscriber
    outputs: ObjectStore
    is_heard: bool

    def learns_from(self, scope: str) -> LearnsFrom:
        """See the seam: the text of an account is for itself alone, since names are in it."""
        return LearnsFrom.MATERIAL if scope == EVERYBODY else LearnsFrom.LESSONS

    def hindrance(self, language: str, material: TrainingSet) -> Message | None:
        """See the seam."""
        if not self.is_heard:
            return UNHEARD
        if self._code(language) is None:
            return _NO_LANGUAGE.of(service=_SERVICE, language=language)
        if material.words < LEAST_WORDS:
            return _TOO_FEW_WORDS.of(words=material.words, least=LEAST_WORDS)
        return None

    def estimate(self, material: TrainingSet) -> Decimal:
        """See `CostsMoney`: the training is free, and the measuring is paid for by the minute."""
        usd = prices().usd
        minute = usd["transcribe.batch"] + usd["transcribe.language_model"]
        return _HEARINGS * minute * Decimal(material.measured_seconds) / 60

    def start(self, job: TrainingJob) -> TrainingStarted:
        """See the seam."""
        name = f"{self.prefix}{job.name}"
        known = self._described(name)
        if known:
            return self._ended(name, known) or UnderWay.UNDER_WAY
        code = self._code(job.model.language)
        if code is None:
            raise EngineFailed(_NO_LANGUAGE.of(service=_SERVICE, language=job.model.language))
        folder = _folder(job.model)
        self._gather(job.material.text.key, f"{folder}{_TEXT}")
        try:
            with of_service(_SERVICE):
                self.aws.transcribe.create_language_model(
                    LanguageCode=code,
                    BaseModelName=_BASE,
                    ModelName=name,
                    InputDataConfig={
                        "S3Uri": self.outputs.at(folder).uri,
                        "DataAccessRoleArn": self.role,
                    },
                )
        except ClientError as exc:
            if code_of(exc) != "ConflictException":  # somebody else was faster
                raise
            return UnderWay.UNDER_WAY
        except EngineBusy as exc:
            # Transcribe says the same of too many requests as of too many models.
            with of_service(_SERVICE):
                found = self.aws.transcribe.list_language_models(MaxResults=100)
            if len(found.get("Models", ())) < _MOST_MODELS:
                raise
            raise EngineFailed(_FULL.of(service=_SERVICE)) from exc
        return None

    def read_training(self, event: Mapping[str, Any]) -> Trained | None:
        """See `ReadsTrainings`. Whatever the event says of the model, the model is asked."""
        detail = event.get("detail")
        names = [detail.get(key) for key in ("ModelName", "LanguageModelName")] if isinstance(detail, Mapping) else []
        name = next((one for one in names if isinstance(one, str) and one.startswith(self.prefix)), None)
        if name is None or ModelRef.of_job(name.removeprefix(self.prefix)) is None:
            return None
        return self._ended(name, self._described(name))

    def hear(self, job: TranscriptionJob, artefact: str | None) -> Started:
        """See `HearsWith`: in the language that the model is for, which Transcribe would else not use it in."""
        language = (job.language or "").split("-")[0].lower()
        code = self._described(artefact).get("LanguageCode") if artefact else self._code(language)
        return self.transcriber.start(replace(job, language=code or job.language, language_model=artefact))

    def retired(self, artefact: str) -> None:
        """See `ForgetsModels`. The text that it was made of goes too."""
        ref = ModelRef.of_job(artefact.removeprefix(self.prefix))
        if not artefact.startswith(self.prefix) or ref is None:
            return
        self.outputs.delete_under(_folder(ref))
        try:
            with of_service(_SERVICE):
                self.aws.transcribe.delete_language_model(ModelName=artefact)
        except ClientError as exc:
            if code_of(exc) != "NotFoundException":
                raise
        except EngineFailed:
            if self._described(artefact):  # of what it does not know Transcribe says that the request is bad
                raise EngineBusy from None

    def standing(self, name: str) -> TrainingStarted:
        """See `ForgetsModels`."""
        known = self._described(f"{self.prefix}{name}")
        return (self._ended(f"{self.prefix}{name}", known) or UnderWay.UNDER_WAY) if known else None

    def _code(self, language: str) -> "CLMLanguageCodeType | None":
        """The deployment's own code of a language, where it has one that there are models for."""
        known = MODELLED.get(language, ())
        own = self.transcriber.options.transcribe_languages.split(",")
        return next((code for code in known if code in own), known[0] if known else None)

    def _described(self, name: str) -> Mapping[str, Any]:
        """What Transcribe knows of a model; nothing if there is none."""
        with of_service(_SERVICE):
            answer = amazon_transcribe.there(self.aws.transcribe.describe_language_model, ModelName=name)
        found: Mapping[str, Any] = answer.get("LanguageModel", {})
        return found

    def _ended(self, name: str, known: Mapping[str, Any]) -> Trained | None:
        job = name.removeprefix(self.prefix)
        match known.get("ModelStatus"):
            case "COMPLETED":
                return Trained(job, name)
            case "FAILED":
                return Trained(job, failure=_FAILED.of(service=_SERVICE))
        return None

    def _gather(self, prefix: str, destination: str) -> None:
        """Put all text under a prefix into one file: Transcribe reads whatever lies where it is told to."""
        with self.outputs.writing(destination, _PLAIN) as into:
            for piece in _texts(self.outputs, prefix):
                into.write(piece)


def _texts(store: ObjectStore, prefix: str) -> Iterator[bytes]:
    size = 0
    for key in store.names(prefix):
        text = store.read(key) if key.endswith(".txt") else None
        if not text:
            continue
        size += len(text) + 1
        if size > _MOST_BYTES:
            raise EngineFailed(_TOO_MUCH)
        yield text if text.endswith(b"\n") else text + b"\n"


def _folder(ref: ModelRef) -> str:
    """Where the text lies that a model is made of, and nothing else."""
    return f"{keys.learning_of(ref.scope, ref.language)}{LANGUAGE_MODEL_TRAINING.name}/{ref.number:06}/text/"
