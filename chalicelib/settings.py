"""The only reader of the environment: one frozen, validated object.

Each field is read from the environment variable RAPPORTEUR_{FIELD NAME}. The AWS region and credentials are boto3's own
business. `docs/settings.md` lists every setting.
"""

import os
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chalicelib.errors import SettingsError

PREFIX = "RAPPORTEUR_"
_ENGINE = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"


class Settings(BaseModel):
    """What a deployment may set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    uploads_bucket: str = Field(min_length=3, description="bucket that recordings are uploaded to")
    output_bucket: str = Field(min_length=3, description="bucket for everything that is made from them")
    assets_table: str = Field(min_length=3, description="DynamoDB table of assets")
    metadata_table: str = Field(min_length=3, description="DynamoDB table of tracks, by the key of their JSON file")
    idempotency_table: str = Field(min_length=3, description="DynamoDB table that remembers which mails were sent")
    intake_queue_url: str = Field(pattern=r"^https?://", description="SQS queue of accepted uploads")
    language_queue_url: str = Field(pattern=r"^https?://", description="SQS queue of transcripts to analyse")
    report_queue_url: str = Field(pattern=r"^https?://", description="SQS queue of finished assets to report")
    finished_topic_arn: str = Field(pattern=r"^arn:", description="SNS topic that every finished asset is published to")
    report_sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", description="address that reports are sent from")

    prober: str = Field(pattern=_ENGINE, description="engine that finds out what a file holds")
    transcoder: str = Field(pattern=_ENGINE, description="engine that makes renditions")
    transcriber: str = Field(pattern=_ENGINE, description="engine that turns speech into words")
    language_analyzer: str = Field(pattern=_ENGINE, description="engine that reads sentiment and key phrases")
    summarizer: str | None = Field(default=None, pattern=_ENGINE, description="engine that sums up; none when unset")
    whisper_model: str | None = Field(default=None, description="model name or folder for the faster-whisper engine")

    max_upload_bytes: int = Field(default=50 * 1024**3, gt=0, description="largest upload that is accepted, in bytes")
    upload_window_minutes: int = Field(default=24 * 60, gt=0, description="minutes that an announced upload may take")
    stuck_after_minutes: int = Field(
        default=60,
        gt=0,
        description="minutes without a change, beyond three times the recording's length, that are too many",
    )
    max_sweeps: int = Field(
        default=3, ge=1, description="times that the sweep retries a stuck asset before it fails it"
    )
    max_attempts: int = Field(
        default=3,
        ge=1,
        description="times that a queued message is worked on; must be below its queue's maxReceiveCount",
    )

    @staticmethod
    def from_environment(environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings. Raises SettingsError that names each variable at fault and what was expected."""
        environment = os.environ if environment is None else environment
        values = {
            name: environment[PREFIX + name.upper()]
            for name in Settings.model_fields
            if environment.get(PREFIX + name.upper(), "") != ""
        }
        try:
            return Settings.model_validate(values)
        except ValidationError as exc:
            faults = "; ".join(
                f"{PREFIX}{str(error['loc'][0]).upper()} ({Settings.model_fields[str(error['loc'][0])].description}): "
                f"{'is not set' if error['type'] == 'missing' else error['msg']}"
                for error in exc.errors()
            )
            raise SettingsError(f"The settings cannot be used: {faults}.") from exc

    @property
    def intake_queue(self) -> str:
        """The intake queue's name, for the app's decorator."""
        return self.intake_queue_url.rsplit("/", 1)[-1]

    @property
    def language_queue(self) -> str:
        """The language queue's name, for the app's decorator."""
        return self.language_queue_url.rsplit("/", 1)[-1]

    @property
    def report_queue(self) -> str:
        """The report queue's name, for the app's decorator."""
        return self.report_queue_url.rsplit("/", 1)[-1]
