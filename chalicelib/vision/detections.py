"""The detections that there are: what each is called, by what it is asked for, what it finds. Pure.

Each has a job of its own, named after it, which leaves its rows (`rows.py`) in a folder named after it too.
"""

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain import keys
from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import Asset


class Detection(StrEnum):
    """One thing that is looked for; its value is the task that its jobs are called after."""

    CELEBRITIES = "celebs"
    FACES = "faces"
    FACE_MATCHES = "facematch"
    LABELS = "labels"
    MODERATION = "moderation"
    TEXT = "screentext"
    SEGMENTS = "segments"
    CUSTOM_LABELS = "customlabels"

    @property
    def option(self) -> str:
        """The field of `AiOptions` that asks for it."""
        return _KINDS[self].option

    @property
    def rows(self) -> str:
        """The member of Rekognition's answers that holds what it finds: "Labels"."""
        return _KINDS[self].rows

    def key(self, asset: Asset) -> str:
        """Where the current run of `asset` has what was found, as its engine said it."""
        return keys.output_key(asset, f"jobs/{self.value}", ".jsonl")


@dataclass(frozen=True, slots=True)
class _Kind:
    option: str
    rows: str


_KINDS = {
    Detection.CELEBRITIES: _Kind("celeb", "Celebrities"),
    Detection.FACES: _Kind("face", "Faces"),
    Detection.FACE_MATCHES: _Kind("facematch", "Persons"),
    Detection.LABELS: _Kind("label", "Labels"),
    Detection.MODERATION: _Kind("moderation", "ModerationLabels"),
    Detection.TEXT: _Kind("text", "TextDetections"),
    Detection.SEGMENTS: _Kind("segment", "Segments"),
    Detection.CUSTOM_LABELS: _Kind("customlabel", "CustomLabels"),
}


def wanted(options: AiOptions) -> tuple[Detection, ...]:
    """The detections that settled options ask for."""
    return tuple(one for one in Detection if getattr(options, one.option))
