"""What S3 takes of addresses and forms that the API hands out: those for its own region's host, signed by version 4.

moto takes any, whatever they were signed for.
"""

import base64
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

REGION = "us-east-1"
_OF_S3 = re.compile(r"https://[^/]*\bs3[.-][^/]*amazonaws\.com(\.cn)?/.*")
_LONGEST = 3600
"""Seconds that anything handed out may hold."""


def check(answer: Any, region: str = REGION) -> int:
    """Check each address and form of S3 in a JSON document. Returns how many there were."""
    found = list(_addresses(answer))
    for address, fields in found:
        if fields is None:
            check_address(address, region)
        else:
            check_form(address, fields, region)
    return len(found)


def check_address(address: str, region: str = REGION) -> None:
    """See https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html."""
    _check_host(address, region)
    query = {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}
    assert query["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256", address
    assert query["X-Amz-Credential"].split("/")[2:] == [region, "s3", "aws4_request"]
    # Whatever else is signed, whoever follows the address would have to send.
    assert query["X-Amz-SignedHeaders"] == "host"
    assert 0 < int(query["X-Amz-Expires"]) <= _LONGEST
    assert not {"Signature", "AWSAccessKeyId", "Expires"} & query.keys()


def check_form(address: str, fields: dict[str, str], region: str = REGION) -> None:
    """See https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html."""
    _check_host(address, region)
    assert fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256", fields
    assert fields["x-amz-credential"].split("/")[2:] == [region, "s3", "aws4_request"]
    assert not {"signature", "AWSAccessKeyId"} & fields.keys()
    begins = datetime.strptime(fields["x-amz-date"] + "+0000", "%Y%m%dT%H%M%SZ%z")
    policy = json.loads(base64.b64decode(fields["policy"]))
    ends = datetime.fromisoformat(policy["expiration"])
    assert timedelta(0) < ends - begins <= timedelta(seconds=_LONGEST + 1)
    assert any("content-length-range" in condition for condition in policy["conditions"])


def _check_host(address: str, region: str) -> None:
    split = urlsplit(address)
    assert split.scheme == "https"
    bucket, _, host = split.netloc.partition(".")
    assert bucket, address
    assert host == f"s3.{region}.amazonaws.com", address


def _addresses(value: Any) -> Iterator[tuple[str, dict[str, str] | None]]:
    match value:
        case {"url": str(url), "fields": dict(fields)}:
            yield url, fields
        case dict():
            for one in value.values():
                yield from _addresses(one)
        case list():
            for one in value:
                yield from _addresses(one)
        case str() if _OF_S3.fullmatch(value):
            yield value, None
