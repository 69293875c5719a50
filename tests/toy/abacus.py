"""An engine of its own, with all that an engine may have. Its service is a fake; it tells by SNS how a job ended."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from chalicelib.clients.aws import Aws
from chalicelib.domain import keys
from chalicelib.domain.keys import S3Object
from chalicelib.engines.costs import Charges, PaidWork, PriceList
from chalicelib.engines.grants import AwsPlace, EngineGrants, Grant
from chalicelib.engines.registry import EngineContext
from chalicelib.errors import EngineBusy
from chalicelib.message import Message
from chalicelib.seams.jobs import SNS, JobEvents, JobOutcome, Started, UnderWay
from chalicelib.settings import Settings, count
from chalicelib.speech.transcribe_json import load_transcript
from tests.toy.counting import CountingJob
from tests.toy.track import passages

PRICES = PriceList("2026-01-31", {"abacus.word": Decimal("0.001")})
SERVICES = ("rekognition",)
EVENTS = JobEvents(SNS)
BROKE = Message("beads-lost", "The abacus has lost %(lost)s beads.")
NOTE = Message("beads-left", "There were %(left)s beads left.")


@dataclass(frozen=True, kw_only=True)
class Options:
    abacus_beads: int = count("beads on the abacus", 100)


@dataclass
class Abaci:
    """The service: it counts at once, unless it is held; and it can be busy, or break."""

    jobs: dict[str, tuple[CountingJob, str]] = field(default_factory=dict)
    is_held: bool = False
    is_busy: bool = False
    is_broken: bool = False
    is_silent: bool = False
    """What it leaves and tells is lost on its way."""

    started: int = 0
    cancelled: list[str] = field(default_factory=list)


SERVICE = Abaci()


@dataclass(frozen=True)
class Abacus:
    aws: Aws
    topic: str
    beads: int

    def start(self, job: CountingJob) -> Started:
        if SERVICE.is_busy:
            raise EngineBusy
        if job.name in SERVICE.jobs:
            return UnderWay.UNDER_WAY
        SERVICE.jobs[job.name] = (job, "running")
        SERVICE.started += 1
        if not SERVICE.is_held:
            self.finish(job.name)
        return None

    def finish(self, name: str) -> None:
        """What the service does by itself when a job ends."""
        job, _ = SERVICE.jobs[name]
        status = "failed" if SERVICE.is_broken else "done"
        SERVICE.jobs[name] = (job, status)
        if SERVICE.is_silent:
            return
        if status == "done":
            body = self.aws.s3.get_object(Bucket=job.transcript.bucket, Key=job.transcript.key)["Body"].read()
            words = len(load_transcript(body).text.split())
            found = {"passages": [passage.to_json() for passage in passages(words)]}
            place = {"Bucket": job.destination.bucket, "Key": job.destination.key}
            self.aws.s3.put_object(**place, Body=json.dumps(found).encode())
        notice = {"abacus": name, "status": status, "left": self.beads}
        self.aws.sns.publish(TopicArn=self.topic, Message=json.dumps(notice))

    def read_event(self, event: Mapping[str, Any]) -> JobOutcome | None:
        match event["detail"]:
            case {"abacus": str(name), "status": "failed"} if keys.parse_job_name(name):
                return JobOutcome(name, failure=BROKE.of(lost=3))
            case {"abacus": str(name), "left": int(left)} if keys.parse_job_name(name):
                return JobOutcome(name, notes=(NOTE.of(left=left),))
        return None

    def cancel(self, name: str, source: S3Object) -> None:
        del source
        if SERVICE.jobs.pop(name, None):
            SERVICE.cancelled.append(name)

    def progress(self, name: str) -> float | None:
        return 0.25 if SERVICE.jobs.get(name, (None, ""))[1] == "running" else None


def create(context: EngineContext) -> Abacus:
    beads = context.settings.options(Options).abacus_beads
    return Abacus(context.aws, context.settings.jobs_topic_arn, beads)


def grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    def of(action: str) -> tuple[Grant, ...]:
        beads = settings.options(Options).abacus_beads
        return (Grant((f"abacus:{action}",), (place.arn("abacus", f"beads/{beads}"),)),)

    return EngineGrants(work=of("Count"), events=of("Read"), cancelling=of("Clear"))


def charges(work: PaidWork) -> Charges:
    return {"abacus.word": Decimal(len(work.transcript.text.split()) if work.transcript else 0)}
