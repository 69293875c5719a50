"""The local transcoder: one ffmpeg process that decodes a source once and writes all its renditions."""

import re
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

import av
import imageio_ffmpeg

from chalicelib import presets
from chalicelib.engines.jobs import TRANSCODING_EVENT, JobOutcome, JobOutput, S3Object, Started
from chalicelib.engines.transcoding import TranscodingJob
from chalicelib.errors import EngineError, EngineFailed
from chalicelib.media import MediaInfo
from chalicelib.presets import OutputPlan, VideoPlan
from local import machine, storage
from local.jobs import JobResult, LocalJob, ResultFile

_LIMIT_SECONDS = 600.0
_LIMIT_FACTOR = 20.0
"""A job may take ten minutes and twenty times the recording's length: far more than a slow machine needs."""

_SHORT_SHARE = 0.02
_SHORT_SECONDS = 1.0
_LOG_LINES = 20


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

    def start(self, job: TranscodingJob) -> Started:
        """Start `job` unless it was started before. Raises EngineFailed if there is nothing to make."""
        here = machine.current()
        plans = [
            (plan, output)
            for output in job.outputs
            if (plan := presets.plan(presets.find(output.preset), job.media)) is not None
        ]
        if not plans:
            raise EngineFailed("None of the renditions asked for can be made of this recording.", "nothing-to-make")
        source = storage.fetch(job.source, here.workspace)

        def work(local: LocalJob) -> JobResult:
            targets = [
                _Target(plan, local.folder / plan.preset.export_name, output.destination) for plan, output in plans
            ]
            _transcode(source, job.media, targets, local)
            return _result(job, targets)

        return here.jobs.start(job.name, TRANSCODING_EVENT, work)


def arguments(source: Path, outputs: list[tuple[OutputPlan, Path]]) -> list[str]:
    """Ffmpeg's arguments (without the program) that make all `outputs` of the file at `source` in one process.

    The source is decoded once; its picture and its sound are then split, one copy an encoder.
    """
    pictures = sum(1 for plan, _ in outputs if plan.video)
    sounds = sum(1 for plan, _ in outputs if plan.audio)
    graph = []
    if pictures:
        graph.append(f"[0:v:0]split={pictures}" + "".join(f"[v{index}]" for index in range(pictures)))
    if sounds:
        graph.append(f"[0:a:0]asplit={sounds}" + "".join(f"[a{index}]" for index in range(sounds)))
    written: list[str] = []
    seen_pictures = seen_sounds = 0
    for plan, path in outputs:
        options: list[str] = []
        if plan.video:
            graph.append(_picture_filter(plan, plan.video, f"v{seen_pictures}"))
            options += ["-map", f"[v{seen_pictures}out]", *_picture_codec(plan.video)]
            seen_pictures += 1
        if sound := plan.audio:
            graph.append(f"[a{seen_sounds}]atrim=duration={plan.seconds + 1:.3f}[a{seen_sounds}out]")
            options += ["-map", f"[a{seen_sounds}out]", "-c:a", _SOUND_CODECS[sound.codec]]
            options += ["-ar", str(sound.sample_rate), "-ac", str(sound.channels)]
            options += ["-b:a", f"{sound.bit_rate}k"] if sound.bit_rate else []
            seen_sounds += 1
        # Metadata may hold names and places that the owner never meant to pass on.
        options += ["-map_metadata", "-1", "-map_chapters", "-1"]
        options += ["-movflags", "+faststart"] if plan.preset.extension == "mp4" else []
        written += [*options, f"file:{path}"]
    reading = ["-protocol_whitelist", "file", "-i", f"file:{source}"]
    quiet = ["-hide_banner", "-nostdin", "-loglevel", "error", "-progress", "pipe:1", "-y"]
    return [*quiet, *reading, "-filter_complex", ";".join(graph), *written]


_SOUND_CODECS = {"aac": "aac", "mp3": "libmp3lame", "pcm_s16le": "pcm_s16le"}


def _picture_filter(plan: OutputPlan, video: VideoPlan, label: str) -> str:
    chain = f"[{label}]trim=duration={plan.seconds + 1:.3f},fps={video.frame_rate:.6g},"
    chain += f"scale={video.width}:{video.height}:flags=bicubic,setsar=1"
    if video.codec == "gif":
        chain = f"[{label}]trim=duration={plan.seconds:.3f},fps={video.frame_rate:.6g},"
        chain += f"scale={video.width}:{video.height}:flags=area,setsar=1"
        return f"{chain},split[{label}p][{label}q];[{label}p]palettegen=stats_mode=diff[{label}r];" + (
            f"[{label}q][{label}r]paletteuse=dither=bayer:diff_mode=rectangle[{label}out]"
        )
    return f"{chain},format=yuv420p[{label}out]"


