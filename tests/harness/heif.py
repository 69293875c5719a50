"""HEIF files as phones write them: one picture out of tiles, with its turn noted beside it (ISO/IEC 23008-12)."""

import struct
from pathlib import Path

from tests.harness.media import ffmpeg

SIZE = WIDTH, HEIGHT = 320, 200
_KEPT_BYTES = 0x4400
"""Offsets and lengths of four bytes in an iloc."""

_ESSENTIAL = 0x80


def heif(path: Path, columns: int = 1, turns: int = 0) -> Path:
    """A picture of so many tiles in a row, turned counter-clockwise so many times by a quarter.

    Each tile is blue, with a white corner at its top left.
    """
    configuration, frame = _tile(path)
    tiles = list(range(1, columns + 1))
    whole = columns + 1 if columns > 1 else 1
    kinds = dict.fromkeys(tiles, b"hvc1") | ({whole: b"grid"} if columns > 1 else {})
    links = {tile: [1, 2] for tile in tiles}
    links[whole] = [3, 4] if columns > 1 else [1, 2, 4]
    properties = [configuration, _size(WIDTH), _size(WIDTH * columns), _box(b"irot", bytes([turns]))]
    linked = b"".join(
        struct.pack(">HB", item, len(named)) + bytes(_ESSENTIAL | one for one in named) for item, named in links.items()
    )
    entries = b"".join(
        _box(b"infe", struct.pack(">IHH4sB", 0x02000000 | (item != whole), item, 0, kind, 0))
        for item, kind in kinds.items()
    )
    plan = struct.pack(">BBBBHH", 0, 0, 0, columns - 1, WIDTH * columns, HEIGHT)

    def meta(start: int) -> bytes:
        places = {tile: (start, len(frame)) for tile in tiles}
        if columns > 1:
            places[whole] = (start + len(frame), len(plan))
        located = b"".join(struct.pack(">HHHII", item, 0, 1, *place) for item, place in places.items())
        parts = [
            bytes(4),
            _box(b"hdlr", struct.pack(">II4s12xB", 0, 0, b"pict", 0)),
            _box(b"pitm", struct.pack(">IH", 0, whole)),
            _box(b"iloc", struct.pack(">IHH", 0, _KEPT_BYTES, len(places)) + located),
            _box(b"iinf", struct.pack(">IH", 0, len(kinds)) + entries),
            _box(b"iprp", _box(b"ipco", *properties) + _box(b"ipma", struct.pack(">II", 0, len(links)) + linked)),
        ]
        if columns > 1:
            made_of = _box(b"dimg", struct.pack(f">HH{columns}H", whole, columns, *tiles))
            parts.insert(-1, _box(b"iref", bytes(4), made_of))
        return _box(b"meta", *parts)

    head = _box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    begins = len(head) + len(meta(0)) + 8
    path.write_bytes(head + meta(begins) + _box(b"mdat", frame, plan))
    return path


def _tile(path: Path) -> tuple[bytes, bytes]:
    """A frame of HEVC, and its configuration, taken out of a film of that frame alone."""
    film = path.with_suffix(".film.mp4")
    drawn = f"color=0x1e3ca0:s={WIDTH}x{HEIGHT},drawbox=0:0:80:50:white:fill"
    coded = ["-c:v", "libx265", "-x265-params", "log-level=error", "-tag:v", "hvc1", "-pix_fmt", "yuv420p"]
    ffmpeg("-f", "lavfi", "-i", drawn, "-frames:v", "1", *coded, film)
    data = film.read_bytes()
    film.unlink()
    frame = _found(data, b"mdat")[8:]
    return _found(data, b"hvcC"), frame


def _size(width: int) -> bytes:
    return _box(b"ispe", struct.pack(">III", 0, width, HEIGHT))


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def _found(file: bytes, kind: bytes) -> bytes:
    start = file.index(kind) - 4
    (size,) = struct.unpack_from(">I", file, start)
    return file[start : start + size]
