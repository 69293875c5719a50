"""Settings: read in one place, checked at the start, documented."""

import re
from dataclasses import MISSING, FrozenInstanceError, fields

import pytest

from chalicelib.errors import SettingsError
from chalicelib.settings import PREFIX, QUEUES, Settings
from deployment import template
from tests.harness.places import ROOT

GOOD = {
    "RAPPORTEUR_UPLOADS_BUCKET": "uploads",
    "RAPPORTEUR_OUTPUT_BUCKET": "output",
    "RAPPORTEUR_ASSETS_TABLE": "assets",
    "RAPPORTEUR_METADATA_TABLE": "metadata",
    "RAPPORTEUR_USERS_TABLE": "users",
    "RAPPORTEUR_IDEMPOTENCY_TABLE": "idempotency",
    "RAPPORTEUR_INTAKE_QUEUE_URL": "https://sqs/1/intake",
    "RAPPORTEUR_URGENT_QUEUE_URL": "https://sqs/1/urgent",
    "RAPPORTEUR_LANGUAGE_QUEUE_URL": "https://sqs/1/language",
    "RAPPORTEUR_REPORT_QUEUE_URL": "https://sqs/1/report",
    "RAPPORTEUR_DIGEST_QUEUE_URL": "https://sqs/1/digest",
    "RAPPORTEUR_WEBHOOK_QUEUE_URL": "https://sqs/1/webhook",
    "RAPPORTEUR_ACCOUNT_QUEUE_URL": "https://sqs/1/account",
    "RAPPORTEUR_FEEDBACK_QUEUE_URL": "https://sqs/1/feedback",
    "RAPPORTEUR_FINISHED_TOPIC_ARN": "arn:aws:sns:us-east-1:1:finished",
    "RAPPORTEUR_REPORT_SENDER": "reports@rapporteur.example",
    "RAPPORTEUR_PROBER": "pyav",
    "RAPPORTEUR_TRANSCODER": "ffmpeg",
    "RAPPORTEUR_TRANSCRIBER": "local.engines.pocketsphinx",
    "RAPPORTEUR_LANGUAGE_ANALYZER": "multilingual",
}


def test_good_settings_are_read_and_cannot_be_changed() -> None:
    settings = Settings.from_environment(GOOD)
    assert settings.queue("intake") == "intake"
    with pytest.raises(FrozenInstanceError):
        settings.uploads_bucket = "other"  # type: ignore[misc]


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} .*is not set"):
        Settings.from_environment({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RAPPORTEUR_MAX_SWEEPS", "many"),
        ("RAPPORTEUR_MAX_UPLOAD_BYTES", "-1"),
        ("RAPPORTEUR_PROBER", "rm -rf /"),
        ("RAPPORTEUR_TRANSCRIBE_LANGUAGES", "en-US, english"),
        ("RAPPORTEUR_COMPREHEND_PII", "yes"),
        ("RAPPORTEUR_SIGN_UP", "maybe"),
        ("RAPPORTEUR_DIGEST_HOUR", "24"),
        ("RAPPORTEUR_COST_LIMIT_USD", "-3"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment(GOOD | {name: value})


def test_every_setting_is_documented_with_its_default() -> None:
    rows = {
        match[1]: match[0]
        for match in re.finditer(r"^\| `(RAPPORTEUR_[A-Z_]+)` \|.*$", (ROOT / "docs/settings.md").read_text(), re.M)
    }
    assert set(rows) == {PREFIX + setting.name.upper() for setting in fields(Settings)}
    for setting in fields(Settings):
        row = rows[PREFIX + setting.name.upper()]
        assert setting.metadata["description"] in row
        if setting.default is MISSING:
            assert row.endswith("| required |")
        else:
            default = str(setting.default).lower() if isinstance(setting.default, bool) else setting.default
            assert row.endswith("| none |" if default in {None, ()} else f"| `{default}` |")


def test_queues_try_a_message_more_often_than_it_is_worked_on() -> None:
    receives = [int(count) for count in re.findall(r'"maxReceiveCount":(\d+)', template.body("messaging"))]
    assert len(receives) == len(QUEUES)
    assert min(receives) > Settings.max_attempts
