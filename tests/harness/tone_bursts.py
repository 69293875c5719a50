"""Odd recordings in which bursts of a tone, and flashes with them, mark the times.

Where a player has them, every rendition and the speech WAV must have them. `grid` goes over the ways in which files are
odd.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np

from tests.harness.media import ffmpeg

BURSTS = (1.0, 2.4, 4.6, 6.2)
BURST_SECONDS = 0.2
SECONDS = 8.0
HOLE = (3.0, 4.2)
"""Where the sound is missing in a file with a hole: between two bursts."""

_LOUD = 0.05
_BRIGHT = 128
_QUIET_SECONDS = 0.1

_TONE = "+".join(f"between(t,{at},{at + BURST_SECONDS})" for at in BURSTS)
_CODECS = {
    "webm": ("libvpx", "libopus"),
    "avi": ("mpeg4", "libmp3lame"),
    "mp3": ("", "libmp3lame"),
    "wav": ("", "pcm_s16le"),
    "flac": ("", "flac"),
    "ogg": ("", "libvorbis"),
    "m4a": ("", "aac"),
    "opus": ("", "libopus"),
    "aac": ("", "aac"),
    "asf": ("msmpeg4", "wmav2"),
    "vob": ("mpeg2video", "mp2"),
}
"""Codecs of picture and sound by ending; H.264 and AAC elsewhere."""

_QUICK = ("-deadline", "realtime", "-cpu-used", "8")

VIDEO = ("mp4", "mov", "mkv", "webm", "avi", "ts", "asf", "vob")
SOUND = ("m4a", "mp3", "wav", "flac", "ogg", "opus", "aac")


@dataclass(frozen=True)
class Odd:
    """A recording to make. Times are in seconds.

    The picture comes `late_picture`, the sound `late_sound` after the other; the clock begins at `clock`; `sound` is a
    filter of the tone; `piped` files never learn how long they are. `silent_first` puts a silent track before it.
    """

    ending: str
    name: str
    late_sound: float = 0.0
    late_picture: float = 0.0
    clock: float = 0.0
    sound: str = ""
    rate: int = 44_100
    picture: str = "format=yuv420p"
    size: str = "160x120"
    piped: bool = False
    silent_first: bool = False
    more: Sequence[str] = field(default=())

    def __str__(self) -> str:
        return f"{self.name}-{self.ending}"

    @property
    def has_picture(self) -> bool:
        """Whether it is a film."""
        return self.ending in VIDEO

    @property
    def bursts(self) -> list[float]:
        """When a player lets the bursts be heard."""
        return [at + (self.late_sound if self.has_picture else 0.0) for at in BURSTS]

    @property
    def flashes(self) -> list[float]:
        """When a player lets the flashes be seen."""
        return [at + self.late_picture for at in BURSTS] if self.has_picture else []

    def make(self, folder: Path) -> Path:
        """The recording, as a file in `folder`."""
        path = folder / f"{self}.{self.ending}"
        picture_codec, sound_codec = _CODECS.get(self.ending, ("libx264", "aac"))
        tone = f"aevalsrc='0.5*sin(2*PI*1000*t)*({_TONE})':d={SECONDS}:s={self.rate}"
        inputs: list[str] = []
        maps: list[str] = []
        if self.has_picture:
            flash = f"color=black:s={self.size}:r=25:d={SECONDS},drawbox=c=white:t=fill:enable='{_TONE}',{self.picture}"
            inputs += ["-itsoffset", f"{self.late_picture}", "-f", "lavfi", "-i", flash]
            maps += ["-map", "0:v", "-c:v", picture_codec, *(_QUICK if picture_codec == "libvpx" else ())]
        if self.silent_first:
            inputs += ["-f", "lavfi", "-i", f"anullsrc=r={self.rate}:d={SECONDS}"]
        heard = f"{tone},{self.sound}" if self.sound else tone
        inputs += ["-itsoffset", f"{self.late_sound}", "-f", "lavfi", "-i", heard]
        maps += [part for index in range(inputs.count("-i")) for part in ("-map", f"{index}:a?")]
        options = ["-c:a", sound_codec, "-output_ts_offset", f"{self.clock}", *self.more]
        target: list[str | Path] = [path]
        if self.piped:  # what cannot be gone back to stays as it was first written
            options += ["-f", {"mkv": "matroska", "m4a": "ipod"}.get(self.ending, self.ending)]
            target = ["pipe:1"]
        ffmpeg(*inputs, *maps, *options, *target, into=path if self.piped else None)
        return path


_HOLE = f"aselect='not(between(t,{HOLE[0]},{HOLE[1]}))'"
_LOSSES = "aselect='not(eq(mod(n,11),5))'"


def grid() -> Iterator[Odd]:
    """Every odd recording."""
    for ending in (*VIDEO, *SOUND):
        yield Odd(ending, "plain", size="352x288")
    for ending in ("ts", "asf", "vob"):
        yield Odd(ending, "sound begins late", late_sound=2.0, size="352x288")
    yield Odd("opus", "clock at fifty seconds", clock=50.0)
    for ending in ("mp4", "mov", "mkv", "webm"):
        yield Odd(ending, "sound begins late", late_sound=2.0)
        yield Odd(ending, "picture begins late", late_picture=2.0)
        yield Odd(ending, "hole", sound=_HOLE)
        yield Odd(ending, "losses", sound=_LOSSES)
        yield Odd(ending, "clock at five seconds", clock=5.0)
        yield Odd(ending, "clock at thirty hours", clock=108_000.0)
        yield Odd(ending, "late and at thirty hours", clock=108_000.0, late_sound=1.5)
        yield Odd(ending, "silent track first", silent_first=True)
    for ending in ("mkv", "webm", "wav", "flac", "ogg", "mp3"):
        yield Odd(ending, "no length", piped=True)
    for ending in ("mp4", "mov"):
        yield Odd(ending, "in fragments", piped=True, more=("-movflags", "frag_keyframe+empty_moov", "-bf", "0"))
    for rate, channels in itertools.product((8_000, 48_000), (1, 6)):
        yield Odd("mkv", f"{rate} Hz by {channels}", sound=f"aformat=channel_layouts={channels}c", rate=rate)
    yield Odd("wav", "channels in opposite phase", sound="pan=stereo|c0=c0|c1=-1*c0")
    yield Odd("mp4", "ten bits", picture="format=yuv420p10le")
    yield Odd("mkv", "twelve bits", picture="format=yuv422p12le", more=("-c:v", "ffv1"))
    yield Odd("mov", "transparent", picture="format=yuva444p10le", more=("-c:v", "prores_ks", "-profile:v", "4444"))
    yield Odd("mp4", "odd size", size="161x97", picture="format=yuv444p")
    yield Odd("mp4", "wide pixels", picture="setsar=64/45,format=yuv420p")
    yield Odd("mkv", "tall pixels", picture="setsar=8/9,format=yuv420p")
    yield Odd("mp4", "interlaced", picture="format=yuv420p", more=("-x264-params", "tff=1"))


def bursts_in(path: Path) -> list[float]:
    """When each burst in a file begins, by the clock that a player goes by."""
    loud: list[float] = []
    with av.open(str(path)) as container:
        origin = (container.start_time or 0) / av.time_base
        for frame in container.decode(audio=0):
            samples = frame.to_ndarray()
            samples = samples.reshape(-1, frame.layout.nb_channels).T if frame.format.is_packed else samples
            full_scale = np.iinfo(samples.dtype).max if samples.dtype.kind == "i" else 1.0
            found = np.flatnonzero(np.abs(samples).max(axis=0) > _LOUD * full_scale) / frame.sample_rate
            loud += [float(frame.time) - origin + float(at) for at in found]
    return _beginnings(loud)


def flashes_in(path: Path) -> list[float]:
    """When each flash in a film begins, by the clock that a player goes by."""
    with av.open(str(path)) as container:
        origin = (container.start_time or 0) / av.time_base
        bright = [
            float(frame.time) - origin
            for frame in container.decode(video=0)
            if frame.to_ndarray(format="gray").mean() > _BRIGHT
        ]
    return _beginnings(bright)


def _beginnings(times: Sequence[float]) -> list[float]:
    """The first of each run of `times`, which are in order."""
    return [at for before, at in zip([-1.0, *times], times, strict=False) if at - before > _QUIET_SECONDS]
