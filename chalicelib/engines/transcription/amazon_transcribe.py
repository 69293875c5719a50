"""Amazon Transcribe as the transcriber: batch jobs, in the language named or found out.

Limits and options: https://docs.aws.amazon.com/transcribe/latest/dg/limits-guidelines.html and
https://docs.aws.amazon.com/transcribe/latest/APIReference/API_StartTranscriptionJob.html
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError

from chalicelib.clients.aws import Aws
from chalicelib.domain import keys
from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.domain.people import prefix_of
from chalicelib.engines.costs import Charges, PaidWork
from chalicelib.engines.grants import ANYTHING, AwsPlace, EngineGrants, Grant
from chalicelib.engines.refusals import code_of, of_service
from chalicelib.engines.registry import EngineContext
from chalicelib.errors import EngineBusy, EngineFailed
from chalicelib.message import Message
from chalicelib.seams.jobs import JobEvents, JobOutcome, Started, UnderWay
from chalicelib.seams.options import Settled
from chalicelib.seams.training import LANGUAGE_MODEL_TRAINING
from chalicelib.seams.transcription import KeptVocabulary, TranscriptionJob, VocabularyState
from chalicelib.settings import Settings, count, flag, setting
from chalicelib.speech.tracks import TRANSCRIPT

if TYPE_CHECKING:
    from mypy_boto3_transcribe.literals import CLMLanguageCodeType

_SERVICE = "Amazon Transcribe"
_FEWEST_SECONDS = 15
LANGUAGES = {
    "English": "en-US",
    "Korean": "ko-KR",
    "Japanese": "ja-JP",
    "Chinese": "zh-CN",
    "German": "de-DE",
    "French": "fr-FR",
    "Spanish": "es-ES",
    "Portuguese": "pt-BR",
}
"""What is offered by name; every code that Transcribe lists is accepted beside."""

_USUAL = {
    "ar": "ar-SA",
    "cy": "cy-GB",
    "de": "de-DE",
    "en": "en-US",
    "es": "es-ES",
    "et": "et-EE",
    "fa": "fa-IR",
    "fr": "fr-FR",
    "ckb": "ckb-IQ",
    "pt": "pt-BR",
    "sw": "sw-KE",
    "zh": "zh-CN",
}
"""The code meant by a language alone, where Transcribe has several of it."""

_OUTPUT_KEY = re.compile(r"[a-zA-Z0-9-_.!*'()/]{1,1024}")
_FORMATS = frozenset({"mp3", "mp4", "wav", "flac", "ogg", "amr", "webm", "m4a"})
_FEWEST_LANGUAGES = 2
_REDACTED = "redacted-"
_CONFLICT, _GONE = "ConflictException", "NotFoundException"
_CROWDED = re.compile(r"too many|concurrent|limit", re.IGNORECASE)
_OUTPUT = Message("output-key", "%(service)s cannot write to the place that the transcript has.")
_FORMAT = Message("format-not-supported", "%(service)s does not read files ending in .%(ending)s.")
_NO_VOCABULARY = Message(
    "vocabulary-not-used", "The custom vocabulary %(name)s was not used: it is not ready, or not for this language."
)
_NO_FILTER = Message(
    "vocabulary-filter-not-used",
    "The vocabulary filter %(name)s was not used: it is not ready, or not for this language.",
)
_NO_LANGUAGE_MODEL = Message(
    "language-model-not-used",
    "The custom language model %(name)s was not used: it is not ready, or not for this language.",
)
_VOCABULARY_UNFIT = Message(
    "vocabulary-left-out",
    "The custom vocabulary was not used: it is not ready, does not exist any more, or is for another language.",
)
_LANGUAGE_MODEL_UNFIT = Message(
    "language-model-left-out",
    "The custom language model was not used: its training is not complete, it does not exist any more, or it is for "
    "another language.",
)
_NO_PII = Message(
    "personal-data-kept",
    "Personal data was not left out of the transcript: Transcribe cannot do that for this recording's language.",
)
_NO_TOXICITY = Message("toxicity-not-rated", "Toxic speech was not rated: Transcribe can do that in US English only.")
_LANGUAGE = Message(
    "language-not-transcribed",
    "Amazon Transcribe does not know this language: %(language)s. It knows %(known_languages)s, and many "
    "more. Choose another one, or let it be detected.",
)
_FAILED = Message(
    "transcription-failed",
    "Amazon Transcribe could not transcribe the recording. Try again; if it fails again, tell the operator of"
    " this service.",
)
_REASONS = {
    r"too (short|small)|shorter than": Message(
        "too-short-to-transcribe", "The recording is too short to be transcribed. Upload a longer one."
    ),
    r"too (long|large)|exceeds|maximum": Message(
        "too-long-to-transcribe",
        "The recording is longer or larger than Amazon Transcribe takes. Cut it into parts, and upload these.",
    ),
    r"format|unsupported|invalid media|corrupt": Message(
        "sound-unreadable",
        "Amazon Transcribe cannot read the recording’s sound: its format is not supported, or it is damaged. "
        "Export it again, for example as MP3 or WAV, and upload that.",
    ),
    r"access|permission|denied|isn't accessible": Message(
        "recording-not-accessible",
        "Amazon Transcribe was not allowed to read the recording. The operator of this service has to look at its"
        " permissions.",
    ),
    r"sample rate": Message(
        "sample-rate",
        "Amazon Transcribe cannot use this recording’s sound as it is. Export it again, for example as MP3 at "
        "44.1 kHz, and upload that.",
    ),
}
"""What a job failed of, by what its `FailureReason` says."""

_PII_LANGUAGES = frozenset({"en-US", "es-US", "fr-FR", "fr-CA", "de-DE", "de-CH", "it-IT", "pt-PT", "pt-BR"})
"""https://docs.aws.amazon.com/transcribe/latest/dg/doc-history.html, May 2026; not with languages to be found out."""

