"""Renditions by MediaConvert: what it is asked for, how its jobs join into one of ours, and what owners are told."""

import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from chalicelib.domain import presets
from chalicelib.domain.ai_options import CAPTURE_RATES
from chalicelib.domain.assets import Rendition
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import AudioStream, MediaInfo, VideoStream
from chalicelib.engines.probing import mediaconvert as prober
from chalicelib.engines.registry import load
from chalicelib.engines.transcoding import mediaconvert as engine
from chalicelib.errors import EngineBusy, EngineFailed, SettingsError
from chalicelib.seams.jobs import JobOutcome, ReadsEvents, UnderWay
from chalicelib.seams.transcoding import TRANSCODING, Cut, TranscodingJob, TranscodingOutput, broken_off
from tests.engines.stubs import RUN, answer, context, stubbed
from tests.harness.places import DATA

EXAMPLES = DATA / "mediaconvert"
ROLE = "arn:aws:iam::111122223333:role/transcoder"
QUEUE = "arn:aws:mediaconvert:us-east-1:111122223333:queues/rapporteur"
NAME = f"{RUN}.renditions"
OWNER, ASSET, VERSION = RUN.split(".")
VIDEO = MediaInfo("mp4", 60.0, VideoStream(1280, 720, 30_000 / 1001), AudioStream("aac", 44_100, 2))
SILENT = MediaInfo("mp4", 60.0, VideoStream(1280, 720, 25.0))
SOUND = MediaInfo("mp3", 60.0, audio=AudioStream("mp3", 44_100, 2))
ALL = ("web", "phone", "audio", "gif")
PICTURES = ("web", "phone", "gif")
"""What takes two jobs: the whole film and a preview of it."""
ROTATES = {0: None, 90: "DEGREES_90", 180: "DEGREES_180", 270: "DEGREES_270"}


def job(*wanted: str, media: MediaInfo = VIDEO) -> TranscodingJob:
    outputs = tuple(TranscodingOutput(name, S3Object("output", key_of(name))) for name in wanted or ALL)
    return TranscodingJob(NAME, S3Object("uploads", f"input/{OWNER}/{ASSET}/recording.mp4"), media, outputs)


def key_of(preset: str) -> str:
    return f"output/{preset}/{OWNER}/{ASSET}/{VERSION}/{preset}.{presets.find(preset).extension}"


def requests(wanted: TranscodingJob) -> list[dict[str, Any]]:
    return [dict(engine.request_for(wanted, part, ROLE, QUEUE)) for part in engine.shares_of(wanted)]


