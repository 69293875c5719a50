"""The files of a set that administrators have brought, those in its zips too. Of a zip nothing is believed."""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain import keys
from chalicelib.learning import material as rules
from chalicelib.learning.material import Brought, Finding, Unusable, shown
from chalicelib.message import Message
from chalicelib.services import Services
from chalicelib.storage.object_file import ObjectFile

_PIECE = 1024**2
_ZIP_CHUNK = 1024**2

_NO_ZIP = Message("material-no-zip", "The file cannot be read as a zip: it is damaged, or none at all.")
_LOCKED = Message("material-locked", "It is protected by a password.")
_UNSAFE = Message("material-unsafe", "Its name leads out of the zip, or it is no file. It is left out.")
_NESTED = Message("material-nested", "A zip within a zip is not opened.")
_TOO_MANY = Message("material-too-many", "There are more than %(most)s files in the set.")
_TOO_LARGE = Message("material-too-large", "It is too large, unpacked: at most %(most_bytes)s are taken.")
_TOO_LARGE_ALL = Message("material-set-too-large", "Unpacked, the set has more than %(most_bytes)s.")
BROKEN = Message("material-broken", "It cannot be read: the zip is damaged there.")


@dataclass(frozen=True, slots=True)
class Member:
    """A file that was brought: in the object at `key`, or in the zip that lies there, as `inside`."""

    name: str
    key: str
    size: int
    inside: zipfile.ZipInfo | None = None


class Files:
    """The files of a set, those in its zips too. Closed, it holds no zip open."""

    def __init__(self, brought: Brought, services: Services) -> None:
        self._services = services
        self._zips: dict[str, zipfile.ZipFile] = {}
        self.findings: list[Finding] = []
        self.by_name: dict[str, Member] = {}
        self.text_read = 0
        """Bytes of text that were read."""

        self._beyond: set[str] = set()
        uploads = keys.material_upload(brought.id)
        total = texts = 0
        for key, size in services.uploads.sizes(uploads):
            for member in self._members(key.removeprefix(uploads), key, size):
                total += member.size
                if rules.is_aside(member.name):
                    continue
                if len(self.by_name) == rules.MOST_MEMBERS:
                    self._wrong(member.name, _TOO_MANY.of(most=rules.MOST_MEMBERS))
                    return
                if total > rules.MOST_EXPANDED_BYTES:
                    self._wrong(member.name, _TOO_LARGE_ALL.of(most_bytes=rules.MOST_EXPANDED_BYTES))
                    return
                if member.name in self.by_name:
                    self._wrong(member.name, rules.TWICE)
                    continue
                self.by_name[member.name] = member
                if rules.is_text(member.name) and member.size <= rules.MOST_TEXT_BYTES:
                    texts += member.size
                    if texts > rules.MOST_SET_TEXT_BYTES:
                        self._beyond.add(member.name)

    def _wrong(self, name: str, reason: Message) -> None:
        self.findings.append(Finding(shown(name), reason))

    def _members(self, name: str, key: str, size: int) -> Iterator[Member]:
        if not rules.is_zip(name):
            yield Member(name, key, size)
            return
        try:
            inside = self._zip(key, size).infolist()
        except _OF_A_ZIP as exc:
            _raise_if_of_s3(exc)
            self._wrong(name, _NO_ZIP)
            return
        if len(inside) > rules.MOST_MEMBERS:
            self._wrong(name, _TOO_MANY.of(most=rules.MOST_MEMBERS))
            return
        for one in inside:
            if one.is_dir():
                continue
            reason = _hindrance(one)
            if reason is not None:
                self._wrong(one.filename, reason)
            else:
                yield Member(one.filename, key, one.file_size, one)

    def _zip(self, key: str, size: int) -> zipfile.ZipFile:
        if key not in self._zips:
            file = ObjectFile(self._services.uploads, key, size, 4 * size + _ZIP_CHUNK)
            self._zips[key] = zipfile.ZipFile(BufferedReader(file, _ZIP_CHUNK))
        return self._zips[key]

    def close(self) -> None:
        """Hold nothing open any more."""
        for one in self._zips.values():
            one.close()

    def read(self, name: str, most: int = rules.MOST_TEXT_BYTES) -> bytes:
        """The bytes of a text, which are `most` at most. Raises Unusable."""
        member = self.by_name[name]
        if name in self._beyond:
            raise Unusable(rules.TOO_MUCH_TEXT.of(most_bytes=rules.MOST_SET_TEXT_BYTES))
        if member.size > most:
            raise Unusable(_TOO_LARGE.of(most_bytes=most))
        self.text_read += member.size
        if member.inside is None:
            return self._services.uploads.read(member.key) or b""
        return b"".join(self._unpacked(member, most))

    def lay(self, name: str, key: str) -> None:
        """Lay a file at `key` of the outputs. Raises Unusable."""
        member, services = self.by_name[name], self._services
        if member.size > rules.MOST_SOUND_BYTES:
            raise Unusable(_TOO_LARGE.of(most_bytes=rules.MOST_SOUND_BYTES))
        if member.inside is None:
            services.outputs.copy(services.uploads.at(member.key), key)
            return
        with services.outputs.writing(key, "application/octet-stream") as into:
            for piece in self._unpacked(member, rules.MOST_SOUND_BYTES):
                into.write(piece)

    def _unpacked(self, member: Member, most: int) -> Iterator[bytes]:
        """What is packed in a zip, a piece at a time: never more than was said, whatever the zip says."""
        assert member.inside is not None, "it lies in a zip"
        left = min(most, member.size)
        try:
            with cast(BinaryIO, self._zips[member.key].open(member.inside)) as file:
                while piece := file.read(_PIECE):
                    left -= len(piece)
                    if left < 0:
                        raise Unusable(_TOO_LARGE.of(most_bytes=most))
                    yield piece
        except Unusable:
            raise
        except _OF_A_ZIP as exc:
            _raise_if_of_s3(exc)
            raise Unusable(BROKEN) from exc


_OF_A_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError)
"""What whoever reads a broken zip may raise."""


def _raise_if_of_s3(raised: BaseException) -> None:
    """Raise what S3 is at fault for: zipfile takes whatever a file does for a fault of the zip."""
    found: BaseException | None = raised
    while found is not None:
        if isinstance(found, (BotoCoreError, ClientError)):
            raise found
        found = found.__context__


_ENCRYPTED = 0x1
_UPPER = 16
"""A zip of Unix has a file's mode in the upper half of these bits (APPNOTE 4.4.15)."""


def _hindrance(one: zipfile.ZipInfo) -> Message | None:
    """Why a file of a zip is left out by what the zip says of it."""
    path = PurePosixPath(one.orig_filename.replace("\\", "/"))
    mode = one.external_attr >> _UPPER
    is_outside = path.is_absolute() or ".." in path.parts or ":" in path.parts[0][:2]
    if is_outside or (stat.S_IFMT(mode) and not stat.S_ISREG(mode)):
        return _UNSAFE
    if one.flag_bits & _ENCRYPTED:
        return _LOCKED
    return _NESTED if rules.is_zip(one.filename) else None
