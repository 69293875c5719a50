"""What is to be seen in films and pictures, on this machine: shots, black, text, faces and whose, what is indecent.

ffmpeg tells shots and black, and is always there. The rest is what the pack `vision` brings
(`make serve PACKS=vision`): models whose weights come inside packages. They run in a process of their own, within
limits, one after the other.
Labels, celebrities and labels of one's own need models that no package brings: an engine of an operator's own, behind
the same seam.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chalicelib.domain.ai_options import DYNAMIC, AiOptions, capture_rate
from chalicelib.domain.media import MediaInfo
from chalicelib.errors import EngineError, EngineFailed
from chalicelib.message import Message
from chalicelib.seams.jobs import JobOutcome, Started
from chalicelib.seams.options import Settled
from chalicelib.seams.probing import NO_RECORDING
from chalicelib.seams.vision import Looking, VisionJob
from chalicelib.vision import rows
from chalicelib.vision.detections import Detection
from local import machine
from local.aws import storage
from local.engines import _faces, _nudity, _ocr, _segments
from local.engines._look import Request
from local.engines._subprocess import CANCELLED, Limits, ask
from local.jobs import JobResult, LocalJob, MadeFile
from local.models import vision as models

_WORKER = "local.engines._look"
_LANE = "vision"
_LIMIT_SECONDS, _LIMIT_FACTOR = 600.0, 30.0
"""A film may take ten minutes and thirty times its length: far more than a slow machine needs."""

_PACKAGES = {
    Detection.SEGMENTS: (),
    Detection.TEXT: _ocr.PACKAGES,
    Detection.MODERATION: _nudity.PACKAGES,
    Detection.FACES: _faces.FINDING,
    Detection.FACE_MATCHES: _faces.KNOWING,
}
"""What can be looked for here, and what it takes."""

_PACK_MISSING = Message(
    "vision-pack-missing",
    "This service has not brought what that takes. Whoever runs it can bring it (%(command)s); the file can then be "
    "worked on again.",
)
NO_ENGINE = Message("vision-no-engine", "Nothing on this machine looks for that.")
_NO_FACES = Message("vision-no-faces", "The collection of faces %(collection)s is empty, so nobody was looked for.")
_NO_KOREAN = Message(
    "vision-no-korean",
    "Korean on screen is not read here: tesseract with its Korean model is not installed.",
)


def create(context: object) -> "LocalVision":
    """The engine; it needs nothing of `context`."""
    return LocalVision()


class LocalVision(machine.WorksInJobs):
    """Looks on this machine, at one film or picture at a time."""

    takes_frames = True
    pictures = frozenset({"jpeg", "png", "webp", "heif", "gif", "tiff"})
    """The containers of pictures that are looked at: of what moves, the first."""

    def can(self, detection: Detection, looking: Looking) -> bool:
        """See the seam: what the pack is here for; shots only in films."""
        packages = _PACKAGES.get(detection)
        suits = detection is not Detection.SEGMENTS or looking is not Looking.PICTURE
        return packages is not None and suits and models.has(*packages)

    def why_not(self, detection: Detection) -> Message | None:
        """See `SaysWhyNot`: the pack brings what is not here."""
        packages = _PACKAGES.get(detection, ())
        return None if models.has(*packages) else _PACK_MISSING.of(command=models.COMMAND)

    def settle(self, options: AiOptions, media: MediaInfo) -> Settled:
        """See `SettlesOptions`: what Korean text is read by may be missing, which takes nothing from other text."""
        is_korean = (options.language_code or "").split("-")[0] == "ko"
        return Settled(options, (_NO_KOREAN,) if options.text and is_korean and not _ocr.reads_korean() else ())

    def start(self, job: VisionJob) -> Started:
        """See the seam. Raises EngineFailed if nothing here can do it."""
        if not self.can(job.detection, job.looking):
            raise EngineFailed(self.why_not(job.detection) or NO_ENGINE)
        here = machine.current()
        people = _people(job)
        try:
            source = storage.fetch(job.source, here.workspace)
        except FileNotFoundError as exc:
            raise EngineFailed(NO_RECORDING) from exc

        def work(running: LocalJob) -> JobResult:
            if running.cancelled.is_set():
                raise EngineError(CANCELLED)
            found = running.folder / "rows.jsonl"
            with found.open("wb") as file:
                file.writelines(rows.written(job.detection, seen(job, source, running, people), _metadata(job.media)))
            return JobResult(JobOutcome(job.name), (MadeFile(found, job.destination, rows.CONTENT_TYPE),))

        # ffmpeg shares its cores; two models would only wait for each other's.
        lane = "" if job.detection is Detection.SEGMENTS else _LANE
        return here.jobs.start(job.name, work, lane)


People = list[tuple[str, str, list[float]]]
"""Faces that are known: their id, whose it is, what it looks like."""


def _people(job: VisionJob) -> People:
    if job.detection is not Detection.FACE_MATCHES:
        return []
    from local.engines.face_collections import vectors

    collection = job.options.face_collection_id or ""
    people = [(face, person, list(vector)) for face, person, vector in vectors(collection)]
    if not people:
        raise EngineFailed(_NO_FACES.of(collection=collection))
    return people


def seen(job: VisionJob, source: Path, running: LocalJob, people: People) -> Iterator[dict[str, Any]]:
    """The rows that `job` finds in the file `source`, as they are found."""
    limits = Limits(seconds=_LIMIT_SECONDS + _LIMIT_FACTOR * job.media.duration)
    progress: Callable[[float], None] = running.progress
    if job.detection is Detection.SEGMENTS:
        return _segments.rows(source, job.media, limits, running.cancelled, progress)
    return ask(_WORKER, asdict(request(job, source, people)), limits, running.cancelled, progress)


def request(job: VisionJob, source: Path, people: People) -> Request:
    """What the worker is asked for."""
    options, video = job.options, job.media.video
    mode = options.frame_capture_mode or 0
    is_framed = job.looking is Looking.FRAMES
    rate = capture_rate(mode, video.frame_rate if video else 0.0) if is_framed else None
    return Request(
        detection=job.detection.value,
        path=str(source),
        threads=os.cpu_count() or 1,
        min_confidence=options.min_confidence or 0.0,
        container=job.media.container,
        track=video.number if video and job.looking is not Looking.PICTURE else 0,
        seconds=job.media.duration,
        rate=str(rate) if rate else None,
        is_numbered=is_framed,
        only_changes=is_framed and mode == DYNAMIC,
        regions=list(options.text_roi or ()),
        korean=(options.language_code or "ko").startswith("ko"),
        people=people,
    )


def _metadata(media: MediaInfo) -> dict[str, Any] | None:
    if media.video is None:
        return None
    width, height = media.video.display_size
    return {
        "Codec": media.video.codec,
        "DurationMillis": round(1000 * media.duration),
        "Format": media.container,
        "FrameRate": media.video.frame_rate,
        "FrameWidth": width,
        "FrameHeight": height,
    }
