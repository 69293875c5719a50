"""How long a file is, told by its packets: what its clock says and what its header says are often something else."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import av
import av.error

from chalicelib.seams.transcoding import falls_short

_RESTARTING = frozenset({"mpegts", "mpeg", "ogg"})
"""Containers whose clock may begin anew on the way, where recordings were joined."""

_CLOCKLESS = frozenset({"mp3", "aac", "ac3", "amr", *_RESTARTING})
"""Containers whose length is only an estimate, or that of their last part."""

_UNTRUE = _CLOCKLESS | {"asf"}
"""Containers that may say they are longer than they are, and yet be whole."""

_JUMP, _STEP_BACK = 10.0, 0.1
"""Seconds. Where the clock of such a container jumps on by more, or goes back by more, ffmpeg takes it for another
clock, not for a pause (`dts_delta_threshold` in https://ffmpeg.org/ffmpeg.html, and its ffmpeg_demux.c)."""

_TAIL = 10.0  # seconds before the end that are looked at


@dataclass(frozen=True, slots=True)
class Span:
    """How many seconds there are, when each stream (by its index) ends, and what the file says if it says more."""

    seconds: float
    ends: Mapping[int, float]
    said: float | None = None


@contextmanager
def opened_again(container: Any) -> Iterator[Any]:  # noqa: ANN401 - PyAV's types are incomplete
    """The file of an open `container`, to be read from its beginning."""
    with av.open(container.name, options=dict(container.options)) as anew:
        yield anew


def span_of(container: Any, streams: Sequence[Any]) -> Span:  # noqa: ANN401
    """The span of `streams`, in seconds from where the file's clock begins."""
    origin = (container.start_time or 0) / av.time_base
    said = float((container.duration or 0) / av.time_base)
    ends: dict[int, float] = {}
    if said and container.format.name not in _CLOCKLESS:
        ends = _ends_of(container, streams, origin, max(0.0, said - _TAIL))
    if len(ends) < len(streams):
        with opened_again(container) as anew:
            ends |= _ends_of(anew, [anew.streams[stream.index] for stream in streams], origin)
    seconds = max(ends.values(), default=0.0)
    if 0 < origin < said:
        said -= origin  # Matroska and Ogg say when they end, not how long they are
    breaks_off = container.format.name not in _UNTRUE and falls_short(said, seconds)
    return Span(seconds, ends, said if breaks_off else None)


def _ends_of(
    container: Any,  # noqa: ANN401
    streams: Sequence[Any],
    origin: float,
    start: float | None = None,
) -> dict[int, float]:
    """When the last packet of each stream ends that has any, read from `start` or else from the beginning."""
    begins_anew = container.format.name in _RESTARTING
    ends: dict[int, float] = {}
    shift, latest = -origin, dict[int, float]()
    try:
        if start is not None:
            container.seek(round((origin + start) * av.time_base))
        for packet in container.demux(*streams):
            if packet.pts is None:
                continue
            index, length = packet.stream.index, float((packet.duration or 0) * packet.time_base)
            if begins_anew:
                decoded = float((packet.pts if packet.dts is None else packet.dts) * packet.time_base)
                before = latest.get(index)
                if before is not None and not -_STEP_BACK <= decoded + shift - before <= _JUMP:
                    shift = before - decoded  # the other streams follow
                latest[index] = decoded + shift + length
            ends[index] = max(ends.get(index, 0.0), float(packet.pts * packet.time_base) + shift + length)
    except av.error.FFmpegError:  # it breaks off here, or cannot be gone to
        pass
    return ends
