"""What a detection has found becomes cues: what was seen, from when to when, and where in the picture. Pure.

The same thing seen again soon, and about where it was, goes on with its cue. Rows may come in any order and may all
tell of something else: they are sorted in a database of SQLite's own, in a file that is gone with it, so that a million
of them take no more memory than a few.
"""

import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from chalicelib.domain.tracks import Box, Moment, Passage
from chalicelib.vision.detections import Detection
from chalicelib.vision.rows import Row

MOST_CUES = 20_000
"""A track has so many at most, of which those stay that were seen longest and surest: readers take a track whole."""

_NAME_LENGTH = 300
"""Characters of a name that are kept: nobody writes more on a screen, and a cue is a line."""

_SAMPLED = 200
"""Moments at the start that tell how far apart an engine looks."""

_CLOSEST, _FARTHEST = 800, 2_000
"""Milliseconds between two looks, at least and at most, however far apart the moments are."""

_ROOM = 1.2
"""How much later than by that something may be seen again and has been there all along."""

_MOVED = 0.1
"""Of the picture's width or height by which the middle of a thing may have moved meanwhile."""

_BLINK = 900
"""Milliseconds that a cue is given of what was seen at one moment only."""

_MOST_OPEN = 100
"""Things of one name at one moment: an engine tells of no more (https://docs.aws.amazon.com/rekognition/latest/dg/limits.html)."""

_LATEST = 10**9
"""Milliseconds: eleven days. What is said to be later is no moment."""

_BATCH = 5_000
_CACHE_KILOBYTES = 32_768


class Seen(NamedTuple):
    """Something that a row tells of: from `start` to `end` in milliseconds, the same where it is a moment.

    `confidence` is in percent, `box` in fractions of the picture.
    """

    start: int
    end: int
    name: str
    label: str | None
    confidence: float | None
    box: tuple[float, float, float, float] | None


@dataclass(frozen=True, slots=True)
class Cue:
    """A passage of a track of what is seen, and how often that `was_seen`."""

    passage: Passage
    was_seen: int

    def to_json(self) -> dict[str, Any]:
        """As it is stored: the passage, and `seen`."""
        return {**self.passage.to_json(), "seen": self.was_seen}


