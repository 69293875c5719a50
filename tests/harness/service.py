"""The whole service over fake engines, in virtual time: what the tests of state, events and faults drive."""

import email
import email.policy
import hashlib
import itertools
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
import time_machine
from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal import mock_random as moto_random
from moto.s3.models import s3_backends
from moto.ses import ses_backends

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, AssetRef, Options
from chalicelib.pipeline.register import register
from chalicelib.seams.registry import SEAMS
from chalicelib.services import Services
from local.aws.pump import EventPump
from local.runtime import Runtime
from tests.harness.fakes import Cloud, client, reset

parsed = cache(partial(email.message_from_string, policy=email.policy.default))
"""A mail from its text; each is looked at many times over."""

FAKE_ENGINES = {
    seam.setting.upper(): name if find_spec(name := f"tests.harness.fake_engines.{seam.setting}") else ""
    for seam in SEAMS
}
TRANSLATOR = {"TRANSLATOR": FAKE_ENGINES["TRANSLATOR"]}
DIARIZER = {"DIARIZER": FAKE_ENGINES["DIARIZER"]}
"""For tests in which speakers are told apart; in all others nothing does."""

FAKE_ENGINES |= dict.fromkeys((seam.setting.upper() for seam in SEAMS if seam.is_optional), "") | {
    "SUMMARIZER": FAKE_ENGINES["SUMMARIZER"]
}
RECOGNIZER = {"ENTITY_RECOGNIZER": "tests.harness.fake_engines.entity_recognizer"}
"""For tests in which custom entities are looked for."""

DETECTOR = {"TOXICITY_DETECTOR": "tests.harness.fake_engines.toxicity_detector"}
"""For tests in which hurtful words are looked for."""

VISION = {"VISION_ANALYZER": "tests.harness.fake_engines.vision_analyzer"}
"""For tests in which films and pictures are looked at."""

EMBEDDER = {"EMBEDDER": "tests.harness.fake_engines.embedder"}
"""For tests in which it is searched by meaning."""

ANSWERER = {"ANSWERER": "tests.harness.fake_engines.answerer"}
"""For tests in which questions are answered."""

READER = {"DOCUMENT_READER": "tests.harness.fake_engines.document_reader"}
"""For tests in which documents are read."""

FACES = {"BIOMETRICS": "true", "FACE_COLLECTIONS": "tests.harness.fake_engines.face_collections"}
"""For tests in which people are known by their faces."""

SHARED = dict.fromkeys(
    ("TRANSCRIBER", "VISION_ANALYZER", "TOXICITY_DETECTOR", "SUMMARIZER"), "tests.harness.fake_engines.shared_job"
)
"""For tests in which one job does several things for a run."""

OWNER = "owner-1"
EMAIL = "owner@rapporteur.example"

SES_TEST = "Successfully validated SNS topic for Amazon SES event publishing."
"""What SES sends to a topic by itself, as soon as its events are led there:
https://github.com/ope-tech/laravel-ses/issues/10"""

_LONG = 48 * 3600.0
_WHEN = re.compile(rb"Uploaded on [^<]*")


