"""The templates in the embedded AWS: they stand there, quietly and once, and their outputs are the app's settings."""

import logging
import warnings
from collections.abc import Iterator

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from chalicelib.settings import Settings, variables
from local.aws import stack

CHOSEN_BY_PEOPLE = {
    "RAPPORTEUR_REPORT_SENDER": "reports@rapporteur.example",
    "RAPPORTEUR_PROBER": "pyav",
    "RAPPORTEUR_TRANSCODER": "ffmpeg",
    "RAPPORTEUR_TRANSCRIBER": "pocketsphinx",
    "RAPPORTEUR_LANGUAGE_ANALYZER": "multilingual",
}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty embedded AWS."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "embedded")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "embedded")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield


def test_the_outputs_are_settings_that_the_app_takes(aws: None) -> None:
    settings = Settings.from_environment(variables(stack.create("dev"), {}) | CHOSEN_BY_PEOPLE)
    assert settings.failed_topic_arn == "arn:aws:sns:us-east-1:123456789012:rapporteur-dev-failed"


def test_only_what_one_machine_uses_is_made(aws: None) -> None:
    outputs = stack.create("dev")
    assert all(isinstance(value, str) and "${" not in value for value in outputs.values())
    assert boto3.client("logs").describe_log_groups()["logGroups"] == []
    assert boto3.client("iam").list_roles()["Roles"] == []
    assert {name["Name"] for name in boto3.client("s3").list_buckets()["Buckets"]} == {
        outputs["UploadsBucket"],
        outputs["OutputBucket"],
    }


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
    assert {name for name in one if one[name] == other[name]} <= {"RetentionDays", "AdminEmail"}


def test_every_table_and_bucket_is_known_by_its_name(aws: None) -> None:
    stack.create("dev")
    tables = boto3.client("dynamodb").list_tables()["TableNames"]
    buckets = [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
    named = stack.named("dev")
    assert sorted(named) == sorted([*tables, *buckets])
    assert all("TimeToLiveSpecification" in named[table] for table in tables)
    assert all("LifecycleConfiguration" in named[bucket] for bucket in buckets)
