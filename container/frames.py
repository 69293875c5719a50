"""What was seen in the stills of a film or in a picture: what of it is believed, and what counts. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.tracks import Passage
from chalicelib.vision.detections import Detection
from chalicelib.vision.moderation import ModerationRule
from chalicelib.vision.timeline import Timeline
from container.contract import SeenLabel

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Frame:
    """What a still at so many milliseconds shows."""

    time: int
    labels: Sequence[SeenLabel]


def believed(scores: Sequence[float]) -> list[float]:
    """What each of the frames in order scores with a neighbour: the most at which `agreed` still holds for it.

    `agreed(scores, least)` (`chalicelib/vision/moderation.py`) is then true where this is at least `least`, whatever
    that is: who reads the rows with a rule of their own comes to the same frames.
    """
    if len(scores) == 1:
        return list(scores)
    around = [-1.0, *scores, -1.0]
    return [min(score, max(around[at], around[at + 2])) for at, score in enumerate(scores)]


def rows(frames: Sequence[Frame], least: float, *, is_still: bool) -> Iterator[Row]:
    """The rows of a film (of a picture, where it `is_still`), as Rekognition writes them, from `least` percent on."""
    kinds = sorted({_kind(label) for frame in frames for label in frame.labels})
    sure = {kind: believed([_score(frame, kind) for frame in frames]) for kind in kinds}
    for at, frame in enumerate(frames):
        for label in sorted(frame.labels, key=lambda one: (-one.confidence, one.name)):
            confidence = round(min(label.confidence, sure[_kind(label)][at]), 2)
            if confidence >= max(least, _LEAST):
                told = {
                    "Confidence": confidence,
                    "Name": label.name,
                    "ParentName": label.parent,
                    "TaxonomyLevel": 2 if label.parent else 1,
                }
                yield {"ModerationLabel": told} if is_still else {"Timestamp": frame.time, "ModerationLabel": told}


_LEAST = 1.0
"""Percent: what a classifier says of everything."""


def _kind(label: SeenLabel) -> str:
    return label.parent or label.name


def _score(frame: Frame, kind: str) -> float:
    return max((label.confidence for label in frame.labels if _kind(label) == kind), default=0.0)


def counted(frames: Sequence[Frame], rule: ModerationRule, seconds: float, *, is_still: bool) -> list[Passage]:
    """The passages of the film that count against it."""
    ends = round(1000 * seconds) if seconds and not is_still else None
    timeline = Timeline(Detection.MODERATION, is_still, least=rule.confidence, ends=ends)
    found = rows(frames, rule.confidence, is_still=is_still)
    return rule.counted(cue.passage for cue in timeline.cues(found))
