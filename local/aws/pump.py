"""Carries events to the app's handlers as AWS would: which, in what shape, how often, and what happens on a failure.

S3 and EventBridge are asked, through their own interfaces, to put the events that a handler listens to into a queue of
its own. From there they are delivered as Lambda delivers an asynchronous invocation: a failing one is tried twice more,
then dropped. The app's own queues are polled as Lambda polls them, when they hold something: a message that was worked
on is deleted, one that failed shows up again until its queue gives it to the dead-letter queue. Schedules fire by the
clock.
"""

import json
import re
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

import boto3
from chalice.app import CloudWatchEventConfig, S3EventConfig, ScheduledEventConfig, SQSEventConfig

from chalicelib.observability import logger
from local.aws import queues

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

ACCOUNT = "123456789012"
_BUSY_SECONDS = 0.5
_POLL_SECONDS = 5.0
"""While engines are at work nothing is asked of the queues for so long, unless something wakes the pump: asking all of
them twice a second took a tenth of a core from the engines."""

_IDLE_SECONDS = 0.1
_THROTTLED_SECONDS = 60.0
_CONFIG = Path(__file__).resolve().parent.parent.parent / ".chalice" / "config.json"
_INVOCATIONS = 3
"""Lambda tries an asynchronous invocation three times in all:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"""


@dataclass(frozen=True)
class LambdaContext:
    """What Lambda hands a function beside the event, as far as anything here reads it."""

    function_name: str
    time_limit_seconds: float
    memory_limit_in_mb: int = 1024
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: float = field(default_factory=time.time)

    @property
    def invoked_function_arn(self) -> str:
        """The function's name in AWS's long form."""
        return f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda would end the invocation."""
        return int((self.started + self.time_limit_seconds - time.time()) * 1000)


@dataclass(eq=False)
class Invocation:
    """One event on its way to one handler. `queue_url` and `receipt` are set for what came from the app's queues."""

    handler: str
    event: dict[str, Any]
    queue_url: str | None = None
    receipt: str | None = None
    invocations: int = 0
    not_before: float = 0.0


@dataclass
class _Schedule:
    handler: str
    every_seconds: float
    due: float


