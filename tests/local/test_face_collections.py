"""Collections of faces on one machine: kept beside everything else, and really gone when they are deleted."""

import threading
from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.errors import EngineFailed
from chalicelib.message import Message
from chalicelib.seams.faces import NO_FACE, POOR_FACE, SEVERAL_FACES, AddedFace
from local import machine
from local.engines.face_collections import LocalCollections, vectors
from local.jobs import JobRunner

BROKEN = Message("broken", "Broken.")
LARGE, SMALL = (0.2, 0.2, 0.5, 0.5), (0.2, 0.2, 0.01, 0.3)


def vector(picture: bytes) -> list[float]:
    return [picture[0] / 7] * 128


def describe(picture: bytes) -> list[tuple[tuple[float, float, float, float], list[float]]]:
    match picture[1:]:
        case b"broken":
            raise EngineFailed(BROKEN)
        case b"nobody":
            return []
        case b"far":
            return [(SMALL, vector(picture))]
        case b"two":
            return [(LARGE, vector(picture)), (LARGE, vector(picture))]
    return [(LARGE, vector(picture))]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Path]:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    machine.use(machine.Machine(JobRunner(workspace), workspace, tmp_path))
    yield tmp_path
    machine.use(None)


def test_faces_are_kept_by_collection_and_person(kept: Path) -> None:
    engine = LocalCollections(describe)
    assert engine.count("council") is None
    engine.create("council")
    engine.create("council")
    engine.create("press")
    ada, again = engine.add("council", "ada", b"\x01a"), engine.add("council", "ada", b"\x01a")
    bob = engine.add("council", "bob", b"\x02b")
    assert ada == again
    assert ada.face_id is not None
    assert bob.face_id is not None
    assert (engine.count("council"), engine.count("press")) == (2, 0)
    assert engine.faces_of("council", "ada") == [ada.face_id]
    known = sorted([(ada.face_id, "ada", vector(b"\x01a")), (bob.face_id, "bob", vector(b"\x02b"))])
    assert vectors("council") == known
    engine.remove("council", [ada.face_id, "unknown"])
    assert LocalCollections(describe).faces_of("council", "ada") == []  # as the next process finds it
    engine.delete("council")
    engine.delete("council")
    assert engine.count("council") is None
    assert vectors("council") == []


@pytest.mark.parametrize(
    ("picture", "refusal"),
    [
        (b"\x01nobody", NO_FACE),
        (b"\x01two", SEVERAL_FACES.of(number=2)),
        (b"\x01far", POOR_FACE),
        (b"\x01broken", BROKEN),
    ],
)
def test_a_picture_of_no_use_leaves_nothing(kept: Path, picture: bytes, refusal: Message) -> None:
    engine = LocalCollections(describe)
    engine.create("council")
    assert engine.add("council", "ada", picture) == AddedFace(None, refusal)
    assert engine.count("council") == 0


def test_a_collection_that_is_gone_takes_nobody(kept: Path) -> None:
    with pytest.raises(EngineFailed):
        LocalCollections(describe).add("council", "ada", b"\x01a")


def everything(kept: Path) -> bytes:
    return b"".join(file.read_bytes() for file in kept.rglob("*") if file.is_file())


def test_what_is_deleted_cannot_be_read_any_more(kept: Path) -> None:
    engine = LocalCollections(describe)
    engine.create("council")
    added = engine.add("council", "ada", b"\x05a")
    numbers = array("d", vector(b"\x05a")).tobytes()[:64]
    assert numbers in everything(kept)
    assert added.face_id is not None
    engine.remove("council", [added.face_id])
    assert numbers not in everything(kept)


def test_several_at_once_lose_nothing(kept: Path) -> None:
    engine = LocalCollections(describe)
    engine.create("council")
    adding = [
        threading.Thread(target=engine.add, args=("council", "ada", bytes([number, number]))) for number in range(20)
    ]
    for one in adding:
        one.start()
    for one in adding:
        one.join()
    assert engine.count("council") == 20
