"""One job of AWS Batch a run: what is submitted, how it is found again, and what is told of its end."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import boto3
import pytest
import time_machine
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.stub import Stubber
from moto import mock_aws

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.engines import batch
from chalicelib.engines.batch import BatchJobs
from chalicelib.engines.costs import Charges, PaidWork
from chalicelib.engines.job_failures import (
    GIVEN_UP,
    STOPPED_BY_OWNER,
    Ended,
    ended_of,
    failures,
    lacked_machine,
    noted_in,
)
from chalicelib.engines.registry import EngineContext, module_of
from chalicelib.engines.transcription import batch_gpu as hearing
from chalicelib.engines.vision import batch_gpu as looking
from chalicelib.errors import EngineBusy, EngineFailed, SettingsError
from chalicelib.pipeline.estimates import A_PICTURE, media_of, work_on
from chalicelib.seams.jobs import CancelsJobs, JobOutcome, ReadsEvents, TellsProgress, UnderWay
from chalicelib.seams.options import SettlesOptions
from chalicelib.seams.run_job import MadePart, RunJob, SharesJob
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.seams.toxicity import TOXICITY
from chalicelib.seams.transcription import KnowsLanguages, TranscriptionJob
from chalicelib.seams.vision import VISION, Looking, TakesFrames, TakesPictures, VisionJob
from chalicelib.speech.transcripts import Transcript
from chalicelib.vision.detections import Detection
from chalicelib.vision.moderation import ModerationRule
from container import settings as job_settings
from container.failures import INTERRUPTED, STATUS
from docs import make_costs
from tests.engines.stubs import RUN, answer, context, stubbed
from tests.harness.managed import BATCH, ON_GPU
from tests.harness.places import DATA

NAME = f"{RUN}.gpu"
ABROAD = NAME.replace(".", "_")
PLACE = "owner-1/1a1fd8c69000000000000000001/v1"
TRANSCRIPT, MODERATION, SUMMARY, TOXIC = (f"{RUN}.{one}" for one in ("transcript", "moderation", "summary", "toxicity"))
KEYS = {
    MODERATION: f"output/jobs/moderation/{PLACE}/moderation.jsonl",
    TRANSCRIPT: f"output/jobs/transcript/{PLACE}/transcript.json",
    TOXIC: f"output/jobs/toxicity/{PLACE}/toxicity.json",
    SUMMARY: f"output/jobs/summary/{PLACE}/summary.json",
}
QUEUE, URGENT, DEFINITION = BATCH["BATCH_QUEUE"], BATCH["BATCH_URGENT_QUEUE"], BATCH["BATCH_JOB_DEFINITION"]
ON_DEMAND = f"{QUEUE}-on-demand"
ID, OTHER = "4c7599ae-0a82-49aa-ba5a-4727fcce14a8", "00000000-0a82-49aa-ba5a-4727fcce14a8"
NOW = "2026-11-21T10:00:00Z"
MEDIA = media_of(60.0, video=True)
UPLOAD = S3Object("uploads", f"input/{PLACE.removesuffix('/v1')}/recording.mp4")


def at(name: str) -> S3Object:
    return S3Object("output", KEYS[name])


JOB = RunJob(
    NAME,
    UPLOAD,
    MEDIA,
    S3Object("output", f"output/gpu/{PLACE}/"),
    VisionJob(MODERATION, Detection.MODERATION, Looking.FILM, UPLOAD, MEDIA, at(MODERATION), AiOptions()),
    ModerationRule(60),
    TranscriptionJob(TRANSCRIPT, UPLOAD, at(TRANSCRIPT), None),
    MadePart(TOXIC, at(TOXIC)),
    MadePart(SUMMARY, at(SUMMARY)),
)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def given(clock: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[EngineContext]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="output")
        boto3.client("dynamodb", region_name="us-east-1").create_table(
            TableName="idempotency",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield context(**{name.lower(): value for name, value in BATCH.items()})


@pytest.fixture
def stubber(given: EngineContext) -> Iterator[Stubber]:
    with stubbed(given.aws, "batch", "batch") as stubber:
        yield stubber


@pytest.fixture
def engine(given: EngineContext) -> BatchJobs:
    return hearing.create(given)


def with_on_demand(engine: BatchJobs) -> BatchJobs:
    return replace(engine, options=replace(engine.options, batch_on_demand_queue=ON_DEMAND))


def request(queue: str = QUEUE, job: RunJob = JOB) -> dict[str, Any]:
    told = json.dumps(job.to_json(), separators=(",", ":"))
    return {
        "jobName": ABROAD,
        "jobQueue": queue,
        "jobDefinition": DEFINITION,
        "containerOverrides": {
            "environment": [
                {"name": "RAPPORTEUR_JOB", "value": told},
                {"name": "RAPPORTEUR_JOB_SECONDS", "value": "1860"},
                {"name": "RAPPORTEUR_JOB_TOXIC_FROM", "value": "0.5"},
            ]
        },
        "timeout": {"attemptDurationSeconds": 1920},
        "tags": {"rapporteur-job": "rapporteur-dev-gpu"},
    }


def submitted(stubber: Stubber, job_id: str = ID, queue: str = QUEUE, job: RunJob = JOB) -> None:
    answer(stubber, "submit_job", {"jobId": job_id, "jobName": ABROAD}, **request(queue, job))


def listed(stubber: Stubber, queue: str, *found: str, name: str = ABROAD) -> None:
    summaries = [{"jobId": job_id, "jobName": name, "status": "RUNNABLE"} for job_id in found]
    asked = {"jobQueue": queue, "filters": [{"name": "JOB_NAME", "values": [ABROAD]}]}
    answer(stubber, "list_jobs", {"jobSummaryList": summaries}, **asked)


def described(stubber: Stubber, status: str, job_id: str = ID, **more: Any) -> None:
    job = {
        "jobId": job_id,
        "jobName": ABROAD,
        "jobQueue": QUEUE,
        "status": status,
        "startedAt": 0,
        "createdAt": 1795255200000 - 60_000,
        "jobDefinition": DEFINITION,
        **more,
    }
    answer(stubber, "describe_jobs", {"jobs": [job]}, jobs=[job_id])


def at_work(stubber: Stubber, *queues: str, **found: dict[str, int]) -> None:
    """No machine works off these queues, or, where there is a job of some status, one does."""
    for status in ("RUNNING", "STARTING", "SUCCEEDED", "FAILED"):
        for queue in queues:
            other = {"jobId": OTHER, "jobName": "another", "status": status}
            told = [{**other, **found[status]}] if status in found else []
            answer(stubber, "list_jobs", {"jobSummaryList": told}, jobQueue=queue, jobStatus=status)
            if status in found:
                return


def ended(stubber: Stubber, job_id: str = ID, reason: str = GIVEN_UP) -> None:
    answer(stubber, "terminate_job", {}, jobId=job_id, reason=reason)


def leave(engine: BatchJobs, *names: str) -> None:
    for name in names:
        engine.aws.s3.put_object(Bucket="output", Key=KEYS[name], Body=b"{}")


def noted(engine: BatchJobs, document: object, name: str = "failure.json") -> None:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    engine.aws.s3.put_object(Bucket="output", Key=f"output/gpu/{PLACE}/{name}", Body=body)


def start(engine: BatchJobs, stubber: Stubber, job_id: str = ID) -> None:
    submitted(stubber, job_id)
    assert engine.start_run(JOB, TRANSCRIPT) is None


def code(outcome: object) -> str | None:
    assert isinstance(outcome, JobOutcome)
    return outcome.failure and outcome.failure.code


def event(name: str = "failed", **changed: Any) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((DATA / "events" / f"batch_{name}.json").read_text())
    told["detail"] |= changed
    return told


# ---- starting


def test_it_is_submitted_once_with_all_that_it_is_to_do_and_time_by_its_length(
    engine: BatchJobs, stubber: Stubber
) -> None:
    start(engine, stubber)
    described(stubber, "RUNNING")
    assert engine.start_run(JOB, SUMMARY) is UnderWay.UNDER_WAY


def test_what_is_urgent_goes_to_the_queue_for_that(engine: BatchJobs, stubber: Stubber) -> None:
    submitted(stubber, queue=URGENT)
    assert engine.start_run(replace(JOB, urgent=True), TRANSCRIPT) is None


def test_from_when_words_count_as_hurtful_is_what_the_deployment_says(given: EngineContext) -> None:
    for percent, told in ((7, "0.07"), (57, "0.57"), (100, "1.0")):
        settings = replace(given.settings, toxicity_confidence=percent)
        asked = json.loads(hearing.create(EngineContext(settings, given.aws))._asked(JOB))["containerOverrides"]
        found = {one["name"]: one["value"] for one in asked["environment"]}["RAPPORTEUR_JOB_TOXIC_FROM"]
        assert found == told
        assert job_settings.read({"RAPPORTEUR_JOB_TOXIC_FROM": found}).toxic_from == percent / 100


@pytest.mark.parametrize("kinds", [("x" * 7_000,), tuple(f"Kind number {number:03d} of ours" for number in range(240))])
def test_what_is_too_much_to_tell_is_refused_and_nothing_is_submitted(
    engine: BatchJobs, stubber: Stubber, kinds: tuple[str, ...]
) -> None:
    job = replace(JOB, rule=ModerationRule(60, kinds))
    with pytest.raises(EngineFailed, match="cannot be told"):
        engine.start_run(job, TRANSCRIPT)


def test_terms_that_there_is_no_room_for_stay_at_home_the_least_likely_first(
    engine: BatchJobs, stubber: Stubber
) -> None:
    assert JOB.transcription is not None
    assert JOB.rule is not None
    terms = tuple(f"김서연{number:02}의 이름" for number in range(40))
    kinds = replace(JOB.rule, kinds=tuple(f"kind {number:04}" for number in range(330)))
    crowded = replace(JOB, rule=kinds, transcription=replace(JOB.transcription, terms=terms))
    (told,) = (one["value"] for one in json.loads(engine._asked(crowded))["containerOverrides"]["environment"][:1])
    kept = json.loads(told)["transcription"]["terms"]
    assert 0 < len(kept) < len(terms)
    assert kept == list(terms[: len(kept)])
    submitted(stubber, job=replace(crowded, transcription=replace(JOB.transcription, terms=tuple(kept))))
    assert engine.start_run(crowded, TRANSCRIPT) is None


def test_all_that_is_told_is_within_what_ecs_takes(engine: BatchJobs) -> None:
    """Also with as many kinds as go through: quotation marks within a value count twice."""
    for number in range(0, 2_000, 20):
        job = replace(JOB, rule=ModerationRule(60, tuple(f"K{one}" for one in range(number))))
        try:
            told = json.loads(engine._asked(job))["containerOverrides"]
        except EngineFailed:
            break
        assert len(json.dumps(told)) < 8_192 - 1_000
    else:
        pytest.fail("all of it went through")


@pytest.mark.parametrize("status", ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING"])
def test_one_that_has_not_ended_is_under_way(engine: BatchJobs, stubber: Stubber, status: str) -> None:
    start(engine, stubber)
    described(stubber, status)
    assert engine.start_run(JOB, MODERATION) is UnderWay.UNDER_WAY


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_of_one_that_has_ended_what_is_there_is_there_and_the_rest_has_failed(
    engine: BatchJobs, stubber: Stubber, status: str
) -> None:
    start(engine, stubber)
    leave(engine, TRANSCRIPT)
    noted(engine, {"step": "summary", "code": "models-missing", "parts": {"summary": "models-missing"}})
    told = {"container": {"exitCode": 0 if status == "SUCCEEDED" else 16}}
    for part, expected in ((TRANSCRIPT, None), (SUMMARY, "job-models-missing")):
        described(stubber, status, **told)
        assert code(engine.start_run(JOB, part)) == expected


def test_a_part_that_it_was_never_told_of_has_failed_when_it_ends(engine: BatchJobs, stubber: Stubber) -> None:
    job = replace(JOB, summary=None)
    submitted(stubber, job=job)
    assert engine.start_run(job, TRANSCRIPT) is None
    described(stubber, "RUNNING")
    assert engine.start_run(JOB, SUMMARY) is UnderWay.UNDER_WAY
    described(stubber, "SUCCEEDED")
    assert code(engine.start_run(JOB, SUMMARY)) == "job-left-nothing"


@pytest.mark.parametrize(
    ("refusal", "raised"),
    [
        ("ClientException", EngineFailed),
        ("AccessDeniedException", EngineFailed),
        ("TooManyRequestsException", EngineBusy),
        ("ServerException", ClientError),
    ],
)
def test_what_batch_refuses_is_told_and_can_be_submitted_at_once_when_it_is_asked_again(
    engine: BatchJobs, stubber: Stubber, refusal: str, raised: type[Exception]
) -> None:
    stubber.add_client_error("submit_job", refusal)
    with pytest.raises(raised):
        engine.start_run(JOB, TRANSCRIPT)
    listed(stubber, QUEUE)
    listed(stubber, URGENT)
    start(engine, stubber)


# ---- who died over it


def dying(engine: BatchJobs, monkeypatch: pytest.MonkeyPatch, call: str, *, after: bool) -> None:
    """The next call of this kind fails: before it is made, or with its answer lost."""
    client = engine.aws.batch if call == "submit_job" else engine.aws.dynamodb
    made: Callable[..., Any] = getattr(client, call)

    def failing(**asked: Any) -> Any:
        monkeypatch.setattr(client, call, made)
        if after:
            made(**asked)
        raise ReadTimeoutError(endpoint_url="https://batch")

    monkeypatch.setattr(client, call, failing)


def test_who_died_before_it_was_submitted_is_followed_after_a_while(
    engine: BatchJobs, stubber: Stubber, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying(engine, monkeypatch, "submit_job", after=False)
    with pytest.raises(ReadTimeoutError):
        engine.start_run(JOB, TRANSCRIPT)
    with pytest.raises(EngineBusy):
        engine.start_run(JOB, MODERATION)
    clock.shift(61)
    listed(stubber, QUEUE)
    listed(stubber, URGENT)
    start(engine, stubber)


def test_who_died_after_it_was_submitted_has_it_found_by_its_name(
    engine: BatchJobs, stubber: Stubber, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying(engine, monkeypatch, "submit_job", after=True)
    submitted(stubber)
    with pytest.raises(ReadTimeoutError):
        engine.start_run(JOB, TRANSCRIPT)
    clock.shift(61)
    listed(stubber, QUEUE, OTHER, name=ABROAD.upper())  # its filter is blind to case
    listed(stubber, URGENT, ID)
    for _ in range(2):
        described(stubber, "RUNNING")
        assert engine.start_run(JOB, TRANSCRIPT) is UnderWay.UNDER_WAY


@pytest.mark.parametrize("after", [False, True])
def test_who_died_over_its_note_has_it_found_too(
    engine: BatchJobs, stubber: Stubber, clock: Any, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    submitted(stubber)
    monkeypatch.setattr(
        "chalicelib.storage.run_jobs.RunJobs.note",
        _once(monkeypatch, "chalicelib.storage.run_jobs.RunJobs.note", after=after),
    )
    with pytest.raises(ReadTimeoutError):
        engine.start_run(JOB, TRANSCRIPT)
    clock.shift(61)
    if not after:
        listed(stubber, QUEUE, ID)
    described(stubber, "RUNNING")
    assert engine.start_run(JOB, TRANSCRIPT) is UnderWay.UNDER_WAY


def _once(monkeypatch: pytest.MonkeyPatch, where: str, *, after: bool) -> Callable[..., Any]:
    from chalicelib.storage.run_jobs import RunJobs

    note = RunJobs.note

    def failing(*args: Any) -> Any:
        monkeypatch.setattr(where, note)
        if after:
            note(*args)
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    return failing


def test_of_two_that_come_at_once_one_submits_it(
    engine: BatchJobs, stubber: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = engine.aws.batch.submit_job

    def meanwhile(**asked: Any) -> Any:
        with pytest.raises(EngineBusy):
            engine.start_run(JOB, MODERATION)
        return submit(**asked)

    monkeypatch.setattr(engine.aws.batch, "submit_job", meanwhile)
    start(engine, stubber)


def test_of_two_that_take_it_over_one_submits_it(
    engine: BatchJobs, stubber: Stubber, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying(engine, monkeypatch, "submit_job", after=False)
    with pytest.raises(ReadTimeoutError):
        engine.start_run(JOB, TRANSCRIPT)
    clock.shift(61)
    find = BatchJobs._find

    def slowly(self: BatchJobs, *args: Any) -> Any:
        yield from find(self, *args)
        monkeypatch.setattr(BatchJobs, "_find", find)
        listed(stubber, QUEUE)
        listed(stubber, URGENT)
        start(engine, stubber)

    monkeypatch.setattr(BatchJobs, "_find", slowly)
    listed(stubber, QUEUE)
    listed(stubber, URGENT)
    with pytest.raises(EngineBusy):
        engine.start_run(JOB, SUMMARY)


def unknown(stubber: Stubber, job_id: str = ID) -> None:
    answer(stubber, "describe_jobs", {"jobs": []}, jobs=[job_id])


def test_of_one_that_was_just_submitted_batch_may_know_nothing_yet(
    engine: BatchJobs, stubber: Stubber, clock: Any
) -> None:
    start(engine, stubber)
    for part in (MODERATION, TRANSCRIPT):
        unknown(stubber)
        assert engine.start_run(JOB, part) is UnderWay.UNDER_WAY
        clock.shift(299)
    described(stubber, "RUNNABLE")
    assert engine.start_run(JOB, TRANSCRIPT) is UnderWay.UNDER_WAY


def test_one_that_batch_no_longer_knows_is_submitted_once_more_and_then_has_failed(
    engine: BatchJobs, stubber: Stubber, clock: Any
) -> None:
    start(engine, stubber)
    clock.shift(601)
    unknown(stubber)
    ended(stubber)
    start(engine, stubber, OTHER)
    unknown(stubber, OTHER)
    assert engine.start_run(JOB, TRANSCRIPT) is UnderWay.UNDER_WAY
    clock.shift(601)
    leave(engine, TRANSCRIPT)
    for part, expected in ((TRANSCRIPT, None), (SUMMARY, "job-lost")):
        unknown(stubber, OTHER)
        assert code(engine.start_run(JOB, part)) == expected


# ---- no machine comes


def stuck(stubber: Stubber, job_id: str = ID, **more: Any) -> None:
    described(stubber, "RUNNABLE", job_id, **{"createdAt": 1795255200000 - 31 * 60_000, **more})


def test_what_no_machine_came_for_in_time_is_stopped_and_has_failed(engine: BatchJobs, stubber: Stubber) -> None:
    start(engine, stubber)
    stuck(stubber)
    at_work(stubber, QUEUE, URGENT)
    ended(stubber)
    assert code(engine.start_run(JOB, TRANSCRIPT)) == "job-without-machine"
    told = engine.read_event(event(statusReason=GIVEN_UP, container={}, attempts=[]))  # type: ignore[attr-defined]
    assert {(one.job_name, one.failure.code) for one in told} == {(name, "job-without-machine") for name in KEYS}


LATELY, LONG_AGO = (1795255200000 - 60_000 * minutes for minutes in (29, 31))


@pytest.mark.parametrize(
    "found",
    [
        {"RUNNING": {}},
        {"STARTING": {}},
        {"SUCCEEDED": {"startedAt": 1, "stoppedAt": LATELY}},
        {"FAILED": {"startedAt": 1, "stoppedAt": LATELY}},
    ],
    ids=lambda found: next(iter(found)).lower(),
)
@pytest.mark.parametrize(
    "more", [{}, {"statusReason": "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"}], ids=["", "capacity"]
)
def test_behind_others_it_waits_for_as_long_as_it_takes(
    given: EngineContext, stubber: Stubber, found: dict[str, Any], more: dict[str, str]
) -> None:
    engine = with_on_demand(hearing.create(given))
    start(engine, stubber)
    stuck(stubber, createdAt=1795255200000 - 6 * 3_600_000, **more)
    at_work(stubber, QUEUE, URGENT, **found)
    assert engine.start_run(JOB, TRANSCRIPT) is UnderWay.UNDER_WAY


@pytest.mark.parametrize(
    "found",
    [
        {"SUCCEEDED": {"startedAt": 1, "stoppedAt": LONG_AGO}},
        {"FAILED": {"startedAt": 1, "stoppedAt": LONG_AGO}},
        {"FAILED": {"stoppedAt": LATELY}},  # it waited as well, and has been ended
    ],
    ids=["done long ago", "failed long ago", "never ran"],
)
def test_what_ended_long_ago_or_never_ran_moves_nothing(
    engine: BatchJobs, stubber: Stubber, found: dict[str, dict[str, int]]
) -> None:
    start(engine, stubber)
    stuck(stubber)
    for status in ("RUNNING", "STARTING", "SUCCEEDED", "FAILED"):
        for queue in (QUEUE, URGENT):
            told = [{"jobId": OTHER, "jobName": "another", **found[status]}] if status in found else []
            answer(stubber, "list_jobs", {"jobSummaryList": told}, jobQueue=queue, jobStatus=status)
    ended(stubber)
    assert code(engine.start_run(JOB, TRANSCRIPT)) == "job-without-machine"


def test_one_that_lost_its_machine_waits_from_then(engine: BatchJobs, stubber: Stubber) -> None:
    start(engine, stubber)
    stuck(stubber, attempts=[{"stoppedAt": 1795255200000 - 60_000}])
    assert engine.start_run(JOB, TRANSCRIPT) is UnderWay.UNDER_WAY


def test_what_no_machine_came_for_is_tried_once_on_demand(given: EngineContext, stubber: Stubber) -> None:
    engine = with_on_demand(hearing.create(given))
    start(engine, stubber)
    stuck(stubber)
    at_work(stubber, QUEUE, URGENT)
    ended(stubber)
    submitted(stubber, OTHER, ON_DEMAND)
    assert engine.start_run(JOB, TRANSCRIPT) is None
    # What is told of the first one is no news any more.
    assert engine.read_event(event(statusReason=GIVEN_UP, container={})) == ()
    stuck(stubber, OTHER)
    at_work(stubber, ON_DEMAND)
    ended(stubber, OTHER)
    assert code(engine.start_run(JOB, TRANSCRIPT)) == "job-without-machine"


@pytest.mark.parametrize("refusal", ["ClientException", "AccessDeniedException"])
def test_who_died_on_the_way_there_is_followed_and_the_first_one_is_not_taken_for_the_second(
    given: EngineContext, stubber: Stubber, clock: Any, monkeypatch: pytest.MonkeyPatch, refusal: str
) -> None:
    engine = with_on_demand(hearing.create(given))
    start(engine, stubber)
    stuck(stubber)
    at_work(stubber, QUEUE, URGENT)
    stubber.add_client_error("terminate_job", "ServerException")
    with pytest.raises(ClientError):
        engine.start_run(JOB, TRANSCRIPT)
    listed(stubber, QUEUE, ID)
    listed(stubber, URGENT)
    listed(stubber, ON_DEMAND)
    stubber.add_client_error("terminate_job", refusal)  # it has ended, or is not known any more
    submitted(stubber, OTHER, ON_DEMAND)
    assert engine.start_run(JOB, TRANSCRIPT) is None


LACKED: dict[str, dict[str, Any]] = {
    "host": {"statusReason": "Host EC2 (instance i-0a1b) terminated.", "container": {}},
    "capacity": {"statusReason": "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY", "container": {}},
    "told to end": {"statusReason": "Essential container in task exited", "container": {"exitCode": 143}},
}


@pytest.fixture(params=LACKED.values(), ids=LACKED)
def lacking(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What Batch tells of a job that it has given up for want of Spot machines."""
    return {"attempts": [], **request.param}


