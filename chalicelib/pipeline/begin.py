"""Start the work on an accepted upload, or start again whatever of it has not come to its end."""

from collections.abc import Callable

from chalicelib.domain.assets import Asset, Branch, BranchState, BranchStatus, RunRef, Status
from chalicelib.errors import EngineBusy, MediaRejected
from chalicelib.message import Message
from chalicelib.pipeline import allowance, finish, plan, renditions, speech, transcript, waiting
from chalicelib.seams.transcription import HearsChannels
from chalicelib.services import Services

_NOT_STARTED = Message(
    "not-started", "The work on this recording broke down each time it was started. Please upload it again later."
)


def begin(run: RunRef, services: Services) -> None:
    """Look into the upload, plan its branches and start them."""
    asset = services.store.get(run.asset)
    if asset is None or asset.version != run.version:
        return
    if asset.status is Status.QUEUED:
        queue = waiting.intake_of(asset)
        try:
            asset = _plan(asset, services)
        except EngineBusy:
            waiting.postpone(run, queue, services)
            return
    if asset is not None:
        resume(asset, services)


def resume(asset: Asset, services: Services) -> None:
    """Start each open branch of an asset where it stands; harmless for one that is under way.

    A branch that cannot be started does not keep the others from starting; one that has to wait its turn comes back
    later. Raises ExceptionGroup of what went wrong.
    """
    errors = _start_open_branches(asset, services)
    finish.settle_run(asset.run, services)
    if errors:
        raise ExceptionGroup("branches that could not be started", list(errors.values()))


def give_up(run: RunRef, services: Services) -> None:
    """The work broke down however often it was started: what still cannot be started has failed, the rest goes on."""
    asset = services.store.get(run.asset)
    if asset is None or asset.version != run.version:
        return
    if asset.status is Status.QUEUED:
        asset = services.store.finish(run, Status.FAILED, _NOT_STARTED)
    else:
        states = dict.fromkeys(_start_open_branches(asset, services), BranchState(BranchStatus.FAILED, _NOT_STARTED))
        if Branch.SPEECH in states:
            states[Branch.LANGUAGE] = transcript.NO_TRANSCRIPT
        if states:
            asset = services.store.close(run, states)
    if asset is not None:
        finish.settle(asset, services)


def _start_open_branches(asset: Asset, services: Services) -> dict[Branch, Exception]:
    """Start what jobs are open; language analysis has its own queue. Returns what went wrong, by branch."""
    starts: dict[Branch, Callable[[], None]] = {}
    if asset.status is Status.PROCESSING:
        if Branch.RENDITIONS in asset.open_branches:
            starts[Branch.RENDITIONS] = lambda: renditions.start(asset, services)
        if Branch.SPEECH in asset.open_branches:
            starts[Branch.SPEECH] = lambda: speech.resume(asset, services)
    errors: dict[Branch, Exception] = {}
    for branch, start in starts.items():
        try:
            start()
        except EngineBusy:
            waiting.postpone(asset.run, waiting.intake_of(asset), services)
        except Exception as exc:  # noqa: BLE001 - whatever breaks one branch must not cost the others; it is raised later
            errors[branch] = exc
    return errors


def _plan(asset: Asset, services: Services) -> Asset | None:
    try:
        found = services.prober.probe(services.uploads.at(asset.input_key))
    except MediaRejected as exc:
        return services.store.finish(asset.run, Status.REJECTED, exc.failure)
    if (refusal := allowance.refusal(asset, found, services)) is not None:
        return services.store.finish(asset.run, Status.REJECTED, refusal)
    engine = services.transcriber
    hears_channels = isinstance(engine, HearsChannels) and engine.hears_channels
    media, notes = plan.chosen(found, asset.options, hears_channels=hears_channels)
    branches = plan.branches_for(media, asset.options)
    return services.store.begin(asset.run, plan.kind_of(media), media, branches, [*plan.notes_for(media), *notes])
