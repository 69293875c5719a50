"""What a media file holds, as a probe finds it. Pure values."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_FLATTEST, _TALLEST = 4.0, 0.25
"""Shapes of a pixel beyond which a file is not believed."""


@dataclass(frozen=True, slots=True)
class VideoStream:
    """The picture of a recording: the `number`-th of its file, counted from 1.

    `width` and `height` are the coded size in pixels, `pixel_shape` is how wide a pixel is for its height; `rotation`
    is how far the picture must be turned clockwise to stand upright (0, 90, 180 or 270 degrees); `frame_rate` is in
    frames a second, 0 where nobody says; `bit_rate` is in kbit/s, None where nobody says. The picture ends `end`
    seconds after the recording begins, None where nobody says. `curve` is "pq" (SMPTE ST 2084) or "hlg" (ARIB STD-B67)
    of a picture with a high dynamic range, else empty; `is_wide` says that the colours are BT.2020's; `has_alpha` that
    it is transparent in places.
    """

    width: int
    height: int
    frame_rate: float
    rotation: int = 0
    codec: str = ""
    bit_rate: int | None = field(default=None, compare=False)
    number: int = 1
    pixel_shape: float = 1.0
    end: float | None = field(default=None, compare=False)
    curve: str = ""
    is_wide: bool = False
    has_alpha: bool = False

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height in pixels as a viewer sees them: with square pixels, upright."""
        shape = self.pixel_shape if _TALLEST <= self.pixel_shape <= _FLATTEST else 1.0
        width = max(1, round(self.width * shape))
        if self.rotation in (90, 270):
            return self.height, width
        return width, self.height


@dataclass(frozen=True, slots=True)
class AudioStream:
    """The sound of a recording: the `number`-th track of sound in its file, counted from 1.

    `sample_rate` is in Hz, `bit_rate` in kbit/s, None where nobody says; it ends `end` seconds after the recording
    begins, None where nobody says. `language` (BCP 47) and `title` are what the file says of it. `heard` is the channel
    that speech is to be heard in, counted from 1: None for all of them together, unless they cancel each other out.
    `is_same` says that all channels hold the same sound, `is_silent` that there is nothing to hear, of one track among
    several; as far as a prober can tell. Where it is heard `apart`, each channel is heard on its own.
    """

    codec: str
    sample_rate: int
    channels: int
    bit_rate: int | None = field(default=None, compare=False)
    number: int = 1
    end: float | None = field(default=None, compare=False)
    language: str | None = None
    title: str = ""
    heard: int | None = None
    is_same: bool = False
    is_silent: bool = False
    apart: bool = False

    @property
    def speech_channels(self) -> int:
        """How many channels the sound has that is made of it for speech models."""
        return self.channels if self.apart else 1


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that does not move: `width` and `height` in pixels as a viewer sees it, upright.

    `frames` is how many there are in the file, of which the first is looked at: more than one in an animated one.
    """

    width: int
    height: int
    frames: int = 1


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a probe found: the container's name, and the streams that can be decoded and are worked on.

    `duration` is how many seconds there are to see and to hear, from the first to the last, whatever the file's clock
    says; `said` is how many the file says, where it says more than can be read. `others` are the other tracks of sound.

    A picture has a `picture` and no duration; a document has so many `pages`, and a `picture` too if it is one.
    """

    container: str
    duration: float
    video: VideoStream | None = None
    audio: AudioStream | None = None
    said: float | None = None
    others: tuple[AudioStream, ...] = ()
    picture: Picture | None = None
    pages: int | None = None

    @property
    def is_still(self) -> bool:
        """Whether it is a picture or a document: there is nothing to play."""
        return self.picture is not None or self.pages is not None

    @property
    def tracks(self) -> tuple[AudioStream, ...]:
        """All tracks of sound, as they stand in the file."""
        heard = (self.audio,) if self.audio else ()
        return tuple(sorted((*heard, *self.others), key=lambda track: track.number))

    @property
    def is_speech_wav(self) -> bool:
        """Whether the file already is what speech models want: 16 kHz 16-bit PCM in a WAV, mono unless heard apart."""
        audio = self.audio
        return (
            self.container == "wav"
            and self.video is None
            and audio is not None
            and (audio.codec, audio.sample_rate, audio.channels) == ("pcm_s16le", 16_000, audio.speech_channels)
        )


def in_units(size: int) -> tuple[float, str]:
    """`size` in bytes as people count it, in powers of 1000: 24.3 megabytes is (24.3, "megabyte").

    Nobody counts in bytes: a file that holds something has a tenth of a kilobyte at least.
    """
    for unit, factor in (("gigabyte", 1000**3), ("megabyte", 1000**2)):
        if size >= factor:
            return round(size / factor, 1), unit
    return (max(0.1, round(size / 1000, 1)) if size > 0 else 0), "kilobyte"


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
    "jpeg": ("jpg", "jpeg", "jpe"),
    "png": ("png",),
    "webp": ("webp",),
    "heif": ("heic", "heif"),
    "gif": ("gif",),
    "tiff": ("tif", "tiff"),
    "pdf": ("pdf",),
}
"""What a file may hold, by container, and the endings that such files have; mp4 is all of QuickTime's family."""

PICTURES = frozenset({"jpeg", "png", "webp", "heif", "gif", "tiff"})
"""Those that hold a picture which does not move, or whose first frame is looked at; a TIFF may have pages."""

PDF = "pdf"
ACCEPTED_CONTAINERS = frozenset(ACCEPTED)
RECORDINGS = ACCEPTED_CONTAINERS - PICTURES - {PDF}
"""Those that can be played."""


def endings(containers: Iterable[str]) -> frozenset[str]:
    """The endings that files of these containers have."""
    return frozenset(ending for container in containers for ending in ACCEPTED[container])


ACCEPTED_ENDINGS = endings(ACCEPTED)
"""The endings that an upload may have. Only the first check, for a mistaken file: what counts is what a file holds."""

_STILLS = (
    ("jpeg", re.compile(rb"\xff\xd8\xff")),
    ("png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("gif", re.compile(rb"GIF8[79]a")),
    ("webp", re.compile(rb"RIFF....WEBP", re.DOTALL)),
    ("tiff", re.compile(rb"II[*+]\0|MM\0[*+]")),
    ("heif", re.compile(rb"....ftyp(hei[cxms]|hev[cx]|mif1|msf1)", re.DOTALL)),
    (PDF, re.compile(rb".{0,1016}?%PDF-", re.DOTALL)),
)
"""How files begin that hold no recording. A PDF's header may stand behind others' (ISO 32000-2, annex J.3)."""

STILL_HEAD = 1024
"""So many bytes from the beginning tell what a file is."""

_MARKUP = re.compile(rb"(\xef\xbb\xbf)?\s*<(\?xml|!doctype|!--|svg|html)", re.IGNORECASE)


def still_in(head: bytes) -> str | None:
    """The container of a picture or a document whose file begins with `head`; None if it is neither."""
    return next((container for container, pattern in _STILLS if pattern.match(head)), None)


def is_markup(head: bytes) -> bool:
    """Whether a file that begins with `head` is a drawing or a page written in SVG, HTML or XML."""
    return _MARKUP.match(head) is not None
