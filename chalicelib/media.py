"""What a media file holds, as a probe finds it. Pure values."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class VideoStream:
    """The picture of a recording.

    `width` and `height` are the coded size in pixels; `rotation` is how far the picture must be turned clockwise to
    stand upright (0, 90, 180 or 270 degrees); `frame_rate` is in frames a second; `bit_rate` is in kbit/s, None where
    nobody says.
    """

    width: int
    height: int
    frame_rate: float
    rotation: int = 0
    codec: str = ""
    bit_rate: int | None = field(default=None, compare=False)

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height in pixels as a viewer sees them, after rotation."""
        if self.rotation in (90, 270):
            return self.height, self.width
        return self.width, self.height


@dataclass(frozen=True, slots=True)
class AudioStream:
    """The sound of a recording: `sample_rate` in Hz, `bit_rate` in kbit/s, None where nobody says."""

    codec: str
    sample_rate: int
    channels: int
    bit_rate: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a probe found: the container's name, the length in seconds, and the first stream of each kind."""

    container: str
    duration: float
    video: VideoStream | None = None
    audio: AudioStream | None = None

    @property
    def is_speech_wav(self) -> bool:
        """Whether the file already is what speech models want: 16 kHz mono 16-bit PCM in a WAV."""
        return (
            self.container == "wav"
            and self.video is None
            and self.audio is not None
            and (self.audio.codec, self.audio.sample_rate, self.audio.channels) == ("pcm_s16le", 16_000, 1)
        )


def readable_size(size: int) -> str:
    """`size` in bytes as people read it, in powers of 1000."""
    for unit, factor in (("GB", 1000**3), ("MB", 1000**2), ("kB", 1000)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"


ACCEPTED = {
    "mp4": ("mp4", "m4v", "mov", "qt", "f4v", "3gp", "3gpp", "3g2", "m4a", "m4b"),
    "matroska": ("mkv", "webm", "mka", "weba"),
    "avi": ("avi",),
    "mpegts": ("ts", "mts", "m2ts"),
    "mpegps": ("mpg", "mpeg", "vob"),
    "mxf": ("mxf",),
    "asf": ("wmv", "asf", "wma"),
    "mp3": ("mp3", "mp2"),
    "wav": ("wav", "wave"),
    "flac": ("flac",),
    "ogg": ("ogg", "oga", "opus", "ogv"),
    "aac": ("aac",),
    "amr": ("amr",),
    "aiff": ("aiff", "aif", "aifc"),
    "caf": ("caf",),
}
"""What a file may hold, by container, and the endings that such files have; mp4 is all of QuickTime's family."""

ACCEPTED_CONTAINERS = frozenset(ACCEPTED)

ACCEPTED_ENDINGS = frozenset(ending for endings in ACCEPTED.values() for ending in endings)
"""The endings that an upload may have. Only the first check, for a mistaken file: what counts is what a file holds."""
