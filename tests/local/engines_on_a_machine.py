"""A machine for tests of local engines: an embedded S3 with one bucket, and a job runner."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import boto3
from moto import mock_aws

from chalicelib.domain.keys import S3Object
from local import machine
from local.aws import storage
from local.jobs import JobResult, JobRunner, MadeFile

BUCKET = "bucket"


@dataclass
class Bench:
    """The machine, with helpers."""

    jobs: JobRunner
    folder: Path
    left: list[MadeFile] = field(default_factory=list)
    """What jobs have left so far, in order, kept in `folder`."""

    def put(self, path: Path) -> S3Object:
        target = S3Object(BUCKET, f"input/{path.name}")
        storage.put_file(path, target, "application/octet-stream")
        return target

    def result(self, seconds: float = 60.0) -> JobResult:
        """The result of the next job to end; its files are kept, in `folder`."""
        found: list[JobResult] = []

        def store(file: MadeFile) -> None:
            file.path.rename(self.folder / file.path.name)
            self.left.append(file)

        def keep(result: JobResult) -> None:
            for file in result.files:
                store(file)
            found.append(result)

        end = time.monotonic() + seconds
        while not found:
            assert time.monotonic() < end, "the job did not end"
            self.jobs.collect(keep, store)
            time.sleep(0.02)
        return found[0]


@contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    workspace = folder / "workspace"
    workspace.mkdir()
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=BUCKET)
        jobs = JobRunner(workspace)
        machine.use(machine.Machine(jobs, workspace))
        try:
            yield Bench(jobs, folder)
        finally:
            jobs.stop()
            machine.use(None)
