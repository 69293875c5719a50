"""A million detections: made into cues within little memory, whatever they are and in whatever order they come.

`python -m benchmarks.detections KIND COUNT` does it in a process of its own, and prints seconds and bytes.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from benchmarks.measure import Figure, begin_peak_memory, clock, own_peak_memory, run
from chalicelib.vision import rows
from chalicelib.vision.detections import Detection
from chalicelib.vision.timeline import Timeline

MEMORY_LIMIT = 300
"""Megabytes that a million of them may take."""

_COUNT, _QUICK_COUNT = 1_000_000, 10_000
_FILM = 6 * 3600 * 1000  # milliseconds
_STRIDE = 7_919  # a prime: what is counted by it comes in no order

_KINDS = {
    "labels": "things of twenty kinds, in order",
    "faces": "faces, ten at a time, all elsewhere",
    "screentext": "texts that all differ, in no order",
}


def measure(quick: bool) -> Iterator[Figure]:
    """The figures of this topic."""
    count = _QUICK_COUNT if quick else _COUNT
    for kind, what in _KINDS.items():
        answer = json.loads(run([sys.executable, "-m", "benchmarks.detections", kind, str(count)]))
        yield Figure(f"{count} rows of {what}: time", answer["seconds"], "s", note=f"{answer['cues']} cues")
        yield Figure(f"{count} rows of {what}: memory", answer["bytes"] / 1e6, "MB", MEMORY_LIMIT)


def _rows(detection: Detection, count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        box = {"Left": number % 97 / 100, "Top": number * 31 % 89 / 100, "Width": 0.02, "Height": 0.1}
        if detection is Detection.LABELS:
            at, found = number // 5 * 100, {"Name": f"Thing {number % 20}", "Confidence": 90.0}
            yield {"Timestamp": at, "Label": {**found, "Instances": [{"BoundingBox": box}]}}
        elif detection is Detection.FACES:
            yield {"Timestamp": number // 10 * 200, "Face": {"Confidence": 90.0, "BoundingBox": box}}
        else:
            text = {"DetectedText": f"What is written the {number}th time", "Type": "LINE", "Confidence": 90.0}
            at = number * _STRIDE % _FILM
            yield {"Timestamp": at, "TextDetection": {**text, "Geometry": {"BoundingBox": box}}}


def make(detection: Detection, count: int) -> dict[str, float]:
    """Make cues of the lines of so many rows, as the vision branch does."""
    begin_peak_memory()
    before = own_peak_memory()
    with clock() as watch:
        lines = rows.written(detection, _rows(detection, count))
        cues = sum(1 for _ in Timeline(detection).cues(rows.read(lines)))
    return {"seconds": watch.seconds, "bytes": own_peak_memory() - before, "cues": cues}


if __name__ == "__main__":
    print(json.dumps(make(Detection(sys.argv[1]), int(sys.argv[2]))))
