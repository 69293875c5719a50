"""AWS Elemental MediaConvert makes the renditions.

MediaConvert cuts a job's input, never one of its outputs (InputClippings in
https://docs.aws.amazon.com/mediaconvert/latest/apireference/jobs.html), so renditions that end before the recording
does, as the GIF, are made by a MediaConvert job of their own: a share of ours. So are those that are sound alone: a
picture that cannot be made must not cost them. Our job has ended when all its shares have, and whichever of them ends
last says so. It has failed if all have; one that fails beside others costs a note.

What MediaConvert forgets (a token, after a minute) we look up: each share carries our job's name in its UserMetadata.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.clients.aws import Aws
from chalicelib.domain import keys, presets
from chalicelib.domain.assets import Rendition
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo, VideoStream
from chalicelib.domain.presets import AudioPreset, OutputPlan, VideoPlan
from chalicelib.engines.costs import Usage, Work
from chalicelib.engines.grants import EngineGrants, Grant, Place, reading
from chalicelib.engines.refusals import code_of, of_service
from chalicelib.engines.registry import EngineContext
from chalicelib.errors import EngineFailed, SettingsError
from chalicelib.message import Message
from chalicelib.seams.jobs import JobEvents, JobOutcome, Started, UnderWay
from chalicelib.seams.probing import UNREADABLE
from chalicelib.seams.transcoding import NOTHING_TO_MAKE, TRANSCODING_CANCELLED, TranscodingJob, broken_off, falls_short
from chalicelib.settings import Settings, setting
from chalicelib.storage.buckets import ObjectStore

if TYPE_CHECKING:
    from mypy_boto3_mediaconvert.literals import H264CodecLevelType, H264CodecProfileType, InputRotateType
    from mypy_boto3_mediaconvert.type_defs import (
        AudioDescriptionTypeDef,
        CreateJobRequestTypeDef,
        InputTypeDef,
        JobTypeDef,
        OutputChannelMappingTypeDef,
        OutputGroupTypeDef,
        OutputTypeDef,
        RemixSettingsTypeDef,
        VideoDescriptionTypeDef,
        VideoPreprocessorTypeDef,
        VideoSelectorTypeDef,
    )

_SERVICE = "MediaConvert"
_FEWEST_SECONDS = 10
_HD = 720
_FULL_HD = 1080
_QUALITY = 7
"""Of 10: what AWS advises for pictures up to 720 lines (https://docs.aws.amazon.com/solutions/latest/video-on-demand/appendix-f.html)."""

_SMALLEST_PICTURE = 32
"""The fewest pixels a side (VideoDescription in https://docs.aws.amazon.com/mediaconvert/latest/apireference/jobs.html)."""

_CLIP_GRACE = 1.0
"""Seconds. A clip that ends behind the last frame is an error (1060), so one that would save less is not made."""

_PROFILES: "Mapping[str, H264CodecProfileType]" = {"main": "MAIN", "high": "HIGH"}
_LEVELS: "Mapping[str, H264CodecLevelType]" = {"3.1": "LEVEL_3_1", "4.1": "LEVEL_4_1"}
_ROTATIONS: "Mapping[int, InputRotateType]" = {90: "DEGREES_90", 180: "DEGREES_180", 270: "DEGREES_270"}
"""By how far the probe says that the picture must be turned, clockwise both. Our sizes are those of the turned picture,
so what the probe did not see must not be turned either, or it would be squashed; and `AUTO` turns mov and mp4 only
(InputRotate in https://docs.aws.amazon.com/mediaconvert/latest/apireference/jobs.html)."""

_STEREO = 2
_UNLIKE = (0.6, 0.4)
"""Shares of two channels in one: in opposite phase, a fifth of the loudness is left."""

_SURROUND = 5
_MOST_CHANNELS = 64
"""RemixSettings.ChannelsIn in https://docs.aws.amazon.com/mediaconvert/latest/apireference/jobs.html."""

_COMPLETE = "COMPLETE"
_ENDS = (_COMPLETE, "ERROR", "CANCELED")
EVENTS = JobEvents("aws.mediaconvert", "MediaConvert Job State Change", {"status": _ENDS})
"""https://docs.aws.amazon.com/mediaconvert/latest/ug/mediaconvert_event_list.html"""
_UNDECODABLE = Message(
    "undecodable",
    "The picture or the sound in this file cannot be decoded. "
    "Please export it with usual codecs, such as H.264 and AAC.",
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


def grants(place: Place, settings: Settings) -> EngineGrants:
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


def charges(work: Work) -> Usage:
    """See `chalicelib/engines/costs.py`. Begun seconds of each output, at least ten of them."""
    used: Counter[str] = Counter()
    for rendition in work.asset.renditions:
        used[_price_class(rendition)] += _billed_seconds(rendition.duration)
    media = work.asset.media
    if media and media.audio and not media.is_speech_wav:
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
            there = self._shares(job.name, url(job.source))
            missing = [share for share in wanted if share.number not in there]
            for share in missing:
                self._create(request_for(job, share, self.role, self.queue))
        if missing:
            return None
        return self._outcome({number: _ending_in(found) for number, found in there.items()}) or UnderWay.UNDER_WAY

    def cancel(self, name: str, source: S3Object) -> None:
        """See `CancelsJobs`."""
        with of_service(_SERVICE):
            for found in self._shares(name, url(source)).values():
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
        if detail.get("status") not in _ENDS or (label := _Label.of(detail.get("userMetadata", {}))) is None:
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
            label = _Label.of(found.get("UserMetadata", {}))
            if label is not None and label.name == name:
                shares.setdefault(label.number, found)
        return shares

    def _other_shares(self, label: "_Label", job_id: str) -> "dict[int, _Ending | None]":
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


@dataclass(frozen=True, slots=True)
class Share:
    """The outputs that one MediaConvert job makes, each with its plan: all show as much of the source.

    `clip` is where to cut the source, in whole seconds; None if nothing is cut off. `number` counts from 1.
    """

    number: int
    count: int
    clip: int | None
    outputs: tuple[tuple[OutputPlan, S3Object], ...]


def shares_of(job: TranscodingJob) -> list[Share]:
    """What MediaConvert is to make of `job`, by job of its own: first what shows most of the source."""
    alike: dict[tuple[float, bool], list[tuple[OutputPlan, S3Object]]] = {}
    for output in job.outputs:
        plan = presets.plan(presets.find(output.preset), job.media)
        if plan is not None:
            # Sound that ends before the picture is not cut: it is as long as it is.
            whole = plan.video is None or plan.seconds + _CLIP_GRACE >= job.media.duration
            clip = math.inf if whole else math.ceil(plan.seconds)
            alike.setdefault((-clip, plan.video is None), []).append((plan, output.destination))
    return [
        Share(number=number, count=len(alike), clip=None if math.isinf(clip) else int(-clip), outputs=tuple(outputs))
        for number, ((clip, _), outputs) in enumerate(sorted(alike.items(), key=lambda item: item[0]), 1)
    ]


def request_for(job: TranscodingJob, share: Share, role: str, queue: str | None) -> "CreateJobRequestTypeDef":
    """The request that starts `share` of `job`."""
    expected = max(plan.seconds for plan, _ in share.outputs) if share.clip is None else 0.0
    label = _Label(job.name, share.number, share.count, expected)
    request: CreateJobRequestTypeDef = {
        "Role": role,
        "ClientRequestToken": hashlib.sha256(f"{job.name}#{share.number}".encode()).hexdigest(),
        "UserMetadata": label.metadata(),
        "StatusUpdateInterval": "SECONDS_600",
        "Settings": {
            "TimecodeConfig": {"Source": "ZEROBASED"},
            "Inputs": [_input(job, share)],
            "OutputGroups": [_output_group(plan, at, job.media) for plan, at in share.outputs],
        },
    }
    return request if queue is None else {**request, "Queue": queue}


def _input(job: TranscodingJob, share: Share) -> "InputTypeDef":
    wanted: InputTypeDef = {"FileInput": url(job.source), "TimecodeSource": "ZEROBASED"}
    video, audio = job.media.video, job.media.audio
    if video and any(plan.video for plan, _ in share.outputs):
        selected: VideoSelectorTypeDef = {"PadVideo": "BLACK"} if audio else {}  # one may begin or end before the other
        if video.rotation in _ROTATIONS:
            selected["Rotate"] = _ROTATIONS[video.rotation]
        if selected:
            wanted["VideoSelector"] = selected
    if audio and any(plan.audio for plan, _ in share.outputs):
        wanted["AudioSelectors"] = {
            "Audio Selector 1": {"DefaultSelection": "DEFAULT", "SelectorType": "TRACK", "Tracks": [audio.number]}
        }
        if (job.media.container, audio.codec) == ("mp4", "aac"):  # what it is made for
            wanted["AudioSelectors"]["Audio Selector 1"]["AudioDurationCorrection"] = "AUTO"
    if share.clip is not None:
        minutes, seconds = divmod(share.clip, 60)
        hours, minutes = divmod(minutes, 60)
        wanted["InputClippings"] = [{"EndTimecode": f"{hours:02}:{minutes:02}:{seconds:02}:00"}]
    return wanted


def _output_group(plan: OutputPlan, at: S3Object, media: MediaInfo) -> "OutputGroupTypeDef":
    """A group for each output: a group has one destination, and each of our outputs its own folder."""
    output: OutputTypeDef = {"Extension": plan.preset.extension, "ContainerSettings": {"Container": "RAW"}}
    if plan.video:
        output["VideoDescription"] = _picture(plan.video, media.video)
        output["ContainerSettings"] = (
            {"Container": "GIF"}
            if plan.video.codec == "gif"
            else {"Container": "MP4", "Mp4Settings": {"MoovPlacement": "PROGRESSIVE_DOWNLOAD"}}
        )
    if plan.audio:
        output["AudioDescriptions"] = [_sound(plan.audio, media.audio.channels if media.audio else 0)]
    return {
        "Name": "File Group",
        "OutputGroupSettings": {"Type": "FILE_GROUP_SETTINGS", "FileGroupSettings": {"Destination": _destination(at)}},
        "Outputs": [output],
    }


def _picture(video: VideoPlan, source: VideoStream | None) -> "VideoDescriptionTypeDef":
    rate = Fraction(video.frame_rate).limit_denominator(1001)
    width, height = max(video.width, _SMALLEST_PICTURE), max(video.height, _SMALLEST_PICTURE)
    description: VideoDescriptionTypeDef = {
        "Width": width,
        "Height": height,
        # An even size may be a pixel off the source's shape, and the default would frame it in black. A picture that is
        # too small for MediaConvert does get a frame.
        "ScalingBehavior": "STRETCH_TO_OUTPUT" if (width, height) == (video.width, video.height) else "DEFAULT",
        "VideoPreprocessors": _prepared(source),
    }
    if video.codec == "gif":
        description["CodecSettings"] = {
            "Codec": "GIF",
            "GifSettings": {
                "FramerateControl": "SPECIFIED",
                "FramerateNumerator": rate.numerator,
                "FramerateDenominator": rate.denominator,
            },
        }
        return description
    description["CodecSettings"] = {
        "Codec": "H_264",
        "H264Settings": {
            "RateControlMode": "QVBR",
            "QvbrSettings": {"QvbrQualityLevel": _QUALITY},
            "MaxBitrate": video.bit_rate * 1000,
            "SceneChangeDetect": "TRANSITION_DETECTION",
            "CodecProfile": _PROFILES[video.profile],
            "CodecLevel": _LEVELS[video.level],
            "GopSizeUnits": "FRAMES",
            "GopSize": video.keyframe_interval,
            "FramerateControl": "SPECIFIED",
            "FramerateNumerator": rate.numerator,
            "FramerateDenominator": rate.denominator,
            "ParControl": "SPECIFIED",
            "ParNumerator": 1,
            "ParDenominator": 1,
        },
    }
    return description


def _prepared(source: VideoStream | None) -> "VideoPreprocessorTypeDef":
    """Lines taken one half after the other are put together; light and colours are brought to what every screen shows.

    What is brighter than a usual screen can show is pressed together (tone mapping).
    """
    prepared: VideoPreprocessorTypeDef = {
        "Deinterlacer": {"Algorithm": "INTERPOLATE", "Mode": "DEINTERLACE", "Control": "NORMAL"}
    }
    if source and (source.curve or source.is_wide):
        prepared["ColorCorrector"] = {"ColorSpaceConversion": "FORCE_709"}
        if source.curve == "pq":
            prepared["ColorCorrector"]["HdrToSdrToneMapper"] = "VIBRANT"
    return prepared


def _sound(audio: AudioPreset, channels: int) -> "AudioDescriptionTypeDef":
    description: AudioDescriptionTypeDef = {"AudioSourceName": "Audio Selector 1"}
    if channels not in {0, audio.channels}:
        description["RemixSettings"] = _mix(min(channels, _MOST_CHANNELS), audio.channels)
    bit_rate = (audio.bit_rate or 0) * 1000
    match audio.codec:
        case "aac":
            description["CodecSettings"] = {
                "Codec": "AAC",
                "AacSettings": {
                    "CodingMode": "CODING_MODE_2_0" if audio.channels == _STEREO else "CODING_MODE_1_0",
                    "Bitrate": bit_rate,
                    "SampleRate": audio.sample_rate,
                },
            }
        case "mp3":
            description["CodecSettings"] = {
                "Codec": "MP3",
                "Mp3Settings": {
                    "RateControlMode": "CBR",
                    "Bitrate": bit_rate,
                    "Channels": audio.channels,
                    "SampleRate": audio.sample_rate,
                },
            }
        case "pcm_s16le":
            description["CodecSettings"] = {
                "Codec": "WAV",
                "WavSettings": {
                    "Format": "RIFF",
                    "BitDepth": 16,
                    "Channels": audio.channels,
                    "SampleRate": audio.sample_rate,
                },
            }
    return description


def _mix(channels: int, wanted: int) -> "RemixSettingsTypeDef":
    """How to make `wanted` channels of the source's.

    Left to itself, MediaConvert may take the first channel only, and whoever spoke into another would be missing from
    the transcript. So each channel goes into each of ours, all alike: nothing tells in which order they come, and six
    channels may as well be six microphones as 5.1. Together they have the volume that RFC 7845, 5.1.1.5, gives to its
    mixes: once the full scale of up to four channels, which can never clip, and twice that of more, which seldom does.

    Of two channels for one the first is louder, by 3.5 decibels: were they alike and in opposite phase, as from a
    microphone that is wired the wrong way round, nothing would be left of them, and nobody would have listened before.
    """
    share = (1 if channels < _SURROUND else 2) / channels
    shares = _UNLIKE if (channels, wanted) == (_STEREO, 1) else [share] * channels
    decibels = [round(20 * math.log10(share), 3) for share in shares]
    outputs: list[OutputChannelMappingTypeDef] = [{"InputChannelsFineTune": decibels} for _ in range(wanted)]
    return {"ChannelsIn": channels, "ChannelsOut": wanted, "ChannelMapping": {"OutputChannels": outputs}}


def url(at: S3Object) -> str:
    """The name of an object as MediaConvert writes it."""
    return f"s3://{at.bucket}/{at.key}"


def _destination(at: S3Object) -> str:
    """Where MediaConvert is to put an output: its key without the extension, which MediaConvert adds.

    In a destination `$d$` and the like stand for dates and names
    (https://docs.aws.amazon.com/mediaconvert/latest/ug/using-variables-in-your-job-settings.html); our keys hold none.
    """
    return url(S3Object(at.bucket, str(PurePosixPath(at.key).with_suffix(""))))


def _at(address: str) -> S3Object:
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return S3Object(bucket, key)


@dataclass(frozen=True, slots=True)
class _Label:
    """What a MediaConvert job says of itself: which share it is of which of our jobs.

    `seconds` is how long the source should be; 0 for a share that does not show all of it.
    """

    name: str
    number: int
    count: int
    seconds: float

    def metadata(self) -> dict[str, str]:
        """As a job's UserMetadata: values of at most 256 characters; our names have at most 200."""
        return {
            "job": self.name,
            "share": str(self.number),
            "shares": str(self.count),
            "seconds": f"{self.seconds:.3f}",
        }

    @staticmethod
    def of(metadata: Mapping[str, str]) -> "_Label | None":
        """Read from a job's UserMetadata; None if the job is none of ours."""
        try:
            label = _Label(metadata["job"], int(metadata["share"]), int(metadata["shares"]), float(metadata["seconds"]))
        except (KeyError, ValueError):
            return None
        return label if keys.parse_job_name(label.name) else None


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

    label: _Label
    outputs: tuple[_Made, ...] = ()
    failure: Message | None = None


def _ending_told(detail: Mapping[str, Any], label: _Label) -> _Ending:
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
            ]
    return _Ending(label, tuple(made))


def _ending_in(job: "JobTypeDef") -> _Ending | None:
    """How the share ended that MediaConvert's `job` is; None while it runs.

    Unlike an event a job does not name its files: they are what its settings ask for.
    """
    label = _Label.of(job.get("UserMetadata", {}))
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
