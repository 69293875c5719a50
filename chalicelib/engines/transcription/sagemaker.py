"""Whisper on an asynchronous endpoint of Amazon SageMaker as the transcriber, with the models that were trained here.

An endpoint is asked by a file in S3, and tells by SNS that it has left its answer, or failed. It may have no machine
while nobody asks it. What it runs is `container/serve.py`, which is told with each recording which models are in use: a
new one needs no new endpoint.
https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference.html
"""

import hashlib
import json
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.clients.aws import Aws
from chalicelib.domain import keys
from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.engines.costs import Charges, PaidWork
from chalicelib.engines.grants import AwsPlace, EngineGrants, Grant, reading
from chalicelib.engines.refusals import of_service
from chalicelib.engines.registry import EngineContext
from chalicelib.engines.sagemaker import NAME, code_in
from chalicelib.errors import EngineBusy, EngineFailed, SettingsError
from chalicelib.learning.models import EVERYBODY
from chalicelib.message import Message
from chalicelib.observability import logger
from chalicelib.seams.jobs import SNS, JobEvents, JobOutcome, Started, UnderWay
from chalicelib.seams.options import Settled
from chalicelib.seams.training import HEARING_TRAINING
from chalicelib.seams.transcription import TranscriptionJob, without_what_it_takes_none_of
from chalicelib.settings import Settings, setting
from chalicelib.speech.tracks import TRANSCRIPT
from chalicelib.storage.buckets import ObjectStore
from chalicelib.storage.learning import LearningStore
from chalicelib.storage.run_jobs import RunJobRecord, RunJobs

SERVICES = ("sagemaker-runtime",)
HEARS_WITH = HEARING_TRAINING.name
EVENTS = JobEvents(SNS)
"""https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-check-predictions.html"""

_ENDS = ("Completed", "Failed", "Expired")
_WAITS = 6 * 3600
"""Seconds that a request may wait for a machine: as long as SageMaker lets it."""

_HEARS = 3600
"""Seconds that an answer may take: as long as SageMaker lets it."""

_LATE = 600
_YOUNG = 60
"""Seconds in which whoever has claimed a job is taken to be about to ask for it."""

_MOST_TOLD = 1024
"""Characters of a request's attributes."""

_SHARE, _AROUND = Decimal("0.15"), Decimal(20 * 60)
"""What of a recording's length it takes to hear it, and seconds that a machine starts and then waits for more."""

_FILE_NAME = re.compile(r"(?!.*\..*\.)[a-zA-Z0-9][a-zA-Z0-9\-_.]{0,31}")
_FOLDER = re.compile(r"[a-zA-Z0-9!_.*'()/-]{1,512}")

_OUTPUT = Message("sagemaker-output-key", "Amazon SageMaker cannot write to the place that the transcript has.")
_EXPIRED = Message(
    "sagemaker-no-machine",
    "No machine could be had for hours. Processing the recording again may find one; its operator can choose another "
    "kind for the endpoint.",
)
_UNREADABLE = Message(
    "sagemaker-unreadable",
    "The sound of this recording could not be read. Export it again, for example as MP3 or WAV, and upload that.",
)
_MEMORY = Message(
    "sagemaker-memory",
    "The recording is too much for the machine that transcribes it. Cut it into parts, and upload these.",
)
_FAILED = Message(
    "sagemaker-failed",
    "The endpoint that transcribes has failed. Its operator will find the reason in the endpoint's log.",
)
_LANGUAGE = Message(
    "sagemaker-language",
    "Whisper does not know the language that was chosen for this recording. Choose another one, or let it be detected.",
)
_BY_CODE = {"unreadable": _UNREADABLE, "memory": _MEMORY, "language": _LANGUAGE}