def _picture_codec(video: VideoPlan) -> list[str]:
    if video.codec == "gif":
        return ["-c:v", "gif", "-loop", "0"]
    return [
        *("-c:v", "libx264", "-preset", "superfast", "-crf", "23"),
        *("-maxrate", f"{video.bit_rate}k", "-bufsize", f"{2 * video.bit_rate}k"),
        *("-profile:v", video.profile, "-level", video.level),
        *("-g", str(video.keyframe_interval)),
    ]


def _transcode(source: Path, media: MediaInfo, targets: list[_Target], job: LocalJob) -> None:
    command = [
        imageio_ffmpeg.get_ffmpeg_exe(),
        *arguments(source, [(target.plan, target.path) for target in targets]),
    ]
    limit = _LIMIT_SECONDS + _LIMIT_FACTOR * media.duration
    with (
        (job.folder / "log").open("w+b") as log,
        subprocess.Popen(  # noqa: S603 - a list of arguments, the file's name guarded by file:
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        ) as process,
    ):
        overdue = threading.Timer(limit, process.kill)
        overdue.start()
        threading.Thread(target=_kill_when_cancelled, args=(process, job.cancelled), daemon=True).start()
        try:
            for line in process.stdout or ():
                if match := re.match(rb"out_time_us=(\d+)", line):
                    job.progress(int(match[1]) / 1e6 / media.duration)
            status = process.wait()
        finally:
            timed_out = not overdue.is_alive()
            overdue.cancel()
            process.kill()
        if job.cancelled.is_set():
            raise EngineError("The transcoding was cancelled.", "cancelled")
        if timed_out and status != 0:
            raise EngineFailed(f"The transcoding took longer than {limit:.0f} seconds and was stopped.", "timed-out")
        if status != 0:
            log.seek(0)
            reason = _reason(log.read().decode(errors="replace"))
            raise EngineFailed(f"The recording cannot be transcoded: {reason}", "transcoding-failed")


def _kill_when_cancelled(process: "subprocess.Popen[bytes]", cancelled: threading.Event) -> None:
    while process.poll() is None:
        if cancelled.wait(0.1):
            process.kill()


def _reason(log: str) -> str:
    """What ffmpeg says went wrong, without paths and addresses."""
    lines = [re.sub(r"\[[^\]]*@ 0x[0-9a-f]+\]\s*", "", line) for line in log.splitlines()[:_LOG_LINES] if line.strip()]
    said = next((line for line in lines if not re.search(r"file:|/", line)), "")
    return f"{said.strip().rstrip('.')}." if said else "ffmpeg gives no reason."


def _result(job: TranscodingJob, targets: list[_Target]) -> JobResult:
    made = []
    files = []
    for target in targets:
        output = _measure(target)
        made.append(output)
        files.append(ResultFile(target.path, target.destination, target.plan.preset.content_type))
    outcome = JobOutcome(job.name, tuple(made), notes=_notes(targets, made))
    return JobResult(outcome, tuple(files), TRANSCODING_EVENT)


def _measure(target: _Target) -> JobOutput:
    preset = target.plan.preset
    try:
        with av.open(str(target.path)) as container:
            duration = float((container.duration or 0) / av.time_base)
            picture = next(iter(container.streams.video), None)
            size = (picture.codec_context.width, picture.codec_context.height) if picture else (None, None)
    except (av.error.FFmpegError, OSError) as exc:
        raise EngineFailed(f"The rendition {preset.name} came out empty.", "empty-output") from exc
    return JobOutput(preset.name, target.destination.key, target.path.stat().st_size, duration, *size)


def _notes(targets: list[_Target], made: list[JobOutput]) -> tuple[str, ...]:
    """What the owner should know: that the file breaks off before its end, for one."""
    for target, output in zip(targets, made, strict=True):
        missing = target.plan.seconds - output.duration
        if missing > max(_SHORT_SECONDS, _SHORT_SHARE * target.plan.seconds) and target.plan.preset.name != "gif":
            return (
                f"The file says that it lasts {target.plan.seconds:.0f} seconds, "
                f"but only {output.duration:.0f} seconds of it could be read.",
            )
    return ()
