"""The first picture of an animated GIF, as a GIF by itself. Pure.

Nothing is decoded: the parts of the file are told apart as the format's appendix has them
(https://www.w3.org/Graphics/GIF/spec-gif89a.txt), and the first image is kept.
"""

_SCREEN = 13  # bytes of header and logical screen descriptor
_DESCRIPTOR = 10  # bytes of an image descriptor with its introducer
_HAS_TABLE = 0x80
_TABLE_SIZE = 0x07
_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, b"\x3b"


def first_picture(data: bytes) -> bytes | None:
    """A GIF of the first picture in `data`, which may be the beginning of a file; None if it is not whole in it."""
    if data[:6] not in {b"GIF87a", b"GIF89a"}:
        return None
    try:
        at = _SCREEN + _table(data[10])
        head = data[:at]
        while data[at] == _EXTENSION:
            at = _after_blocks(data, at + 2)
        if data[at] != _IMAGE:
            return None
        end = _after_blocks(data, at + _DESCRIPTOR + _table(data[at + _DESCRIPTOR - 1]) + 1)
    except IndexError:
        return None
    return head + data[at:end] + _TRAILER


def _table(flags: int) -> int:
    """The bytes of the colour table that `flags` announces."""
    return 3 << (flags & _TABLE_SIZE) + 1 if flags & _HAS_TABLE else 0


def _after_blocks(data: bytes, at: int) -> int:
    """Where a run of sub-blocks ends that begins at `at`. Raises IndexError if it does not."""
    while size := data[at]:
        at += size + 1
    return at + 1
