"""AWS Elemental MediaConvert makes the renditions.

MediaConvert cuts a job's input, never one of its outputs (InputClippings in
https://docs.aws.amazon.com/mediaconvert/latest/apireference/jobs.html), so renditions that end before the recording
does, as the GIF, are made by a MediaConvert job of their own: a share of ours. So are those that are sound alone: a
picture that cannot be made must not cost them. Our job has ended when all its shares have, and whichever of them ends
last says so. It has failed if all have; one that fails beside others costs a note.

What MediaConvert forgets (a token, after a minute) we look up: each share carries our job's name in its UserMetadata.
"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.clients.aws import Aws
from chalicelib.domain import keys, presets
from chalicelib.domain.assets import Rendition
from chalicelib.domain.keys import S3Object
from chalicelib.engines.costs import Charges, PaidWork
from chalicelib.engines.grants import AwsPlace, EngineGrants, Grant, reading
from chalicelib.engines.refusals import code_of, of_service
from chalicelib.engines.registry import EngineContext
from chalicelib.engines.transcoding._mediaconvert_request import Label, is_still, request_for, shares_of
from chalicelib.errors import EngineFailed, SettingsError
from chalicelib.message import Message
from chalicelib.seams.jobs import JobEvents, JobOutcome, Started, UnderWay
from chalicelib.seams.probing import UNREADABLE
from chalicelib.seams.transcoding import NOTHING_TO_MAKE, TRANSCODING_CANCELLED, TranscodingJob, broken_off, falls_short
from chalicelib.settings import Settings, setting
from chalicelib.storage.buckets import ObjectStore

if TYPE_CHECKING:
    from mypy_boto3_mediaconvert.type_defs import (
        CreateJobRequestTypeDef,
        JobTypeDef,
    )

_SERVICE = "MediaConvert"
_FEWEST_SECONDS = 10
_HD = 720
_FULL_HD = 1080


_COMPLETE = "COMPLETE"
_ENDS = (_COMPLETE, "ERROR", "CANCELED")
EVENTS = JobEvents("aws.mediaconvert", "MediaConvert Job State Change", {"status": _ENDS})
"""https://docs.aws.amazon.com/mediaconvert/latest/ug/mediaconvert_event_list.html"""
_UNDECODABLE = Message(
    "undecodable",
    "The picture or the sound in this file cannot be read. Please export it again as an ordinary MP4 or MP3, "
    "and upload that.",
)
_NO_ACCESS = Message(
    "engine-access",
    "MediaConvert may not read the recording or write its renditions. "
    "The operator of this service has to look at the role and the buckets that it was given.",
)
_LOST = Message(
    "no-output",
    "MediaConvert says that it made the renditions, and none of them can be found. The operator of this service has to "
    "look where they were written to.",
)
_NOT_FOUND = Message(
    "mediaconvert-not-found",
    "MediaConvert does not find what the job needs. The operator of this service should check that MediaConvert's role "
    "and queue, as they are set, exist in this account and region.",
)
_BROKEN = Message("mediaconvert-error", "The recording cannot be transcoded (MediaConvert error %(number)s).")
_UNEXPLAINED = Message("mediaconvert-no-reason", "The recording cannot be transcoded (MediaConvert gives no reason).")
_MISSING = Message("rendition-missing", "The rendition %(rendition)s was made and cannot be found.")
_NO_PREVIEW = Message("no-preview", "A short preview could not be made. %(reason)s")
_NOT_ALL = Message("some-renditions-lacking", "Some renditions could not be made. %(reason)s")
_FAILURES = {
    1010: UNREADABLE,
    1020: Message("no-video", "MediaConvert finds no picture in this recording."),
    1021: Message("no-audio", "MediaConvert finds no sound in this recording."),
    1030: _UNDECODABLE,
    1075: UNREADABLE,
    1076: UNREADABLE,
    1092: _UNDECODABLE,
    1401: _NO_ACCESS,
    1404: _NO_ACCESS,
    1432: _NO_ACCESS,
    1433: _NO_ACCESS,
    1434: _NO_ACCESS,
    1515: _NO_ACCESS,
    3457: _NO_ACCESS,
}
"""By error code (https://docs.aws.amazon.com/mediaconvert/latest/ug/mediaconvert_error_codes.html)."""


