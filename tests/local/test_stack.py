"""The template in the embedded AWS: it stands there, quietly and once, and its outputs are the app's settings."""

import logging
import warnings
from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from chalicelib.settings import Settings, variables
from deployment import template
from local import stack

CHOSEN_BY_PEOPLE = {
    "RAPPORTEUR_REPORT_SENDER": "reports@rapporteur.example",
    "RAPPORTEUR_PROBER": "pyav",
    "RAPPORTEUR_TRANSCODER": "ffmpeg",
    "RAPPORTEUR_TRANSCRIBER": "pocketsphinx",
    "RAPPORTEUR_LANGUAGE_ANALYZER": "vader",
}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty embedded AWS."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "embedded")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "embedded")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


def test_the_template_is_small_enough_to_be_sent() -> None:
    assert len(template.body().encode()) <= template.LARGEST_BODY


def test_the_outputs_are_settings_that_the_app_takes(aws: None) -> None:
    settings = Settings.from_environment(variables(stack.create("dev"), {}) | CHOSEN_BY_PEOPLE)
    assert settings.mediaconvert_role is not None
    assert settings.mediaconvert_role.startswith("arn:aws:iam::123456789012:role/")
    assert settings.mediaconvert_queue == "arn:aws:mediaconvert:us-east-1:123456789012:queues/rapporteur-dev"
    assert settings.failed_topic_arn == "arn:aws:sns:us-east-1:123456789012:rapporteur-dev-failed"


def test_outputs_of_what_the_embedded_aws_passes_over_are_left_out(aws: None) -> None:
    outputs = stack.create("dev")
    assert "UserPool" not in outputs
    assert all(isinstance(value, str) and "${" not in value for value in outputs.values())


def test_the_embedded_aws_is_quiet_about_what_it_passes_over(aws: None, caplog: pytest.LogCaptureFixture) -> None:
    before = list(warnings.filters)
    with caplog.at_level(logging.WARNING):
        stack.create("dev")
    assert not caplog.records
    assert list(warnings.filters) == before


def test_a_stack_is_made_once(aws: None) -> None:
    stack.create("dev")
    with pytest.raises(ClientError, match="AlreadyExistsException"):
        stack.create("dev")


def test_two_stages_stand_beside_each_other(aws: None) -> None:
    one, other = stack.create("dev"), stack.create("second")
    assert {name for name in one if one[name] == other[name]} <= {"RetentionDays", "SignUp", "AdminEmail"}


@pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")
def test_the_stack_stands_with_every_parameter_set(aws: None) -> None:
    chosen = {
        "Stage": "full",
        "AdminEmail": "ops@example.org",
        "ReportSender": "reports@example.org",
        "UploadOrigins": "https://example.org,https://www.example.org",
        "RetentionDays": "7",
        "LogRetentionDays": "14",
        "SignUp": "open",
        "MonthlyBudgetUsd": "20",
    }
    client = boto3.client("cloudformation")
    client.create_stack(
        StackName="full",
        TemplateBody=stack.body(),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in chosen.items()],
    )
    [made] = client.describe_stacks(StackName="full")["Stacks"]
    assert made["StackStatus"] == "CREATE_COMPLETE"
    assert {output["OutputKey"]: output["OutputValue"] for output in made["Outputs"]}["RetentionDays"] == "7"
    groups = boto3.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/rapporteur-full-")["logGroups"]
    assert {group["retentionInDays"] for group in groups} == {14}
