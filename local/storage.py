"""The embedded S3's way with big files: an object can be a file on disk, never read into memory.

moto keeps each object in a buffer that is filled from bytes in memory. Recordings are too big for that, so a file goes
in by reference: the object's buffer is replaced by the open file. The attributes used here are moto's own and private;
tests/local/test_storage.py fails if a new version of moto moves them.
"""

import hashlib
import shutil
from pathlib import Path
from typing import BinaryIO

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3 import notifications
from moto.s3.models import FakeKey, S3Backend, s3_backends

from chalicelib.engines.jobs import S3Object

_CHUNK = 4 * 1024 * 1024


def _backend() -> S3Backend:
    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"]


def _md5(file: BinaryIO) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def put_file(path: Path, destination: S3Object, content_type: str) -> None:
    """Make the file at `path` the object at `destination`, and send the event that an upload sends.

    The file must stay as it is for as long as the embedded S3 lives.
    """
    bucket = _backend().get_bucket(destination.bucket)
    with path.open("rb") as file:
        etag = _md5(file)
    configuration, bucket.notification_configuration = bucket.notification_configuration, None
    try:
        key = _backend().put_object(destination.bucket, destination.key, b"", etag=etag)
    finally:
        bucket.notification_configuration = configuration
    key._value_buffer.close()
    key._value_buffer = path.open("rb")  # type: ignore[assignment]
    key.contentsize = path.stat().st_size
    key.set_metadata({"Content-Type": content_type}, replace=False)
    notifications.send_event(
        DEFAULT_ACCOUNT_ID, notifications.S3NotificationEvent.OBJECT_CREATED_PUT_EVENT, bucket, key
    )


def _key(source: S3Object) -> FakeKey:
    key = _backend().get_object(source.bucket, source.key)
    if not isinstance(key, FakeKey):
        raise FileNotFoundError(f"there is no object {source.key} in {source.bucket}")
    return key


def fetch(source: S3Object, folder: Path) -> Path:
    """A file with the object's bytes: the one it was put from, or a copy in `folder`.

    Raises FileNotFoundError if there is no such object.
    """
    key = _key(source)
    name = getattr(key._value_buffer, "name", None)
    if isinstance(name, str) and Path(name).is_file():
        return Path(name)
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"object-{hashlib.sha256(source.key.encode()).hexdigest()[:16]}"
    with key.lock, copy.open("wb") as target:
        key._value_buffer.seek(0)
        shutil.copyfileobj(key._value_buffer, target, _CHUNK)
    return copy


def export(source: S3Object, target: Path) -> None:
    """Write the object's bytes to `target`. Raises FileNotFoundError if there is no such object."""
    found = fetch(source, target.parent)
    if found.parent == target.parent and found.name.startswith("object-"):
        found.replace(target)
    else:
        shutil.copyfile(found, target)
