"""Makes small recordings of every kind on the spot, with ffmpeg."""

import struct
import subprocess
import wave
from contextlib import nullcontext
from pathlib import Path

import imageio_ffmpeg

from chalicelib.domain.media import ACCEPTED
from tests.harness.places import ROOT

SPEECH_RATE = 16_000
"""Samples a second of the speech rendition, and of what `speech` makes."""

_AUDIO_CODECS = {
    ".webm": "libopus",
    ".ogg": "libvorbis",
    ".avi": "libmp3lame",
    ".mp3": "libmp3lame",
    ".wav": "pcm_s16le",
    ".mpg": "mp2",
    ".mxf": "pcm_s16le",
    ".wmv": "wmav2",
    ".amr": "libopencore_amrnb",
    ".aiff": "pcm_s16be",
    ".caf": "pcm_s16le",
}
_VIDEO_CODECS = {".webm": "libvpx", ".mpg": "mpeg2video", ".mxf": "mpeg2video", ".wmv": "wmv2"}
_RATES = {".amr": 8000, ".mxf": 48000}
"""Hz, where a format knows no other."""

_SOUND_ONLY = frozenset({"mp3", "wav", "flac", "ogg", "aac", "amr", "aiff", "caf"})


def ffmpeg(*arguments: str | Path, into: Path | None = None) -> None:
    """Run ffmpeg; what it writes to `pipe:1` goes into a file."""
    quiet = ["-hide_banner", "-nostdin", "-loglevel", "error", "-y"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), *quiet, *arguments]
    with into.open("wb") if into else nullcontext() as output:
        subprocess.run(command, check=True, timeout=120, stdout=output)


def make_video(
    path: Path, seconds: float = 2.0, size: tuple[int, int] = (160, 90), sound: bool = True, faststart: bool = False
) -> Path:
    """A moving test picture, with a tone unless it is to be silent; the ending tells the container."""
    inputs: list[str | Path] = ["-f", "lavfi", "-i", f"testsrc=size={size[0]}x{size[1]}:rate=25:duration={seconds}"]
    codecs = ["-c:v", _VIDEO_CODECS.get(path.suffix, "libx264"), "-pix_fmt", "yuv444p" if size[0] % 2 else "yuv420p"]
    if sound:
        inputs += [
            "-f",
            "lavfi",
            "-i",
            f"sine=frequency=440:sample_rate={_RATES.get(path.suffix, 44100)}:duration={seconds}",
        ]
        codecs += ["-c:a", _AUDIO_CODECS.get(path.suffix, "aac")]
    ffmpeg(*inputs, *codecs, *(["-movflags", "+faststart"] if faststart else []), "-t", str(seconds), path)
    return path


def make_audio(path: Path, seconds: float = 2.0, source: str = "sine=frequency=440", rate: int = 44100) -> Path:
    """A tone (or another lavfi `source` of sound); the ending tells container and codec."""
    codec = _AUDIO_CODECS.get(path.suffix, "flac" if path.suffix == ".flac" else "aac")
    rate = _RATES.get(path.suffix, rate)
    ffmpeg("-f", "lavfi", "-i", source, "-t", str(seconds), "-ar", str(rate), "-c:a", codec, path)
    return path


def make_any(folder: Path, container: str) -> tuple[Path, bool]:
    """Two seconds in `container`, as `ACCEPTED` calls it; and whether such files have a picture."""
    path = folder / f"source.{ACCEPTED[container][0]}"
    is_sound = container in _SOUND_ONLY
    return make_audio(path) if is_sound else make_video(path), not is_sound


def rotated(path: Path, source: Path, degrees: int) -> Path:
    """`source` with a note that its picture must be turned, as phones write it."""
    ffmpeg("-display_rotation", str(degrees), "-i", source, "-c", "copy", path)
    return path


def cut_in_half(path: Path) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def speech(path: Path, seconds: float, start: float = 0.0) -> Path:
    """So much of the talk in `samples/debate.mp4`, as a WAV in the shape of the speech rendition."""
    source = ROOT / "samples" / "debate.mp4"
    sound = ["-vn", "-ar", str(SPEECH_RATE), "-ac", "1", "-c:a", "pcm_s16le"]
    ffmpeg("-ss", str(start), "-i", source, "-t", str(seconds), *sound, path)
    return path


def write_wav(path: Path, sound: bytes, channels: int = 1, rate: int = SPEECH_RATE) -> Path:
    """`sound`, 16 bits a sample, as a WAV."""
    with wave.open(str(path), "wb") as wav:
        wav.setparams((channels, 2, rate, 0, "NONE", ""))
        wav.writeframes(sound)
    return path


def _wav(
    *, form: int = 1, channels: int = 1, bits: int = 16, form_size: int = 16, name: bytes = b"data", size: int = 2000
) -> bytes:
    """A WAV with 2000 bytes of silence; whatever is given may be wrong. Layout: http://soundfile.sapp.org/doc/WaveFormat/"""
    frame = channels * bits // 8
    said = struct.pack("<HHIIHH", form, channels, SPEECH_RATE, SPEECH_RATE * frame, frame, bits)
    body = b"WAVEfmt " + struct.pack("<I", form_size) + said + name + struct.pack("<I", size) + bytes(2000)
    return b"RIFF" + struct.pack("<I", len(body)) + body


BROKEN_WAVS = {
    "no sound": _wav()[:44],
    "no channels": _wav(channels=0),
    "samples of no bits": _wav(bits=0),
    "samples of 7 bits": _wav(bits=7),
    "a format that nobody knows": _wav(form=0x7777),
    "a format longer than the file": _wav(form_size=0x66666666),
    "a format too short": _wav(form_size=4),
    "no data": _wav(name=b"HURF", size=0x39393939),
    "more data than there is": _wav(size=0x7FFFFFF0),
    "less data than there is": _wav(size=3),
    "cut off within its header": _wav()[:30],
}
"""Headers that say what cannot be."""
