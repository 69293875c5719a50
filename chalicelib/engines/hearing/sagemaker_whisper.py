"""Whisper, taught by training jobs of Amazon SageMaker from what administrators have brought (`container/train.py`).

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
"""

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.clients.aws import Aws
from chalicelib.domain import keys
from chalicelib.domain.keys import S3Object
from chalicelib.engines.costs import prices
from chalicelib.engines.grants import AwsPlace, EngineGrants, Grant, reading
from chalicelib.engines.heard_with import UNHEARD, is_heard
from chalicelib.engines.refusals import code_of, of_service
from chalicelib.engines.registry import EngineContext
from chalicelib.engines.sagemaker import NAME, code_in
from chalicelib.engines.transcription import sagemaker
from chalicelib.errors import EngineBusy, EngineFailed, SettingsError
from chalicelib.learning.models import EVERYBODY
from chalicelib.message import Message
from chalicelib.seams.jobs import JobEvents, Started, UnderWay
from chalicelib.seams.training import HEARING_TRAINING, LearnsFrom, Trained, TrainingJob, TrainingSet, TrainingStarted
from chalicelib.seams.transcription import TranscriptionJob
from chalicelib.settings import Settings, converted, count, flag, setting, variable
from chalicelib.storage.buckets import ObjectStore

_ENDS = ("Completed", "Failed", "Stopped")
SERVICES = ("sagemaker", "sagemaker-runtime")
EVENTS = JobEvents("aws.sagemaker", "SageMaker Training Job State Change", {"TrainingJobStatus": _ENDS})
"""https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html"""

_LEAST_SECONDS = 3600.0
"""Of sound: of less than about an hour a model learns the material and nothing of the language."""

