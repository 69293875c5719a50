"""What MediaConvert is asked to do of a job of ours: which MediaConvert jobs, and what each makes of the source."""

import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from chalicelib.domain import keys, presets
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo, VideoStream
from chalicelib.domain.presets import AudioPreset, OutputPlan, Preset, VideoPlan, VideoPreset
from chalicelib.seams.transcoding import Cut, TranscodingJob, TranscodingOutput

if TYPE_CHECKING:
    from mypy_boto3_mediaconvert.literals import H264CodecLevelType, H264CodecProfileType, InputRotateType
    from mypy_boto3_mediaconvert.type_defs import (
        AudioDescriptionTypeDef,
        BurninDestinationSettingsTypeDef,
        ContainerSettingsTypeDef,
        CreateJobRequestTypeDef,
        InputClippingTypeDef,
        InputTypeDef,
        OutputChannelMappingTypeDef,
        OutputGroupTypeDef,
        OutputTypeDef,
        RemixSettingsTypeDef,
        VideoDescriptionTypeDef,
        VideoPreprocessorTypeDef,
        VideoSelectorTypeDef,
    )

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
"""Volumes of two channels in one: in opposite phase, a fifth of the loudness is left."""

_SURROUND = 5

_MOST_CHANNELS = 64
"""RemixSettings.ChannelsIn in https://docs.aws.amazon.com/mediaconvert/latest/apireference/jobs.html."""


_STILL_QUALITY = 80
_MOST_STILLS = 10_000_000
_STILL = re.compile(r"\.[0-9]{7}\.jpg")

_BESIDE_STILLS = Preset(
    name=presets.FRAMES.name,
    ids=(),
    title="Beside stills",
    extension="mp4",
    content_type="video/mp4",
    export_name="frames.mp4",
    video=VideoPreset("h264", 320, 320, 10.0, 100, profile="main", level="3.1"),
    audio=AudioPreset("aac", 44_100, 2, 64),
)
"""MediaConvert makes stills only in a job that also has a film to make: as small a one as can be. Nobody looks at it.
https://docs.aws.amazon.com/mediaconvert/latest/ug/file-group-with-frame-capture-output.html"""


def is_still(path: str) -> bool:
    """Whether a path is that of a still, of which MediaConvert tells the last."""
    return _STILL.search(path) is not None


@dataclass(frozen=True, slots=True)
class Label:
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
    def of(metadata: Mapping[str, str]) -> "Label | None":
        """Read from a job's UserMetadata; None if the job is none of ours."""
        try:
            label = Label(metadata["job"], int(metadata["share"]), int(metadata["shares"]), float(metadata["seconds"]))
        except (KeyError, ValueError):
            return None
        return label if keys.parse_job_name(label.name) else None


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
        for plan, destination in _plans(output, job):
            # Sound that ends before the picture is not cut: it is as long as it is.
            whole = job.cut is not None or plan.video is None or plan.seconds + _CLIP_GRACE >= job.media.duration
            clip = math.inf if whole else math.ceil(plan.seconds)
            alike.setdefault((-clip, plan.video is None), []).append((plan, destination))
    return [
        Share(number=number, count=len(alike), clip=None if math.isinf(clip) else int(-clip), outputs=tuple(outputs))
        for number, ((clip, _), outputs) in enumerate(sorted(alike.items(), key=lambda item: item[0]), 1)
    ]


def _plans(output: TranscodingOutput, job: TranscodingJob) -> Iterator[tuple[OutputPlan, S3Object]]:
    """What to make for `output`, and where; nothing where its preset makes no sense for such a source."""
    if output.preset != presets.FRAMES.name:
        plan = job.plan(output.preset)
        if plan is not None:
            yield plan, output.destination
        return
    media = job.media
    stills, beside = presets.plan(presets.FRAMES, media), presets.plan(_BESIDE_STILLS, media)
    if stills and stills.video and beside and output.rate:
        yield replace(stills, video=replace(stills.video, frame_rate=float(output.rate))), output.destination
        key = PurePosixPath(output.destination.key).with_suffix(f".{_BESIDE_STILLS.extension}")
        yield beside, S3Object(output.destination.bucket, str(key))


def request_for(job: TranscodingJob, share: Share, role: str, queue: str | None) -> "CreateJobRequestTypeDef":
    """The request that starts `share` of `job`."""
    shows_all = share.clip is None and job.cut is None
    expected = max(plan.seconds for plan, _ in share.outputs) if shows_all else 0.0
    label = Label(job.name, share.number, share.count, expected)
    request: CreateJobRequestTypeDef = {
        "Role": role,
        "ClientRequestToken": hashlib.sha256(f"{job.name}#{share.number}".encode()).hexdigest(),
        "UserMetadata": label.metadata(),
        "StatusUpdateInterval": "SECONDS_600",
        "Settings": {
            "TimecodeConfig": {"Source": "ZEROBASED"},
            "Inputs": [_input(job, share)],
            "OutputGroups": [_output_group(plan, at, job) for plan, at in share.outputs],
        },
    }
    return request if queue is None else {**request, "Queue": queue}


def _input(job: TranscodingJob, share: Share) -> "InputTypeDef":
    wanted: InputTypeDef = {"FileInput": job.source.uri, "TimecodeSource": "ZEROBASED"}
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
        wanted["InputClippings"] = [{"EndTimecode": _timecode(share.clip, 1)}]
    if job.cut is not None:
        wanted["InputClippings"] = [_clipping(job.cut, job.media)]
        if _burns_in(job):
            captions = job.cut.captions
            assert captions is not None, "it burns them in"
            wanted["CaptionSelectors"] = {
                _CAPTIONS: {"SourceSettings": {"SourceType": "SRT", "FileSourceSettings": {"SourceFile": captions.uri}}}
            }
    return wanted


