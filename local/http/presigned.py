"""Addresses that the app signs for S3: led to this server, and checked when they come back.

What S3 refuses is refused: a signature of version 2, which it no longer takes for new buckets, and one that is for
another host than the region's. The right one is calculated by botocore itself, so what is checked is what was signed.
"""

import base64
import binascii
import hmac
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.auth import S3SigV4PostAuth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

PATH = "/s3/"
_HOST = r"(?:(?P<bucket>[a-z0-9][a-z0-9.-]{2,62})\.)?s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com"
_ADDRESS = re.compile(rf"https://{_HOST}/(?P<rest>\S*)")
_SIGNATURE_FIELDS = {"policy", "x-amz-signature", "file"}
_OLD_SIGNATURE = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
_V4_TIME = "%Y%m%dT%H%M%SZ"


class Refused(Exception):
    """S3 would not do this; `code` is S3's name for the reason."""

    def __init__(self, code: str, message: str, status: int = 403) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def led_here(text: str, base: str) -> str:
    """Every S3 address in `text` as one of this server, which is at `base` ("http://localhost:8000")."""
    return _ADDRESS.sub(lambda match: _here(match, base), text)


def _here(match: re.Match[str], base: str) -> str:
    bucket = f"{match['bucket']}/" if match["bucket"] else ""
    return f"{base}{PATH}{bucket}{match['rest']}"


def leads_to_s3(text: str) -> bool:
    """Whether `text` is an S3 address and nothing else."""
    return _ADDRESS.fullmatch(text) is not None


@dataclass(frozen=True)
class Signatures:
    """Checks what was signed with `credentials` in `region`."""

    credentials: Credentials
    region: str

    def check(self, method: str, bucket: str, path: str, query: Mapping[str, str], raw_query: str) -> None:
        """Check the address of an object. `path` is its key as it stands in the address, with its percent signs.

        Raises Refused if the signature is of something else, or has expired.
        """
        if "Signature" in query:
            raise Refused("InvalidRequest", _OLD_SIGNATURE, 400)
        if "X-Amz-Signature" not in query:
            raise Refused("AccessDenied", "This address is not signed.")
        given = query["X-Amz-Signature"]
        known = [self._v4(method, address, query, raw_query) for address in self._addresses(bucket, path)]
        if not any(hmac.compare_digest(given.encode(), one.encode()) for one in known):
            raise Refused("SignatureDoesNotMatch", "This address was signed for something else.")
        if self._expiry(query) < time.time():
            raise Refused("AccessDenied", "This address has expired.")

    def _addresses(self, bucket: str, path: str) -> list[str]:
        host = f"s3.{self.region}.amazonaws.com"
        return [f"https://{bucket}.{host}/{path}", f"https://{host}/{bucket}/{path}"]

    def _v4(self, method: str, address: str, query: Mapping[str, str], raw_query: str) -> str:
        unsigned = "&".join(part for part in raw_query.split("&") if not part.startswith("X-Amz-Signature="))
        request = AWSRequest(method, f"{address}?{unsigned}")
        request.context["timestamp"] = query.get("X-Amz-Date", "")
        auth = S3SigV4QueryAuth(self.credentials, "s3", self.region)
        signature: str = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
        return signature

    def _expiry(self, query: Mapping[str, str]) -> float:
        try:
            signed = datetime.strptime(query.get("X-Amz-Date", ""), _V4_TIME).replace(tzinfo=UTC).timestamp()
        except ValueError:
            return 0.0
        return signed + _number(query.get("X-Amz-Expires"))

    def check_form(self, bucket: str, fields: Mapping[str, str], size: int) -> None:
        """Check a form that uploads a file of `size` bytes against the policy that it brings.

        Raises Refused. See https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
        """
        given = {name.lower(): value for name, value in fields.items()}
        encoded = given.get("policy", "")
        if "signature" in given:
            raise Refused("InvalidRequest", _OLD_SIGNATURE, 400)
        signature = given.get("x-amz-signature", "")
        if not hmac.compare_digest(signature.encode(), self._of_policy(encoded, given).encode()):
            raise Refused("SignatureDoesNotMatch", "This form was not signed here, or not with this policy.")
        try:
            policy = json.loads(base64.b64decode(encoded))
            expires = datetime.fromisoformat(policy["expiration"]).timestamp()
            conditions = policy["conditions"]
        except (ValueError, KeyError, binascii.Error) as exc:
            raise Refused("InvalidPolicyDocument", "The form's policy cannot be read.", 400) from exc
        if expires < time.time():
            raise Refused("AccessDenied", "Invalid according to Policy: Policy expired.")
        self._check_conditions(conditions, {**given, "bucket": bucket}, size)

    def _of_policy(self, policy: str, fields: Mapping[str, str]) -> str:
        request = AWSRequest()
        request.context["timestamp"] = fields.get("x-amz-date", "")
        signature: str = S3SigV4PostAuth(self.credentials, "s3", self.region).signature(policy, request)
        return signature

    def _check_conditions(self, conditions: list[Any], fields: Mapping[str, str], size: int) -> None:
        named = {"bucket"}
        for condition in conditions:
            match condition:
                case dict():
                    tests = [("eq", name, value) for name, value in condition.items()]
                case ["content-length-range", int(least), int(most)]:
                    if size < least:
                        raise Refused("EntityTooSmall", "The file is smaller than was announced.", 400)
                    if size > most:
                        raise Refused("EntityTooLarge", "The file is larger than was announced.", 400)
                    continue
                case ["eq" | "starts-with" as how, str(name), str(value)]:
                    tests = [(how, name.removeprefix("$"), value)]
                case _:
                    raise Refused("InvalidPolicyDocument", "The form's policy has a condition that is none.", 400)
            for how, name, value in tests:
                found = fields.get(name.lower(), "")
                if not (found == value if how == "eq" else found.startswith(value)):
                    raise Refused("AccessDenied", f"Invalid according to Policy: Policy Condition failed: {name}.")
                named.add(name.lower())
        extra = {name for name in fields if not name.startswith("x-ignore-")} - named - _SIGNATURE_FIELDS
        if extra:
            raise Refused("AccessDenied", f"Invalid according to Policy: Extra input fields: {sorted(extra)[0]}.")


def _number(text: str | None) -> float:
    return float(text) if text and re.fullmatch("[0-9]{1,12}", text) else 0.0
