"""Amazon Textract as the reader of documents: text, and as the deployment asks for it tables, forms and layout.

Limits and languages: https://docs.aws.amazon.com/textract/latest/dg/limits-document.html. What it reads it writes into
our bucket itself (`OutputConfig`), as JSON pages of up to a thousand blocks: once it has told by SNS that it is done,
these become the lines that the branch reads, and are deleted. The same token means the same job for seven days, so a
job that is asked for again is not paid for again (https://docs.aws.amazon.com/textract/latest/dg/api-async.html).
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chalicelib.clients.aws import Aws
from chalicelib.documents import blocks
from chalicelib.documents.tracks import BLOCKS, DOCUMENT
from chalicelib.domain import keys
from chalicelib.domain.assets import BranchStatus, RunRef
from chalicelib.domain.media import MediaInfo
from chalicelib.engines.costs import Charges, PaidWork
from chalicelib.engines.grants import ANYTHING, AwsPlace, EngineGrants, Grant, reading
from chalicelib.engines.refusals import of_service
from chalicelib.engines.registry import EngineContext
from chalicelib.errors import EngineFailed
from chalicelib.message import Message
from chalicelib.seams.documents import DocumentJob
from chalicelib.seams.jobs import SNS, JobEvents, JobOutcome, Started, UnderWay
from chalicelib.settings import Settings, setting
from chalicelib.storage.buckets import ObjectStore

_SERVICE = "Amazon Textract"
_MOST_PAGES = 3_000
_FORMATS = frozenset({"pdf", "tiff", "jpeg", "png"})
_LANGUAGES = ("en", "fr", "de", "it", "pt", "es")
_TOLD_PAGES = 20

_FEATURE = "(tables|forms|layout|signatures)"
_TEXT_ALONE = "text"

_NO_ROLE = Message(
    "no-jobs-role",
    "%(service)s cannot be used: the role by which it tells that a document is read is not set up. Its operator should "
    "deploy anew.",
).of(service=_SERVICE)
_FORMAT = Message("document-not-supported", "%(service)s reads PDF, TIFF, JPEG and PNG; this file is another kind.").of(
    service=_SERVICE
)
_TOO_LONG = Message(
    "document-pages", "%(service)s reads at most %(most_pages)s pages of a document; this one has %(pages)s."
).of(service=_SERVICE)
_LANGUAGE = Message(
    "language-not-written",
    "%(service)s does not read this language: %(language)s. It reads %(known_languages)s, and nothing was paid for.",
)
_PAGES_MISSED = Message("pages-not-read", "Some pages could not be read: %(pages)s.")
_FAILED = Message("document-not-read", "%(service)s could not read the document.").of(service=_SERVICE)
_REASONS = {
    r"unsupported|format|password|encrypt": Message(
        "document-unsupported",
        "The document cannot be read: it needs a password, or is of a kind that %(service)s does not know.",
    ).of(service=_SERVICE),
    r"too.?large|limit|size|exceed": Message(
        "document-over-limit", "The document is larger, or has more pages, than %(service)s takes."
    ).of(service=_SERVICE),
    r"bad.?document|corrupt|damaged|invalid": Message(
        "document-broken", "The document is damaged. Please save it again, and upload that."
    ),
    r"s3|access|permission|denied": Message("document-not-accessible", "%(service)s may not read the document.").of(
        service=_SERVICE
    ),
}
"""What a job failed of, by what its `StatusMessage` says."""

SERVICES = ("textract",)
EVENTS = JobEvents(SNS)
"""https://docs.aws.amazon.com/textract/latest/dg/async-notification-payload.html"""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a deployment may set."""

    textract_features: str = setting(
        "what Textract looks for beside the text, by comma: tables, forms, layout, signatures; text for the text alone",
        rf"{_TEXT_ALONE}|{_FEATURE}(,{_FEATURE})*",
        default="layout,tables",
    )

    @property
    def features(self) -> tuple[str, ...]:
        """What is looked for beside the text."""
        return tuple(dict.fromkeys(one for one in self.textract_features.split(",") if one != _TEXT_ALONE))


