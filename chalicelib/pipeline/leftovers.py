"""What an engine, or a function that died, still leaves of an asset that was erased meanwhile."""

from chalicelib.domain import files
from chalicelib.domain.assets import AssetRef
from chalicelib.services import Services


def delete_outputs(ref: AssetRef, services: Services) -> None:
    """Delete all that was made of an asset."""
    for prefix in files.prefixes(ref, services.tracks):
        services.outputs.delete_under(prefix)
