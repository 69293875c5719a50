"""The template as it is sent: JSON without comments and spaces, since CloudFormation takes 51,200 bytes and no more.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""

import json
from typing import Any

import yaml  # type: ignore[import-untyped]

from deployment.target import TEMPLATE

LARGEST_BODY = 51_200
_PLAIN = {"Ref", "Condition"}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads CloudFormation's short forms as its long ones; in C where there is libyaml: a tenth of the time."""


def _tagged(loader: Any, name: str, node: Any) -> dict[str, Any]:  # noqa: ANN401 - PyYAML's
    match node:
        case yaml.ScalarNode():
            value: Any = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            value = loader.construct_mapping(node, deep=True)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in _PLAIN else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _tagged)


def document() -> dict[str, Any]:
    """The whole template, without what only our linters read in it."""
    read: dict[str, Any] = yaml.load(TEMPLATE.read_text(), _Loader)  # noqa: S506 - made from a safe loader
    for resource in read["Resources"].values():
        resource.pop("Metadata", None)
    return read


def body() -> str:
    """The template as a stack is made of it."""
    return json.dumps(document(), separators=(",", ":"), default=str)
