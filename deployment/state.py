"""What Chalice remembers of a stage, kept in the stage's own bucket, so that any checkout can deploy or destroy it."""

from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_KEY = "deployment/chalice.json"
"""No folder of recordings: no event tells of it, and no rule lets it expire."""


def fetch(s3: "S3Client", bucket: str, file: Path) -> None:
    """Bring the memory of the last deployment to `file`; if there was none, there is no file then."""
    try:
        body = s3.get_object(Bucket=bucket, Key=_KEY)["Body"].read()
    except ClientError as exc:
        if exc.response["Error"]["Code"] not in {"NoSuchKey", "NoSuchBucket", "404"}:
            raise
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(body)


def keep(s3: "S3Client", bucket: str, file: Path) -> None:
    """Keep what Chalice wrote to `file`; nothing if it wrote nothing."""
    if file.exists():
        s3.put_object(Bucket=bucket, Key=_KEY, Body=file.read_bytes(), ContentType="application/json")
