"""The recordings that are measured: all made from the sample, once, and kept in `WORK`."""

from pathlib import Path

import imageio_ffmpeg

from benchmarks.measure import SAMPLE, WORK, run

_CLIP_SECONDS = 20


def video(seconds: int) -> Path:
    """A 1080p recording as a phone makes it, with the sample's sound: 30 frames and 17 Mbit a second, sensor noise."""
    path = WORK / f"video-{seconds}s.mp4"
    if not path.exists():
        # The clip is drawn once and then repeated as it is: drawing ten minutes would take longer than measuring.
        picture = f"testsrc2=size=1920x1080:rate=30,noise=alls=10:allf=t,trim=duration={_CLIP_SECONDS},format=yuv420p"
        encoded: list[str | Path] = ["-c:v", "libx264", "-preset", "veryfast", "-b:v", "17M", "-bf", "0"]
        clip = _make(WORK / "clip.mp4", ["-f", "lavfi", "-i", picture, "-t", str(_CLIP_SECONDS), *encoded])
        inputs: list[str | Path] = ["-stream_loop", "-1", "-i", clip, "-stream_loop", "-1", "-i", SAMPLE]
        _make(path, [*inputs, "-map", "0:v:0", "-map", "1:a:0", "-c:v", "copy", "-c:a", "aac", "-t", str(seconds)])
    return path


def sound(seconds: int) -> Path:
    """A recording of nothing but the sample's sound, over and over."""
    path = WORK / f"sound-{seconds}s.flac"
    return path if path.exists() else _make(path, [*_looped(seconds), "-c:a", "flac"])


def speech(seconds: int) -> Path:
    """The sample's sound, over and over, as speech models want it."""
    path = WORK / f"speech-{seconds}s.wav"
    return path if path.exists() else _make(path, [*_looped(seconds), "-ar", "16000", "-ac", "1", "-c:a", "pcm_s16le"])


def _looped(seconds: int) -> list[str | Path]:
    return ["-stream_loop", "-1", "-i", SAMPLE, "-map", "0:a:0", "-t", str(seconds)]


def _make(path: Path, arguments: list[str | Path]) -> Path:
    """Let ffmpeg write `path`, which is only there once it is whole."""
    partial = path.with_name(f"partial-{path.name}")
    quiet = ["-hide_banner", "-nostdin", "-loglevel", "error", "-y"]
    run([str(imageio_ffmpeg.get_ffmpeg_exe()), *quiet, *arguments, partial])
    return partial.rename(path)
