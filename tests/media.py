"""Makes small recordings of every kind on the spot, with ffmpeg."""

import subprocess
from pathlib import Path

import imageio_ffmpeg

_AUDIO_CODECS = {
    ".webm": "libopus",
    ".ogg": "libvorbis",
    ".avi": "libmp3lame",
    ".mp3": "libmp3lame",
    ".wav": "pcm_s16le",
}
_VIDEO_CODECS = {".webm": "libvpx"}


def ffmpeg(*arguments: str | Path) -> None:
    quiet = ["-hide_banner", "-nostdin", "-loglevel", "error", "-y"]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), *quiet, *arguments], check=True, timeout=120)


def make_video(
    path: Path, seconds: float = 2.0, size: tuple[int, int] = (160, 90), sound: bool = True, faststart: bool = False
) -> Path:
    """A moving test picture, with a tone unless it is to be silent; the ending tells the container."""
    inputs: list[str | Path] = ["-f", "lavfi", "-i", f"testsrc=size={size[0]}x{size[1]}:rate=25:duration={seconds}"]
    codecs = ["-c:v", _VIDEO_CODECS.get(path.suffix, "libx264"), "-pix_fmt", "yuv444p" if size[0] % 2 else "yuv420p"]
    if sound:
        inputs += ["-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=44100:duration={seconds}"]
        codecs += ["-c:a", _AUDIO_CODECS.get(path.suffix, "aac")]
    ffmpeg(*inputs, *codecs, *(["-movflags", "+faststart"] if faststart else []), "-t", str(seconds), path)
    return path


def make_audio(path: Path, seconds: float = 2.0, source: str = "sine=frequency=440", rate: int = 44100) -> Path:
    """A tone (or another lavfi `source` of sound); the ending tells container and codec."""
    codec = _AUDIO_CODECS.get(path.suffix, "flac" if path.suffix == ".flac" else "aac")
    ffmpeg("-f", "lavfi", "-i", source, "-t", str(seconds), "-ar", str(rate), "-c:a", codec, path)
    return path


def rotated(path: Path, source: Path, degrees: int) -> Path:
    """`source` with a note that its picture must be turned, as phones write it."""
    ffmpeg("-display_rotation", str(degrees), "-i", source, "-c", "copy", path)
    return path


def cut_in_half(path: Path) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path