def elsewhere(given: EngineContext, stubber: Stubber) -> BatchJobs:
    """The engine of a deployment with machines on demand, which has started the job."""
    engine = with_on_demand(hearing.create(given))
    start(engine, stubber)
    return engine


def tried_elsewhere(stubber: Stubber) -> None:
    ended(stubber)
    submitted(stubber, OTHER, ON_DEMAND)


def test_what_lacked_a_spot_machine_is_tried_on_demand_as_soon_as_that_is_told(
    given: EngineContext, stubber: Stubber, lacking: dict[str, Any]
) -> None:
    engine = elsewhere(given, stubber)
    tried_elsewhere(stubber)
    for _ in range(3):  # an event may come twice
        assert engine.read_event(event(**lacking)) == ()
    described(stubber, "RUNNABLE", OTHER)
    assert engine.start_run(JOB, TRANSCRIPT) is UnderWay.UNDER_WAY
    assert len(engine.read_event(event(jobId=OTHER, **lacking)) or ()) == len(KEYS)
    described(stubber, "FAILED", OTHER, **lacking)
    assert code(engine.start_run(JOB, TRANSCRIPT)) in {"job-interrupted", "job-without-machine"}


def test_where_that_is_not_told_whoever_asks_next_has_it_tried(
    given: EngineContext, stubber: Stubber, lacking: dict[str, Any]
) -> None:
    engine = elsewhere(given, stubber)
    described(stubber, "FAILED", **lacking)
    tried_elsewhere(stubber)
    assert engine.start_run(JOB, TRANSCRIPT) is None
    assert engine.read_event(event(**lacking)) == ()


