"""What is looked at before anything is touched."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from chalicelib.engines.grants import AwsPlace
from deployment import checks, template
from deployment.__main__ import main
from deployment.checks import check, check_region, check_sign_in_domain
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


@pytest.mark.parametrize("domain", ["rapporteur-aws-1", "cognito", "my-amazon", "-x", "x-", "X", "a.b", "x" * 64, ""])
def test_a_domain_that_cognito_takes_from_nobody_is_told_with_what_to_do(domain: str) -> None:
    with pytest.raises(DeploymentError, match=r'Choose another STAGE.*SET="SIGN_IN_DOMAIN=…"'):
        check_sign_in_domain(boto3.Session(region_name="eu-west-1"), domain, None)


def test_a_domain_is_had_by_one_pool() -> None:
    session = boto3.Session(region_name="eu-west-1")
    cognito = session.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="somebody-elses")["UserPool"]["Id"]
    check_sign_in_domain(session, "rapporteur-dev-123456789012", None)
    cognito.create_user_pool_domain(Domain="rapporteur-dev-123456789012", UserPoolId=pool)
    check_sign_in_domain(session, "rapporteur-dev-123456789012", pool)
    with pytest.raises(DeploymentError, match=rf"the domain of the user pool {pool} of this account"):
        check_sign_in_domain(session, "rapporteur-dev-123456789012", "eu-west-1_ours")


def test_a_stage_whose_name_no_domain_may_have_is_told_before_anything_is_made(
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = ["deploy", "--stage", "awsome", "--admin-email", "admin@rapporteur.example"]
    assert main(command) == 1
    assert "SIGN_IN_DOMAIN" in capsys.readouterr().err
    assert boto3.client("cloudformation").describe_stacks()["Stacks"] == []


def test_the_domain_that_is_looked_at_is_the_one_that_the_stack_makes() -> None:
    domain = template.resources("accounts")["Domain"]["Properties"]["Domain"]
    assert domain == {
        "Fn::If": ["IsNamed", {"Ref": "SignInDomain"}, {"Fn::Sub": "rapporteur-${Stage}-${AWS::AccountId}"}]
    }
    assert Target.by_name("dev").sign_in_domain("123456789012") == "rapporteur-dev-123456789012"
    named = Target("dev", "a@b.example", None, {"SIGN_IN_DOMAIN": "our-talks"})
    assert named.sign_in_domain("123456789012") == named.parameters("create")["SignInDomain"] == "our-talks"
