"""The embedded S3's way with big files: an object can be a file on disk, never read into memory.

moto keeps each object in a buffer that is filled from bytes in memory. Recordings are too big for that, so a file goes
in by reference: the object's buffer is replaced by one that reads the file. The attributes used here are moto's own and
private; tests/local/test_storage.py fails if a new version of moto moves them.
"""

import hashlib
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO
from unittest.mock import patch

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3 import notifications
from moto.s3.exceptions import EntityTooSmall, InvalidPart, MalformedXML, NoSuchUpload
from moto.s3.models import FakeKey, FakeMultipart, S3Backend, s3_backends
from moto.settings import S3_UPLOAD_PART_MIN_SIZE

from chalicelib.domain.keys import S3Object

_CHUNK = 4 * 1024 * 1024


class FileBuffer:
    """A file on disk where moto wants an object's buffer. It is open only while it is read: a server keeps many."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._at = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to `offset`, counted from the beginning or, with SEEK_END, from the end."""
        self._at = offset + (self.path.stat().st_size if whence == os.SEEK_END else 0)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes from where the last read ended; all when negative."""
        with self.path.open("rb") as file:
            file.seek(self._at)
            data = file.read(size)
        self._at += len(data)
        return data

    def close(self) -> None:
        """Nothing is open between two reads."""


def _backend() -> S3Backend:
    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]


def put_file(path: Path, destination: S3Object, content_type: str, etag: str | None = None) -> None:
    """Make the file at `path` the object at `destination`, and send the event that an upload sends.

    The file must stay as it is for as long as the embedded S3 lives. `etag` is its MD5 in hexadecimal, if it is known.
    """
    if etag is None:
        with path.open("rb") as file:
            etag = hashlib.file_digest(file, partial(hashlib.md5, usedforsecurity=False)).hexdigest()
    key = place(path, destination, etag, {"Content-Type": content_type})
    _announce(key, destination.bucket, notifications.S3NotificationEvent.OBJECT_CREATED_PUT_EVENT)


def place(
    path: Path, destination: S3Object, etag: str, metadata: Mapping[str, str], modified: datetime | None = None
) -> FakeKey:
    """Make the file at `path` the object at `destination`, and tell nobody: as it was before, or before its event.

    `metadata` is named as in S3's headers; `etag` has no quotes; `modified` is now unless given.
    """
    key = _backend().put_object(destination.bucket, destination.key, b"", etag=etag, disable_notification=True)
    refer(key, path)
    key.set_metadata(dict(metadata), replace=False)
    key.last_modified = modified or datetime.now(UTC)
    return key


def refer(key: FakeKey, path: Path) -> None:
    """Make `key` (an object, or a part of an upload) stand for the file at `path`."""
    key._value_buffer.close()
    key._value_buffer = FileBuffer(path)  # type: ignore[assignment]
    key.contentsize = path.stat().st_size


def path_of(key: FakeKey) -> Path | None:
    """The file that `key` stands for, None if its bytes are in memory."""
    return key._value_buffer.path if isinstance(key._value_buffer, FileBuffer) else None


def copy_to(key: FakeKey, target: BinaryIO) -> None:
    """Write the bytes of `key` to `target`, a few megabytes at a time."""
    path = path_of(key)
    if path is not None:
        with path.open("rb") as source:
            shutil.copyfileobj(source, target, _CHUNK)
        return
    with key.lock:
        key._value_buffer.seek(0)
        shutil.copyfileobj(key._value_buffer, target, _CHUNK)


def objects() -> Iterator[tuple[S3Object, FakeKey]]:
    """Every object of every bucket."""
    for bucket in _backend().buckets.values():
        for name, key in bucket.keys.items():
            if isinstance(key, FakeKey):
                yield S3Object(bucket.name, name), key


def uploads() -> Iterator[tuple[str, FakeMultipart]]:
    """Every multipart upload under way, with its bucket's name."""
    for bucket in _backend().buckets.values():
        for upload in bucket.multiparts.values():
            yield bucket.name, upload


def begun(upload: FakeMultipart) -> float:
    """When an upload began, in seconds since the epoch; moto does not know. It is when this was first asked, and the
    journal asks at the end of the turn in which it began.
    """
    when: float = vars(upload).setdefault("begun", time.time())
    return when


