"""The asynchronous endpoint: what it is asked, that it is asked once, and what its notices mean."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest
import time_machine
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.assets import Options
from chalicelib.domain.keys import S3Object
from chalicelib.engines.costs import prices
from chalicelib.engines.registry import EngineContext, module_of
from chalicelib.engines.transcription import sagemaker as engine
from chalicelib.errors import EngineBusy, EngineFailed, SettingsError
from chalicelib.learning.models import EVERYBODY, ModelRef
from chalicelib.pipeline.estimates import media_of, work_on
from chalicelib.seams.jobs import SNS, CancelsJobs, JobOutcome, ReadsEvents, UnderWay
from chalicelib.seams.options import SettlesOptions
from chalicelib.seams.transcription import TRANSCRIPTION, HearsChannels, Limited, TellsItsModels, TranscriptionJob
from chalicelib.services import Services
from chalicelib.storage.learning import LearningStore
from tests.engines.stubs import context, stubbed

OWNER = "1f0c7a3e-4b5d-4c6e-8f90-112233445566"
NAME = f"{OWNER}.1a1fd8c69000000000000000001.v12.transcript.3"
FOLDER = f"output/jobs/transcript/{OWNER}/1a1fd8c69000000000000000001/v12"
AUDIO = S3Object("output", f"output/speech/{OWNER}/1a1fd8c69000000000000000001/v12/speech.wav")
JOB = TranscriptionJob(NAME, AUDIO, S3Object("output", f"{FOLDER}/transcript.json"), "en-US")
ID = engine.inference_id(NAME)
MODEL = "learning/everybody/en/hearing/rapporteur-0a1b2c3d-everybody-en-hearing-3/output/model.tar.gz"
FAILURE = "s3://output/output/failed/1.out"


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel("2026-11-29T03:00:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def given(clock: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[EngineContext]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="output")
        for table, names in (("idempotency", ["id"]), ("users", ["owner", "item"])):
            boto3.client("dynamodb", region_name="us-east-1").create_table(
                TableName=table,
                KeySchema=[
                    {"AttributeName": name, "KeyType": kind}
                    for name, kind in zip(names, ("HASH", "RANGE"), strict=False)
                ],
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
                BillingMode="PAY_PER_REQUEST",
            )
        yield context(sagemaker_endpoint="whisper-1", users_table="users")


@pytest.fixture
def stubber(given: EngineContext) -> Iterator[Stubber]:
    with stubbed(given.aws, "sagemaker_runtime", "sagemaker-runtime") as stubber:
        yield stubber


@pytest.fixture
def ears(given: EngineContext) -> engine.SageMakerTranscriber:
    return engine.create(given)


def asked(stubber: Stubber, language: str | None = "en-US", models: dict[str, str] | None = None) -> None:
    told = {"name": NAME, "language": language, "models": models or {}}
    stubber.add_response(
        "invoke_endpoint_async",
        {"InferenceId": ID, "OutputLocation": f"s3://output/{FOLDER}/transcript.json", "FailureLocation": FAILURE},
        {
            "EndpointName": "whisper-1",
            "ContentType": "audio/wav",
            "Accept": "application/json",
            "CustomAttributes": json.dumps(told, separators=(",", ":")),
            "InferenceId": ID,
            "InputLocation": AUDIO.uri,
            "S3OutputPathExtension": FOLDER,
            "Filename": "transcript.json",
            "RequestTTLSeconds": 21600,
            "InvocationTimeoutSeconds": 3600,
        },
    )


def left(given: EngineContext, key: str, said: bytes = b"{}") -> None:
    given.aws.s3.put_object(Bucket="output", Key=key, Body=said)


def notice(status: str, **more: Any) -> dict[str, Any]:
    """As https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-check-predictions.html has it."""
    detail = {
        "awsRegion": "us-east-1",
        "eventTime": "2026-11-29T03:12:00.000Z",
        "receivedTime": "2026-11-29T03:00:00.000Z",
        "invocationStatus": status,
        "requestParameters": {"contentType": "audio/wav", "endpointName": "whisper-1", "inputLocation": AUDIO.uri},
        "inferenceId": ID,
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }
    return {"source": SNS, "detail": detail | more}


def test_it_is_a_transcriber_that_cannot_take_back_what_it_was_asked(ears: engine.SageMakerTranscriber) -> None:
    assert isinstance(ears, ReadsEvents)
    assert isinstance(ears, Limited)
    assert isinstance(ears, SettlesOptions)
    assert isinstance(ears, TellsItsModels)
    assert ears.hears_with == "hearing", "what is told of a transcript"
    assert not isinstance(ears, CancelsJobs)
    assert not isinstance(ears, HearsChannels)
    assert ears.max_bytes == 1_000_000_000
    assert len(ID) <= 64 < len(NAME)
    with pytest.raises(SettingsError, match="RAPPORTEUR_SAGEMAKER_ENDPOINT"):
        engine.create(context())


def test_it_is_asked_once_however_often_it_is_started(
    given: EngineContext, stubber: Stubber, ears: engine.SageMakerTranscriber
) -> None:
    asked(stubber)
    assert ears.start(JOB) is None
    assert ears.start(JOB) is UnderWay.UNDER_WAY
    left(given, JOB.destination.key)
    assert ears.start(JOB) == JobOutcome(NAME)


def test_it_hears_with_what_is_in_use_for_everybody(
    given: EngineContext, stubber: Stubber, ears: engine.SageMakerTranscriber
) -> None:
    store = LearningStore(given.aws.dynamodb, "users")
    assert store.flip(ModelRef(EVERYBODY, "en", "hearing", 3), MODEL, None)
    assert store.flip(ModelRef(EVERYBODY, "fr", "hearing", 1), "learning/everybody/fr/hearing/x/model.tar.gz", None)
    assert store.flip(ModelRef(EVERYBODY, "en", "training", 9), "learning/everybody/en/training/9.json", None)
    asked(stubber, models={"en": f"s3://output/{MODEL}"})
    assert ears.start(JOB) is None
    told = json.loads(ears._told(JOB, ears._in_use(None)))
    assert told["models"] == {
        "en": f"s3://output/{MODEL}",
        "fr": "s3://output/learning/everybody/fr/hearing/x/model.tar.gz",
    }, "where nobody knows the language, whoever hears it does"
    many = {f"x{number:02}": MODEL for number in range(30)}
    assert len(ears._told(JOB, many)) <= 1024


def test_it_tells_what_a_recording_was_heard_with_whatever_has_come_into_use_since(
    given: EngineContext, stubber: Stubber, ears: engine.SageMakerTranscriber, clock: Any
) -> None:
    assert ears.heard_with(NAME) == ()
    store, next_model = LearningStore(given.aws.dynamodb, "users"), MODEL.replace("-3/", "-4/")
    assert store.flip(ModelRef(EVERYBODY, "en", "hearing", 3), MODEL, None)
    asked(stubber, models={"en": f"s3://output/{MODEL}"})
    assert ears.start(JOB) is None
    in_use = store.in_use(EVERYBODY, "en", "hearing")
    assert store.flip(ModelRef(EVERYBODY, "en", "hearing", 4), next_model, in_use)
    assert ears.start(JOB) is UnderWay.UNDER_WAY
    assert ears.heard_with(NAME) == (MODEL,)
    clock.shift(8 * 3600)
    asked(stubber, models={"en": f"s3://output/{next_model}"})
    assert ears.start(JOB) is None, "what was asked is lost, and it is asked anew"
    assert ears.heard_with(NAME) == (next_model,)


def test_models_that_it_had_no_room_to_be_told_of_are_none_that_it_has_heard_with(
    given: EngineContext, stubber: Stubber, ears: engine.SageMakerTranscriber
) -> None:
    models = {f"x{number:02}": MODEL for number in range(30)}
    job = TranscriptionJob(NAME, AUDIO, JOB.destination, None)
    told = json.loads(ears._told(job, models))["models"]
    assert 0 < len(told) < len(models)
    asked(stubber, None, told)
    assert ears.hear(job, models) is None
    assert ears.heard_with(NAME) == (MODEL,) * len(told)


def test_a_candidate_is_heard_with_by_name(stubber: Stubber, ears: engine.SageMakerTranscriber) -> None:
    asked(stubber, models={"en": f"s3://output/{MODEL}"})
    assert ears.hear(JOB, {"en": MODEL}) is None
    assert ears.hear(JOB, {"en": MODEL}) is UnderWay.UNDER_WAY


def test_who_dies_before_it_is_noted_is_followed(
    stubber: Stubber, ears: engine.SageMakerTranscriber, clock: Any
) -> None:
    assert ears._known.claim(ID, "whisper-1", [(NAME, JOB.destination.key)], "") is not None
    with pytest.raises(EngineBusy):
        ears.start(JOB)
    clock.shift(61)
    asked(stubber)
    assert ears.start(JOB) is None


def test_what_is_lost_is_asked_again_after_all_it_may_take(
    stubber: Stubber, ears: engine.SageMakerTranscriber, clock: Any
) -> None:
    asked(stubber)
    assert ears.start(JOB) is None
    clock.shift(7 * 3600)
    assert ears.start(JOB) is UnderWay.UNDER_WAY
    clock.shift(3600)
    asked(stubber)
    assert ears.start(JOB) is None


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ThrottlingException", EngineBusy),
        ("ValidationError", EngineFailed),
        ("AccessDeniedException", EngineFailed),
        ("InternalFailure", ClientError),
    ],
)
def test_what_it_refuses_can_be_asked_again_at_once(
    stubber: Stubber, ears: engine.SageMakerTranscriber, code: str, error: type[Exception]
) -> None:
    stubber.add_client_error("invoke_endpoint_async", code, "said")
    with pytest.raises(error):
        ears.start(JOB)
    asked(stubber)
    assert ears.start(JOB) is None


def test_its_notice_of_success(given: EngineContext, stubber: Stubber, ears: engine.SageMakerTranscriber) -> None:
    asked(stubber)
    ears.start(JOB)
    left(given, JOB.destination.key)
    found = notice("Completed", responseParameters={"outputLocation": f"s3://output/{JOB.destination.key}"})
    assert ears.read_event(found) == ears.read_event(found) == JobOutcome(NAME)


def test_an_answer_that_lies_elsewhere_is_brought(
    given: EngineContext, stubber: Stubber, ears: engine.SageMakerTranscriber
) -> None:
    asked(stubber)
    ears.start(JOB)
    left(given, "answers/1.out", b'{"jobName":"x"}')
    found = notice("Completed", responseParameters={"outputLocation": "s3://output/answers/1.out"})
    assert ears.read_event(found) == JobOutcome(NAME)
    assert given.aws.s3.get_object(Bucket="output", Key=JOB.destination.key)["Body"].read() == b'{"jobName":"x"}'


@pytest.mark.parametrize(
    ("status", "reason", "code"),
    [
        ("Failed", 'ClientError: Received client error (400) "Rapporteur: unreadable"', "sagemaker-unreadable"),
        ("Failed", '{"failure": "Rapporteur: memory"}', "sagemaker-memory"),
        ("Failed", "Rapporteur: language", "sagemaker-language"),
        ("Failed", "InternalServerError: Received server error (500) from model", "sagemaker-failed"),
        ("Failed", "", "sagemaker-failed"),
        ("Expired", "", "sagemaker-no-machine"),
    ],
)
def test_its_notice_of_failure(
    stubber: Stubber, ears: engine.SageMakerTranscriber, status: str, reason: str, code: str
) -> None:
    asked(stubber)
    ears.start(JOB)
    outcome = ears.read_event(notice(status, failureReason=reason))
    assert outcome is not None
    assert outcome.job_name == NAME
    assert outcome.failure is not None
    assert outcome.failure.code == code


def test_a_failure_whose_notice_was_lost_is_found(
    given: EngineContext, stubber: Stubber, ears: engine.SageMakerTranscriber
) -> None:
    asked(stubber)
    ears.start(JOB)
    left(given, "output/failed/1.out", b"Rapporteur: unreadable")
    outcome = ears.start(JOB)
    assert isinstance(outcome, JobOutcome)
    assert outcome.failure is not None
    assert outcome.failure.code == "sagemaker-unreadable"


def test_other_notices_are_not_ours(ears: engine.SageMakerTranscriber) -> None:
    others: list[dict[str, Any]] = [
        {"source": SNS, "detail": {"JobId": "1", "Status": "SUCCEEDED", "API": "StartLabelDetection"}},
        notice("InProgress"),
        notice("Completed", inferenceId=None),
        notice("Completed", inferenceId="somebody-elses"),
        notice("Completed", requestParameters={"endpointName": "other"}),
    ]
    for one in others:
        assert ears.read_event(one) is None


def test_what_measures_a_model_may_have_any_name_and_is_copied_to_its_place(
    given: EngineContext, stubber: Stubber, ears: engine.SageMakerTranscriber
) -> None:
    name = "everybody-en-hearing-3-1a1fd8c69000000000000000001-candidate"
    folder = "learning/everybody/en/hearing/000003/heard"
    place = S3Object("output", f"{folder}/1a1fd8c69000000000000000001.candidate.json")
    job = TranscriptionJob(name, AUDIO, place, "en-US")
    file = f"{engine.inference_id(name)[:24]}.json"
    request = ears._request(job, ears._told(job, {}))
    assert (request["S3OutputPathExtension"], request["Filename"]) == (folder, file)
    stubber.add_response("invoke_endpoint_async", {"OutputLocation": f"s3://output/{folder}/{file}"}, request)
    assert ears.hear(job, {}) is None
    left(given, f"{folder}/{file}", b"[]")
    found = notice("Completed", inferenceId=engine.inference_id(name))
    assert ears.read_event(found) is None, "no recording of anybody's goes on by that"
    assert ears.hear(job, {}) == JobOutcome(name)
    assert given.aws.s3.get_object(Bucket="output", Key=place.key)["Body"].read() == b"[]"


@pytest.mark.parametrize("key", ["output/jobs/transcript/ö/a/v1/transcript.json", "a b/c.json"])
def test_a_place_that_cannot_be_named_is_refused(ears: engine.SageMakerTranscriber, key: str) -> None:
    with pytest.raises(EngineFailed):
        ears.start(TranscriptionJob(NAME, AUDIO, S3Object("output", key), None))


def test_vocabularies_are_not_used_and_that_is_said(ears: engine.SageMakerTranscriber) -> None:
    options = AiOptions(custom_vocabulary="terms", custom_language_model="mine")
    settled = ears.settle(options, media_of(60.0, video=False))
    assert (settled.options.custom_vocabulary, settled.options.custom_language_model) == (None, None)
    assert {note.code for note in settled.notes} == {
        "vocabulary-not-with-endpoint",
        "language-model-not-with-endpoint",
    }


def test_it_charges_for_the_machine_that_hears_and_waits(given: EngineContext) -> None:
    module = module_of(TRANSCRIPTION, "sagemaker")
    work = work_on(media_of(3600.0, video=False), Options(), given.settings)
    (used,) = module.charges(work).items()
    assert used == ("sagemaker.endpoint_hour", (Decimal(540) + 1200) / 3600)
    assert used[0] in prices().usd


def test_the_queue_of_jobs_reads_its_notices_beside_those_of_other_services(
    given: EngineContext, stubber: Stubber, ears: engine.SageMakerTranscriber
) -> None:
    asked(stubber)
    ears.start(JOB)
    left(given, JOB.destination.key)
    others = {"vision_analyzer": "rekognition", "document_reader": "textract"}
    role = {"jobs_topic_role": "arn:aws:iam::123456789012:role/jobs"}
    settings = context(transcriber="sagemaker", sagemaker_endpoint="whisper-1", **others, **role).settings
    services = Services(settings, given.aws)
    assert services.outcomes_of(notice("Completed")) == (JobOutcome(NAME),)
    assert services.outcomes_of(notice("Completed", inferenceId="other")) == ()
