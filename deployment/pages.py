"""The pages: the files of `web/`, put where CloudFront reads them, and told where the API is."""

import json
import mimetypes
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from deployment.target import ROOT

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WEB = ROOT / "web"
_NOT_SERVED = {".md", ".sh", ".ts"}
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".svg": "image/svg+xml"}
"""Where the machine's own table of types may say something else, or nothing."""


def files() -> Iterator[Path]:
    """What is served."""
    return (path for path in sorted(WEB.rglob("*")) if path.is_file() and path.suffix not in _NOT_SERVED)


def upload(s3: "S3Client", bucket: str, api: str) -> int:
    """Put all pages into `bucket`, in place of what was there, for an API at the address `api`. Returns how many files.

    Browsers ask anew for each file whether it has changed, so that nobody sees half of an old version.
    """
    there = {
        item["Key"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for item in page.get("Contents", [])
    }
    wanted = {path.relative_to(WEB).as_posix(): path.read_bytes() for path in files()}
    wanted["config.json"] = json.dumps({"api": api.rstrip("/")}).encode()
    for key, body in wanted.items():
        suffix = Path(key).suffix
        content_type = _TYPES.get(suffix) or mimetypes.guess_type(key)[0] or "application/octet-stream"
        if content_type.startswith("text/"):
            content_type += "; charset=utf-8"
        s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type, CacheControl="no-cache")
    for key in sorted(there - set(wanted)):
        s3.delete_object(Bucket=bucket, Key=key)
    return len(wanted)