SERVICES = ("mediaconvert",)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a deployment may set; the stack `engines` does."""

    mediaconvert_role: str | None = setting("IAM role that MediaConvert takes on", r"arn:\S+", default=None)
    mediaconvert_queue: str | None = setting(
        "MediaConvert queue; the account's default when unset", r"arn:\S+", default=None
    )


def create(context: EngineContext) -> "MediaConvertTranscoder":
    """The transcoder. Raises SettingsError if no role is set for MediaConvert to take on."""
    options = context.settings.options(Options)
    if options.mediaconvert_role is None:
        raise SettingsError(
            "RAPPORTEUR_MEDIACONVERT_ROLE is not set: the transcoder mediaconvert needs the ARN of the IAM role "
            "that MediaConvert takes on to read recordings and write renditions."
        )
    return MediaConvertTranscoder(context.aws, options.mediaconvert_role, options.mediaconvert_queue)


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    """See `chalicelib/engines/grants.py`."""
    options = settings.options(Options)
    queue = options.mediaconvert_queue or place.arn("mediaconvert", "queues/Default")
    looking = Grant(("mediaconvert:SearchJobs",), (queue,))
    outputs = reading(place, settings.output_bucket, "output/*")
    to_mediaconvert = {"StringEquals": {"iam:PassedToService": "mediaconvert.amazonaws.com"}}
    passed = options.mediaconvert_role
    role = (Grant(("iam:PassRole",), (passed,), to_mediaconvert),) if passed else ()
    return EngineGrants(
        work=(Grant(("mediaconvert:CreateJob",), (queue,)), looking, *role, *outputs),
        events=(Grant(("mediaconvert:GetJob",), (place.arn("mediaconvert", "jobs/*"),)), looking, *outputs),
        cancelling=(Grant(("mediaconvert:CancelJob",), (place.arn("mediaconvert", "jobs/*"),)), looking),
    )


_NOT_MADE = frozenset(preset.name for preset in presets.STILLS)


def charges(work: PaidWork) -> Charges:
    """See `chalicelib/engines/costs.py`. Begun seconds of each output, at least ten of them."""
    used: Counter[str] = Counter()
    for rendition in work.asset.renditions:
        if rendition.preset in _NOT_MADE:
            continue
        used[_price_class(rendition)] += _billed_seconds(rendition.duration)
    media = work.asset.media
    if media and media.audio and work.asset.ai.transcribe and not (media.is_speech_wav or work.hears_upload):
        used["mediaconvert.audio"] += _billed_seconds(media.duration)
    return {item: Decimal(seconds) / 60 for item, seconds in used.items()}


def _billed_seconds(seconds: float) -> int:
    return max(_FEWEST_SECONDS, math.ceil(seconds))


def _price_class(rendition: Rendition) -> str:
    if rendition.height is None or rendition.width is None:
        return "mediaconvert.audio"
    lines = min(rendition.height, rendition.width)
    return "mediaconvert.sd" if lines < _HD else "mediaconvert.hd" if lines <= _FULL_HD else "mediaconvert.uhd"


@dataclass(frozen=True)
class MediaConvertTranscoder:
    """Starts MediaConvert jobs and reads how they end."""

    aws: Aws
    role: str
    queue: str | None = None

    def start(self, job: TranscodingJob) -> Started:
        """Start the shares of `job` that were not started before.

        Raises EngineFailed if there is nothing to make or MediaConvert refuses the job, EngineBusy if it takes no more
        work just now.
        """
        wanted = shares_of(job)
        if not wanted:
            raise EngineFailed(NOTHING_TO_MAKE)
        with of_service(_SERVICE):
            there = self._shares(job.name, job.source.uri)
            missing = [share for share in wanted if share.number not in there]
            for share in missing:
                self._create(request_for(job, share, self.role, self.queue))
        if missing:
            return None
        return self._outcome({number: _ending_in(found) for number, found in there.items()}) or UnderWay.UNDER_WAY

    def cancel(self, name: str, source: S3Object) -> None:
        """See `CancelsJobs`."""
        with of_service(_SERVICE):
            for found in self._shares(name, source.uri).values():
                if found.get("Status") in {"SUBMITTED", "PROGRESSING"}:
                    self._cancel(found["Id"])

    def _cancel(self, job_id: str) -> None:
        try:
            self.aws.mediaconvert.cancel_job(Id=job_id)
        except ClientError as exc:
            if code_of(exc) not in {"NotFoundException", "ConflictException"}:  # it has ended in the meantime
                raise

    def read_event(self, event: Mapping[str, Any]) -> JobOutcome | None:
        """The outcome of our job that MediaConvert's `event` completes; None if shares of it still run.

        Raises EngineBusy if MediaConvert answers no more questions just now.
        """
        detail = event["detail"]
        if detail.get("status") not in _ENDS or (label := Label.of(detail.get("userMetadata", {}))) is None:
            return None
        endings: dict[int, _Ending | None] = {label.number: _ending_told(detail, label)}
        if label.count > 1:
            endings = self._other_shares(label, detail["jobId"]) | endings
        return self._outcome(endings) if len(endings) == label.count else None

    def _create(self, request: "CreateJobRequestTypeDef") -> None:
        try:
            self.aws.mediaconvert.create_job(**request)
        except ClientError as exc:
            if code_of(exc) != "NotFoundException":
                raise
            raise EngineFailed(_NOT_FOUND) from exc

    def _shares(self, name: str, source: str) -> dict[int, "JobTypeDef"]:
        """The newest MediaConvert job of each share of our job `name`."""
        where: dict[str, Any] = {} if self.queue is None else {"Queue": self.queue}
        found_by = self.aws.mediaconvert.get_paginator("search_jobs")
        pages = found_by.paginate(InputFile=source, Order="DESCENDING", **where)
        shares: dict[int, JobTypeDef] = {}
        for found in (found for page in pages for found in page.get("Jobs", [])):
            label = Label.of(found.get("UserMetadata", {}))
            if label is not None and label.name == name:
                shares.setdefault(label.number, found)
        return shares

    def _other_shares(self, label: Label, job_id: str) -> "dict[int, _Ending | None]":
        """The other shares of the job that MediaConvert's job `job_id` is a share of.

        What a search finds may be seconds old; asked for by its id, a job's status is the latest. So of two shares that
        end together at least one sees the other's end.
        """
        client = self.aws.mediaconvert
        with of_service(_SERVICE):
            source = client.get_job(Id=job_id)["Job"]["Settings"]["Inputs"][0]["FileInput"]
            others = self._shares(label.name, source)
            others.pop(label.number, None)
            return {
                number: _ending_in(found) or _ending_in(client.get_job(Id=found["Id"])["Job"])
                for number, found in others.items()
            }

    def _outcome(self, endings: "Mapping[int, _Ending | None]") -> JobOutcome | None:
        ended = [ending for _, ending in sorted(endings.items()) if ending]
        if len(ended) < len(endings):
            return None
        name = ended[0].label.name
        lost = [ending for ending in ended if ending.failure]
        if len(lost) == len(ended):
            return JobOutcome(name, failure=ended[0].failure)
        written = [(made, self._output(made)) for ending in ended for made in ending.outputs]
        outputs = tuple(output for _, output in written if output)
        if written and not outputs:
            return JobOutcome(name, failure=_LOST)
        notes = [note for ending in ended for note in _too_short(ending)]
        notes += [_not_made(ending) for ending in lost]
        notes += [_MISSING.of(rendition=made.title) for made, output in written if not output]
        return JobOutcome(name, outputs, notes=tuple(dict.fromkeys(notes)))

    def _output(self, made: "_Made") -> Rendition | None:
        """None if there is no such object: it has been deleted since, or MediaConvert calls it otherwise than we do."""
        parsed = keys.parse_output_key(made.at.key)
        info = ObjectStore(self.aws.s3, made.at.bucket).info(made.at.key)
        if parsed is None or info is None:
            return None
        return Rendition(parsed.folder, made.at.key, info.size, made.duration, made.width, made.height)


def _at(address: str) -> S3Object:
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return S3Object(bucket, key)


@dataclass(frozen=True, slots=True)
class _Made:
    """One file that MediaConvert wrote: `duration` in seconds, picture size in pixels."""

    at: S3Object
    duration: float
    width: int | None
    height: int | None

    @property
    def title(self) -> str:
        """What to call it: its preset, or the name that MediaConvert gives where that leads to none."""
        parsed = keys.parse_output_key(self.at.key)
        return parsed.folder if parsed else PurePosixPath(self.at.key).name


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a share ended."""

    label: Label
    outputs: tuple[_Made, ...] = ()
    failure: Message | None = None