def create(context: EngineContext) -> "TextractReader":
    """The reader."""
    settings = context.settings
    role = settings.jobs_topic_role
    return TextractReader(context.aws, settings.options(Options), settings.jobs_topic_arn, role)


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    """See `chalicelib/engines/grants.py`. Textract reads and writes with the caller's own leave.

    Whoever hears that a job has ended fetches what it left, and so needs all that starting it does.
    """
    raw = place.bucket(settings.output_bucket, f"{keys.prefix(DOCUMENT.folder)}*")
    left = place.bucket(settings.output_bucket, f"{keys.prefix(f'jobs/{BLOCKS}')}*")
    role = settings.jobs_topic_role
    operation = "Analysis" if settings.options(Options).features else "TextDetection"
    passing = {"StringEquals": {"iam:PassedToService": "textract.amazonaws.com"}}
    needed = (
        Grant((f"textract:StartDocument{operation}", f"textract:GetDocument{operation}"), ANYTHING),
        *((Grant(("iam:PassRole",), (role,), passing),) if role else ()),
        Grant(("s3:GetObject",), (place.bucket(settings.uploads_bucket, f"{keys.UPLOADS_PREFIX}*"),)),
        *reading(place, settings.output_bucket, "output/*"),
        Grant(("s3:PutObject", "s3:DeleteObject"), (raw,)),
        Grant(("s3:PutObject", "s3:AbortMultipartUpload"), (left,)),
    )
    return EngineGrants(work=needed, events=needed)


def charges(work: PaidWork) -> Charges:
    """See `chalicelib/engines/costs.py`. By the page, for each thing that is looked for; the text comes with any."""
    media = work.asset.media
    state = work.asset.branches.get("document")
    if media is None or not media.pages or (state is not None and state.status is BranchStatus.SKIPPED):
        return {}
    pages = Decimal(media.pages)
    features = work.settings.options(Options).features
    return {f"textract.{feature}": pages for feature in features or (_TEXT_ALONE,)}


@dataclass(frozen=True)
class TextractReader:
    """Starts Textract's jobs, and fetches what they leave."""

    aws: Aws
    options: Options
    topic: str
    role: str | None

    def hindrance(self, language: str | None) -> Message | None:
        """See the seam."""
        if language is None or language.partition("-")[0].lower() in _LANGUAGES:
            return None
        return _LANGUAGE.of(service=_SERVICE, language=language, known_languages=_LANGUAGES)

    def start(self, job: DocumentJob) -> Started:
        """See the seam."""
        named = keys.parse_job_name(job.name)
        if named is None:
            return None
        _refuse(job.media)
        if self.role is None:
            raise EngineFailed(_NO_ROLE)
        operation = "analysis" if self.options.features else "text_detection"
        place = _raw(named.run)
        request: dict[str, Any] = {
            "DocumentLocation": {"S3Object": {"Bucket": job.source.bucket, "Name": job.source.key}},
            "ClientRequestToken": self._token(job.name),
            # Owner and asset do not fit in: they are told by where the document lies.
            "JobTag": f"v{named.run.version}.{named.task}",
            "NotificationChannel": {"SNSTopicArn": self.topic, "RoleArn": self.role},
            "OutputConfig": {"S3Bucket": job.destination.bucket, "S3Prefix": place},
        }
        if self.options.features:
            request["FeatureTypes"] = [feature.upper() for feature in self.options.features]
        with of_service(_SERVICE):
            # Asked for again it answers with the same job, and tells nobody once more that it has ended.
            job_id = getattr(self.aws.textract, f"start_document_{operation}")(**request)["JobId"]
        found = self._get(operation, job_id)
        if found["JobStatus"] == "IN_PROGRESS":
            return UnderWay.UNDER_WAY
        if found["JobStatus"] == "FAILED":
            return JobOutcome(job.name, failure=failure_for(found.get("StatusMessage", "")))
        self._fetch(job, named.run, job_id, found)
        return JobOutcome(job.name, notes=tuple(_missed(found)))

    def read_event(self, event: Mapping[str, Any]) -> JobOutcome | None:
        """The outcome that Textract's message tells; None if it is not of a document of ours."""
        match event["detail"]:
            case {"JobId": str(job_id), "Status": str(status), "JobTag": str(tag), "DocumentLocation": dict(place)}:
                name = _job_of(str(place.get("S3ObjectName")), tag)
                if name is None:
                    return None
                if status not in {"FAILED", "ERROR"}:
                    return JobOutcome(name)
                operation = "text_detection" if "TextDetection" in str(event["detail"].get("API")) else "analysis"
                found = self._get(operation, job_id)
                return JobOutcome(name, failure=failure_for(found.get("StatusMessage", "")))
        return None

    def _token(self, name: str) -> str:
        """One for a job as it is asked for: asked for otherwise it is another."""
        return hashlib.sha256(f"{name} {self.options.textract_features}".encode()).hexdigest()

    def _get(self, operation: str, job_id: str) -> Mapping[str, Any]:
        with of_service(_SERVICE):
            found: Mapping[str, Any] = getattr(self.aws.textract, f"get_document_{operation}")(
                JobId=job_id, MaxResults=1
            )
        return found

    def _fetch(self, job: DocumentJob, run: RunRef, job_id: str, found: Mapping[str, Any]) -> None:
        """Make lines of what Textract has left, a part of it at a time, and delete that."""
        store = ObjectStore(self.aws.s3, job.destination.bucket)
        parts = sorted((key for key in store.names(f"{_raw(run)}/{job_id}/") if _number(key)), key=_number)
        if not parts:
            return  # they were fetched before
        pages = (found.get("DocumentMetadata") or {}).get("Pages") or job.media.pages or 0
        try:
            with store.writing(job.destination.key, blocks.CONTENT_TYPE) as target:
                target.write(blocks.header(pages))
                for key in parts:
                    target.write(b"".join(blocks.written(_blocks(store.read(key)))))
        except _FetchedMeanwhile:
            return  # by whoever heard of it too: what they have written is whole
        store.delete_under(f"{_raw(run)}/")  # with what Textract left there to see whether it may


