"""Amazon Textract: what is asked for, what it leaves, and what its messages mean."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from chalicelib.documents.blocks import count_of, read
from chalicelib.domain.assets import Asset, AssetRef, BranchState, BranchStatus, Status
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.engines.costs import PaidWork
from chalicelib.engines.documents import textract as engine
from chalicelib.engines.grants import AwsPlace
from chalicelib.engines.registry import EngineContext
from chalicelib.errors import EngineBusy, EngineFailed
from chalicelib.seams.documents import DocumentJob
from chalicelib.seams.jobs import SNS, JobOutcome, ReadsEvents, UnderWay
from tests.documents.textract import line
from tests.engines.stubs import RUN, context, stubbed

NAME = f"{RUN}.blocks"
ASSET = "1a1fd8c69000000000000000001"
UPLOAD = f"input/owner-1/{ASSET}/recording.pdf"
LEFT = f"output/jobs/blocks/owner-1/{ASSET}/v1/blocks.jsonl"
RAW = f"output/document/owner-1/{ASSET}/v1/textract"
ROLE = "arn:aws:iam::123456789012:role/rapporteur-jobs"
TOPIC = "arn:aws:sns:us-east-1:123456789012:jobs"
MEDIA = MediaInfo("pdf", 0.0, pages=2)
JOB = DocumentJob(NAME, S3Object("uploads", UPLOAD), MEDIA, S3Object("outputs", LEFT))


def reader(given: EngineContext, role: str | None = ROLE) -> engine.TextractReader:
    return replace(engine.create(given), role=role)


@pytest.fixture
def given() -> Iterator[EngineContext]:
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="outputs")
        yield context(jobs_topic_arn=TOPIC)


def request(features: str = "layout,tables", **other: Any) -> dict[str, Any]:
    token = hashlib.sha256(f"{NAME} {features}".encode()).hexdigest()
    assert len(token) == 64
    return {
        "DocumentLocation": {"S3Object": {"Bucket": "uploads", "Name": UPLOAD}},
        "ClientRequestToken": token,
        "JobTag": "v1.blocks",
        "NotificationChannel": {"SNSTopicArn": TOPIC, "RoleArn": ROLE},
        "OutputConfig": {"S3Bucket": "outputs", "S3Prefix": RAW},
        **({"FeatureTypes": features.upper().split(",")} if features != "text" else {}),
        **other,
    }


def asked(stubber: Stubber, status: str, features: str = "layout,tables", **more: Any) -> None:
    operation = "text_detection" if features == "text" else "analysis"
    stubber.add_response(f"start_document_{operation}", {"JobId": "job-1"}, request(features))
    stubber.add_response(
        f"get_document_{operation}", {"JobStatus": status, **more}, {"JobId": "job-1", "MaxResults": 1}
    )


def leave(aws: Any, number: int, blocks: list[dict[str, Any]]) -> None:
    body = json.dumps({"Blocks": blocks, "DocumentMetadata": {"Pages": 2}, "JobStatus": "SUCCEEDED"})
    aws.s3.put_object(Bucket="outputs", Key=f"{RAW}/job-1/{number}", Body=body.encode())


@pytest.mark.parametrize("features", ["layout,tables", "forms,tables,layout,signatures", "text"])
def test_it_looks_for_what_the_deployment_asks_for(features: str) -> None:
    given = context(textract_features=features, jobs_topic_arn=TOPIC)
    with stubbed(given.aws, "textract", "textract") as stubber:
        asked(stubber, "IN_PROGRESS", features)
        assert reader(given).start(JOB) is UnderWay.UNDER_WAY


def test_what_it_left_becomes_lines_in_order_and_is_deleted(given: EngineContext) -> None:
    aws = given.aws
    for number in range(11, 0, -1):
        leave(aws, number, line(f"l{number}", f"line {number}", 1 if number < 6 else 2))
    aws.s3.put_object(Bucket="outputs", Key=f"{RAW}/.s3_access_check", Body=b"")
    with stubbed(aws, "textract", "textract") as stubber:
        asked(stubber, "SUCCEEDED", DocumentMetadata={"Pages": 2})
        assert reader(given).start(JOB) == JobOutcome(NAME)
    lines = aws.s3.get_object(Bucket="outputs", Key=LEFT)["Body"].read().splitlines()
    assert count_of(lines) == 2
    texts = [block.text for page in read(lines) for block in page.of_kind("LINE")]
    assert texts == [f"line {number}" for number in range(1, 12)]
    assert b"Polygon" not in b"".join(lines)
    found = aws.s3.list_objects_v2(Bucket="outputs")["Contents"]
    assert [one["Key"] for one in found] == [LEFT]


def test_who_comes_second_leaves_the_lines_as_they_are(given: EngineContext, monkeypatch: pytest.MonkeyPatch) -> None:
    given.aws.s3.put_object(Bucket="outputs", Key=LEFT, Body=b"whole")
    leave(given.aws, 1, line("l", "one"))
    monkeypatch.setattr(engine.ObjectStore, "read", lambda store, key: None)
    with stubbed(given.aws, "textract", "textract") as stubber:
        asked(stubber, "SUCCEEDED")
        reader(given).start(JOB)
    assert given.aws.s3.get_object(Bucket="outputs", Key=LEFT)["Body"].read() == b"whole"


def test_pages_that_it_could_not_read_are_named(given: EngineContext) -> None:
    leave(given.aws, 1, line("l", "one"))
    warnings = [{"ErrorCode": "PAGE_CHARACTER_LIMIT_EXCEEDED", "Pages": [2, 5]}, {"ErrorCode": "X", "Pages": [2]}]
    with stubbed(given.aws, "textract", "textract") as stubber:
        asked(stubber, "PARTIAL_SUCCESS", Warnings=warnings)
        outcome = reader(given).start(JOB)
    assert isinstance(outcome, JobOutcome)
    assert [str(note) for note in outcome.notes] == ["Some pages could not be read: 2, 5."]


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("UNSUPPORTED_DOCUMENT", "document-unsupported"),
        ("DocumentTooLarge", "document-over-limit"),
        ("BadDocument", "document-broken"),
        ("S3 access denied", "document-not-accessible"),
        ("", "document-not-read"),
    ],
)
def test_why_it_failed_is_told(given: EngineContext, reason: str, code: str) -> None:
    with stubbed(given.aws, "textract", "textract") as stubber:
        asked(stubber, "FAILED", StatusMessage=reason)
        outcome = reader(given).start(JOB)
    assert isinstance(outcome, JobOutcome)
    assert outcome.failure is not None
    assert outcome.failure.code == code


def told(status: str = "SUCCEEDED", **more: Any) -> dict[str, Any]:
    message = {
        "JobId": "job-1",
        "Status": status,
        "API": "StartDocumentAnalysis",
        "JobTag": "v1.blocks",
        "Timestamp": 1_700_000_000_000,
        "DocumentLocation": {"S3ObjectName": UPLOAD, "S3Bucket": "uploads"},
        **more,
    }
    return {"source": SNS, "detail": message}


def test_its_message_names_the_job_of_the_asset() -> None:
    found = reader(context())
    assert isinstance(found, ReadsEvents)
    assert found.read_event(told()) == JobOutcome(NAME)


@pytest.mark.parametrize(
    ("api", "operation"), [("StartDocumentAnalysis", "analysis"), ("StartDocumentTextDetection", "text_detection")]
)
def test_of_a_failure_it_is_asked_why(api: str, operation: str) -> None:
    given = context()
    with stubbed(given.aws, "textract", "textract") as stubber:
        stubber.add_response(
            f"get_document_{operation}",
            {"JobStatus": "FAILED", "StatusMessage": "BadDocument"},
            {"JobId": "job-1", "MaxResults": 1},
        )
        outcome = reader(given).read_event(told("FAILED", API=api))
    assert outcome is not None
    assert outcome.failure is not None
    assert outcome.failure.code == "document-broken"


@pytest.mark.parametrize(
    "more",
    [
        {"JobTag": "v0.blocks"},
        {"JobTag": "v1.labels"},
        {"JobTag": None},
        {"DocumentLocation": {"S3ObjectName": "elsewhere/a.pdf"}},
        {"DocumentLocation": {}},
        {"DocumentLocation": None},
    ],
)
def test_a_message_of_something_else_is_none_of_ours(more: dict[str, Any]) -> None:
    assert reader(context()).read_event(told(**more)) is None
    assert reader(context()).read_event({"source": SNS, "detail": {"JobId": "1", "Status": "SUCCEEDED"}}) is None


@pytest.mark.parametrize(
    "code", ["ProvisionedThroughputExceededException", "LimitExceededException", "ThrottlingException"]
)
def test_when_it_takes_no_more_the_work_waits(given: EngineContext, code: str) -> None:
    with stubbed(given.aws, "textract", "textract") as stubber:
        stubber.add_client_error("start_document_analysis", code)
        with pytest.raises(EngineBusy):
            reader(given).start(JOB)


@pytest.mark.parametrize(
    "code",
    [
        "InvalidParameterException",
        "InvalidS3ObjectException",
        "UnsupportedDocumentException",
        "DocumentTooLargeException",
        "BadDocumentException",
        "IdempotentParameterMismatchException",
        "AccessDeniedException",
    ],
)
def test_what_it_refuses_is_final(given: EngineContext, code: str) -> None:
    with stubbed(given.aws, "textract", "textract") as stubber:
        stubber.add_client_error("start_document_analysis", code)
        with pytest.raises(EngineFailed):
            reader(given).start(JOB)


@pytest.mark.parametrize(
    ("media", "code"),
    [
        (MediaInfo("pdf", 0.0, pages=3001), "document-pages"),
        (MediaInfo("webp", 0.0, pages=1), "document-not-supported"),
    ],
)
def test_what_it_would_refuse_is_not_asked(media: MediaInfo, code: str) -> None:
    with pytest.raises(EngineFailed) as caught:
        reader(context()).start(replace(JOB, media=media))
    assert caught.value.code == code


def test_without_the_role_nothing_is_asked() -> None:
    with pytest.raises(EngineFailed) as caught:
        reader(context(), role=None).start(JOB)
    assert caught.value.code == "no-jobs-role"


@pytest.mark.parametrize("language", [None, "en", "en-GB", "fr-CA", "de", "it", "pt-BR", "es-US", "EN"])
def test_the_languages_that_it_reads(language: str | None) -> None:
    assert reader(context()).hindrance(language) is None


@pytest.mark.parametrize("language", ["ko", "ja-JP", "zh", "zh-TW", "nl"])
def test_a_language_that_it_does_not_read_is_told_before(language: str) -> None:
    told = reader(context()).hindrance(language)
    assert told is not None
    assert told.code == "language-not-written"
    assert told.values["language"] == language


def asset(**more: Any) -> Asset:
    return Asset(AssetRef("owner-1", ASSET), "a.pdf", UPLOAD, Status.COMPLETED, 0.0, media=MEDIA, **more)


def test_each_page_is_paid_for_each_thing_that_is_looked_for() -> None:
    settings = context().settings
    assert engine.charges(PaidWork(asset(), None, settings)) == {
        "textract.layout": Decimal(2),
        "textract.tables": Decimal(2),
    }
    plain = context(textract_features="text").settings
    assert engine.charges(PaidWork(asset(), None, plain)) == {"textract.text": Decimal(2)}
    skipped = {"document": BranchState(BranchStatus.SKIPPED)}
    assert engine.charges(PaidWork(asset(branches=skipped), None, settings)) == {}
    heard = replace(asset(), media=MediaInfo("wav", 3.0))
    assert engine.charges(PaidWork(heard, None, settings)) == {}


def test_whoever_hears_of_the_end_may_fetch_what_it_left() -> None:
    granted = engine.grants(AwsPlace("us-east-1", "123456789012"), context().settings)
    assert granted.work == granted.events
    actions = {action for grant in granted.work for action in grant.actions}
    assert {"textract:StartDocumentAnalysis", "textract:GetDocumentAnalysis", "s3:DeleteObject"} <= actions
