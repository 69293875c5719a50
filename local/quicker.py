"""Makes the embedded AWS quicker: what it works out anew for each call or start is worked out once.

Nothing here changes what is answered: each place is one of the libraries' own, kept or cut short where what comes of it
is known.
"""

import gc
from functools import cache
from typing import Any

import botocore.session
import jsonpath_ng.ext
import moto.core.responses
import moto.utilities.utils
from botocore.hooks import EventAliaser
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.core.base_backend import BaseBackend
from moto.core.serialize import ResponseSerializer


@cache
def quicken() -> None:
    """Do so in this process, before the first service starts."""
    # Each session would read AWS's models anew, and each service that starts has several.
    botocore.session.create_loader = cache(botocore.session.create_loader)

    # Each client would find out for itself by which name an event of an older name is known.
    aliaser: Any = EventAliaser
    aliaser._alias_event_name = _alike(aliaser._alias_event_name)

    # CloudFormation loads all services, and EC2 what each region offers of each type of machine. There are none here.
    moto.utilities.utils.load_resource = _without_machines(moto.utilities.utils.load_resource)

    # The same few patterns and classes are parsed and searched with each call.
    jsonpath_ng.ext.parse = cache(jsonpath_ng.ext.parse)  # type: ignore[attr-defined]
    moto.core.responses.method_names_from_class = _names_of(moto.core.responses.method_names_from_class)
    ResponseSerializer.get_value = _value_of(ResponseSerializer.get_value)  # type: ignore[method-assign]
    moto.core.responses.camelcase_to_underscores = cache(moto.core.responses.camelcase_to_underscores)

    # Each request is looked for among all addresses of its service, which are put together anew for it.
    BaseBackend.urls = property(_by_class(vars(BaseBackend)["urls"].fget))  # type: ignore[method-assign,assignment]

    # These load some of the above.
    from moto.sns.models import Subscription
    from moto.sqs import models as sqs

    sqs.camelcase_to_underscores = moto.core.responses.camelcase_to_underscores
    # Topics sign what they send, each subscription by a new key, which nobody here looks at.
    signing = cache(lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048))
    Subscription.private_key = lambda self: signing()  # type: ignore[assignment,method-assign]

    # The embedded AWS makes many small objects that live on. Looking for dead ones among them as often as Python does
    # by default took a fifth of the time.
    gc.set_threshold(50_000, 20, 50)


def _without_machines(load: Any) -> Any:  # noqa: ANN401 - moto's own
    def load_resource(path: str) -> Any:  # noqa: ANN401
        if path == "ec2/resources/instance_types.json":
            return {}
        return [] if path.startswith("ec2/resources/instance_type_offerings/") else load(path)

    return load_resource


def _names_of(look: Any) -> Any:  # noqa: ANN401 - moto's own
    """The names of a class's methods, looked for anew when it has got or lost one (see `local/ses.py`)."""
    names = cache(lambda asked, count: look(asked))
    return lambda asked: names(asked, len(vars(asked)))


def _by_class(make: Any) -> Any:  # noqa: ANN401 - moto's own
    made: dict[type, Any] = {}

    def of(self: Any) -> Any:  # noqa: ANN401
        if type(self) not in made:
            made[type(self)] = make(self)
        return made[type(self)]

    return of


def _alike(find: Any) -> Any:  # noqa: ANN401 - botocore's own
    found: dict[tuple[int, str], str] = {}

    def of(self: Any, event_name: str) -> str:  # noqa: ANN401
        key = len(self._event_aliases), event_name
        if key not in found:
            found[key] = find(self, event_name)
        return found[key]

    return of


def _value_of(look_up: Any) -> Any:  # noqa: ANN401 - moto's own
    """What a plain dictionary has under the very name that is asked for; moto tries that name first, and then others.

    Values of DynamoDB (`{"S": "…"}`) have no other names, and are asked for all ten of theirs each time.
    """

    def get_value(self: Any, value: Any, key: str, shape: Any) -> Any:  # noqa: ANN401
        if type(value) is dict and not self._value_picker.response_transformers:
            if key in value:
                return value[key]
            if getattr(shape, "parent", None) is not None and shape.parent.name == "AttributeValue":
                return None
        return look_up(self, value, key, shape)

    return get_value
