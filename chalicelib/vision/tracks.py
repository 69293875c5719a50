"""The tracks of what is seen: one a detection, and all of them together."""

from chalicelib.domain.links import Part
from chalicelib.domain.tracks import Form, Track
from chalicelib.vision.detections import Detection

_TITLES = {
    Detection.CELEBRITIES: "Celebrities",
    Detection.FACES: "Faces",
    Detection.FACE_MATCHES: "Known people",
    Detection.LABELS: "Things and scenes",
    Detection.MODERATION: "Sensitive content",
    Detection.TEXT: "Text on screen",
    Detection.SEGMENTS: "Shots and technical cues",
    Detection.CUSTOM_LABELS: "Custom labels",
}
_BRANCH = "vision"
_NAMELESS = frozenset({Detection.FACES, Detection.SEGMENTS})
"""What is found by these has no name that anybody would look for."""

_BIOMETRIC = frozenset({Detection.CELEBRITIES, Detection.FACES, Detection.FACE_MATCHES})
_PARTS = {Detection.MODERATION: (Part.ANALYSIS, Part.MEDIA)}
"""Whoever is shown a picture has to be told what of it is covered."""


def _of(detection: Detection) -> Track:
    name = detection.value
    return Track(
        name,
        _TITLES[detection],
        f"seen{name}",
        (Form("json", "application/json", f"{name}.json"), Form("vtt", "text/vtt", f"{name}.vtt")),
        raw=f"jobs/{name}",
        made_of=lambda asset: _BRANCH in asset.branches and bool(getattr(asset.ai, detection.option)),
        is_searched=detection not in _NAMELESS,
        are_apart=True,
        is_private=detection in _BIOMETRIC,
        parts=_PARTS.get(detection, (Part.ANALYSIS,)),
    )


OF_DETECTION = {detection: _of(detection) for detection in Detection}

ALL_SEEN = Track(
    "vision",
    "All that was seen",
    "vision",
    (Form("json", "application/json", "vision.json"),),
    raw="jobs/frames",
    made_of=lambda asset: _BRANCH in asset.branches,
    is_drawn=True,
    is_searched=False,  # the tracks of the detections have the same
    is_private=True,  # and some of these are
)
"""The passages of all detections, each with the name of its detection as `detection`."""

TRACKS = (*OF_DETECTION.values(), ALL_SEEN)
