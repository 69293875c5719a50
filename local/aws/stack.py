"""The AWS resources, made in the embedded AWS from the very templates that a deployment uses."""

import logging
import warnings
from typing import TYPE_CHECKING, Any

import boto3
from moto.core import DEFAULT_ACCOUNT_ID

from deployment import template
from deployment.target import Target

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

STACKS = ("data", "messaging")
"""What the service uses on one machine. All else is for Cognito, MediaConvert, CloudFront and CloudWatch, in whose
place there is something local, or nothing. Neither of the two takes anything from another stack."""


def create(stage: str) -> dict[str, str]:
    """Create the stacks. Returns their outputs."""
    # moto passes over what it does not know and says so, each time. Nothing here depends on those resources.
    logging.getLogger("moto").setLevel(logging.ERROR)
    client: CloudFormationClient = boto3.client("cloudformation")
    outputs: dict[str, str] = {}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Tried to parse AWS::", UserWarning)
        for stack in STACKS:
            name = f"{Target.by_name(stage).prefix}{stack}"
            client.create_stack(
                StackName=name,
                TemplateBody=body(stack),
                Parameters=[{"ParameterKey": "Stage", "ParameterValue": stage}],
            )
            (made,) = client.describe_stacks(StackName=name)["Stacks"]
            outputs |= {output["OutputKey"]: output["OutputValue"] for output in made.get("Outputs", [])}
    return outputs


def named(stage: str) -> dict[str, dict[str, Any]]:
    """The tables and buckets, by the names that they have here, as their template describes them."""
    words = {"Stage": stage, "AWS::AccountId": DEFAULT_ACCOUNT_ID}
    found = {}
    for resource in template.resources(*STACKS).values():
        properties = resource.get("Properties", {})
        match properties:
            case {"TableName": {"Fn::Sub": name}} | {"BucketName": {"Fn::Sub": name}}:
                found[_filled(name, words)] = properties
    return found


def _filled(name: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        name = name.replace(f"${{{word}}}", value)
    return name


def body(stack: str) -> str:
    """A template, so that moto does not first read it in its own, slow way: no YAML begins with a tab."""
    return "\t" + template.body(stack)
