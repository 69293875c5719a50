"""Amazon Transcribe: what is asked for, what it answers, and what its events mean."""

from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import AudioStream, MediaInfo
from chalicelib.engines.transcription import amazon_transcribe as engine
from chalicelib.errors import EngineBusy, EngineFailed
from chalicelib.message import Message
from chalicelib.seams.jobs import JobOutcome, ReadsEvents, UnderWay
from chalicelib.seams.options import Settled, SettlesOptions
from chalicelib.seams.transcription import HearsChannels, Limited, TellsItsModels, TranscriptionJob
from tests.engines.stubs import RUN, context, stubbed

NAME = f"{RUN}.transcript"
KEY = "output/transcript/owner-1/1a1fd8c69000000000000000001/v1/transcript.json"
CODES = boto3.client("transcribe", region_name="us-east-1").meta.service_model.operation_model(
    "StartTranscriptionJob"
).input_shape.members["LanguageCode"].enum  # fmt: skip


HEARINGS = {"ShowAlternatives": True, "MaxAlternatives": 3}
SPEAKERS = {"ShowSpeakerLabels": True, "MaxSpeakerLabels": 10}


def job(language: str | None = None, audio: str = "output/speech/o/a/v1/Debatte 1.wav") -> TranscriptionJob:
    return TranscriptionJob(NAME, S3Object("output", audio), S3Object("output", KEY), language)


def described(status: str = "IN_PROGRESS", **more: Any) -> dict[str, Any]:
    return {"TranscriptionJob": {"TranscriptionJobName": NAME, "TranscriptionJobStatus": status, **more}}


def request(**options: Any) -> dict[str, Any]:
    return {
        "TranscriptionJobName": NAME,
        "Media": {"MediaFileUri": "s3://output/output/speech/o/a/v1/Debatte 1.wav"},
        "MediaFormat": "wav",
        "OutputBucketName": "output",
        "OutputKey": KEY,
        "Settings": SPEAKERS | HEARINGS,
    } | options


def started(stubber: Stubber, **options: Any) -> None:
    stubber.add_response("start_transcription_job", described(), request(**options))


def test_the_language_named_is_asked_for() -> None:
    given = context()
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        started(stubber, LanguageCode="ko-KR")
        assert engine.create(given).start(job("ko")) is None


def test_without_a_language_it_is_found_out_among_the_deployments() -> None:
    given = context(transcribe_languages="en-US,ja-JP")
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        started(stubber, IdentifyLanguage=True, LanguageOptions=["en-US", "ja-JP"])
        assert engine.create(given).start(job()) is None


def test_several_languages_in_one_recording() -> None:
    given = context(transcribe_languages="en-US,ja-JP", transcribe_several_languages="true")
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        started(stubber, IdentifyMultipleLanguages=True, LanguageOptions=["en-US", "ja-JP"])
        engine.create(given).start(job())


def test_one_language_alone_needs_no_finding_out_and_one_speaker_no_labels() -> None:
    given = context(transcribe_languages="en-US", transcribe_max_speakers="1")
    wanted = request(LanguageCode="en-US", Settings=HEARINGS)
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        stubber.add_response("start_transcription_job", described(), wanted)
        engine.create(given).start(job())


def test_channels_heard_apart_are_told_by_transcribe_which_then_takes_no_number_of_speakers() -> None:
    given = context(**OWN)
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        looked_up(stubber)
        settings = {"VocabularyName": "names", "VocabularyFilterName": "swearing", "VocabularyFilterMethod": "mask"}
        model = {"LanguageModelName": "council"}
        started(stubber, LanguageCode="en-US", ModelSettings=model, Settings=settings | {"ChannelIdentification": True})
        transcriber = engine.create(given)
        assert isinstance(transcriber, HearsChannels)
        assert transcriber.hears_channels
        assert transcriber.start(replace(job("en-US"), speakers=3, apart=True)) is None


@pytest.mark.parametrize("code", CODES)
def test_every_code_that_transcribe_lists_is_accepted(code: str) -> None:
    assert engine.language_code(code.upper(), CODES) == code
    assert engine.language_code(code.split("-")[0], CODES).split("-")[0] == code.split("-")[0]


@pytest.mark.parametrize("wanted", ["xx", "en-KR", "klingon"])
def test_a_language_it_does_not_know_is_named_with_what_there_is(wanted: str) -> None:
    with pytest.raises(EngineFailed, match=f"{wanted}.*en-US, ko-KR") as caught:
        engine.language_code(wanted, CODES)
    assert caught.value.code == "language-not-transcribed"


