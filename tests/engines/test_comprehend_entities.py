"""Entities of an operator's own kinds by Comprehend's jobs: asked for once, unpacked within bounds."""

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.keys import S3Object, parse_output_key
from chalicelib.domain.media import AudioStream, MediaInfo
from chalicelib.engines.entities import comprehend as engine
from chalicelib.errors import EngineBusy, EngineFailed, SettingsError
from chalicelib.seams.entities import EntitiesJob
from chalicelib.seams.jobs import JobOutcome, UnderWay
from chalicelib.seams.options import Settled, SettlesOptions
from tests.engines.stubs import RUN, answer, context, stubbed

ROLE = "arn:aws:iam::123456789012:role/rapporteur-dev-comprehend"
RECOGNIZER = "arn:aws:comprehend:us-east-1:123456789012:entity-recognizer/bus-lines"
NAME = f"{RUN}.entities"
FOLDER = "output/jobs/entities/owner-1/1a1fd8c69000000000000000001/v1/"
PACKED = f"{FOLDER}123456789012-NER-0a1b/output/output.tar.gz"
JOB = EntitiesJob(
    NAME, S3Object("output", f"{FOLDER}text.txt"), "en-GB", RECOGNIZER, S3Object("output", f"{FOLDER}entities.jsonl")
)
FOUND = {"BeginOffset": 0, "EndOffset": 6, "Score": 0.98, "Text": "Line 7", "Type": "BUS_LINE"}


@pytest.fixture(autouse=True)
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="output")
        yield client


@pytest.fixture
def bench() -> Iterator[tuple[engine.ComprehendRecognizer, Stubber]]:
    given = context(comprehend_role=ROLE)
    with stubbed(given.aws, "comprehend", "comprehend") as stubber:
        yield engine.create(given), stubber


Bench = tuple[engine.ComprehendRecognizer, Stubber]


def listed(stubber: Stubber, *statuses: str) -> None:
    jobs = [{"JobId": "0a1b", "JobName": NAME, "JobStatus": status} for status in statuses]
    answered = {"EntitiesDetectionJobPropertiesList": jobs}
    answer(stubber, "list_entities_detection_jobs", answered, Filter={"JobName": NAME})


def archive(content: bytes, name: str = "output") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as made:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        made.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def lines(*found: Any) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in found)


def test_a_job_is_started_once(bench: Bench) -> None:
    recognizer, stubber = bench
    listed(stubber)
    stubber.add_response(
        "start_entities_detection_job",
        {"JobId": "0a1b"},
        {
            "InputDataConfig": {"S3Uri": f"s3://output/{FOLDER}text.txt", "InputFormat": "ONE_DOC_PER_LINE"},
            "OutputDataConfig": {"S3Uri": f"s3://output/{FOLDER}"},
            "DataAccessRoleArn": ROLE,
            "JobName": NAME,
            "EntityRecognizerArn": RECOGNIZER,
            "LanguageCode": "en",
            "ClientRequestToken": hashlib.sha256(NAME.encode()).hexdigest(),
        },
    )
    assert recognizer.start(JOB) is None
    for status in ("SUBMITTED", "IN_PROGRESS", "COMPLETED"):  # complete, and what it left has yet to be seen
        listed(stubber, status)
        assert recognizer.start(JOB) is UnderWay.UNDER_WAY
    for status, code in (("FAILED", "entities-failed"), ("STOPPED", "entities-stopped")):
        listed(stubber, status)
        ended = recognizer.start(JOB)
        assert isinstance(ended, JobOutcome)
        assert ended.failure
        assert ended.failure.code == code


