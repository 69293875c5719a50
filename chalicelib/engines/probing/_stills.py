"""What pictures and documents say of themselves: how large they are, how many pages they have.

Read from where that stands in a file, without decoding anything.
"""

import struct
from typing import TYPE_CHECKING, BinaryIO

from chalicelib.domain.media import PDF, MediaInfo, Picture
from chalicelib.errors import MediaRejected
from chalicelib.seams.probing import (
    LOCKED,
    MOST_PAGES,
    NO_PAGES,
    STILL_UNREADABLE,
    TOO_FEW_PIXELS,
    TOO_MANY_PAGES,
    TOO_MANY_PIXELS,
)

if TYPE_CHECKING:
    from pypdf.generic import PdfObject

LEAST_SIDE, MOST_SIDE = 80, 10_000
"""Pixels: https://docs.aws.amazon.com/rekognition/latest/dg/limits.html"""

_TURNED = frozenset({5, 6, 7, 8})
"""Values of Exif's Orientation with which a picture lies on its side (CIPA DC-008, 4.6.4)."""

_ORIENTATION, _WIDTH, _HEIGHT = 0x0112, 0x0100, 0x0101
_EXIF = b"Exif\0\0"
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of JPEG behind which the size stands (ITU-T T.81, table B.1)."""

_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_SHORT, _LONG = 3, 4
"""Types of a field of TIFF (TIFF 6.0, page 15)."""

_MOST_FIELDS = 1000
_MOST_NODES = 4 * MOST_PAGES


def still(container: str, file: BinaryIO) -> MediaInfo:
    """What a picture or a document of this container holds. Raises MediaRejected with why, for its owner."""
    try:
        if container == PDF:
            return MediaInfo(PDF, 0.0, pages=_counted(_pages_of_pdf(file)))
        if container == "tiff":
            pages, picture = _tiff(file)
            return MediaInfo(container, 0.0, picture=_bearable(picture), pages=_counted(pages))
        return MediaInfo(container, 0.0, picture=_bearable(_jpeg(file) if container == "jpeg" else _png(file)))
    except MediaRejected:
        raise
    except Exception as exc:  # whatever a broken file does to whoever reads it
        raise MediaRejected(STILL_UNREADABLE) from exc


def _bearable(picture: Picture) -> Picture:
    sides = (picture.width, picture.height)
    if min(sides) < LEAST_SIDE:
        raise MediaRejected(TOO_FEW_PIXELS.of(width=sides[0], height=sides[1], least=LEAST_SIDE))
    if max(sides) > MOST_SIDE:
        raise MediaRejected(TOO_MANY_PIXELS.of(width=sides[0], height=sides[1], most=MOST_SIDE))
    return picture


def _counted(pages: int) -> int:
    if pages < 1:
        raise MediaRejected(NO_PAGES)
    if pages > MOST_PAGES:
        raise MediaRejected(TOO_MANY_PAGES.of(count=pages, most=MOST_PAGES))
    return pages


def _pages_of_pdf(file: BinaryIO) -> int:
    from pypdf import PdfReader  # slow to import, and most uploads are no documents
    from pypdf.errors import DependencyError

    try:
        reader = PdfReader(file)
        if reader.is_encrypted and not reader.decrypt(""):
            raise MediaRejected(LOCKED)
    except DependencyError as exc:  # it is locked with AES, which takes a library with native code
        raise MediaRejected(LOCKED) from exc
    return _leaves(reader.root_object.raw_get("/Pages"))


def _leaves(root: "PdfObject") -> int:
    """How many pages there are (ISO 32000-2, 7.7.3). They are counted: each costs, and a file may say that it has few.

    Raises ValueError where the pages are no tree.
    """
    found, waiting = 0, [root]
    seen = set[tuple[int, int]]()
    while waiting and found <= MOST_PAGES:
        reference = waiting.pop()
        place = getattr(reference, "idnum", None)
        if place is not None:
            if (place, getattr(reference, "generation", 0)) in seen:
                raise ValueError("a page that holds itself")
            seen.add((place, getattr(reference, "generation", 0)))
        if len(seen) > _MOST_NODES:
            raise ValueError("more nodes than pages")
        node = reference.get_object()
        if not isinstance(node, dict):
            continue
        if (below := node.get("/Kids")) is None:
            found += 1
        else:
            waiting += reversed(below.get_object())
    return found


def _png(file: BinaryIO) -> Picture:
    """Of the header chunk that a PNG begins with (PNG, third edition, 11.2.1)."""
    length, kind, width, height = struct.unpack(">8xI4sII", _exactly(file, 24))
    if kind != b"IHDR" or length != 13:  # noqa: PLR2004 - the chunk's length
        raise ValueError("no header")
    return Picture(width, height)


def _jpeg(file: BinaryIO) -> Picture:
    """Of the first frame header, with the orientation of an Exif segment before it (ITU-T T.81, B.2)."""
    _exactly(file, 2)
    is_turned = False
    while True:
        marker = _marker(file)
        if marker in _ALONE:
            continue
        (length,) = struct.unpack(">H", _exactly(file, 2))
        if marker in _FRAME_HEADERS:
            height, width = struct.unpack(">xHH", _exactly(file, 5))
            if not width or not height:
                raise ValueError("no size")
            return Picture(height, width) if is_turned else Picture(width, height)
        segment = _exactly(file, length - 2)
        if marker == 0xE1 and segment.startswith(_EXIF):  # noqa: PLR2004 - APP1
            is_turned = _orientation(segment[len(_EXIF) :]) in _TURNED


def _marker(file: BinaryIO) -> int:
    if _exactly(file, 1) != b"\xff":
        raise ValueError("no marker")
    while (found := _exactly(file, 1)[0]) == 0xFF:  # noqa: PLR2004 - may fill up
        pass
    return found


def _orientation(exif: bytes) -> int:
    """The Orientation in Exif's data, which are a TIFF; 1 where there is none, or none that can be read."""
    try:
        order = {b"II": "<", b"MM": ">"}[exif[:2]]
        (offset,) = struct.unpack_from(f"{order}4xI", exif)
        (count,) = struct.unpack_from(f"{order}H", exif, offset)
        for number in range(count):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", exif, offset + 2 + 12 * number)
            if tag == _ORIENTATION:
                return int(value)
    except (KeyError, struct.error):
        pass
    return 1


