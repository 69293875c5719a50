"""What a media file says of itself in its first bytes, read without any program: enough to see whether it is what was
promised. Pure. Each function raises ValueError if the bytes are no such file.
"""

import io
import struct
import wave
from collections.abc import Iterator
from dataclasses import dataclass

_HEADER = 8
_LARGE = 16
_FULL_TURN = 65536
"""1 as a 16.16 fixed-point number, of which an MP4's matrix is made."""

_SAMPLE_BYTES = 2
_SYNC = 0xFFE0


@dataclass(frozen=True, slots=True)
class Film:
    """An MP4: its picture's size in pixels as it is seen, (0, 0) without one; seconds; whether it has sound."""

    width: int
    height: int
    seconds: float
    has_sound: bool


@dataclass(frozen=True, slots=True)
class Sound:
    """A WAV: `loudest` is its loudest sample, from 0 to 1."""

    seconds: float
    channels: int
    rate: int
    loudest: float


def film(data: bytes) -> Film:
    """What an MP4 is (ISO/IEC 14496-12)."""
    boxes = dict(_boxes(data))
    if b"ftyp" not in boxes or b"moov" not in boxes or not boxes.get(b"mdat"):
        raise ValueError("it is no MP4 with something in it")
    moov = list(_boxes(boxes[b"moov"]))
    header = dict(moov).get(b"mvhd", b"")
    width = height = 0
    has_sound = False
    for track in (dict(_boxes(content)) for name, content in moov if name == b"trak"):
        kind = dict(_boxes(track.get(b"mdia", b""))).get(b"hdlr", b"")[8:12]
        has_sound = has_sound or kind == b"soun"
        if kind == b"vide":
            width, height = _size(track[b"tkhd"])
    return Film(width, height, _seconds(header), has_sound)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + _HEADER <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        begin = at + _HEADER
        if size == 1 and at + _LARGE <= len(data):
            (size,) = struct.unpack_from(">Q", data, begin)
            begin = at + _LARGE
        end = len(data) if size == 0 else at + size
        if end < begin or end > len(data):
            raise ValueError("it ends in the middle")
        yield name, data[begin:end]
        at = end


def _seconds(mvhd: bytes) -> float:
    if len(mvhd) < 20:  # noqa: PLR2004 - the shorter form of the box, up to the duration
        raise ValueError("it does not say how long it is")
    scale, duration = struct.unpack_from(">IQ", mvhd, 20) if mvhd[0] == 1 else struct.unpack_from(">II", mvhd, 12)
    return float(duration / scale) if scale else 0.0


def _size(tkhd: bytes) -> tuple[int, int]:
    """The box ends with the matrix and the size; a picture that lies on its side has nothing on the diagonal."""
    *matrix, width, height = struct.unpack(">9i2I", tkhd[-44:])
    shown = (width // _FULL_TURN, height // _FULL_TURN)
    return shown[::-1] if matrix[0] == 0 and abs(matrix[1]) == _FULL_TURN else shown


def gif_size(data: bytes) -> tuple[int, int]:
    """The size of a GIF in pixels (https://www.w3.org/Graphics/GIF/spec-gif89a.txt)."""
    if data[:6] not in {b"GIF89a", b"GIF87a"}:
        raise ValueError("it is no GIF")
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def check_mp3(data: bytes) -> None:
    """Raises ValueError if there is no frame of MPEG audio where one must be, behind a tag "
    "(https://id3.org/id3v2.4.0).
    """
    at = 0
    if data[:3] == b"ID3" and len(data) > 10:  # noqa: PLR2004 - the tag's header
        at = 10 + (data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9])
    if len(data) < at + 4 or (int.from_bytes(data[at : at + 2], "big") & _SYNC) != _SYNC:
        raise ValueError("it is no MP3")


def sound(data: bytes) -> Sound:
    """What a WAV of 16 bits is."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            frames = file.readframes(file.getnframes())
            channels, rate, size = file.getnchannels(), file.getframerate(), file.getsampwidth()
    except (wave.Error, EOFError) as exc:
        raise ValueError("it is no WAV") from exc
    if size != _SAMPLE_BYTES or not rate:
        raise ValueError("it is no WAV of 16 bits")
    samples = memoryview(frames[: len(frames) // 2 * 2]).cast("h")
    loudest = max(max(samples), -min(samples)) / 2**15 if samples else 0.0
    return Sound(len(samples) / channels / rate, channels, rate, loudest)
