"""Amazon Comprehend as what finds entities of an operator's own kinds: a job by a recogniser that they trained.

Comprehend tells nobody that a job has ended. What it leaves does: `output.tar.gz` in a folder of its own, below that of
the task, whose S3 event takes the run on; then `start` is called again, and unpacks it. That a job has failed is seen
when the sweep has it started again. None is stopped: it is paid for when it begins. Shapes: https://docs.aws.amazon.com/comprehend/latest/dg/outputs-cer-async.html
"""

import hashlib
import json
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.clients.aws import Aws
from chalicelib.domain import keys
from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.engines.comprehend import SERVICE, units
from chalicelib.engines.costs import Charges, PaidWork
from chalicelib.engines.grants import ANYTHING, AwsPlace, EngineGrants, Grant, reading
from chalicelib.engines.refusals import code_of, of_service
from chalicelib.engines.registry import EngineContext
from chalicelib.errors import EngineFailed, SettingsError
from chalicelib.message import Message
from chalicelib.seams.entities import EntitiesJob
from chalicelib.seams.jobs import JobOutcome, Started, UnderWay
from chalicelib.seams.options import Settled
from chalicelib.settings import Settings, setting
from chalicelib.storage.buckets import ObjectStore

if TYPE_CHECKING:
    from mypy_boto3_comprehend.literals import LanguageCodeType
    from mypy_boto3_comprehend.type_defs import EntitiesDetectionJobPropertiesTypeDef

SERVICES = ("comprehend",)
TASK = "entities"
CONTENT_TYPE = "application/x-ndjson"
_PACKED = "/output/output.tar.gz"
_MOST_BYTES = 512 * 1024**2
"""Unpacked. A day of talk is a hundredth of it."""

_LONGEST_LINE = 8 * 1024**2
_USABLE = frozenset({"TRAINED", "TRAINED_WITH_WARNING", "STOPPED"})
"""What a recogniser is when it can be asked: one whose training was stopped early can."""

