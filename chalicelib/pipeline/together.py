"""What several branches have done by one job, where their engines share one (`chalicelib/seams/run_job.py`).

What the job is to do follows from what is settled for the run and from nothing that changes in it: whichever branch
comes first starts it, and all that come after find the same job.
"""

from typing import Any

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset
from chalicelib.domain.keys import Task
from chalicelib.pipeline import parts, prepare
from chalicelib.seams.jobs import Started, attempt
from chalicelib.seams.run_job import MadePart, RunJob, SharesJob
from chalicelib.seams.seam import Seam
from chalicelib.seams.summary import SUMMARIZING
from chalicelib.seams.toxicity import TOXICITY
from chalicelib.seams.transcription import TRANSCRIPTION, TranscriptionJob
from chalicelib.seams.vision import VISION, VisionJob
from chalicelib.services import Services
from chalicelib.speech.tracks import TRANSCRIPT
from chalicelib.vision.detections import Detection


def shares(seam: Seam[Any], services: Services) -> bool:
    """Whether the engine behind `seam` does its work in one job with others."""
    return isinstance(services.engine(seam), SharesJob)


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
        if transcription is None or not has(seam):
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
        rule=services.settings.moderation_rule,
        transcription=transcription,
        toxicity=made(TOXICITY, Task.TOXICITY) if asset.ai.toxicity else None,
        summary=made(SUMMARIZING, Task.SUMMARY),
        urgent=asset.options.urgent,
    )


def _transcription(asset: Asset, services: Services) -> TranscriptionJob | None:
    if not asset.ai.transcribe or asset.media is None or asset.media.audio is None:
        return None
    name = keys.job_name(asset.run, Task.TRANSCRIPT)
    sound = services.uploads.at(asset.input_key)
    return parts.job(asset, name, sound, services.outputs.at(TRANSCRIPT.key(asset)), services)


def _moderation(asset: Asset, services: Services) -> VisionJob | None:
    """What is indecent is looked for in the upload itself: whoever shares a job reads what was uploaded."""
    if not asset.ai.moderation or asset.media is None:
        return None
    if asset.media.video is None and asset.media.picture is None:
        return None
    return VisionJob(
        keys.job_name(asset.run, Detection.MODERATION.value),
        Detection.MODERATION,
        prepare.looking(Detection.MODERATION, asset.media, asset.ai),
        services.uploads.at(asset.input_key),
        asset.media,
        services.outputs.at(Detection.MODERATION.key(asset)),
        prepare.for_detection(Detection.MODERATION, asset.ai, services.settings),
    )