_TOXICITY_LANGUAGES = frozenset({"en-US"})


_MOST_HEARINGS = 3
"""The best one, and what else a segment was taken for: each holds all of its words once more, so that a transcript of
hours must still fit into memory."""

_MOST_VOCABULARIES = 100
"""Of an AWS account, unless it was granted more: https://docs.aws.amazon.com/transcribe/latest/dg/limits-guidelines.html"""

_FULL = Message(
    "vocabularies-full",
    "The AWS account has as many vocabularies as %(service)s keeps for one (%(most)s, unless it was granted more). Its "
    "operator can ask AWS for more, or delete some.",
)
_STATES = {
    "PENDING": VocabularyState.BUILDING,
    "READY": VocabularyState.READY,
    "FAILED": VocabularyState.FAILED,
}

SERVICES = ("transcribe",)
USES_LEXICON = True
HEARS_WITH = LANGUAGE_MODEL_TRAINING.name
_CODE = "[a-z]{2,3}-[A-Z]{2}"
_NAMED = "[0-9a-zA-Z._-]{1,200}"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a deployment may set."""

    transcribe_languages: str = setting(
        "languages to tell apart when an upload names none, by comma; the first is the likeliest",
        rf"{_CODE}(,{_CODE})*",
        default="en-US,ko-KR,ja-JP,zh-CN",
    )
    transcribe_several_languages: bool = flag("whether one recording may hold several of these languages")
    transcribe_max_speakers: int = count("speakers to tell apart, at most 30; 1 switches speaker labels off", 10)
    transcribe_vocabulary: str | None = setting("custom vocabulary of Transcribe", _NAMED, default=None)
    transcribe_vocabulary_filter: str | None = setting("vocabulary filter of Transcribe", _NAMED, default=None)
    transcribe_language_model: str | None = setting("custom language model of Transcribe", _NAMED, default=None)
    transcribe_redact_pii: bool = flag("whether Transcribe leaves personal data out of transcripts")
    transcribe_toxicity: bool = flag("whether Transcribe rates toxic speech (US English only)")


def create(context: EngineContext) -> "AmazonTranscriber":
    """The transcriber."""
    return AmazonTranscriber(context.aws, context.settings.options(Options))


_ENDS = ("COMPLETED", "FAILED")
EVENTS = JobEvents("aws.transcribe", "Transcribe Job State Change", {"TranscriptionJobStatus": _ENDS})
MORE_EVENTS = (JobEvents("aws.transcribe", "Vocabulary State Change", {"VocabularyState": ("READY", "FAILED")}),)
"""https://docs.aws.amazon.com/transcribe/latest/dg/monitoring-events.html"""


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    """See `chalicelib/engines/grants.py`.

    Transcribe writes the transcript with the caller's own leave, and so it reads the sound, which callers may anyway.
    """
    options = settings.options(Options)
    output = place.bucket(settings.output_bucket, "output/*")
    transcripts = Grant(
        ("s3:PutObject",), (place.bucket(settings.output_bucket, keys.prefix(TRANSCRIPT.folder) + "*"),)
    )
    asking = Grant(("transcribe:GetTranscriptionJob",), (place.arn("transcribe", "transcription-job/*"),))
    starting = Grant(
        ("transcribe:StartTranscriptionJob",),
        ANYTHING,
        {"StringEquals": {"transcribe:OutputBucketName": settings.output_bucket}},
    )
    renaming = (Grant(("s3:GetObject",), (output,)), transcripts) if options.transcribe_redact_pii else ()
    # Which vocabularies and models there are to be is decided by whoever releases them, while the deployment stands.
    named = (
        ("transcribe:GetVocabulary", "vocabulary", "*"),
        ("transcribe:GetVocabularyFilter", "vocabulary-filter", options.transcribe_vocabulary_filter),
        ("transcribe:DescribeLanguageModel", "language-model", "*"),
    )
    looking = tuple(
        Grant((action,), (place.arn("transcribe", f"{kind}/{name}"),)) for action, kind, name in named if name
    )
    deleting = Grant(("transcribe:DeleteTranscriptionJob",), (place.arn("transcribe", "transcription-job/*"),))
    ours = (place.arn("transcribe", f"vocabulary/{prefix_of(settings.users_table)}*"),)
    minding = ("Update", "Delete", "Get")
    keeping = (
        Grant(tuple(f"transcribe:{verb}Vocabulary" for verb in minding), ours),
        # Of what is not there yet no resource can be named:
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazontranscribe.html
        Grant(("transcribe:CreateVocabulary", "transcribe:ListVocabularies"), ANYTHING),
    )
    return EngineGrants(
        work=(starting, asking, transcripts, *looking),
        events=(asking, *renaming),
        cancelling=(deleting,),
        keeping=keeping,
    )


