"""Makes the embedded AWS quicker, for the tests: what it works out anew for each call or start is worked out once.

Nothing here changes what is answered: each place is one of the libraries' own, kept or cut short where what comes of it
is known.
"""

import gc
from functools import cache
from types import SimpleNamespace
from typing import Any

import botocore.session
import jsonpath_ng.ext
import moto.cognitoidp.models as cognito
import moto.core.responses
from botocore.auth import SIGV4_TIMESTAMP, S3SigV4Auth, SigV4Auth
from botocore.compat import get_current_datetime
from botocore.useragent import UserAgentString
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import RSAKey
from moto.core.serialize import ResponseSerializer
from moto.sns.models import Subscription
from moto.utilities.utils import load_resource


def quicken() -> None:
    """Do so in this process, once, before the first service starts."""
    # Each service that starts has sessions of its own, and each session would read AWS's models anew: half of a start.
    botocore.session.create_loader = cache(botocore.session.create_loader)

    # All user pools sign with the one key that moto ships, and to read it takes a third of a start.
    key = RSAKey.import_key(load_resource("cognitoidp/resources/jwks-private.json"))
    cognito.jwk = SimpleNamespace(RSAKey=SimpleNamespace(import_key=lambda file: key))

    # Topics sign what they send, each subscription by a new key, which nobody here looks at.
    signing = cache(lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048))
    Subscription.private_key = lambda self: signing()  # type: ignore[method-assign]

    # The same few patterns and classes are parsed and searched with each call.
    jsonpath_ng.ext.parse = cache(jsonpath_ng.ext.parse)
    moto.core.responses.method_names_from_class = cache(moto.core.responses.method_names_from_class)
    ResponseSerializer.get_value = _value_of(ResponseSerializer.get_value)  # type: ignore[method-assign]
    moto.core.responses.camelcase_to_underscores = cache(moto.core.responses.camelcase_to_underscores)

    # Nobody looks at how a client calls itself, nor at the signature of what it asks: only what that names is read.
    # Addresses that are handed out are signed as ever.
    UserAgentString.to_string = lambda self: "tests"  # type: ignore[method-assign]
    SigV4Auth.add_auth = _naming(SigV4Auth.add_auth)

    # The embedded AWS makes many small objects that live on. Looking for dead ones among them as often as Python does
    # by default took a fifth of the time.
    gc.set_threshold(50_000, 20, 50)


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


def _value_of(look_up: Any) -> Any:
    """What a plain dictionary has under the very name that is asked for; moto tries that name first, and then others.

    Values of DynamoDB (`{"S": "…"}`) have no other names, and are asked for all ten of theirs each time.
    """

    def get_value(self: Any, value: Any, key: str, shape: Any) -> Any:
        if type(value) is dict and not self._value_picker.response_transformers:
            if key in value:
                return value[key]
            if getattr(shape, "parent", None) is not None and shape.parent.name == "AttributeValue":
                return None
        return look_up(self, value, key, shape)

    return get_value
