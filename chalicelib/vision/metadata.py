"""A track of what is seen as WebVTT whose cues hold JSON: for programs, not to be shown
(https://www.w3.org/TR/webvtt1/#introduction-metadata).

A player takes such a track as `kind="metadata"` and tells a page when a cue begins and ends.
"""

import json
from collections.abc import Iterable, Iterator

from chalicelib.domain.tracks import Moment
from chalicelib.vision.detections import Detection
from chalicelib.vision.timeline import Cue

_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})
"""What means something to whoever reads WebVTT or HTML: in JSON it may only stand within a text, where it may be
written so. "-->" would begin another cue."""


def written(detection: Detection, cues: Iterable[Cue]) -> Iterator[str]:
    """The file in parts: the header, then a cue a part. What has no time (in a picture) is there from 0 to 0.001."""
    yield "WEBVTT\n"
    for number, cue in enumerate(cues, 1):
        place = cue.passage.place
        start, end = (place.start, place.end) if isinstance(place, Moment) else (0.0, 0.0)
        values = {"detection": detection.value, **cue.to_json()}
        body = json.dumps(values, ensure_ascii=False).translate(_ESCAPES)
        yield f"\n{number}\n{_clock(start)} --> {_clock(max(end, start + 0.001))}\n{body}\n"


def _clock(seconds: float) -> str:
    """As WebVTT writes a time, always with hours: https://www.w3.org/TR/webvtt1/#webvtt-timestamp."""
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"
