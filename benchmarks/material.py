"""The recordings that are measured: all made from the sample, once, and kept in `WORK`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import imageio_ffmpeg

from benchmarks.measure import SAMPLE, WORK, run

_CLIP_SECONDS = 20
_PICTURES: Mapping[str, Sequence[str | Path]] = {
    # What this service is for: a phone that stands still before people who speak, with what it leaves of the noise.
    "speakers": ["-i", SAMPLE, "-vf", "scale=1920:1080:flags=bicubic,fps=30,noise=alls=3:allf=t,format=yuv420p"],
    # The worst for an encoder: a test chart in which everything moves at once.
    "chart": ["-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=30,noise=alls=10:allf=t,format=yuv420p"],
}


def video(seconds: int, picture: str = "speakers") -> Path:
    """A 1080p recording as a phone makes it, with the sample's sound: 30 frames and 17 Mbit a second."""
    path = WORK / f"{picture}-{seconds}s.mp4"
    if not path.exists():
        # The clip is drawn once and then repeated as it is: drawing ten minutes would take longer than measuring.
        encoded: list[str | Path] = ["-an", "-c:v", "libx264", "-preset", "veryfast", "-b:v", "17M", "-bf", "0"]
        clip = _make(WORK / f"{picture}.mp4", [*_PICTURES[picture], "-t", str(_CLIP_SECONDS), *encoded])
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