def test_what_a_job_left_is_unpacked_line_by_line(bench: Bench, s3: Any) -> None:
    recognizer, _ = bench
    parsed = parse_output_key(PACKED)
    assert parsed
    assert (parsed.task, parsed.file_name) == ("entities", "123456789012-NER-0a1b/output/output.tar.gz")
    told = [{"File": "text.txt", "Line": 0, "Entities": [FOUND]}, {"File": "text.txt", "Line": 1, "Entities": []}]
    s3.put_object(Bucket="output", Key=PACKED, Body=archive(lines(*told)))
    assert recognizer.start(JOB) == JobOutcome(NAME)
    left = s3.get_object(Bucket="output", Key=JOB.destination.key)["Body"].read().splitlines()
    assert [json.loads(line) for line in left] == [{"Line": 0, "Entities": [FOUND]}, {"Line": 1, "Entities": []}]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no archive",
        archive(os.urandom(9_000))[:4_000],
        archive(b"no json\n"),
        archive(lines({"Entities": []})),
        archive(lines({"Line": 0, "Entities": [{"Text": "7"}]})),
        gzip.compress(b"\0" * 100),
    ],
)
def test_an_archive_that_is_none_is_said_to_be_unreadable(bench: Bench, s3: Any, body: bytes) -> None:
    s3.put_object(Bucket="output", Key=PACKED, Body=body)
    try:
        bench[0].start(JOB)
    except EngineFailed as exc:
        assert exc.code == "entities-unreadable"
    else:  # an archive of nothing
        left = s3.get_object(Bucket="output", Key=JOB.destination.key)["Body"].read()
        assert left == b""


def test_an_archive_that_swells_is_given_up(bench: Bench, s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_MOST_BYTES", 10_000)
    s3.put_object(Bucket="output", Key=PACKED, Body=archive(lines({"Line": 0, "Entities": []}) * 1_000))
    with pytest.raises(EngineFailed) as caught:
        bench[0].start(JOB)
    assert caught.value.code == "entities-unreadable"
    found = s3.list_objects_v2(Bucket="output", Prefix=JOB.destination.key)
    assert found["KeyCount"] == 0


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("TooManyRequestsException", EngineBusy),
        ("ResourceNotFoundException", EngineFailed),
        ("ResourceUnavailableException", EngineFailed),
        ("InvalidRequestException", EngineFailed),
    ],
)
def test_what_comprehend_refuses(bench: Bench, code: str, error: type[Exception]) -> None:
    recognizer, stubber = bench
    listed(stubber)
    stubber.add_client_error("start_entities_detection_job", code)
    with pytest.raises(error):
        recognizer.start(JOB)


WANTED = AiOptions(customentity=True, custom_entity_recognizer=RECOGNIZER)
HEARD = MediaInfo("mp3", 60.0, audio=AudioStream("mp3", 44_100, 2))


@pytest.mark.parametrize(
    ("status", "language", "asked", "usable"),
    [
        ("TRAINED", "en", None, True),
        ("TRAINED_WITH_WARNING", "en", "en-GB", True),
        ("STOPPED", "de", "de-DE", True),
        ("TRAINED", "de", "en-GB", False),
        ("TRAINING", "en", None, False),
        ("IN_ERROR", "en", "en", False),
    ],
)
def test_a_recognizer_has_to_be_trained_and_know_the_language(
    bench: Bench, status: str, language: str, asked: str | None, usable: bool
) -> None:
    recognizer, stubber = bench
    assert isinstance(recognizer, SettlesOptions)
    properties = {"EntityRecognizerArn": RECOGNIZER, "Status": status, "LanguageCode": language}
    answered = {"EntityRecognizerProperties": properties}
    answer(stubber, "describe_entity_recognizer", answered, EntityRecognizerArn=RECOGNIZER)
    wanted = replace(WANTED, language_code=asked)
    settled = recognizer.settle(wanted, HEARD)
    assert settled.options == (wanted if usable else replace(wanted, customentity=False))
    assert [note.code for note in settled.notes] == ([] if usable else ["recognizer-left-out"])


def test_a_recognizer_that_is_gone_is_left_out_and_nothing_is_asked_where_none_is_wanted(bench: Bench) -> None:
    recognizer, stubber = bench
    stubber.add_client_error("describe_entity_recognizer", "ResourceNotFoundException")
    assert not recognizer.settle(WANTED, HEARD).options.customentity
    for options in (AiOptions(customentity=True), replace(WANTED, customentity=False)):
        assert recognizer.settle(options, HEARD) == Settled(options)


def test_without_a_role_nothing_starts() -> None:
    with pytest.raises(SettingsError, match="RAPPORTEUR_COMPREHEND_ROLE"):
        engine.create(context())
