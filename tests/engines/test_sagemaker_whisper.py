"""Training jobs of SageMaker: what is asked for, that one is made once, and what is told of its end."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from chalicelib.domain.keys import S3Object
from chalicelib.engines.grants import AwsPlace
from chalicelib.engines.hearing import sagemaker_whisper as engine
from chalicelib.engines.registry import module_of, names
from chalicelib.engines.transcription.sagemaker import SageMakerTranscriber
from chalicelib.errors import EngineBusy, EngineFailed, SettingsError
from chalicelib.learning.models import EVERYBODY, ModelRef
from chalicelib.seams.jobs import UnderWay, pattern
from chalicelib.seams.training import HEARING_TRAINING, ForgetsModels, LearnsFrom, Trained, TrainingJob, TrainingSet
from chalicelib.seams.transcription import TranscriptionJob
from chalicelib.services import Services
from tests.engines.stubs import context, stubbed

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/rapporteur-job:0a1b2c3"
ROLE = "arn:aws:iam::123456789012:role/rapporteur-training"
SHA = "0" * 64
MARK = engine.mark("output")
NAME = "everybody-en-hearing-3"
FOLDER = "learning/everybody/en/hearing"
PAIRS = S3Object("output", "learning/everybody/en/material/")
MATERIAL = TrainingSet(
    EVERYBODY,
    S3Object("output", "learning/everybody/en/taught.json"),
    S3Object("output", "learning/everybody/en/text/"),
    40,
    30_000,
    sound=PAIRS,
    seconds=7_200.0,
    measured_seconds=1_800.0,
)
JOB = TrainingJob(NAME, ModelRef(EVERYBODY, "en", "hearing", 3), MATERIAL, S3Object("output", f"{FOLDER}/000003.json"))
BEGUN = 1_764_385_200.0
ARTEFACT = f"{FOLDER}/{MARK}{NAME}/output/model.tar.gz"


def trainer(**settings: str) -> engine.WhisperTrainer:
    given = {"sagemaker_endpoint": "whisper-1", "transcriber": "sagemaker"} | settings
    return engine.create(context(sagemaker_image=IMAGE, sagemaker_role=ROLE, **given))


@pytest.fixture
def teaches() -> engine.WhisperTrainer:
    return trainer()


@pytest.fixture
def stubber(teaches: engine.WhisperTrainer) -> Iterator[Stubber]:
    with stubbed(teaches.aws, "sagemaker", "sagemaker") as stubber:
        yield stubber


def request(**more: Any) -> dict[str, Any]:
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": "s3://output/learning/everybody/en/material/",
        "S3DataDistributionType": "FullyReplicated",
    }
    return {
        "TrainingJobName": MARK + NAME,
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [
                {"Name": "train:loss", "Regex": r"train_loss=([0-9\.]+)"},
                {"Name": "test:loss", "Regex": r"test_loss=([0-9\.]+)"},
            ],
        },
        "RoleArn": ROLE,
        "HyperParameters": {"language": "en", "seconds": "12240"},
        "InputDataConfig": [
            {"ChannelName": "train", "DataSource": {"S3DataSource": source}, "InputMode": "File"},
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://output/{FOLDER}"},
        "CheckpointConfig": {
            "S3Uri": f"s3://output/{FOLDER}/{MARK}{NAME}/checkpoints",
            "LocalPath": "/opt/ml/checkpoints",
        },
        "ResourceConfig": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 100},
        "StoppingCondition": {"MaxRuntimeInSeconds": 14_400, "MaxWaitTimeInSeconds": 57_600},
        "EnableManagedSpotTraining": True,
        "Environment": {"RAPPORTEUR_JOB_WEIGHTS": "s3://output/weights/"},
        "Tags": [{"Key": "rapporteur", "Value": NAME}],
    } | more


ANSWER = {"TrainingJobArn": f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{MARK}{NAME}"}


def described(status: str, detailed: str, **more: Any) -> dict[str, Any]:
    """What DescribeTrainingJob answers; an event's detail is the same."""
    told = {
        "TrainingJobName": MARK + NAME,
        "TrainingJobArn": ANSWER["TrainingJobArn"],
        "TrainingJobStatus": status,
        "SecondaryStatus": detailed,
        "ModelArtifacts": {"S3ModelArtifacts": f"s3://output/{ARTEFACT}"},
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "ResourceConfig": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 100},
        "StoppingCondition": {"MaxRuntimeInSeconds": 14_400},
        "CreationTime": datetime.fromtimestamp(BEGUN, UTC),
        "EnableManagedSpotTraining": True,
    }
    return told | more


