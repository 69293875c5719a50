"""The local transcoder: one ffmpeg process that decodes a source once and writes all its renditions."""

import re
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import av
import imageio_ffmpeg

from chalicelib.domain.assets import Rendition
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.domain.presets import OutputPlan
from chalicelib.errors import EngineError, EngineFailed
from chalicelib.message import Message
from chalicelib.seams.jobs import JobOutcome, Started
from chalicelib.seams.transcoding import (
    NOT_BURNED,
    NOTHING_TO_MAKE,
    TRANSCODING_CANCELLED,
    TranscodingJob,
    broken_off,
    falls_short,
)
from local import machine
from local.aws import storage
from local.engines import _burn, _stills
from local.engines._graph import Stretch, arguments
from local.jobs import JobResult, LocalJob, MadeFile

_LIMIT_SECONDS = 600.0
_LIMIT_FACTOR = 20.0
"""A job may take ten minutes and twenty times the recording's length: far more than a slow machine needs."""

_STRETCHED_SECONDS = 0.5
_LOG_LINES = 20
_TIMED_OUT = Message("timed-out", "The transcoding took longer than %(limit_seconds)s and was stopped.")
_BROKEN = Message("transcoding-failed", "The recording cannot be transcoded: %(reason)s")
_UNEXPLAINED = Message("transcoding-unexplained", "The recording cannot be transcoded, and ffmpeg gives no reason.")
_LACKING = Message("rendition-lacking", "The rendition %(rendition)s could not be made. %(reason)s")
_EMPTY = Message("rendition-empty", "The rendition %(rendition)s came out empty.")


def create(context: object) -> "FfmpegTranscoder":
    """The transcoder; it needs nothing of `context`."""
    return FfmpegTranscoder()


@dataclass(frozen=True)
class _Target:
    plan: OutputPlan
    path: Path
    destination: S3Object


@dataclass(frozen=True)
class FfmpegTranscoder(machine.WorksInJobs):
    """Runs each job as one process; its end is announced by an event."""

    makes_stills: bool = True

    def start(self, job: TranscodingJob) -> Started:
        """Start `job` unless it was started before. Raises EngineFailed if there is nothing to make."""
        here = machine.current()
        plans = [(plan, output) for output in job.outputs if (plan := job.plan(output.preset)) is not None]
        if not plans:
            raise EngineFailed(NOTHING_TO_MAKE)
        source = storage.fetch(job.source, here.workspace)
        captions = storage.fetch(job.cut.captions, here.workspace) if job.cut and job.cut.captions else None

        def work(local: LocalJob) -> JobResult:
            targets = [
                _Target(plan, local.folder / plan.preset.export_name, output.destination) for plan, output in plans
            ]
            if job.media.is_still:
                made, notes = _make_stills(source, job.media, targets, local)
            else:
                cut, said = _stretch(job, captions, local)
                made, notes = _make(source, job.media, targets, local, cut)
                notes += said
            files = [MadeFile(target.path, target.destination, target.plan.preset.content_type) for target, _ in made]
            outcome = JobOutcome(job.name, tuple(output for _, output in made), notes=notes)
            return JobResult(outcome, tuple(files))

        return here.jobs.start(job.name, work)


def _stretch(job: TranscodingJob, captions: Path | None, local: LocalJob) -> tuple[Stretch | None, tuple[Message, ...]]:
    """Which part of the source is wanted, if not all, and what to say of its captions."""
    if job.cut is None or captions is None:
        return (Stretch(job.cut.start) if job.cut else None), ()
    is_written = _burn.prepare(captions, job.cut.start, job.cut.language, local.folder)
    return Stretch(job.cut.start, is_written), () if is_written else (NOT_BURNED,)


_Made = list[tuple[_Target, Rendition]]


def _make(
    source: Path, media: MediaInfo, targets: list[_Target], job: LocalJob, cut: Stretch | None
) -> tuple[_Made, tuple[Message, ...]]:
    """What could be made, and what to say of the rest.

    All is made at once. Should that fail, each is made by itself, so that one that cannot be made costs no other; and
    so it is where sound came out longer than it is, since it changes on its way. Raises EngineFailed if nothing could
    be made.
    """
    changes = False
    try:
        _transcode(source, media, targets, job, cut)
        made = [(target, _measure(target)) for target in targets]
        changes = any(_is_stretched(target, output) for target, output in made)
    except EngineFailed as exc:
        if len(targets) == 1 or exc.code == _TIMED_OUT.code:
            raise
    else:
        if not changes:
            return made, _notes(made)
    made, notes = [], []
    for target in targets:
        try:
            _transcode(source, media, [target], job, cut, changes)
            made.append((target, _measure(target)))
        except EngineFailed as exc:
            notes.append(_LACKING.of(rendition=target.plan.preset.name, reason=exc.failure))
            last = exc
    if not made:
        raise last
    return made, (*_notes(made), *notes)