_CAPTIONS = "Captions Selector 1"
"""What MediaConvert calls the first: https://docs.aws.amazon.com/mediaconvert/latest/apireference/jobs.html."""

_HUNDREDTHS = 100


def _burns_in(job: TranscodingJob) -> bool:
    return job.cut is not None and job.cut.captions is not None and job.media.video is not None


def _clipping(cut: Cut, media: MediaInfo) -> "InputClippingTypeDef":
    """Where to cut: the frames of the timecodes are both in the clip, and count from 0.

    A timecode counts whole frames a second also where there are 29.97 of them: so it is behind the clock, by 3.6
    seconds an hour. Of sound alone its last number is hundredths of a second
    (https://docs.aws.amazon.com/console/mediaconvert/timecode).
    """
    rate = media.video.frame_rate if media.video and media.video.frame_rate else float(_HUNDREDTHS)
    first = int(cut.start * rate + 0.5)
    last = max(first, math.ceil(cut.end * rate - 0.5) - 1)
    clipping: InputClippingTypeDef = {"StartTimecode": _timecode(first, rate)}
    if cut.end + 1 / rate < media.duration:  # a clip that ends behind the last frame is an error
        clipping["EndTimecode"] = _timecode(last, rate)
    return clipping


def _timecode(frame: int, rate: float) -> str:
    """The timecode of a frame, counted from 0, where there are `rate` of them in a second."""
    seconds, frame = divmod(frame, max(1, round(rate)))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}:{frame:02}"


def _output_group(plan: OutputPlan, at: S3Object, job: TranscodingJob) -> "OutputGroupTypeDef":
    """A group for each output: a group has one destination, and each of our outputs its own folder."""
    media = job.media
    output: OutputTypeDef = {"Extension": plan.preset.extension, "ContainerSettings": {"Container": "RAW"}}
    if plan.video:
        output["VideoDescription"] = _picture(plan.video, media.video)
        output["ContainerSettings"] = _container(plan.video.codec)
    if plan.video and _burns_in(job):
        output["CaptionDescriptions"] = [
            {
                "CaptionSelectorName": _CAPTIONS,
                "DestinationSettings": {
                    "DestinationType": "BURN_IN",
                    "BurninDestinationSettings": {
                        "BackgroundColor": "BLACK",
                        "BackgroundOpacity": 160,
                        "FontColor": "WHITE",
                        **_font_script(job.cut),
                    },
                },
            }
        ]
    if plan.audio:
        output["AudioDescriptions"] = [_sound(plan.audio, media.audio.channels if media.audio else 0)]
    return {
        "Name": "File Group",
        "OutputGroupSettings": {"Type": "FILE_GROUP_SETTINGS", "FileGroupSettings": {"Destination": _destination(at)}},
        "Outputs": [output],
    }


def _font_script(cut: Cut | None) -> "BurninDestinationSettingsTypeDef":
    """Chinese is written in two ways, which the letters alone do not always tell."""
    language = (cut.language if cut else None) or ""
    if not language.startswith("zh"):
        return {}
    is_traditional = language.endswith(("-TW", "-HK", "-MO")) or "-Hant" in language
    return {"FontScript": "HANT" if is_traditional else "HANS"}


def _container(codec: str) -> "ContainerSettingsTypeDef":
    match codec:
        case "gif":
            return {"Container": "GIF"}
        case "jpeg":
            return {"Container": "RAW"}
        case _:
            return {"Container": "MP4", "Mp4Settings": {"MoovPlacement": "PROGRESSIVE_DOWNLOAD"}}


def _picture(video: VideoPlan, source: VideoStream | None) -> "VideoDescriptionTypeDef":
    rate = Fraction(video.frame_rate).limit_denominator(1001)
    width, height = max(video.width, _SMALLEST_PICTURE), max(video.height, _SMALLEST_PICTURE)
    if video.codec == "jpeg":
        return {
            "Width": width,
            "Height": height,
            "VideoPreprocessors": _prepared(source),
            "CodecSettings": {
                "Codec": "FRAME_CAPTURE",
                "FrameCaptureSettings": {
                    "FramerateNumerator": rate.numerator,
                    "FramerateDenominator": rate.denominator,
                    "MaxCaptures": _MOST_STILLS,
                    "Quality": _STILL_QUALITY,
                },
            },
        }
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
    volume = (1 if channels < _SURROUND else 2) / channels
    volumes = _UNLIKE if (channels, wanted) == (_STEREO, 1) else [volume] * channels
    decibels = [round(20 * math.log10(volume), 3) for volume in volumes]
    outputs: list[OutputChannelMappingTypeDef] = [{"InputChannelsFineTune": decibels} for _ in range(wanted)]
    return {"ChannelsIn": channels, "ChannelsOut": wanted, "ChannelMapping": {"OutputChannels": outputs}}


def _destination(at: S3Object) -> str:
    """Where MediaConvert is to put an output: its key without the extension, which MediaConvert adds.

    In a destination `$d$` and the like stand for dates and names
    (https://docs.aws.amazon.com/mediaconvert/latest/ug/using-variables-in-your-job-settings.html); our keys hold none.
    """
    return S3Object(at.bucket, str(PurePosixPath(at.key).with_suffix(""))).uri