def charges(work: PaidWork) -> Charges:
    """See `chalicelib/engines/costs.py`. Begun seconds, at least fifteen of them."""
    is_paid = work.transcript is not None or work.is_transcribing
    if not is_paid or work.asset.media is None or work.asset.media.audio is None:
        return {}
    minutes = Decimal(max(_FEWEST_SECONDS, math.ceil(work.seconds))) / 60
    used = {"transcribe.batch": minutes}
    options = work.settings.options(Options)
    if options.transcribe_redact_pii:
        used["transcribe.pii"] = minutes
    if options.transcribe_language_model or work.asset.ai.custom_language_model or _may_have_learnt(work):
        used["transcribe.language_model"] = minutes
    if options.transcribe_toxicity:
        used["transcribe.toxicity"] = minutes
    return used


MODELLED: Mapping[str, tuple["CLMLanguageCodeType", ...]] = {
    "de": ("de-DE",),
    "en": ("en-US", "en-GB", "en-AU"),
    "es": ("es-US",),
    "hi": ("hi-IN",),
    "ja": ("ja-JP",),
}
"""The languages that there can be language models of, and Transcribe's codes of them:
https://docs.aws.amazon.com/transcribe/latest/dg/supported-languages.html"""


def _may_have_learnt(work: PaidWork) -> bool:
    """Whether it may have been heard with a model that was learnt: where that is done, it is reckoned with."""
    language = work.transcript.language if work.transcript else work.asset.ai.language_code
    is_modelled = language is None or language.split("-")[0].lower() in MODELLED
    return bool(work.settings.engines.get(LANGUAGE_MODEL_TRAINING)) and is_modelled


