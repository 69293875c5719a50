"""Announce an upload: what anything that uploads (the REST API, the command line) does first."""

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, AssetRef, Options, new_asset_id
from chalicelib.domain.fetching import Fetch
from chalicelib.services import Services


def register(
    owner: str,
    file_name: str,
    options: Options,
    services: Services,
    title: str | None = None,
    asset_id: str | None = None,
    folder: str | None = None,
    fetch: Fetch | None = None,
) -> Asset:
    """Make the asset that is announced. Its `input_key` is where the file must be put.

    For what is metered the caller has reserved room, under `asset_id`; and has seen to it that whoever gets a copy of
    the report wants one.
    """
    ref = AssetRef(owner, asset_id or new_asset_id())
    return services.store.register(ref, file_name, keys.upload_key(ref, file_name), options, title, folder, fetch)
