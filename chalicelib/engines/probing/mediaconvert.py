"""The prober on AWS: MediaConvert's Probe, which reads a file's headers where it lies.

Plain sound files (mp3, flac, ogg) tell all that is asked for near their beginning and end, so those are read here and
cost no call; what cannot be made out that way goes to Probe too, which has the last word
(https://docs.aws.amazon.com/mediaconvert/latest/apireference/probe.html).
"""

import io
import re
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import botocore
from botocore.exceptions import ClientError
from tinytag import TinyTag, TinyTagException

from chalicelib.clients.aws import Aws
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import (
    ACCEPTED_CONTAINERS,
    PDF,
    RECORDINGS,
    STILL_HEAD,
    AudioStream,
    MediaInfo,
    VideoStream,
    is_markup,
    still_in,
)
from chalicelib.engines.grants import ANYTHING, AwsPlace, EngineGrants, Grant, reading
from chalicelib.engines.refusals import code_of, of_service
from chalicelib.engines.registry import EngineContext
from chalicelib.errors import EngineFailed, MediaRejected, SettingsError
from chalicelib.seams.probing import (
    EMPTY,
    MARKUP,
    MOST_DOCUMENT_BYTES,
    MOST_PICTURE_BYTES,
    NO_RECORDING,
    NO_STREAMS,
    SHORTEST,
    STILL_TOO_LARGE,
    TOO_SHORT,
    UNKNOWN_CODECS,
    UNKNOWN_CONTAINER,
    UNREADABLE,
    stated_language,
)
from chalicelib.settings import Settings
from chalicelib.storage.buckets import ObjectStore
from chalicelib.storage.object_file import ObjectFile

if TYPE_CHECKING:
    from mypy_boto3_mediaconvert.type_defs import ContainerTypeDef, TrackTypeDef

_CHUNK = 256 * 1024
"""Bytes read from S3 at a time. More than three pages of Ogg, of at most 65 307 bytes each (RFC 3533, 6)."""

_MOST = 16 * _CHUNK
"""Bytes read of one sound file: a file made to be searched for ever is given up, and left to Probe."""

_STILL_CHUNK = 16 * 1024
_MOST_OF_STILL = 32 * 1024**2
"""The same of a picture: the last of 3,000 pages of a TIFF is far from the first."""

_FAMILIES = {"quicktime": "mp4", "three_gp": "mp4", "three_g2": "mp4", "webm": "matroska", "wave": "wav"}
_UNASKED = re.compile(rb"#!(?P<AMR>AMR)|FORM....(?P<AIFF>AIF[FC])|(?P<CAF>caff)", re.DOTALL)
"""How files begin that MediaConvert takes in no job (formats of Container in
https://docs.aws.amazon.com/mediaconvert/latest/apireference/probe.html), and Probe would only call unreadable."""

_CODECS = {"AVC": "h264"}
_CURVES = {"SMPTE_2084": "pq", "ARIB_B67": "hlg"}
_UNKNOWN = "UNKNOWN"
_SOUND_FILES = {
    "audio/mpeg": ("mp3", "mp3"),
    "audio/flac": ("flac", "flac"),
    'audio/ogg; codecs="vorbis"': ("ogg", "vorbis"),
    'audio/ogg; codecs="opus"': ("ogg", "opus"),
    'audio/ogg; codecs="flac"': ("ogg", "flac"),
}
"""Container and codec by what tinytag calls a file."""


LEAST_BOTOCORE = "1.43.60"
"""The oldest botocore known to pass on a picture's Rotation. What its model does not know it leaves out of an answer,
and every video that was filmed upright would come out lying on its side."""


SERVICES = ("mediaconvert",)

CONTAINERS = ACCEPTED_CONTAINERS - {"webp", "heif", "gif"}
"""Of pictures, Rekognition and Textract take JPEG and PNG; of documents, Textract takes PDF and TIFF too:
https://docs.aws.amazon.com/textract/latest/dg/limits-document.html"""


def create(context: EngineContext) -> "MediaConvertProber":
    """The prober. Raises SettingsError if the botocore here is too old for it."""
    check_botocore(botocore.__version__)
    return MediaConvertProber(context.aws)