def test_nothing_is_tried_on_demand_of_which_all_is_there_or_that_was_stopped(
    given: EngineContext, stubber: Stubber
) -> None:
    engine, told = elsewhere(given, stubber), event(**LACKED["host"], attempts=[])
    leave(engine, *KEYS)
    assert engine.read_event(told) == ()
    engine.aws.s3.delete_object(Bucket="output", Key=KEYS[SUMMARY])
    ended(stubber, reason=STOPPED_BY_OWNER)
    engine.cancel(TRANSCRIPT, UPLOAD)
    assert engine.read_event(told) == ()


def test_what_is_told_before_the_job_is_noted_is_tried_on_demand_too(
    given: EngineContext, stubber: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = with_on_demand(hearing.create(given))
    submit = engine.aws.batch.submit_job

    def meanwhile(**asked: Any) -> Any:
        monkeypatch.setattr(engine.aws.batch, "submit_job", submit)
        answered = submit(**asked)
        tried_elsewhere(stubber)
        assert engine.read_event(event(**LACKED["host"], attempts=[])) == ()
        ended(stubber, reason=STOPPED_BY_OWNER)  # by whoever submitted it, and notes it too late
        return answered

    monkeypatch.setattr(engine.aws.batch, "submit_job", meanwhile)
    start(engine, stubber)
    described(stubber, "RUNNABLE", OTHER)
    assert engine.start_run(JOB, TRANSCRIPT) is UnderWay.UNDER_WAY


@pytest.mark.parametrize("after", [False, True])
def test_who_died_over_that_is_followed_when_the_event_comes_again(
    given: EngineContext, stubber: Stubber, clock: Any, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    engine, told = elsewhere(given, stubber), event(**LACKED["host"], attempts=[])
    dying(engine, monkeypatch, "submit_job", after=after)
    ended(stubber)
    if after:
        submitted(stubber, OTHER, ON_DEMAND)
    with pytest.raises(ReadTimeoutError):
        engine.read_event(told)
    with pytest.raises(EngineBusy):
        engine.read_event(told)
    clock.shift(61)
    listed(stubber, QUEUE, ID)
    listed(stubber, URGENT)
    listed(stubber, ON_DEMAND, *([OTHER] if after else []))
    if not after:
        tried_elsewhere(stubber)
    for _ in range(2):
        assert engine.read_event(told) == ()


def test_what_batch_refuses_then_is_told_of_each_part(given: EngineContext, stubber: Stubber) -> None:
    engine = elsewhere(given, stubber)
    leave(engine, MODERATION)
    ended(stubber)
    stubber.add_client_error("submit_job", "ClientException")
    told = engine.read_event(event(**LACKED["host"], attempts=[])) or ()
    assert {one.job_name: code(one) for one in told} == dict.fromkeys((TRANSCRIPT, TOXIC, SUMMARY), "request-refused")


# ---- stopping


@pytest.mark.parametrize("part", [NAME, *KEYS])
def test_whichever_part_is_cancelled_the_job_is_stopped_and_never_submitted_again(
    engine: BatchJobs, stubber: Stubber, part: str
) -> None:
    start(engine, stubber)
    for _ in range(2):
        ended(stubber, reason=STOPPED_BY_OWNER)
        engine.cancel(part, UPLOAD)
    assert code(engine.start_run(JOB, TRANSCRIPT)) == "job-stopped"
    assert engine.read_event(event(statusReason=STOPPED_BY_OWNER)) == ()


def test_what_was_never_begun_is_cancelled_without_a_word_and_never_begun(engine: BatchJobs, stubber: Stubber) -> None:
    engine.cancel(TRANSCRIPT, UPLOAD)
    engine.cancel("no name of ours", UPLOAD)
    assert code(engine.start_run(JOB, TRANSCRIPT)) == "job-stopped"


def test_one_that_nobody_has_noted_is_found_and_stopped(
    engine: BatchJobs, stubber: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying(engine, monkeypatch, "submit_job", after=True)
    submitted(stubber)
    with pytest.raises(ReadTimeoutError):
        engine.start_run(JOB, TRANSCRIPT)
    listed(stubber, QUEUE, ID)
    listed(stubber, URGENT)
    ended(stubber, reason=STOPPED_BY_OWNER)
    engine.cancel(TRANSCRIPT, UPLOAD)


def test_one_that_is_cancelled_while_it_is_submitted_is_stopped(
    engine: BatchJobs, stubber: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = engine.aws.batch.submit_job

    def meanwhile(**asked: Any) -> Any:
        engine.cancel(TRANSCRIPT, UPLOAD)
        return submit(**asked)

    monkeypatch.setattr(engine.aws.batch, "submit_job", meanwhile)
    listed(stubber, QUEUE)
    listed(stubber, URGENT)
    submitted(stubber)
    ended(stubber, reason=STOPPED_BY_OWNER)
    assert engine.start_run(JOB, TRANSCRIPT) is None


# ---- what its events tell


def test_a_success_tells_only_of_what_is_not_there(engine: BatchJobs, stubber: Stubber) -> None:
    start(engine, stubber)
    leave(engine, MODERATION, TRANSCRIPT, TOXIC)
    noted(engine, {"step": "summary", "code": "memory", "parts": {"summary": "memory"}})
    for _ in range(2):
        (told,) = engine.read_event(event("succeeded")) or ()
        assert told.job_name == SUMMARY
        assert code(told) == "job-memory"
    leave(engine, SUMMARY)
    assert engine.read_event(event("succeeded")) == ()


def test_a_failure_tells_of_each_part_that_is_not_there(engine: BatchJobs, stubber: Stubber) -> None:
    start(engine, stubber)
    leave(engine, MODERATION)
    told = engine.read_event(event()) or ()
    assert {one.job_name: code(one) for one in told} == dict.fromkeys((TRANSCRIPT, TOXIC, SUMMARY), "job-memory")


def test_an_event_comes_before_anybody_has_noted_the_job(
    engine: BatchJobs, stubber: Stubber, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying(engine, monkeypatch, "submit_job", after=True)
    submitted(stubber)
    with pytest.raises(ReadTimeoutError):
        engine.start_run(JOB, TRANSCRIPT)
    assert len(engine.read_event(event()) or ()) == len(KEYS)


@pytest.mark.parametrize(
    "strange",
    [
        {"jobName": "somebody-elses"},
        {"jobName": f"{ABROAD}_2"},
        {"jobName": ABROAD.replace("_gpu", "_transcript")},
        {"jobName": 7},
        {"jobQueue": "arn:aws:batch:us-east-1:123456789012:job-queue/theirs"},
        {"jobQueue": None},
        {"status": "RUNNABLE"},
    ],
)
def test_what_is_not_ours_or_has_not_ended_is_no_news(
    engine: BatchJobs, stubber: Stubber, strange: dict[str, Any]
) -> None:
    start(engine, stubber)
    assert engine.read_event(event(**strange)) is None


def test_an_older_duplicate_and_a_job_that_nobody_knows_change_nothing(engine: BatchJobs, stubber: Stubber) -> None:
    assert engine.read_event(event()) == ()
    start(engine, stubber, OTHER)
    assert engine.read_event(event()) == ()


def test_its_events_are_those_of_the_documentation() -> None:
    told = event()
    assert (told["source"], told["detail-type"]) == (batch.EVENTS.source, batch.EVENTS.detail_type)
    assert told["detail"]["status"] in batch.EVENTS.detail["status"]


# ---- why it failed


@pytest.mark.parametrize(
    ("exit_code", "expected"),
    [
        (0, "job-left-nothing"),
        (1, "job-broken"),
        (10, "job-cannot-read"),
        (11, "job-hears-nothing"),
        (12, "rejected-by-moderation"),
        (13, "job-denied"),
        (14, "job-disk-full"),
        (15, "job-memory"),
        (16, "job-models-missing"),
        (17, "job-not-understood"),
        (18, "job-too-long"),
        (137, "job-memory"),
        (143, "job-interrupted"),
        (99, "job-broken"),
        (None, "job-broken"),
    ],
)
def test_each_exit_code_has_its_sentence(exit_code: int | None, expected: str) -> None:
    found = failures(["transcript"], Ended(exit_code))
    assert found["transcript"].code == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("Host EC2 (instance i-0a1b) terminated.", "job-interrupted"),
        ("Job attempt duration exceeded timeout", "job-too-long"),
        ("CannotPullContainerError: pull image manifest has been retried 5 times", "job-without-image"),
        ("ResourceInitializationError: unable to pull secrets", "job-without-image"),
        ("DockerTimeoutError: Could not transition to started; timed out after waiting 4m0s", "job-not-begun"),
        ("CannotStartContainerError: Error response from daemon: nvidia-container-cli: driver", "job-not-begun"),
        ("CannotCreateContainerError: API error (500): devmapper", "job-not-begun"),
        ("OutOfMemoryError: Container killed due to memory usage", "job-memory"),
        ("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY", "job-without-machine"),
        ("MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT", "job-fits-nowhere"),
        (
            "Terminated by JobStateTimeLimit action due to reason: MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE, "
            "in RUNNABLE",
            "job-fits-nowhere",
        ),
        (GIVEN_UP, "job-without-machine"),
        (STOPPED_BY_OWNER, "job-stopped"),
    ],
)
@pytest.mark.parametrize("exit_code", [None, 127, 137, 143])
def test_of_a_job_that_was_ended_from_outside_batch_is_believed(
    reason: str, expected: str, exit_code: int | None
) -> None:
    told = ended_of({"statusReason": reason, "container": {"exitCode": exit_code} if exit_code else {}}, {})
    assert failures(["summary"], told)["summary"].code == expected


def test_of_a_job_that_has_ended_itself_the_program_is_believed() -> None:
    told = ended_of({"statusReason": "Host EC2 (instance i-0a1b) terminated.", "container": {"exitCode": 14}}, {})
    assert failures(["summary"], told)["summary"].code == "job-disk-full"


BY_ITSELF = "Essential container in task exited"


@pytest.mark.parametrize(
    ("exit_code", "reasons", "expected"),
    [
        (143, (BY_ITSELF, BY_ITSELF), True),
        (143, (), True),
        (None, ("Host EC2 (instance i-0a1b) terminated.",), True),
        (143, ("Host EC2 (instance i-0a1b) terminated.", BY_ITSELF), True),
        (143, (STOPPED_BY_OWNER, BY_ITSELF), False),
        (143, ("Job attempt duration exceeded timeout",), False),
        (143, ("somebody ended it in the console", BY_ITSELF), False),
        (18, (BY_ITSELF,), False),
        (1, (BY_ITSELF,), False),
        (None, ("MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT",), False),
        (None, ("CannotPullContainerError: …",), False),
    ],
)
def test_another_kind_of_machine_may_do_where_one_was_lost_and_not_where_somebody_ended_it(
    exit_code: int | None, reasons: tuple[str, ...], *, expected: bool
) -> None:
    assert lacked_machine(Ended(exit_code, {}, reasons)) is expected


# One is what an earlier try leaves, and says nothing of the last.
@pytest.mark.parametrize("name", sorted(set(STATUS) - {INTERRUPTED}))
def test_what_the_program_notes_and_what_it_ends_with_say_the_same(name: str) -> None:
    noted_alone = failures(["transcript"], Ended(None, {"code": name}))
    of_part = failures(["transcript"], Ended(0, {"parts": {"transcript": name}}))
    assert noted_alone == of_part == failures(["transcript"], Ended(STATUS[name]))


def test_every_code_of_the_program_has_a_sentence_of_its_own() -> None:
    told = {name: failures(["transcript"], Ended(status))["transcript"].code for name, status in STATUS.items()}
    assert len({*told.values()}) == len(STATUS)


def test_a_part_has_its_own_reason_and_an_earlier_interruption_is_none() -> None:
    document = noted_in(b'{"code": "interrupted", "parts": {"transcription": "silent", "summary": "interrupted"}}')
    found = failures(["moderation", "transcript", "summary"], Ended(15, document))
    assert {task: failure.code for task, failure in found.items()} == {
        "moderation": "job-memory",
        "transcript": "job-hears-nothing",
        "summary": "job-memory",
    }
    assert failures(["summary"], Ended(1, noted_in(b'{"code": "disk-full"}')))["summary"].code == "job-disk-full"
    assert failures(["moderation"], Ended(11))["moderation"].code == "job-left-nothing"


@pytest.mark.parametrize(
    "document",
    [
        None,
        b"",
        b"\xff",
        b"[]",
        b"7",
        b'{"code": 7}',
        b'{"code": ["silent"], "parts": []}',
        b'{"parts": {"summary": {}}}',
    ],
)
def test_what_is_no_such_document_says_nothing(document: bytes | None) -> None:
    assert failures(["summary"], Ended(1, noted_in(document)))["summary"].code == "job-broken"


@pytest.mark.parametrize("detail", [{}, {"attempts": None, "container": 7}, {"attempts": [None], "container": {}}])
def test_an_end_of_which_nothing_is_told_is_one_all_the_same(detail: dict[str, Any]) -> None:
    assert ended_of(detail, {}) == Ended(None, {}, ())


# ---- how far it is


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"done": 0.43, "step": "transcription"}, 0.43),
        ({"done": 1}, 1.0),
        ({"done": 1.5}, None),
        ({"done": "half"}, None),
        ([], None),
        (b"{", None),
    ],
)
def test_it_writes_down_itself_how_far_it_is(engine: BatchJobs, document: object, expected: float | None) -> None:
    assert engine.progress(TRANSCRIPT) is None
    noted(engine, document, "progress.json")
    assert engine.progress(TRANSCRIPT) == expected
    assert engine.progress("no name of ours") is None