@dataclass
class Service:
    """A running service, its outside world, and its clock."""

    runtime: Runtime
    cloud: Cloud
    clock: Any
    runs: int = 0
    """How many runs a test has begun, where it counts them."""

    @property
    def pump(self) -> EventPump:
        return self.runtime.pump

    @property
    def services(self) -> Services:
        return self.runtime.services

    def announce(self, name: str = "debate.mp4", owner: str = OWNER, **options: Any) -> Asset:
        return register(owner, name, Options(**{"email": EMAIL, **options}), self.services)

    def put(self, asset: Asset, body: bytes = b"recording") -> None:
        bucket = self.services.settings.uploads_bucket
        client("s3").put_object(Bucket=bucket, Key=asset.input_key, Body=body)

    def upload(self, name: str = "debate.mp4", body: bytes = b"recording", **options: Any) -> Asset:
        asset = self.announce(name, **options)
        self.put(asset, body)
        return asset

    def settle(self, limit: float = _LONG) -> None:
        """Carry everything, moving the clock whenever there is only waiting left, until nothing is on its way."""
        end = time.time() + limit
        while time.time() < end:
            if self.pump.step() or self.cloud.finish_all():
                continue
            if not self.pump.waiting():
                return
            self.clock.shift(725)
        raise AssertionError("the service never came to rest")

    def without_index(self) -> None:
        """From now on nothing that finishes is put into the index."""
        sns = boto3.client("sns")
        for one in sns.list_subscriptions()["Subscriptions"]:
            if one["Endpoint"].endswith("-learning"):
                sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])

    def hours_pass(self, hours: int) -> None:
        """Let the hourly schedules fire."""
        for _ in range(hours):
            self.clock.shift(3601)
            self.settle()

    def later(self, hours: int) -> None:
        """Let so many hours pass, of whose schedules only the last fire: as good as all of them, and much quicker."""
        self.clock.shift((hours - 1) * 3600)
        self.hours_pass(1)

    def asset(self, ref: AssetRef) -> Asset:
        found = self.services.store.get(ref)
        assert found is not None
        return found

    def mails(self, asset: Asset) -> list[bytes]:
        return self.runtime.mail_about(keys.job_name(self.asset(asset.ref).run, keys.Task.REPORT))

    def mails_sent(self) -> int:
        return len(ses_backends[DEFAULT_ACCOUNT_ID]["us-east-1"].sent_messages)

    def tell_of_mail(self, message: str) -> None:
        """What SES tells of mail, by its topic."""
        topics = boto3.client("sns").list_topics()["Topics"]
        (topic,) = [topic["TopicArn"] for topic in topics if topic["TopicArn"].endswith("mail-events")]
        boto3.client("sns").publish(TopicArn=topic, Message=message)

    def now(self) -> float:
        return time.time()

    def dead_letters(self, queue: str) -> list[str]:
        sqs = boto3.client("sqs")
        url = sqs.get_queue_url(QueueName=f"rapporteur-dev-{queue}-dead-letters")["QueueUrl"]
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [message["Body"] for message in found.get("Messages", [])]

    def snapshot(self, ref: AssetRef) -> dict[str, Any]:
        """Everything stored about an asset, without what differs from run to run (its id and the times)."""
        asset = self.asset(ref)
        objects = {}
        bucket = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[self.services.settings.output_bucket]
        for key, found in bucket.keys.items():  # as they lie there: asking for each took a fifth of these tests' time
            if ref.asset_id in key:
                plain = _WHEN.sub(b"", found.value.replace(ref.asset_id.encode(), b"ASSET"))
                objects[key.replace(ref.asset_id, "ASSET")] = hashlib.sha256(plain).hexdigest()
        tracks = [
            {name: value for name, value in track.items() if name not in {"started_at", "ended_at", "expires"}}
            for track in self.services.store.tracks(ref)
        ]
        state = {
            "status": asset.status,
            "version": asset.version,
            "branches": {branch: state.status.value for branch, state in asset.branches.items()},
            "open": sorted(asset.open_branches),
            "renditions": [rendition.preset for rendition in asset.renditions],
            "notes": list(asset.notes),
            "failure": asset.failure,
            "report": asset.report,
            "watched": any(found == ref for found in self.services.store.overdue(time.time() + 10**9)),
        }
        text = json.dumps([state, tracks], sort_keys=True, default=str).replace(ref.asset_id, "ASSET")
        return {"state": json.loads(text), "objects": objects}


@contextmanager
def running_service(**settings: str) -> Iterator[Service]:
    """A service that starts at a fixed hour, whose clock only tests move and whose ids are the same every time."""
    cloud = reset()
    ids = itertools.count(1)
    moto_random.seed(1)
    with (
        patch("chalicelib.domain.assets.secrets", SimpleNamespace(token_hex=lambda size: f"{next(ids):0{2 * size}x}")),
        time_machine.travel("2026-11-21T10:00:00Z", tick=False) as clock,
        Runtime({"AI_OPTIONS": "", **FAKE_ENGINES, **settings}, retry_seconds=None) as runtime,
    ):
        service = Service(runtime, cloud, clock)
        service.tell_of_mail(SES_TEST)
        yield service
