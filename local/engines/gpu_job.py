"""The job that does several things for a run, on this machine: what AWS Batch does on a GPU in a deployment.

The same program (`container/job.py`) looks, hears, finds hurtful words and sums up in one process, with the models of
this machine (`_job_models.py`). It reads and writes files in the place of objects, has no keys, and is within limits.
Its end is told by the event that Batch would send. Choosing this for the transcriber chooses it for all that it does
(`local/runtime.py`); what else is to be seen, such as text on screen, `vision.py` looks for as ever.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
import wave
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from chalicelib.domain import keys
from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import AudioStream, MediaInfo
from chalicelib.engines import batch
from chalicelib.engines.job_failures import STOPPED_BY_OWNER, Ended, ended_of, failures, noted_in
from chalicelib.engines.registry import EngineContext
from chalicelib.errors import EngineFailed
from chalicelib.message import Message
from chalicelib.observability import logger
from chalicelib.seams.jobs import JobOutcome, Started
from chalicelib.seams.options import Settled
from chalicelib.seams.probing import NO_RECORDING
from chalicelib.seams.run_job import RunJob
from chalicelib.seams.speakers import SPEAKERS
from chalicelib.seams.transcription import HeardLine, TranscriptionJob
from chalicelib.seams.vision import Looking, VisionJob
from chalicelib.settings import setting
from chalicelib.storage.buckets import ObjectStore
from chalicelib.vision import rows
from chalicelib.vision.detections import Detection
from container.failures import REJECTED, STATUS
from local import machine
from local.aws import storage
from local.engines import _job_models, faster_whisper, vision
from local.engines._speech import check_speech_wav
from local.engines._subprocess import ROOT, Limits, surroundings, within
from local.jobs import JobResult, LocalJob, MadeFile
from local.models import whisper

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

    from chalicelib.speech.summaries import Summary
    from chalicelib.speech.toxicity import ToxicSpan
    from chalicelib.speech.transcripts import Transcript

EVENTS = batch.EVENTS
"""What AWS Batch tells."""

_PROGRAM = "container.job"
_GIVEN = "RAPPORTEUR_JOB"
_MODELS = "RAPPORTEUR_JOB_MODELS"
_TOXIC_FROM = "RAPPORTEUR_JOB_TOXIC_FROM"
_PERCENT = 100

_MEMORY = 32 * 1024**3
"""Bytes of address space, of which models and threads take far more than of memory."""

_LIMIT_SECONDS, _LIMIT_FACTOR = 1800.0, 30.0
"""A job may take half an hour and thirty times the recording's length: far more than a slow machine needs."""

_PATIENCE = 0.2  # seconds between two looks at how far the job is
_GRACE = 10.0
"""Seconds that the program has to end by itself once it was asked to: Batch gives thirty."""

_SIGNALS = 128
_OVERDUE = "Job attempt duration exceeded timeout"  # as Batch puts it
_LOG_BYTES = 4000

_FAILURE, _MODERATION, _PROGRESS = "failure.json", "moderation.json", "progress.json"

_CACHES = ("XDG_CACHE_HOME", "HF_HOME", "HF_HUB_CACHE", "HF_HUB_OFFLINE")
"""Where the weights are that were brought to this machine."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What may be set."""

    job_models: str = setting(
        "module with the models that the GPU job is done with",
        r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*",
        default="local.engines._job_models",
    )


def create(context: EngineContext) -> "GpuJob":
    """The engine, for each seam that it stands behind."""
    settings = context.settings
    return GpuJob(
        ObjectStore(context.aws.s3, settings.output_bucket),
        settings.options(Options).job_models,
        settings.options(faster_whisper.Options).whisper_model,
        settings.toxicity_confidence,
        bool(settings.engines[SPEAKERS]),
    )


