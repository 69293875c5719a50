"""What a deployment is told, and what it makes of it."""

import json

import pytest

from chalicelib.seams.summary import SUMMARIZING
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.settings import Settings
from deployment.__main__ import main
from deployment.checks import check_tools
from deployment.errors import DeploymentError
from deployment.project import config_for
from deployment.target import CONFIG, Target

OUTPUTS = {
    "UploadsBucket": "uploads",
    "OutputBucket": "output",
    "AssetsTable": "assets",
    "MetadataTable": "metadata",
    "UsersTable": "users",
    "IdempotencyTable": "idempotency",
    "IntakeQueueUrl": "https://sqs/1/intake",
    "UrgentQueueUrl": "https://sqs/1/urgent",
    "DigestQueueUrl": "https://sqs/1/digest",
    "WebhookQueueUrl": "https://sqs/1/webhook",
    "AccountQueueUrl": "https://sqs/1/account",
    "FeedbackQueueUrl": "https://sqs/1/feedback",
    "AnalysisQueueUrl": "https://sqs/1/analysis",
    "JobsQueueUrl": "https://sqs/1/jobs",
    "JobsTopicArn": "arn:aws:sns:us-east-1:1:job-ends",
    "LearningQueueUrl": "https://sqs/1/learning",
    "ReportQueueUrl": "https://sqs/1/report",
    "FinishedTopicArn": "arn:aws:sns:us-east-1:1:finished",
    "DashboardUrl": "https://no-setting",
}


@pytest.mark.parametrize("stage", ["", "Dev", "dev-2", "1st", "a" * 17, "dev;rm", "dev\n"])
def test_a_stage_that_cannot_be_a_name_is_refused(stage: str) -> None:
    with pytest.raises(DeploymentError, match="such as dev"):
        Target(stage, "admin@rapporteur.example", None, {})


@pytest.mark.parametrize(("admin", "sender", "named"), [("", None, "ADMIN_EMAIL"), ("a@b", "reports", "REPORT_SENDER")])
def test_an_address_that_is_none_is_named(admin: str, sender: str | None, named: str) -> None:
    with pytest.raises(DeploymentError, match=named):
        Target("dev", admin, sender, {})


def test_outputs_and_overrides_become_settings() -> None:
    target = Target("dev", "admin@rapporteur.example", None, {"SUMMARIZER": "bedrock"})
    variables = target.variables(OUTPUTS)
    settings = Settings.from_environment(variables)
    assert settings.uploads_bucket == "uploads"
    assert settings.engines[TRANSCRIPTION] == "amazon_transcribe"
    assert settings.engines[SUMMARIZING] == "bedrock"
    assert settings.report_sender == "admin@rapporteur.example"
    assert not any("DASHBOARD" in name for name in variables)


def test_every_stage_has_the_sizes_that_are_tracked_and_a_policy_a_function() -> None:
    base = json.loads(CONFIG.read_text())
    config = config_for(base, "prod", {"RAPPORTEUR_X": "1"}, ["on_intake", "on_sweep"], reserve=True)
    (name, stage), *others = config["stages"].items()
    assert (name, others) == ("prod", [])
    assert stage["environment_variables"] == {"RAPPORTEUR_X": "1"}
    assert stage["lambda_functions"]["on_intake"] == {
        "lambda_timeout": base["lambda_functions"]["on_intake"]["lambda_timeout"],
        "autogen_policy": False,
        "iam_policy_file": "policy-prod-on_intake.json",
    }
    assert stage["lambda_functions"]["on_sweep"]["reserved_concurrency"] == 1
    spared = config_for(base, "prod", {}, ["on_sweep"], reserve=False)
    assert "reserved_concurrency" not in spared["stages"]["prod"]["lambda_functions"]["on_sweep"]
    assert base == json.loads(CONFIG.read_text())


@pytest.mark.parametrize(("python", "chalice", "said"), [((3, 10), "1.34.0", "3.11"), ((3, 15), "1.34.0", "3.14")])
def test_a_python_without_a_runtime_is_told(python: tuple[int, int], chalice: str, said: str) -> None:
    with pytest.raises(DeploymentError, match=said):
        check_tools(python, chalice)


def test_an_old_chalice_is_told() -> None:
    with pytest.raises(DeploymentError, match=r"Chalice 1\.29\.0 is too old"):
        check_tools((3, 12), "1.29.0")
    check_tools((3, 12), "1.34.0")
    check_tools((3, 14), "2.0")


def test_a_misspelt_setting_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["deploy", "--stage", "dev", "--admin-email", "a@b", "--region", "us-east-1", "--set", "SUMMARIZER"]
    assert main(arguments) == 1
    assert "SUMMARIZER=bedrock" in capsys.readouterr().err
