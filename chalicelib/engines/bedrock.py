"""What all models of Amazon Bedrock have in common: their names, and leave to call them."""

import re
from decimal import Decimal

from chalicelib.engines.grants import AwsPlace, EngineGrants, Grant
from chalicelib.message import Message

SERVICE = "Amazon Bedrock"
SERVICES = ("bedrock-runtime",)
BYTES_A_TOKEN = Decimal(4)
"""Of UTF-8, about, in any script."""

_PROFILE = re.compile(r"^(us|us-gov|ca|eu|apac|jp|au|global)\.")
"""How the id of an inference profile begins, before its model's:
https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html"""

NO_MODEL = Message(
    "no-bedrock-model", "%(service)s has no model %(model)s in this region. Its operator should check the setting."
)


def plain(model: str) -> str:
    """The id of the model that is meant, where an inference profile is named."""
    return _PROFILE.sub("", model)


def may_invoke(model: str, place: AwsPlace) -> tuple[Grant, ...]:
    """Leave to call a model. An inference profile calls its model in any of several regions:
    https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
    """
    if model.startswith("arn:"):
        resources: tuple[str, ...] = (model,)
        if "inference-profile/" in model:  # an application's own profile does not say in its ARN of which model it is
            named = plain(model.rpartition("/")[2]) if ":inference-profile/" in model else "*"
            resources += (f"arn:{place.partition}:bedrock:*::foundation-model/{named}",)
    elif _PROFILE.match(model):
        foundation = f"arn:{place.partition}:bedrock:*::foundation-model/{plain(model)}"
        resources = (place.arn("bedrock", f"inference-profile/{model}"), foundation)
    else:
        resources = (f"arn:{place.partition}:bedrock:{place.region}::foundation-model/{model}",)
    return (Grant(("bedrock:InvokeModel",), resources),)


def grants_of(model: str, place: AwsPlace) -> EngineGrants:
    """What an engine needs that does nothing but call a model."""
    return EngineGrants(work=may_invoke(model, place))