class EventPump:
    """Takes events from where they arise to the handlers of `app_module`."""

    def __init__(self, app_module: ModuleType, retry_seconds: float | None = 1.0) -> None:
        """Connect every event source of the app.

        `retry_seconds` is how soon something that failed is tried again, so that nobody at a terminal waits as long as
        AWS would; None keeps AWS's own times (1 and 2 minutes for events, the queue's time-out for messages).
        """
        self._module = app_module
        self._retry_seconds = retry_seconds
        self._sqs: SQSClient = boto3.client("sqs")
        self._region = self._sqs.meta.region_name
        self._event_queues: dict[str, str] = {}
        self.app_queues: dict[str, str] = {}
        self.schedules: list[_Schedule] = []
        self._config = json.loads(_CONFIG.read_text())
        self._wake = threading.Event()
        self.has_room: Callable[[Invocation], bool] = lambda invocation: True
        """Whether Lambda has room for an invocation: tests let it have none for a while, as in an account with little
        concurrency."""
        self.pending: list[Invocation] = []
        self.dropped: list[Invocation] = []
        self._connect()

    # ---- connecting

    def _connect(self) -> None:
        buckets: dict[str, list[S3EventConfig]] = {}
        for source in self._module.app.event_sources:
            match source:
                case S3EventConfig():
                    buckets.setdefault(source.bucket, []).append(source)
                case SQSEventConfig():
                    url = self._sqs.get_queue_url(QueueName=str(source.queue))["QueueUrl"]
                    self.app_queues[url] = source.handler_string.rsplit(".", 1)[-1]
                case CloudWatchEventConfig():
                    self._listen_to_eventbridge(source)
                case ScheduledEventConfig():
                    every, first = _schedule(source.schedule_expression, time.time())
                    handler = source.handler_string.rsplit(".", 1)[-1]
                    self.schedules.append(_Schedule(handler, every, first))
                case _:
                    raise NotImplementedError(f"the pump knows no {type(source).__name__}")
        for bucket, sources in buckets.items():
            self._listen_to_bucket(bucket, sources)

    def _event_queue(self, handler_string: str) -> str:
        handler = handler_string.rsplit(".", 1)[-1]
        url = self._sqs.create_queue(QueueName=f"events-{handler}")["QueueUrl"]
        self._event_queues[url] = handler
        return f"arn:aws:sqs:us-east-1:{ACCOUNT}:events-{handler}"

    def _listen_to_bucket(self, bucket: str, sources: list[S3EventConfig]) -> None:
        configurations: list[Any] = []
        for source in sources:
            rules = [
                {"Name": name, "Value": value}
                for name, value in (("prefix", source.prefix), ("suffix", source.suffix))
                if value
            ]
            configuration: dict[str, Any] = {
                "QueueArn": self._event_queue(source.handler_string),
                "Events": source.events,
            }
            if rules:
                configuration["Filter"] = {"Key": {"FilterRules": rules}}
            configurations.append(configuration)
        boto3.client("s3").put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"QueueConfigurations": configurations}
        )

    def _listen_to_eventbridge(self, source: CloudWatchEventConfig) -> None:
        events = boto3.client("events")
        target = self._event_queue(source.handler_string)
        events.put_rule(Name=source.name, EventPattern=json.dumps(source.event_pattern))
        events.put_targets(Rule=source.name, Targets=[{"Id": "pump", "Arn": target}])

    # ---- carrying

    def wake(self) -> None:
        """Something may have happened: look at once. May be called from any thread."""
        self._wake.set()

    def collect(self) -> int:
        """Take what has arisen into `pending`, and count it."""
        before = len(self.pending)
        for url, handler in self._event_queues.items():
            for message in self._receive(url):
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                event = json.loads(message["Body"])
                if event.get("Event") != "s3:TestEvent":
                    if "detail-type" in event:
                        event.setdefault("account", ACCOUNT)  # EventBridge says whose event it is; moto does not
                    self.pending.append(Invocation(handler, event))
        for url, handler in self.app_queues.items():
            for message in self._receive(url):
                self.pending.append(Invocation(handler, _sqs_event(url, message), url, message["ReceiptHandle"]))
        now = time.time()
        for schedule in self.schedules:
            if schedule.due <= now:
                schedule.due += schedule.every_seconds * (1 + (now - schedule.due) // schedule.every_seconds)
                self.pending.append(Invocation(schedule.handler, scheduled_event(now)))
        return len(self.pending) - before

    def _receive(self, url: str) -> list[Any]:
        found: list[Any] = []
        while queues.is_ready(self._region, url):
            batch = self._sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0, AttributeNames=["All"]
            ).get("Messages", [])
            if not batch:  # all that was ready has gone to the dead-letter queue
                break
            found += batch
        return found

    def fire_schedules(self, at: float) -> None:
        """Bring every schedule forward, with the event that it would send at `at` (seconds since the epoch)."""
        self.pending += [Invocation(schedule.handler, scheduled_event(at)) for schedule in self.schedules]

    def invoke(self, invocation: Invocation) -> Any:  # noqa: ANN401 - whatever the handler answers
        """Call the handler once, as Lambda does; what it raises comes through."""
        invocation.invocations += 1
        context = LambdaContext(f"rapporteur-dev-{invocation.handler}", self._time_limit(invocation.handler))
        return getattr(self._module, invocation.handler)(json.loads(json.dumps(invocation.event)), context)

    def _time_limit(self, handler: str) -> float:
        own = self._config["lambda_functions"].get(handler, {})
        return float(own.get("lambda_timeout", self._config["lambda_timeout"]))

    def deliver(self, invocation: Invocation) -> bool:
        """Invoke the handler and do with the event what AWS does then. Returns whether the handler worked."""
        if invocation in self.pending:
            self.pending.remove(invocation)
        if not self.has_room(invocation):
            self._throttled(invocation)
            return False
        try:
            self.invoke(invocation)
        except (Exception, SystemExit) as exc:  # noqa: BLE001 - Lambda outlives whatever a handler does
            logger.debug("invocation failed", exc_info=exc)
            self._failed(invocation)
            return False
        if invocation.queue_url and invocation.receipt:
            self._sqs.delete_message(QueueUrl=invocation.queue_url, ReceiptHandle=invocation.receipt)
        return True

    def _throttled(self, invocation: Invocation) -> None:
        """A message was received, and shows up again after its queue's time-out; an event comes again in a minute,
        which counts for nothing. See https://docs.aws.amazon.com/lambda/latest/operatorguide/sqs-retries.html
        """
        if invocation.queue_url is None:
            invocation.not_before = time.time() + _THROTTLED_SECONDS
            self.pending.append(invocation)

    def _failed(self, invocation: Invocation) -> None:
        if invocation.queue_url and invocation.receipt:
            if self._retry_seconds is not None:
                self._sqs.change_message_visibility(
                    QueueUrl=invocation.queue_url,
                    ReceiptHandle=invocation.receipt,
                    VisibilityTimeout=int(self._retry_seconds),
                )
        elif invocation.invocations < _INVOCATIONS:
            wait = 60.0 * invocation.invocations if self._retry_seconds is None else self._retry_seconds
            invocation.not_before = time.time() + wait
            self.pending.append(invocation)
        else:
            self.dropped.append(invocation)

    def waiting(self) -> bool:
        """Whether anything is on its way: pending here, or in one of the app's queues, hidden or not."""
        return bool(self.pending) or any(queues.holds(self._region, url) for url in self.app_queues)

    def step(self) -> bool:
        """Collect, and deliver all that is ready. Returns whether there was anything."""
        self.collect()
        ready = [invocation for invocation in self.pending if invocation.not_before <= time.time()]
        for invocation in ready:
            self.deliver(invocation)
        return bool(ready)

    def wait(self, seconds: float) -> None:
        """Wait until something happens, at most `seconds`."""
        self._wake.wait(seconds)

    def serve(self, turn: Callable[[], AbstractContextManager[object]], before_step: Callable[[], None]) -> NoReturn:
        """Carry events for ever. Each look and each invocation is a `turn` of its own, so that others get theirs."""
        while True:
            self._wake.clear()
            with turn():
                before_step()
                self.collect()
                ready = [invocation for invocation in self.pending if invocation.not_before <= time.time()]
            for invocation in ready:
                with turn():
                    self.deliver(invocation)
            if not ready:
                with turn():
                    pause = _BUSY_SECONDS if self.waiting() else _POLL_SECONDS
                self.wait(pause)

    def run(self, busy: Callable[[], bool], before_step: Callable[[], None]) -> None:
        """Carry events until nothing is on its way and nothing is `busy`."""
        quiet_since = float("-inf")
        while True:
            woken = self._wake.is_set()
            self._wake.clear()
            before_step()
            if woken or time.monotonic() - quiet_since >= _POLL_SECONDS:
                if self.step():
                    quiet_since = float("-inf")  # what was carried may have set more in motion
                    continue
                quiet_since = time.monotonic()
            if busy():
                self.wait(_BUSY_SECONDS)
            elif self.waiting():
                self.wait(_IDLE_SECONDS)
                quiet_since = float("-inf")
            else:
                return


