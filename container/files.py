"""Files at `s3://bucket/key` and `file:///folder/file`: read, written whole or not at all, fetched without being held
in memory.

S3 is reached with what boto3 finds by itself: the role of the job, and AWS_ENDPOINT_URL where that is set.
"""

import errno
import os
import shutil
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from container import failures
from container.failures import Failed

_REFUSED = frozenset(
    {
        *("403", "AccessDenied", "AccessDeniedException", "AllAccessDisabled", "ExpiredToken", "Forbidden"),
        *("InvalidAccessKeyId", "InvalidObjectState", "InvalidToken", "NoSuchBucket", "SignatureDoesNotMatch"),
        *("KMS.DisabledException", "KMS.NotFoundException"),
    }
)
_NOT_THERE = frozenset({"404", "NoSuchKey", "NotFound"})
_ROOM = 256 * 1024**2
"""Bytes that stay free beside what is fetched: the sound and the stills of it."""


def exists(uri: str) -> bool:
    """Whether there is a file. Raises Failed if one may not know."""
    if path := _path(uri):
        with _local(uri):
            return path.is_file()
    bucket, key = _place(uri)
    # Asked by HEAD, S3 says "forbidden" of what is not there to whoever may list only some prefixes, as the job may.
    with _storage(uri):
        found = _s3().list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1).get("Contents", ())
    return any(one["Key"] == key for one in found)


def read(uri: str) -> bytes:
    """What the file holds. Raises FileNotFoundError, or Failed."""
    if path := _path(uri):
        with _local(uri):
            return path.read_bytes()
    bucket, key = _place(uri)
    with _reading(uri):
        data: bytes = _s3().get_object(Bucket=bucket, Key=key)["Body"].read()
    return data


def write(uri: str, data: bytes, content_type: str = "application/json") -> None:
    """Write the file: whoever looks sees all of it or what was there before. Raises Failed."""
    if path := _path(uri):
        beside = path.with_name(f".{os.getpid()}.part")  # a name of its own may be as long as names can be
        with _local(uri):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                beside.write_bytes(data)
                beside.replace(path)
            finally:
                beside.unlink(missing_ok=True)
        return
    bucket, key = _place(uri)
    with _storage(uri):
        _s3().put_object(Bucket=bucket, Key=key, Body=data, ContentType=content_type)


def fetch(uri: str, into: Path, progress: Callable[[float], None] = lambda share: None) -> Path:
    """The file on this machine: where it is, or fetched to `into`. Raises FileNotFoundError, or Failed."""
    if path := _path(uri):
        with _local(uri), path.open("rb"):
            return path
    bucket, key = _place(uri)
    with _reading(uri):
        size = int(_s3().head_object(Bucket=bucket, Key=key)["ContentLength"])
    if shutil.disk_usage(into.parent).free < size + _ROOM:
        raise Failed(failures.DISK_FULL, f"There is no room for {size} bytes.")
    there = 0

    def came(count: int) -> None:
        nonlocal there
        there += count
        progress(min(there / max(size, 1), 1.0))

    with _reading(uri):
        _s3().download_file(bucket, key, str(into), Callback=came)
    return into


def _path(uri: str) -> Path | None:
    return Path(urllib.parse.unquote(uri.removeprefix("file://"))) if uri.startswith("file:///") else None


def _place(uri: str) -> tuple[str, str]:
    """Bucket and key; a key may hold anything, "?" and "#" too."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


@contextmanager
def _local(uri: str) -> Iterator[None]:
    try:
        yield
    except PermissionError as exc:
        raise Failed(failures.DENIED, f"There is no leave for {_scheme(uri)}.") from exc


@contextmanager
def _storage(uri: str) -> Iterator[None]:
    """Turn what S3 answers into what the job knows."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        yield
    except NoCredentialsError as exc:
        raise Failed(failures.DENIED, "There are no credentials for S3.") from exc
    except ClientError as exc:
        code = exc.response.get("Error", {}).get("Code", "")
        if code in _NOT_THERE:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), uri) from exc
        if code in _REFUSED:
            raise Failed(failures.DENIED, f"S3 does not let this job {exc.operation_name} ({code}).") from exc
        raise Failed(failures.BROKEN, f"S3 answers {code} to {exc.operation_name}.") from exc
    except BotoCoreError as exc:
        raise Failed(failures.BROKEN, f"S3 cannot be reached ({type(exc).__name__}).") from exc


@contextmanager
def _reading(uri: str) -> Iterator[None]:
    """The same for what is read. Of what is not there S3 says "forbidden" to whoever may not list all of the bucket, as
    the job may not: whether it is there is asked as it may be.
    """
    try:
        with _storage(uri):
            yield
    except Failed as exc:
        if exc.code != failures.DENIED or not _is_missing(uri):
            raise
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), uri) from exc


def _is_missing(uri: str) -> bool:
    try:
        return not exists(uri)
    except Failed:  # nobody may know
        return False


def _scheme(uri: str) -> str:
    return uri.partition(":")[0]


@cache
def _s3() -> Any:  # noqa: ANN401 - boto3 has no types at run time
    import boto3
    from botocore.config import Config

    return boto3.client("s3", config=Config(retries={"mode": "standard", "total_max_attempts": 6}, read_timeout=60))
