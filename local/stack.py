"""The AWS resources, made in the embedded AWS from the very templates that a deployment uses."""

import logging
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from chalicelib.settings import PREFIX

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

TEMPLATES = Path(__file__).resolve().parent.parent / "cloudformation"


def create(stage: str) -> dict[str, str]:
    """Create the stack of each template. Returns all outputs."""
    # moto passes over what it does not know and says so, each time. Nothing here depends on those resources.
    logging.getLogger("moto").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", "Tried to parse AWS::SQS::QueuePolicy", UserWarning)
    client: CloudFormationClient = boto3.client("cloudformation")
    outputs: dict[str, str] = {}
    for template in sorted(TEMPLATES.glob("*.yaml")):
        name = f"{template.stem}-{stage}"
        client.create_stack(
            StackName=name,
            TemplateBody=template.read_text(),
            Parameters=[{"ParameterKey": "Stage", "ParameterValue": stage}],
        )
        for output in client.describe_stacks(StackName=name)["Stacks"][0].get("Outputs", []):
            outputs[output["OutputKey"]] = output["OutputValue"]
    return outputs


def environment(outputs: Mapping[str, str]) -> dict[str, str]:
    """The settings that the outputs are: UploadsBucket is RAPPORTEUR_UPLOADS_BUCKET."""
    return {PREFIX + re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper(): value for name, value in outputs.items()}
