"""Runs engine jobs beside the event pump, as a managed service would: started by name, ended by an event.

A job's work runs in a thread of its own and touches no AWS; what it leaves is stored, and its end announced, by the
pump, on the main thread. So the embedded AWS has one caller and needs no locks.
"""

import queue
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.domain.keys import S3Object
from chalicelib.errors import EngineError
from chalicelib.message import Message
from chalicelib.seams.jobs import JobOutcome, Started, UnderWay
from chalicelib.seams.transcription import HeardLine

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

_BROKE = Message("engine-broke", "The engine broke: %(reason)s.")


@dataclass(frozen=True)
class MadeFile:
    """A file that a job made, and the object that it becomes."""

    path: Path
    destination: S3Object
    content_type: str


@dataclass
class LocalJob:
    """What a job's work is given: a scratch folder, a way to say how far it is, and word of a cancellation.

    `leave` has a file stored while the work goes on.
    """

    name: str
    folder: Path
    cancelled: threading.Event
    fraction: float = 0.0
    heard: list[HeardLine] = field(default_factory=list)
    """What a job that hears has heard so far; added to by its own thread, and copied by others."""
    leave: Callable[[MadeFile], None] = lambda file: None

    def progress(self, fraction: float) -> None:
        """Say how much of the work is done, from 0 to 1."""
        self.fraction = min(max(fraction, self.fraction), 1.0)


@dataclass(frozen=True)
class JobResult:
    """What a job leaves: files to store, then an outcome to announce.

    `parts` are the outcomes of what it did under names of their own. `event` is told of its end in the place of ours,
    where the engine stands for a service that tells by events of its own.
    """

    outcome: JobOutcome
    files: tuple[MadeFile, ...] = ()
    parts: tuple[JobOutcome, ...] = ()
    event: "PutEventsRequestEntryTypeDef | None" = None


Work = Callable[[LocalJob], JobResult]


@dataclass
class _Entry:
    job: LocalJob
    outcome: JobOutcome | None = None
    parts: dict[str, JobOutcome] = field(default_factory=dict)

    def told(self, name: str) -> JobOutcome | UnderWay:
        """How it stands with what of it is called `name`: what has no outcome of its own ended as the whole did."""
        if self.outcome is None:
            return UnderWay.UNDER_WAY
        return self.parts.get(name) or replace(self.outcome, job_name=name)


@dataclass
class JobRunner:
    """Starts jobs by name, once each, and keeps what came of them."""

    workspace: Path
    wake: Callable[[], None] = lambda: None
    _entries: dict[str, _Entry] = field(default_factory=dict)
    _finished: "queue.SimpleQueue[tuple[_Entry, JobResult | MadeFile]]" = field(default_factory=queue.SimpleQueue)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(8, thread_name_prefix="job"))
    _lanes: dict[str, ThreadPoolExecutor] = field(default_factory=dict)

    def start(self, name: str, work: Work, lane: str = "", parts: Iterable[str] = ()) -> Started:
        """Start `work` under `name` unless that name was started before. It counts as ended once that was announced.

        Work that is given a `lane` is done one after the other there, and keeps nobody else waiting. `parts` are names
        that mean this job as well.
        """
        if (told := self.told(name)) is not None:
            return told
        folder = Path(tempfile.mkdtemp(prefix="job-", dir=self.workspace))
        entry = _Entry(LocalJob(name, folder, threading.Event()))
        entry.job.leave = partial(self._put, entry)
        self._entries |= dict.fromkeys((name, *parts), entry)
        if lane and lane not in self._lanes:
            self._lanes[lane] = ThreadPoolExecutor(1, thread_name_prefix=lane)
        self._lanes.get(lane, self._pool).submit(self._run, entry, work)
        return None

    def told(self, name: str) -> JobOutcome | UnderWay | None:
        """How it stands with the job, or the part of one, that is called `name`; None if there was none."""
        entry = self._entries.get(name)
        return entry.told(name) if entry else None

    def _run(self, entry: _Entry, work: Work) -> None:
        job = entry.job
        try:
            result = work(job)
        except EngineError as exc:
            result = JobResult(JobOutcome(job.name, failure=exc.failure))
        except Exception as exc:  # noqa: BLE001 - a service's job that breaks ends as failed, whatever broke it
            result = JobResult(JobOutcome(job.name, failure=_BROKE.of(reason=type(exc).__name__)))
        job.progress(1.0)
        self._put(entry, result)

    def _put(self, entry: _Entry, what: JobResult | MadeFile) -> None:
        self._finished.put((entry, what))
        self.wake()

    def cancel(self, name: str) -> None:
        """Ask the job `name` to let go, if it is under way; it then ends as failed."""
        if self.told(name) is UnderWay.UNDER_WAY:
            self._entries[name].job.cancelled.set()

    def progress(self, name: str) -> float | None:
        """How much of the job `name` is done, from 0 to 1; None if it is not under way."""
        return self._entries[name].job.fraction if self.told(name) is UnderWay.UNDER_WAY else None

    def heard(self, name: str) -> tuple[HeardLine, ...]:
        """What the job `name` has heard so far, or had when it ended; nothing if no such job was started."""
        entry = self._entries.get(name)
        return tuple(entry.job.heard) if entry else ()

    @property
    def running(self) -> list[LocalJob]:
        """The jobs that have not ended."""
        return [entry.job for name, entry in self._entries.items() if entry.outcome is None and name == entry.job.name]

    def collect(self, publish: Callable[[JobResult], None], store: Callable[[MadeFile], None]) -> int:
        """Hand what has finished since the last call to `publish`, and count it; and to `store` what was left so far.

        Called by the pump.
        """
        count = 0
        while True:
            try:
                entry, result = self._finished.get_nowait()
            except queue.Empty:
                return count
            if isinstance(result, MadeFile):
                store(result)
                continue
            publish(result)
            entry.parts = {part.job_name: part for part in result.parts}
            entry.outcome = result.outcome
            shutil.rmtree(entry.job.folder, ignore_errors=True)
            count += 1

    def stop(self) -> None:
        """Cancel what is running and wait for it to let go."""
        for job in self.running:
            job.cancelled.set()
        for pool in (self._pool, *self._lanes.values()):
            pool.shutdown(wait=True, cancel_futures=True)