@dataclass
class GpuJob(machine.WorksInJobs):
    """Does all parts of a run in one process, one run at a time; `outputs` is where their results become objects."""

    outputs: ObjectStore
    models: str
    whisper_model: str | None = None
    toxicity_confidence: int = 50
    tells_speakers: bool = True
    shared_job: str = batch.SHARED_JOB
    takes_terms: bool = True
    takes_frames: bool = True
    pictures: frozenset[str] = vision.LocalVision.pictures
    _other: vision.LocalVision = field(default_factory=vision.LocalVision)

    # ---- what it can

    def can(self, detection: Detection, looking: Looking) -> bool:
        """See the seam `vision`: the job looks for what is indecent, of a film always in stills that it chooses."""
        if detection is Detection.MODERATION and looking is Looking.FRAMES:
            looking = Looking.FILM
        return self._other.can(detection, looking)

    def why_not(self, detection: Detection) -> Message | None:
        """See `SaysWhyNot`: the pack brings what is not here."""
        return self._other.why_not(detection)

    def settle(self, options: AiOptions, media: MediaInfo) -> Settled:
        """See `SettlesOptions`."""
        return self._other.settle(options, media)

    def caution(self, language: str) -> Message | None:
        """See the seam `transcription`, `KnowsLanguages`."""
        if not whisper.is_there(self.whisper_model):
            return None
        model = self.whisper_model or str(whisper.WEIGHTS.place)
        return faster_whisper.FasterWhisperTranscriber(model).caution(language)

    def heard(self, name: str) -> tuple[HeardLine, ...]:
        """See the seam `transcription`, `TellsLines`."""
        return machine.current().jobs.heard(name)

    def detect(self, transcript: "Transcript") -> "tuple[ToxicSpan, ...]":
        """Never: of what was heard the job itself finds it. Raises EngineFailed."""
        raise batch.not_of_documents()

    def summarize(self, transcript: "Transcript") -> "Summary":
        """Never: of what was heard the job itself makes it. Raises EngineFailed."""
        raise batch.not_of_documents()

    # ---- starting

    def start(self, job: TranscriptionJob | VisionJob) -> Started:
        """See the seams: a job that does this alone. Raises EngineFailed if nothing here can do it."""
        if isinstance(job, TranscriptionJob):
            return self.start_run(_to_hear(job), job.name)
        if job.detection is not Detection.MODERATION:
            return self._other.start(job)
        if not self.can(job.detection, job.looking):
            raise EngineFailed(self.why_not(job.detection) or vision.NO_ENGINE)
        return self.start_run(
            RunJob(job.name, job.source, job.media, _folder(job.name, job.destination), moderation=job), job.name
        )

    def start_run(self, job: RunJob, part: str) -> Started:
        """See `SharesJob`. Raises EngineFailed if the recording is not there."""
        here = machine.current()
        told = here.jobs.told(part) or here.jobs.told(job.name)
        if told is not None:
            return replace(told, job_name=part) if isinstance(told, JobOutcome) else told
        folder = Path(tempfile.mkdtemp(prefix="gpu-", dir=here.workspace))
        try:
            # Here and not in the work: only the main thread may talk to the embedded S3.
            given = _Given(job, folder, _fetched(job.source, folder), frozenset(_brought(job, folder)))
        except EngineFailed:
            shutil.rmtree(folder)
            raise

        def work(running: LocalJob) -> JobResult:
            try:
                return self._work(given, running)
            finally:
                shutil.rmtree(folder, ignore_errors=True)

        return here.jobs.start(job.name, work, batch.SHARED_JOB, [name for name, _ in job.parts])

    def _work(self, given: "_Given", running: LocalJob) -> JobResult:
        job, began = given.job, time.time()
        asked = given.folder / "job.json"
        asked.write_text(json.dumps(given.told()), encoding="utf-8")
        for place in (given.at(job.folder) / _FAILURE, *(given.at(place) for _, place in job.parts)):
            place.parent.mkdir(parents=True, exist_ok=True)
        left = set(given.brought)
        exit_code, reason = self._run(given, asked, running, left)
        files = _made(given, left, running, S3Object(job.folder.bucket, job.folder.key + _FAILURE))
        noted = _read(given.at(job.folder) / _FAILURE)
        lacking = {name: _task(name) for name, place in job.parts if place not in left}
        why = failures(lacking.values(), Ended(exit_code, noted_in(noted), (reason,)))
        _log_end(given, exit_code, reason)
        parts = tuple(
            JobOutcome(name, failure=why[lacking[name]] if name in lacking else None) for name, _ in job.parts
        )
        whole = JobOutcome(job.name, failure=next((one.failure for one in parts if one.failure), None))
        return JobResult(whole, files, parts, _event(job, exit_code, reason, began))

    def _run(self, given: "_Given", asked: Path, running: LocalJob, left: set[S3Object]) -> tuple[int | None, str]:
        """The exit code of the program, as a shell has it, and why it was ended if it was.

        What it makes is left as soon as it is there, as in a deployment: it is added to what is `left`.
        """
        if running.cancelled.is_set():
            return None, STOPPED_BY_OWNER
        lines, progress = _Lines(given.folder / "lines"), given.at(given.job.folder) / _PROGRESS
        caches = {name: os.environ[name] for name in _CACHES if name in os.environ}
        model = {_job_models.WHISPER_MODEL: self.whisper_model} if self.whisper_model else {}
        told = {
            _MODELS: self.models,
            _TOXIC_FROM: str(self.toxicity_confidence / _PERCENT),
            _job_models.SPEAKERS: "" if self.tells_speakers else "none",
            _job_models.LINES: str(lines.path),
            "TMPDIR": str(given.folder),
        }
        environment = surroundings(**caches, **model, **told)
        limits = Limits(_MEMORY, _LIMIT_SECONDS + _LIMIT_FACTOR * given.job.media.duration)
        end, reason = time.monotonic() + limits.seconds, ""
        with (
            given.log.open("wb") as log,
            subprocess.Popen(  # noqa: S603 - a list of arguments
                within(limits, [sys.executable, "-P", "-m", _PROGRAM, "--job", str(asked)]),
                start_new_session=True,  # Ctrl-C is for the runtime, which then ends its workers
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
            ) as process,
        ):
            try:
                while not reason and not _has_ended(process, _PATIENCE):
                    running.progress(_done(progress))
                    running.heard += lines.more()
                    for file in _made(given, left, running):
                        running.leave(file)
                    if running.cancelled.is_set():
                        reason = STOPPED_BY_OWNER
                    elif time.monotonic() > end:
                        reason = _OVERDUE
                if reason:
                    process.terminate()
                    _has_ended(process, _GRACE)
            finally:
                _kill(process)
        code = process.returncode
        return (_SIGNALS - code if code < 0 else code), reason

    # ---- how it ended

    def read_event(self, event: Mapping[str, Any]) -> tuple[JobOutcome, ...] | None:
        """See `ReadsEvents`: a failure for each part that the job has not left."""
        detail = event["detail"]
        told = _told(detail)
        if told is None:
            return None
        noted = self.outputs.read(_key(told["folder"]) + _FAILURE)
        parts = [part for part in map(told.get, _PARTS) if part]
        lacking = {
            part["name"]: _task(part["name"]) for part in parts if self.outputs.info(_key(part["destination"])) is None
        }
        why = failures(lacking.values(), ended_of(detail, noted_in(noted)))
        return tuple(JobOutcome(name, failure=why[task]) for name, task in lacking.items())


