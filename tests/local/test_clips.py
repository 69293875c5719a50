"""Clips by the real ffmpeg: what is cut is what was asked for, and captions stand in the picture."""

import threading
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from chalicelib.domain.keys import S3Object
from chalicelib.seams.transcoding import NOT_BURNED, Cut, TranscodingJob, TranscodingOutput
from local.engines import _burn, ffmpeg, pyav
from local.engines.pocketsphinx import PocketSphinxTranscriber
from local.jobs import JobResult, LocalJob
from tests.harness.media import ffmpeg as run_ffmpeg
from tests.harness.places import ROOT
from tests.local.engines_on_a_machine import BUCKET, Bench, bench

START, END, CHANGE = 62.5, 64.25, 63.0
"""Seconds: what is cut, and when it becomes loud and white."""


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as running:
        yield running


def recording(here: Bench, name: str, size: str = "160x90") -> Path:
    """Silent and black at first, then loud and white; with a key frame every ten seconds, and none where it is cut."""
    path = here.folder / name
    seen = f"color=black:s={size}:r=30000/1001:d=70,drawbox=c=white:t=fill:enable='gte(t,{CHANGE})'"
    heard = f"sine=f=440:d=70,volume=0:enable='lt(t,{CHANGE})'"
    picture = (
        []
        if name.endswith(("mp3", "wav"))
        else ["-f", "lavfi", "-i", seen, "-g", "250", "-bf", "0", "-pix_fmt", "yuv420p"]
    )
    run_ffmpeg("-f", "lavfi", "-i", heard, *picture, str(path))
    return path


def clip(here: Bench, path: Path, preset: str, captions: str | None = None, language: str | None = None) -> JobResult:
    source = here.put(path)
    said = None
    if captions is not None:
        (here.folder / "said.srt").write_text(captions, encoding="utf-8")
        said = here.put(here.folder / "said.srt")
    output = TranscodingOutput(preset, S3Object(BUCKET, f"output/{preset}"))
    cut = Cut(START, END, said, language)
    job = TranscodingJob("clip", source, pyav.PyavProber().probe(source), (output,), cut)
    assert ffmpeg.FfmpegTranscoder().start(job) is None
    result = here.result()
    assert result.outcome.failure is None, result.outcome.failure
    return result


def loud_from(path: Path) -> float:
    """The second at which it becomes loud."""
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            loud = np.flatnonzero(np.abs(frame.to_ndarray().astype(np.float32)).max(axis=0) > 0.02)
            if loud.size and frame.time is not None:
                return float(frame.time + loud[0] / frame.sample_rate)
    raise AssertionError("it never is")


def white_from(path: Path) -> float:
    with av.open(str(path)) as container:
        return float(next(one.time for one in container.decode(video=0) if one.to_ndarray(format="gray").mean() > 128))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi", "a.mpg", "a.wmv", "a.mp3"])
def test_a_clip_is_what_lies_between_two_moments_to_a_tenth_of_a_second(here: Bench, name: str) -> None:
    path = recording(here, name)
    (output,) = clip(here, path, "audio").outcome.outputs
    assert output.duration == pytest.approx(END - START, abs=0.1)
    assert loud_from(here.folder / "audio.mp3") == pytest.approx(CHANGE - START, abs=0.1)
    if name.endswith("mp3"):
        return
    here.jobs._entries.clear()  # the same name again
    (output,) = clip(here, path, "web").outcome.outputs
    assert output.duration == pytest.approx(END - START, abs=0.1)
    assert loud_from(here.folder / "web.mp4") == pytest.approx(CHANGE - START, abs=0.1)
    assert white_from(here.folder / "web.mp4") == pytest.approx(CHANGE - START, abs=0.1)


def test_a_clip_of_the_debate_holds_the_words_that_were_asked_for_and_no_others(here: Bench) -> None:
    start, end = 17.69, 20.86  # "Somebody has to pay for public transportation"
    source = here.put(ROOT / "samples" / "debate.mp4")
    output = TranscodingOutput("audio", S3Object(BUCKET, "output/audio"))
    job = TranscodingJob("clip", source, pyav.PyavProber().probe(source), (output,), Cut(start, end))
    assert ffmpeg.FfmpegTranscoder().start(job) is None
    (made,) = here.result().outcome.outputs
    assert made.duration == pytest.approx(end - start, abs=0.1)
    wav = here.folder / "heard.wav"
    run_ffmpeg("-i", here.folder / "audio.mp3", "-ar", "16000", "-ac", "1", "-c:a", "pcm_s16le", wav)
    words = PocketSphinxTranscriber(workers=1).transcribe(wav, LocalJob("heard", here.folder, threading.Event()))
    assert (words[0].text, words[-1].text) == ("Somebody", "transportation")


SAID = "1\n00:01:02,600 --> 00:01:02,900\n{}\n\n2\n00:01:03,100 --> 00:01:04,200\nLater\n"


def bright(path: Path, second: float) -> int:
    """Pixels in the lower third of the picture at that second which are as bright as letters."""
    with av.open(str(path)) as container:
        frame = next(one for one in container.decode(video=0) if one.time is not None and one.time >= second)
    picture = frame.to_ndarray(format="gray")
    return int((picture[picture.shape[0] * 2 // 3 :] > 180).sum())


def test_captions_are_written_into_the_picture_when_they_are_said_and_command_nothing(here: Bench) -> None:
    hostile = r"{\an8\fs1}Hello\N{\p1}m 0 0"
    result = clip(here, recording(here, "a.mp4", "640x360"), "web", SAID.format(hostile), "en-US")
    assert result.outcome.notes == ()
    assert bright(here.folder / "web.mp4", 0.02) == 0
    assert bright(here.folder / "web.mp4", 0.2) > 100


def test_letters_that_no_font_here_has_are_not_written_and_it_says_so(
    here: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_burn, "font", lambda text, language: None)
    result = clip(here, recording(here, "a.mp4", "640x360"), "web", SAID.format("Hello"))
    assert result.outcome.notes == (NOT_BURNED,)
    assert bright(here.folder / "web.mp4", 0.2) == 0