def event(detail: dict[str, Any]) -> dict[str, Any]:
    """As https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html has it."""
    detail = detail | {"CreationTime": int(BEGUN * 1000)}
    return {
        "version": "0",
        "id": "844e2571-85d4-695f-b930-0153b71dcb42",
        "detail-type": "SageMaker Training Job State Change",
        "source": "aws.sagemaker",
        "account": "123456789012",
        "time": "2026-11-29T06:00:00Z",
        "region": "us-east-1",
        "resources": [ANSWER["TrainingJobArn"]],
        "detail": detail | {"HyperParameters": {}, "Tags": {}, "SecondaryStatusTransitions": []},
    }


def test_it_is_found_by_its_name_and_says_what_it_lacks() -> None:
    assert "sagemaker_whisper" in names(HEARING_TRAINING)
    assert module_of(HEARING_TRAINING, "sagemaker_whisper").EVENTS is engine.EVENTS
    assert HEARING_TRAINING.is_optional
    with pytest.raises(SettingsError, match="RAPPORTEUR_SAGEMAKER_IMAGE"):
        engine.create(context())
    with pytest.raises(SettingsError, match="RAPPORTEUR_SAGEMAKER_ROLE"):
        engine.create(context(sagemaker_image=IMAGE))


def test_it_wants_an_hour_of_administrators_sound(teaches: engine.WhisperTrainer) -> None:
    assert teaches.learns_from(EVERYBODY) is LearnsFrom.MATERIAL
    assert isinstance(teaches, ForgetsModels)
    assert teaches.hindrance("en", MATERIAL) is None
    few = teaches.hindrance("en", replace(MATERIAL, seconds=3_599.0))
    assert few is not None
    assert (few.code, few.values["minutes"], few.values["least"]) == ("too-little-sound", 59, 60)
    for hindrance in (
        teaches.hindrance("en", replace(MATERIAL, sound=None)),
        teaches.hindrance("en", replace(MATERIAL, scope="owner-1")),
        teaches.hindrance("xx", MATERIAL),
    ):
        assert hindrance is not None


def test_a_training_is_asked_for(teaches: engine.WhisperTrainer, stubber: Stubber) -> None:
    assert len(MARK + NAME) <= 63
    assert "." not in MARK + NAME
    unknown(stubber)
    stubber.add_response("create_training_job", ANSWER, request())
    assert teaches.start(JOB) is None


def test_at_full_price_nothing_is_waited_for() -> None:
    teaches = trainer(sagemaker_on_demand="true", sagemaker_manifest_sha256=SHA)
    with stubbed(teaches.aws, "sagemaker", "sagemaker") as stubber:
        wanted = request(
            StoppingCondition={"MaxRuntimeInSeconds": 14_400},
            EnableManagedSpotTraining=False,
            Environment={"RAPPORTEUR_JOB_WEIGHTS": "s3://output/weights/", "RAPPORTEUR_JOB_MANIFEST_SHA256": SHA},
        )
        unknown(stubber)
        stubber.add_response("create_training_job", ANSWER, wanted)
        assert teaches.start(JOB) is None


def unknown(stubber: Stubber, name: str = MARK + NAME) -> None:
    """As SageMaker says that it has no such job."""
    stubber.add_client_error(
        "describe_training_job",
        "ValidationException",
        "Requested resource not found.",
        expected_params={"TrainingJobName": name},
    )


