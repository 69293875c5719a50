"""Settings: read in one place, checked at the start, documented."""

import re
from dataclasses import MISSING, FrozenInstanceError
from importlib import import_module

import pytest

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.batched import batched
from chalicelib.engines import batch
from chalicelib.engines.language import comprehend
from chalicelib.engines.registry import module_of, names
from chalicelib.engines.transcription import amazon_transcribe
from chalicelib.errors import SettingsError
from chalicelib.seams.registry import SEAMS
from chalicelib.settings import QUEUES, Settings, declared, variable
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
    "RAPPORTEUR_ANALYSIS_QUEUE_URL": "https://sqs/1/analysis",
    "RAPPORTEUR_JOBS_QUEUE_URL": "https://sqs/1/jobs",
    "RAPPORTEUR_JOBS_TOPIC_ARN": "arn:aws:sns:us-east-1:1:job-ends",
    "RAPPORTEUR_REPORT_QUEUE_URL": "https://sqs/1/report",
    "RAPPORTEUR_DIGEST_QUEUE_URL": "https://sqs/1/digest",
    "RAPPORTEUR_WEBHOOK_QUEUE_URL": "https://sqs/1/webhook",
    "RAPPORTEUR_ACCOUNT_QUEUE_URL": "https://sqs/1/account",
    "RAPPORTEUR_LEARNING_QUEUE_URL": "https://sqs/1/learning",
    "RAPPORTEUR_FEEDBACK_QUEUE_URL": "https://sqs/1/feedback",
    "RAPPORTEUR_FINISHED_TOPIC_ARN": "arn:aws:sns:us-east-1:1:finished",
    "RAPPORTEUR_REPORT_SENDER": "reports@rapporteur.example",
    "RAPPORTEUR_PROBER": "mediaconvert",
    "RAPPORTEUR_TRANSCODER": "mediaconvert",
    "RAPPORTEUR_TRANSCRIBER": "amazon_transcribe",
    "RAPPORTEUR_LANGUAGE_ANALYZER": "comprehend",
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
        ("RAPPORTEUR_VOICES", "yes"),
        ("RAPPORTEUR_EXTENSIONS", "one, two"),
        ("RAPPORTEUR_SIGN_UP", "maybe"),
        ("RAPPORTEUR_DIGEST_HOUR", "24"),
        ("RAPPORTEUR_COST_LIMIT_USD", "-3"),
        ("RAPPORTEUR_AI_OPTIONS", "label,lables"),
        ("RAPPORTEUR_AI_OPTIONS", '{"minConfidence": 101}'),
        ("RAPPORTEUR_AI_OPTIONS", '{"label": true'),
        ("RAPPORTEUR_AI_OPTIONS", "face"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment(GOOD | {name: value})


def test_a_default_of_what_is_looked_for_is_read_by_name_or_as_json_and_a_fault_in_it_is_told() -> None:
    name = "RAPPORTEUR_AI_OPTIONS"
    assert Settings.from_environment(GOOD | {name: "label, text"}).ai_options == AiOptions(label=True, text=True)
    read = Settings.from_environment(GOOD | {name: ' {"minConfidence": 60, "transcribe": false}'})
    assert read.ai_options == AiOptions(min_confidence=60, transcribe=False)
    with pytest.raises(SettingsError, match="minConfidence: expected a number from 0 to 100"):
        Settings.from_environment(GOOD | {name: '{"minConfidence": 101}'})
    with pytest.raises(SettingsError, match="names face, for which RAPPORTEUR_BIOMETRICS must be true"):
        Settings.from_environment(GOOD | {name: "label,face"})
    assert Settings.from_environment(GOOD | {name: "face", "RAPPORTEUR_BIOMETRICS": "true"}).ai_options.face


@pytest.mark.parametrize(
    ("options", "name", "value"),
    [
        (amazon_transcribe.Options, "RAPPORTEUR_TRANSCRIBE_LANGUAGES", "en-US, english"),
        (comprehend.Options, "RAPPORTEUR_COMPREHEND_PII", "yes"),
    ],
)
def test_a_bad_option_of_an_engine_is_named(options: type, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment(GOOD | {name: value}).options(options)
    assert Settings.from_environment(GOOD).options(options) == options()


def documented() -> dict[str, set[str]]:
    """The rows of settings in docs/settings.md, by the heading that they stand under."""
    parts = re.split(r"^#+ (.+)$", (ROOT / "docs" / "settings.md").read_text(), flags=re.M)[1:]
    rows = {title: set(re.findall(r"^\| `RAPPORTEUR_.*$", body, re.M)) for title, body in batched(parts, 2)}
    return {title: found for title, found in rows.items() if found}


def row(name: str, description: str, default: object) -> str:
    told = str(default).lower() if isinstance(default, bool) else default
    cell = "required" if default is MISSING else "none" if default in {None, (), AiOptions()} else f"`{told}`"
    return f"| `{name}` | {description} | {cell} |"


def rows(kind: type) -> set[str]:
    return {row(name, one.metadata["description"], one.default) for name, one in declared(kind).items()}


def test_every_setting_is_documented_with_its_default_under_the_engine_that_it_belongs_to() -> None:
    expected = {"Settings": rows(Settings)}
    expected["Engines"] = {
        row(variable(seam.setting), seam.description, None if seam.is_optional else MISSING) for seam in SEAMS
    }
    engines = {f"{seam.name}: `{name}`": module_of(seam, name).Options for seam in SEAMS for name in names(seam)}
    shared = [title for title, options in engines.items() if options is batch.Options]
    for title in shared:  # told once
        del engines[title]
    engines[", ".join(title.partition(":")[0] for title in shared) + f": `{batch.NAME}`"] = batch.Options
    for path in (ROOT / "local" / "engines").glob("[!_]*.py"):
        engines[f"on one machine: `{path.stem}`"] = getattr(
            import_module(f"local.engines.{path.stem}"), "Options", None
        )
    assert documented() == expected | {title: rows(options) for title, options in engines.items() if options}


def test_queues_try_a_message_more_often_than_it_is_worked_on() -> None:
    receives = [int(count) for count in re.findall(r'"maxReceiveCount":(\d+)', template.body("messaging"))]
    assert len(receives) == len(QUEUES)
    assert min(receives) > Settings.max_attempts