def _make_stills(
    source: Path, media: MediaInfo, targets: list[_Target], job: LocalJob
) -> tuple[_Made, tuple[Message, ...]]:
    """Smaller pictures of a picture, or of a document's first page. Raises EngineFailed if it cannot be decoded."""
    wanted = [(one.path, one.plan.video.width, one.plan.video.height) for one in targets if one.plan.video]
    sizes = _stills.smaller(media.container, source, wanted, job.cancelled)
    made = []
    for target, (width, height) in zip(targets, sizes, strict=True):
        size = target.path.stat().st_size
        made.append((target, Rendition(target.plan.preset.name, target.destination.key, size, 0.0, width, height)))
    return made, ()


def _is_stretched(target: _Target, output: Rendition) -> bool:
    return target.plan.video is None and output.duration > target.plan.seconds + _STRETCHED_SECONDS


def _transcode(
    source: Path,
    media: MediaInfo,
    targets: list[_Target],
    job: LocalJob,
    cut: Stretch | None = None,
    changes: bool = False,
) -> None:
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        *arguments(source.absolute(), media, [(one.plan, one.path.absolute()) for one in targets], changes, cut),
    ]
    limit = _LIMIT_SECONDS + _LIMIT_FACTOR * media.duration
    with (
        (job.folder / "log").open("w+b") as log,
        subprocess.Popen(  # noqa: S603 - a list of arguments, the file's name guarded by file:
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            cwd=job.folder,
        ) as process,
    ):
        overdue = threading.Timer(limit, process.kill)
        overdue.start()
        threading.Thread(target=_kill_when_cancelled, args=(process, job.cancelled), daemon=True).start()
        try:
            for line in process.stdout or ():
                if match := re.match(rb"out_time_us=(\d+)", line):
                    job.progress(int(match[1]) / 1e6 / max(one.plan.seconds for one in targets))
            status = process.wait()
        finally:
            timed_out = not overdue.is_alive()
            overdue.cancel()
            process.kill()
        if job.cancelled.is_set():
            raise EngineError(TRANSCODING_CANCELLED)
        if timed_out and status != 0:
            raise EngineFailed(_TIMED_OUT.of(limit_seconds=round(limit)))
        if status != 0:
            log.seek(0)
            reason = _reason(log.read().decode(errors="replace"))
            raise EngineFailed(_BROKEN.of(reason=reason) if reason else _UNEXPLAINED)


def _kill_when_cancelled(process: "subprocess.Popen[bytes]", cancelled: threading.Event) -> None:
    while process.poll() is None:
        if cancelled.wait(0.1):
            process.kill()


def _reason(log: str) -> str:
    """What ffmpeg says went wrong, without paths and addresses; nothing if it does not say."""
    lines = [re.sub(r"\[[^\]]*@ 0x[0-9a-f]+\]\s*", "", line) for line in log.splitlines()[:_LOG_LINES] if line.strip()]
    said = next((line for line in lines if not re.search(r"file:|/", line)), "")
    return f"{said.strip().rstrip('.')}." if said else ""


def _measure(target: _Target) -> Rendition:
    preset = target.plan.preset
    try:
        with av.open(str(target.path)) as container:
            duration = float((container.duration or 0) / av.time_base)
            picture = next(iter(container.streams.video), None)
            size = (picture.codec_context.width, picture.codec_context.height) if picture else (None, None)
    except (av.error.FFmpegError, OSError) as exc:
        raise EngineFailed(_EMPTY.of(rendition=preset.name)) from exc
    return Rendition(preset.name, target.destination.key, target.path.stat().st_size, duration, *size)


def _notes(made: _Made) -> tuple[Message, ...]:
    """What the owner should know: that the file breaks off before its end, for one."""
    for target, output in made:
        if falls_short(target.plan.seconds, output.duration):
            return (broken_off(target.plan.seconds, output.duration),)
    return ()
