"""The runner of this machine's jobs."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.domain.keys import S3Object
from chalicelib.message import Message
from chalicelib.seams.jobs import JobOutcome, UnderWay
from local.jobs import JobResult, JobRunner, LocalJob, MadeFile

WRONG = Message("wrong", "Something was wrong.")


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[JobRunner]:
    running = JobRunner(tmp_path)
    yield running
    running.stop()


def ended(runner: JobRunner, count: int) -> list[str]:
    names: list[str] = []
    limit = time.monotonic() + 20
    while len(names) < count and time.monotonic() < limit:
        runner.collect(lambda result: names.append(result.outcome.job_name), lambda file: None)
        time.sleep(0.01)
    return names


def test_work_in_a_lane_is_done_one_after_the_other_and_keeps_nobody_else_waiting(runner: JobRunner) -> None:
    at_once, most, go_on = [0], [0], threading.Event()

    def in_lane(job: LocalJob) -> JobResult:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        assert go_on.wait(20)
        at_once[0] -= 1
        return JobResult(JobOutcome(job.name))

    for number in range(12):  # more than there are threads for all others
        runner.start(f"lane-{number}", in_lane, lane="slow")
    runner.start("other", lambda job: JobResult(JobOutcome(job.name)))
    assert ended(runner, 1) == ["other"]
    go_on.set()
    assert ended(runner, 12) == [f"lane-{number}" for number in range(12)]
    assert most == [1]


def test_what_is_left_on_the_way_is_stored_before_the_end_is_told(runner: JobRunner, tmp_path: Path) -> None:
    told: list[str] = []
    go_on = threading.Event()

    def work(job: LocalJob) -> JobResult:
        job.leave(MadeFile(tmp_path / "half", S3Object("bucket", "half"), "text/plain"))
        assert go_on.wait(20)
        return JobResult(JobOutcome(job.name), parts=(JobOutcome("first", failure=WRONG),))

    assert runner.start("whole", work, parts=("first", "second")) is None
    limit = time.monotonic() + 20
    while not told and time.monotonic() < limit:
        runner.collect(lambda result: told.append("end"), lambda file: told.append(file.destination.key))
    assert told == ["half"]
    assert [job.name for job in runner.running] == ["whole"]
    assert {runner.told(name) for name in ("whole", "first", "second")} == {UnderWay.UNDER_WAY}
    assert runner.start("second", work) is UnderWay.UNDER_WAY
    go_on.set()
    assert ended(runner, 1) == ["whole"]
    assert runner.told("first") == JobOutcome("first", failure=WRONG)
    assert runner.told("second") == JobOutcome("second")
    assert runner.told("third") is None