def _refuse(media: MediaInfo) -> None:
    """Raises EngineFailed for what Textract would refuse after all."""
    if media.container not in _FORMATS:
        raise EngineFailed(_FORMAT)
    if (pages := media.pages or 0) > _MOST_PAGES:
        raise EngineFailed(_TOO_LONG.of(pages=pages, most_pages=_MOST_PAGES))


def _raw(run: RunRef) -> str:
    """Where Textract writes: in the folder of the text, which is erased with it, and takes no run on."""
    return keys.file_key(run, DOCUMENT.folder, "textract")


def _job_of(key: str, tag: str) -> str | None:
    """The name of the job with this tag that reads the upload at `key`; None if it is none of ours."""
    ref = keys.parse_upload_key(key)
    match = re.fullmatch(rf"v([1-9][0-9]{{0,6}})\.{BLOCKS}", tag)
    return keys.job_name(RunRef(ref, int(match[1])), BLOCKS) if ref and match else None


def _number(key: str) -> int:
    """Which part the object at `key` holds, counted from 1; 0 if none. Textract also leaves `.s3_access_check`."""
    name = key.rpartition("/")[2]
    return int(name) if name.isascii() and name.isdigit() else 0


class _FetchedMeanwhile(Exception):
    """What was to be fetched is no longer there."""


def _blocks(part: bytes | None) -> Iterator[Mapping[str, Any]]:
    if part is None:
        raise _FetchedMeanwhile
    yield from json.loads(part).get("Blocks") or ()


def _missed(found: Mapping[str, Any]) -> Iterator[Message]:
    """What is to be said of pages that could not be read."""
    pages = sorted({page for warning in found.get("Warnings") or () for page in warning.get("Pages") or ()})
    if pages:
        more = ("…",) if len(pages) > _TOLD_PAGES else ()
        yield _PAGES_MISSED.of(pages=(*map(str, pages[:_TOLD_PAGES]), *more))


def failure_for(reason: str) -> Message:
    """What a job's `StatusMessage` means for an owner. The message itself stays with the service."""
    meant = (failure for pattern, failure in _REASONS.items() if re.search(pattern, reason, re.IGNORECASE))
    return next(meant, _FAILED)