def test_the_languages_offered_by_name_exist() -> None:
    assert set(engine.LANGUAGES.values()) <= set(CODES)
    assert {"English", "Korean", "Japanese", "Chinese"} <= set(engine.LANGUAGES)


OWN = {
    "transcribe_vocabulary": "names",
    "transcribe_vocabulary_filter": "swearing",
    "transcribe_language_model": "council",
}


def looked_up(stubber: Stubber, state: str = "READY", model: str = "COMPLETED", language: str = "en-US") -> None:
    stubber.add_response(
        "get_vocabulary", {"VocabularyState": state, "LanguageCode": language}, {"VocabularyName": "names"}
    )
    stubber.add_response("get_vocabulary_filter", {"LanguageCode": language}, {"VocabularyFilterName": "swearing"})
    stubber.add_response(
        "describe_language_model",
        {"LanguageModel": {"ModelStatus": model, "LanguageCode": language}},
        {"ModelName": "council"},
    )


def test_own_vocabulary_filter_and_model_are_used_when_ready() -> None:
    given = context(**OWN)
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        looked_up(stubber)
        started(
            stubber,
            LanguageCode="en-US",
            ModelSettings={"LanguageModelName": "council"},
            Settings={
                **SPEAKERS,
                "VocabularyName": "names",
                "VocabularyFilterName": "swearing",
                "VocabularyFilterMethod": "mask",
            },
        )
        engine.create(given).start(job("en-US"))


def test_with_languages_to_find_out_they_go_to_the_language_they_are_for() -> None:
    given = context(**OWN, transcribe_languages="en-US,ja-JP")
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        looked_up(stubber)
        own = {"VocabularyName": "names", "VocabularyFilterName": "swearing", "LanguageModelName": "council"}
        started(
            stubber,
            IdentifyLanguage=True,
            LanguageOptions=["en-US", "ja-JP"],
            LanguageIdSettings={"en-US": own},
            Settings=SPEAKERS,
        )
        engine.create(given).start(job())


@pytest.mark.parametrize(
    ("state", "model", "language"), [("PENDING", "IN_PROGRESS", "ko-KR"), ("FAILED", "FAILED", "ko-KR")]
)
def test_what_is_not_ready_or_for_another_language_is_left_out_and_noted(state: str, model: str, language: str) -> None:
    given = context(**OWN)
    transcriber = engine.create(given)
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        looked_up(stubber, state, model, language)
        started(stubber, LanguageCode="en-US", Settings=SPEAKERS)
        transcriber.start(job("en-US"))
        stubber.add_response("get_transcription_job", described("COMPLETED", LanguageCode="en-US"))
        ended = transcriber.read_event(event("COMPLETED"))
    assert ended is not None
    assert [str(note).split(" was")[0] for note in ended.notes] == [
        "The custom vocabulary names",
        "The vocabulary filter swearing",
        "The custom language model council",
    ]


def test_a_vocabulary_that_does_not_exist_costs_nothing() -> None:
    given = context(transcribe_vocabulary="names")
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        stubber.add_client_error("get_vocabulary", "NotFoundException")
        started(stubber, LanguageCode="en-US")
        engine.create(given).start(job("en-US"))


def test_redaction_and_toxicity_are_asked_for_where_the_language_has_them() -> None:
    given = context(transcribe_redact_pii="true", transcribe_toxicity="true")
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        started(
            stubber,
            LanguageCode="en-US",
            Settings=SPEAKERS,  # what is left out must not stand in what else was heard
            ContentRedaction={"RedactionType": "PII", "RedactionOutput": "redacted"},
            ToxicityDetection=[{"ToxicityCategories": ["ALL"]}],
        )
        started(stubber, LanguageCode="ko-KR")
        transcriber = engine.create(given)
        transcriber.start(job("en-US"))
        transcriber.start(job("ko-KR"))
        stubber.add_response("get_transcription_job", described("COMPLETED"))
        ended = transcriber.read_event(event("COMPLETED"))
    assert ended is not None
    assert len(ended.notes) == 2