_GONE = frozenset({"ResourceNotFoundException", "ResourceUnavailableException"})
_NOT_READY = Message(
    "recognizer-left-out",
    "Entities of the custom recogniser were not looked for: it is not trained, does not exist any more, or is for "
    "another language.",
)
_FAILED = Message("entities-failed", "%(service)s could not look for the entities of the custom recogniser.").of(
    service=SERVICE
)
_STOPPED = Message("entities-stopped", "The search for entities of the custom recogniser was stopped.")
_UNREADABLE = Message("entities-unreadable", "What %(service)s found cannot be read.").of(service=SERVICE)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a deployment may set; the stack `engines` does."""

    comprehend_role: str | None = setting(
        "IAM role that Comprehend takes on to read texts and write entities", r"arn:\S+", default=None
    )


def create(context: EngineContext) -> "ComprehendRecognizer":
    """The recogniser. Raises SettingsError if no role is set for Comprehend to take on."""
    options = context.settings.options(Options)
    if options.comprehend_role is None:
        raise SettingsError(
            "RAPPORTEUR_COMPREHEND_ROLE is not set: the entity recogniser comprehend needs the ARN of the IAM role "
            "that Comprehend takes on to read texts and write what it finds."
        )
    return ComprehendRecognizer(context.aws, options.comprehend_role)


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    """See `chalicelib/engines/grants.py`."""
    recognizers = place.arn("comprehend", "entity-recognizer/*")
    jobs = place.arn("comprehend", "entities-detection-job/*")
    role = settings.options(Options).comprehend_role
    to_comprehend = {"StringEquals": {"iam:PassedToService": "comprehend.amazonaws.com"}}
    passing = (Grant(("iam:PassRole",), (role,), to_comprehend),) if role else ()
    folder = f"{keys.JOBS_PREFIX}{TASK}/*"
    gathering = (
        Grant(("comprehend:ListEntitiesDetectionJobs",), ANYTHING),
        *reading(place, settings.output_bucket, folder),
        Grant(("s3:PutObject",), (place.bucket(settings.output_bucket, folder),)),
    )
    starting = Grant(("comprehend:StartEntitiesDetectionJob",), (recognizers, jobs))
    return EngineGrants(
        work=(starting, *passing, *gathering),
        preparing=(Grant(("comprehend:DescribeEntityRecognizer",), (recognizers,)),),
        going_on=gathering,
    )


def charges(work: PaidWork) -> Charges:
    """See `chalicelib/engines/costs.py`. Units of 100 characters, at least three a passage."""
    options = work.asset.ai
    if not (options.customentity and options.custom_entity_recognizer) or work.transcript is None:
        return {}
    used = units(segment.text for segment in work.transcript.segments)
    return {"comprehend.custom_unit": Decimal(used)} if used else {}


@dataclass(frozen=True)
class ComprehendRecognizer:
    """Starts jobs, and makes of what they leave what the seam wants."""

    aws: Aws
    role: str

    def start(self, job: EntitiesJob) -> Started:
        """See the seam."""
        outputs = ObjectStore(self.aws.s3, job.destination.bucket)
        folder = job.destination.key.rpartition("/")[0] + "/"
        packed = next((key for key in outputs.names(folder) if key.endswith(_PACKED)), None)
        if packed is not None:  # it lies there a little before Comprehend says that the job is complete
            self._unpack(outputs.at(packed), job, outputs)
            return JobOutcome(job.name)
        with of_service(SERVICE):
            known = self._job(job.name)
        if known is None:
            self._start(job, S3Object(job.destination.bucket, folder))
            return None
        match known.get("JobStatus"):
            case "FAILED":
                return JobOutcome(job.name, failure=_FAILED)
            case "STOPPED" | "STOP_REQUESTED":
                return JobOutcome(job.name, failure=_STOPPED)
        return UnderWay.UNDER_WAY

    def settle(self, options: AiOptions, media: MediaInfo) -> Settled:
        """See `SettlesOptions`. Without a recogniser's name the deployment's own endpoint may be meant: see
        `chalicelib/engines/language/comprehend.py`.
        """
        name = options.custom_entity_recognizer
        if not options.customentity or name is None:
            return Settled(options)
        language = self._language(name)
        wanted = options.language_code
        if language is not None and (wanted is None or wanted[:2].lower() == language[:2]):
            return Settled(options)
        return Settled(replace(options, customentity=False), (_NOT_READY,))

    def _language(self, recognizer: str) -> str | None:
        """The language of a recogniser that is trained; None of any other."""
        try:
            with of_service(SERVICE):
                answer = self.aws.comprehend.describe_entity_recognizer(EntityRecognizerArn=recognizer)
        except ClientError as exc:
            if code_of(exc) not in _GONE:
                raise
            return None
        found = answer["EntityRecognizerProperties"]
        return found.get("LanguageCode") if found.get("Status") in _USABLE else None

    def _job(self, name: str) -> "EntitiesDetectionJobPropertiesTypeDef | None":
        found = self.aws.comprehend.list_entities_detection_jobs(Filter={"JobName": name})
        return next(iter(found["EntitiesDetectionJobPropertiesList"]), None)

    def _start(self, job: EntitiesJob, folder: S3Object) -> None:
        # Of a custom recogniser Comprehend goes by the language that it was trained in, and ignores this one.
        language: LanguageCodeType = "zh" if job.language.lower().startswith("zh") else job.language[:2].lower()  # type: ignore[assignment]
        with of_service(SERVICE, dict.fromkeys(_GONE, partial(EngineFailed, _NOT_READY))):
            self.aws.comprehend.start_entities_detection_job(
                InputDataConfig={"S3Uri": job.text.uri, "InputFormat": "ONE_DOC_PER_LINE"},
                OutputDataConfig={"S3Uri": folder.uri},
                DataAccessRoleArn=self.role,
                JobName=job.name,
                EntityRecognizerArn=job.recognizer,
                LanguageCode=language,
                ClientRequestToken=hashlib.sha256(job.name.encode()).hexdigest(),
            )

    def _unpack(self, packed: S3Object, job: EntitiesJob, outputs: ObjectStore) -> None:
        """Copy what the archive holds, a line in memory at a time; nothing of it becomes a file."""
        body: Any = self.aws.s3.get_object(Bucket=packed.bucket, Key=packed.key)["Body"]
        with outputs.writing(job.destination.key, CONTENT_TYPE) as found:
            for line in _lines(body):
                found.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def _lines(packed: IO[bytes]) -> Iterator[Mapping[str, Any]]:
    """What is said of each line of the text, in an archive of Comprehend's. Raises EngineFailed if it is none."""
    size = 0
    try:
        with tarfile.open(fileobj=packed, mode="r|gz") as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                if content is None:
                    continue
                for text in iter(lambda: content.readline(_LONGEST_LINE), b""):  # noqa: B023 - used at once
                    size += len(text)
                    if size > _MOST_BYTES:
                        raise EngineFailed(_UNREADABLE)
                    if text.strip():
                        yield _line(json.loads(text))
    except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError, LookupError, TypeError) as exc:
        raise EngineFailed(_UNREADABLE) from exc


def _line(found: Mapping[str, Any]) -> Mapping[str, Any]:
    names = ("BeginOffset", "EndOffset", "Score", "Text", "Type")
    entities: Iterable[Mapping[str, Any]] = found.get("Entities", ())
    return {"Line": int(found["Line"]), "Entities": [{name: one[name] for name in names} for one in entities]}
