"""What several branches have done by one job, where their engines share one (`chalicelib/seams/run_job.py`).

What the job is to do follows from what is settled for the run and from nothing that changes in it: whichever branch
comes first starts it, and all that come after find the same job.
"""

from typing import Any

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset
from chalicelib.domain.keys import Task
from chalicelib.pipeline import moderation, parts, prepare
from chalicelib.pipeline.branch import Job
from chalicelib.seams.jobs import Started, attempt
from chalicelib.seams.run_job import MadePart, RunJob, SharesJob
from chalicelib.seams.seam import Seam
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.seams.toxicity import TOXICITY
from chalicelib.seams.transcription import TRANSCRIPTION, TranscriptionJob
from chalicelib.seams.vision import VISION, Looking, VisionJob
from chalicelib.services import Services
from chalicelib.speech.tracks import TRANSCRIPT
from chalicelib.vision.detections import Detection


def shares(seam: Seam[Any], services: Services) -> bool:
    """Whether the engine behind `seam` does its work in one job with others."""
    return isinstance(services.engine(seam), SharesJob)


def looks(detection: Detection, services: Services) -> bool:
    """Whether a shared job looks for that: it does so in the upload itself, and needs neither stills nor rendition."""
    return detection is Detection.MODERATION and shares(VISION, services)


def makes(seam: Seam[Any], asset: Asset, services: Services) -> bool:
    """Whether the job that hears a recording goes on and does what the engine behind `seam` is for, with what it heard.

    If not, as with a document, or where something else hears, that engine is asked by itself.
    """
    hearing, engine = services.engine(TRANSCRIPTION), services.engine(seam)
    if not isinstance(hearing, SharesJob) or not isinstance(engine, SharesJob):
        return False
    return engine.shared_job == hearing.shared_job and _is_heard(asset)


def hears(asset: Asset, services: Services) -> bool:
    """Whether a shared job hears the recording: it does so in the upload itself, and tells the speakers too."""
    return shares(TRANSCRIPTION, services) and _is_heard(asset)


def part(seam: Seam[Any], task: str, asset: Asset, services: Services) -> Job:
    """The shared job, as the branch knows it that waits for its part called `task`."""
    engine = services.engine(seam)
    assert isinstance(engine, SharesJob), "who calls has asked"
    name, upload = keys.job_name(asset.run, task), services.uploads.at(asset.input_key)
    return Job(engine, name, upload, keys.job_name(asset.run, engine.shared_job))


def start(seam: Seam[Any], part: str, asset: Asset, services: Services) -> Started:
    """Have the job of this run do all that it is to do, for the engine behind `seam` that `shares` one.

    Returns how its `part` of that name stands. Raises EngineBusy if it has to wait its turn.
    """
    engine = services.engine(seam)
    assert isinstance(engine, SharesJob), "who calls has asked"
    job = run_job(asset, engine.shared_job, services)
    return attempt(part, lambda: engine.start_run(job, part))


def run_job(asset: Asset, shared: str, services: Services) -> RunJob:
    """All that the job which is called `shared` among its engines does for the current run."""
    media, run = asset.media, asset.run
    assert media is not None, "what is under way was looked into"

    def has(seam: Seam[Any]) -> bool:
        engine = services.engine(seam)
        return isinstance(engine, SharesJob) and engine.shared_job == shared

    def made(seam: Seam[Any], task: Task) -> MadePart | None:
        if not has(seam) or not makes(seam, asset, services):
            return None
        place = services.outputs.at(keys.output_key(asset, f"jobs/{task}", ".json"))
        return MadePart(keys.job_name(run, task), place)

    transcription = _transcription(asset, services) if has(TRANSCRIPTION) else None
    return RunJob(
        name=keys.job_name(run, shared),
        source=services.uploads.at(asset.input_key),
        media=media,
        folder=services.outputs.at(keys.file_key(run, keys.Folder.RUN_JOB, "")),
        moderation=_moderation(asset, services) if has(VISION) else None,
        rule=moderation.rule(asset, services.settings),
        transcription=transcription,
        toxicity=made(TOXICITY, Task.TOXICITY) if asset.ai.toxicity else None,
        summary=made(SUMMARIZING, Task.SUMMARY),
        urgent=asset.options.urgent,
    )


def _is_heard(asset: Asset) -> bool:
    return asset.ai.transcribe is True and asset.media is not None and asset.media.audio is not None


def _transcription(asset: Asset, services: Services) -> TranscriptionJob | None:
    if not _is_heard(asset):
        return None
    name = keys.job_name(asset.run, Task.TRANSCRIPT)
    sound = services.uploads.at(asset.input_key)
    return parts.job(asset, name, sound, services.outputs.at(TRANSCRIPT.key(asset)), services)


def _moderation(asset: Asset, services: Services) -> VisionJob | None:
    media = asset.media
    if not asset.ai.moderation or media is None or (media.video is None and media.picture is None):
        return None
    return VisionJob(
        keys.job_name(asset.run, Detection.MODERATION.value),
        Detection.MODERATION,
        Looking.PICTURE if media.video is None else Looking.FILM,
        services.uploads.at(asset.input_key),
        media,
        services.outputs.at(Detection.MODERATION.key(asset)),
        prepare.for_detection(Detection.MODERATION, asset.ai, services.settings),
    )
