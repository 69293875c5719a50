"""The local prober: PyAV, which is FFmpeg's own libraries, looks into the file behind an object."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import av
import av.error
from av.video.reformatter import ColorPrimaries, ColorTrc

from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import RECORDINGS, STILL_HEAD, AudioStream, MediaInfo, VideoStream, is_markup, still_in
from chalicelib.errors import MediaRejected
from chalicelib.seams.probing import (
    ALMOST_EMPTY,
    EMPTY,
    MARKUP,
    NO_STREAMS,
    SHORTEST,
    TOO_MANY_TRACKS,
    TOO_SHORT,
    UNKNOWN_CODECS,
    UNKNOWN_CONTAINER,
    UNREADABLE,
    stated_language,
    stated_title,
)
from local import machine
from local.aws import storage
from local.engines import _stills
from local.engines._listening import Track, in_order
from local.engines._span import Span, opened_again, span_of

_FAMILIES = {"mov,mp4,m4a,3gp,3g2,mj2": "mp4", "matroska,webm": "matroska", "mpeg": "mpegps"}
_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mxf,asf,"
    "mp3,wav,flac,ogg,aac,amr,aiff,caf",
}
"""A playlist or a link inside an upload must never make the library open another file or address."""

_CURVES = {ColorTrc.SMPTE2084: "pq", ColorTrc.ARIB_STD_B67: "hlg"}
_MOST_TRACKS = 8
"""Tracks of a kind that are looked at: each takes time, and few recordings have more."""

_MOST_STREAMS = 100
"""Streams of all kinds, subtitles included, beyond which a file is only there to take time."""

_MOST_PIXELS = 8192 * 8192
_LONG = 3600.0  # seconds
_FEWEST_BITS = 200
"""Bits a second of a long recording below which there is a picture here and a sound there, and hours of nothing."""

_ATTACHED_PICTURE = av.stream.Disposition.attached_pic


def create(context: object) -> "PyavProber":
    """The prober; it needs nothing of `context`."""
    return PyavProber()


@dataclass(frozen=True)
class PyavProber:
    """Finds out what a file holds by decoding the first frame of each stream."""

    def probe(self, source: S3Object) -> MediaInfo:
        """What the object at `source` holds. Raises MediaRejected with why, for its owner."""
        path = storage.fetch(source, machine.current().workspace)
        if path.stat().st_size == 0:
            raise MediaRejected(EMPTY)
        with path.open("rb") as file:
            head = file.read(STILL_HEAD)
        if is_markup(head):
            raise MediaRejected(MARKUP)
        if container_name := still_in(head):
            return _stills.still(container_name, path)
        try:
            with av.open(str(path), options=_OPTIONS) as container:
                return look_into(container)
        except av.error.FFmpegError as exc:
            raise MediaRejected(UNREADABLE) from exc


def look_into(container: Any) -> MediaInfo:  # noqa: ANN401 - PyAV's types are incomplete
    """What an open file holds. Raises MediaRejected with why, for its owner."""
    family = _FAMILIES.get(container.format.name, container.format.name)
    if family not in RECORDINGS:
        raise MediaRejected(UNKNOWN_CONTAINER.of(what=container.format.long_name or family))
    if len(container.streams) > _MOST_STREAMS:
        raise MediaRejected(TOO_MANY_TRACKS.of(count=len(container.streams)))
    pictures = [stream for stream in container.streams.video if not stream.disposition & _ATTACHED_PICTURE]
    tracks_of_sound = container.streams.audio[:_MOST_TRACKS]
    if not pictures and not tracks_of_sound:
        raise MediaRejected(NO_STREAMS)
    picture = next(_decoded(container, filter(_is_bearable, pictures[:_MOST_TRACKS])), None)
    sounds = list(_decoded(container, tracks_of_sound))
    streams = [stream for stream, _ in (*([picture] if picture else []), *sounds)]
    span = span_of(container, streams or [*pictures[:_MOST_TRACKS], *tracks_of_sound])
    if span.seconds < SHORTEST:
        raise MediaRejected(TOO_SHORT)
    if span.seconds > _LONG and 8 * container.size < _FEWEST_BITS * span.seconds:
        raise MediaRejected(ALMOST_EMPTY)
    if not streams:
        raise MediaRejected(UNKNOWN_CODECS)
    tracks = [
        Track(_audio(stream, frame, span), stream, span.ends.get(stream.index, span.seconds))
        for stream, frame in sounds
    ]
    heard = in_order(tracks)
    audio = heard[0] if heard else None
    video = _video(*picture, span) if picture else None
    overall = _kilobits(8 * container.size / span.seconds)
    if video and video.bit_rate is None:  # Matroska does not tell each stream's
        video = replace(video, bit_rate=max(1, overall - ((audio and audio.bit_rate) or 0)))
    elif audio and audio.bit_rate is None and not pictures:
        audio = replace(audio, bit_rate=overall)
    return MediaInfo(family, round(span.seconds, 3), video, audio, span.said, tuple(heard[1:]))


def _decoded(container: Any, streams: Iterable[Any]) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401
    """Each stream of `streams` that can be decoded, with its first frame.

    Read from the beginning each time: going back goes by the picture, and may end behind all the sound there is.
    """
    for stream in streams:
        try:
            with opened_again(container) as anew:
                frame = next(anew.decode(anew.streams[stream.index]))
        except (av.error.FFmpegError, StopIteration):
            continue
        yield stream, frame


def _is_bearable(picture: Any) -> bool:  # noqa: ANN401
    """Whether a picture is not so large that decoding it takes all the memory there is."""
    return bool(picture.codec_context.width * picture.codec_context.height <= _MOST_PIXELS)


def _video(stream: Any, frame: Any, span: Span) -> VideoStream:  # noqa: ANN401
    rate = stream.average_rate or stream.guessed_rate or stream.base_rate
    return VideoStream(
        frame.width,
        frame.height,
        float(rate or 0),
        # PyAV gives the display matrix's angle, counter-clockwise; a viewer turns the picture back by as much.
        rotation=-round(frame.rotation / 90) * 90 % 360,
        codec=stream.codec_context.name,
        bit_rate=_kilobits(stream.bit_rate) if stream.bit_rate else None,
        number=1 + stream.container.streams.video.index(stream),
        pixel_shape=float(stream.sample_aspect_ratio or 1),
        end=span.ends.get(stream.index),
        curve=_CURVES.get(frame.color_trc, ""),
        is_wide=frame.color_primaries == ColorPrimaries.BT2020,
        has_alpha=any(component.is_alpha for component in frame.format.components),
    )


def _audio(stream: Any, frame: Any, span: Span) -> AudioStream:  # noqa: ANN401
    return AudioStream(
        stream.codec_context.name,
        frame.sample_rate,
        frame.layout.nb_channels,
        bit_rate=_kilobits(stream.bit_rate) if stream.bit_rate else None,
        number=1 + stream.container.streams.audio.index(stream),
        end=span.ends.get(stream.index),
        language=stated_language(stream.language),
        title=stated_title(stream.metadata.get("title", "")),
    )


def _kilobits(bits: float) -> int:
    return max(1, round(bits / 1000))
