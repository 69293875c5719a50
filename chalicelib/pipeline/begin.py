"""Start the work on an accepted upload, or start again whatever of it has not come to its end."""

from chalicelib.assets import Asset, Branch, Failure, RunRef, Status
from chalicelib.errors import MediaRejected
from chalicelib.pipeline import finish, language, plan, renditions, speech
from chalicelib.services import Services


def begin(run: RunRef, services: Services) -> None:
    """Look into the upload, plan its branches and start them."""
    asset = services.store.get(run.asset)
    if asset is None or asset.version != run.version:
        return
    if asset.status is Status.QUEUED:
        asset = _plan(asset, services)
    if asset is not None:
        resume(asset, services)


def resume(asset: Asset, services: Services) -> None:
    """Start each open branch of an asset where it stands; harmless for one that is under way."""
    if asset.status is Status.PROCESSING:
        if Branch.RENDITIONS in asset.open_branches:
            renditions.start(asset, services)
        if Branch.SPEECH in asset.open_branches:
            speech.resume(asset, services)
        elif Branch.LANGUAGE in asset.open_branches:
            language.enqueue(asset.run, services)
    finish.settle_run(asset.run, services)


def give_up(run: RunRef, services: Services) -> None:
    """The work could not even be started, however often it was tried."""
    failure = Failure(
        "not-started", "The work on this recording broke down each time it was started. Please upload it again later."
    )
    asset = services.store.get(run.asset)
    if asset is None or asset.version != run.version:
        return
    if asset.status is Status.QUEUED:
        asset = services.store.finish(run, Status.FAILED, failure)
    elif asset.status is Status.PROCESSING:
        asset = finish.fail_open_branches(asset, failure, services)
    if asset is not None:
        finish.settle(asset, services)


def _plan(asset: Asset, services: Services) -> Asset | None:
    try:
        found = services.prober.probe(services.uploads.at(asset.input_key))
    except MediaRejected as exc:
        return services.store.finish(asset.run, Status.REJECTED, Failure(exc.code, exc.message))
    branches = plan.branches_for(found, asset.options)
    return services.store.begin(asset.run, plan.kind_of(found), found, branches, plan.notes_for(found))
