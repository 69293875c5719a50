"""What is looked at before anything is touched."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from chalicelib.engines.grants import AwsPlace
from deployment import checks
from deployment.__main__ import main
from deployment.checks import check, check_region
from deployment.errors import DeploymentError
from deployment.target import Target

BUCKETS = Target.by_name("dev").buckets("123456789012")
DEPLOY = ["deploy", "--stage", "dev", "--admin-email", "admin@rapporteur.example"]


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An account whose stage dev stands in Ireland, as far as its first bucket."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "checks")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "checks")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        boto3.client("s3").create_bucket(
            Bucket=BUCKETS[0], CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        yield


def test_a_stage_goes_on_in_its_own_region() -> None:
    check_region(boto3.Session(region_name="eu-west-1"), BUCKETS)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_a_stage_of_another_region_is_told_with_what_to_do(region: str) -> None:
    with pytest.raises(DeploymentError, match="REGION=eu-west-1, or choose another STAGE"):
        check_region(boto3.Session(region_name=region), BUCKETS)


@pytest.mark.parametrize("command", [DEPLOY, ["destroy", "--stage", "dev", "--yes"]])
def test_nothing_is_touched_in_the_wrong_region(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--region", "us-east-1"]) == 1
    assert "REGION=eu-west-1" in capsys.readouterr().err
    assert boto3.client("cloudformation", region_name="us-east-1").describe_stacks()["Stacks"] == []
    assert [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]] == [BUCKETS[0]]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("SUMARIZER=bedrock", "no setting SUMARIZER"),
        ("STAGE=prod", "no setting STAGE"),
        ("SUMMARIZER=bedrok", "no summary engine called bedrok; there are: batch_gpu, bedrock, openai_compatible"),
        ("TRANSCRIBE_MAX_SPEAKERS=many", "RAPPORTEUR_TRANSCRIBE_MAX_SPEAKERS"),
        ("EXTENSIONS=not_here", "not_here, which cannot be imported"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_before_anything_is_made(
    setting: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*DEPLOY, "--set", setting]) == 1
    assert said in capsys.readouterr().err
    assert boto3.client("cloudformation").describe_stacks()["Stacks"] == []


def test_without_rekognition_its_engines_can_be_left_out() -> None:
    """It is not in every region, and publishes to topics of one partition only."""
    gone_without = Target("dev", "a@b.example", None, {"VISION_ANALYZER": "", "FACE_COLLECTIONS": ""}, pages=False)
    assert "rekognition" not in gone_without.services
    assert "rekognition" in Target("dev", "a@b.example", None, {}, pages=False).services
    check(boto3.Session(region_name="eu-west-1"), {"rekognition"})
    with pytest.raises(DeploymentError, match=r"lacks rekognition.*VISION_ANALYZER="):
        check(boto3.Session(region_name="eu-north-1"), {"rekognition"})
    china = AwsPlace("cn-north-1", "123456789012", "aws-cn")
    assert not checks._is_in(boto3.Session(region_name="cn-north-1"), "rekognition", china)
