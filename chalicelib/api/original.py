"""What was uploaded, as it was uploaded: its owner gets it back under its own name."""

from chalicelib.api import downloads
from chalicelib.api.models.reading import OriginalAddress
from chalicelib.api.operation import operation
from chalicelib.domain.assets import Asset
from chalicelib.errors import NotFound
from chalicelib.services import Services

_TYPE = "application/octet-stream"
"""Never what whoever uploaded it said that it is: a browser is to keep it, and not to run it."""


@operation("GET", "/assets/{asset_id}/original")
def get_original(asset: Asset, services: Services) -> OriginalAddress:
    """Where the file that was uploaded can be had, of any size, for a short while."""
    info = services.uploads.info(asset.input_key) if asset.version else None
    if info is None:
        raise NotFound("The file that was uploaded is not here, or no longer.", "no-original")
    url = downloads.upload_address(asset, _TYPE, asset.file_name, services, "attachment")
    return OriginalAddress(url=url, expires_in=downloads.EXPIRES_IN, file_name=asset.file_name, size=info.size)
