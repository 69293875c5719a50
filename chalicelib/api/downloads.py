"""Where what was made of a recording can be had, for a short while: straight from S3, never through a function."""

import re
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import quote

from chalice import Response
from pydantic import BaseModel

from chalicelib.domain import folding, names
from chalicelib.domain.assets import Asset
from chalicelib.services import Services

EXPIRES_IN = 900
"""Seconds."""

LARGEST_BODY = 4 * 1024**2
"""What a function answers itself, in bytes; for what is larger it names a place:
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

Answer = TypeVar("Answer", bound=BaseModel)


def disposition(name: str, how: str = "attachment") -> str:
    """A Content-Disposition that calls a file `name`: in any script, and in ASCII for what reads no more than that.

    Of the ASCII name all is left out that some program takes for more than a letter (RFC 6266, appendix D).
    """
    spelt = re.sub(r"[^A-Za-z0-9 ._()-]", "_", folding.in_ascii(name))
    plain = re.sub(r" +(?=\.|$)", "", " ".join(spelt.split()))
    if not plain or plain.startswith("."):
        plain = names.NAMELESS + plain
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def address(
    key: str,
    services: Services,
    download_as: str | None = None,
    how: str = "attachment",
    expires_in: int = EXPIRES_IN,
) -> str:
    """Where an object of the output bucket can be had, for so many seconds, and under what name to keep it.

    `how` is a disposition type of RFC 6266: whether to keep it at once, or to show it first ("inline").
    """
    wanted = {"Bucket": services.outputs.bucket, "Key": key}
    if download_as is not None:
        wanted["ResponseContentDisposition"] = disposition(download_as, how)
    return services.outputs.client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=expires_in)


def upload_address(asset: Asset, content_type: str, download_as: str, services: Services, how: str = "inline") -> str:
    """Where what was uploaded can be had as this type, to be shown or ("attachment") kept, for EXPIRES_IN seconds."""
    wanted = {
        "Bucket": services.uploads.bucket,
        "Key": asset.input_key,
        "ResponseContentType": content_type,
        "ResponseContentDisposition": disposition(download_as, how),
    }
    return services.uploads.client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=EXPIRES_IN)


def elsewhere(key: str, services: Services, download_as: str | None = None) -> Response:
    """The answer that says where to get what is too much, or too binary, for a function."""
    return Response("", headers={"Location": address(key, services, download_as)}, status_code=303)


def whole_or_elsewhere(answer: Answer, key: str, services: Services) -> Answer | Response:
    """`answer`, or if it is more than a function may answer: where it can be had, stored at `key`."""

    def store(text: str) -> str:
        services.outputs.write(key, text, "application/json")
        return key

    return whole_or_stored(answer, store, services)


def whole_or_stored(answer: Answer, store: Callable[[str], str], services: Services) -> Answer | Response:
    """The same, of which `store` keeps the JSON, and says at which key."""
    text = answer.model_dump_json(exclude_none=True)
    return answer if len(text.encode()) < LARGEST_BODY else elsewhere(store(text), services)