# ---- the engines


def everywhere(**other: str) -> EngineContext:
    return context(**{name.lower(): value for name, value in {**ON_GPU, **other}.items()})


@pytest.mark.parametrize("seam", [SUMMARIZING, TOXICITY], ids=lambda seam: seam.name)
def test_what_works_on_the_transcript_wants_the_transcriber_of_the_same_job(seam: Any) -> None:
    assert isinstance(module_of(seam, "batch_gpu").create(everywhere()), SharesJob)
    with pytest.raises(SettingsError, match="RAPPORTEUR_TRANSCRIBER has to be batch_gpu too"):
        module_of(seam, "batch_gpu").create(everywhere(TRANSCRIBER="amazon_transcribe"))


def test_without_a_queue_or_a_definition_nothing_starts() -> None:
    for name in ("BATCH_QUEUE", "BATCH_JOB_DEFINITION"):
        with pytest.raises(SettingsError, match=f"RAPPORTEUR_{name} .*is not set"):
            hearing.create(everywhere(**{name: ""}))


def test_each_engine_does_what_the_seams_ask_of_one_that_shares_a_job() -> None:
    given = everywhere()
    transcriber, analyzer = hearing.create(given), looking.create(given)
    for engine in (transcriber, analyzer):
        for seam in (SharesJob, CancelsJobs, ReadsEvents, TellsProgress):
            assert isinstance(engine, seam)
    assert isinstance(transcriber, KnowsLanguages)
    assert isinstance(transcriber, SettlesOptions)
    assert isinstance(analyzer, TakesFrames)
    assert isinstance(analyzer, TakesPictures)
    for way in Looking:
        assert [one for one in Detection if analyzer.can(one, way)] == [Detection.MODERATION]
    for asked in (
        lambda: transcriber.start(JOB.transcription),  # type: ignore[arg-type]
        lambda: analyzer.start(JOB.moderation),  # type: ignore[arg-type]
        lambda: module_of(SUMMARIZING, "batch_gpu").create(given).summarize(Transcript((), "en-US")),
        lambda: module_of(TOXICITY, "batch_gpu").create(given).detect(Transcript((), "en-US")),
    ):
        with pytest.raises(EngineFailed):
            asked()


