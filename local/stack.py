"""The AWS resources, made in the embedded AWS from the very template that a deployment uses."""

import json
import logging
import warnings
from typing import TYPE_CHECKING

import boto3
import yaml  # type: ignore[import-untyped]
from moto.cloudformation.utils import yaml_tag_constructor

from deployment.target import TEMPLATE

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads the template as moto does, but in C where there is libyaml: a tenth of the time."""


_Loader.add_multi_constructor("", yaml_tag_constructor)


def create(stage: str) -> dict[str, str]:
    """Create the stack. Returns its outputs."""
    # moto passes over what it does not know and says so, each time. Nothing here depends on those resources.
    logging.getLogger("moto").setLevel(logging.ERROR)
    client: CloudFormationClient = boto3.client("cloudformation")
    name = f"{TEMPLATE.stem}-{stage}"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Tried to parse AWS::", UserWarning)
        client.create_stack(
            StackName=name,
            TemplateBody=_json(TEMPLATE.read_text()),
            Parameters=[{"ParameterKey": "Stage", "ParameterValue": stage}],
        )
        (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _json(template: str) -> str:
    """The template as JSON. No YAML begins with a tab, so moto does not read it in its own, slow way first."""
    return "\t" + json.dumps(yaml.load(template, _Loader))  # noqa: S506 - made from a safe loader