def groups(request: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Each output group of a request by its preset, which is the folder that it writes to."""
    found = {}
    for group in request["Settings"]["OutputGroups"]:
        destination = group["OutputGroupSettings"]["FileGroupSettings"]["Destination"]
        found[PurePosixPath(destination).parts[3]] = group
    return found


def described(request: dict[str, Any], preset: str) -> dict[str, Any]:
    (output,) = groups(request)[preset]["Outputs"]
    return output  # type: ignore[no-any-return]


def running(request: dict[str, Any], job_id: str, status: str = "PROGRESSING", **more: Any) -> dict[str, Any]:
    """The MediaConvert job that a request has become."""
    settings = request["Settings"]
    kept = {"Role": ROLE, "Settings": settings, "UserMetadata": request["UserMetadata"]}
    return {**kept, "Id": job_id, "Status": status, **more}


def completed(request: dict[str, Any], job_id: str, seconds: float = 60.0) -> dict[str, Any]:
    count = len(request["Settings"]["OutputGroups"])
    details = [{"OutputDetails": [{"DurationInMs": round(seconds * 1000)}]}] * count
    return running(request, job_id, "COMPLETE", OutputGroupDetails=details)


def event(name: str, request: dict[str, Any], job_id: str = "job-1", **detail: Any) -> dict[str, Any]:
    """AWS's own example of an event, told of the job that a request has become."""
    told: dict[str, Any] = json.loads((EXAMPLES / f"{name}.json").read_text())
    told["detail"] |= {"jobId": job_id, "userMetadata": request["UserMetadata"], **detail}
    return told


def complete(request: dict[str, Any], job_id: str = "job-1", seconds: float = 60.0) -> Any:
    details = []
    for preset in groups(request):
        output: dict[str, Any] = {
            "outputFilePaths": [f"s3://output/{key_of(preset)}"],
            "durationInMs": round(seconds * 1000),
        }
        if presets.find(preset).video:
            output["videoDetails"] = {"widthInPx": 1280, "heightInPx": 720, "averageBitrate": 2_000_000}
        details.append({"outputDetails": [output], "type": "FILE_GROUP"})
    return event("complete", request, job_id, outputGroupDetails=details)


@dataclass
class Bench:
    transcoder: engine.MediaConvertTranscoder
    stubber: Stubber

    def found(self, *jobs: dict[str, Any], search: str = f"s3://uploads/input/{OWNER}/{ASSET}/recording.mp4") -> None:
        answer(self.stubber, "search_jobs", {"Jobs": list(jobs)}, InputFile=search, Order="DESCENDING", Queue=QUEUE)

    def created(self, request: dict[str, Any]) -> None:
        self.stubber.add_response("create_job", {"Job": running(request, "new", "SUBMITTED")}, request)

    def asked(self, found: dict[str, Any]) -> None:
        answer(self.stubber, "get_job", {"Job": found}, Id=found["Id"])

    def written(self, *names: str) -> None:
        for size, name in enumerate(names, 1000):
            self.transcoder.aws.s3.put_object(Bucket="output", Key=key_of(name), Body=b"x" * size)


@pytest.fixture
def bench() -> Iterator[Bench]:
    given = context(mediaconvert_role=ROLE, mediaconvert_queue=QUEUE)
    with mock_aws(), stubbed(given.aws, "mediaconvert", "mediaconvert") as stubber:
        given.aws.s3 = boto3.client("s3", region_name="us-east-1")
        given.aws.s3.create_bucket(Bucket="output")
        transcoder = load(TRANSCODING, given)
        assert isinstance(transcoder, ReadsEvents)
        yield Bench(transcoder, stubber)


# What MediaConvert is asked for.


def test_a_role_is_needed() -> None:
    with pytest.raises(SettingsError, match="RAPPORTEUR_MEDIACONVERT_ROLE"):
        engine.create(context())


@pytest.mark.parametrize("media", [VIDEO, SILENT, SOUND], ids=["video", "silent", "sound"])
@pytest.mark.parametrize("preset", [preset.name for preset in presets.ALL])
def test_every_preset_makes_a_request_that_the_api_takes(bench: Bench, preset: str, media: MediaInfo) -> None:
    wanted = job(preset, media=media)
    if presets.plan(presets.find(preset), media) is None:
        with pytest.raises(EngineFailed) as caught:
            bench.transcoder.start(wanted)
        assert caught.value.code == "nothing-to-make"
        return
    (request,) = requests(wanted)
    bench.found()
    bench.created(request)  # botocore checks names and types against the API's model
    assert bench.transcoder.start(wanted) is None
    (group,) = request["Settings"]["OutputGroups"]
    (output,) = group["Outputs"]
    assert ("AudioDescriptions" in output) == (media.audio is not None and presets.find(preset).audio is not None)
    assert ("VideoDescription" in output) == (presets.find(preset).video is not None)
    assert_in_model(request)


MODEL = botocore.session.get_session().get_service_model("mediaconvert")


def assert_in_model(request: dict[str, Any]) -> None:
    """Botocore checks neither enumerations nor patterns nor the largest of a range."""

    def check(value: Any, shape: Any) -> None:
        if shape.type_name == "structure":
            for name, inner in value.items():
                check(inner, shape.members[name])
        elif shape.type_name == "list":
            for inner in value:
                check(inner, shape.member)
        elif shape.type_name == "map":
            for inner in value.values():
                check(inner, shape.value)
        else:
            length = len(value) if isinstance(value, str) else value
            assert value in shape.metadata.get("enum", [value]), shape.name
            assert shape.metadata.get("min", length) <= length <= shape.metadata.get("max", length), shape.name
            assert re.search(shape.metadata.get("pattern", ""), str(value)), shape.name

    check(request, MODEL.shape_for("CreateJobRequest"))


def test_video_is_h264_as_planned() -> None:
    web = described(requests(job("web"))[0], "web")
    assert web["ContainerSettings"] == {"Container": "MP4", "Mp4Settings": {"MoovPlacement": "PROGRESSIVE_DOWNLOAD"}}
    assert (web["VideoDescription"]["Width"], web["VideoDescription"]["Height"]) == (1280, 720)
    codec = web["VideoDescription"]["CodecSettings"]["H264Settings"]
    assert codec["MaxBitrate"] == 2_200_000
    assert (codec["CodecProfile"], codec["CodecLevel"]) == ("MAIN", "LEVEL_3_1")
    assert (codec["GopSize"], codec["GopSizeUnits"]) == (90, "FRAMES")
    assert (codec["FramerateNumerator"], codec["FramerateDenominator"]) == (30_000, 1001)
    sound = web["AudioDescriptions"][0]["CodecSettings"]["AacSettings"]
    assert (sound["Bitrate"], sound["SampleRate"], sound["CodingMode"]) == (160_000, 44_100, "CODING_MODE_2_0")


def test_sound_is_made_as_planned() -> None:
    mp3 = described(requests(job("audio"))[0], "audio")
    assert mp3["ContainerSettings"] == {"Container": "RAW"}
    assert mp3["AudioDescriptions"][0]["CodecSettings"]["Mp3Settings"]["Bitrate"] == 320_000
    wav = described(requests(job("speech"))[0], "speech")
    assert wav["Extension"] == "wav"
    assert wav["AudioDescriptions"][0]["CodecSettings"]["WavSettings"] == {
        "Format": "RIFF",
        "BitDepth": 16,
        "Channels": 1,
        "SampleRate": 16_000,
    }


@given(rate=st.sampled_from([24_000 / 1001, 24.0, 25.0, 30_000 / 1001, 29.97, 30.0, 12.5, 14.985, 10.0]))
def test_frame_rates_are_exact_fractions(rate: float) -> None:
    media = MediaInfo("mp4", 60.0, VideoStream(640, 360, rate))
    codec = described(requests(job("web", media=media))[0], "web")["VideoDescription"]["CodecSettings"]["H264Settings"]
    assert codec["FramerateNumerator"] / codec["FramerateDenominator"] == pytest.approx(rate, rel=1e-6)


@given(width=st.integers(2, 8000), height=st.integers(2, 8000), rotation=st.sampled_from([0, 90, 180, 270]))
def test_any_picture_makes_a_request_within_the_limits(width: int, height: int, rotation: int) -> None:
    media = MediaInfo("mp4", 60.0, VideoStream(width, height, 25.0, rotation))
    for request in requests(job("web", "phone", "gif", media=media)):
        assert_in_model(request)
        assert request["Settings"]["Inputs"][0].get("VideoSelector", {}).get("Rotate") == ROTATES[rotation]
        for preset in groups(request):
            picture = described(request, preset)["VideoDescription"]
            assert picture["Width"] % 2 == picture["Height"] % 2 == 0
            small = min(media.video.display_size) < 32 if media.video else False
            assert picture["Width"] <= max(32, width, height)
            if small:
                assert picture["ScalingBehavior"] == "DEFAULT"


@pytest.mark.parametrize("container", ["quicktime", "mp4", "matroska", "webm", "avi"])
@pytest.mark.parametrize(
    ("told", "rotate", "size"),
    [
        (None, None, (1280, 720)),
        (0, None, (1280, 720)),
        (90, "DEGREES_90", (720, 1280)),
        (180, "DEGREES_180", (1280, 720)),
        (270, "DEGREES_270", (720, 1280)),
    ],
)
def test_what_was_filmed_upright_is_turned_and_not_squashed_whatever_it_is_packed_in(
    container: str, told: int | None, rotate: str | None, size: tuple[int, int]
) -> None:
    """Probe's answer goes through botocore as it comes over the wire, which leaves out what its model does not know.

    A mirrored picture has no rotation ("non-standard transformation matrices also yield null", VideoProperties in the
    API's model), and is left as it lies: by default MediaConvert turns nothing.
    """
    properties = {"width": 1920, "height": 1080, "frameRate": {"numerator": 30, "denominator": 1}, "rotation": told}
    track = {"trackType": "video", "codec": "AVC", "duration": 60.0, "videoProperties": properties}
    wire = {"probeResults": [{"container": {"format": container, "duration": 60.0, "tracks": [track]}}]}
    for request in requests(job("web", "gif", media=prober.media_of(over_the_wire(wire)))):
        assert_in_model(request)
        assert request["Settings"]["Inputs"][0].get("VideoSelector") == ({"Rotate": rotate} if rotate else None)
        for preset in groups(request):
            picture = described(request, preset)["VideoDescription"]
            shape = picture["Width"] / picture["Height"]
            assert shape == pytest.approx(size[0] / size[1], rel=0.02)
    web = described(requests(job("web", media=prober.media_of(over_the_wire(wire))))[0], "web")["VideoDescription"]
    assert (web["Width"], web["Height"]) == size


class _Raw(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def over_the_wire(answered: dict[str, Any]) -> Any:
    """The container of Probe's answer as botocore reads it."""
    client = boto3.client("mediaconvert", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test")

    def respond(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, 200, {}, _Raw(json.dumps(answered).encode()))

    client.meta.events.register("before-send.mediaconvert.Probe", respond)
    (found,) = client.probe(InputFiles=[{"FileUrl": "s3://uploads/a.mp4"}])["ProbeResults"]
    return found["Container"]


def test_a_preview_has_a_job_of_its_own_that_ends_where_it_does() -> None:
    whole, preview = requests(job(*PICTURES))
    assert list(groups(whole)) == ["web", "phone"]
    assert list(groups(preview)) == ["gif"]
    assert "InputClippings" not in whole["Settings"]["Inputs"][0]
    assert preview["Settings"]["Inputs"][0]["InputClippings"] == [{"EndTimecode": "00:00:06:00"}]
    assert preview["Settings"]["Inputs"][0]["TimecodeSource"] == "ZEROBASED"
    assert "AudioSelectors" not in preview["Settings"]["Inputs"][0]


@given(duration=st.floats(0.1, 10_000))
def test_a_clip_never_ends_behind_the_source(duration: float) -> None:
    media = MediaInfo("mp4", duration, VideoStream(640, 360, 25.0), AudioStream("aac", 44_100, 2))
    parts = engine.shares_of(job(media=media))
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert all(part.count == len(parts) for part in parts)
    assert sorted(plan.preset.name for part in parts for plan, _ in part.outputs) == sorted(ALL)
    assert [part.clip for part in parts[:2]] == [None, None]
    for part in parts[2:]:
        assert part.clip is not None
        assert part.clip < duration


def test_every_file_is_written_to_its_key() -> None:
    for request in requests(job()):
        for preset, group in groups(request).items():
            destination = group["OutputGroupSettings"]["FileGroupSettings"]["Destination"]
            assert f"{destination}.{group['Outputs'][0]['Extension']}" == f"s3://output/{key_of(preset)}"


# How sound is mixed.


def mix(channels: int, preset: str) -> dict[str, Any] | None:
    media = MediaInfo("mp4", 60.0, audio=AudioStream("aac", 48_000, channels))
    wanted = job(preset, media=media if preset in {"audio", "speech"} else replace(media, video=VIDEO.video))
    (request,) = requests(wanted)
    assert_in_model(request)
    return described(request, preset)["AudioDescriptions"][0].get("RemixSettings")  # type: ignore[no-any-return]


@pytest.mark.parametrize("preset", ["speech", "audio", "web", "phone"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6, 8, 16, 64, 70])
def test_nobody_is_lost_on_the_way_to_fewer_channels(channels: int, preset: str) -> None:
    audio = presets.find(preset).audio
    assert audio
    found = mix(channels, preset)
    if channels == audio.channels:
        assert found is None, "nothing to mix"
        return
    assert found is not None
    used = min(channels, 64)
    assert (found["ChannelsIn"], found["ChannelsOut"]) == (used, audio.channels)
    volumes = [output["InputChannelsFineTune"] for output in found["ChannelMapping"]["OutputChannels"]]
    assert len(volumes) == audio.channels
    for output in volumes:
        assert len(output) == used
        assert all(-60 < volume <= 0 for volume in output), "-60 would be silence"
        assert sum(10 ** (volume / 20) for volume in output) == pytest.approx(1 if used < 5 else 2, rel=1e-3)


def test_both_sides_of_stereo_are_in_the_speech_and_never_cancel_each_other_out() -> None:
    found = mix(2, "speech")
    assert found
    ((left, right),) = [output["InputChannelsFineTune"] for output in found["ChannelMapping"]["OutputChannels"]]
    assert 10 ** (left / 20) + 10 ** (right / 20) == pytest.approx(1, rel=1e-3)
    assert 10 ** (left / 20) - 10 ** (right / 20) == pytest.approx(0.2, rel=1e-2), "in opposite phase"


@pytest.mark.parametrize(("codec", "corrected"), [("aac", "AUTO"), ("opus", None)])
def test_the_track_that_the_plan_means_is_heard_and_kept_in_step(codec: str, corrected: str | None) -> None:
    (request,) = requests(job("speech", media=replace(VIDEO, audio=AudioStream(codec, 44_100, 2, number=3))))
    assert_in_model(request)
    (selector,) = request["Settings"]["Inputs"][0]["AudioSelectors"].values()
    assert (selector["SelectorType"], selector["Tracks"]) == ("TRACK", [3])
    assert selector.get("AudioDurationCorrection") == corrected


@pytest.mark.parametrize(
    ("curve", "is_wide", "corrected"),
    [
        ("", False, None),
        ("", True, {"ColorSpaceConversion": "FORCE_709"}),
        ("hlg", True, {"ColorSpaceConversion": "FORCE_709"}),
        ("pq", True, {"ColorSpaceConversion": "FORCE_709", "HdrToSdrToneMapper": "VIBRANT"}),
    ],
)
@pytest.mark.parametrize("preset", ["web", "gif"])
def test_pictures_are_progressive_with_square_pixels_in_usual_colours(
    preset: str, curve: str, is_wide: bool, corrected: dict[str, str] | None
) -> None:
    source = VideoStream(720, 576, 25.0, pixel_shape=64 / 45, curve=curve, is_wide=is_wide)
    (request,) = requests(job(preset, media=replace(VIDEO, video=source)))
    assert_in_model(request)
    picture = described(request, preset)["VideoDescription"]
    assert picture["Width"] / picture["Height"] == pytest.approx(16 / 9, rel=0.01)
    assert picture["VideoPreprocessors"]["Deinterlacer"]["Control"] == "NORMAL"
    assert picture["VideoPreprocessors"].get("ColorCorrector") == corrected
    if preset == "web":
        coded = picture["CodecSettings"]["H264Settings"]
        assert (coded["ParControl"], coded["ParNumerator"], coded["ParDenominator"]) == ("SPECIFIED", 1, 1)


def test_the_channels_of_a_call_that_are_heard_apart_stay_apart() -> None:
    call = MediaInfo("mp4", 60.0, None, AudioStream("aac", 44_100, 2, apart=True))
    (request,) = requests(job("speech", media=call))
    sound = described(request, "speech")["AudioDescriptions"][0]
    assert "RemixSettings" not in sound
    assert sound["CodecSettings"]["WavSettings"]["Channels"] == 2
    assert_in_model(request)


def test_mono_is_on_both_sides_of_stereo() -> None:
    found = mix(1, "audio")
    assert found
    assert found["ChannelMapping"]["OutputChannels"] == [{"InputChannelsFineTune": [0.0]}] * 2


def test_sound_of_which_the_channels_are_not_known_is_left_to_mediaconvert() -> None:
    assert mix(0, "speech") is None


# Starting.


def test_all_parts_are_started_under_names_of_their_own(bench: Bench) -> None:
    whole, preview = requests(job(*PICTURES))
    bench.found()
    bench.created(whole)
    bench.created(preview)
    assert bench.transcoder.start(job(*PICTURES)) is None
    tokens = {request["ClientRequestToken"] for request in (whole, preview)}
    assert len(tokens) == 2
    assert all(re.fullmatch("[0-9a-f]{64}", token) for token in tokens)
    assert hashlib.sha256(f"{NAME}#1".encode()).hexdigest() in tokens
    assert whole["UserMetadata"] == {"job": NAME, "share": "1", "shares": "2", "seconds": "60.000"}


def test_what_runs_already_is_not_started_again(bench: Bench) -> None:
    whole, preview = requests(job(*PICTURES))
    bench.found(running(preview, "job-2"), running(whole, "job-1", "SUBMITTED"))
    assert bench.transcoder.start(job(*PICTURES)) is UnderWay.UNDER_WAY


def test_a_part_that_could_not_be_started_is_started_later(bench: Bench) -> None:
    whole, preview = requests(job(*PICTURES))
    bench.found()
    bench.created(whole)
    bench.stubber.add_client_error("create_job", "TooManyRequestsException")
    with pytest.raises(EngineBusy):
        bench.transcoder.start(job(*PICTURES))
    bench.found(completed(whole, "job-1"))
    bench.created(preview)
    assert bench.transcoder.start(job(*PICTURES)) is None


def test_a_job_that_has_ended_is_told_at_once(bench: Bench) -> None:
    whole, preview = requests(job(*PICTURES))
    bench.written(*PICTURES)
    bench.found(completed(preview, "job-2", 6.0), completed(whole, "job-1", 60.0))
    assert bench.transcoder.start(job(*PICTURES)) == JobOutcome(
        NAME,
        (
            Rendition("web", key_of("web"), 1000, 60.0, 1280, 720),
            Rendition("phone", key_of("phone"), 1001, 60.0, 1280, 720),
            Rendition("gif", key_of("gif"), 1002, 6.0, 320, 180),
        ),
    )


@pytest.mark.parametrize(("status", "code"), [("ERROR", "unreadable"), ("CANCELED", "transcoding-cancelled")])
def test_a_job_that_has_failed_is_told_at_once(bench: Bench, status: str, code: str) -> None:
    (request,) = requests(job("web"))
    bench.found(running(request, "job-1", status, ErrorCode=1010, ErrorMessage="Unable to open [s3://secret]"))
    outcome = bench.transcoder.start(job("web"))
    assert isinstance(outcome, JobOutcome)
    assert outcome.failure
    assert outcome.failure.code == code
    assert "secret" not in str(outcome.failure)


def test_only_the_newest_job_of_this_very_name_counts(bench: Bench) -> None:
    (request,) = requests(job("web"))
    other_run = request["UserMetadata"] | {"job": f"{OWNER}.{ASSET}.v2.renditions"}
    foreign = request["UserMetadata"] | {"share": "first"}
    bench.found(
        running(request, "job-4", UserMetadata=other_run),
        running(request, "job-3", "ERROR", UserMetadata=foreign),
        running(request, "job-2"),
        running(request, "job-1", "ERROR"),
    )
    assert bench.transcoder.start(job("web")) is UnderWay.UNDER_WAY


def test_all_pages_are_searched(bench: Bench) -> None:
    (request,) = requests(job("web"))
    search = {"InputFile": job().source.uri, "Order": "DESCENDING", "Queue": QUEUE}
    answer(bench.stubber, "search_jobs", {"Jobs": [], "NextToken": "more"}, **search)
    answer(bench.stubber, "search_jobs", {"Jobs": [running(request, "job-1")]}, **search, NextToken="more")
    assert bench.transcoder.start(job("web")) is UnderWay.UNDER_WAY


@pytest.mark.parametrize("operation", ["search_jobs", "create_job"])
@pytest.mark.parametrize(
    ("answered", "raised"),
    [
        ("TooManyRequestsException", EngineBusy),
        ("ServiceQuotaExceededException", EngineBusy),
        ("ForbiddenException", EngineFailed),
        ("BadRequestException", EngineFailed),
        ("InternalServerErrorException", ClientError),
    ],
)
def test_refusals_have_names(bench: Bench, operation: str, answered: str, raised: type[Exception]) -> None:
    if operation == "create_job":
        bench.found()
    bench.stubber.add_client_error(operation, answered, "Cannot read s3://uploads/secret.mp4")
    with pytest.raises(raised) as caught:
        bench.transcoder.start(job("web"))
    if raised is not ClientError:
        assert "secret" not in str(caught.value)


def test_a_queue_that_is_not_there_is_for_an_operator(bench: Bench) -> None:
    bench.found()
    bench.stubber.add_client_error("create_job", "NotFoundException")
    with pytest.raises(EngineFailed, match="operator") as caught:
        bench.transcoder.start(job("web"))
    assert caught.value.code == "mediaconvert-not-found"


# Events.


def test_the_end_of_a_job_of_one_part_is_told_by_its_event_alone(bench: Bench) -> None:
    (request,) = requests(job("web", "phone"))
    bench.written("web", "phone")
    outcome = bench.transcoder.read_event(complete(request))
    assert outcome == JobOutcome(
        NAME,
        (
            Rendition("web", key_of("web"), 1000, 60.0, 1280, 720),
            Rendition("phone", key_of("phone"), 1001, 60.0, 1280, 720),
        ),
    )
    assert bench.transcoder.read_event(complete(request)) == outcome


def test_the_first_part_to_end_tells_nothing(bench: Bench) -> None:
    whole, preview = requests(job(*PICTURES))
    bench.asked(running(preview, "job-2"))
    bench.found(running(preview, "job-2"), running(whole, "job-1"))
    bench.asked(running(whole, "job-1"))
    assert bench.transcoder.read_event(complete(preview, "job-2", 6.0)) is None


def test_the_last_part_to_end_tells_of_all(bench: Bench) -> None:
    whole, preview = requests(job(*PICTURES))
    bench.written(*PICTURES)
    bench.asked(running(whole, "job-1"))
    bench.found(completed(preview, "job-2", 6.0), running(whole, "job-1"))
    outcome = bench.transcoder.read_event(complete(whole))
    assert outcome
    assert [output.preset for output in outcome.outputs] == list(PICTURES)
    assert [output.duration for output in outcome.outputs] == [60.0, 60.0, 6.0]


def test_parts_that_end_together_see_each_other_though_the_search_lags(bench: Bench) -> None:
    whole, preview = requests(job(*PICTURES))
    bench.written(*PICTURES)
    outcomes = []
    for told, own, other in (
        (complete(whole, "job-1"), running(whole, "job-1"), completed(preview, "job-2", 6.0)),
        (complete(preview, "job-2", 6.0), running(preview, "job-2"), completed(whole, "job-1")),
    ):
        bench.asked(own)
        bench.found(running(preview, "job-2"), running(whole, "job-1"))
        bench.asked(other)
        outcomes.append(bench.transcoder.read_event(told))
    assert outcomes[0]
    assert [output.preset for output in outcomes[0].outputs] == list(PICTURES)
    assert outcomes[1]
    assert [output.preset for output in outcomes[1].outputs] == list(PICTURES)


def test_a_part_that_was_never_started_is_waited_for(bench: Bench) -> None:
    whole, _ = requests(job(*PICTURES))
    bench.asked(running(whole, "job-1"))
    bench.found(running(whole, "job-1"))
    assert bench.transcoder.read_event(complete(whole)) is None


def test_a_preview_that_fails_costs_a_note(bench: Bench) -> None:
    whole, preview = requests(job(*PICTURES))
    bench.written("web", "phone")
    bench.asked(running(preview, "job-2"))
    bench.found(running(preview, "job-2"), completed(whole, "job-1"))
    outcome = bench.transcoder.read_event(event("error", preview, "job-2", errorCode=1060))
    assert outcome
    assert outcome.failure is None
    assert [output.preset for output in outcome.outputs] == ["web", "phone"]
    (note,) = outcome.notes
    assert str(note) == (
        "A short preview could not be made. The recording cannot be transcoded (MediaConvert error 1060)."
    )


def test_a_picture_that_cannot_be_made_costs_neither_the_sound_nor_the_preview(bench: Bench) -> None:
    whole, sound, preview = requests(job())
    assert [list(groups(part)) for part in (whole, sound, preview)] == [["web", "phone"], ["audio"], ["gif"]]
    bench.written("audio", "gif")
    bench.asked(running(whole, "job-1"))
    bench.found(completed(preview, "job-3", 6.0), completed(sound, "job-2"))
    outcome = bench.transcoder.read_event(event("error", whole, "job-1", errorCode=1040))
    assert outcome
    assert outcome.failure is None
    assert [output.preset for output in outcome.outputs] == ["audio", "gif"]
    (note,) = outcome.notes
    assert (
        str(note) == "Some renditions could not be made. The recording cannot be transcoded (MediaConvert error 1040)."
    )


def test_parts_all_of_which_fail_are_a_failure_with_the_first_ones_reason(bench: Bench) -> None:
    whole, preview = requests(job(*PICTURES))
    bench.asked(running(whole, "job-1"))
    bench.found(running(preview, "job-2", "ERROR", ErrorCode=1040))
    outcome = bench.transcoder.read_event(event("error", whole, "job-1", errorCode=1030))
    assert outcome
    assert outcome.failure
    assert outcome.failure.code == "undecodable"
    assert outcome.outputs == ()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (1010, "unreadable"),
        (1030, "undecodable"),
        (1040, "mediaconvert-error"),
        (1401, "engine-access"),
        (1404, "engine-access"),
        (1433, "engine-access"),
        (1999, "mediaconvert-error"),
        (3400, "mediaconvert-error"),
        (None, "mediaconvert-no-reason"),
    ],
)
def test_a_failure_is_told_in_a_sentence_and_never_in_mediaconverts_words(
    bench: Bench, code: int | None, told: str
) -> None:
    (request,) = requests(job("web"))
    failed = event("error", request, errorCode=code, errorMessage="Unable to open input file [s3://uploads/secret.mp4]")
    outcome = bench.transcoder.read_event(failed)
    assert outcome
    assert outcome.failure
    assert outcome.failure.code == told
    assert str(outcome.failure).endswith(".")
    assert "secret" not in str(outcome.failure)
    assert told != "mediaconvert-error" or str(code) in str(outcome.failure)


def test_a_cancelled_job_has_failed(bench: Bench) -> None:
    (request,) = requests(job("web"))
    outcome = bench.transcoder.read_event(event("canceled", request))
    assert outcome
    assert outcome.failure
    assert outcome.failure.code == "transcoding-cancelled"


def test_a_recording_that_breaks_off_is_noted(bench: Bench) -> None:
    (request,) = requests(job("web"))
    bench.written("web")
    outcome = bench.transcoder.read_event(complete(request, seconds=20.0))
    assert outcome
    assert outcome.notes == (broken_off(60, 20),)


def test_a_preview_is_not_measured_by_the_recording(bench: Bench) -> None:
    (request,) = requests(job("gif"))
    bench.written("gif")
    outcome = bench.transcoder.read_event(complete(request, seconds=2.0))
    assert outcome
    assert outcome.notes == ()
    assert [output.duration for output in outcome.outputs] == [2.0]


def test_a_rendition_that_is_not_found_is_told(bench: Bench) -> None:
    (request,) = requests(job("web", "phone"))
    bench.written("web")
    outcome = bench.transcoder.read_event(complete(request))
    assert outcome
    assert [output.preset for output in outcome.outputs] == ["web"]
    assert [str(note) for note in outcome.notes] == ["The rendition phone was made and cannot be found."]


def test_a_rendition_that_mediaconvert_names_in_its_own_way_is_told(bench: Bench) -> None:
    (request,) = requests(job("web", "phone"))
    bench.written("web", "phone")
    told = complete(request)
    told["detail"]["outputGroupDetails"][1]["outputDetails"][0]["outputFilePaths"] = ["s3://output/elsewhere/a%20b.mp4"]
    outcome = bench.transcoder.read_event(told)
    assert outcome
    assert [output.preset for output in outcome.outputs] == ["web"]
    assert [str(note) for note in outcome.notes] == ["The rendition a%20b.mp4 was made and cannot be found."]


def test_renditions_none_of_which_are_found_have_failed(bench: Bench) -> None:
    (request,) = requests(job("web", "phone"))
    outcome = bench.transcoder.read_event(complete(request))
    assert outcome
    assert outcome.outputs == ()
    assert outcome.failure
    assert outcome.failure.code == "no-output"


@pytest.mark.parametrize("name", ["complete", "error", "canceled", "progressing"])
def test_jobs_of_others_tell_nothing(bench: Bench, name: str) -> None:
    told = json.loads((EXAMPLES / f"{name}.json").read_text())
    assert bench.transcoder.read_event(told) is None
    told["detail"]["userMetadata"] = {"job": "nightly", "share": "1", "shares": "1", "seconds": "1"}
    assert bench.transcoder.read_event(told) is None


def test_a_job_that_progresses_tells_nothing(bench: Bench) -> None:
    (request,) = requests(job("web"))
    for status in ("PROGRESSING", "STATUS_UPDATE", "INPUT_INFORMATION", "NEW_WARNING", "QUEUE_HOP"):
        assert bench.transcoder.read_event(event("progressing", request, status=status)) is None


def test_an_event_that_comes_when_no_question_is_answered_has_to_come_again(bench: Bench) -> None:
    whole, _ = requests(job(*PICTURES))
    bench.stubber.add_client_error("get_job", "TooManyRequestsException")
    with pytest.raises(EngineBusy):
        bench.transcoder.read_event(complete(whole))


# Stills.

FRAMES_KEY = f"output/frames/{OWNER}/{ASSET}/{VERSION}/frames.jpg"


def stills(rate: Fraction, media: MediaInfo = VIDEO) -> TranscodingJob:
    output = TranscodingOutput("frames", S3Object("output", FRAMES_KEY), rate)
    return TranscodingJob(
        f"{RUN}.frames", S3Object("uploads", f"input/{OWNER}/{ASSET}/recording.mp4"), media, (output,)
    )


@pytest.mark.parametrize("media", [VIDEO, SILENT], ids=["video", "silent"])
@pytest.mark.parametrize("rate", sorted({*CAPTURE_RATES.values(), Fraction(30_000, 1001), Fraction(12_000, 1001)}))
def test_stills_are_captured_at_the_rate_named_beside_as_small_a_film_as_can_be(
    bench: Bench, rate: Fraction, media: MediaInfo
) -> None:
    (request,) = requests(stills(rate, media))
    bench.found()
    bench.created(request)
    assert bench.transcoder.start(stills(rate, media)) is None
    captured, beside = (group["Outputs"][0] for group in request["Settings"]["OutputGroups"])
    assert {
        group["OutputGroupSettings"]["FileGroupSettings"]["Destination"]
        for group in request["Settings"]["OutputGroups"]
    } == {f"s3://output/output/frames/{OWNER}/{ASSET}/{VERSION}/frames"}
    settings = captured["VideoDescription"]["CodecSettings"]["FrameCaptureSettings"]
    assert Fraction(settings["FramerateNumerator"], settings["FramerateDenominator"]) == rate
    assert (captured["Extension"], captured["ContainerSettings"]) == ("jpg", {"Container": "RAW"})
    assert "AudioDescriptions" not in captured
    assert beside["Extension"] == "mp4"
    assert beside["VideoDescription"]["Width"] <= 320
    assert ("AudioDescriptions" in beside) == (media.audio is not None)


def test_stills_have_been_made_when_what_lies_beside_them_has(bench: Bench) -> None:
    wanted = stills(Fraction(1, 5))
    (request,) = requests(wanted)
    beside = FRAMES_KEY.replace(".jpg", ".mp4")
    bench.transcoder.aws.s3.put_object(Bucket="output", Key=beside, Body=b"small")
    outcome = JobOutcome(f"{RUN}.frames", (Rendition("frames", beside, 5, 60.0, 320, 180),))
    bench.found(completed(request, "job-1"))
    assert bench.transcoder.start(wanted) == outcome
    paths = [FRAMES_KEY.replace(".jpg", ".0000012.jpg"), beside]
    details = [
        {
            "outputDetails": [
                {
                    "outputFilePaths": [f"s3://output/{path}"],
                    "durationInMs": 60_000,
                    "videoDetails": {"widthInPx": 320, "heightInPx": 180},
                }
            ],
            "type": "FILE_GROUP",
        }
        for path in paths
    ]
    assert bench.transcoder.read_event(event("complete", request, outputGroupDetails=details)) == outcome


def test_of_sound_there_are_no_stills(bench: Bench) -> None:
    with pytest.raises(EngineFailed):
        bench.transcoder.start(stills(Fraction(1), SOUND))


def cut_of(wanted: str, start: float, end: float, media: MediaInfo, captions: bool = False) -> dict[str, Any]:
    said = S3Object("output", f"output/clips/{OWNER}/{ASSET}/{VERSION}/clip.whole.srt") if captions else None
    (request,) = requests(replace(job(wanted, media=media), cut=Cut(start, end, said, "zh-TW")))
    return request


@pytest.mark.parametrize(
    ("media", "start", "end", "clipping"),
    [
        # 29.97 frames a second: an hour of them is 107 892 frames, which as a timecode is 3.6 seconds less
        (replace(VIDEO, duration=4000.0), 3600.0, 3601.0, ("00:59:56:12", "00:59:57:11")),
        (SILENT, 1.5, 2.52, ("00:00:01:13", "00:00:02:12")),
        (SOUND, 30.75, 31.5, ("00:00:30:75", "00:00:31:49")),
        (SOUND, 30.0, 60.0, ("00:00:30:00", None)),
        (replace(VIDEO, video=VideoStream(640, 480, 60.0)), 0.0, 0.5, ("00:00:00:00", "00:00:00:29")),
    ],
)
def test_a_clip_is_cut_by_frames_both_of_which_are_in_it(
    media: MediaInfo, start: float, end: float, clipping: tuple[str, str | None]
) -> None:
    wanted = "audio" if media.audio else "web"
    (found,) = cut_of(wanted, start, end, media)["Settings"]["Inputs"][0]["InputClippings"]
    assert (found["StartTimecode"], found.get("EndTimecode")) == clipping


def test_captions_are_written_into_the_picture_of_a_clip_and_into_nothing_else() -> None:
    request = cut_of("web", 10.0, 20.0, VIDEO, captions=True)
    (source,) = request["Settings"]["Inputs"][0]["CaptionSelectors"].values()
    assert source["SourceSettings"]["FileSourceSettings"]["SourceFile"].endswith("/clip.whole.srt")
    (burned,) = described(request, "web")["CaptionDescriptions"]
    assert burned["DestinationSettings"]["DestinationType"] == "BURN_IN"
    assert burned["DestinationSettings"]["BurninDestinationSettings"]["FontScript"] == "HANT"
    assert "CaptionDescriptions" not in described(cut_of("audio", 10.0, 20.0, SOUND, captions=True), "audio")
    assert "CaptionSelectors" not in cut_of("web", 10.0, 20.0, VIDEO)["Settings"]["Inputs"][0]


@pytest.mark.parametrize("wanted", ["web", "audio"])
def test_a_clip_is_one_job_that_mediaconvert_takes(bench: Bench, wanted: str) -> None:
    cut = replace(job(wanted), cut=Cut(10.0, 20.0, S3Object("output", "output/clips/a.srt"), "en"))
    (request,) = requests(cut)
    bench.found()
    bench.created(request)
    assert bench.transcoder.start(cut) is None
    bench.written(wanted)
    outcome = bench.transcoder.read_event(complete(request, seconds=10.0))
    assert isinstance(outcome, JobOutcome)
    assert outcome.notes == (), "that it is shorter than its source is no news"
    assert [one.duration for one in outcome.outputs] == [10.0]
