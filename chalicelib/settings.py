"""The only reader of the environment: one frozen, validated object.

Each field is read from the environment variable RAPPORTEUR_{FIELD NAME}; so are the choice of an engine for each seam
(`chalicelib/seams/registry.py`), and the options that an engine's module declares, in a dataclass of such fields. The
AWS region and credentials are boto3's own business. `docs/settings.md` lists every setting.

Dataclasses, not pydantic models: every function reads its settings at its start, and importing pydantic would take as
long as everything else of ours together.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar, overload

from chalicelib.domain.ai_options import API_NAMES, BIOMETRIC, AiOptions
from chalicelib.errors import SettingsError
from chalicelib.lazy import brought
from chalicelib.seams.registry import SEAMS
from chalicelib.seams.seam import Seam
from chalicelib.vision.moderation import KINDS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from chalicelib.domain.accounts import Allowance

PREFIX = "RAPPORTEUR_"
QUEUES = ("intake", "urgent", "analysis", "jobs", "report", "digest", "webhook", "account", "learning", "feedback")
"""Each has its address in a setting, and beside it a queue of dead letters, named after it."""

URL = r"https?://\S+"
_NAME = r"\S{3,}"
_ADDRESS = r"[^@\s]+@[^@\s]+"
_AI_OPTIONS = r"\s*\{[\s\S]*\}\s*|[A-Za-z, ]+"
_MODULE = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*"

_Default = TypeVar("_Default")
_Options = TypeVar("_Options", bound="DataclassInstance")


@overload
def setting(description: str, pattern: str) -> str: ...
@overload
def setting(description: str, pattern: str, default: _Default) -> str | _Default: ...
def setting(description: str, pattern: str, default: object = MISSING) -> object:
    """A setting that `pattern` matches whole; required, unless it has a `default`."""
    return field(metadata={"description": description, "pattern": pattern}, default=default)


def converted(description: str, pattern: str, convert: Callable[[str], _Default], default: _Default) -> _Default:
    """A setting that is no text: what `convert` makes of it."""
    return field(metadata={"description": description, "pattern": pattern, "convert": convert}, default=default)


def count(description: str, default: int) -> int:
    """A whole number from 1."""
    return converted(description, "[1-9][0-9]{0,17}", int, default)


def flag(description: str, *, default: bool = False) -> bool:
    """A choice, usually off by default."""
    return converted(description, "true|false", "true".__eq__, default=default)


def by_comma(text: str) -> tuple[str, ...]:
    """What a list in a setting holds."""
    return tuple(text.split(",")) if text else ()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a deployment may set."""

    uploads_bucket: str = setting("bucket that recordings are uploaded to", _NAME)
    output_bucket: str = setting("bucket for everything that is made from them", _NAME)
    assets_table: str = setting("DynamoDB table of assets", _NAME)
    metadata_table: str = setting("DynamoDB table of tracks, by the key of their JSON file", _NAME)
    users_table: str = setting("DynamoDB table of accounts: settings, usage, keys and shares", _NAME)
    idempotency_table: str = setting("DynamoDB table that remembers which mails were sent", _NAME)
    intake_queue_url: str = setting("SQS queue of accepted uploads", URL)
    urgent_queue_url: str = setting("SQS queue of accepted uploads that are urgent", URL)
    analysis_queue_url: str = setting("SQS queue of branches whose turn has come", URL)
    jobs_queue_url: str = setting("SQS queue of what the topic of jobs is told", URL)
    report_queue_url: str = setting("SQS queue of finished assets to report", URL)
    digest_queue_url: str = setting("SQS queue of owners whose digest is due", URL)
    webhook_queue_url: str = setting("SQS queue of finished assets to tell programs of", URL)
    account_queue_url: str = setting("SQS queue of accounts to export or erase", URL)
    learning_queue_url: str = setting("SQS queue of sittings that have ended, and of trainings that are due", URL)
    feedback_queue_url: str = setting("SQS queue of what SES tells of mails: bounces, complaints, delays", URL)
    jobs_topic_arn: str = setting("SNS topic that services tell of their jobs' ends which send no events", r"arn:\S+")
    jobs_topic_role: str | None = setting(
        "IAM role by which services publish to that topic; those that need one cannot be used when unset",
        r"arn:\S+",
        default=None,
    )
    finished_topic_arn: str = setting("SNS topic that every finished asset is published to", r"arn:\S+")
    failed_topic_arn: str | None = setting(
        "SNS topic where operators hear of failed assets; none when unset", r"arn:\S+", default=None
    )
    report_sender: str = setting("address that reports are sent from", _ADDRESS)
    report_reply_to: str | None = setting("address that replies to reports go to", _ADDRESS, default=None)
    admin_email: str | None = setting(
        "address that the operators' daily digest goes to; nobody gets one when unset", _ADDRESS, default=None
    )
    mails_a_day: int = count("mails that may be sent for an account, or to an address, in a day; at most 5,000", 200)
    digest_hour: int = converted(
        "hour of the day, by the owner's clock, at which digests are sent", "1?[0-9]|2[0-3]", int, 3
    )
    digest_zone: str | None = setting(
        "time zone whose clock counts for everybody's digest; each owner's own when unset",
        r"[A-Za-z0-9_+/-]+",
        default=None,
    )
    ses_configuration_set: str | None = setting(
        "SES configuration set that reports are sent with", r"[A-Za-z0-9_-]{1,64}", default=None
    )

    pages_url: str | None = setting("where the pages are", URL, default=None)
    api_url: str | None = setting(
        "where the REST API is, for links in mails; none are made when unset", URL, default=None
    )
    user_pool: str | None = setting("Cognito user pool whose tokens are taken", r"[a-z0-9-]+_\w+", default=None)
    user_pool_client: str | None = setting("client of that pool that tokens must be for", r"\w+", default=None)

    sign_in_url: str | None = setting(
        "where a signed-in page asks Cognito about its account; Cognito's own address in the pool's region when unset",
        r"https?://\S+|/\S*",
        default=None,
    )
    sign_in_pages: str | None = setting(
        "where people sign in: the address of the pool's own sign-in pages; nobody can in a browser when unset",
        r"https?://\S+|/\S*",
        default=None,
    )
    sign_up: str = setting(
        "who may make an account: open to all, or by invitation", "open|invitation", default="invitation"
    )

    extensions: tuple[str, ...] = converted(
        "modules that bring registries of their own, by comma; see docs/engines.md",
        f"{_MODULE}(,{_MODULE})*",
        by_comma,
        (),
    )
    transcribers: tuple[str, ...] = converted(
        "engines that owners may have a recording heard again by, beside the usual transcriber, by comma",
        f"{_MODULE}(,{_MODULE})*",
        by_comma,
        (),
    )
    voices: bool = flag("whether speakers' voices may be remembered by name, as they agree to: see docs/privacy.md")
    voice_days: int = count("days after which a remembered voice is forgotten", 365)
    biometrics: bool = flag("whether faces, celebrities and people in collections of faces may be looked for")
    ai_options: AiOptions = converted(  # noqa: RUF009 - a field, as below
        "what is looked for where an upload says nothing: names by comma, or JSON; see docs/api.md",
        _AI_OPTIONS,
        AiOptions.from_setting,
        AiOptions(),
    )
    moderation_policy: str | None = setting(
        "what becomes of films and pictures with sensitive content: note it, hold them until an administrator decides, "
        "or reject them; then all are looked at. Only those whose owner asks are, and nothing follows, when unset",
        "note|hold|reject",
        default=None,
    )
    moderation_confidence: int = converted(
        "percent of confidence from which sensitive content counts for that", "[1-9][0-9]?|100", int, 60
    )
    moderation_kinds: tuple[str, ...] = converted(
        "kinds of it that count, by comma: labels of the first level of Amazon Rekognition",
        r"[A-Za-z&' -]+(,[A-Za-z&' -]+)*",
        by_comma,
        KINDS,
    )
    sitting_minutes: int = converted(
        "minutes without a correction after which whoever corrects a transcript is taken to be done; at most 15",
        "[1-9]|1[0-5]",
        int,
        10,
    )
    analysis_of_corrections: bool = flag(
        "whether summary, mood, key phrases and names are made anew from a transcript that was corrected, when the "
        "sitting ends; it costs about what they did the first time",
        default=True,
    )
    training_hour: int = converted(
        "hour of the day at which models are trained, by the clock of the training zone", "1?[0-9]|2[0-3]", int, 3
    )
    training_zone: str = setting("time zone whose clock counts for that", r"[A-Za-z0-9_+/-]+", default="UTC")
    training_least_new: int = count("recordings with new lessons below which a training waits for the next night", 1)
    training_limit_usd: Decimal = converted(  # noqa: RUF009 - a field, as above
        "estimated US dollars that the trainings of one day may cost",
        r"[0-9]{1,6}(\.[0-9]{1,2})?",
        Decimal,
        Decimal(10),
    )
    toxicity_confidence: int = converted(
        "percent of confidence from which hurtful words are marked", "[1-9][0-9]?|100", int, 50
    )
    speaker_moods: bool = flag("whether the owner is told the mood of each speaker that has been named")

    quota_minutes: int = count("minutes of recordings that an account may have worked on in a month", 6_000)
    quota_bytes: int = count("bytes that an account may upload in a month", 1024**4)
    quota_in_flight: int = count("files that an account may have in work at a time; at most 5,000", 100)
    questions_a_day: int = count("questions to the library that an account may ask in a day", 50)
    cost_limit_usd: Decimal = converted(  # noqa: RUF009 - a field, as above
        "estimated US dollars above which a recording is only worked on if its owner agrees",
        r"[0-9]{1,6}(\.[0-9]{1,2})?",
        Decimal,
        Decimal(25),
    )
    max_upload_bytes: int = count("largest upload that is accepted, in bytes", 50 * 1024**3)
    upload_window_minutes: int = count("minutes that an announced upload may take", 24 * 60)
    stuck_after_minutes: int = count(
        "minutes without a change, beyond three times the recording's length, that are too many", 60
    )
    max_sweeps: int = count("times that the sweep retries a stuck asset before it fails it", 3)
    busy_delay_seconds: int = count("seconds after which work comes back that an engine had no room for", 60)
    retention_days: int = count("days after which what was made of a recording is deleted", 365)
    max_attempts: int = count("times that a queued message is worked on; must be below its queue's maxReceiveCount", 3)

    engines: Mapping[Seam[Any], str] = field(default_factory=dict)
    """The name of the engine behind each seam there is; empty where there is none."""

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """All variables that are ours, for the options of engines."""

    @staticmethod
    def from_environment(environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings. Raises SettingsError that names each variable at fault and what was expected."""
        everything = os.environ if environment is None else environment
        ours = {name: text for name, text in everything.items() if name.startswith(PREFIX)}
        values, faults = _read(Settings, ours)
        faults += _biometric_faults(values)
        seams = seams_of(values.get("extensions", ()))
        engines = {seam: ours.get(variable(seam.setting), "") for seam in seams}
        faults += [
            f"{variable(seam.setting)} ({seam.description}) {fault}"
            for seam, name in engines.items()
            if (fault := _fault(name, _MODULE, is_required=not seam.is_optional))
        ]
        _raise(faults)
        return Settings(**values, engines=engines, environment=ours)

    def options(self, kind: type[_Options]) -> _Options:
        """The options of an engine, which are a dataclass of such fields. Raises SettingsError as above."""
        return options_in(self.environment, kind)

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


def seams_of(extensions: Iterable[str]) -> tuple[Seam[Any], ...]:
    """Every seam there is where these modules bring some of their own. Raises SettingsError."""
    seams = (*SEAMS, *brought(extensions, "SEAMS", Seam))
    for attribute in ("name", "setting"):
        values = [getattr(seam, attribute) for seam in seams]
        if twice := sorted({value for value in values if values.count(value) > 1}):
            raise SettingsError(f"Two seams have the same {attribute}: {', '.join(twice)}.")
    return seams


def options_in(environment: Mapping[str, str], kind: type[_Options]) -> _Options:
    """The options of an engine that these variables hold. Raises SettingsError that names each one at fault."""
    values, faults = _read(kind, environment)
    _raise(faults)
    return kind(**values)


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def declared(kind: "type[DataclassInstance]") -> "dict[str, Field[Any]]":
    """The settings that a dataclass is made of, by their environment variable."""
    return {variable(one.name): one for one in fields(kind) if one.metadata}


def variables(
    outputs: Mapping[str, str], chosen: Mapping[str, str], options: "Iterable[type[DataclassInstance]]" = ()
) -> dict[str, str]:
    """The environment variables of settings: of those that a stack's `outputs` name (UploadsBucket is uploads_bucket),
    also where an engine declares them among its `options`, and of those that are `chosen`, by their name without the
    prefix.
    """
    named = {variable(re.sub(r"(?<!^)(?=[A-Z])", "_", name)): value for name, value in outputs.items()}
    known = set(declared(Settings)).union(*map(declared, options))
    found = {name: value for name, value in named.items() if value and name in known}
    return found | {variable(name): value for name, value in chosen.items()}


def _read(kind: "type[DataclassInstance]", environment: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The values of a dataclass of settings, by their field, and what is wrong with them."""
    values, faults = {}, []
    for name, one in declared(kind).items():
        text = environment.get(name, "")
        if fault := _fault(text, one.metadata["pattern"], is_required=one.default is MISSING):
            faults.append(f"{name} ({one.metadata['description']}) {fault}")
        elif text:
            try:
                values[one.name] = one.metadata.get("convert", str)(text)
            except ValueError as exc:
                faults.append(f"{name} ({one.metadata['description']}) is {text!r}: {exc}")
    return values, faults


def _biometric_faults(values: Mapping[str, Any]) -> list[str]:
    """What would be looked for without leave."""
    asked = [name for name in BIOMETRIC if getattr(values.get("ai_options"), name, None)]
    if not asked or values.get("biometrics"):
        return []
    return [
        f"{variable('ai_options')} names {', '.join(API_NAMES[name] for name in asked)}, for which "
        f"{variable('biometrics')} must be true"
    ]


def _fault(text: str, pattern: str, *, is_required: bool) -> str | None:
    if not text:
        return "is not set" if is_required else None
    return None if re.fullmatch(pattern, text) else f"is {text!r}, which does not look like {pattern}"


def _raise(faults: list[str]) -> None:
    if faults:
        raise SettingsError(f"The settings cannot be used: {'; '.join(faults)}.")