@dataclass(frozen=True)
class AmazonTranscriber:
    """Starts batch jobs; Transcribe itself writes the transcript and tells the end."""

    aws: Aws
    options: Options
    max_seconds: float = 4 * 3600.0
    max_bytes: int = 2 * 1000**3
    hears_channels: bool = True
    hears_with: str = HEARS_WITH

    def start(self, job: TranscriptionJob) -> Started:
        """See the seam."""
        if not _OUTPUT_KEY.fullmatch(job.destination.key):
            raise EngineFailed(_OUTPUT.of(service=_SERVICE))
        ending = PurePosixPath(job.audio.key).suffix.lower().removeprefix(".")
        if ending not in _FORMATS:
            raise EngineFailed(_FORMAT.of(service=_SERVICE, ending=ending))
        request: dict[str, Any] = {
            "TranscriptionJobName": job.name,
            "Media": {"MediaFileUri": job.audio.uri},
            "MediaFormat": ending,
            "OutputBucketName": job.destination.bucket,
            "OutputKey": job.destination.key,
        }
        request |= self._options(job, self._language(job.language), self._speakers(job))
        try:
            with of_service(_SERVICE):
                self.aws.transcribe.start_transcription_job(**request)
        except ClientError as exc:
            if code_of(exc) != "ConflictException":
                raise
            return self._ended(job.name) or UnderWay.UNDER_WAY
        except EngineFailed as exc:
            # The account's limit of jobs at a time is told by a BadRequest as often as by a LimitExceeded.
            cause = exc.__cause__
            if isinstance(cause, ClientError) and _CROWDED.search(cause.response["Error"].get("Message", "")):
                raise EngineBusy from exc
            raise
        return None

    def heard_with(self, job: str) -> tuple[str, ...]:
        """See `TellsItsModels`. Where languages were told apart, it was heard with the model of the one found."""
        with of_service(_SERVICE):
            answer = there(self.aws.transcribe.get_transcription_job, TranscriptionJobName=job)
        known: Mapping[str, Any] = answer.get("TranscriptionJob", {})
        by_language = known.get("LanguageIdSettings", {}).get(known.get("LanguageCode", ""), {})
        named = (part.get("LanguageModelName") for part in (known.get("ModelSettings", {}), by_language))
        return tuple(name for name in named if name)

    def cancel(self, name: str, source: S3Object) -> None:
        """See `CancelsJobs`: a job that is deleted stops."""
        with of_service(_SERVICE):
            there(self.aws.transcribe.delete_transcription_job, TranscriptionJobName=name)

    def read_event(self, event: Mapping[str, Any]) -> JobOutcome | None:
        """The outcome that a "Transcribe Job State Change" tells; None if it goes on, or is not ours.

        Shape: https://docs.aws.amazon.com/transcribe/latest/dg/monitoring-events.html
        """
        detail = event["detail"]
        name = detail.get("TranscriptionJobName", "")
        if detail.get("TranscriptionJobStatus") not in _ENDS or keys.parse_job_name(name) is None:
            return None
        return self._ended(name)

    def _ended(self, name: str) -> JobOutcome | None:
        with of_service(_SERVICE):
            job = self.aws.transcribe.get_transcription_job(TranscriptionJobName=name)["TranscriptionJob"]
        match job.get("TranscriptionJobStatus"):
            case "COMPLETED":
                self._rename_redacted(job)
                return JobOutcome(name, notes=tuple(self._left_out(job)))
            case "FAILED":
                return JobOutcome(name, failure=failure_for(job.get("FailureReason", "")))
        return None

    def _rename_redacted(self, job: Mapping[str, Any]) -> None:
        """Put a redacted transcript where the transcript was asked for: Transcribe puts "redacted-" before its name."""
        uri = job.get("Transcript", {}).get("RedactedTranscriptFileUri")
        if uri is None:
            return
        bucket, _, key = unquote(urlsplit(uri).path).lstrip("/").partition("/")
        folder, _, name = key.rpartition("/")
        if name.startswith(_REDACTED):
            plain = f"{folder}/{name.removeprefix(_REDACTED)}"
            self.aws.s3.copy_object(Bucket=bucket, Key=plain, CopySource={"Bucket": bucket, "Key": key})

    def _language(self, wanted: str | None) -> list[str]:
        """The codes that the recording's language is among; one if it is known."""
        return [language_code(wanted, self._codes())] if wanted else self.options.transcribe_languages.split(",")

    def _codes(self) -> list[str]:
        start = self.aws.transcribe.meta.service_model.operation_model("StartTranscriptionJob")
        return list(start.input_shape.members["LanguageCode"].enum)  # type: ignore[union-attr]

    def _speakers(self, job: TranscriptionJob) -> dict[str, Any]:
        """The settings that tell who speaks: by channel, or by voice. Transcribe refuses both at once."""
        if job.apart:
            return {"ChannelIdentification": True}
        most = min(job.speakers or self.options.transcribe_max_speakers, 30)
        return {"ShowSpeakerLabels": True, "MaxSpeakerLabels": most} if most > 1 else {}

    def _options(self, job: TranscriptionJob, languages: list[str], settings: dict[str, Any]) -> dict[str, Any]:
        """All that `job` and the deployment ask for, as far as it is ready and fits the languages, beside the
        `settings`.
        """
        ready = self._ready(job, languages)
        options: dict[str, Any] = {}
        known = len(languages) < _FEWEST_LANGUAGES
        if known:
            options["LanguageCode"] = languages[0]
            own = ready.get(languages[0], {})
            if "LanguageModelName" in own:
                options["ModelSettings"] = {"LanguageModelName": own["LanguageModelName"]}
            settings |= {name: value for name, value in own.items() if name != "LanguageModelName"}
            if "VocabularyFilterName" in own:
                settings["VocabularyFilterMethod"] = "mask"
        else:
            several = self.options.transcribe_several_languages
            options["IdentifyMultipleLanguages" if several else "IdentifyLanguage"] = True
            options["LanguageOptions"] = languages
            # With languages to be told apart, vocabularies belong to each of them; models only where it is one of many.
            per_language = {
                code: {name: value for name, value in own.items() if not (several and name == "LanguageModelName")}
                for code, own in ready.items()
            }
            if chosen := {code: own for code, own in per_language.items() if own}:
                options["LanguageIdSettings"] = chosen
        is_redacted = known and self.options.transcribe_redact_pii and languages[0] in _PII_LANGUAGES
        # What a filter or redaction takes out of the transcript must not stand in what else was heard.
        if not is_redacted and not self.options.transcribe_vocabulary_filter:
            settings |= {"ShowAlternatives": True, "MaxAlternatives": _MOST_HEARINGS}
        if settings:
            options["Settings"] = settings
        if is_redacted:
            options["ContentRedaction"] = {"RedactionType": "PII", "RedactionOutput": "redacted"}
        if known and self.options.transcribe_toxicity and languages[0] in _TOXICITY_LANGUAGES:
            options["ToxicityDetection"] = [{"ToxicityCategories": ["ALL"]}]
        return options

    def settle(self, options: AiOptions, media: MediaInfo) -> Settled:
        """See `SettlesOptions`. A vocabulary or a model says the language where nobody else does."""
        notes: list[Message] = []
        if options.transcribe is False or media.audio is None:
            return Settled(options)
        codes = self._codes()
        for field, look, unfit in (
            ("custom_vocabulary", self._vocabulary, _VOCABULARY_UNFIT),
            ("custom_language_model", self._language_model, _LANGUAGE_MODEL_UNFIT),
        ):
            name = getattr(options, field)
            if name is None:
                continue
            with of_service(_SERVICE):
                language = look(name)
            wanted = options.language_code
            if language is None or (wanted and language_code(wanted, codes) != language):
                notes.append(unfit)
                nothing: dict[str, Any] = {field: None}
                options = replace(options, **nothing)
            elif wanted is None:
                options = replace(options, language_code=language)
        return Settled(options, tuple(notes))

    # ---- what is made of lexicons

    def vocabulary_language(self, language: str) -> str | None:
        """See `KeepsVocabularies`: the deployment's own code of the language, where it has one."""
        own = [code for code in self.options.transcribe_languages.split(",") if code.split("-")[0] == language]
        try:
            return own[0] if own else language_code(language, self._codes())
        except EngineFailed:
            return None

    def put_vocabulary(self, name: str, language: str, table: S3Object) -> None:
        """See `KeepsVocabularies`. One that is still being made cannot be made anew: EngineBusy."""
        request: Any = {"VocabularyName": name, "LanguageCode": language, "VocabularyFileUri": table.uri}
        try:
            with of_service(_SERVICE):
                self.aws.transcribe.create_vocabulary(**request)
        except ClientError as exc:
            if code_of(exc) != _CONFLICT:
                raise
            self._update_vocabulary(request)
        except EngineBusy as exc:
            # Transcribe says the same of too many requests as of too many vocabularies.
            if self._is_full():
                raise EngineFailed(_FULL.of(service=_SERVICE, most=_MOST_VOCABULARIES)) from exc
            raise

    def _update_vocabulary(self, request: Any) -> None:  # noqa: ANN401 - boto3's
        try:
            with of_service(_SERVICE):
                self.aws.transcribe.update_vocabulary(**request)
        except ClientError as exc:
            if code_of(exc) not in {_CONFLICT, _GONE}:  # it is being made; or has been deleted in between
                raise
            raise EngineBusy from exc

    def _is_full(self) -> bool:
        with of_service(_SERVICE):
            found = self.aws.transcribe.list_vocabularies(MaxResults=_MOST_VOCABULARIES)
        return len(found.get("Vocabularies", ())) >= _MOST_VOCABULARIES

    def vocabulary(self, name: str) -> KeptVocabulary | None:
        """See `KeepsVocabularies`."""
        with of_service(_SERVICE):
            answer: Mapping[str, Any] = there(self.aws.transcribe.get_vocabulary, VocabularyName=name)
        state = _STATES.get(answer.get("VocabularyState", ""))
        return None if state is None else KeptVocabulary(state, answer.get("FailureReason", ""))

    def drop_vocabulary(self, name: str) -> None:
        """See `KeepsVocabularies`. One that cannot be deleted yet, since it is being made: EngineBusy."""
        try:
            with of_service(_SERVICE):
                self.aws.transcribe.delete_vocabulary(VocabularyName=name)
        except ClientError as exc:
            if code_of(exc) != _GONE:
                raise
        except EngineFailed as exc:
            # Of what it does not know Transcribe says as often that the request is bad.
            cause = exc.__cause__
            if not isinstance(cause, ClientError) or code_of(cause) != "BadRequestException":
                raise
            if self.vocabulary(name) is not None:
                raise EngineBusy from exc

    def _vocabulary(self, name: str) -> str | None:
        """The language of a vocabulary that is ready; None of any other."""
        answer: Mapping[str, Any] = there(self.aws.transcribe.get_vocabulary, VocabularyName=name)
        return answer.get("LanguageCode") if answer.get("VocabularyState") == "READY" else None

    def _language_model(self, name: str) -> str | None:
        """The language of a model whose training is complete; None of any other."""
        answer: Mapping[str, Any] = there(self.aws.transcribe.describe_language_model, ModelName=name)
        model = answer.get("LanguageModel", {})
        return model.get("LanguageCode") if model.get("ModelStatus") == "COMPLETED" else None

    def _ready(self, job: TranscriptionJob, languages: list[str]) -> dict[str, dict[str, str]]:
        """The vocabulary, filter and model that can be used now, by the language they are for."""
        found: dict[str, dict[str, str]] = {}
        client = self.aws.transcribe
        wanted = self.options
        bare = {code.split("-")[0] for code in languages}

        def note(name: str, value: str, language: str | None) -> None:
            if language in languages:
                found.setdefault(str(language), {})[name] = value

        with of_service(_SERVICE):
            if vocabulary := job.vocabulary or wanted.transcribe_vocabulary:
                note("VocabularyName", vocabulary, self._vocabulary(vocabulary))
            for language, lexicon in () if job.vocabulary else job.lexicons:
                if language in bare:
                    note("VocabularyName", lexicon, self._vocabulary(lexicon))  # before the deployment's
            if banned := wanted.transcribe_vocabulary_filter:
                answer: Mapping[str, Any] = there(client.get_vocabulary_filter, VocabularyFilterName=banned)
                note("VocabularyFilterName", banned, answer.get("LanguageCode"))
            if model := job.language_model or wanted.transcribe_language_model:
                note("LanguageModelName", model, self._language_model(model))
            for language, model in () if job.language_model else job.language_models:
                if language in bare:
                    note("LanguageModelName", model, self._language_model(model))
        return found

    def _left_out(self, job: Mapping[str, Any]) -> list[Message]:
        """What the deployment asks for and the job went without, for its owner to know."""
        wanted = self.options
        notes = []
        used = str([job.get(part) for part in ("Settings", "ModelSettings", "LanguageIdSettings")])
        for unused, kind, name in (
            (_NO_VOCABULARY, "VocabularyName", wanted.transcribe_vocabulary),
            (_NO_FILTER, "VocabularyFilterName", wanted.transcribe_vocabulary_filter),
            (_NO_LANGUAGE_MODEL, "LanguageModelName", wanted.transcribe_language_model),
        ):
            if name is not None and repr(kind) not in used:  # the recording may have brought another
                notes.append(unused.of(name=name))
        if wanted.transcribe_redact_pii and "ContentRedaction" not in job:
            notes.append(_NO_PII)
        if wanted.transcribe_toxicity and not job.get("ToxicityDetection"):
            notes.append(_NO_TOXICITY)
        return notes


