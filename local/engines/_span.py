"""How long a file is, told by its packets: what its clock says and what its header says are often something else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import av

_CLOCKLESS = frozenset({"mp3", "aac", "ac3", "amr", "mpegts", "mpeg"})
"""Containers whose length is only an estimate, or whose clock may jump."""

_UNTRUE = _CLOCKLESS | {"asf"}
"""Containers that may say they are longer than they are, and yet be whole."""

_JUMP = 10.0
"""Seconds. Where the clock of such a container jumps by more, ffmpeg takes it for another clock, not for a pause
(`dts_delta_threshold` in https://ffmpeg.org/ffmpeg.html)."""

_TAIL = 10.0  # seconds before the end that are looked at
_SHORT_SHARE, _SHORT_SECONDS = 0.02, 1.0
"""How much less than the file says may be there, unsaid."""


@dataclass(frozen=True, slots=True)
class Span:
    """How many seconds there are, when each stream (by its index) ends, and what the file says if it says more."""

    seconds: float
    ends: Mapping[int, float]
    said: float | None = None


def span_of(container: Any, streams: Sequence[Any]) -> Span:  # noqa: ANN401 - PyAV's types are incomplete
    """The span of `streams`, in seconds from where the file's clock begins."""
    origin = (container.start_time or 0) / av.time_base
    said = float((container.duration or 0) / av.time_base)
    is_estimate = container.format.name in _CLOCKLESS
    ends: dict[int, float] = {}
    if said and not is_estimate:
        ends = _ends(container, streams, origin, max(0.0, said - _TAIL))
    if len(ends) < len(streams):
        ends |= _ends(container, streams, origin, None, _JUMP if is_estimate else None)
    seconds = max(ends.values(), default=0.0)
    if 0 < origin < said:
        said -= origin  # Matroska and Ogg say when they end, not how long they are
    falls_short = said - seconds > max(_SHORT_SECONDS, _SHORT_SHARE * said)
    return Span(seconds, ends, said if falls_short and container.format.name not in _UNTRUE else None)


def _ends(
    container: Any,  # noqa: ANN401
    streams: Sequence[Any],
    origin: float,
    start: float | None,
    longest: float | None = None,
) -> dict[int, float]:
    """When the last packet of each stream ends that has any, read from `start` or, if that is None, from the beginning.

    Steps of the clock over more than `longest` seconds do not count.
    """
    try:
        container.seek(0 if start is None else round((origin + start) * av.time_base))
    except av.error.FFmpegError:
        return {}
    ends: dict[int, float] = {}
    jumped, latest = 0.0, origin
    try:
        for packet in container.demux(*streams):
            if packet.pts is None:
                continue
            at = float(packet.pts * packet.time_base)
            if longest is not None and abs(at - latest) > longest:
                jumped += at - latest
            latest = at
            end = at + float((packet.duration or 0) * packet.time_base) - jumped - origin
            index = packet.stream.index
            ends[index] = max(ends.get(index, 0.0), end)
    except av.error.FFmpegError:  # it breaks off here
        pass
    return ends