def test_a_redacted_transcript_is_put_where_it_was_asked_for() -> None:
    given = context(transcribe_redact_pii="true")
    redacted = KEY.replace("transcript.json", "redacted-transcript.json")
    uri = f"https://s3.us-east-1.amazonaws.com/output/{redacted}"
    redaction = {"RedactionType": "PII", "RedactionOutput": "redacted"}
    with (
        stubbed(given.aws, "transcribe", "transcribe") as stubber,
        stubbed(given.aws, "s3", "s3") as s3,
    ):
        stubber.add_response(
            "get_transcription_job",
            described("COMPLETED", Transcript={"RedactedTranscriptFileUri": uri}, ContentRedaction=redaction),
        )
        s3.add_response(
            "copy_object", {}, {"Bucket": "output", "Key": KEY, "CopySource": {"Bucket": "output", "Key": redacted}}
        )
        assert engine.create(given).read_event(event("COMPLETED")) == JobOutcome(NAME)


def test_a_job_that_was_started_before_is_not_started_again() -> None:
    given = context()
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        for status in ("IN_PROGRESS", "COMPLETED", "FAILED"):
            stubber.add_client_error("start_transcription_job", "ConflictException")
            stubber.add_response("get_transcription_job", described(status), {"TranscriptionJobName": NAME})
        transcriber = engine.create(given)
        assert transcriber.start(job("en")) is UnderWay.UNDER_WAY
        assert transcriber.start(job("en")) == JobOutcome(NAME)
        failed = transcriber.start(job("en"))
    assert isinstance(failed, JobOutcome)
    assert failed.failure is not None


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        ("LimitExceededException", "", EngineBusy),
        ("ThrottlingException", "Rate exceeded", EngineBusy),
        ("BadRequestException", "You have too many jobs running.", EngineBusy),
        ("BadRequestException", "The S3 URI that you provided is wrong: s3://secret", EngineFailed),
        ("AccessDeniedException", "User arn:secret is not authorized", EngineFailed),
    ],
)
def test_being_one_too_many_is_told_from_being_wrong(code: str, message: str, error: type[Exception]) -> None:
    given = context()
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        stubber.add_client_error("start_transcription_job", code, message)
        with pytest.raises(error) as caught:
            engine.create(given).start(job("en"))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["output/speech/talk.aiff", "output/speech/talk"])
def test_a_format_that_it_does_not_read_is_said(key: str) -> None:
    with pytest.raises(EngineFailed, match="does not read"):
        engine.create(context()).start(job(audio=key))


def event(status: str, name: str = NAME) -> dict[str, Any]:
    """Shape: https://docs.aws.amazon.com/transcribe/latest/dg/monitoring-events.html"""
    return {
        "version": "0",
        "id": "1a234567-1a6d-3ab4-1234-abf8b19be1234",
        "detail-type": "Transcribe Job State Change",
        "source": "aws.transcribe",
        "account": "111122223333",
        "time": "2026-11-21T10:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {"TranscriptionJobName": name, "TranscriptionJobStatus": status},
    }


@pytest.mark.parametrize("ignored", [event("IN_PROGRESS"), event("COMPLETED", "somebody-elses")])
def test_events_that_end_nothing_of_ours_are_ignored(ignored: dict[str, Any]) -> None:
    given = context()
    with stubbed(given.aws, "transcribe", "transcribe"):
        assert engine.create(given).read_event(ignored) is None


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("The media format that you specified doesn't match the detected media format.", "sound-unreadable"),
        ("Invalid file size: file size too large. Maximum audio duration is 4.000000 hours.", "too-long-to-transcribe"),
        ("The audio is shorter than 500 milliseconds", "too-short-to-transcribe"),
        ("s3://secret/key isn't accessible", "recording-not-accessible"),
        ("Something new", "transcription-failed"),
    ],
)
def test_a_failed_job_is_told_in_a_sentence_for_its_owner(reason: str, code: str) -> None:
    given = context()
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        stubber.add_response("get_transcription_job", described("FAILED", FailureReason=reason))
        ended = engine.create(given).read_event(event("FAILED"))
    assert ended is not None
    assert isinstance(ended.failure, Message)
    assert ended.failure.code == code
    assert "secret" not in str(ended.failure)


def test_it_says_how_much_it_takes_and_reads_its_own_events() -> None:
    transcriber = engine.create(context())
    assert isinstance(transcriber, Limited)
    assert isinstance(transcriber, ReadsEvents)
    assert (transcriber.max_seconds, transcriber.max_bytes) == (14_400.0, 2_000_000_000)


