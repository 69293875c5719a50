"""The runner of this machine's jobs."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.seams.jobs import JobOutcome
from local.jobs import JobResult, JobRunner, LocalJob


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[JobRunner]:
    running = JobRunner(tmp_path)
    yield running
    running.stop()


def ended(runner: JobRunner, count: int) -> list[str]:
    names: list[str] = []
    limit = time.monotonic() + 20
    while len(names) < count and time.monotonic() < limit:
        runner.collect(lambda result: names.append(result.outcome.job_name))
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