LANGUAGES = frozenset(
    {
        *("af", "am", "ar", "as", "az", "ba", "be", "bg", "bn", "bo", "br", "bs", "ca", "cs"),
        *("cy", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fo", "fr", "gl", "gu"),
        *("ha", "haw", "he", "hi", "hr", "ht", "hu", "hy", "id", "is", "it", "ja", "jw", "ka"),
        *("kk", "km", "kn", "ko", "la", "lb", "ln", "lo", "lt", "lv", "mg", "mi", "mk", "ml"),
        *("mn", "mr", "ms", "mt", "my", "ne", "nl", "nn", "no", "oc", "pa", "pl", "ps", "pt"),
        *("ro", "ru", "sa", "sd", "si", "sk", "sl", "sn", "so", "sq", "sr", "su", "sv", "sw"),
        *("ta", "te", "tg", "th", "tk", "tl", "tr", "tt", "uk", "ur", "uz", "vi", "yi", "yo"),
        *("yue", "zh"),
    }
)
"""Whisper's."""

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_FOR_CONVERTING = Decimal("0.15")
"""What of its time a job leaves for what comes after learning."""

PACE = Decimal("0.5")
"""Seconds that a machine needs for a second of sound, three times learnt: rather too many."""

START_UP = Decimal(15 * 60)
"""Seconds until it learns: a machine, the image, the weights."""
_NONE_THERE = re.compile(r"not found|does not exist|could ?n.t find", re.IGNORECASE)
_NONE_ALLOWED = re.compile(r"\bis 0 ", re.IGNORECASE)

_EVERYBODY_ONLY = Message(
    "hearing-for-everybody", "A model that hears is taught what administrators have brought, and is for everybody."
)
_NO_LANGUAGE = Message("hearing-language", "Whisper has no such language: %(language)s.")
_TOO_LITTLE = Message(
    "too-little-sound", "There are %(minutes)s minutes of sound with its text. At least %(least)s are needed."
)
_NO_QUOTA = Message(
    "training-no-quota",
    "The AWS account may not have a machine of the kind that trains. Its operator can ask AWS for one: under Service "
    "Quotas, Amazon SageMaker.",
)
_NO_SPOT = Message(
    "training-no-machine", "No Spot machine could be had for the training in time. The next night tries again."
)
_STOPPED = Message("training-stopped", "The training was stopped before it had ended.")
_LONG = Message("training-over-time", "The training took longer than it may.")
_NO_PAIRS = Message(
    "training-unreadable", "There is no pair of sound and text in the material that could be learnt from."
)
_NO_WEIGHTS = Message(
    "training-no-weights", "The weights of the model that is taught are missing, or are not what they should be."
)
_OUT_OF_MEMORY = Message("training-memory", "The training is too much for the machine that it runs on.")
_FAILED = Message("training-failed", "The training has failed. Its operator will find the reason in its log.")
_NO_ENDPOINT = Message(
    "hearing-not-measured",
    "The model cannot be measured: no endpoint of SageMaker is set that could hear with it (SAGEMAKER_ENDPOINT).",
)
_BY_CODE = {
    "unreadable": _NO_PAIRS,
    "models-missing": _NO_WEIGHTS,
    "memory": _OUT_OF_MEMORY,
    "too-long": _LONG,
}
"""By the codes of `container/failures.py`."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a deployment may set."""

    sagemaker_image: str | None = setting(
        "URI of the image that trains Whisper (container/README.md)",
        r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/\S{1,200}",
        default=None,
    )
    sagemaker_role: str | None = setting(
        "ARN of the role that trainings run with", r"arn:aws[a-z-]*:iam::\d{12}:role/\S{1,200}", default=None
    )
    sagemaker_instance: str = setting("machine that trains", r"ml\.[a-z0-9-]+\.[a-z0-9]+", default="ml.g5.xlarge")
    sagemaker_instance_usd: Decimal | None = converted(  # noqa: RUF009 - a field
        "US dollars an hour of the machine that trains, where it is none of those in the price list",
        r"[0-9]{1,4}(\.[0-9]{1,4})?",
        Decimal,
        None,
    )
    sagemaker_volume_gb: int = count("GB of the disk of a machine that trains", 100)
    sagemaker_training_hours: int = count("hours that a training may take", 4)
    sagemaker_waiting_hours: int = count("hours that a training may wait for a Spot machine", 12)
    sagemaker_on_demand: bool = flag("whether trainings run on machines at full price, which are there at once")
    sagemaker_manifest_sha256: str | None = setting(
        "SHA-256 that the manifest of the weights must have", "[0-9a-f]{64}", default=None
    )


def create(context: EngineContext) -> "WhisperTrainer":
    """The trainer. Raises SettingsError if its image or its role is not set, or nobody knows what its machine costs."""
    settings = context.settings
    options = settings.options(Options)
    for name in ("sagemaker_image", "sagemaker_role"):
        if getattr(options, name) is None:
            raise SettingsError(
                f"RAPPORTEUR_{name.upper()} is not set: the trainer sagemaker_whisper needs it "
                "(docs/deployment.md says how to make one)."
            )
    endpoint = sagemaker.create(context) if settings.options(sagemaker.Options).sagemaker_endpoint else None
    hour = _usd_an_hour(options)
    return WhisperTrainer(
        context.aws, options, settings.output_bucket, hour, endpoint, is_heard(HEARING_TRAINING, settings)
    )


def _usd_an_hour(options: Options) -> Decimal:
    """What an hour of the machine costs that trains, at full price."""
    listed = prices().usd.get(f"sagemaker.training.{options.sagemaker_instance}")
    usd = options.sagemaker_instance_usd or listed
    if usd is None:
        raise SettingsError(
            f"{variable('sagemaker_instance')} is {options.sagemaker_instance}, of which the price list has no price: "
            f"{variable('sagemaker_instance_usd')} has to say what an hour of it costs in US dollars."
        )
    return usd


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    """See `chalicelib/engines/grants.py`."""
    role = settings.options(Options).sagemaker_role
    jobs = (place.arn("sagemaker", f"training-job/{mark(settings.output_bucket)}*"),)
    asking = Grant(("sagemaker:DescribeTrainingJob",), jobs)
    starting = Grant(("sagemaker:AddTags", "sagemaker:CreateTrainingJob"), jobs)
    passing = Grant(
        ("iam:PassRole",), (role or "",), {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    )
    looking = reading(place, settings.output_bucket, f"{keys.LEARNING_PREFIX}*")
    forgetting = Grant(("s3:DeleteObject",), (place.bucket(settings.output_bucket, f"{keys.LEARNING_PREFIX}*"),))
    has_endpoint = settings.options(sagemaker.Options).sagemaker_endpoint is not None
    # What comes of measuring goes where what is learnt goes.
    hearing = [
        one
        for one in (sagemaker.grants(place, settings).work if has_endpoint else ())
        if one.actions != ("s3:PutObject",)
    ]
    heard = Grant(("s3:PutObject",), (place.bucket(settings.output_bucket, f"{keys.LEARNING_PREFIX}*"),))
    work = (asking, starting, *((passing,) if role else ()), *looking, forgetting, *hearing, heard)
    return EngineGrants(work=work)


def mark(bucket: str) -> str:
    """What the names of a deployment's training jobs begin with: several may share an account."""
    return f"rapporteur-{hashlib.sha256(bucket.encode()).hexdigest()[:8]}-"


@dataclass(frozen=True)
class WhisperTrainer:
    """Has models made by training jobs; each is told by its name, and so is made once."""

    aws: Aws
    options: Options
    bucket: str
    usd_an_hour: Decimal
    endpoint: sagemaker.SageMakerTranscriber | None
    is_heard: bool

    @property
    def _outputs(self) -> ObjectStore:
        return ObjectStore(self.aws.s3, self.bucket)

    def learns_from(self, scope: str) -> LearnsFrom:
        """See the seam."""
        del scope
        return LearnsFrom.MATERIAL

    def hindrance(self, language: str, material: TrainingSet) -> Message | None:
        """See the seam."""
        if material.scope != EVERYBODY:
            return _EVERYBODY_ONLY
        if language not in LANGUAGES:
            return _NO_LANGUAGE.of(language=language)
        if not self.is_heard:
            return UNHEARD
        if self.endpoint is None:
            return _NO_ENDPOINT  # it would be paid for, and never used
        if material.sound is None or material.seconds < _LEAST_SECONDS:
            minutes = math.floor((material.seconds if material.sound else 0) / 60)
            return _TOO_LITTLE.of(minutes=minutes, least=math.ceil(_LEAST_SECONDS / 60))
        return None

    def estimate(self, material: TrainingSet) -> Decimal:
        """US dollars that a model of this costs at most, with hearing what it is measured by twice.

        Spot machines cost less, how much less nobody knows before.
        """
        seconds = min(
            START_UP + PACE * math.ceil(material.seconds), Decimal(self.options.sagemaker_training_hours * 3600)
        )
        heard = 2 * sagemaker.hours(material.measured_seconds) if material.measured_seconds else Decimal(0)
        return self.usd_an_hour * seconds / 3600 + prices().usd["sagemaker.endpoint_hour"] * heard

    # ---- making

    def start(self, job: TrainingJob) -> TrainingStarted:
        """See the seam. What is there already is looked at first: whatever has changed since, it goes on."""
        name = self._abroad(job.name)
        if not _NAME.fullmatch(name):
            raise EngineFailed(_FAILED)
        told = self._described(name)
        if told and not Trained(job.name, begun_at=_begun_at(told)).is_of(job.made_at):
            # The bucket had another deployment, whose numbers began at one too.
            name = f"{name}-{int(job.made_at):x}"
            told = self._described(name)
        if told:
            return self._ended(job.name, told) or UnderWay.UNDER_WAY
        try:
            with of_service(NAME):
                self.aws.sagemaker.create_training_job(**self._request(job, name))
        except ClientError as exc:
            match code_of(exc):
                case "ResourceInUse":  # somebody else was faster
                    return UnderWay.UNDER_WAY
                case "ResourceLimitExceeded":
                    if _NONE_ALLOWED.search(exc.response["Error"].get("Message", "")):
                        raise EngineFailed(_NO_QUOTA) from exc
                    raise EngineBusy from exc
            raise
        return None

    def _request(self, job: TrainingJob, name: str) -> dict[str, Any]:
        options, sound = self.options, job.material.sound
        if sound is None:
            raise EngineFailed(_NO_PAIRS)
        seconds = options.sagemaker_training_hours * 3600
        folder = S3Object(self.bucket, job.destination.key.rpartition("/")[0])
        environment = {"RAPPORTEUR_JOB_WEIGHTS": S3Object(self.bucket, "weights/").uri}
        if options.sagemaker_manifest_sha256:
            environment["RAPPORTEUR_JOB_MANIFEST_SHA256"] = options.sagemaker_manifest_sha256
        request: dict[str, Any] = {
            "TrainingJobName": name,
            "AlgorithmSpecification": {
                "TrainingImage": options.sagemaker_image,
                "TrainingInputMode": "File",
                "MetricDefinitions": [
                    {"Name": "train:loss", "Regex": r"train_loss=([0-9\.]+)"},
                    {"Name": "test:loss", "Regex": r"test_loss=([0-9\.]+)"},
                ],
            },
            "RoleArn": options.sagemaker_role,
            "HyperParameters": {
                "language": job.model.language,
                "seconds": str(math.floor(seconds * (1 - _FOR_CONVERTING))),
            },
            "InputDataConfig": [self._channel("train", sound)],
            "OutputDataConfig": {"S3OutputPath": folder.uri},
            "CheckpointConfig": {"S3Uri": f"{folder.uri}/{name}/checkpoints", "LocalPath": "/opt/ml/checkpoints"},
            "ResourceConfig": {
                "InstanceType": options.sagemaker_instance,
                "InstanceCount": 1,
                "VolumeSizeInGB": options.sagemaker_volume_gb,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": seconds},
            "EnableManagedSpotTraining": not options.sagemaker_on_demand,
            "Environment": environment,
            "Tags": [{"Key": "rapporteur", "Value": job.name}],
        }
        if not options.sagemaker_on_demand:
            # It counts from the start, what is learnt included.
            request["StoppingCondition"]["MaxWaitTimeInSeconds"] = seconds + options.sagemaker_waiting_hours * 3600
        return request

    def _channel(self, name: str, place: S3Object) -> dict[str, Any]:
        source = {"S3DataType": "S3Prefix", "S3Uri": place.uri, "S3DataDistributionType": "FullyReplicated"}
        return {"ChannelName": name, "DataSource": {"S3DataSource": source}, "InputMode": "File"}

    # ---- how it ends

    def standing(self, name: str) -> TrainingStarted:
        """See `ForgetsModels`."""
        told = self._described(self._abroad(name))
        return (self._ended(name, told) or UnderWay.UNDER_WAY) if told else None

    def _described(self, name: str) -> Mapping[str, Any]:
        """What SageMaker knows of a training job; nothing if there is none."""
        try:
            with of_service(NAME):
                told: Mapping[str, Any] = self.aws.sagemaker.describe_training_job(TrainingJobName=name)
        except ClientError as exc:
            if code_of(exc) != "ResourceNotFound":
                raise
            return {}
        except EngineFailed as exc:
            # Of a job that it does not know it mostly says that the request is not valid.
            cause = exc.__cause__
            said = cause.response["Error"].get("Message", "") if isinstance(cause, ClientError) else ""
            if not _NONE_THERE.search(said):
                raise
            return {}
        return told

    def read_training(self, event: Mapping[str, Any]) -> Trained | None:
        """How a training of ours has ended, as a "SageMaker Training Job State Change" tells; None if none has.

        Its detail is what DescribeTrainingJob answers:
        https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
        """
        detail = event["detail"]
        name, begun = str(detail.get("TrainingJobName", "")), mark(self.bucket)
        return self._ended(name.removeprefix(begun), detail) if name.startswith(begun) else None

    def _ended(self, name: str, told: Mapping[str, Any]) -> Trained | None:
        status, detailed, begun_at = told.get("TrainingJobStatus"), told.get("SecondaryStatus"), _begun_at(told)
        if status == "Completed":
            uri = told.get("ModelArtifacts", {}).get("S3ModelArtifacts", "")
            bucket, _, key = uri.removeprefix("s3://").partition("/")
            if bucket == self.bucket and key.startswith(keys.LEARNING_PREFIX):
                return Trained(name, key, begun_at=begun_at)
            return Trained(name, failure=_FAILED, begun_at=begun_at)
        if status == "Failed":
            return Trained(name, failure=failure_for(told.get("FailureReason", "")), begun_at=begun_at)
        if status != "Stopped":
            return None
        if detailed == "MaxRuntimeExceeded":
            return Trained(name, failure=_LONG, begun_at=begun_at)
        is_unpaid = not told.get("BillableTimeInSeconds") and bool(told.get("EnableManagedSpotTraining"))
        failure = _NO_SPOT if detailed == "MaxWaitTimeExceeded" or is_unpaid else _STOPPED
        return Trained(name, failure=failure, begun_at=begun_at)

    def _abroad(self, name: str) -> str:
        """A training's name as SageMaker takes it."""
        return mark(self.bucket) + name

    # ---- what comes of it

    def hear(self, job: TranscriptionJob, artefact: str | None) -> Started:
        """Hear a recording with a model, or with none. Raises EngineFailed where there is no endpoint to hear by."""
        if self.endpoint is None:
            raise EngineFailed(_NO_ENDPOINT)
        # Whatever is spoken, it is this model that is asked for.
        code = (artefact or "").removeprefix(keys.learning_of(EVERYBODY)).partition("/")[0]
        return self.endpoint.hear(replace(job, language=job.language or code), {code: artefact} if artefact else {})

    def retired(self, artefact: str) -> None:
        """Delete a model, and what its training has left beside it. Safe to call again."""
        folder, found, _ = artefact.rpartition("/output/")
        if (
            found
            and artefact.startswith(keys.LEARNING_PREFIX)
            and folder.rpartition("/")[2].startswith(mark(self.bucket))
        ):
            self._outputs.delete_under(f"{folder}/")


def failure_for(reason: str) -> Message:
    """Why a training has failed, by what SageMaker says, which has the program's own words in it."""
    code = code_in(reason)
    if code:
        return _BY_CODE.get(code, _FAILED)
    return _OUT_OF_MEMORY if re.search("memory", reason, re.IGNORECASE) else _FAILED


def _begun_at(told: Mapping[str, Any]) -> float | None:
    """When a job was made, as DescribeTrainingJob says it, or an event, in milliseconds."""
    made: datetime | float | None = told.get("CreationTime")
    if made is None:
        return None
    return made.timestamp() if isinstance(made, datetime) else made / 1000