_NO_VOCABULARY = Message(
    "vocabulary-not-with-endpoint", "The custom vocabulary was not used: an endpoint of one's own knows none."
)
_NO_MODEL = Message(
    "language-model-not-with-endpoint", "The custom language model was not used: an endpoint of one's own knows none."
)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a deployment may set."""

    sagemaker_endpoint: str | None = setting(
        "asynchronous endpoint of SageMaker that transcribes", r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", default=None
    )


def create(context: EngineContext) -> "SageMakerTranscriber":
    """The transcriber. Raises SettingsError if no endpoint is set."""
    settings = context.settings
    endpoint = settings.options(Options).sagemaker_endpoint
    if endpoint is None:
        raise SettingsError(
            "RAPPORTEUR_SAGEMAKER_ENDPOINT is not set: the transcriber sagemaker needs the name of an asynchronous "
            "endpoint (docs/deployment.md says how to make one)."
        )
    return SageMakerTranscriber(
        context.aws, endpoint, settings.output_bucket, settings.idempotency_table, settings.users_table
    )


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    """See `chalicelib/engines/grants.py`. The endpoint reads and writes with a role of its own."""
    endpoint = settings.options(Options).sagemaker_endpoint or "*"
    asking = Grant(("sagemaker:InvokeEndpointAsync",), (place.arn("sagemaker", f"endpoint/{endpoint}"),))
    left = reading(place, settings.output_bucket, "output/*")
    transcripts = Grant(
        ("s3:PutObject",), (place.bucket(settings.output_bucket, keys.prefix(TRANSCRIPT.folder) + "*"),)
    )
    table = (place.arn("dynamodb", f"table/{settings.idempotency_table}"),)
    knows, notes = (Grant((f"dynamodb:{action}",), table) for action in ("GetItem", "UpdateItem"))
    models = Grant(("dynamodb:GetItem", "dynamodb:Query"), (place.arn("dynamodb", f"table/{settings.users_table}"),))
    told = (*left, transcripts, knows)
    return EngineGrants(work=(asking, *told, notes, models), events=told)


def charges(work: PaidWork) -> Charges:
    """See `chalicelib/engines/costs.py`. An hour of a machine costs the same whether it hears or waits."""
    is_paid = work.transcript is not None or work.is_transcribing
    if not is_paid or work.asset.media is None or work.asset.media.audio is None:
        return {}
    return {"sagemaker.endpoint_hour": hours(work.seconds)}


def hours(seconds: float) -> Decimal:
    """Hours of a machine that so much sound takes, with what it waits before and after: rather too many."""
    return (Decimal(math.ceil(seconds)) * _SHARE + _AROUND) / 3600


@dataclass(frozen=True)
class SageMakerTranscriber:
    """Asks the endpoint. What it was asked cannot be taken back: there is no `cancel`."""

    aws: Aws
    endpoint: str
    bucket: str
    table: str
    users_table: str
    max_seconds: float = 4 * 3600.0
    max_bytes: int = 10**9
    hears_with: str = HEARS_WITH

    @property
    def _outputs(self) -> ObjectStore:
        return ObjectStore(self.aws.s3, self.bucket)

    @property
    def _known(self) -> RunJobs:
        return RunJobs(self.aws.dynamodb, self.table)

    def start(self, job: TranscriptionJob) -> Started:
        """See the seam: with what is in use for everybody in its language, or in the one that is found out."""
        known = self._known.get(inference_id(job.name))
        return self._standing(job, known) if known else self._first(job, self._in_use(job.language))

    def hear(self, job: TranscriptionJob, models: Mapping[str, str]) -> Started:
        """The same, with the models (keys of our bucket) by language that are named."""
        known = self._known.get(inference_id(job.name))
        return self._standing(job, known, models) if known else self._first(job, models)

    def settle(self, options: AiOptions, media: MediaInfo) -> Settled:
        """See `SettlesOptions`. Vocabularies and models of one's own are Amazon Transcribe's."""
        unused = {"custom_vocabulary": _NO_VOCABULARY, "custom_language_model": _NO_MODEL}
        return without_what_it_takes_none_of(unused, options, media)

    def heard_with(self, job: str) -> tuple[str, ...]:
        """See `TellsItsModels`: by what the endpoint was told when it was asked last."""
        known = self._known.get(inference_id(job))
        if known is None or not known.asked:
            return ()
        models: Mapping[str, str] = json.loads(known.asked)["models"]
        return tuple(uri.removeprefix(S3Object(self.bucket, "").uri) for uri in models.values())

    # ---- asking

    def _first(self, job: TranscriptionJob, models: Mapping[str, str]) -> Started:
        parts, told = ((job.name, job.destination.key),), self._told(job, models)
        return self._ask(job, self._known.claim(inference_id(job.name), self.endpoint, parts, told), told)

    def _standing(self, job: TranscriptionJob, known: RunJobRecord, models: Mapping[str, str] | None = None) -> Started:
        """How a job stands that somebody has claimed before."""
        if self._outputs.info(job.destination.key) is not None:
            return JobOutcome(job.name)
        age = time.time() - known.claimed_at
        if known.job_id is None:
            if age < _YOUNG:
                raise EngineBusy
        else:
            output, failed = json.loads(known.job_id)
            if output and self._copied(output, job.destination):
                return JobOutcome(job.name)
            if failed and (said := self._read(failed)) is not None:
                return JobOutcome(job.name, failure=failure_for(said))
            if age < _WAITS + _HEARS + _LATE:
                return UnderWay.UNDER_WAY
        told = self._told(job, self._in_use(job.language) if models is None else models)
        again = self._known.claim_again(inference_id(job.name), known, self.endpoint, asked=told)
        return self._ask(job, again, told)

    def _ask(self, job: TranscriptionJob, claimed: RunJobRecord | None, told: str) -> Started:
        if claimed is None:
            raise EngineBusy
        name = inference_id(job.name)
        try:
            answer = self._asked(self._request(job, told))
        except (ClientError, EngineFailed, EngineBusy):
            self._known.release(name, claimed.turn)
            raise
        places = json.dumps([answer.get("OutputLocation"), answer.get("FailureLocation")])
        self._known.note(name, claimed.turn, places, self.endpoint)
        return None

    def _asked(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """What SageMaker answers."""
        with of_service(NAME):
            answer: Mapping[str, Any] = self.aws.sagemaker_runtime.invoke_endpoint_async(**request)
        return answer

    def _request(self, job: TranscriptionJob, told: str) -> dict[str, Any]:
        folder, _, name = job.destination.key.rpartition("/")
        if job.destination.bucket != self.bucket or not _FOLDER.fullmatch(folder):
            raise EngineFailed(_OUTPUT)
        if not _FILE_NAME.fullmatch(name):  # it is copied to its place when it is there
            name = f"{inference_id(job.name)[:24]}.json"
        return {
            "EndpointName": self.endpoint,
            "ContentType": "audio/wav",
            "Accept": "application/json",
            "CustomAttributes": told,
            "InferenceId": inference_id(job.name),
            "InputLocation": job.audio.uri,
            # The endpoint's own output path is the bucket, and no folder of it.
            "S3OutputPathExtension": folder,
            "Filename": name,
            "RequestTTLSeconds": _WAITS,
            "InvocationTimeoutSeconds": _HEARS,
        }

    def _told(self, job: TranscriptionJob, models: Mapping[str, str]) -> str:
        """What the program is told, as JSON in ASCII; models that find no room stay at home."""
        told: dict[str, Any] = {"name": job.name, "language": job.language, "models": {}}
        for language, key in sorted(models.items()):
            more = told | {"models": told["models"] | {language: S3Object(self.bucket, key).uri}}
            if len(json.dumps(more, separators=(",", ":"))) <= _MOST_TOLD:
                told = more
        if len(told["models"]) < len(models):
            logger.warning("models left out", extra={"count": len(models) - len(told["models"])})
        return json.dumps(told, separators=(",", ":"))

    def _in_use(self, language: str | None) -> Mapping[str, str]:
        """The models in use for everybody, of this language (BCP 47) or of all, by their bare codes."""
        store = LearningStore(self.aws.dynamodb, self.users_table)
        if language is None:
            return {code: use.artefact for code, use in store.all_in_use(EVERYBODY, HEARS_WITH).items()}
        code = language.partition("-")[0].lower()
        use = store.in_use(EVERYBODY, code, HEARS_WITH)
        return {} if use is None else {code: use.artefact}

    # ---- how it ends

    def read_event(self, event: Mapping[str, Any]) -> JobOutcome | None:
        """The outcome that a notice of an asynchronous endpoint tells; None if it is not of ours.

        Shape: https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-check-predictions.html
        """
        detail = event["detail"]
        status, name = detail.get("invocationStatus"), detail.get("inferenceId")
        if status not in _ENDS or not isinstance(name, str):
            return None
        if detail.get("requestParameters", {}).get("endpointName") != self.endpoint:
            return None
        known = self._known.get(name)
        if known is None or not known.parts:
            return None
        ((job, key),) = known.parts.items()
        if keys.parse_job_name(job) is None:
            return None  # heard to measure a model: whoever asked for it looks by itself
        place = S3Object(self.bucket, key)
        if self._outputs.info(key) is not None:
            return JobOutcome(job)
        if status == "Completed":
            said = detail.get("responseParameters", {}).get("outputLocation")
            return JobOutcome(job) if said and self._copied(said, place) else JobOutcome(job, failure=_FAILED)
        return JobOutcome(
            job, failure=_EXPIRED if status == "Expired" else failure_for(detail.get("failureReason", ""))
        )

    def _copied(self, uri: str, place: S3Object) -> bool:
        """Put the answer where the transcript was asked for, if it lies elsewhere; False if there is none."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        if bucket != self.bucket or self._outputs.info(key) is None:
            return False
        if key != place.key:
            self.aws.s3.copy_object(Bucket=bucket, Key=place.key, CopySource={"Bucket": bucket, "Key": key})
        return True

    def _read(self, uri: str) -> str | None:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        found = self._outputs.read(key) if bucket == self.bucket else None
        return None if found is None else found.decode(errors="replace")


def inference_id(name: str) -> str:
    """What SageMaker calls the job: of 64 characters at most, of which a job's name may have more."""
    return hashlib.sha256(name.encode()).hexdigest()[:40]


def failure_for(said: str) -> Message:
    """The failure that `container/serve.py` names in its answer, which SageMaker passes on."""
    return _BY_CODE.get(code_in(said), _FAILED)
