"""Objects in one bucket: JSON and text, written and read whole. Of media, only a few megabytes ever pass by here."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import RawIOBase
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.batched import batched
from chalicelib.domain.keys import S3Object
from chalicelib.errors import StoreError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, ObjectIdentifierTypeDef


_SMALLEST_PART = 5 * 1024**2
_WRITTEN_PART = 16 * 1024**2  # ten thousand of them make 160 GB
_LARGEST_COPY = 1024**3
_MOST_DELETED = 1_000
_READ_BYTES = 256 * 1024
ANNOUNCED = "announced-size"
"""Under which metadata stands how many bytes were announced."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What S3 knows about an object without reading it: `size` in bytes, `written_at` in seconds since the epoch.

    Of what was uploaded in parts, `announced` is the size that it was to have.
    """

    size: int
    etag: str
    written_at: float = 0.0
    announced: int | None = None


@dataclass(frozen=True)
class ObjectStore:
    """One bucket."""

    client: "S3Client"
    bucket: str

    def at(self, key: str) -> S3Object:
        """The name of the object at `key`."""
        return S3Object(self.bucket, key)

    def info(self, key: str) -> ObjectInfo | None:
        """Size and etag of the object at `key`, or None if there is none."""
        try:
            head = self.client.head_object(Bucket=self.bucket, Key=key)
        except ClientError as exc:
            if _is_missing(exc):
                return None
            raise
        announced = head["Metadata"].get(ANNOUNCED, "")
        return ObjectInfo(
            head["ContentLength"],
            head["ETag"].strip('"'),
            head["LastModified"].timestamp(),
            int(announced) if announced.isdecimal() else None,
        )

    def write(self, key: str, body: str | bytes, content_type: str) -> None:
        """Put `body` at `key`, in UTF-8 if it is text."""
        data = body.encode() if isinstance(body, str) else body
        self.client.put_object(Bucket=self.bucket, Key=key, Body=data, ContentType=content_type)

    def write_json(self, key: str, document: object) -> None:
        """Put `document` at `key` as JSON."""
        self.write(key, json.dumps(document, ensure_ascii=False), "application/json")

    def read(self, key: str) -> bytes | None:
        """The object at `key`, or None if there is none."""
        try:
            return self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as exc:
            if _is_missing(exc):
                return None
            raise

    def lines(self, key: str) -> Iterator[bytes] | None:
        """The lines of the object at `key`, read as they are asked for; None if there is none."""
        try:
            body = self.client.get_object(Bucket=self.bucket, Key=key)["Body"]
        except ClientError as exc:
            if _is_missing(exc):
                return None
            raise
        return body.iter_lines(chunk_size=_READ_BYTES)

    def read_range(self, key: str, start: int, size: int) -> bytes:
        """At most `size` bytes of the object at `key`, from byte `start` on."""
        wanted = f"bytes={start}-{start + size - 1}"
        return self.client.get_object(Bucket=self.bucket, Key=key, Range=wanted)["Body"].read()

    def names(self, prefix: str) -> list[str]:
        """The keys that begin with `prefix`, in order."""
        return [key for key, _ in self.sizes(prefix)]

    def sizes(self, prefix: str) -> list[tuple[str, int]]:
        """The keys that begin with `prefix`, in order, each with the size of its object in bytes."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [(found["Key"], found["Size"]) for page in pages for found in page.get("Contents", [])]

    def folders(self, prefix: str) -> list[str]:
        """What keys that begin with `prefix` go on with up to their next slash, in order: the first thousand."""
        found = self.client.list_objects_v2(Bucket=self.bucket, Prefix=prefix, Delimiter="/")
        return [one["Prefix"].removeprefix(prefix).rstrip("/") for one in found.get("CommonPrefixes", [])]

    def has_any(self, prefix: str) -> bool:
        """Whether there is a key that begins with `prefix`."""
        return bool(self.client.list_objects_v2(Bucket=self.bucket, Prefix=prefix, MaxKeys=1).get("Contents"))

    def delete(self, key: str) -> None:
        """Delete the object at `key`, if there is one. Raises StoreError if S3 keeps it."""
        self._delete([key])

    def delete_each(self, names: Iterable[str]) -> None:
        """Delete the objects at these keys, where there are any: a thousand at most. Raises StoreError as `delete`."""
        self._delete(names)

    def delete_under(self, prefix: str) -> None:
        """Delete every object whose key begins with `prefix`. Raises StoreError if S3 keeps some of them."""
        for names in batched(self.names(prefix), _MOST_DELETED):
            self._delete(names)

    def _delete(self, names: Iterable[str]) -> None:
        wanted: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in names]
        left = self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": wanted, "Quiet": True})
        if left.get("Errors"):
            raise StoreError("Some of what was to be deleted could not be. Please try again.")

    def abort_uploads(self, prefix: str) -> None:
        """Drop what was uploaded in parts under `prefix` and never put together."""
        pages = self.client.get_paginator("list_multipart_uploads").paginate(Bucket=self.bucket, Prefix=prefix)
        for upload in [upload for page in pages for upload in page.get("Uploads", [])]:
            if upload["Key"].startswith(prefix):
                self.client.abort_multipart_upload(Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"])

    @contextmanager
    def writing(self, key: str, content_type: str) -> Iterator["_Parts"]:
        """A stream to what becomes the object at `key`, in parts, once the block has ended well."""
        parts = _Parts(self.client, self.bucket, key, content_type)
        try:
            yield parts
            parts.complete()
        except BaseException:
            parts.abort()
            raise

    def copy(self, source: S3Object, key: str) -> None:
        """Have S3 copy an object of at most 5 GB to `key` by itself."""
        self.client.copy_object(Bucket=self.bucket, Key=key, CopySource={"Bucket": source.bucket, "Key": source.key})

    def compose(self, key: str, head: bytes, source: S3Object, start: int, size: int, content_type: str) -> None:
        """Put at `key` what `head` holds and then `size` bytes of `source` from byte `start` on.

        S3 copies all but the first few megabytes by itself, since only the last part of an upload may be small
        (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html).
        """
        first = min(size, _SMALLEST_PART)
        beginning = ObjectStore(self.client, source.bucket).read_range(source.key, start, first) if first else b""
        if first == size:
            self.write(key, head + beginning, content_type)
            return
        where: dict[str, Any] = {"Bucket": self.bucket, "Key": key}
        upload = self.client.create_multipart_upload(**where, ContentType=content_type)["UploadId"]
        where["UploadId"] = upload
        try:
            etags = [self.client.upload_part(**where, PartNumber=1, Body=head + beginning)["ETag"]]
            for begin in range(start + first, start + size, _LARGEST_COPY):
                copied = self.client.upload_part_copy(
                    **where,
                    PartNumber=len(etags) + 1,
                    CopySource={"Bucket": source.bucket, "Key": source.key},
                    CopySourceRange=f"bytes={begin}-{min(begin + _LARGEST_COPY, start + size) - 1}",
                )
                etags.append(copied["CopyPartResult"]["ETag"])
            parts: list[CompletedPartTypeDef] = [
                {"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)
            ]
            self.client.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
        except BaseException:
            _abort(self.client, where)
            raise

    def read_text(self, key: str) -> str | None:
        """The object at `key` as text, or None if there is none."""
        data = self.read(key)
        return None if data is None else data.decode()


class _Parts(RawIOBase):
    """Writes an object in parts, as many bytes at a time as a part may not be below."""

    def __init__(self, client: "S3Client", bucket: str, key: str, content_type: str) -> None:
        super().__init__()
        self._client = client
        self._where: dict[str, Any] = {"Bucket": bucket, "Key": key}
        self._where["UploadId"] = client.create_multipart_upload(**self._where, ContentType=content_type)["UploadId"]
        self._waiting = bytearray()
        self._done: list[CompletedPartTypeDef] = []

    def writable(self) -> bool:
        return True

    def write(self, data: "ReadableBuffer") -> int:
        self._waiting += data
        if len(self._waiting) >= _WRITTEN_PART:
            self._send()
        return memoryview(data).nbytes

    def complete(self) -> None:
        if self._waiting or not self._done:
            self._send()
        self._client.complete_multipart_upload(**self._where, MultipartUpload={"Parts": self._done})

    def abort(self) -> None:
        _abort(self._client, self._where)

    def _send(self) -> None:
        number = len(self._done) + 1
        sent = self._client.upload_part(**self._where, PartNumber=number, Body=bytes(self._waiting))
        self._done.append({"PartNumber": number, "ETag": sent["ETag"]})
        self._waiting.clear()


def _abort(client: "S3Client", where: dict[str, Any]) -> None:
    """Drop an upload that broke off. If that fails too, what broke it is what the caller has to hear of.

    The bucket drops it in the end (AbortIncompleteMultipartUpload in `cloudformation/data.yaml`).
    """
    with suppress(BotoCoreError, ClientError):
        client.abort_multipart_upload(**where)


def _is_missing(exc: ClientError) -> bool:
    return exc.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}
