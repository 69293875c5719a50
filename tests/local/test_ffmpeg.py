"""The local transcoder: real files through the real ffmpeg."""

import time
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from chalicelib.domain import presets
from chalicelib.domain.assets import Options
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import RECORDINGS, AudioStream, MediaInfo, VideoStream
from chalicelib.errors import EngineFailed
from chalicelib.pipeline import plan
from chalicelib.seams.transcoding import TranscodingJob, TranscodingOutput, broken_off
from local.engines import _graph, ffmpeg, pyav
from local.jobs import JobResult
from tests.harness.media import cut_in_half, make_any, make_audio, make_video, rotated
from tests.harness.media import ffmpeg as run_ffmpeg
from tests.harness.processes import commands
from tests.local.engines_on_a_machine import BUCKET, Bench, bench


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as running:
        yield running


def transcode(here: Bench, path: Path, wanted: tuple[presets.Preset, ...] = presets.ALL) -> JobResult:
    source = here.put(path)
    media = pyav.PyavProber().probe(source)
    outputs = tuple(TranscodingOutput(preset.name, S3Object(BUCKET, f"output/{preset.name}")) for preset in wanted)
    assert ffmpeg.FfmpegTranscoder().start(TranscodingJob("job", source, media, outputs)) is None
    return here.result()


def made(result: JobResult) -> dict[str, tuple[int | None, int | None]]:
    assert result.outcome.failure is None, result.outcome.failure
    return {output.preset: (output.width, output.height) for output in result.outcome.outputs}


@pytest.mark.parametrize("container", sorted(RECORDINGS))
def test_every_accepted_container_is_transcoded(here: Bench, container: str) -> None:
    path, has_picture = make_any(here.folder, container)
    result = transcode(here, path)
    assert set(made(result)) == {"audio", "speech"} | ({"web", "phone", "gif"} if has_picture else set())
    for output in result.outcome.outputs:
        assert output.duration == pytest.approx(2.0, abs=0.15)
        assert output.size > 0


@pytest.mark.parametrize(
    ("size", "web"), [((160, 90), (160, 90)), ((161, 91), (160, 90)), ((90, 160), (90, 160)), ((4, 2), (4, 2))]
)
def test_a_small_picture_keeps_its_size_but_for_odd_pixels(
    here: Bench, size: tuple[int, int], web: tuple[int, int]
) -> None:
    assert made(transcode(here, make_video(here.folder / "s.mkv", 0.5, size), (presets.WEB,)))["web"] == web


def test_a_large_picture_is_made_smaller_and_keeps_its_shape(here: Bench) -> None:
    sizes = made(transcode(here, make_video(here.folder / "s.mp4", 0.4, (2560, 1920)), presets.DEFAULT))
    assert sizes == {"web": (960, 720), "phone": (1440, 1080), "audio": (None, None), "gif": (320, 240)}


@pytest.mark.parametrize("degrees", [90, 270])
def test_a_turned_picture_comes_out_upright(here: Bench, degrees: int) -> None:
    flat = make_video(here.folder / "flat.mp4", 0.5, (160, 90))
    result = transcode(here, rotated(here.folder / "turned.mp4", flat, degrees), (presets.WEB, presets.GIF))
    assert made(result) == {"web": (90, 160), "gif": (90, 160)}
    with av.open(str(here.folder / "web.mp4")) as container:
        assert next(container.decode(video=0)).rotation == 0


def test_all_outputs_come_from_one_process_that_reads_the_source_once(tmp_path: Path) -> None:
    media = MediaInfo("mp4", 60.0, VideoStream(1920, 1080, 25.0), AudioStream("aac", 44_100, 2))
    plans = [
        (made, tmp_path / preset.export_name)
        for preset in presets.OF_RECORDINGS
        if (made := presets.plan(preset, media))
    ]
    arguments = _graph.arguments(tmp_path / "source.mp4", media, plans)
    assert arguments.count("-i") == 1
    assert [argument for argument in arguments if argument.startswith(f"file:{tmp_path}")] == [
        f"file:{tmp_path / name}" for name in ("source.mp4", *(preset.export_name for preset in presets.OF_RECORDINGS))
    ]


def test_an_mp4_can_be_played_while_it_loads(here: Bench) -> None:
    transcode(here, make_video(here.folder / "s.mov"), (presets.WEB,))
    data = (here.folder / "web.mp4").read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_a_silent_video_gets_silent_renditions(here: Bench) -> None:
    result = transcode(here, make_video(here.folder / "s.mp4", sound=False))
    assert set(made(result)) == {"web", "phone", "gif"}


