"""The local prober: PyAV, which is FFmpeg's own libraries, looks into the file behind an object."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import av
import av.error

from chalicelib.engines.jobs import S3Object
from chalicelib.engines.probing import (
    EMPTY,
    NO_STREAMS,
    SHORTEST,
    TOO_SHORT,
    UNKNOWN_CODECS,
    UNREADABLE,
    unknown_container,
)
from chalicelib.errors import MediaRejected
from chalicelib.media import ACCEPTED_CONTAINERS, AudioStream, MediaInfo, VideoStream
from local import machine, storage

_FAMILIES = {"mov,mp4,m4a,3gp,3g2,mj2": "mp4", "matroska,webm": "matroska", "mpeg": "mpegps"}
_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mxf,asf,"
    "mp3,wav,flac,ogg,aac,amr,aiff,caf",
}
"""A playlist or a link inside an upload must never make the library open another file or address."""

_S = TypeVar("_S")
_ATTACHED_PICTURE = av.stream.Disposition.attached_pic


def create(context: object) -> "PyavProber":
    """The prober; it needs nothing of `context`."""
    return PyavProber()


@dataclass(frozen=True)
class PyavProber:
    """Finds out what a file holds by decoding the first frame of each stream."""

    def probe(self, source: S3Object) -> MediaInfo:
        """What the object at `source` holds. Raises MediaRejected with a sentence for its owner."""
        path = storage.fetch(source, machine.current().workspace)
        if path.stat().st_size == 0:
            raise MediaRejected(*EMPTY)
        try:
            with av.open(str(path), options=_OPTIONS) as container:
                return _look_into(container)
        except av.error.FFmpegError as exc:
            raise MediaRejected(*UNREADABLE) from exc


def _look_into(container: Any) -> MediaInfo:  # noqa: ANN401 - PyAV's types are incomplete
    family = _FAMILIES.get(container.format.name, container.format.name)
    if family not in ACCEPTED_CONTAINERS:
        raise unknown_container(container.format.long_name or family)
    pictures = [stream for stream in container.streams.video if not stream.disposition & _ATTACHED_PICTURE]
    sounds = list(container.streams.audio)
    if not pictures and not sounds:
        raise MediaRejected(*NO_STREAMS)
    audio = _first(container, sounds, _audio)
    video = _first(container, pictures, _video)
    if video and video.bit_rate is None and container.bit_rate:  # Matroska tells that of all streams together
        video = replace(video, bit_rate=max(1, _kilobits(container.bit_rate) - ((audio and audio.bit_rate) or 0)))
    elif audio and audio.bit_rate is None and not pictures and container.bit_rate:
        audio = replace(audio, bit_rate=_kilobits(container.bit_rate))
    duration = _duration(container)
    if duration < SHORTEST:
        raise MediaRejected(*TOO_SHORT)
    if video is None and audio is None:
        raise MediaRejected(*UNKNOWN_CODECS)
    return MediaInfo(family, duration, video, audio)


def _first(container: Any, streams: list[Any], read: Callable[[Any, Any], _S]) -> _S | None:  # noqa: ANN401
    """The first stream of `streams` that can be decoded, read from one of its frames."""
    for stream in streams:
        try:
            container.seek(0)
            frame = next(container.decode(stream))
        except (av.error.FFmpegError, StopIteration):
            continue
        return read(stream, frame)
    return None


def _video(stream: Any, frame: Any) -> VideoStream:  # noqa: ANN401
    rate = stream.average_rate or stream.guessed_rate or stream.base_rate
    # PyAV gives the display matrix's angle, counter-clockwise; a viewer turns the picture back by as much.
    rotation = -round(frame.rotation / 90) * 90 % 360
    told = _kilobits(stream.bit_rate) if stream.bit_rate else None
    return VideoStream(frame.width, frame.height, float(rate or 0), rotation, stream.codec_context.name, told)


def _audio(stream: Any, frame: Any) -> AudioStream:  # noqa: ANN401
    told = _kilobits(stream.bit_rate) if stream.bit_rate else None
    return AudioStream(stream.codec_context.name, frame.sample_rate, frame.layout.nb_channels, told)


def _kilobits(bits: int) -> int:
    return max(1, round(bits / 1000))


def _duration(container: Any) -> float:  # noqa: ANN401
    """Seconds, as the container or else its longest stream says, or else as the packets tell."""
    if container.duration:
        return float(container.duration / av.time_base)
    lengths = [float(stream.duration * stream.time_base) for stream in container.streams if stream.duration]
    if lengths:
        return max(lengths)
    container.seek(0)
    ends = [
        float((packet.pts + (packet.duration or 0)) * packet.time_base)
        for packet in container.demux()
        if packet.pts is not None
    ]
    return max(ends, default=0.0)
