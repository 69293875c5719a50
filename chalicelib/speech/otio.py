"""A board as a timeline of OpenTimelineIO, which editing programs open as a rough cut: a clip a quote. Pure.

Written as https://opentimelineio.readthedocs.io/en/stable/tutorials/otio-serialized-schema.html has it. Clips have the
first schema of theirs, which every release reads: the second differs by having several media.

Each clip refers to the file by the name that it was uploaded under; the program asks where it lies. Its range is in
frames of the recording, or in samples of its sound where there is no picture, counted from the file's beginning. It
begins with the frame in which the first word does, and ends with that in which the last does.
"""

import json
import math
from collections.abc import Iterable
from typing import TypeAlias
from urllib.parse import quote

from chalicelib.domain import names
from chalicelib.domain.media import MediaInfo
from chalicelib.speech.boards import Quoted, ShownEntry

CONTENT_TYPE = "application/json"
_Json: TypeAlias = dict[str, object]

_WITHOUT_RATE = 1000.0
"""Where nobody knows of frames or samples: milliseconds."""

_HAIR = 1e-6
_LONGEST_NAME = 60
_OURS = "rapporteur"
"""Under which metadata of ours stand."""


def write(name: str, entries: Iterable[ShownEntry]) -> str:
    """The timeline: a track of pictures and one of sound, as far as there are any, and the notes as markers.

    A note alone is marked where the quote begins that follows it, or else where the last one ends. What has no words
    left is named in the timeline's metadata.
    """
    shown = list(entries)
    cut = [(one, one.quoted, one.quoted.media) for one in shown if one.quoted is not None and one.quoted.media]
    clips = [(one, quoted, media, _range(quoted, media)) for one, quoted, media in cut]
    markers = _markers(shown, {one.entry.id: (start, end, rate) for one, _, _, (start, end, rate) in clips})
    has_picture = any(media.video for _, _, media, _ in clips)
    tracks = []
    for kind in ("Video", "Audio"):
        has = [bool(media.video if kind == "Video" else media.audio) for _, _, media, _ in clips]
        if not any(has):
            continue
        is_marked = kind == "Video" or not has_picture
        children = [
            _clip(one, quoted, media, span, markers.get(one.entry.id, []) if is_marked or not media.video else [])
            if is_there
            else _gap(span)
            for (one, quoted, media, span), is_there in zip(clips, has, strict=True)
        ]
        tracks.append(_item("Track.1", kind, children=children, kind=kind))
    known = {one.entry.id for one, _, _, _ in clips}
    left_out = [_told(one) for one in shown if one.entry.id not in known and (one.entry.mark_id or not known)]
    timeline = {
        "OTIO_SCHEMA": "Timeline.1",
        "metadata": {_OURS: {"left_out": left_out}} if left_out else {},
        "name": name,
        "global_start_time": None,
        "tracks": _item("Stack.1", "tracks", children=tracks),
    }
    return json.dumps(timeline, ensure_ascii=False, indent=2)


_Span: TypeAlias = tuple[int, int, float]
"""From which frame or sample to before which, and how many of them are in a second."""


def _range(quoted: Quoted, media: MediaInfo) -> _Span:
    rate = _rate(media)
    start, end = math.floor(quoted.start * rate + _HAIR), math.ceil(quoted.end * rate - _HAIR)
    whole = _length(media, rate)
    end = max(min(end, whole), 1)
    return min(start, end - 1), end, rate


def _rate(media: MediaInfo) -> float:
    if media.video is not None:
        rate = media.video.frame_rate
        slowed = round(rate) * 1000 / 1001  # as television has it: 29.97 stands for 30000/1001
        return slowed if abs(rate - slowed) < abs(rate - round(rate)) and rate > 1 else rate or _WITHOUT_RATE
    return float(media.audio.sample_rate) if media.audio and media.audio.sample_rate else _WITHOUT_RATE


def _length(media: MediaInfo, rate: float) -> int:
    return max(math.floor(media.duration * rate + _HAIR), 1)


def _clip(one: ShownEntry, quoted: Quoted, media: MediaInfo, span: _Span, markers: list[_Json]) -> _Json:
    start, end, rate = span
    called = names.safe_name(quoted.file_name)
    reference = {
        "OTIO_SCHEMA": "ExternalReference.1",
        "metadata": {},
        "name": called,
        "available_range": _time_range(0, _length(media, rate), rate),
        "target_url": quote(called),
    }
    clip = _item("Clip.1", _short(quoted.text), span=_time_range(start, end - start, rate), markers=markers)
    return clip | {"media_reference": reference, "metadata": {_OURS: _told(one)}}


def _told(one: ShownEntry) -> _Json:
    """What we know of an entry, for whoever reads the timeline by a program."""
    entry, quoted = one.entry, one.quoted
    told: _Json = {"entry": entry.id, "recording": entry.asset_id, "mark": entry.mark_id, "note": entry.note}
    told["missing"] = one.missing
    if quoted is not None:
        told |= {
            "title": quoted.title,
            "text": quoted.text,
            "speakers": list(quoted.speakers),
            "start_seconds": quoted.start,
            "end_seconds": quoted.end,
            "is_confirmed": quoted.is_confirmed,
            "is_corrected": quoted.is_corrected,
            "link": quoted.link,
        }
    return {name: value for name, value in told.items() if value is not None}


def _gap(span: _Span) -> _Json:
    start, end, rate = span
    return _item("Gap.1", "", span=_time_range(0, end - start, rate))


def _markers(shown: Iterable[ShownEntry], spans: dict[str, _Span]) -> dict[str, list[_Json]]:
    """The notes by the entries at whose clips they stand."""
    found: dict[str, list[_Json]] = {}
    waiting: list[str] = []
    last: str | None = None
    for one in shown:
        if one.entry.note is not None:
            waiting.append(one.entry.note)
        if one.entry.id in spans:
            last = one.entry.id
            start, _, rate = spans[last]
            found[last] = [_marker(note, start, rate) for note in waiting]
            waiting = []
    if last is not None:
        _, end, rate = spans[last]
        found[last] += [_marker(note, end, rate) for note in waiting]
    return found


def _marker(note: str, at: int, rate: float) -> _Json:
    return {
        "OTIO_SCHEMA": "Marker.2",
        "metadata": {_OURS: {"note": note}},
        "name": _short(note),
        "color": "YELLOW",
        "comment": note,
        "marked_range": _time_range(at, 0, rate),
    }


def _item(
    schema: str, name: str, span: _Json | None = None, markers: list[_Json] | None = None, **more: object
) -> _Json:
    return {
        "OTIO_SCHEMA": schema,
        "metadata": {},
        "name": name,
        "source_range": span,
        "effects": [],
        "markers": markers or [],
        "enabled": True,
        **more,
    }


def _time_range(start: int, duration: int, rate: float) -> _Json:
    def time(value: int) -> _Json:
        return {"OTIO_SCHEMA": "RationalTime.1", "rate": rate, "value": float(value)}

    return {"OTIO_SCHEMA": "TimeRange.1", "duration": time(duration), "start_time": time(start)}


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_NAME else f"{line[: _LONGEST_NAME - 1].rstrip()}…"
