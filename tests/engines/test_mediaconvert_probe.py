"""What an upload holds, found by its headers where it lies in S3: Probe's answers, and plain sound files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import RECORDINGS, AudioStream, MediaInfo, VideoStream
from chalicelib.engines.probing import mediaconvert as engine
from chalicelib.engines.registry import module_of
from chalicelib.errors import EngineBusy, EngineFailed, MediaRejected, SettingsError
from chalicelib.seams.probing import PROBING
from chalicelib.storage.buckets import ObjectStore
from chalicelib.storage.object_file import ObjectFile
from tests.engines.stubs import answer, context, stubbed
from tests.harness.media import cut_in_half, ffmpeg, make_any, make_audio, make_video
from tests.harness.places import ROOT

SOURCE = S3Object("uploads", "input/owner-1/0870a1b2/Zoë's 50 % + 1.mp4")
PICTURE = {
    "TrackType": "video",
    "Codec": "AVC",
    "Duration": 60.0,
    "VideoProperties": {"Width": 1920, "Height": 1080, "FrameRate": {"Numerator": 30_000, "Denominator": 1001}},
}
SOUND = {
    "TrackType": "audio",
    "Codec": "AAC",
    "Duration": 60.0,
    "AudioProperties": {"SampleRate": 48_000, "Channels": 2},
}
WORDS = {"TrackType": "data", "Codec": "WEBVTT", "Duration": 60.0}


def found(container: str | None = "mp4", *tracks: dict[str, Any], duration: float | None = 60.0) -> dict[str, Any]:
    told = {"Format": container, "Duration": duration, "Tracks": list(tracks)}
    return {key: value for key, value in told.items() if value is not None}


@dataclass
class Bench:
    prober: engine.MediaConvertProber
    stubber: Stubber
    reads: list[str] = field(default_factory=list)

    def put(self, body: bytes | Path) -> S3Object:
        data = body if isinstance(body, bytes) else body.read_bytes()
        self.prober.aws.s3.put_object(Bucket=SOURCE.bucket, Key=SOURCE.key, Body=data)
        return SOURCE

    def told(self, container: dict[str, Any]) -> None:
        asked = [{"FileUrl": f"s3://{SOURCE.bucket}/{SOURCE.key}"}]
        answer(self.stubber, "probe", {"ProbeResults": [{"Container": container}]}, InputFiles=asked)

    def probe(self, container: dict[str, Any], body: bytes | Path = b"\0\0\0\x18ftypmp42") -> MediaInfo:
        """What comes of it when Probe says that the object is `container`."""
        self.put(body)
        self.told(container)
        return self.prober.probe(SOURCE)

    def refusal(self, container: dict[str, Any], body: bytes | Path = b"\0\0\0\x18ftypmp42") -> str:
        with pytest.raises(MediaRejected) as caught:
            self.probe(container, body)
        assert caught.value.message.endswith(".")
        assert SOURCE.key not in caught.value.message
        return caught.value.code


@pytest.fixture
def bench() -> Iterator[Bench]:
    given = context()
    with mock_aws(), stubbed(given.aws, "mediaconvert", "mediaconvert") as stubber:
        given.aws.s3 = boto3.client("s3", region_name="us-east-1")
        given.aws.s3.create_bucket(Bucket=SOURCE.bucket)
        running = Bench(module_of(PROBING, "mediaconvert").create(given), stubber)
        given.aws.s3.meta.events.register(
            "provide-client-params.s3.GetObject", lambda params, **_: running.reads.append(params["Range"])
        )
        yield running


# Which botocore it is asked through.


@pytest.mark.parametrize("version", ["1.34.145", "1.43.0", "1.43.9", "1.43.59"])
def test_a_botocore_that_does_not_tell_of_rotations_stops_the_start(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.__version__", version)
    with pytest.raises(SettingsError, match=rf"{version}.*Package boto3 with the functions"):
        module_of(PROBING, "mediaconvert").create(context())


@pytest.mark.parametrize("version", ["1.43.60", "1.43.110", "1.44.5", "1.44.0.dev1", "2.0.0"])
def test_a_newer_botocore_will_do(version: str) -> None:
    engine.check_botocore(version)


def test_the_botocore_that_is_pinned_will_do() -> None:
    (pinned,) = re.findall(r"^botocore==(\S+)$", (ROOT / "constraints.txt").read_text(), re.M)
    engine.check_botocore(pinned)


def test_the_botocore_here_tells_all_that_is_read_of_an_answer() -> None:
    model = botocore.session.get_session().get_service_model("mediaconvert")
    read = {"Width", "Height", "FrameRate", "Rotation", "CodecMetadata", "TransferCharacteristics", "ColorPrimaries"}
    assert read | {"SampleAspectRatio"} <= set(model.shape_for("VideoProperties").members)
    assert {"SampleAspectRatio", "TransferCharacteristics"} <= set(model.shape_for("CodecMetadata").members)
    assert set(engine._CURVES) <= set(model.shape_for("TransferCharacteristics").metadata["enum"])
    assert {"SampleRate", "Channels", "BitDepth", "LanguageCode"} <= set(model.shape_for("AudioProperties").members)


# What Probe says.


def test_a_video_is_seen_for_what_it_is(bench: Bench) -> None:
    assert bench.probe(found("mp4", WORDS, PICTURE, SOUND)) == MediaInfo(
        "mp4", 60.0, VideoStream(1920, 1080, 30_000 / 1001, 0, "h264"), AudioStream("aac", 48_000, 2)
    )


@pytest.mark.parametrize(
    ("told", "container"),
    [
        ("mp4", "mp4"),
        ("quicktime", "mp4"),
        ("three_gp", "mp4"),
        ("matroska", "matroska"),
        ("webm", "matroska"),
        ("avi", "avi"),
        ("wave", "wav"),
        ("mp3", "mp3"),
        ("flac", "flac"),
        ("ogg", "ogg"),
        ("three_g2", "mp4"),
        ("mpegts", "mpegts"),
        ("mpegps", "mpegps"),
        ("mxf", "mxf"),
        ("asf", "asf"),
        ("aac", "aac"),
    ],
)
def test_containers_have_the_names_that_the_app_speaks(bench: Bench, told: str, container: str) -> None:
    assert container in RECORDINGS
    assert bench.probe(found(told, SOUND)).container == container


def test_a_wav_fit_for_speech_models_is_known_as_one(bench: Bench) -> None:
    fit = {"SampleRate": 16_000, "Channels": 1, "BitDepth": 16}
    sound = {"TrackType": "audio", "Codec": "PCM", "AudioProperties": fit}
    assert bench.probe(found("wave", sound)).is_speech_wav
    for change in ({"SampleRate": 44_100}, {"Channels": 2}, {"BitDepth": 24}):
        assert not bench.probe(found("wave", {**sound, "AudioProperties": fit | change})).is_speech_wav


@pytest.mark.parametrize(
    ("told", "seen"), [(None, (1920, 1080)), (90, (1080, 1920)), (180, (1920, 1080)), (270, (1080, 1920))]
)
def test_a_turned_picture_is_seen_upright(bench: Bench, told: int | None, seen: tuple[int, int]) -> None:
    turned = {**PICTURE, "VideoProperties": {**PICTURE["VideoProperties"], **({"Rotation": told} if told else {})}}  # type: ignore[dict-item]
    video = bench.probe(found("mp4", turned)).video
    assert video
    assert video.display_size == seen
    assert video.rotation == (told or 0)


WIDE = {"Numerator": 64, "Denominator": 45}


@pytest.mark.parametrize(
    ("more", "seen"),
    [
        ({"SampleAspectRatio": WIDE}, (1024, 576)),
        ({"CodecMetadata": {"SampleAspectRatio": WIDE}}, (1024, 576)),
        (
            {"SampleAspectRatio": {"Numerator": 1, "Denominator": 1}, "CodecMetadata": {"SampleAspectRatio": WIDE}},
            (720, 576),
        ),
        ({"SampleAspectRatio": {"Numerator": 900, "Denominator": 1}}, (720, 576)),
        ({"SampleAspectRatio": {"Numerator": 0, "Denominator": 0}}, (720, 576)),
    ],
)
def test_pixels_have_the_shape_that_the_file_says(bench: Bench, more: dict[str, Any], seen: tuple[int, int]) -> None:
    small = {"Width": 720, "Height": 576, "FrameRate": {"Numerator": 25, "Denominator": 1}}
    video = bench.probe(found("mp4", {**PICTURE, "VideoProperties": small | more})).video
    assert video
    assert video.display_size == seen


@pytest.mark.parametrize(
    ("more", "curve", "is_wide"),
    [
        ({}, "", False),
        ({"TransferCharacteristics": "SMPTE_2084", "ColorPrimaries": "ITU_2020"}, "pq", True),
        ({"CodecMetadata": {"TransferCharacteristics": "ARIB_B67", "ColorPrimaries": "ITU_2020"}}, "hlg", True),
        ({"TransferCharacteristics": "ITU_2020_10bit", "ColorPrimaries": "ITU_2020"}, "", True),
    ],
)
def test_light_and_colours_are_known(bench: Bench, more: dict[str, Any], curve: str, is_wide: bool) -> None:
    properties = PICTURE["VideoProperties"] | more  # type: ignore[operator]
    video = bench.probe(found("mp4", {**PICTURE, "VideoProperties": properties})).video
    assert video
    assert (video.curve, video.is_wide) == (curve, is_wide)


def test_the_first_track_that_can_be_decoded_is_heard_and_the_others_are_told(bench: Bench) -> None:
    spoken = {**SOUND, "AudioProperties": {"SampleRate": 48_000, "Channels": 2, "LanguageCode": "fra"}}
    media = bench.probe(found("mp4", {**SOUND, "Codec": "UNKNOWN"}, PICTURE, SOUND, spoken))
    assert media.audio
    assert (media.audio.number, media.audio.language) == (2, None)
    assert [(other.number, other.language) for other in media.others] == [(3, "fr")]


@pytest.mark.parametrize(
    ("container", "tracks", "seconds"),
    [
        (108_060.0, (60.0, 58.0), 60.0),
        (64.0, (60.0, 60.0), 64.0),
        (60.0, (None, None), 60.0),
        (None, (60.0, 58.0), 60.0),
    ],
)
def test_a_clock_that_begins_late_is_not_the_length(
    bench: Bench, container: float | None, tracks: tuple[float | None, float | None], seconds: float
) -> None:
    lengths = [{"Duration": length} if length else {"Duration": 0.0} for length in tracks]
    told = found("matroska", {**PICTURE, **lengths[0]}, {**SOUND, **lengths[1]}, duration=container)
    assert bench.probe(told).duration == seconds


@pytest.mark.parametrize("container", ["amr", "aiff", "caf"])
def test_what_mediaconvert_cannot_take_is_told_by_its_name_and_not_asked_for(
    bench: Bench, container: str, tmp_path: Path
) -> None:
    path, _ = make_any(tmp_path, container)
    with pytest.raises(
        MediaRejected, match=rf"holds {container.upper()}, which cannot be opened here\. Please"
    ) as caught:
        bench.prober.probe(bench.put(path))
    assert caught.value.code == "unsupported-container"


def test_every_container_is_one_that_probe_tells_or_one_that_mediaconvert_cannot_take() -> None:
    model = botocore.session.get_session().get_service_model("mediaconvert")
    told = {engine.family(name) for name in model.shape_for("Container").members["Format"].enum}
    assert RECORDINGS - told == {"amr", "aiff", "caf"}


def test_the_length_of_the_longest_track_stands_in_for_the_containers(bench: Bench) -> None:
    assert bench.probe(found("matroska", {**PICTURE, "Duration": 58.5}, SOUND, duration=None)).duration == 60.0


def test_the_first_track_that_can_be_decoded_counts(bench: Bench) -> None:
    media = bench.probe(found("mp4", {**SOUND, "Codec": "UNKNOWN"}, {**SOUND, "Codec": "OPUS"}, PICTURE))
    assert media.audio
    assert media.audio.codec == "opus"


def test_a_picture_without_a_frame_rate_is_none_to_divide_by(bench: Bench) -> None:
    size = {"Width": 640, "Height": 360, "FrameRate": {"Numerator": 0, "Denominator": 0}}
    video = bench.probe(found("mp4", {**PICTURE, "VideoProperties": size})).video
    assert video
    assert video.frame_rate == 0


@pytest.mark.parametrize(
    ("container", "code"),
    [
        ({}, "unreadable"),
        (found(None), "unreadable"),
        (found("ac3", SOUND), "unsupported-container"),
        (found("yet another", PICTURE, SOUND), "unsupported-container"),
        (found("mp4"), "no-streams"),
        (found("matroska", WORDS), "no-streams"),
        (found("mp4", PICTURE, duration=0.04), "too-short"),
        (found("mp4", {**PICTURE, "Duration": 0.0}, duration=None), "too-short"),
        (found("mp4", {**PICTURE, "Codec": "UNKNOWN"}, {**SOUND, "Codec": "UNKNOWN"}), "unsupported-codec"),
        (found("mp4", {**PICTURE, "VideoProperties": {"Width": 0, "Height": 0}}), "unsupported-codec"),
    ],
)
def test_what_is_no_recording_is_refused(bench: Bench, container: dict[str, Any], code: str) -> None:
    assert bench.refusal(container) == code


def test_an_answer_about_nothing_is_an_unreadable_file(bench: Bench) -> None:
    bench.put(b"Dear diary,\n" * 100)
    bench.stubber.add_response("probe", {"ProbeResults": []})
    with pytest.raises(MediaRejected) as caught:
        bench.prober.probe(SOURCE)
    assert caught.value.code == "unreadable"


def test_an_mp4_cut_in_half_is_refused(bench: Bench, tmp_path: Path) -> None:
    bench.put(cut_in_half(make_video(tmp_path / "s.mp4", 0.5)))
    bench.stubber.add_client_error("probe", "UnprocessableEntityException", f"cannot parse s3://uploads/{SOURCE.key}")
    with pytest.raises(MediaRejected) as caught:
        bench.prober.probe(SOURCE)
    assert caught.value.code == "unreadable"
    assert SOURCE.key not in caught.value.message


def test_an_empty_file_is_refused_without_asking(bench: Bench) -> None:
    with pytest.raises(MediaRejected) as caught:
        bench.prober.probe(bench.put(b""))
    assert caught.value.code == "empty-file"


def test_an_upload_that_is_gone_is_no_fault_of_the_file(bench: Bench) -> None:
    with pytest.raises(EngineFailed) as caught:
        bench.prober.probe(SOURCE)
    assert caught.value.code == "no-recording"


@pytest.mark.parametrize(
    ("answered", "raised"),
    [
        ("TooManyRequestsException", EngineBusy),
        ("ForbiddenException", EngineFailed),
        ("BadRequestException", EngineFailed),
        ("InternalServerErrorException", ClientError),
    ],
)
def test_refusals_have_names(bench: Bench, answered: str, raised: type[Exception]) -> None:
    bench.put(b"\0\0\0\x18ftypmp42")
    bench.stubber.add_client_error("probe", answered)
    with pytest.raises(raised):
        bench.prober.probe(SOURCE)


# Plain sound files, which tell all by themselves.


@pytest.mark.parametrize(
    ("ending", "container", "codec"), [("mp3", "mp3", "mp3"), ("flac", "flac", "flac"), ("ogg", "ogg", "vorbis")]
)
def test_plain_sound_is_read_where_it_lies(
    bench: Bench, tmp_path: Path, ending: str, container: str, codec: str
) -> None:
    media = bench.prober.probe(bench.put(make_audio(tmp_path / f"s.{ending}", 2.0)))
    assert media == MediaInfo(container, media.duration, audio=AudioStream(codec, 44_100, 1))
    assert media.duration == pytest.approx(2.0, abs=0.15)


def test_opus_is_told_from_vorbis(bench: Bench, tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=duration=2", "-c:a", "libopus", tmp_path / "s.ogg")
    assert bench.prober.probe(bench.put(tmp_path / "s.ogg")).audio == AudioStream("opus", 48_000, 1)


def test_a_tag_and_a_cover_do_not_matter(bench: Bench, tmp_path: Path) -> None:
    make_audio(tmp_path / "s.mp3", 2.0)
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=640x640:duration=1", "-frames:v", "1", tmp_path / "c.png")
    both = ["-i", tmp_path / "s.mp3", "-i", tmp_path / "c.png", "-map", "0:a", "-map", "1:v", "-c", "copy"]
    ffmpeg(*both, "-metadata", "title=Minutes", "-disposition:v", "attached_pic", tmp_path / "b.mp3")
    media = bench.prober.probe(bench.put(tmp_path / "b.mp3"))
    assert media.video is None
    assert media.duration == pytest.approx(2.0, abs=0.15)


def test_an_mp3_without_any_tag_is_known_by_its_frames(bench: Bench, tmp_path: Path) -> None:
    make_audio(tmp_path / "s.mp3", 2.0)
    bare = ["-i", tmp_path / "s.mp3", "-c", "copy", "-id3v2_version", "0", "-write_xing", "0", tmp_path / "b.mp3"]
    ffmpeg(*bare)
    assert (tmp_path / "b.mp3").read_bytes()[0] == 0xFF
    media = bench.prober.probe(bench.put(tmp_path / "b.mp3"))
    assert media.container == "mp3"
    assert media.duration == pytest.approx(2.0, abs=0.15)


def read_bytes(bench: Bench) -> int:
    return sum(int(end) - int(start) + 1 for start, end in (text[6:].split("-") for text in bench.reads))


@pytest.mark.parametrize(("name", "seconds"), [("s.flac", 60.0), ("s.ogg", 300.0), ("s.mp3", 300.0)])
def test_a_long_recording_is_not_read_whole(bench: Bench, tmp_path: Path, name: str, seconds: float) -> None:
    path = make_audio(tmp_path / name, seconds, "anoisesrc", 22_050)
    assert bench.prober.probe(bench.put(path)).duration == pytest.approx(seconds, abs=0.15)
    assert read_bytes(bench) <= 4 * 256 * 1024 < path.stat().st_size


def test_a_file_made_to_be_searched_for_ever_is_given_up_and_left_to_probe(bench: Bench) -> None:
    assert bench.refusal({}, b"ID3\x04\0\0\0\0\0\0" + b"\0" * 6 * 1024**2) == "unreadable"
    assert read_bytes(bench) < 5 * 1024**2


@pytest.mark.parametrize(
    "body", [b"ID3 is a standard for tags", b"OggS" + b"\0" * 100, b"OggS" + b"\0" * 600_000, b"fLaC", b"\xff\xfb" * 5]
)
def test_what_only_looks_like_sound_is_left_to_probe(bench: Bench, body: bytes) -> None:
    assert bench.refusal({}, body) == "unreadable"


def test_a_flac_that_does_not_know_its_length_is_left_to_probe(bench: Bench, tmp_path: Path) -> None:
    data = bytearray(make_audio(tmp_path / "s.flac", 1.0).read_bytes())
    # STREAMINFO's last 36 bits before the checksum are the number of samples; 0 means unknown (RFC 9639, 8.2).
    data[21] &= 0xF0
    data[22:26] = b"\0\0\0\0"
    assert bench.probe(found("flac", SOUND), bytes(data)).duration == 60.0


@given(head=st.binary(max_size=16))
def test_what_begins_like_no_sound_file_is_none(head: bytes) -> None:
    known = head.startswith((b"fLaC", b"OggS", b"ID3", b"\xff"))
    assert known or not engine.is_sound_file(head)


@pytest.mark.parametrize("ending", ["mp4", "mkv", "avi", "wav", "m4a"])
def test_everything_else_goes_to_probe(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"s.{ending}"
    made = make_audio(path, 0.2) if ending in {"wav", "m4a"} else make_video(path, 0.2)
    assert not engine.is_sound_file(made.read_bytes()[:16])


def test_an_aac_stream_is_not_taken_for_mp3(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac", "-f", "adts", tmp_path / "s.aac")
    assert not engine.is_sound_file((tmp_path / "s.aac").read_bytes()[:16])


def test_an_object_reads_like_a_file(bench: Bench) -> None:
    data = bytes(range(256)) * 8
    bench.put(data)
    file = ObjectFile(ObjectStore(bench.prober.aws.s3, SOURCE.bucket), SOURCE.key, len(data), 2 * len(data))
    assert file.read(10) == data[:10]
    assert file.seek(-5, 2) == len(data) - 5
    assert file.read(100) == data[-5:]
    assert file.read(1) == b""
    assert file.seek(7) == file.tell() == 7
    assert file.seek(3, 1) == 10
    assert file.read() == data[10:]
    with pytest.raises(OSError, match="beginning"):
        file.seek(-1)
