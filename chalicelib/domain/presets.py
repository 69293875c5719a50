"""Renditions: what each is called, what it means, and what exactly to make of a given source. Talks to nobody.

Amazon Elastic Transcoder's system presets are the vocabulary that people know. The service was shut down on 2025-11-13;
its ids and published numbers remain as names (https://docs.aws.amazon.com/elastictranscoder/latest/developerguide/system-presets.html).
The plan made here is for any engine: ffmpeg on one machine, MediaConvert on AWS.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from chalicelib.domain.media import AudioStream, MediaInfo, Picture
from chalicelib.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class VideoPreset:
    """The picture of a rendition: the most that it may have.

    Sizes are in pixels, `max_frame_rate` in frames a second, `bit_rate` in kbit/s, `keyframe_interval` in frames;
    `max_seconds` cuts the rendition short.
    """

    codec: str
    max_width: int
    max_height: int
    max_frame_rate: float
    bit_rate: int
    profile: str = ""
    level: str = ""
    keyframe_interval: int = 90
    max_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class AudioPreset:
    """The sound of a rendition: `bit_rate` in kbit/s (None for PCM), `sample_rate` in Hz."""

    codec: str
    sample_rate: int
    channels: int
    bit_rate: int | None = None


@dataclass(frozen=True, slots=True)
class Preset:
    """One kind of rendition. `name` is also its folder in the output bucket.

    `still` makes a picture of a picture, of so many pixels on its longer side at most.
    """

    name: str
    ids: tuple[str, ...]
    title: str
    extension: str
    content_type: str
    export_name: str
    video: VideoPreset | None = None
    audio: AudioPreset | None = None
    still: int | None = None


WEB = Preset(
    name="web",
    ids=("1351620000001-100070",),
    title="Film, 720p (MP4)",
    extension="mp4",
    content_type="video/mp4",
    export_name="web.mp4",
    video=VideoPreset("h264", 1280, 720, 30.0, 2200, profile="main", level="3.1"),
    audio=AudioPreset("aac", 44_100, 2, 160),
)
PHONE = Preset(
    name="phone",
    ids=("1351620000001-100020",),
    title="Film, 1080p (MP4)",
    extension="mp4",
    content_type="video/mp4",
    export_name="phone.mp4",
    video=VideoPreset("h264", 1920, 1080, 30.0, 5000, profile="high", level="4.1"),
    audio=AudioPreset("aac", 48_000, 2, 160),
)
AUDIO = Preset(
    name="audio",
    # The first id is the one that clients of the older service send; AWS's own table has MP3 320k under the second.
    ids=("1351620000001-100110", "1351620000001-300010"),
    title="Sound (MP3)",
    extension="mp3",
    content_type="audio/mpeg",
    export_name="audio.mp3",
    audio=AudioPreset("mp3", 44_100, 2, 320),
)
GIF = Preset(
    name="gif",
    ids=("1351620000001-100200",),
    title="Short moving preview (GIF)",
    extension="gif",
    content_type="image/gif",
    export_name="preview.gif",
    # Published: 15 frames a second, endless loop, size and length of the source. A GIF of a whole debate would be
    # larger than the debate, so these numbers are our own: a preview fit for a list and a mail.
    video=VideoPreset("gif", 320, 320, 10.0, 400, max_seconds=6.0),
)
SPEECH = Preset(
    name="speech",
    ids=("rapporteur-speech-wav",),
    title="Sound, uncompressed (WAV)",
    extension="wav",
    content_type="audio/wav",
    export_name="speech.wav",
    audio=AudioPreset("pcm_s16le", 16_000, 1),
)
FRAMES = Preset(
    name="frames",
    ids=(),
    title="Stills (JPEG)",
    extension="jpg",
    content_type="image/jpeg",
    export_name="frames.jpg",
    video=VideoPreset("jpeg", 1920, 1080, 60.0, 0),
)
"""What a film is looked at in, where it is not looked at as a film: no rendition that anybody asks for."""

THUMBNAIL = Preset(
    name="thumbnail",
    ids=("rapporteur-thumbnail",),
    title="Small picture (JPEG)",
    extension="jpg",
    content_type="image/jpeg",
    export_name="thumbnail.jpg",
    still=480,
)
PICTURE = Preset(
    name="picture",
    ids=("rapporteur-picture",),
    title="Picture for the screen (JPEG)",
    extension="jpg",
    content_type="image/jpeg",
    export_name="picture.jpg",
    still=1920,
)
STILLS = (THUMBNAIL, PICTURE)
"""What is made of a picture, whatever else was asked for; of a document it is the first page, small."""

_PAGE = Picture(1240, 1754)
"""What the first page of a document is taken for that has no picture: A4, upright."""

DEFAULT = (WEB, PHONE, AUDIO, GIF)
"""What an owner gets who asks for nothing else."""

DEFAULT_NAMES = tuple(preset.name for preset in DEFAULT)
OF_RECORDINGS = (*DEFAULT, SPEECH)
ALL = (*OF_RECORDINGS, *STILLS)


@dataclass(frozen=True, slots=True)
class VideoPlan:
    """The picture to make: even sizes in pixels, `frame_rate` in frames a second, `bit_rate` in kbit/s at most."""

    codec: str
    width: int
    height: int
    frame_rate: float
    bit_rate: int
    profile: str
    level: str
    keyframe_interval: int


@dataclass(frozen=True, slots=True)
class OutputPlan:
    """What exactly to make of a source with a preset: `seconds` is how much of it, from its start."""

    preset: Preset
    seconds: float
    video: VideoPlan | None
    audio: AudioPreset | None


def find(name_or_id: str) -> Preset:
    """The preset with this name or id. Raises InvalidRequest that lists what there is."""
    for preset in ALL:
        if name_or_id == preset.name or name_or_id in preset.ids:
            return preset
    known = ", ".join(f"{preset.name} ({preset.ids[0]})" for preset in ALL)
    raise InvalidRequest(f"There is no preset {name_or_id!r}. The known ones are: {known}.", "unknown-preset")


def chosen(names: Iterable[str], media: MediaInfo) -> tuple[OutputPlan, ...]:
    """What to make of `media` with the presets of these names or ids, as far as they make sense for it.

    Of two whose picture would be the same the one that is named first is made: the other would only be larger.
    """
    plans: dict[object, OutputPlan] = {}
    if media.is_still:
        names = [preset.name for preset in (STILLS if media.pages is None else (THUMBNAIL,))]
    for name in names:
        if (made := plan(find(name), media)) is not None:
            picture = made.video and (made.video.codec, made.video.width, made.video.height, made.video.frame_rate)
            plans.setdefault(picture or made.preset.name, made)
    return tuple(plans.values())


def plan(preset: Preset, media: MediaInfo) -> OutputPlan | None:
    """What to make of `media` with `preset`; None if the preset makes no sense for it.

    Nothing is ever enlarged: not the picture, not its frame rate (from ten frames a second), not the bits that a second
    takes. The picture keeps its shape, upright as it is seen, with square pixels.
    """
    if preset.still is not None:
        picture = media.picture or _PAGE
        return OutputPlan(preset, 0.0, _still(picture, preset.still), None) if media.is_still else None
    audio = _capped(preset.audio, media.audio) if preset.audio and media.audio else None
    if preset is SPEECH and audio and media.audio:
        audio = replace(audio, channels=media.audio.speech_channels)
    if preset.video is None:
        return OutputPlan(preset, media.audio.end or media.duration, None, audio) if audio and media.audio else None
    if media.video is None:
        return None
    wanted = preset.video
    width, height = _fit(*media.video.display_size, wanted)
    video = VideoPlan(
        codec=wanted.codec,
        width=width,
        height=height,
        frame_rate=min(max(media.video.frame_rate or wanted.max_frame_rate, _FEWEST_FRAMES), wanted.max_frame_rate),
        bit_rate=_at_most(media.video.bit_rate, wanted.bit_rate),
        profile=wanted.profile,
        level=wanted.level,
        keyframe_interval=wanted.keyframe_interval,
    )
    seconds = media.duration if wanted.max_seconds is None else min(wanted.max_seconds, media.duration)
    return OutputPlan(preset, seconds, video, audio)


def _still(picture: Picture, most: int) -> VideoPlan:
    scale = min(1.0, most / max(picture.width, picture.height))
    width, height = (max(1, round(side * scale)) for side in (picture.width, picture.height))
    return VideoPlan("jpeg", width, height, 0.0, 0, "", "", 0)


_FEWEST_FRAMES = 10.0
"""Frames a second below which a picture would come and go noticeably late: a slide every ten seconds, for one."""

_RATES = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
"""kbit/s that both AAC and MP3 come in."""

_LEAST_RATE = 32
"""kbit/s of a channel below which nothing is worth hearing, whatever the source has."""

_ROOM = 0.95
"""A limit of the bits in a second is kept over seconds, not over a short recording."""


_LEAST_PICTURE = 64
"""kbit/s below which no moving picture can be made out; what needs less takes less."""


def _at_most(source: int | None, wanted: int) -> int:
    return wanted if source is None else min(wanted, max(_LEAST_PICTURE, int(source * _ROOM)))


def _capped(wanted: AudioPreset, source: AudioStream) -> AudioPreset:
    """The sound of a rendition, with no more bits a second than its source's has."""
    if wanted.bit_rate is None or source.bit_rate is None or source.bit_rate >= wanted.bit_rate:
        return wanted
    rates = [rate for rate in _RATES if rate >= _LEAST_RATE * wanted.channels]
    return replace(wanted, bit_rate=max((rate for rate in rates if rate <= source.bit_rate), default=rates[0]))


def _fit(width: int, height: int, limits: VideoPreset) -> tuple[int, int]:
    """The largest size of the same shape inside the preset's box, which lies down or stands up as the picture does."""
    box = (limits.max_width, limits.max_height) if width >= height else (limits.max_height, limits.max_width)
    scale = min(1.0, box[0] / width, box[1] / height)
    return _even(width * scale, width), _even(height * scale, height)


def _even(size: float, source: int) -> int:
    """The nearest even number of pixels, which H.264's 4:2:0 needs; not above the source's, but at least 2."""
    even = max(2, round(size / 2) * 2)
    return even if even <= max(source, 2) else even - 2
