"""The AWS resources, made in the embedded AWS from the very templates that a deployment uses."""

import json
import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import yaml  # type: ignore[import-untyped]
from moto.cloudformation.utils import yaml_tag_constructor

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

TEMPLATES = Path(__file__).resolve().parent.parent / "cloudformation"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads templates as moto does, but in C where there is libyaml: a tenth of the time."""


_Loader.add_multi_constructor("", yaml_tag_constructor)


def create(stage: str) -> dict[str, str]:
    """Create the stack of each template. Returns all outputs."""
    # moto passes over what it does not know and says so, each time. Nothing here depends on those resources.
    logging.getLogger("moto").setLevel(logging.ERROR)
    client: CloudFormationClient = boto3.client("cloudformation")
    outputs: dict[str, str] = {}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Tried to parse AWS::", UserWarning)
        for template in sorted(TEMPLATES.glob("*.yaml")):
            name = f"{template.stem}-{stage}"
            client.create_stack(
                StackName=name,
                TemplateBody=_json(template.read_text()),
                Parameters=[{"ParameterKey": "Stage", "ParameterValue": stage}],
            )
            for output in client.describe_stacks(StackName=name)["Stacks"][0].get("Outputs", []):
                outputs[output["OutputKey"]] = output["OutputValue"]
    return outputs


def _json(template: str) -> str:
    """The template as JSON. No YAML begins with a tab, so moto does not read it in its own, slow way first."""
    return "\t" + json.dumps(yaml.load(template, _Loader))  # noqa: S506 - made from a safe loader
