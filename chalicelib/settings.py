"""The only reader of the environment: one frozen, validated object.

Each field is read from the environment variable RAPPORTEUR_{FIELD NAME}. The AWS region and credentials are boto3's own
business. `docs/settings.md` lists every setting.

A dataclass, not a pydantic model: every function reads its settings at its start, and importing pydantic would take as
long as everything else of ours together.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chalicelib.errors import SettingsError

if TYPE_CHECKING:
    from chalicelib.domain.accounts import Allowance

PREFIX = "RAPPORTEUR_"
QUEUES = ("intake", "urgent", "language", "report", "digest", "webhook", "account", "feedback")
"""Each has its address in a setting, and beside it a queue of dead letters, named after it."""

_NAME = r"\S{3,}"
_URL = r"https?://\S+"
_ADDRESS = r"[^@\s]+@[^@\s]+"
_LANGUAGE = "[a-z]{2,3}-[A-Z]{2}"
_TRANSCRIBE_NAME = "[0-9a-zA-Z._-]{1,200}"
_ENGINE = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*"


def _text(description: str, pattern: str, **default: str | None) -> Any:  # noqa: ANN401 - a field of the class below
    return field(metadata={"description": description, "pattern": pattern}, **default)  # type: ignore[call-overload]


def _modules(description: str) -> Any:  # noqa: ANN401 - a field of the class below
    metadata = {"description": description, "pattern": f"{_ENGINE}(,{_ENGINE})*", "convert": _by_comma}
    return field(metadata=metadata, default=())


def _by_comma(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _count(description: str, default: int) -> int:
    metadata = {"description": description, "pattern": "[1-9][0-9]{0,17}", "convert": int}
    return field(metadata=metadata, default=default)


def _hour(description: str, default: int) -> Any:  # noqa: ANN401 - a field of the class below
    metadata = {"description": description, "pattern": "1?[0-9]|2[0-3]", "convert": int}
    return field(metadata=metadata, default=default)


def _dollars(description: str, default: str) -> Any:  # noqa: ANN401 - a field of the class below
    metadata = {"description": description, "pattern": r"[0-9]{1,6}(\.[0-9]{1,2})?", "convert": Decimal}
    return field(metadata=metadata, default=Decimal(default))


def _flag(description: str) -> Any:  # noqa: ANN401 - a field of the class below
    metadata = {"description": description, "pattern": "true|false", "convert": "true".__eq__}
    return field(metadata=metadata, default=False)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a deployment may set."""

    uploads_bucket: str = _text("bucket that recordings are uploaded to", _NAME)
    output_bucket: str = _text("bucket for everything that is made from them", _NAME)
    assets_table: str = _text("DynamoDB table of assets", _NAME)
    metadata_table: str = _text("DynamoDB table of tracks, by the key of their JSON file", _NAME)
    users_table: str = _text("DynamoDB table of accounts: settings, usage, keys and shares", _NAME)
    idempotency_table: str = _text("DynamoDB table that remembers which mails were sent", _NAME)
    intake_queue_url: str = _text("SQS queue of accepted uploads", _URL)
    urgent_queue_url: str = _text("SQS queue of accepted uploads that are urgent", _URL)
    language_queue_url: str = _text("SQS queue of transcripts to analyse", _URL)
    report_queue_url: str = _text("SQS queue of finished assets to report", _URL)
    digest_queue_url: str = _text("SQS queue of owners whose digest is due", _URL)
    webhook_queue_url: str = _text("SQS queue of finished assets to tell programs of", _URL)
    account_queue_url: str = _text("SQS queue of accounts to export or erase", _URL)
    feedback_queue_url: str = _text("SQS queue of what SES tells of mails: bounces, complaints, delays", _URL)
    finished_topic_arn: str = _text("SNS topic that every finished asset is published to", r"arn:\S+")
    failed_topic_arn: str | None = _text(
        "SNS topic where operators hear of failed assets; none when unset", r"arn:\S+", default=None
    )
    report_sender: str = _text("address that reports are sent from", _ADDRESS)
    report_reply_to: str | None = _text("address that replies to reports go to", _ADDRESS, default=None)
    admin_email: str | None = _text(
        "address that the operators' daily digest goes to; nobody gets one when unset", _ADDRESS, default=None
    )
    mails_a_day: int = _count("mails that may be sent for an account, or to an address, in a day; at most 5,000", 200)
    digest_hour: int = _hour("hour of the day, by the owner's clock, at which digests are sent", 3)
    digest_zone: str | None = _text(
        "time zone whose clock counts for everybody's digest; each owner's own when unset",
        r"[A-Za-z0-9_+/-]+",
        default=None,
    )
    ses_configuration_set: str | None = _text(
        "SES configuration set that reports are sent with", r"[A-Za-z0-9_-]{1,64}", default=None
    )

    pages_url: str | None = _text("where the pages are", _URL, default=None)
    api_url: str | None = _text(
        "where the REST API is, for links in mails; none are made when unset", _URL, default=None
    )
    user_pool: str | None = _text("Cognito user pool whose tokens are taken", r"[a-z0-9-]+_\w+", default=None)
    user_pool_client: str | None = _text("client of that pool that tokens must be for", r"\w+", default=None)

    sign_in_url: str | None = _text(
        "where the pages sign in; Cognito's own address in the pool's region when unset",
        r"https?://\S+|/\S*",
        default=None,
    )
    sign_up: str = _text(
        "who may make an account: open to all, or by invitation", "open|invitation", default="invitation"
    )

    extensions: tuple[str, ...] = _modules("modules that bring tracks of their own, by comma; none when unset")

    prober: str = _text("engine that finds out what a file holds", _ENGINE)
    transcoder: str = _text("engine that makes renditions", _ENGINE)
    transcriber: str = _text("engine that turns speech into words", _ENGINE)
    diarizer: str | None = _text(
        "engine that tells speakers apart where the transcriber does not; none when unset", _ENGINE, default=None
    )
    voices: bool = _flag("whether speakers' voices may be remembered by name, as they agree to: see docs/privacy.md")
    voice_days: int = _count("days after which a remembered voice is forgotten", 365)
    language_analyzer: str = _text("engine that reads sentiment and key phrases", _ENGINE)
    summarizer: str | None = _text("engine that sums up; none when unset", _ENGINE, default=None)
    speaker_moods: bool = _flag("whether the owner is told the mood of each speaker that has been named")
    mediaconvert_role: str | None = _text("IAM role that MediaConvert takes on", r"arn:\S+", default=None)
    mediaconvert_queue: str | None = _text(
        "MediaConvert queue; the account's default when unset", r"arn:\S+", default=None
    )
    transcribe_languages: str = _text(
        "languages to tell apart when an upload names none, by comma; the first is the likeliest",
        rf"{_LANGUAGE}(,{_LANGUAGE})*",
        default="en-US,ko-KR,ja-JP,zh-CN",
    )
    transcribe_several_languages: bool = _flag("whether one recording may hold several of these languages")
    transcribe_max_speakers: int = _count("speakers to tell apart, at most 30; 1 switches speaker labels off", 10)
    transcribe_vocabulary: str | None = _text("custom vocabulary of Transcribe", _TRANSCRIBE_NAME, default=None)
    transcribe_vocabulary_filter: str | None = _text("vocabulary filter of Transcribe", _TRANSCRIBE_NAME, default=None)
    transcribe_language_model: str | None = _text("custom language model of Transcribe", _TRANSCRIBE_NAME, default=None)
    transcribe_redact_pii: bool = _flag("whether Transcribe leaves personal data out of transcripts")
    transcribe_toxicity: bool = _flag("whether Transcribe rates toxic speech (US English only)")
    comprehend_targeted_sentiment: bool = _flag("whether Comprehend also rates the sentiment towards each thing named")
    comprehend_pii: bool = _flag("whether Comprehend also finds personal data")
    comprehend_toxicity: bool = _flag("whether Comprehend also rates toxic content")
    comprehend_entity_recognizer: str | None = _text(
        "endpoint of a custom entity recogniser of Comprehend", r"arn:\S+", default=None
    )
    bedrock_model: str | None = _text("model or inference profile of Bedrock that sums up", r"\S+", default=None)
    openai_base_url: str | None = _text(
        "where a model of your own answers, by OpenAI's chat API, for summaries by openai_compatible",
        _URL,
        default=None,
    )
    openai_model: str | None = _text("that model's name", r"\S+", default=None)
    openai_key_file: str | None = _text("file that holds the key for it; none is sent when unset", r".+", default=None)
    openai_piece_bytes: int = _count("bytes of a transcript that it is given at a time", 8_000)
    whisper_model: str | None = _text("name or folder of a Whisper model, if not base", r".+", default=None)

    quota_minutes: int = _count("minutes of recordings that an account may have worked on in a month", 6_000)
    quota_bytes: int = _count("bytes that an account may upload in a month", 1024**4)
    quota_in_flight: int = _count("files that an account may have in work at a time; at most 5,000", 100)
    cost_limit_usd: Decimal = _dollars(  # noqa: RUF009 - a field, as above
        "estimated US dollars above which a recording is only worked on if its owner agrees", "25"
    )
    max_upload_bytes: int = _count("largest upload that is accepted, in bytes", 50 * 1024**3)
    upload_window_minutes: int = _count("minutes that an announced upload may take", 24 * 60)
    stuck_after_minutes: int = _count(
        "minutes without a change, beyond three times the recording's length, that are too many", 60
    )
    max_sweeps: int = _count("times that the sweep retries a stuck asset before it fails it", 3)
    busy_delay_seconds: int = _count("seconds after which work comes back that an engine had no room for", 60)
    retention_days: int = _count("days after which what was made of a recording is deleted", 365)
    max_attempts: int = _count("times that a queued message is worked on; must be below its queue's maxReceiveCount", 3)

    @staticmethod
    def from_environment(environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings. Raises SettingsError that names each variable at fault and what was expected."""
        environment = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        faults = []
        for setting in fields(Settings):
            variable = PREFIX + setting.name.upper()
            text = environment.get(variable, "")
            if fault := _fault(setting, text):
                faults.append(f"{variable} ({setting.metadata['description']}) {fault}")
            elif text:
                values[setting.name] = setting.metadata.get("convert", str)(text)
        if faults:
            raise SettingsError(f"The settings cannot be used: {'; '.join(faults)}.")
        return Settings(**values)

    @property
    def engines(self) -> dict[str, str | None]:
        """The engine chosen for each seam, by the seam's folder in `chalicelib/engines/`."""
        return {
            "probing": self.prober,
            "transcoding": self.transcoder,
            "transcription": self.transcriber,
            "speakers": self.diarizer,
            "language": self.language_analyzer,
            "summary": self.summarizer,
        }

    @property
    def allowance(self) -> "Allowance":
        """What every account may use, unless an operator has set something else for it."""
        from chalicelib.domain.accounts import Allowance  # slow to make, and of use to few functions

        return Allowance(self.quota_minutes, self.quota_bytes, self.quota_in_flight)

    def queue_url(self, name: str) -> str:
        """The address of one of the `QUEUES`."""
        url: str = getattr(self, f"{name}_queue_url")
        return url

    def dead_letters_url(self, name: str) -> str:
        """The address of the dead-letter queue of one of the `QUEUES`."""
        return f"{self.queue_url(name)}-dead-letters"

    def queue(self, name: str) -> str:
        """The name on AWS of one of the `QUEUES`, for the app's decorators."""
        return self.queue_url(name).rsplit("/", 1)[-1]


def variables(outputs: Mapping[str, str], chosen: Mapping[str, str]) -> dict[str, str]:
    """The environment variables of settings: of those that a stack's `outputs` name (UploadsBucket is uploads_bucket),
    and of those that are `chosen`, by their name without the prefix.
    """
    named = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): value for name, value in outputs.items()}
    found = {one.name.upper(): named[one.name] for one in fields(Settings) if named.get(one.name)}
    return {PREFIX + name: value for name, value in {**found, **chosen}.items()}


def _fault(setting: "Field[Any]", text: str) -> str | None:
    if not text:
        return "is not set" if setting.default is MISSING else None
    pattern = setting.metadata["pattern"]
    return None if re.fullmatch(pattern, text) else f"is {text!r}, which does not look like {pattern}"