def test_a_recordings_own_vocabulary_and_model_go_before_the_deployments() -> None:
    given = context(transcribe_vocabulary="names", transcribe_language_model="council")
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        ready = {"VocabularyState": "READY", "LanguageCode": "en-US"}
        stubber.add_response("get_vocabulary", ready, {"VocabularyName": "buses"})
        model = {"LanguageModel": {"ModelStatus": "COMPLETED", "LanguageCode": "en-US"}}
        stubber.add_response("describe_language_model", model, {"ModelName": "lines"})
        settings = SPEAKERS | HEARINGS | {"VocabularyName": "buses"}
        started(stubber, LanguageCode="en-US", ModelSettings={"LanguageModelName": "lines"}, Settings=settings)
        engine.create(given).start(replace(job("en-US"), vocabulary="buses", language_model="lines"))
        own = {"Settings": {"VocabularyName": "buses"}, "ModelSettings": {"LanguageModelName": "lines"}}
        stubber.add_response("get_transcription_job", described("COMPLETED", **own))
        told = engine.create(given).read_event(
            {"detail": {"TranscriptionJobName": NAME, "TranscriptionJobStatus": "COMPLETED"}}
        )
        assert told == JobOutcome(NAME)


HEARD = MediaInfo("mp3", 60.0, audio=AudioStream("mp3", 44_100, 2))
WANTED = AiOptions(transcribe=True, custom_vocabulary="buses", custom_language_model="lines")


@pytest.mark.parametrize(
    ("state", "status", "language", "asked", "left", "notes"),
    [
        ("READY", "COMPLETED", "en-US", "en", replace(WANTED, language_code="en"), []),
        ("READY", "COMPLETED", "en-US", None, replace(WANTED, language_code="en-US"), []),
        (
            "PENDING",
            "IN_PROGRESS",
            "en-US",
            None,
            AiOptions(transcribe=True),
            ["vocabulary-left-out", "language-model-left-out"],
        ),
        (
            "READY",
            "COMPLETED",
            "de-DE",
            "en-US",
            AiOptions(transcribe=True, language_code="en-US"),
            ["vocabulary-left-out", "language-model-left-out"],
        ),
    ],
)
def test_vocabularies_and_models_are_left_out_that_are_not_ready_or_of_another_language(
    state: str, status: str, language: str, asked: str | None, left: AiOptions, notes: list[str]
) -> None:
    given = context()
    transcriber = engine.create(given)
    assert isinstance(transcriber, SettlesOptions)
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        answered = {"VocabularyState": state, "LanguageCode": language}
        stubber.add_response("get_vocabulary", answered, {"VocabularyName": "buses"})
        model = {"LanguageModel": {"ModelStatus": status, "LanguageCode": language}}
        stubber.add_response("describe_language_model", model, {"ModelName": "lines"})
        settled = transcriber.settle(replace(WANTED, language_code=asked), HEARD)
    assert (settled.options, [note.code for note in settled.notes]) == (left, notes)


def test_what_is_not_heard_is_not_asked_about() -> None:
    given = context()
    with stubbed(given.aws, "transcribe", "transcribe"):
        for options, media in ((replace(WANTED, transcribe=False), HEARD), (WANTED, MediaInfo("mp4", 60.0))):
            assert engine.create(given).settle(options, media) == Settled(options)


@pytest.mark.parametrize(
    ("known", "models"),
    [
        ({"LanguageCode": "en-US", "ModelSettings": {"LanguageModelName": "lines"}}, ("lines",)),
        (
            {
                "LanguageCode": "en-US",
                "LanguageIdSettings": {"en-US": {"LanguageModelName": "l"}, "ja-JP": {"LanguageModelName": "j"}},
            },
            ("l",),
        ),
        ({"LanguageCode": "ko-KR", "LanguageIdSettings": {"en-US": {"LanguageModelName": "l"}}}, ()),
        ({"LanguageIdSettings": {"en-US": {"VocabularyName": "v"}}}, ()),
        ({"LanguageCode": "en-GB"}, ()),
    ],
)
def test_it_tells_the_model_that_a_job_was_started_with(known: dict[str, Any], models: tuple[str, ...]) -> None:
    given = context()
    transcriber = engine.create(given)
    assert isinstance(transcriber, TellsItsModels)
    assert transcriber.hears_with == "language_model"
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        stubber.add_response("get_transcription_job", described(**known), {"TranscriptionJobName": NAME})
        assert transcriber.heard_with(NAME) == models
        stubber.add_client_error("get_transcription_job", "BadRequestException", "The requested job couldn't be found")
        assert transcriber.heard_with(NAME) == ()
