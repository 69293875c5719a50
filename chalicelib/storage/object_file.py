"""An object of S3 as a file, for readers that go to and fro in one: of zips, and of what files say of themselves."""

import io
from typing import TYPE_CHECKING, BinaryIO

from chalicelib.storage.buckets import ObjectStore

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_COPIED = 8 * 1024**2
"""Bytes read at a time of a file that is read whole."""


class ObjectFile(io.RawIOBase):
    """An object of `size` bytes as a file to read from anywhere: each read fetches that range, and no more.

    After `most` bytes it is read no further.
    """

    def __init__(self, store: ObjectStore, key: str, size: int, most: int) -> None:
        self.size = size
        self._store, self._key = store, key
        self._position = 0
        self._left = most

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position in bytes, from the beginning, from here, or from the end."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise OSError("seek before the beginning")
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        """The position in bytes."""
        return self._position

    def copy_to(self, target: BinaryIO) -> None:
        """Write the whole file to `target`, a part at a time, however large it is."""
        for start in range(0, self.size, _COPIED):
            target.write(self._store.read_range(self._key, start, _COPIED))
        target.seek(0)

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read on from the position into `buffer`; returns how many bytes, 0 at the end.

        Raises OSError if too much has been read.
        """
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), self.size - self._position)
        if wanted <= 0:
            return 0
        self._left -= wanted
        if self._left < 0:
            raise OSError("too much to read")
        data = self._store.read_range(self._key, self._position, wanted)
        view[: len(data)] = data
        self._position += len(data)
        return len(data)