def test_languages_without_times_of_words_are_told() -> None:
    transcriber = hearing.create(everywhere())
    assert [one for one in ("en-US", "fr", "ja-JP", "ko", "zh-TW") if transcriber.caution(one)] == []
    assert transcriber.caution("th-TH") is not None


def test_vocabularies_and_models_of_ones_own_are_left_out_with_a_note() -> None:
    transcriber = hearing.create(everywhere())
    asked = AiOptions(custom_vocabulary="buses", custom_language_model="council")
    settled = transcriber.settle(asked, MEDIA)
    assert settled.options == AiOptions()
    assert [note.code for note in settled.notes] == ["vocabulary-not-with-gpu", "language-model-not-with-gpu"]
    silent = MediaInfo("mp4", 60.0, MEDIA.video)
    assert transcriber.settle(asked, silent).options == asked


# ---- what it costs


def charged(work: PaidWork) -> dict[str, Charges]:
    engines = {"hearing": hearing, "looking": looking}
    return {name: found for name, engine in engines.items() if (found := engine.charges(work))}


def work(media: MediaInfo = media_of(3600.0, video=True), settings: Any = None, **asked: bool) -> PaidWork:  # noqa: B008
    made = work_on(media, make_costs.recording().asset.options, everywhere().settings)
    asset = replace(made.asset, done=replace(made.asset.ai, **asked))
    return replace(made, asset=asset, settings=settings or made.settings)


