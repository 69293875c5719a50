"""Custom language models of Amazon Transcribe: requests and answers against botocore's model; what they are made of."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.domain.keys import S3Object
from chalicelib.domain.people import prefix_of
from chalicelib.engines.language_model import amazon_transcribe as engine
from chalicelib.engines.registry import EngineContext, module_of
from chalicelib.engines.transcription.amazon_transcribe import MODELLED
from chalicelib.errors import EngineBusy, EngineFailed, SettingsError
from chalicelib.learning.models import EVERYBODY, ModelRef
from chalicelib.seams.jobs import UnderWay
from chalicelib.seams.training import (
    LANGUAGE_MODEL_TRAINING,
    CostsMoney,
    ForgetsModels,
    HearsWith,
    LearnsFrom,
    ReadsTrainings,
    Trained,
    TrainingJob,
    TrainingSet,
)
from chalicelib.seams.transcription import TranscriptionJob
from tests.engines.stubs import context, stubbed
from tests.engines.test_amazon_transcribe import HEARINGS, SPEAKERS

ROLE = "arn:aws:iam::123456789012:role/rapporteur-dev-language-models"
REF = ModelRef("owner-1", "en", "language_model", 3)
BUCKET = "output-bucket"
FOLDER = "learning/owner-1/en/language_model/000003/text/"


def given_a_role() -> EngineContext:
    return context(transcribe_data_role=ROLE, output_bucket=BUCKET)


NAME = f"{prefix_of(given_a_role().settings.users_table)}{REF.job_name}"
CREATE = {
    "LanguageCode": "en-US",
    "BaseModelName": "WideBand",
    "ModelName": NAME,
    "InputDataConfig": {"S3Uri": f"s3://{BUCKET}/{FOLDER}", "DataAccessRoleArn": ROLE},
}


def material(words: int = 12_000, seconds: float = 600.0) -> TrainingSet:
    taught, text = (
        S3Object(BUCKET, "learning/owner-1/en/taught/x.json"),
        S3Object(BUCKET, "learning/owner-1/en/text/"),
    )
    return TrainingSet("owner-1", taught, text, 20, words, measured_seconds=seconds)


def training() -> TrainingJob:
    return TrainingJob(
        REF.job_name, REF, material(), S3Object(BUCKET, "learning/owner-1/en/language_model/000003.json")
    )


def described(status: str) -> dict[str, Any]:
    return {"LanguageModel": {"ModelName": NAME, "ModelStatus": status, "LanguageCode": "en-US"}}


@pytest.fixture
def given() -> Iterator[EngineContext]:
    with mock_aws():
        made = given_a_role()
        made.aws.s3.create_bucket(Bucket=BUCKET)
        yield made


def put(key: str, text: str) -> None:
    boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=text.encode())


def test_it_is_found_by_its_name_and_keeps_to_the_contract() -> None:
    assert module_of(LANGUAGE_MODEL_TRAINING, "amazon_transcribe").EVENTS == engine.EVENTS
    trainer = engine.create(given_a_role())
    for protocol in (HearsWith, ReadsTrainings, CostsMoney, ForgetsModels):
        assert isinstance(trainer, protocol)
    with pytest.raises(SettingsError, match="RAPPORTEUR_TRANSCRIBE_DATA_ROLE"):
        engine.create(context())


def test_a_model_is_made_of_all_confirmed_text_and_of_nothing_else(given: EngineContext) -> None:
    put("learning/owner-1/en/text/one.txt", "The council met.\nIt met on Monday.\n")
    put("learning/owner-1/en/text/two.txt", "It will meet again.")
    put("learning/owner-1/en/text/sound.wav", "RIFF")
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        stubber.add_client_error("describe_language_model", "NotFoundException")
        answer = {"ModelName": NAME, "ModelStatus": "IN_PROGRESS", "LanguageCode": "en-US", "BaseModelName": "WideBand"}
        stubber.add_response("create_language_model", answer, CREATE)
        assert engine.create(given).start(training()) is None
    listed = boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=FOLDER)["Contents"]
    assert [one["Key"] for one in listed] == [f"{FOLDER}training.txt"]
    text = boto3.client("s3").get_object(Bucket=BUCKET, Key=f"{FOLDER}training.txt")["Body"].read().decode()
    assert text == "The council met.\nIt met on Monday.\nIt will meet again.\n"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("IN_PROGRESS", UnderWay.UNDER_WAY),
        ("COMPLETED", Trained(REF.job_name, NAME)),
        ("FAILED", None),
    ],
)
def test_asked_again_it_says_how_the_training_goes(status: str, expected: object) -> None:
    given = given_a_role()
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        stubber.add_response("describe_language_model", described(status), {"ModelName": NAME})
        started = engine.create(given).start(training())
    if expected is not None:
        assert started == expected
    else:
        assert isinstance(started, Trained)
        assert started.failure is not None
        assert started.failure.code == "language-model-failed"


def test_how_one_stands_is_asked_without_beginning_it() -> None:
    given = given_a_role()
    trainer = engine.create(given)
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        stubber.add_client_error("describe_language_model", "NotFoundException")
        assert trainer.standing(REF.job_name) is None
        for status, expected in (
            ("IN_PROGRESS", UnderWay.UNDER_WAY),
            ("COMPLETED", Trained(REF.job_name, NAME)),
        ):
            stubber.add_response("describe_language_model", described(status), {"ModelName": NAME})
            assert trainer.standing(REF.job_name) == expected


def test_the_text_of_an_account_is_learnt_for_it_alone() -> None:
    trainer = engine.create(given_a_role())
    assert trainer.learns_from("owner-1") is LearnsFrom.LESSONS
    assert trainer.learns_from(EVERYBODY) is LearnsFrom.MATERIAL


def test_who_comes_second_starts_nothing_and_what_has_no_room_is_told(given: EngineContext) -> None:
    trainer = engine.create(given)
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        stubber.add_client_error("describe_language_model", "BadRequestException")
        stubber.add_client_error("create_language_model", "ConflictException")
        assert trainer.start(training()) is UnderWay.UNDER_WAY
    for there, expected in ((10, EngineFailed), (2, EngineBusy)):
        with stubbed(given.aws, "transcribe", "transcribe") as stubber:
            stubber.add_client_error("describe_language_model", "NotFoundException")
            stubber.add_client_error("create_language_model", "LimitExceededException")
            listed = [{"ModelName": f"m{number}"} for number in range(there)]
            stubber.add_response("list_language_models", {"Models": listed}, {"MaxResults": 100})
            with pytest.raises(expected):
                trainer.start(training())


def test_it_says_what_stands_in_the_way() -> None:
    trainer = engine.create(given_a_role())
    reasons = [trainer.hindrance(language, material()) for language in ("ko", "zh", "fr")]
    assert {reason.code for reason in reasons if reason} == {"no-language-model-language"}
    few = trainer.hindrance("en", material(words=9_999))
    assert few is not None
    assert few.code == "too-few-words"
    assert all(trainer.hindrance(language, material()) is None for language in MODELLED)


@pytest.mark.parametrize("transcriber", ["batch_gpu", "sagemaker"])
def test_where_something_else_transcribes_none_is_made(transcriber: str) -> None:
    trainer = engine.create(context(transcribe_data_role=ROLE, output_bucket=BUCKET, transcriber=transcriber))
    reason = trainer.hindrance("en", material())
    assert reason is not None
    assert reason.code == "trained-not-heard"


def test_the_languages_are_transcribes() -> None:
    known = boto3.client("transcribe", region_name="us-east-1").meta.service_model
    codes = known.operation_model("CreateLanguageModel").input_shape.members["LanguageCode"].enum
    assert {code for codes_of_one in MODELLED.values() for code in codes_of_one} == set(codes)


@pytest.mark.parametrize("detail", [{"ModelName": NAME, "ModelStatus": "COMPLETED"}, {"LanguageModelName": NAME}])
def test_an_event_has_the_model_asked_whatever_it_says(detail: dict[str, Any]) -> None:
    given = given_a_role()
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        stubber.add_response("describe_language_model", described("COMPLETED"), {"ModelName": NAME})
        assert engine.create(given).read_training({"detail": detail}) == Trained(REF.job_name, NAME)


@pytest.mark.parametrize(
    "detail", [{}, {"ModelName": 7}, {"ModelName": "somebody-elses"}, "?", {"ModelName": f"{NAME}x"}]
)
def test_an_event_of_no_model_of_ours_is_passed_over(detail: object) -> None:
    assert engine.create(given_a_role()).read_training({"detail": detail}) is None


def test_a_recording_is_heard_with_a_candidate_and_without() -> None:
    given = given_a_role()
    place = S3Object(BUCKET, "learning/owner-1/en/language_model/000003/heard/a.candidate.json")
    job = TranscriptionJob(
        "measure-a-candidate", S3Object(BUCKET, "output/jobs/audio/o/a/v1/audio.wav"), place, "en-GB"
    )
    request = {
        "TranscriptionJobName": "measure-a-candidate",
        "Media": {"MediaFileUri": f"s3://{BUCKET}/output/jobs/audio/o/a/v1/audio.wav"},
        "MediaFormat": "wav",
        "OutputBucketName": BUCKET,
        "OutputKey": place.key,
        "LanguageCode": "en-US",
        "Settings": SPEAKERS | HEARINGS,
    }
    answer = {"TranscriptionJob": {"TranscriptionJobStatus": "IN_PROGRESS"}}
    trainer = engine.create(given)
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        for _ in range(2):  # the language that it is for, then whether it is ready
            stubber.add_response("describe_language_model", described("COMPLETED"), {"ModelName": NAME})
        with_it = request | {"ModelSettings": {"LanguageModelName": NAME}}
        stubber.add_response("start_transcription_job", answer, with_it)
        assert trainer.hear(job, NAME) is None
        stubber.add_response("start_transcription_job", answer, request)
        assert trainer.hear(job, None) is None


def test_one_that_is_retired_is_deleted_with_its_text(given: EngineContext) -> None:
    put(f"{FOLDER}training.txt", "It met.")
    trainer = engine.create(given)
    with stubbed(given.aws, "transcribe", "transcribe") as stubber:
        stubber.add_response("delete_language_model", {}, {"ModelName": NAME})
        stubber.add_client_error("delete_language_model", "BadRequestException")
        stubber.add_client_error("describe_language_model", "NotFoundException")
        stubber.add_client_error("delete_language_model", "BadRequestException")
        stubber.add_response("describe_language_model", described("IN_PROGRESS"))
        trainer.retired(NAME)
        trainer.retired(NAME)
        with pytest.raises(EngineBusy):
            trainer.retired(NAME)
    assert "Contents" not in boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=FOLDER)
    trainer.retired("somebody-elses")


def test_what_a_night_would_cost_is_the_measuring() -> None:
    assert engine.create(given_a_role()).estimate(material(seconds=600)) == Decimal("0.24")