def _ending_told(detail: Mapping[str, Any], label: Label) -> _Ending:
    """How the share ended that an event tells of.

    Shape: https://docs.aws.amazon.com/mediaconvert/latest/ug/ev_status_complete.html and ev_status_error.html there.
    """
    if detail["status"] != _COMPLETE:
        return _Ending(label, failure=_failure(detail["status"], detail.get("errorCode")))
    made = []
    for group in detail.get("outputGroupDetails", []):
        for output in group.get("outputDetails", []):
            size = output.get("videoDetails", {})
            made += [
                _Made(_at(path), output.get("durationInMs", 0) / 1000, size.get("widthInPx"), size.get("heightInPx"))
                for path in output.get("outputFilePaths", [])
                if not is_still(path)
            ]
    return _Ending(label, tuple(made))


def _ending_in(job: "JobTypeDef") -> _Ending | None:
    """How the share ended that MediaConvert's `job` is; None while it runs.

    Unlike an event a job does not name its files: they are what its settings ask for.
    """
    label = Label.of(job.get("UserMetadata", {}))
    status = job.get("Status", "")
    if label is None or status not in _ENDS:
        return None
    if status != _COMPLETE:
        return _Ending(label, failure=_failure(status, job.get("ErrorCode")))
    details = [output for group in job.get("OutputGroupDetails", []) for output in group.get("OutputDetails", [])]
    # All outputs of a share show as much of the source, so none has to be found by its position.
    duration = max((output.get("DurationInMs", 0) for output in details), default=0) / 1000
    made = []
    for group in job["Settings"]["OutputGroups"]:
        destination = group["OutputGroupSettings"]["FileGroupSettings"]["Destination"]
        for output in group["Outputs"]:
            picture = output.get("VideoDescription", {})
            if picture.get("CodecSettings", {}).get("Codec") == "FRAME_CAPTURE":
                continue  # there are many of them; what is made beside them stands for them
            at = _at(f"{destination}.{output['Extension']}")
            made.append(_Made(at, duration, picture.get("Width"), picture.get("Height")))
    return _Ending(label, tuple(made))


def _failure(status: str, code: int | None) -> Message:
    """What to tell the owner. MediaConvert's own message stays out: it may hold names of files and buckets."""
    if status != "ERROR":
        return TRANSCODING_CANCELLED
    return _UNEXPLAINED if code is None else _FAILURES.get(code, _BROKEN.of(number=str(code)))


def _not_made(ending: _Ending) -> Message:
    lacking = _NOT_ALL if ending.label.seconds else _NO_PREVIEW  # only a preview is cut short
    return lacking.of(reason=ending.failure or _UNEXPLAINED)


def _too_short(ending: _Ending) -> tuple[Message, ...]:
    """What the owner should know: that the file breaks off before its end, for one."""
    found = max((made.duration for made in ending.outputs), default=ending.label.seconds)
    return (broken_off(ending.label.seconds, found),) if falls_short(ending.label.seconds, found) else ()
