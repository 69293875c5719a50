"""Uploads: addresses that a browser or `curl` sends a file to, straight to S3, never through a function."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from chalicelib.api.models import assets as models
from chalicelib.api.operation import operation
from chalicelib.api.views import shown
from chalicelib.domain.assets import Asset
from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.services import Services
from chalicelib.storage.buckets import ANNOUNCED

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

SINGLE_UP_TO = 100 * 1024**2
EXPIRES_IN = 3600
_SMALLEST_PART = 16 * 1024**2
_MOST_PARTS = 10_000
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""


@operation("POST", "/assets/{asset_id}/upload/parts", is_for_withheld=True, is_noted=False)
def address_parts(asset: Asset, body: models.PartsWanted, services: Services) -> models.PartAddresses:
    """Where to PUT parts of a large file."""
    return addresses(asset.input_key, body, services)


@operation("GET", "/assets/{asset_id}/upload/parts", is_for_withheld=True)
def list_parts(asset: Asset, query: models.UploadNamed, services: Services) -> models.PartsThere:
    """Which parts of a large file have arrived, to go on after a lost connection."""
    return arrived(asset.input_key, query.upload_id, services)


@operation("POST", "/assets/{asset_id}/upload/complete", is_for_withheld=True, is_noted=False)
def complete_upload(asset: Asset, body: models.PartsDone, services: Services) -> models.AssetView:
    """Put the parts of a large file together; the work then begins."""
    complete(asset.input_key, body, services)
    return shown(asset, services)


def begin(key: str, size: int, content_type: str, services: Services) -> models.SingleUpload | models.MultipartUpload:
    """How to upload the file to `key` of the uploads, which has `size` bytes."""
    client, bucket = services.uploads.client, services.uploads.bucket
    if size <= SINGLE_UP_TO:
        form = client.generate_presigned_post(
            bucket,
            key,
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", size, size]],
            ExpiresIn=EXPIRES_IN,
        )
        return models.SingleUpload(url=form["url"], fields=form["fields"], expires_in=EXPIRES_IN)
    part_size = max(_SMALLEST_PART, -(-size // _MOST_PARTS))
    begun = client.create_multipart_upload(
        Bucket=bucket, Key=key, ContentType=content_type, Metadata={ANNOUNCED: str(size)}
    )
    return models.MultipartUpload(upload_id=begun["UploadId"], part_size=part_size, parts=-(-size // part_size))


def addresses(key: str, wanted: models.PartsWanted, services: Services) -> models.PartAddresses:
    """Where to PUT parts of the file at `key`."""
    where = {"Bucket": services.uploads.bucket, "Key": key, "UploadId": wanted.upload_id}
    found = [
        models.PartAddress(
            number=number,
            url=services.uploads.client.generate_presigned_url(
                "upload_part", Params={**where, "PartNumber": number}, ExpiresIn=EXPIRES_IN
            ),
        )
        for number in dict.fromkeys(wanted.parts)
    ]
    return models.PartAddresses(parts=found, expires_in=EXPIRES_IN)


def arrived(key: str, upload_id: str, services: Services) -> models.PartsThere:
    """Which parts of the file at `key` have arrived."""
    pages = services.uploads.client.get_paginator("list_parts").paginate(
        Bucket=services.uploads.bucket, Key=key, UploadId=upload_id
    )
    with _known_upload():
        found = [
            models.UploadPart(number=part["PartNumber"], etag=part["ETag"])
            for page in pages
            for part in page.get("Parts", [])
        ]
    return models.PartsThere(parts=found)


def complete(key: str, done: models.PartsDone, services: Services) -> None:
    """Put the parts of the file at `key` together. Done twice, it is done once."""
    in_order = sorted(done.parts, key=lambda part: part.number)
    parts: list[CompletedPartTypeDef] = [{"PartNumber": part.number, "ETag": part.etag} for part in in_order]
    try:
        with _known_upload():
            services.uploads.client.complete_multipart_upload(
                Bucket=services.uploads.bucket,
                Key=key,
                UploadId=done.upload_id,
                MultipartUpload={"Parts": parts},
            )
    except NotFound:
        if services.uploads.info(key) is None:
            raise


def require_whole(key: str, services: Services) -> None:
    """The file at `key` was put together: it goes if it has not the size that was announced. Raises InvalidRequest."""
    found = services.uploads.info(key)
    if found is not None and found.announced not in {None, found.size}:
        services.uploads.delete(key)
        raise InvalidRequest(
            f"These parts have {found.size} bytes, and {found.announced} were announced: send the file once more.",
            "wrong-parts",
            "parts",
        )


def form_for_any_size(asset: Asset, services: Services) -> models.FormUpload:
    """A form for one file of up to SINGLE_UP_TO bytes, whose size nobody has said yet."""
    form = services.uploads.client.generate_presigned_post(
        services.uploads.bucket,
        asset.input_key,
        Conditions=[["content-length-range", 1, SINGLE_UP_TO]],
        ExpiresIn=EXPIRES_IN,
    )
    return models.FormUpload(id=asset.ref.asset_id, url=form["url"], fields=form["fields"])


@contextmanager
def _known_upload() -> Iterator[None]:
    try:
        yield
    except ClientError as exc:
        match exc.response["Error"]["Code"]:
            case "NoSuchUpload":
                raise NotFound("There is no such upload, or it has been completed already.") from exc
            case "InvalidPart" | "InvalidPartOrder" | "EntityTooSmall":
                raise InvalidRequest(
                    "These are not the parts that were uploaded: give each part's number with the ETag that its PUT "
                    "was answered with; all but the last must have the announced size.",
                    "wrong-parts",
                    "parts",
                ) from exc
        raise
