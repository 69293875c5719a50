"""What a detection has found, as its engine said it: rows in the shape of Amazon Rekognition's, a JSON object a line.

    {"Detection": "labels", "VideoMetadata": {"DurationMillis": 90000, "FrameRate": 25.0, …}}
    {"Timestamp": 0, "Label": {"Name": "Bus", "Confidence": 93.1, "Instances": [], "Parents": []}}
    …

The first line says what of; each other is a member of the list that Rekognition's Get operations of that detection
give (https://docs.aws.amazon.com/rekognition/latest/APIReference/API_GetLabelDetection.html and its neighbours), with
times in whole milliseconds. What is found in stills and pictures is written the same way, each at its still's time,
`"Frame": n` being the number of the still; so a reader knows one shape. A line is read at a time: a long film has
hundreds of thousands.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chalicelib.vision.detections import Detection

Row = Mapping[str, Any]

CONTENT_TYPE = "application/x-ndjson"


def written(detection: Detection, rows: Iterable[Row], metadata: Mapping[str, Any] | None = None) -> Iterator[bytes]:
    """The lines of such a file, each with its end. `metadata` is Rekognition's VideoMetadata."""
    yield _line({"Detection": detection.value, **({"VideoMetadata": dict(metadata)} if metadata else {})})
    yield from map(_line, rows)


def read(lines: Iterable[bytes]) -> Iterator[Row]:
    """The rows in the lines of such a file, in order. Raises ValueError if it is none."""
    found = iter(lines)
    header = json.loads(next(found, b"{}"))
    if "Detection" not in header:
        raise ValueError("the file says not of what its rows are")
    for line in found:
        if line.strip():
            yield json.loads(line)


def _line(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