def check_botocore(version: str) -> None:
    """Whether botocore of this `version` tells all that Probe answers. Raises SettingsError if it does not."""
    if _numbers(version) < _numbers(LEAST_BOTOCORE):
        raise SettingsError(
            f"The prober mediaconvert needs botocore {LEAST_BOTOCORE} or newer, and this is {version}, which does not "
            "tell that a video was filmed upright. Package boto3 with the functions, in the version of "
            "constraints.txt: `make deploy` does."
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    """See `chalicelib/engines/grants.py`. MediaConvert reads what it is to probe with the caller's own leave."""
    return EngineGrants(
        work=(Grant(("mediaconvert:Probe",), ANYTHING), *reading(place, settings.uploads_bucket, "input/*"))
    )


@dataclass(frozen=True)
class MediaConvertProber:
    """Finds out what an object holds by its headers."""

    aws: Aws

    def probe(self, source: S3Object) -> MediaInfo:
        """What the object at `source` holds.

        Raises MediaRejected with why, for its owner, EngineBusy if MediaConvert answers no more questions just
        now, EngineFailed if it may not be asked or the object is gone.
        """
        store = ObjectStore(self.aws.s3, source.bucket)
        info = store.info(source.key)
        if info is None:
            raise EngineFailed(NO_RECORDING)
        if info.size == 0:
            raise MediaRejected(EMPTY)
        head = store.read_range(source.key, 0, STILL_HEAD)
        if is_markup(head):
            raise MediaRejected(MARKUP)
        if container := still_in(head):
            return _still(container, ObjectFile(store, source.key, info.size, _MOST_OF_STILL))
        if unasked := _UNASKED.match(head):
            raise MediaRejected(UNKNOWN_CONTAINER.of(what=unasked.lastgroup or ""))
        file = ObjectFile(store, source.key, info.size, _MOST)
        return (_sound_file(file, head) if is_sound_file(head) else None) or media_of(self._ask(source))

    def _ask(self, source: S3Object) -> "ContainerTypeDef":
        try:
            with of_service("MediaConvert"):
                answer = self.aws.mediaconvert.probe(InputFiles=[{"FileUrl": source.uri}])
        except ClientError as exc:
            if code_of(exc) != "UnprocessableEntityException":
                raise
            raise MediaRejected(UNREADABLE) from exc
        found = answer.get("ProbeResults", [])
        return found[0].get("Container", {}) if found else {}


def _still(container: str, file: "ObjectFile") -> MediaInfo:
    """What a picture or a document holds. Raises MediaRejected where it is not one that AWS's services read."""
    from chalicelib.engines.probing._stills import still  # most uploads are recordings

    if container not in CONTAINERS:
        raise MediaRejected(UNKNOWN_CONTAINER.of(what=container.upper()))
    is_picture = container in {"jpeg", "png"}
    if file.size > (MOST_PICTURE_BYTES if is_picture else MOST_DOCUMENT_BYTES):
        sizes = {"picture_bytes": MOST_PICTURE_BYTES, "document_bytes": MOST_DOCUMENT_BYTES}
        raise MediaRejected(STILL_TOO_LARGE.of(size_bytes=file.size, **sizes))
    if container != PDF:
        return still(container, io.BufferedReader(file, _STILL_CHUNK))
    # Its pages lie all over the file, and each is looked at: so it is read once, and not by the page.
    with tempfile.TemporaryFile() as copy:
        file.copy_to(copy)
        return still(container, copy)


def is_sound_file(head: bytes) -> bool:
    """Whether a file that begins with `head` is FLAC or Ogg, or MP3, with an ID3 tag before it or without.

    MPEG frames begin with eleven bits set, and a layer that is not 0 (ISO/IEC 11172-3, 2.4.1.3).
    """
    if head.startswith((b"fLaC", b"OggS", b"ID3")):
        return True
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06 != 0  # noqa: PLR2004


def family(name: str) -> str:
    """What the app calls the container that Probe calls `name`."""
    return _FAMILIES.get(name, name)


def media_of(container: "ContainerTypeDef") -> MediaInfo:
    """What Probe's answer means. Raises MediaRejected with why, for its owner."""
    name = container.get("Format")
    if not name:
        raise MediaRejected(UNREADABLE)
    container_name = family(name)
    if container_name not in RECORDINGS:
        raise MediaRejected(UNKNOWN_CONTAINER.of(what=name))
    tracks = container.get("Tracks", [])
    pictures = [track for track in tracks if track.get("TrackType") == "video"]
    sounds = [track for track in tracks if track.get("TrackType") == "audio"]
    if not pictures and not sounds:
        raise MediaRejected(NO_STREAMS)
    duration = _duration(container)
    if duration < SHORTEST:
        raise MediaRejected(TOO_SHORT)
    video = next((_video(track, number) for number, track in enumerate(pictures, 1) if _is_decodable(track)), None)
    heard = [_audio(track, number) for number, track in enumerate(sounds, 1) if _is_decodable(track)]
    if video is None and not heard:
        raise MediaRejected(UNKNOWN_CODECS)
    return MediaInfo(container_name, duration, video, heard[0] if heard else None, others=tuple(heard[1:]))


def _duration(container: "ContainerTypeDef") -> float:
    """Seconds to see and to hear; 0.0 where nobody says.

    What a container says may be when its clock ends. Where its tracks begin is not told, so it is believed that they
    begin late, but not that nothing comes for longer than they last.
    """
    tracks = [track for track in container.get("Tracks", []) if track.get("TrackType") in {"video", "audio"}]
    longest = max((track.get("Duration") or 0.0 for track in tracks), default=0.0)
    said = container.get("Duration") or longest
    return longest if longest and said > 2 * longest else said


def _is_decodable(track: "TrackTypeDef") -> bool:
    if track.get("Codec", _UNKNOWN) == _UNKNOWN:
        return False
    size = track.get("VideoProperties", {})
    return track.get("TrackType") == "audio" or bool(size.get("Width") and size.get("Height"))


def _video(track: "TrackTypeDef", number: int) -> VideoStream:
    found = track.get("VideoProperties", {})
    coded = found.get("CodecMetadata", {})
    rate = found.get("FrameRate", {})
    # What the container says of the picture goes before what the picture says of itself, as in a player.
    shape = found.get("SampleAspectRatio") or coded.get("SampleAspectRatio") or {}
    curve = next(filter(None, (_CURVES.get(said.get("TransferCharacteristics", "")) for said in (found, coded))), "")
    return VideoStream(
        found.get("Width", 0),
        found.get("Height", 0),
        frame_rate=rate.get("Numerator", 0) / (rate.get("Denominator") or 1),
        rotation=round((found.get("Rotation") or 0) / 90) * 90 % 360,  # absent if the picture stands upright
        codec=_codec(track),
        bit_rate=_kilobits(found.get("BitRate")),
        number=number,
        pixel_shape=(shape.get("Numerator") or 1) / (shape.get("Denominator") or 1),
        end=track.get("Duration"),
        curve=curve,
        is_wide="ITU_2020" in {found.get("ColorPrimaries"), coded.get("ColorPrimaries")},
    )


def _audio(track: "TrackTypeDef", number: int) -> AudioStream:
    found = track.get("AudioProperties", {})
    return AudioStream(
        _codec(track),
        found.get("SampleRate", 0),
        found.get("Channels", 0),
        bit_rate=_kilobits(found.get("BitRate")),
        number=number,
        end=track.get("Duration"),
        language=stated_language(found.get("LanguageCode")),
    )


def _kilobits(bits: int | None) -> int | None:
    """Bits in thousands; None where Probe does not tell, for which it also says 0."""
    return max(1, round(bits / 1000)) if bits else None


def _codec(track: "TrackTypeDef") -> str:
    """The codec's name as FFmpeg has it, which the rest of the app speaks."""
    name = track.get("Codec", _UNKNOWN)
    if name == "PCM":
        return f"pcm_s{track.get('AudioProperties', {}).get('BitDepth', 16)}le"
    return _CODECS.get(name, name.lower())


def _sound_file(file: "ObjectFile", head: bytes) -> MediaInfo | None:
    """What a plain sound file says of itself; None if that cannot be made out."""
    buffered: BinaryIO = io.BufferedReader(file, _CHUNK)
    if head.startswith(b"OggS"):
        buffered = _without_middle(buffered, file.size)
    try:
        found = TinyTag.get(file_obj=buffered, tags=False)
    except TinyTagException:
        return None
    if found.mime_type not in _SOUND_FILES or not (found.samplerate and found.channels):
        return None
    if not found.duration or found.duration < SHORTEST:
        return None
    container, codec = _SOUND_FILES[found.mime_type]
    bit_rate = round(found.bitrate) if found.bitrate else None  # in kbit/s
    return MediaInfo(container, found.duration, audio=AudioStream(codec, found.samplerate, found.channels, bit_rate))


def _without_middle(file: BinaryIO, size: int) -> BinaryIO:
    """An Ogg file of only its first and last pages, for a reader that would go through all of them."""
    if size <= 2 * _CHUNK:
        return file
    first = file.read(_CHUNK)
    file.seek(size - _CHUNK)
    last = file.read(_CHUNK)
    return io.BytesIO(first[: first.rfind(b"OggS")] + last[max(0, last.find(b"OggS")) :])
