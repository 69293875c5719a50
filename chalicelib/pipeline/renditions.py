"""The renditions branch: one transcoding job for all outputs that the owner wants."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, Branch, BranchState, BranchStatus, Rendition
from chalicelib.errors import EngineFailed
from chalicelib.pipeline import finish, plan, speech
from chalicelib.seams.jobs import JobOutcome, UnderWay, outcome_of
from chalicelib.seams.transcoding import TranscodingJob, TranscodingOutput
from chalicelib.services import Services


def start(asset: Asset, services: Services) -> None:
    """Start the renditions of `asset`; a job that has ended already is wound up at once."""
    if asset.media is None:
        return
    wanted = plan.renditions_for(asset.media, asset.options)
    outputs = tuple(
        TranscodingOutput(preset.name, services.outputs.at(keys.output_key(asset, preset.name, f".{preset.extension}")))
        for preset in wanted
    )
    name = keys.job_name(asset.run, keys.Task.RENDITIONS)
    job = TranscodingJob(name, services.uploads.at(asset.input_key), asset.media, outputs)
    try:
        ended = services.transcoder.start(job)
    except EngineFailed as exc:
        ended = JobOutcome(name, failure=exc.failure)
    if isinstance(ended, JobOutcome):
        job_ended(ended, services)
    elif ended is UnderWay.UNDER_WAY:
        services.store.note_under_way(asset.run)


def transcoding_event(event: Mapping[str, Any], services: Services) -> None:
    """EventBridge says how a transcoding job goes; only its end matters."""
    outcome = outcome_of(event, services.transcoder)
    if outcome is not None:
        job_ended(outcome, services)


def job_ended(outcome: JobOutcome, services: Services) -> None:
    """A transcoding job has ended: close the branch that it was for.

    The audio job's success is told by its object's event, so only its failure matters here.
    """
    parsed = keys.parse_job_name(outcome.job_name)
    if parsed is None:
        return
    run, task = parsed.run, parsed.task
    match task:
        case keys.Task.RENDITIONS if outcome.failure:
            finish.close(run, {Branch.RENDITIONS: BranchState(BranchStatus.FAILED, outcome.failure)}, services)
        case keys.Task.RENDITIONS if finish.open_branch(run, Branch.RENDITIONS, services) is None:
            return  # each part of a job that ends may say that all have
        case keys.Task.RENDITIONS:
            made = [Rendition(**asdict(output)) for output in outcome.outputs]
            done = {Branch.RENDITIONS: BranchState(BranchStatus.DONE)}
            finish.close(run, done, services, renditions=made, notes=outcome.notes)
        case _:
            speech.job_ended(outcome, services)
