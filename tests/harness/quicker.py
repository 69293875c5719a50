"""Makes the embedded AWS quicker still, for the tests: what none of them looks at is not worked out.

What the service itself does without on one machine stands in `local/aws/quicker.py`.
"""

import gc
import os
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
import moto.cognitoidp.models as cognito
from botocore.auth import SIGV4_TIMESTAMP, S3SigV4Auth, SigV4Auth
from botocore.compat import get_current_datetime
from botocore.useragent import UserAgentString
from joserfc.jwk import RSAKey
from moto.utilities.utils import load_resource

from local.aws.quicker import quicken as quicken_locally

_ENVIRONMENT = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
)


@cache
def quicken() -> None:
    """Do so in this process, before the first service starts."""
    quicken_locally()
    gc.set_threshold(200_000, 20, 50)  # what the tests have imported alone is many objects

    # All user pools sign with the one key that moto ships, and to read it takes a third of a start.
    key = RSAKey.import_key(load_resource("cognitoidp/resources/jwks-private.json"))
    cognito.jwk = SimpleNamespace(RSAKey=SimpleNamespace(import_key=lambda file: key))

    # Nobody looks at how a client calls itself, nor at the signature of what it asks: only what that names is read.
    # Addresses that are handed out are signed as ever.
    UserAgentString.to_string = lambda self: "tests"  # type: ignore[method-assign]
    SigV4Auth.add_auth = _naming(SigV4Auth.add_auth)

    # Clients that are asked for with nothing but the environment are alike; the service's own are made as ever.
    boto3.client = _kept(boto3.client)


def _kept(make: Any) -> Any:
    made: dict[tuple[str | None, ...], Any] = {}

    def client(service: str, *places: Any, **told: Any) -> Any:
        if places or told:
            return make(service, *places, **told)
        key = (service, *(os.environ.get(name) for name in _ENVIRONMENT))
        if key not in made:
            made[key] = make(service)
        return made[key]

    return client


def _naming(sign: Any) -> Any:
    """Put the key, the day, the region and the service where a signature has them, and no signature."""

    def add_auth(self: Any, request: Any) -> None:
        if type(self) not in {SigV4Auth, S3SigV4Auth}:
            return sign(self, request)
        request.context["timestamp"] = get_current_datetime().strftime(SIGV4_TIMESTAMP)
        self._modify_request_before_signing(request)
        named = f"Credential={self.scope(request)}, SignedHeaders=host, Signature=none"
        request.headers["Authorization"] = f"AWS4-HMAC-SHA256 {named}"
        return None

    return add_auth
