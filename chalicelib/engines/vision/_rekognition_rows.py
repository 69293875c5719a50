"""What of Rekognition's answers is kept, and how it is gathered in the output bucket. Nothing is kept of how somebody
looks or feels, how old or of which sex they are: Rekognition may say it, and it is dropped here.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.domain import keys
from chalicelib.errors import EngineBusy
from chalicelib.observability import seconds_left
from chalicelib.seams.vision import VisionJob
from chalicelib.storage.buckets import ObjectStore
from chalicelib.vision import rows
from chalicelib.vision.detections import Detection
from chalicelib.vision.rows import Row

_Answer = Mapping[str, Any]

_PIECE_BYTES = 8 * 1024**2
_RESERVE_SECONDS = 30.0
"""What it may take to put everything away, and all else that a function has to do behind it."""

_TIMES = ("Timestamp", "StartTimestampMillis", "EndTimestampMillis", "DurationMillis")


def _of(answer: _Answer, *names: str) -> dict[str, Any]:
    return {name: answer[name] for name in names if name in answer}


def _times(answer: _Answer) -> dict[str, Any]:
    return _of(answer, *_TIMES)


def _label(label: _Answer) -> dict[str, Any]:
    return {
        **_of(label, "Name", "Confidence"),
        "Instances": [_of(one, "BoundingBox", "Confidence") for one in label.get("Instances", [])],
        "Parents": [_of(one, "Name") for one in label.get("Parents", [])],
        "Categories": [_of(one, "Name") for one in label.get("Categories", [])],
    }


def _moderation(label: _Answer) -> dict[str, Any]:
    return _of(label, "Name", "ParentName", "Confidence", "TaxonomyLevel")


def _face(face: _Answer) -> dict[str, Any]:
    return _of(face, "BoundingBox", "Confidence")


def _celebrity(celebrity: _Answer) -> dict[str, Any]:
    face = celebrity.get("Face", {})
    box = celebrity.get("BoundingBox") or face.get("BoundingBox")
    confidence = celebrity.get("Confidence", celebrity.get("MatchConfidence"))
    return {
        **_of(celebrity, "Name", "Id", "Urls"),
        **({"Confidence": confidence} if confidence is not None else {}),
        **({"BoundingBox": box} if box else {}),
    }


def _matches(found: Iterable[_Answer]) -> list[dict[str, Any]]:
    return [
        {**_of(one, "Similarity"), "Face": _of(one.get("Face", {}), "FaceId", "ExternalImageId", "UserId")}
        for one in found
    ]


def _text(text: _Answer) -> dict[str, Any]:
    return {
        **_of(text, "DetectedText", "Type", "Id", "Confidence"),
        "Geometry": _of(text.get("Geometry", {}), "BoundingBox"),
    }


def _custom(label: _Answer) -> dict[str, Any]:
    box = label.get("Geometry", {}).get("BoundingBox")
    return {**_of(label, "Name", "Confidence"), **({"Geometry": {"BoundingBox": box}} if box else {})}


def of_film(detection: Detection, found: Iterable[_Answer], least: float) -> Iterator[Row]:
    """The rows of a page of what a Get operation of `detection` gives, of which Rekognition is `least` percent sure."""
    for row in found:
        kept = _of_film(detection, row, least)
        if kept is not None:
            yield {**_times(row), **kept}


def _of_film(detection: Detection, row: _Answer, least: float) -> Row | None:
    match detection:
        case Detection.LABELS:
            return {"Label": _label(row["Label"])}
        case Detection.MODERATION:
            return {"ModerationLabel": _moderation(row["ModerationLabel"])}
        case Detection.FACES:
            return {"Face": _face(row["Face"])} if _is_sure(row["Face"], least) else None
        case Detection.CELEBRITIES:
            celebrity = _celebrity(row["Celebrity"])
            return {"Celebrity": celebrity} if _is_sure(celebrity, least) else None
        case Detection.FACE_MATCHES:  # a row of a face that matches none is as frequent as one that does
            matches = _matches(row.get("FaceMatches", []))
            return {"Person": _person(row.get("Person", {})), "FaceMatches": matches} if matches else None
        case Detection.TEXT:
            text = row["TextDetection"]
            return {"TextDetection": _text(text)} if _is_line(text, least) else None
        case Detection.SEGMENTS:
            frames = ("StartFrameNumber", "EndFrameNumber")
            return _of(row, "Type", *frames, "TechnicalCueSegment", "ShotSegment")
        case Detection.CUSTOM_LABELS:
            return None


def _person(person: _Answer) -> dict[str, Any]:
    box = person.get("BoundingBox") or person.get("Face", {}).get("BoundingBox")
    return {**_of(person, "Index"), **({"BoundingBox": box} if box else {})}


def of_picture(detection: Detection, answer: _Answer, least: float) -> Iterator[Row]:
    """The rows of what an operation for pictures answers, in the shape of those of a film, without their times."""
    match detection:
        case Detection.LABELS:
            yield from ({"Label": _label(one)} for one in answer["Labels"])
        case Detection.MODERATION:
            yield from ({"ModerationLabel": _moderation(one)} for one in answer["ModerationLabels"])
        case Detection.FACES:
            yield from ({"Face": _face(one)} for one in answer["FaceDetails"] if _is_sure(one, least))
        case Detection.CELEBRITIES:
            celebrities = map(_celebrity, answer["CelebrityFaces"])
            yield from ({"Celebrity": one} for one in celebrities if _is_sure(one, least))
        case Detection.FACE_MATCHES:
            if matches := _matches(answer.get("FaceMatches", [])):
                box = answer.get("SearchedFaceBoundingBox")
                yield {"Person": {"Index": 0, **({"BoundingBox": box} if box else {})}, "FaceMatches": matches}
        case Detection.TEXT:
            lines = (one for one in answer["TextDetections"] if _is_line(one, least))
            yield from ({"TextDetection": _text(one)} for one in lines)
        case Detection.CUSTOM_LABELS:
            yield from ({"CustomLabel": _custom(one)} for one in answer["CustomLabels"])
        case Detection.SEGMENTS:
            return


def _is_sure(found: _Answer, least: float) -> bool:
    return float(found.get("Confidence", 100)) >= least


def _is_line(text: _Answer, least: float) -> bool:
    """Each word comes again with its line, and is left out."""
    return text.get("Type") == "LINE" and _is_sure(text, least)


@dataclass
class Gathering:
    """The rows of a job as they come, in pieces of some megabytes: memory does not grow with the film, and a call that
    has to stop is gone on with where it stopped.

    `at` is how far it is: a token of Rekognition's, or the number of a still; "" at the start. A piece is named after
    where it begins and ends, so that of two calls that gather at once neither spoils what the other goes by.
    """

    store: ObjectStore
    job: VisionJob
    seconds_left: Callable[[], float] = seconds_left
    at: str = ""
    _pieces: list[str] = field(default_factory=list)
    _began: str = ""
    _waiting: bytearray = field(default_factory=bytearray)

    def resume(self) -> None:
        """Go on where another call has stopped, if one has."""
        noted = self.store.read(self._place("cursor"))
        if noted is not None:
            cursor = json.loads(noted)
            self._pieces, self.at = cursor["pieces"], cursor["at"]
            self._began = self.at

    def begin_again(self) -> None:
        """Forget what was gathered: it cannot be gone on with."""
        self._pieces, self.at, self._began = [], "", ""
        self._waiting.clear()

    def add(self, found: Iterable[Row], at: str) -> None:
        """Take in rows, after which it is `at` there."""
        lines = rows.written(self.job.detection, found)
        next(lines)  # what of they are is said once, by `finish`
        for line in lines:
            self._waiting += line
        self.at = at
        if len(self._waiting) >= _PIECE_BYTES:
            self._put_away()

    def keep(self) -> None:
        """Put away what has come, for whoever goes on."""
        if self._waiting:
            self._put_away()
        self.store.write_json(self._place("cursor"), {"pieces": self._pieces, "at": self.at})

    def pause_if_late(self) -> None:
        """Raises EngineBusy where little time is left, so that the rest is done another time."""
        if self.seconds_left() < _RESERVE_SECONDS:
            self.keep()
            raise EngineBusy

    def finish(self, metadata: Mapping[str, Any] | None = None) -> None:
        """Leave everything where the job is to leave it."""
        head = b"".join(rows.written(self.job.detection, (), metadata))
        key = self.job.destination.key
        if not self._pieces:
            self.store.write(key, head + bytes(self._waiting), rows.CONTENT_TYPE)
            return
        with self.store.writing(key, rows.CONTENT_TYPE) as whole:
            whole.write(head)
            for piece in self._pieces:
                whole.write(self.store.read(self._place(piece)) or b"")
            whole.write(self._waiting)

    def _put_away(self) -> None:
        piece = hashlib.sha256(f"{self._began} {self.at}".encode()).hexdigest()[:32]
        self.store.write(self._place(piece), bytes(self._waiting), rows.CONTENT_TYPE)
        self._pieces.append(piece)
        self._began = self.at
        self._waiting.clear()

    def _place(self, name: str) -> str:
        found = keys.parse_output_key(self.job.destination.key)
        if found is None:
            raise ValueError("the job is to leave its rows where no run has any")
        return keys.file_key(found.run, keys.Folder.PARTS, f"{self.job.detection.value}-{name}.jsonl")
