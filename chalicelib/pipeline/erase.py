"""Make an asset as if it had never been."""

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, ReportState
from chalicelib.errors import Conflict
from chalicelib.pipeline import books, clips, indexing, leftovers, lessons, quotas
from chalicelib.pipeline.cancel import cancel
from chalicelib.services import Services


def erase(asset: Asset, services: Services, *, even_if_due: bool = False, with_index: bool = False) -> None:
    """Delete an asset and all that was made of it, the asset itself last: what broke down halfway can be done again.

    What is being done with it is cancelled first, and what it cost stays in the books. Raises Conflict if its report is
    on its way just now, unless that is to be lost with it, or if new work has begun in the meantime. The index is told,
    unless all of it goes `with_index`.
    """
    in_work = asset.may_have_jobs or asset.report is ReportState.DUE
    if asset.may_have_jobs:
        asset = cancel(asset, services, is_followed=True)
    if asset.report is ReportState.DUE and not even_if_due:
        raise Conflict("The report on this asset is just on its way. Please try again in a minute.", "report-due")
    if asset.has_ended:
        books.close(asset, services)
    if not with_index:  # of an account that ends, the whole index goes
        indexing.erased(asset.ref, services)
    services.uploads.delete_under(keys.uploads_of(asset.ref))
    services.uploads.abort_uploads(keys.uploads_of(asset.ref))
    lessons.forget(asset.ref, services)
    clips.erase(asset, services)
    leftovers.delete_outputs(asset.ref, services)
    services.store.delete_tracks(asset.ref)
    services.grants.forget_asset(asset.ref)
    services.audit.forget(asset.ref)
    if asset.fetch is not None:
        services.users.no_fetch(asset.ref.owner, asset.ref.asset_id)
    for language in asset.translations:
        quotas.translated(asset, language, services)
    if asset.options.metered:
        services.users.landed(asset.ref.owner, [asset.ref.asset_id])
    if not services.store.delete(asset) and services.store.get(asset.ref) is not None:
        raise Conflict("New work on this asset has begun in the meantime. Please try again.", "in-work")
    services.audit.forget(asset.ref)  # whoever read it just now saw it until then
    clips.erase(asset, services)  # who marked something meanwhile saw it until now
    if in_work:  # who worked on it saw it until now; from now on they take back what they write
        leftovers.delete_outputs(asset.ref, services)
        services.store.delete_tracks(asset.ref)