_PARTS = ("moderation", "transcription", "toxicity", "summary")
"""The parts of a job, as the program is told of them."""


@dataclass(frozen=True)
class _Given:
    """A job and the folder that it is done in, where objects are files; `brought` are results of an earlier try."""

    job: RunJob
    folder: Path
    source: Path
    brought: frozenset[S3Object]

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def at(self, place: S3Object) -> Path:
        """The file that stands for an object, or the folder for what their keys begin with."""
        return _at(self.folder, place)

    def told(self) -> dict[str, Any]:
        """What the program is told: as in a deployment, with files in the place of objects."""
        told = self.job.to_json()
        told |= {"source": self.source.absolute().as_uri(), "folder": f"{self.at(self.job.folder).as_uri()}/"}
        destinations = {place.uri: self.at(place).as_uri() for _, place in self.job.parts}
        for name in _PARTS:
            if part := told[name]:
                part["destination"] = destinations[part["destination"]]
        return told


def _at(folder: Path, place: S3Object) -> Path:
    return folder / place.bucket / place.key


def _to_hear(job: TranscriptionJob) -> RunJob:
    """A job that hears one speech WAV. Raises EngineFailed if it is not there, or is none."""
    with tempfile.TemporaryDirectory(dir=machine.current().workspace) as folder:
        sound = _fetched(job.audio, Path(folder))
        check_speech_wav(sound, 1)
        with wave.open(str(sound)) as recording:
            rate, seconds = recording.getframerate(), recording.getnframes() / recording.getframerate()
    media = MediaInfo("wav", seconds, audio=AudioStream("pcm_s16le", rate, 1))
    return RunJob(job.name, job.audio, media, _folder(job.name, job.destination), transcription=job)


def _folder(name: str, beside: S3Object) -> S3Object:
    """Where a job of that name keeps what is its own."""
    known = keys.parse_job_name(name)
    folder = keys.prefix(keys.Folder.RUN_JOB) + f"{name}/"
    return S3Object(beside.bucket, keys.file_key(known.run, keys.Folder.RUN_JOB, "") if known else folder)


def _fetched(source: S3Object, folder: Path) -> Path:
    try:
        return storage.fetch(source, folder)
    except FileNotFoundError as exc:
        raise EngineFailed(NO_RECORDING) from exc


def _brought(job: RunJob, folder: Path) -> Iterator[S3Object]:
    """What an earlier try has left, which is not done again: it is put where the program looks for it."""
    verdict = S3Object(job.folder.bucket, job.folder.key + _MODERATION)
    for place in (verdict, *(place for _, place in job.parts)):
        if (found := storage.find(place)) is not None:
            _at(folder, place).parent.mkdir(parents=True, exist_ok=True)
            with _at(folder, place).open("wb") as file:
                storage.copy_to(found, file)
            yield place