def scheduled_event(at: float) -> dict[str, Any]:
    """The event that EventBridge sends for a schedule at `at` (seconds since the epoch).

    Shape: https://docs.aws.amazon.com/lambda/latest/dg/with-eventbridge-scheduler.html
    """
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "us-east-1",
        "resources": [],
        "detail": {},
    }


def _sqs_event(url: str, message: dict[str, Any]) -> dict[str, Any]:
    """Shape: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:{ACCOUNT}:{url.rsplit('/', 1)[-1]}",
        "awsRegion": "us-east-1",
    }
    return {"Records": [record]}


_UNITS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}


def _schedule(expression: object, now: float) -> tuple[float, float]:
    """Every how many seconds a schedule fires, and when first."""
    text = expression if isinstance(expression, str) else expression.to_string()  # type: ignore[attr-defined]
    if text == "cron(0 * * * ? *)":
        return _UNITS["hour"], (now // _UNITS["hour"] + 1) * _UNITS["hour"]
    if daily := re.fullmatch(r"cron\(0 (\d+) \* \* \? \*\)", text):
        hour = int(daily[1]) * _UNITS["hour"]
        return _UNITS["day"], ((now - hour) // _UNITS["day"] + 1) * _UNITS["day"] + hour
    match = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", text)
    if match is None:
        raise NotImplementedError(f"the pump knows no schedule like {text}")
    every = int(match[1]) * _UNITS[match[2]]
    return every, now + every