def there(stubber: Stubber, answer: dict[str, Any], name: str = MARK + NAME) -> None:
    stubber.add_response("describe_training_job", answer, {"TrainingJobName": name})


def test_one_that_was_begun_is_found_again_whatever_has_changed_since(
    teaches: engine.WhisperTrainer, stubber: Stubber
) -> None:
    there(stubber, described("InProgress", "Training"))
    assert teaches.start(JOB) is UnderWay.UNDER_WAY
    there(stubber, described("InProgress", "Training"))
    withdrawn = replace(JOB, material=replace(MATERIAL, sound=None))
    assert teaches.start(withdrawn) is UnderWay.UNDER_WAY, "it is paid for until it ends"
    for _ in range(2):
        there(stubber, described("Completed", "Completed", BillableTimeInSeconds=600))
        assert teaches.start(JOB) == Trained(NAME, ARTEFACT, begun_at=BEGUN)


def test_who_comes_second_begins_nothing(teaches: engine.WhisperTrainer, stubber: Stubber) -> None:
    unknown(stubber)
    stubber.add_client_error("create_training_job", "ResourceInUse", "Training job names must be unique")
    assert teaches.start(JOB) is UnderWay.UNDER_WAY


def test_one_that_cannot_be_looked_at_is_not_begun_again(teaches: engine.WhisperTrainer, stubber: Stubber) -> None:
    stubber.add_client_error("describe_training_job", "AccessDeniedException", "is not authorized")
    with pytest.raises(EngineFailed):
        teaches.start(JOB)
    stubber.add_client_error("describe_training_job", "ValidationException", "1 validation error detected")
    with pytest.raises(EngineFailed):
        teaches.start(JOB)


