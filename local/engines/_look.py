"""The worker that looks at stills: decoders and models in a process of its own, a row for each thing that is found.

In:  a `Request` as JSON, or {"describe": PATH} of a picture whose faces are to be described.
Out: rows as Rekognition has them (`chalicelib/vision/rows.py`), or [box, 128 numbers] for each face.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.domain.media import STILL_HEAD, still_in
from chalicelib.vision.detections import Detection
from local.engines import _faces, _frames, _nudity, _ocr
from local.engines._subprocess import ALTERED, UNREADABLE_FILE, Fault, answer

if TYPE_CHECKING:
    from local.engines._frames import Pixels, Still

_Member = dict[str, Any]
_Look = Callable[["Pixels"], list[_Member]]

_SAME_PERSON = 0.6
_MOST_PEOPLE = 1000
"""Of whom it is remembered what they look like, to tell them by a number of their own."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be looked for, and where.

    `path` is a film, or a picture in a `container` where `track` is 0; tracks count from 1. `rate` is how many stills a
    second, such as "1/5"; None leaves it to the worker. Where they are numbered, each row says of which it is.
    `people` are the faces to find.
    """

    detection: str
    path: str
    threads: int
    min_confidence: float
    container: str = ""
    track: int = 0
    seconds: float = 0.0
    rate: str | None = None
    is_numbered: bool = False
    only_changes: bool = False
    regions: list[bool] = field(default_factory=list)
    korean: bool = False
    people: list[tuple[str, str, list[float]]] = field(default_factory=list)


def _work(asked: Any, progress: Callable[[float], None]) -> Iterator[Any]:  # noqa: ANN401 - JSON
    try:
        if "describe" in asked:
            yield from _described(Path(asked["describe"]))
        else:
            yield from _rows(Request(**asked), progress)
    except (LookupError, ValueError) as exc:
        if str(exc) and "/" in str(exc):  # a model's file, of `local/models/vision.py`
            raise Fault(ALTERED.of(file=str(exc))) from exc
        raise


def _described(path: Path) -> Iterator[tuple[_faces.Box, _faces.Vector]]:
    with path.open("rb") as file:
        container = still_in(file.read(STILL_HEAD))
    if container is None:
        raise Fault(UNREADABLE_FILE)
    pixels = _frames.of_picture(container, path).pixels
    found = _faces.Finder(threads=1).faces(pixels)
    describer = _faces.Describer() if found else None
    for face in found:
        if describer:
            yield face.box, describer.vector(pixels, face.box)


def _rows(request: Request, progress: Callable[[float], None]) -> Iterator[_Member]:
    look, change = _LOOKS[Detection(request.detection)](request)
    unchanged, differs = _frames.Unchanged(change), _frames.Unchanged(*_DIFFERENT)
    found: list[_Member] = []
    for still in _stills(request):
        if request.only_changes and differs(still.pixels):
            continue  # it shows what the last one showed that was looked at
        if not unchanged(still.pixels):
            found = look(still.pixels)
        place: _Member = {"Timestamp": round(1000 * still.at)}
        if request.is_numbered:
            place["Frame"] = still.number
        for member in found:
            yield {**place, **member}
        if request.seconds:
            progress(min(1.0, still.at / request.seconds))


_DIFFERENT = 25.0, 0.15
"""How much lighter or darker, of 255, and in how much of it, a still is that differs from the last (`DYNAMIC`)."""


def _stills(request: Request) -> Iterator["Still"]:
    if not request.track:
        return iter([_frames.of_picture(request.container, Path(request.path))])
    rate = Fraction(request.rate) if request.rate else None
    return _frames.of_film(Path(request.path), request.track, request.seconds, rate)


def _text(request: Request) -> tuple[_Look, float]:
    longest = 960 if request.track else 1600
    reader = _ocr.Reader(request.threads, request.korean, longest)

    def look(pixels: "Pixels") -> list[_Member]:
        lines = [
            line
            for line in reader.lines(pixels)
            if 100 * line.confidence >= request.min_confidence and _ocr.is_within(line.box, request.regions)
        ]
        return [{"TextDetection": _line(number, line)} for number, line in enumerate(lines)]

    return look, 6.0


def _line(number: int, line: _ocr.Line) -> _Member:
    return {
        "DetectedText": line.text,
        "Type": "LINE",
        "Id": number,
        "Confidence": round(100 * line.confidence, 2),
        "Geometry": {
            "BoundingBox": _box(line.box),
            "Polygon": [{"X": round(x, 5), "Y": round(y, 5)} for x, y in line.corners],
        },
    }


def _moderation(request: Request) -> tuple[_Look, float]:
    judge = _nudity.Judge(request.threads)

    def look(pixels: "Pixels") -> list[_Member]:
        confidence = round(100 * judge.indecency(pixels), 2)
        if confidence < request.min_confidence:
            return []
        label = {"Name": _nudity.LABEL, "ParentName": "", "Confidence": confidence, "TaxonomyLevel": 1}
        return [{"ModerationLabel": label, "ContentTypes": []}]

    return look, 8.0


def _found_faces(request: Request) -> tuple[_Look, float]:
    finder = _faces.Finder(request.threads)

    def look(pixels: "Pixels") -> list[_Member]:
        return [{"Face": _face(face)} for face in finder.faces(pixels)]

    return look, 3.0


def _matches(request: Request) -> tuple[_Look, float]:
    finder, describer = _faces.Finder(request.threads), _faces.Describer()
    people: list[_faces.Vector] = []

    def look(pixels: "Pixels") -> list[_Member]:
        found = []
        for face in finder.faces(pixels):
            vector = describer.vector(pixels, face.box)
            alike = _alike(vector, request)
            person = {"Index": _index(vector, people), "BoundingBox": _box(face.box), "Face": _face(face)}
            found.append({"Person": person, **({"FaceMatches": alike} if alike else {})})
        return found

    return look, 3.0


def _alike(vector: _faces.Vector, request: Request) -> list[_Member]:
    """Whose faces it is like, each person once, the likest first."""
    best: dict[str, tuple[float, str]] = {}
    for face, person, known in request.people:
        alike = _faces.similarity(_faces.distance(vector, known))
        if alike >= request.min_confidence:
            best[person] = max(best.get(person, (0.0, "")), (alike, face))
    return [
        {"Similarity": round(alike, 2), "Face": {"FaceId": face, "ExternalImageId": person}}
        for person, (alike, face) in sorted(best.items(), key=lambda one: -one[1][0])
    ]


def _index(vector: _faces.Vector, people: list[_faces.Vector]) -> int:
    """The number of whoever looks like that; a new one for somebody who was not seen yet."""
    near = min(enumerate(people), key=lambda one: _faces.distance(vector, one[1]), default=None)
    if near is not None and (_faces.distance(vector, near[1]) <= _SAME_PERSON or len(people) >= _MOST_PEOPLE):
        return near[0]
    people.append(vector)
    return len(people) - 1


def _face(face: _faces.Face) -> _Member:
    return {"BoundingBox": _box(face.box), "Confidence": round(100 * face.confidence, 2)}


def _box(box: _faces.Box) -> dict[str, float]:
    left, top, width, height = (round(one, 5) for one in box)
    return {"Width": width, "Height": height, "Left": left, "Top": top}


_LOOKS: dict[Detection, Callable[[Request], tuple[_Look, float]]] = {
    Detection.TEXT: _text,
    Detection.MODERATION: _moderation,
    Detection.FACES: _found_faces,
    Detection.FACE_MATCHES: _matches,
}
"""What is done for each detection, and by how much of 255 a still differs that is looked at anew."""

if __name__ == "__main__":
    answer(_work)
