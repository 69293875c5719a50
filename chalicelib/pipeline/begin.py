"""Start the work on an accepted upload, or start again whatever of it has not come to its end."""

from dataclasses import replace

from chalicelib.domain.assets import Asset, BranchState, BranchStatus, RunRef, Status, turns
from chalicelib.errors import EngineBusy, MediaRejected
from chalicelib.message import Message
from chalicelib.pipeline import again, finish, hold, plan, prepare, quotas, waiting
from chalicelib.pipeline.branches import branches
from chalicelib.seams.probing import PROBING
from chalicelib.seams.transcription import TRANSCRIPTION, can_hear_channels
from chalicelib.services import Services

_NOT_STARTED = Message(
    "not-started", "The work on this recording broke down each time it was started. Please upload it again later."
)


def begin(run: RunRef, services: Services) -> None:
    """Look into the upload, plan its branches and start them."""
    asset = services.store.get(run.asset)
    if asset is None or asset.version != run.version:
        return
    services = services.hearing_with(asset.options.transcriber)
    if asset.status is Status.QUEUED:
        try:
            planned = _plan(asset, services)
        except EngineBusy:
            waiting.postpone_intake(asset, services)
            return
        asset = planned
    if asset is not None:
        resume(asset, services)


def resume(asset: Asset, services: Services, *, all_turns: bool = False) -> None:
    """Start each open branch of an asset where it stands; harmless for one that is under way.

    With `all_turns` also those that come after others and whose turn it is: they wait in a queue, unless their message
    was lost. A branch that cannot be started does not keep the others from starting; one that has to wait its turn
    comes back later. Raises ExceptionGroup of what went wrong.
    """
    services = services.hearing_with(asset.options.transcriber)
    errors = _start(asset, services, all_turns=all_turns)
    hold.enforce(asset.run, services)
    finish.settle_run(asset.run, services)
    if errors:
        raise ExceptionGroup("branches that could not be started", list(errors.values()))


def give_up(run: RunRef, services: Services) -> None:
    """The work broke down however often it was started: what still cannot be started has failed, the rest goes on."""
    asset = services.store.get(run.asset)
    if asset is None or asset.version != run.version:
        return
    services = services.hearing_with(asset.options.transcriber)
    if asset.status is Status.QUEUED:
        asset = services.store.finish(run, Status.FAILED, _NOT_STARTED, notes=again.notes_at_end(asset))
    else:
        states = dict.fromkeys(_start(asset, services), BranchState(BranchStatus.FAILED, _NOT_STARTED))
        if states:
            finish.close(asset, states, services)
            return
    if asset is not None:
        finish.settle(asset, services)


def _start(asset: Asset, services: Services, *, all_turns: bool = False) -> dict[str, Exception]:
    """Start what is open and whose turn it is. Returns what went wrong, by branch."""
    errors: dict[str, Exception] = {}
    if asset.status is not Status.PROCESSING:
        return errors
    known = branches(services.settings)
    for name, state in turns(asset.branches).items():
        if name not in known or state.status is not BranchStatus.OPEN or (state.after and not all_turns):
            continue
        try:
            known[name].start(asset, services)
        except EngineBusy:
            waiting.postpone_intake(asset, services)
        except Exception as exc:  # noqa: BLE001 - whatever breaks one branch must not cost the others; it is raised later
            errors[name] = exc
    return errors


def _plan(asset: Asset, services: Services) -> Asset | None:
    try:
        found = services.engine(PROBING).probe(services.uploads.at(asset.input_key))
    except MediaRejected as exc:
        return services.store.finish(asset.run, Status.REJECTED, exc.failure, notes=again.notes_at_end(asset))
    prepared = prepare.settle(asset, found, services)
    options = replace(asset.options, ai=prepared.done, language=prepared.done.language_code)
    asset = replace(asset, options=options, done=prepared.done)
    hears_channels = can_hear_channels(services.engine(TRANSCRIPTION))
    media, notes = plan.chosen(prepared.media, options, hears_channels=hears_channels)
    asset = again.settled(replace(asset, media=media, moderation=prepared.moderation), services)
    if (refusal := quotas.refusal(asset, prepared.media, services)) is not None:
        return services.store.finish(asset.run, Status.REJECTED, refusal, notes=again.notes_at_end(asset))
    known = branches(services.settings)
    states = plan.states_for(media, options, known.values())
    looked_at = ((name, known[name].at_start(asset, state, services)) for name, state in states.items())
    states = {name: state for name, state in looked_at if state is not None}
    said = [*plan.notes_for(media, options), *notes, *prepared.notes]
    return services.store.begin(
        asset.run, plan.kind_of(media), media, states, said, prepared.done, prepared.moderation, asset.again
    )
