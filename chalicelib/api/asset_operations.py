"""What can be done with assets, each a line or two."""

from http import HTTPStatus

from chalicelib.api import library, uploads, views
from chalicelib.api.operation import Asking, done, operation
from chalicelib.pipeline.cancel import cancel
from chalicelib.pipeline.erase import erase


@operation(views.AnnouncedAsset, body=views.NewAsset, status=HTTPStatus.CREATED)
def announce_asset(asking: Asking) -> object:
    """Announce an upload: get an asset, and how to upload its file."""
    return library.announce(asking.body, asking.account, asking.services)


@operation(views.AnnouncedAssets, body=views.NewAssets)
def announce_assets(asking: Asking) -> object:
    """Announce several uploads; each is answered for itself."""
    return library.announce_all(asking.body, asking.account, asking.services)


@operation(views.FormUpload, query=views.FormWanted)
def presign_upload(asking: Asking, project: str, step: str) -> object:
    """Announce an upload as clients of the older service do: get the form to send, for a file of up to 100 MB."""
    return library.older_form(project, step, asking.query, asking.account, asking.services)


@operation(views.EstimateView, body=views.EstimateWanted)
def estimate_cost(asking: Asking) -> object:
    """What the work on a recording is expected to cost."""
    return library.estimated(asking.body, asking.account, asking.services)


@operation(views.AssetPage, query=views.Listing)
def list_assets(asking: Asking) -> object:
    """One's assets, newest first, a page at a time."""
    return library.page(asking.account, asking.query, asking.services)


@operation(views.WholeAsset)
def get_asset(asking: Asking, asset_id: str) -> object:
    """How an asset stands, and what was made of it."""
    return library.whole(library.find(asking.account, asset_id, asking.services), asking.services)


@operation(views.AssetView, body=views.Changes)
def change_asset(asking: Asking, asset_id: str) -> object:
    """Change an asset's title or tags."""
    asset = library.change(asking.account, asset_id, asking.body, asking.services)
    return library.shown(asset, asking.services)


@operation(None, status=HTTPStatus.NO_CONTENT)
def delete_asset(asking: Asking, asset_id: str) -> object:
    """Delete an asset and all that was made of it; work on it is cancelled first."""
    erase(library.find(asking.account, asset_id, asking.services), asking.services)
    return done()


@operation(views.AssetView, body=views.Again)
def retry_asset(asking: Asking, asset_id: str) -> object:
    """Do all the work on a finished asset again, as a new version, which may hear another track of its sound."""
    asset = library.find(asking.account, asset_id, asking.services)
    wanted = asking.body
    asset = library.retry(asset, asking.services, accept_cost=wanted.accept_cost, track=wanted.track)
    return library.shown(asset, asking.services)


@operation(views.AssetView)
def cancel_asset(asking: Asking, asset_id: str) -> object:
    """Stop the work on an asset."""
    asset = library.find(asking.account, asset_id, asking.services)
    return library.shown(cancel(asset, asking.services), asking.services)


@operation(views.PartAddresses, body=views.PartsWanted)
def address_parts(asking: Asking, asset_id: str) -> object:
    """Where to PUT parts of a large file."""
    asset = library.find(asking.account, asset_id, asking.services)
    return uploads.part_addresses(asset, asking.body, asking.services)


@operation(views.PartsThere, query=views.UploadNamed)
def list_parts(asking: Asking, asset_id: str) -> object:
    """Which parts of a large file have arrived, to go on after a lost connection."""
    asset = library.find(asking.account, asset_id, asking.services)
    return uploads.parts_there(asset, asking.query.upload_id, asking.services)


@operation(views.AssetView, body=views.PartsDone)
def complete_upload(asking: Asking, asset_id: str) -> object:
    """Put the parts of a large file together; the work then begins."""
    asset = library.find(asking.account, asset_id, asking.services)
    uploads.complete(asset, asking.body, asking.services)
    return library.shown(asset, asking.services)