def _made(given: _Given, left: set[S3Object], running: LocalJob, *also: S3Object) -> tuple[MadeFile, ...]:
    """What the job has made that was not `left` before, first what is its own: whoever hears of a part reads that."""
    job = given.job
    made = []
    for place in (*also, S3Object(job.folder.bucket, job.folder.key + _MODERATION), *(place for _, place in job.parts)):
        if place not in left and given.at(place).is_file():
            left.add(place)
            is_rows = job.moderation is not None and place == job.moderation.destination
            # A second name for the file: the program still reads what it has made.
            file = running.folder / uuid.uuid4().hex
            file.hardlink_to(given.at(place))
            made.append(MadeFile(file, place, rows.CONTENT_TYPE if is_rows else "application/json"))
    return tuple(made)


def _task(name: str) -> str:
    """What a part is called by whoever waits for it: the end of its name."""
    known = keys.parse_job_name(name)
    return known.task if known else name


def _has_ended(process: "subprocess.Popen[bytes]", seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End the program, and what it has started and left behind."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _log_end(given: _Given, exit_code: int | None, reason: str) -> None:
    """Say how the job ended. An error is only what nobody meant: neither a rejection nor an owner who stops it is one.

    What the logger knows of the asset is the main thread's, which is with another one by now.
    """
    known = keys.parse_job_name(given.job.name)
    whose = {"asset": known.run.asset.asset_id, "owner": known.run.asset.owner} if known else _NOBODY
    told = {**whose, "job": given.job.name, "exit_code": exit_code, "reason": reason}
    if exit_code in {0, STATUS[REJECTED]} or reason == STOPPED_BY_OWNER:
        logger.info("the job has ended", extra=told)
    else:
        logger.error("the job did not end well", extra={**told, "log": _tail(given.log)})


_NOBODY = {"asset": None, "owner": None}


def _done(progress: Path) -> float:
    try:
        return float(json.loads(progress.read_bytes())["done"])
    except (OSError, ValueError, LookupError, TypeError):
        return 0.0


@dataclass
class _Lines:
    """The lines that are being heard, as they come."""

    path: Path
    _read: int = 0

    def more(self) -> list[HeardLine]:
        """Those that are new."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._read)
                whole = file.read().rpartition(b"\n")[0]
        except OSError:
            return []
        if not whole:
            return []
        self._read += len(whole) + 1
        return [HeardLine(start, text) for start, text in map(json.loads, whole.split(b"\n"))]


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _tail(log: Path) -> str:
    return (_read(log) or b"")[-_LOG_BYTES:].decode(errors="replace")


# ---- the event


def _event(job: RunJob, exit_code: int | None, reason: str, began: float) -> "PutEventsRequestEntryTypeDef":
    """The event that Batch would send of the end of this job: the detail resembles what DescribeJobs says of one."""
    status: Literal["SUCCEEDED", "FAILED"] = "SUCCEEDED" if exit_code == 0 else "FAILED"
    container = {"exitCode": exit_code, "logStreamName": job.name} if exit_code is not None else {}
    times = {"startedAt": round(1000 * began), "stoppedAt": round(1000 * time.time())}
    detail = {
        "jobName": job.name.replace(".", "_"),  # Batch takes no dots
        "jobId": str(uuid.uuid4()),
        "jobQueue": "arn:aws:batch:us-east-1:123456789012:job-queue/this-machine",
        "status": status,
        "statusReason": reason or ("" if exit_code == 0 else "Essential container in task exited"),
        "attempts": [{"container": container, "statusReason": reason, **times}],
        "container": {**container, "environment": [{"name": _GIVEN, "value": json.dumps(job.to_json())}]},
        "createdAt": times["startedAt"],
        **times,
    }
    return {"Source": EVENTS.source, "DetailType": EVENTS.detail_type, "Detail": json.dumps(detail)}


def _told(detail: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What the job was told that an event is about; None if it is none of ours."""
    environment: Iterable[Mapping[str, str]] = (detail.get("container") or {}).get("environment") or ()
    given = next((one["value"] for one in environment if one["name"] == _GIVEN), None)
    told: Mapping[str, Any] | None = json.loads(given) if given else None
    return told if told and told["name"].replace(".", "_") == detail["jobName"] else None


def _key(uri: str) -> str:
    """The key of the object that `uri` (s3://bucket/key) names."""
    return uri.removeprefix("s3://").partition("/")[2]