def test_what_an_earlier_deployment_made_is_not_taken_for_ours(
    teaches: engine.WhisperTrainer, stubber: Stubber
) -> None:
    job = replace(JOB, made_at=BEGUN + 3_600)
    name = f"{MARK}{NAME}-{int(job.made_at):x}"
    there(stubber, described("Completed", "Completed"))
    unknown(stubber, name)
    folder = f"s3://output/{FOLDER}/{name}"
    checkpoints = {"S3Uri": f"{folder}/checkpoints", "LocalPath": "/opt/ml/checkpoints"}
    answer = {"TrainingJobArn": f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{name}"}
    stubber.add_response("create_training_job", answer, request(TrainingJobName=name, CheckpointConfig=checkpoints))
    assert teaches.start(job) is None
    there(stubber, described("Completed", "Completed"))
    made = f"{FOLDER}/{name}/output/model.tar.gz"
    own = {"ModelArtifacts": {"S3ModelArtifacts": f"s3://output/{made}"}}
    there(
        stubber, described("Completed", "Completed", CreationTime=datetime.fromtimestamp(job.made_at, UTC), **own), name
    )
    assert teaches.start(job) == Trained(NAME, made, begun_at=job.made_at)
    told = teaches.read_training(event(described("Completed", "Completed")))
    assert told is not None
    assert not told.is_of(job.made_at)
    assert told.is_of(BEGUN)


def test_how_one_stands_is_asked_without_beginning_it(teaches: engine.WhisperTrainer, stubber: Stubber) -> None:
    asked = {"TrainingJobName": MARK + NAME}
    stubber.add_client_error("describe_training_job", "ValidationException", "Requested resource not found.")
    assert teaches.standing(NAME) is None
    stubber.add_response("describe_training_job", described("InProgress", "Training"), asked)
    assert teaches.standing(NAME) is UnderWay.UNDER_WAY
    stubber.add_response("describe_training_job", described("Completed", "Completed"), asked)
    ended = teaches.standing(NAME)
    assert isinstance(ended, Trained)
    assert (ended.name, ended.artefact, ended.failure) == (NAME, ARTEFACT, None)
    stubber.add_client_error("describe_training_job", "AccessDeniedException", "is not authorized")
    with pytest.raises(EngineFailed):
        teaches.standing(NAME)


@pytest.mark.parametrize(
    ("code", "said", "error"),
    [
        ("ResourceLimitExceeded", "The account-level service limit is 1 Instances, with utilization of 1", EngineBusy),
        ("ResourceLimitExceeded", "The account-level service limit 'ml.g5.xlarge' is 0 Instances", EngineFailed),
        ("ThrottlingException", "Rate exceeded", EngineBusy),
        ("ValidationException", "Could not assume role", EngineFailed),
        ("AccessDeniedException", "is not authorized", EngineFailed),
    ],
)
def test_what_is_refused(
    teaches: engine.WhisperTrainer, stubber: Stubber, code: str, said: str, error: type[Exception]
) -> None:
    unknown(stubber)
    stubber.add_client_error("create_training_job", code, said)
    with pytest.raises(error):
        teaches.start(JOB)


@pytest.mark.parametrize(
    ("detail", "code"),
    [
        (
            described("Failed", "Failed", FailureReason="AlgorithmError: Rapporteur: unreadable: …"),
            "training-unreadable",
        ),
        (described("Failed", "Failed", FailureReason="Rapporteur: models-missing: …"), "training-no-weights"),
        (described("Failed", "Failed", FailureReason="Rapporteur: broken: RuntimeError at x.py:1"), "training-failed"),
        (described("Failed", "Failed", FailureReason="AlgorithmError: CUDA out of memory"), "training-memory"),
        (described("Failed", "Failed"), "training-failed"),
        (described("Stopped", "MaxRuntimeExceeded", BillableTimeInSeconds=9), "training-over-time"),
        (described("Stopped", "MaxWaitTimeExceeded", BillableTimeInSeconds=9), "training-no-machine"),
        (described("Stopped", "Stopped"), "training-no-machine"),
        (described("Stopped", "Stopped", BillableTimeInSeconds=9), "training-stopped"),
        (described("Completed", "Completed", ModelArtifacts={}), "training-failed"),
    ],
)
def test_why_nothing_has_come_of_it(teaches: engine.WhisperTrainer, detail: dict[str, Any], code: str) -> None:
    trained = teaches.read_training(event(detail))
    assert trained is not None
    assert (trained.name, trained.artefact) == (NAME, None)
    assert trained.failure is not None
    assert trained.failure.code == code


def test_its_event_tells_where_the_model_lies(teaches: engine.WhisperTrainer) -> None:
    told = event(described("Completed", "Completed"))
    assert teaches.read_training(told) == teaches.read_training(told) == Trained(NAME, ARTEFACT, begun_at=BEGUN)
    assert teaches.read_training(event(described("InProgress", "Training"))) is None
    other = described("Completed", "Completed", TrainingJobName="somebody-elses")
    assert teaches.read_training(event(other)) is None


def test_a_model_is_forgotten_with_all_that_its_training_left(
    teaches: engine.WhisperTrainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    checkpoint = f"{FOLDER}/{MARK}{NAME}/checkpoints/step-00000050/adapter.safetensors"
    other = f"{FOLDER}/{MARK}everybody-en-hearing-30/output/model.tar.gz"
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="output")
        for key in (ARTEFACT, checkpoint, other):
            s3.put_object(Bucket="output", Key=key, Body=b"")
        for _ in range(2):
            teaches.retired(ARTEFACT)
        teaches.retired("learning/everybody/en/training/000001.json")
        assert [one["Key"] for one in s3.list_objects_v2(Bucket="output")["Contents"]] == [other]


def test_it_is_measured_by_the_endpoint_with_the_very_model(
    teaches: engine.WhisperTrainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[TranscriptionJob, dict[str, str]]] = []
    monkeypatch.setattr(SageMakerTranscriber, "hear", lambda _, job, models: heard.append((job, models)))
    job = TranscriptionJob("x", PAIRS, PAIRS, "en-GB")
    teaches.hear(job, ARTEFACT)
    teaches.hear(job, None)
    teaches.hear(replace(job, language=None), ARTEFACT)
    assert heard == [(job, {"en": ARTEFACT}), (job, {}), (replace(job, language="en"), {"en": ARTEFACT})]


def test_without_an_endpoint_it_is_not_made_and_says_so() -> None:
    teaches = replace(trainer(), endpoint=None)
    reason = teaches.hindrance("en", MATERIAL)
    assert reason is not None
    assert reason.code == "hearing-not-measured"
    with pytest.raises(EngineFailed):
        teaches.hear(TranscriptionJob("x", PAIRS, PAIRS, "en"), ARTEFACT)


def test_what_it_costs_at_most_is_said_before(teaches: engine.WhisperTrainer) -> None:
    unmeasured = replace(MATERIAL, measured_seconds=0.0)
    hours = Decimal(900 + 3_600) / 3_600
    assert teaches.estimate(unmeasured) == Decimal("1.408") * hours, "a Spot machine may cost nearly as much"
    assert trainer(sagemaker_on_demand="true").estimate(unmeasured) == Decimal("1.408") * hours
    assert trainer(sagemaker_instance="ml.g5.12xlarge").estimate(unmeasured) == Decimal("7.09") * hours
    assert teaches.estimate(MATERIAL) > teaches.estimate(unmeasured)
    most = replace(unmeasured, seconds=1e7)
    assert teaches.estimate(most) == Decimal("1.408") * 4, "it takes no longer than it may"


def test_a_machine_without_a_price_needs_one() -> None:
    with pytest.raises(SettingsError, match="RAPPORTEUR_SAGEMAKER_INSTANCE_USD"):
        trainer(sagemaker_instance="ml.p5.48xlarge")
    priced = trainer(sagemaker_instance="ml.p5.48xlarge", sagemaker_instance_usd="63.296")
    assert priced.estimate(replace(MATERIAL, seconds=1e7, measured_seconds=0.0)) == Decimal("63.296") * 4


@pytest.mark.parametrize("transcriber", ["amazon_transcribe", "batch_gpu"])
def test_where_something_else_transcribes_none_is_made(transcriber: str) -> None:
    reason = trainer(transcriber=transcriber).hindrance("en", MATERIAL)
    assert reason is not None
    assert reason.code == "trained-not-heard"


def test_the_languages_are_whispers() -> None:
    tokenizer = pytest.importorskip("faster_whisper.tokenizer")
    assert set(tokenizer._LANGUAGE_CODES) == engine.LANGUAGES


def test_it_may_do_only_what_it_needs_and_only_to_its_own() -> None:
    settings = context(sagemaker_image=IMAGE, sagemaker_role=ROLE).settings
    granted = engine.grants(AwsPlace("us-east-1", "123456789012"), settings)
    about = {action: grant.resources for grant in granted.work for action in grant.actions}
    assert about["sagemaker:CreateTrainingJob"] == (f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{MARK}*",)
    assert about["iam:PassRole"] == (ROLE,)
    assert granted.events == (), "an event of it tells all there is to know"


def test_its_events_are_listened_to_and_read_as_trainings() -> None:
    settings = context(
        hearing_trainer="sagemaker_whisper", sagemaker_image=IMAGE, sagemaker_role=ROLE, sagemaker_endpoint="whisper-1"
    ).settings
    services = Services(settings)
    listened = pattern(services.job_events)
    assert "aws.sagemaker" in listened["source"]
    assert "SageMaker Training Job State Change" in listened["detail-type"]
    assert {"Completed", "Failed", "Stopped"} < set(map(str, listened["detail"]["TrainingJobStatus"]))
    told = event(described("Completed", "Completed"))
    assert services.trainings_of(told) == (Trained(NAME, ARTEFACT, begun_at=BEGUN),)
    assert services.outcomes_of(told) == (), "no recording waits for it"
    assert ModelRef.of_job(NAME) == JOB.model
