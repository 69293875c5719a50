"""How much of the time was given to the wrong speaker."""

from collections.abc import Iterable
from pathlib import Path

from pyannote.core import Annotation, Segment
from pyannote.metrics.diarization import DiarizationErrorRate

from chalicelib.speech.speakers import Turn

COLLAR = 0.25
"""Seconds on either side of a change of speakers that do not count: nobody agrees where exactly it is."""


def reference(rttm: Path, recording: str) -> list[Turn]:
    """Who speaks when in a recording, as people have marked it (RTTM, the format of NIST's evaluations)."""
    rows = (line.split() for line in rttm.read_text().splitlines())
    return [Turn(float(row[3]), float(row[3]) + float(row[4]), row[7]) for row in rows if row and row[1] == recording]


def score() -> DiarizationErrorRate:
    """The field's scorer: what is missed, made up or given to another, over what is said; overlaps do not count.

    Called with each recording's `annotation`s of what is right and what was found, it gives the rate; its `abs` is that
    of all recordings together.
    """
    return DiarizationErrorRate(collar=2 * COLLAR, skip_overlap=True)  # it takes both sides together


def annotation(turns: Iterable[Turn]) -> Annotation:
    """The turns as the scorer takes them."""
    found = Annotation()
    for number, turn in enumerate(turns):
        found[Segment(turn.start, turn.end), number] = turn.speaker
    return found
