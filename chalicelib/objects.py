"""Small objects in one bucket: JSON and text, written and read whole. Media never passes through here."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.engines.jobs import S3Object

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What S3 knows about an object without reading it: `size` in bytes."""

    size: int
    etag: str


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
        return ObjectInfo(head["ContentLength"], head["ETag"].strip('"'))

    def write(self, key: str, body: str | bytes, content_type: str) -> None:
        """Put `body` at `key`, in UTF-8 if it is text."""
        data = body.encode() if isinstance(body, str) else body
        self.client.put_object(Bucket=self.bucket, Key=key, Body=data, ContentType=content_type)

    def write_json(self, key: str, document: Any) -> None:  # noqa: ANN401 - any JSON
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

    def read_text(self, key: str) -> str | None:
        """The object at `key` as text, or None if there is none."""
        data = self.read(key)
        return None if data is None else data.decode()


def _is_missing(exc: ClientError) -> bool:
    return exc.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}