def test_a_file_that_breaks_off_is_transcoded_as_far_as_it_goes_and_that_is_said(here: Bench) -> None:
    path = cut_in_half(make_video(here.folder / "s.mp4", 12, (320, 180), faststart=True))
    media = pyav.PyavProber().probe(here.put(path))
    (note,) = plan.notes_for(media, Options())
    assert note == broken_off(12, media.duration)
    result = transcode(here, path, (presets.WEB,))
    assert result.outcome.notes == ()
    assert result.outcome.outputs[0].duration == pytest.approx(media.duration, abs=0.1) != 12.0


def test_what_the_owner_never_meant_to_pass_on_is_dropped(here: Bench) -> None:
    plain = make_video(here.folder / "plain.mp4", 0.5)
    told = here.folder / "told.mp4"
    run_ffmpeg("-i", plain, "-c", "copy", "-metadata", "title=secret", "-metadata", "location=+48.85+002.35/", told)
    transcode(here, told, (presets.WEB, presets.AUDIO))
    for name in ("web.mp4", "audio.mp3"):
        assert b"secret" not in (here.folder / name).read_bytes()
        assert b"48.85" not in (here.folder / name).read_bytes()


@pytest.mark.parametrize(
    "name", ["-i.mp4", "a b'\"; $(x) `y` %d %03d.mp4", "🎤 토론.mp4", "concat:a|b.mp4", "http:x.mp4"]
)
def test_no_file_name_is_anything_but_a_name(here: Bench, name: str) -> None:
    path = make_video(here.folder / "plain.mp4", 0.5).rename(here.folder / name)
    assert "web" in made(transcode(here, path, (presets.WEB,)))


def test_a_job_of_the_same_name_is_not_started_twice(here: Bench) -> None:
    first = transcode(here, make_audio(here.folder / "s.wav"), (presets.AUDIO,))
    media = MediaInfo("wav", 2.0, None, AudioStream("pcm_s16le", 44_100, 1))
    again = TranscodingJob(
        "job", S3Object(BUCKET, "input/s.wav"), media, (TranscodingOutput("audio", S3Object(BUCKET, "x")),)
    )
    assert ffmpeg.FfmpegTranscoder().start(again) == first.outcome


def test_nothing_to_make_is_a_failure_at_once(here: Bench) -> None:
    job = TranscodingJob(
        "job",
        S3Object(BUCKET, "x"),
        MediaInfo("mp3", 2.0, None, AudioStream("mp3", 44_100, 2)),
        (TranscodingOutput("web", S3Object(BUCKET, "y")),),
    )
    with pytest.raises(EngineFailed, match="None of the renditions"):
        ffmpeg.FfmpegTranscoder().start(job)


def start_long_job(here: Bench) -> None:
    source = here.put(make_audio(here.folder / "long.wav", 1800, rate=48_000))
    media = MediaInfo("wav", 1800.0, None, AudioStream("pcm_s16le", 48_000, 1))
    output = TranscodingOutput("audio", S3Object(BUCKET, "x"))
    ffmpeg.FfmpegTranscoder().start(TranscodingJob("long", source, media, (output,)))


def test_a_cancelled_job_lets_go_at_once(here: Bench) -> None:
    start_long_job(here)
    time.sleep(0.3)
    for job in here.jobs.running:
        job.cancelled.set()
    outcome = here.result(5).outcome
    assert outcome.failure and outcome.failure.code == "transcoding-cancelled"
    assert not [command for command in commands() if str(here.folder / "long.wav") in command]


def test_a_job_that_takes_too_long_is_stopped(here: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg, "_LIMIT_SECONDS", 0.3)
    monkeypatch.setattr(ffmpeg, "_LIMIT_FACTOR", 0.0)
    start_long_job(here)
    outcome = here.result(10).outcome
    assert outcome.failure and outcome.failure.code == "timed-out"


def test_a_failure_says_why_without_a_path(here: Bench) -> None:
    path = here.folder / "broken.mp4"
    path.write_bytes(b"nothing that is a recording" * 100)
    media = MediaInfo("mp4", 2.0, VideoStream(160, 90, 25.0), None)
    job = TranscodingJob("job", here.put(path), media, (TranscodingOutput("web", S3Object(BUCKET, "x")),))
    ffmpeg.FfmpegTranscoder().start(job)
    failure = here.result().outcome.failure
    assert failure and failure.code == "transcoding-failed"
    assert "/" not in str(failure)