def _tiff(file: BinaryIO) -> tuple[int, Picture]:
    """How many pages a TIFF has, and how large the first is (TIFF 6.0, section 2)."""
    head = _exactly(file, 8)
    order = {b"II": "<", b"MM": ">"}[head[:2]]
    magic, offset = struct.unpack(f"{order}2xHI", head)
    if magic != 42:  # noqa: PLR2004 - TIFF's own; BigTIFF has another, and Textract does not read it
        raise ValueError("no plain TIFF")
    first: Picture | None = None
    seen = set[int]()
    while offset and offset not in seen and len(seen) <= MOST_PAGES:
        seen.add(offset)
        file.seek(offset)
        (count,) = struct.unpack(f"{order}H", _exactly(file, 2))
        if count > _MOST_FIELDS:
            raise ValueError("too many fields")
        fields = {}
        for _ in range(count):
            tag, kind, _, value = struct.unpack(f"{order}HHI4s", _exactly(file, 12))
            if kind in {_SHORT, _LONG}:
                fields[tag] = struct.unpack(f"{order}H2x" if kind == _SHORT else f"{order}I", value)[0]
        (offset,) = struct.unpack(f"{order}I", _exactly(file, 4))
        if first is None:
            sides = (fields[_WIDTH], fields[_HEIGHT])
            first = Picture(*(reversed(sides) if fields.get(_ORIENTATION) in _TURNED else sides))
    if first is None:
        raise ValueError("no page")
    return len(seen), first


def _exactly(file: BinaryIO, size: int) -> bytes:
    if size < 0 or len(data := file.read(size)) < size:
        raise ValueError("the file ends too early")
    return data
