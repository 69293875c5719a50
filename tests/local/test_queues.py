"""What the pump looks at instead of asking every queue: it must see what SQS would answer."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from time_machine import travel

from local.aws import queues
from tests.harness.service import Service

REGION = "us-east-1"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "embedded")
    with travel("2026-11-21T10:00:00Z", tick=False) as clock, mock_aws():
        yield clock


def test_what_is_seen_is_what_sqs_answers(clock: Any) -> None:
    sqs = boto3.client("sqs", REGION)
    url = sqs.create_queue(QueueName="work", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]

    def seen() -> tuple[bool, bool]:
        return queues.is_ready(REGION, url), queues.holds(REGION, url)

    assert seen() == (False, False)
    sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=30)
    assert seen() == (False, True)
    clock.shift(31)
    assert seen() == (True, True)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert seen() == (False, True)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    clock.shift(61)
    assert seen() == (True, True)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert seen() == (False, False)


def test_no_queue_is_asked_that_holds_nothing(service: Service) -> None:
    asked: list[str] = []
    service.settle()  # the note with which S3 says that it will notify
    service.pump._sqs.meta.events.register("before-call.sqs.*", lambda model, **_: asked.append(model.name))
    service.pump.collect()
    assert not service.pump.waiting()
    assert asked == []
    asset = service.upload()
    service.settle()
    assert len(service.mails(asset)) == 1
    assert asked.count("ReceiveMessage") <= asked.count("DeleteMessage"), "each receives something"