def begin_upload(upload_id: str, destination: S3Object, metadata: Mapping[str, str], when: float) -> None:
    """Begin the multipart upload that was called `upload_id` before, and had `begun` at `when`."""
    bucket = _backend().get_bucket(destination.bucket)
    upload = FakeMultipart(destination.key, dict(metadata), DEFAULT_ACCOUNT_ID, bucket.region_name)  # type: ignore[arg-type]
    upload.id = upload_id
    vars(upload)["begun"] = when
    bucket.multiparts[upload_id] = upload


def put_part(path: Path, destination: S3Object, upload_id: str, number: int, etag: str) -> None:
    """Make the file at `path` part `number` of a multipart upload. Raises FileNotFoundError if there is no such one."""
    upload = _backend().get_bucket(destination.bucket).multiparts.get(upload_id)
    if upload is None or upload.key_name != destination.key:
        raise FileNotFoundError(f"there is no upload {upload_id}")
    part = upload.set_part(number, b"")
    part._etag = etag
    refer(part, path)


@contextmanager
def joining_in(folder: Path) -> Iterator[None]:
    """While this lasts, the parts of a completed upload are joined in a file in `folder`, not in memory."""

    def complete(
        backend: S3Backend, bucket_name: str, multipart_id: str, body: Iterator[tuple[int, str]]
    ) -> FakeKey | None:
        bucket = backend.get_bucket(bucket_name)
        upload = bucket.multiparts.get(multipart_id)
        if upload is None:
            raise NoSuchUpload(upload_id=multipart_id)
        parts = [_named_part(upload, number, etag) for number, etag in body]
        if not parts:
            raise MalformedXML
        if any(part.contentsize < S3_UPLOAD_PART_MIN_SIZE for part in parts[:-1]):
            raise EntityTooSmall
        joined = folder / uuid.uuid4().hex
        with joined.open("wb") as target:
            for part in parts:
                copy_to(part, target)
        digests = b"".join(bytes.fromhex(part.etag.strip('"')) for part in parts)
        etag = f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"
        key = place(joined, S3Object(bucket_name, upload.key_name), etag, upload.metadata)
        del bucket.multiparts[multipart_id]
        completed = notifications.S3NotificationEvent.OBJECT_CREATED_COMPLETE_MULTIPART_UPLOAD_EVENT
        _announce(key, bucket_name, completed)
        return key

    with patch.object(S3Backend, "complete_multipart_upload", complete):
        yield


def _named_part(upload: FakeMultipart, number: int, etag: str) -> FakeKey:
    part = upload.parts.get(number)
    if part is None or part.etag.strip('"') != etag.strip('"'):
        raise InvalidPart
    return part


def _announce(key: FakeKey, bucket: str, event: notifications.S3NotificationEvent) -> None:
    notifications.send_event(DEFAULT_ACCOUNT_ID, event, _backend().get_bucket(bucket), key)


def find(source: S3Object) -> FakeKey | None:
    """The object at `source` as moto keeps it, None if there is none."""
    key = _backend().get_object(source.bucket, source.key)
    return key if isinstance(key, FakeKey) else None


def _key(source: S3Object) -> FakeKey:
    key = find(source)
    if key is None:
        raise FileNotFoundError(f"there is no object {source.key} in {source.bucket}")
    return key


def fetch(source: S3Object, folder: Path) -> Path:
    """A file with the object's bytes: the one it was put from, or a copy in `folder`.

    Raises FileNotFoundError if there is no such object.
    """
    key = _key(source)
    path = path_of(key)
    if path is not None and path.is_file():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"object-{hashlib.sha256(source.key.encode()).hexdigest()[:16]}"
    with copy.open("wb") as target:
        copy_to(key, target)
    return copy


def export(source: S3Object, target: Path) -> None:
    """Write the object's bytes to `target`. Raises FileNotFoundError if there is no such object."""
    found = fetch(source, target.parent)
    if found.parent == target.parent and found.name.startswith("object-"):
        found.replace(target)
    else:
        shutil.copyfile(found, target)
