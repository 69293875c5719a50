"""What an owner may do with their assets. What is somebody else's is not found."""

from chalicelib import keys
from chalicelib.accounts import Account
from chalicelib.api import views
from chalicelib.assets import ASSET_ID_PATTERN, FINISHED, Asset, AssetRef, ReportState, Status
from chalicelib.errors import Conflict, Forbidden, InvalidRequest, NotFound
from chalicelib.pipeline import accept
from chalicelib.pipeline.register import UploadRequest
from chalicelib.services import Services

MEDIA_EXPIRES_IN = 900
_PAGE_READS = 5
"""Queries that one page may take when it is filtered: so a rare word costs no more than a frequent one."""


def find(account: Account, asset_id: str, services: Services) -> Asset:
    """The account's asset of this id. Raises NotFound if there is none, or it is somebody else's."""
    asset = services.store.get(AssetRef(account.owner, asset_id)) if ASSET_ID_PATTERN.fullmatch(asset_id) else None
    if asset is None:
        raise NotFound("There is no such asset.")
    return asset


def upload_of(wanted: views.NewAsset, account: Account, services: Services) -> UploadRequest:
    """What the pipeline is asked for. The report goes to the account's own address, and to no stranger's."""
    if wanted.email is not None and wanted.email != account.email:
        raise Forbidden(
            "Reports go to your own confirmed address only; leave the field out to use it.", "not-your-address", "email"
        )
    rejection = accept.check(wanted.file_name, wanted.size, services.settings.max_upload_bytes)
    if rejection is not None:
        field = "size" if rejection.code == "too-large" else "file_name"
        raise InvalidRequest(rejection.message, rejection.code, field)
    return UploadRequest(
        file_name=wanted.file_name, language=wanted.language, email=account.email, presets=wanted.presets
    )


def page(account: Account, wanted: views.Listing, services: Services) -> views.AssetPage:
    """A page of the account's assets. With a filter it may hold fewer than asked for though more follow."""
    found: list[Asset] = []
    after = wanted.after
    for _ in range(_PAGE_READS if wanted.is_filtered else 1):
        assets, after = services.store.page(account.owner, wanted.limit - len(found), after)
        found += filter(wanted.takes, assets)
        if after is None or len(found) >= wanted.limit:
            break
    return views.AssetPage(assets=[views.asset_view(asset) for asset in found], next=after)


def change(account: Account, asset_id: str, changes: views.Changes, services: Services) -> Asset:
    """Change what is given of title and tags."""
    asset = find(account, asset_id, services)
    given = changes.model_dump(exclude_unset=True)
    if "title" in given:
        given["title"] = given["title"] or None  # an empty one makes room for the file's name again
    if "tags" in given:
        given["tags"] = list(dict.fromkeys(given["tags"] or ()))
    changed = services.store.describe(asset.ref, given) if given else asset
    return changed if changed is not None else asset


def retry(account: Account, asset_id: str, services: Services) -> Asset:
    """Begin a new version, if the asset has come to an end and its upload is still there. Raises Conflict if not."""
    asset = find(account, asset_id, services)
    if asset.status in FINISHED:
        if services.uploads.info(asset.input_key) is None:
            raise Conflict("The recording is no longer there. Please upload it again.", "no-recording")
        asset = services.store.retry(asset.ref) or asset
        if asset.status in FINISHED:
            raise Conflict("The report on this asset is still on its way. Please try again in a minute.", "report-due")
        accept.enqueue(asset, services)
    return asset


def erase(asset: Asset, services: Services) -> None:
    """Delete an asset and all that was made of it, the asset itself last: what broke down halfway can be done again.

    Raises Conflict while the asset is worked on: an engine would write on after it.
    """
    if asset.status in {Status.QUEUED, Status.PROCESSING} or asset.report is ReportState.DUE:
        raise Conflict("This asset is being worked on. It can be deleted once its report has been sent.", "in-work")
    upload, outputs = keys.prefixes_of(asset.ref)
    services.uploads.delete_under(upload)
    for prefix in outputs:
        services.outputs.delete_under(prefix)
    services.store.delete_tracks(asset.ref)
    if not services.store.delete(asset):
        raise Conflict("New work on this asset has begun in the meantime. Please try again later.", "in-work")


def media(asset: Asset, preset: str, services: Services) -> views.MediaAddress:
    """Where a rendition can be had. Raises NotFound if there is none of this preset."""
    for rendition in asset.renditions:
        if rendition.preset == preset:
            return views.MediaAddress(url=address(rendition.key, services), expires_in=MEDIA_EXPIRES_IN)
    made = ", ".join(rendition.preset for rendition in asset.renditions) or "none"
    raise NotFound(f"This asset has no such rendition. It has: {made}.", "no-rendition")


def address(key: str, services: Services) -> str:
    """Where an object of the output bucket can be had, for MEDIA_EXPIRES_IN seconds."""
    return services.outputs.client.generate_presigned_url(
        "get_object", Params={"Bucket": services.outputs.bucket, "Key": key}, ExpiresIn=MEDIA_EXPIRES_IN
    )