@dataclass(frozen=True, slots=True)
class Timeline:
    """How rows become cues.

    Of a `still` picture there is no time. `apart` is how many milliseconds lie between two looks, where that is known;
    None lets the rows tell. `least` is the confidence in percent below which nothing is told; `ends`, in milliseconds,
    is where the film does.
    """

    detection: Detection
    still: bool = False
    apart: int | None = None
    least: float = 0.0
    ends: int | None = None
    most: int = MOST_CUES

    def cues(self, rows: Iterable[Row], names: Mapping[str, str] | None = None) -> Iterator[Cue]:
        """The cues in the order of time; what is written on a still picture as it is read.

        `names` are those of the people whom rows name by ids; others are left out.
        """
        found = (seen for row in rows for seen in _read(self.detection, row) if self._is_told(seen))
        with closing(sqlite3.connect("")) as database:
            database.execute(f"PRAGMA cache_size = -{_CACHE_KILOBYTES}")
            database.execute("PRAGMA temp_store = FILE")
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")
            database.execute(_SEEN)
            database.execute(_CUES)
            for values in _batches(_flat(one) for one in found):
                database.executemany("INSERT INTO seen VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
            merged = self._merged(database)
            for batch in _batches(merged):
                database.executemany("INSERT INTO cues VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", batch)
            order = _ON_A_PICTURE if self.still and self.detection is Detection.TEXT else _IN_TIME
            for values in database.execute(_CHOSEN + order, (self.most,)):
                if names is None or values[2] in names:
                    yield self._cue(values, names or {})

    def _is_told(self, seen: Seen) -> bool:
        return seen.confidence is None or self.detection is Detection.SEGMENTS or seen.confidence >= self.least

    def _merged(self, database: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
        found: Iterator[Seen] = (
            Seen(start, end, name, label or None, sure, None if left is None else (left, top, width, height))
            for start, end, name, label, sure, left, top, width, height in database.execute(_SORTED)
        )
        if self.still or self.detection is Detection.SEGMENTS:
            for one in found:
                yield _Open(one).values()
            return
        room = round((self.apart if self.apart is not None else _apart(database)) * _ROOM)
        for _, same in groupby(found, key=lambda one: (one.name, one.label)):
            yield from _merge(same, room)

    def _cue(self, values: tuple[Any, ...], names: Mapping[str, str]) -> Cue:
        start, end, name, label, sure, left, top, width, height, count = values
        place = None
        if not self.still:
            end = end if end > start or self.detection is Detection.SEGMENTS else start + _BLINK
            last = max(start, end if self.ends is None else min(end, self.ends))
            place = Moment(start / 1000, last / 1000)
        box = None if left is None else Box(left, top, width, height)
        confidence = None if sure is None else round(sure / 100, 4)
        return Cue(Passage(names.get(name, name), place, label or None, confidence, box), count)


_SEEN = 'CREATE TABLE seen ("start", "end", name, label, sure, "left", "top", width, height)'
_CUES = 'CREATE TABLE cues ("start", "end", name, label, sure, "left", "top", width, height, count)'
_SORTED = 'SELECT * FROM seen ORDER BY name, label, "start", "end", "left", "top", width, height, sure'
_CHOSEN = (
    'SELECT * FROM (SELECT * FROM cues ORDER BY count DESC, "end" - "start" DESC, sure DESC, "start", name, label,'
    ' "left", "top", width, height LIMIT ?) ORDER BY '
)
_IN_TIME = '"start", "end", name, label, "left", "top", width, height, sure'
_ON_A_PICTURE = f'"top" IS NULL, round("top" + height / 2, 2), "left", {_IN_TIME}'
"""As it is read: from the top down, and from left to right what stands level."""


class _Open:
    """A cue that may go on."""

    __slots__ = ("count", "end", "first", "last", "sum")

    def __init__(self, first: Seen) -> None:
        self.first, self.last = first, first
        self.end, self.count, self.sum = first.end, 1, first.confidence or 0.0

    def distance(self, seen: Seen) -> float:
        """How far the middle has moved; 0 where nobody knows."""
        if self.last.box is None or seen.box is None:
            return 0.0 if self.last.box is seen.box else math.inf
        before, after = self.last.box, seen.box
        across = abs(before[0] + before[2] / 2 - after[0] - after[2] / 2)
        down = abs(before[1] + before[3] / 2 - after[1] - after[3] / 2)
        return max(across, down)

    def add(self, seen: Seen) -> None:
        self.last = seen
        self.end = max(self.end, seen.end)
        self.count += 1
        self.sum += seen.confidence or 0.0

    def values(self) -> tuple[Any, ...]:
        mean = None if self.first.confidence is None else self.sum / self.count
        return (*_flat(self.first._replace(end=self.end, confidence=mean)), self.count)


def _merge(same: Iterable[Seen], room: int) -> Iterator[tuple[Any, ...]]:
    """The cues of what has one name, in the order of time."""
    going: list[_Open] = []
    for seen in same:
        still_going = []
        nearest, near = math.inf, None
        any_nearest, any_near = math.inf, None
        for one in going:
            if one.end + room < seen.start:
                yield one.values()
                continue
            still_going.append(one)
            distance = one.distance(seen)
            if distance < any_nearest or any_near is None:
                any_nearest, any_near = distance, one
            # What is seen beside another at the same moment is another one.
            if distance < nearest and (one.last.start < seen.start or one.last.box == seen.box):
                nearest, near = distance, one
        going = still_going
        if near is not None and nearest <= _MOVED:
            near.add(seen)
        elif any_near is not None and len(going) >= _MOST_OPEN:
            any_near.add(seen)
        else:
            going.append(_Open(seen))
    yield from (one.values() for one in going)


def _apart(database: sqlite3.Connection) -> int:
    """How far apart the engine has looked, in milliseconds: the largest gap between moments at the start."""
    query = f'SELECT DISTINCT "start" FROM seen ORDER BY "start" LIMIT {_SAMPLED}'  # noqa: S608 - a number of ours
    moments = [moment for (moment,) in database.execute(query)]
    largest = max((after - before for before, after in pairwise(moments)), default=0)
    return min(max(largest, _CLOSEST), _FARTHEST)


def _flat(seen: Seen) -> tuple[Any, ...]:
    box = seen.box or (None, None, None, None)
    return (seen.start, seen.end, seen.name, seen.label or "", seen.confidence, *box)


def _batches(values: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    batch: list[tuple[Any, ...]] = []
    for one in values:
        batch.append(one)
        if len(batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


# ---- what each kind of row tells


def _read(detection: Detection, row: Row) -> Iterator[Seen]:
    """What a row tells of; nothing, where it lacks what makes it worth telling."""
    start, end = _times(row)
    for name, label, confidence, box in _READERS[detection](row):
        text = _text(name)
        if text:
            yield Seen(start, end, text, _text(label) or None, _percent(confidence), _box(box))


_Told = Iterator[tuple[object, object, object, object]]


def _labels(row: Row) -> _Told:
    label = _of(row, "Label")
    parent = next(iter(_all(label, "Parents")), {}).get("Name")
    instances = _all(label, "Instances")
    for instance in instances:
        confidence = instance.get("Confidence", label.get("Confidence"))
        yield label.get("Name"), parent, confidence, instance.get("BoundingBox")
    if not instances:
        yield label.get("Name"), parent, label.get("Confidence"), None


def _moderation(row: Row) -> _Told:
    label = _of(row, "ModerationLabel")
    yield label.get("Name"), label.get("ParentName"), label.get("Confidence"), _of(label, "Geometry").get("BoundingBox")


def _faces(row: Row) -> _Told:
    face = _of(row, "Face")
    if face:
        yield "Face", None, face.get("Confidence"), face.get("BoundingBox")


def _matches(row: Row) -> _Told:
    """The likeliest of those whom a face is like; one that is like nobody's is nobody."""
    matches = _all(row, "FaceMatches")
    best = max(matches, key=lambda match: _percent(match.get("Similarity")) or 0.0, default={})
    known, person = _of(best, "Face"), _of(row, "Person")
    box = _of(person, "Face").get("BoundingBox") or person.get("BoundingBox")
    yield known.get("ExternalImageId") or known.get("UserId") or known.get("FaceId"), None, best.get("Similarity"), box


def _celebrities(row: Row) -> _Told:
    person = _of(row, "Celebrity")
    box = _of(person, "Face").get("BoundingBox") or person.get("BoundingBox")
    yield person.get("Name"), None, person.get("Confidence", person.get("MatchConfidence")), box


def _screen_text(row: Row) -> _Told:
    """Lines only: each of their words comes again by itself."""
    text = _of(row, "TextDetection")
    if text.get("Type", "LINE") == "LINE":
        yield text.get("DetectedText"), None, text.get("Confidence"), _of(text, "Geometry").get("BoundingBox")


def _segments(row: Row) -> _Told:
    shot, cue = _of(row, "ShotSegment"), _of(row, "TechnicalCueSegment")
    if row.get("Type") == "SHOT":
        number = shot.get("Index")
        yield f"Shot {number + 1}" if isinstance(number, int) else "Shot", "SHOT", shot.get("Confidence"), None
    elif cue:
        yield cue.get("Type"), "TECHNICAL_CUE", cue.get("Confidence"), None


def _custom_labels(row: Row) -> _Told:
    label = _of(row, "CustomLabel") or row
    yield label.get("Name"), None, label.get("Confidence"), _of(label, "Geometry").get("BoundingBox")


_READERS = {
    Detection.CELEBRITIES: _celebrities,
    Detection.FACES: _faces,
    Detection.FACE_MATCHES: _matches,
    Detection.LABELS: _labels,
    Detection.MODERATION: _moderation,
    Detection.TEXT: _screen_text,
    Detection.SEGMENTS: _segments,
    Detection.CUSTOM_LABELS: _custom_labels,
}


def _of(values: object, name: str) -> Mapping[str, Any]:
    found = values.get(name) if isinstance(values, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _all(values: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = values.get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _number(value: object) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None


def _times(row: Row) -> tuple[int, int]:
    """From when to when: an aggregated row tells both, any other one moment."""
    start = _moment(row.get("StartTimestampMillis"))
    if start is None:
        start = _moment(row.get("Timestamp")) or 0
    end = _moment(row.get("EndTimestampMillis"))
    return start, max(start, start if end is None else end)


def _moment(value: object) -> int | None:
    number = _number(value)
    return None if number is None else min(max(round(number), 0), _LATEST)


def _text(value: object) -> str:
    """A name in one line, of what can be seen of it."""
    if not isinstance(value, str):
        return ""
    plain = value.encode(errors="ignore").decode().replace("\0", "")  # half of a pair is no character
    return " ".join(plain.split())[:_NAME_LENGTH]


def _percent(value: object) -> float | None:
    number = _number(value)
    return None if number is None else min(max(number, 0.0), 100.0)


def _box(value: object) -> tuple[float, float, float, float] | None:
    """The part of a box that lies within the picture."""
    if not isinstance(value, Mapping):
        return None
    sides = [_number(value.get(name)) for name in ("Left", "Top", "Width", "Height")]
    left, top, width, height = (0.0 if side is None else side for side in sides)
    if None in sides or width <= 0 or height <= 0:
        return None
    right, bottom = min(left + width, 1.0), min(top + height, 1.0)
    left, top = max(left, 0.0), max(top, 0.0)
    if right <= left or bottom <= top:
        return None
    return round(left, 5), round(top, 5), round(right - left, 5), round(bottom - top, 5)
