"""What a run cost is worked out when it has ended, and entered in the books (`ledger.py`), once.

What was begun is paid for, also where nothing came of it: a run that was called off, or took too long, costs what was
under way. AWS does not say what it takes for a job that is cancelled halfway; it is counted as if it had ended.

What comes after the end is not a run's: mails of a digest, calls of webhooks, downloads, and what is kept.
"""

from dataclasses import replace

from chalicelib.domain import keys
from chalicelib.domain.assets import TOOK_TOO_LONG, Asset, BranchStatus, ReportState, Status
from chalicelib.domain.costs import Cost
from chalicelib.engines.costs import PaidWork, cost, prices
from chalicelib.pipeline import estimates, together
from chalicelib.pipeline.document import Document
from chalicelib.pipeline.renditions import Renditions
from chalicelib.pipeline.speech import Speech
from chalicelib.pipeline.text import is_document, stored_text
from chalicelib.pipeline.transcript import stored_transcript
from chalicelib.services import Services
from chalicelib.speech.transcripts import Transcript


def cost_of(asset: Asset, transcript: Transcript | None, services: Services) -> Cost:
    """What the current run of `asset` cost, of which this `transcript` was read."""
    if asset.status is Status.EXPIRED:
        return cost([], prices())
    services = services.hearing_with(asset.options.transcriber)
    was_hearing = is_transcribing(asset, services)
    if asset.media is not None and _is_open(asset, Renditions.name):
        asset = replace(asset, renditions=estimates.planned_renditions(asset.media, asset.options))
    hears_upload = estimates.hears_upload(services.settings)
    return estimates.cost_of(PaidWork(asset, transcript, services.settings, was_hearing, hears_upload))


def enter(asset: Asset, cost: Cost, services: Services) -> None:
    """Enter the current run of `asset`, which has ended. Done twice, it is done once."""
    is_erased = asset.options.metered and services.users.is_gone(asset.ref.owner)
    services.ledger.enter(asset, cost, is_erased=is_erased)


def close(asset: Asset, services: Services) -> Cost:
    """Enter a run that has ended, unless it is known to be entered. Returns what it cost.

    If nobody is to be told of the end, nothing about the asset needs watching then.
    """
    if asset.cost is not None:
        return asset.cost
    found = cost_of(asset, text_of(asset, services), services)
    enter(asset, found, services)
    if asset.report is ReportState.NONE:
        services.store.settle_untold(asset, found)
    return found


def transcript_of(asset: Asset, services: Services) -> Transcript | None:
    """The transcript of the current run, if it came to one that can be read."""
    state = asset.branches.get(Speech.name)
    if state is None or state.status not in {BranchStatus.DONE, BranchStatus.SKIPPED}:
        return None
    return stored_transcript(asset, services)


def text_of(asset: Asset, services: Services) -> Transcript | None:
    """What was read or heard in the current run, if it came to that: what engines that read texts are paid for."""
    if not is_document(asset):
        return transcript_of(asset, services)
    state = asset.branches.get(Document.name)
    return stored_text(asset, services) if state is not None and state.status is BranchStatus.DONE else None


def is_transcribing(asset: Asset, services: Services) -> bool:
    """Whether the run ended while its sound was being transcribed: the sound was there, and no transcript read.

    A job that hears the upload itself was started with the branch.
    """
    if asset.media is None or not _is_open(asset, Speech.name):
        return False
    if together.hears(asset, services):
        return True
    sound = keys.output_key(asset, keys.Folder.AUDIO, ".wav")
    return asset.media.is_speech_wav or services.outputs.info(sound) is not None


def _is_open(asset: Asset, branch: str) -> bool:
    """Whether the run was called off, or given up by the sweep, while this branch was being worked on."""
    state = asset.branches.get(branch)
    return state is not None and (state.status is BranchStatus.OPEN or state.failure == TOOK_TOO_LONG)
