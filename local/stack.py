"""The AWS resources, made in the embedded AWS from the very template that a deployment uses."""

import json
import logging
import warnings
from typing import TYPE_CHECKING

import boto3

from deployment import template
from deployment.target import TEMPLATE

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


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
            TemplateBody=body(),
            Parameters=[{"ParameterKey": "Stage", "ParameterValue": stage}],
        )
        (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def body() -> str:
    """The template, without what there is only on AWS: moto knows no CloudFront, and so not where the pages are."""
    document = template.document()
    document["Outputs"].pop("PagesUrl")
    return "\t" + json.dumps(document)  # no YAML begins with a tab: moto does not read it in its own, slow way first