def test_an_hour_is_charged_once_with_the_time_that_a_machine_needs_to_come() -> None:
    twenty_minutes = Decimal(20) / 60
    (by,) = charged(work(moderation=True)).items()
    assert by[0] == "hearing"
    assert abs(by[1]["ec2.gpu_spot_hour"] - twenty_minutes) < Decimal("0.0001")
    assert set(by[1]) == {"ec2.gpu_spot_hour", "ec2.public_ip_hour", "ebs.gp3_gb_month", "ebs.gp3_mbps_month"}


def test_where_nothing_is_heard_looking_is_charged_and_where_nothing_is_looked_for_nothing_is() -> None:
    silent = replace(work(moderation=True), transcript=None)
    assert set(charged(silent)) == {"looking"}
    assert charged(replace(work(moderation=False), transcript=None)) == {}
    assert set(charged(work(A_PICTURE, moderation=True))) == {"looking"}
    assert set(charged(replace(silent, is_transcribing=True))) == {"hearing"}
    elsewhere = everywhere(TRANSCRIBER="amazon_transcribe", SUMMARIZER="", TOXICITY_DETECTOR="").settings
    assert set(charged(work(settings=elsewhere, moderation=True))) == {"looking"}


def test_the_examples_of_its_events_are_not_changed_by_reading_them(engine: BatchJobs, stubber: Stubber) -> None:
    start(engine, stubber)
    told = event()
    kept = copy.deepcopy(told)
    engine.read_event(told)
    assert told == kept


def test_vision_is_an_optional_seam_with_this_engine() -> None:
    assert module_of(VISION, "batch_gpu").EVENTS == batch.EVENTS
