"""Links by which somebody without an account may read along, until they end; and what such a reader may ask."""

from http import HTTPStatus

from chalicelib.api import editions, library, reading, reading_views, sharing, tracks, views
from chalicelib.api.operation import Access, Asking, done, operation


@operation(reading_views.NewShare, body=reading_views.ShareWanted, status=HTTPStatus.CREATED)
def share_asset(asking: Asking, asset_id: str) -> object:
    """Make a link to an asset that anybody may read along with, until it ends."""
    asset = library.find(asking.account, asset_id, asking.services)
    return sharing.share(asset, asking.body.days, asking.services)


@operation(reading_views.Shares)
def list_shares(asking: Asking, asset_id: str) -> object:
    """The links to an asset that have not ended."""
    return sharing.shares(library.find(asking.account, asset_id, asking.services), asking.services)


@operation(None, status=HTTPStatus.NO_CONTENT)
def revoke_share(asking: Asking, asset_id: str, share_id: str) -> object:
    """End a link now."""
    sharing.revoke(library.find(asking.account, asset_id, asking.services), share_id, asking.services)
    return done()


@operation(reading_views.Shared, access=Access.ANYONE)
def get_shared(asking: Asking, token: str) -> object:
    """What is shared by a link."""
    return sharing.shared(token, asking.services)


@operation(reading_views.Lines, access=Access.ANYONE)
def get_shared_lines(asking: Asking, token: str) -> object:
    """The shared transcript for reading along."""
    return reading.lines(sharing.find(token, asking.services), None, asking.services)


@operation(reading_views.Analysis, access=Access.ANYONE)
def get_shared_analysis(asking: Asking, token: str) -> object:
    """What was found in what is said there."""
    return reading.analysis(sharing.find(token, asking.services), asking.services)


@operation(reading_views.SharedTracks, access=Access.ANYONE)
def list_shared_tracks(asking: Asking, token: str) -> object:
    """The results of analysis of the shared recording."""
    return tracks.shared(sharing.find(token, asking.services), asking.services)


@operation(reading_views.Passages, access=Access.ANYONE)
def get_shared_track(asking: Asking, token: str, track: str) -> object:
    """What a track of the shared recording says."""
    return tracks.passages(sharing.find(token, asking.services), track, asking.services)


@operation(None, access=Access.ANYONE)
def get_shared_captions(asking: Asking, token: str) -> object:
    """The shared recording's captions in WebVTT."""
    return editions.read(sharing.find(token, asking.services), "vtt", None, asking.services)


@operation(views.MediaAddress, access=Access.ANYONE)
def get_shared_media(asking: Asking, token: str, preset: str) -> object:
    """Where a shared rendition can be had, for a short while."""
    return library.media(sharing.find(token, asking.services), preset, asking.services)
