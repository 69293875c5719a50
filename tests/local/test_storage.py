"""Big files in the embedded S3: by reference, and yet like any object."""

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from chalicelib.domain.keys import S3Object
from local.aws import storage
from tests.local.engines_on_a_machine import BUCKET, Bench, bench

REGION = "us-east-1"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as running:
        yield running


def test_a_file_put_by_reference_is_an_object_like_any_other(here: Bench) -> None:
    path = here.folder / "a b+é.bin"
    path.write_bytes(b"0123456789" * 1000)
    target = here.put(path)
    s3 = boto3.client("s3", region_name=REGION)
    head = s3.head_object(Bucket=BUCKET, Key=target.key)
    assert head["ContentLength"] == 10_000
    assert s3.get_object(Bucket=BUCKET, Key=target.key)["Body"].read() == path.read_bytes()
    s3.put_object(Bucket=BUCKET, Key="same", Body=path.read_bytes())
    assert s3.head_object(Bucket=BUCKET, Key="same")["ETag"] == head["ETag"]
    assert storage.fetch(target, here.folder) == path


def test_its_event_is_sent_once_with_its_size_and_its_encoded_key(here: Bench) -> None:
    sqs = boto3.client("sqs", region_name=REGION)
    queue = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    boto3.client("s3", region_name=REGION).put_bucket_notification_configuration(
        Bucket=BUCKET,
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]},
    )
    path = here.folder / "a b+é.bin"
    path.write_bytes(b"x" * 77)
    here.put(path)
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    (event,) = [body for message in messages if "Records" in (body := json.loads(message["Body"]))]
    assert event["Records"][0]["s3"]["object"]["size"] == 77
    assert event["Records"][0]["s3"]["object"]["key"] == "input%2Fa+b%2B%C3%A9.bin"


def test_an_object_put_by_boto3_is_fetched_as_a_copy(here: Bench) -> None:
    boto3.client("s3", region_name=REGION).put_object(Bucket=BUCKET, Key="small", Body=b"text")
    assert storage.fetch(S3Object(BUCKET, "small"), here.folder / "new").read_bytes() == b"text"
    storage.export(S3Object(BUCKET, "small"), here.folder / "out.txt")
    assert (here.folder / "out.txt").read_bytes() == b"text"
    assert not list(here.folder.glob("object-*"))


def test_what_is_not_there_is_an_error(here: Bench) -> None:
    with pytest.raises(FileNotFoundError):
        storage.fetch(S3Object(BUCKET, "nothing"), here.folder)


def test_a_big_file_is_never_in_memory(here: Bench) -> None:
    path = here.folder / "big.bin"
    with path.open("wb") as file:
        file.truncate(300_000_000)
    tracemalloc.start()
    target = here.put(path)
    storage.export(target, here.folder / "copy.bin")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (here.folder / "copy.bin").stat().st_size == 300_000_000
    assert peak < 20_000_000
