"""A stage with an endpoint of its own that hears: its stack in an AWS of our own, and what it chooses."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from chalicelib.engines.hearing.sagemaker_whisper import Options
from chalicelib.engines.transcription import sagemaker
from chalicelib.settings import Settings
from deployment.deploy import _check_settings
from deployment.errors import DeploymentError
from deployment.stacks import Stacks
from deployment.target import Target
from tests.harness import cognito_stacks as _cognito_stacks  # noqa: F401 - teaches moto

pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS:UserWarning")
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rapporteur-dev-gpu:1"
SHA = "0a" * 32
CHOSEN = {
    "TRANSCRIBER": "sagemaker",
    "HEARING_TRAINER": "sagemaker_whisper",
    "SAGEMAKER_IMAGE": IMAGE,
    "SAGEMAKER_MANIFEST_SHA256": SHA,
    "HEARING_INSTANCE": "ml.g4dn.xlarge",  # moto knows no newer ones
}


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.Session]:
    for name, value in {"ACCESS_KEY_ID": "ears", "SECRET_ACCESS_KEY": "ears", "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with mock_aws():
        yield boto3.Session()


def target(**overrides: str) -> Target:
    return Target("dev", "admin@rapporteur.example", None, overrides, pages=False)


def deploy(session: boto3.Session, at: Target) -> dict[str, str]:
    return stacks(session, at).deploy(at.parameters("create"))


def stacks(session: boto3.Session, at: Target) -> Stacks:
    return Stacks(session.client("cloudformation"), at, lambda line: None)


def test_its_outputs_are_settings(session: boto3.Session) -> None:
    at = target(**CHOSEN)
    _check_settings(at)
    settings = Settings.from_environment(at.variables(deploy(session, at)))
    (endpoint,) = session.client("sagemaker").list_endpoints()["Endpoints"]
    assert settings.options(sagemaker.Options).sagemaker_endpoint == endpoint["EndpointName"]
    options = settings.options(Options)
    assert options.sagemaker_role == "arn:aws:iam::123456789012:role/rapporteur-dev-sagemaker"
    assert (options.sagemaker_image, options.sagemaker_manifest_sha256) == (IMAGE, SHA)


def test_the_endpoint_runs_the_image_with_the_stages_weights(session: boto3.Session) -> None:
    outputs = deploy(session, target(**{**CHOSEN, "HEARING_INSTANCE": "ml.g4dn.2xlarge"}))
    client = session.client("sagemaker")
    endpoint = client.describe_endpoint(EndpointName=outputs["SagemakerEndpoint"])
    config = client.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    (variant,) = config["ProductionVariants"]
    assert variant["InstanceType"] == "ml.g4dn.2xlarge"
    model = client.describe_model(ModelName=variant["ModelName"])
    assert model["PrimaryContainer"]["Image"] == IMAGE
    assert model["PrimaryContainer"]["Environment"] == {
        "RAPPORTEUR_JOB_WEIGHTS": f"s3://{outputs['OutputBucket']}/weights/",
        "RAPPORTEUR_JOB_MANIFEST_SHA256": SHA,
    }
    assert model["ExecutionRoleArn"] == outputs["SagemakerRole"]


@pytest.mark.parametrize("overrides", [{}, {**CHOSEN, "SAGEMAKER_ENDPOINT": "mine"}, {"SAGEMAKER_IMAGE": IMAGE}])
def test_unless_it_is_asked_for_nothing_of_it_is_made(session: boto3.Session, overrides: dict[str, str]) -> None:
    at = target(**overrides)
    _check_settings(at)
    assert "SagemakerEndpoint" not in deploy(session, at)
    assert not stacks(session, at)["hearing"].parameters


def test_it_goes_with_the_stage(session: boto3.Session) -> None:
    at = target(**CHOSEN)
    deploy(session, at)
    stacks(session, at).delete()
    assert session.client("sagemaker").list_endpoints()["Endpoints"] == []


def test_without_image_and_endpoint_it_is_said_what_is_missing() -> None:
    with pytest.raises(DeploymentError, match="SAGEMAKER_IMAGE"):
        _check_settings(target(TRANSCRIBER="sagemaker"))
