"""All stacks of a stage in an AWS of our own: in order, told of each other, and gone in the opposite order."""

import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from chalicelib.engines.entities import comprehend
from chalicelib.engines.transcoding import mediaconvert
from chalicelib.settings import Settings
from deployment.errors import DeploymentError
from deployment.stacks import Stacks, _advice
from deployment.target import Target
from deployment.template import UNLESS_ASKED
from tests.harness import cognito_stacks as _cognito_stacks  # noqa: F401 - teaches moto

STANDING = [name for name in UNLESS_ASKED if name != "pages"]
"""moto has no CloudFront, so that of the pages it can make nothing; the rehearsal has them."""


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is said in an empty account."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "stacks")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "stacks")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield []


def target(**overrides: str) -> Target:
    return Target("dev", "admin@rapporteur.example", None, overrides, pages=False)


def stacks(at: Target, said: list[str]) -> Stacks:
    return Stacks(boto3.client("cloudformation"), at, said.append)


def standing() -> list[str]:
    return [stack["StackName"] for stack in boto3.client("cloudformation").describe_stacks()["Stacks"]]


@pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")
def test_each_stack_is_told_what_it_asks_of_those_before_it(said: list[str]) -> None:
    at = target()
    outputs = stacks(at, said).deploy(at.parameters("create"))
    assert standing() == [f"rapporteur-dev-{name}" for name in STANDING]
    assert outputs == stacks(at, said).outputs
    settings = Settings.from_environment(at.variables(outputs))
    assert settings.jobs_topic_role == "arn:aws:iam::123456789012:role/rapporteur-dev-job-ends"
    role = settings.options(comprehend.Options).comprehend_role
    assert role == "arn:aws:iam::123456789012:role/rapporteur-dev-comprehend"
    told: Any = boto3.client("iam").get_role_policy(RoleName="rapporteur-dev-job-ends", PolicyName="job-ends-out")
    assert settings.jobs_topic_arn in str(told["PolicyDocument"])
    options = settings.options(mediaconvert.Options)
    assert options.mediaconvert_queue == "arn:aws:mediaconvert:us-east-1:123456789012:queues/rapporteur-dev"
    assert options.mediaconvert_role is not None
    role = options.mediaconvert_role.rpartition("/")[2]
    policy: Any = boto3.client("iam").get_role_policy(RoleName=role, PolicyName="recordings-in-renditions-out")
    allowed = set(re.findall(r"arn:aws:s3:[^']+", str(policy["PolicyDocument"])))
    assert allowed == {
        f"arn:aws:s3:::{settings.uploads_bucket}/input/*",
        f"arn:aws:s3:::{settings.output_bucket}/output/clips/*",
        f"arn:aws:s3:::{settings.output_bucket}/output/*",
    }


@pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")
def test_settings_that_are_parameters_reach_their_stacks_and_the_app(said: list[str]) -> None:
    at = target(
        RETENTION_DAYS="7",
        LOG_RETENTION_DAYS="14",
        COLD_AFTER_DAYS="90",
        COLD_STORAGE_CLASS="GLACIER_IR",
        UPLOAD_ORIGINS="https://example.org,https://www.example.org",
        MONTHLY_BUDGET_USD="20",
    )
    variables = at.variables(stacks(at, said).deploy(at.parameters("create")))
    settings = Settings.from_environment(variables)
    assert settings.retention_days == 7
    assert not any("COLD" in name for name in variables), "no setting of the app"
    groups = boto3.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/rapporteur-dev-")["logGroups"]
    assert {group["retentionInDays"] for group in groups} == {14}
    # moto gives a bucket no lifecycle: what tests/house/test_templates.py says of the rules depends on these two.
    told = stacks(at, said)["data"].parameters
    assert (told["ColdAfterDays"], told["ColdStorageClass"], told["RetentionDays"]) == ("90", "GLACIER_IR", "7")
    assert "https://www.example.org" in told["UploadOrigins"]
    assert stacks(at, said)["operations"].parameters["MonthlyBudgetUsd"] == "20"


@pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")
def test_a_deployment_that_stopped_between_stacks_goes_on_there(said: list[str]) -> None:
    at = target()
    ours = stacks(at, said)
    whole = ours.deploy(at.parameters("create"))
    ours["operations"].delete()
    ours["engines"].delete()
    assert ours.deploy(at.parameters("create")) == whole
    assert sorted(standing()) == sorted(f"rapporteur-dev-{name}" for name in STANDING)


@pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")
def test_they_are_deleted_from_the_last_to_the_first(said: list[str]) -> None:
    at = target()
    ours = stacks(at, said)
    ours.deploy(at.parameters("create"))
    said.clear()
    ours.delete()
    assert said == [f"deleting the stack rapporteur-dev-{name}" for name in reversed(STANDING)]
    assert standing() == []
    said.clear()
    ours.delete()
    assert said == [], "what is not there need not be deleted"


def test_an_account_that_cloudfront_refuses_is_told_how_to_go_without(said: list[str]) -> None:
    """Brand-new accounts are: https://github.com/aws-samples/aws-cdk-examples/issues/279."""
    refusal = (
        "Resource handler returned message: Access denied for operation AWS::CloudFront::Distribution: Your account "
        "must be verified before you can add new CloudFront resources."
    )
    client = boto3.client("cloudformation")
    stubber = Stubber(client)
    made = {"StackId": "1", "StackName": "dev", "CreationTime": "2026-11-21T10:00:00Z"}
    outputs = [{"OutputKey": name, "OutputValue": name.lower()} for name in ("UploadsBucket", "OutputBucket")]
    for _ in range(4):
        found = {**made, "StackStatus": "UPDATE_COMPLETE", "Outputs": outputs}
        stubber.add_response("describe_stacks", {"Stacks": [found]})
        stubber.add_response("describe_stacks", {"Stacks": [found]})
        stubber.add_client_error("update_stack", "ValidationError", "No updates are to be performed.", 400)
        stubber.add_response("describe_stacks", {"Stacks": [found]})
    for _ in range(2):
        stubber.add_client_error("describe_stacks", "ValidationError", "Stack does not exist", 400)
    stubber.add_client_error("create_stack", "ValidationError", refusal, 400)
    ours = Stacks(client, Target("dev", "admin@rapporteur.example", None, {}), said.append)
    with stubber, pytest.raises(DeploymentError, match=r"rapporteur-dev-pages: .*verified.*\n.*PAGES=off"):
        ours.deploy(target().parameters("create"))


def test_a_sign_in_address_that_somebody_else_has_is_told_with_what_to_do() -> None:
    refusal = "Domain (AWS::Cognito::UserPoolDomain): Resource handler returned message: Domain already associated with"
    assert 'SET="SIGN_IN_DOMAIN=…"' in _advice(f"{refusal} another user pool.")
    assert _advice("Domain (AWS::Cognito::UserPoolDomain): Rate exceeded") == ""