def language_code(wanted: str, known: Iterable[str]) -> str:
    """The one of Transcribe's codes `known` that a BCP 47 code or a bare language means.

    Raises EngineFailed if there is none.
    """
    by_lower = {code.lower(): code for code in known}
    if wanted.lower() in by_lower:
        return by_lower[wanted.lower()]
    language = wanted.lower().split("-")[0]
    if "-" not in wanted:
        if language in _USUAL:
            return _USUAL[language]
        matching = sorted(code for code in by_lower.values() if code.split("-")[0] == language)
        if matching:
            return matching[0]
    raise EngineFailed(_LANGUAGE.of(language=wanted, known_languages=tuple(LANGUAGES.values())[:4]))


def there(do: Callable[..., Any], **what: str) -> Mapping[str, Any]:
    """What comes of asking for something, or of deleting it; nothing if Transcribe knows no such thing: of that it says
    as often that the request is bad.
    """
    try:
        found: Mapping[str, Any] = do(**what)
    except ClientError as exc:
        if code_of(exc) in {"NotFoundException", "BadRequestException"}:
            return {}
        raise
    return found


def failure_for(reason: str) -> Message:
    """What a job's `FailureReason` means for an owner. The reason itself may hold keys, and stays with the service."""
    meant = (failure for pattern, failure in _REASONS.items() if re.search(pattern, reason, re.IGNORECASE))
    return next(meant, _FAILED)
