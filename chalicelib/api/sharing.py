"""Links to one asset, for whoever has them: they end by themselves, or when their owner says so."""

import time

from chalicelib.api import library, reading_views
from chalicelib.domain.accounts import Credential, HandedOut, Token
from chalicelib.domain.assets import Asset, AssetRef
from chalicelib.errors import Conflict, NotFound
from chalicelib.services import Services

_DAY = 24 * 3600.0
_MOST = 50
_GONE = "This link has ended, or there never was one."


def share(asset: Asset, days: int, services: Services) -> reading_views.NewShare:
    """A new link to `asset`, for so many days. Its token is told once: only a hash of it is kept."""
    # Those that stand in mails have names, go by themselves, and do not keep anybody from making some by hand.
    if sum(known.name is None for known in services.users.handed_out(asset.ref.owner, Credential.SHARE)) >= _MOST:
        raise Conflict(f"There are {_MOST} links already; end some of them first.", "too-many-shares")
    token = Token.new(Credential.SHARE, asset.ref.owner)
    ends = time.time() + days * _DAY
    known = services.users.hand_out(token, asset_id=asset.ref.asset_id, expires_at=ends)
    return reading_views.NewShare(id=known.id, token=str(token), created_at=known.created_at, expires_at=ends)


def shares(asset: Asset, services: Services) -> reading_views.Shares:
    """The links to `asset` that have not ended."""
    return reading_views.Shares(
        shares=[
            reading_views.ShareView(id=known.id, created_at=known.created_at, expires_at=known.expires_at or 0.0)
            for known in _of(asset, services)
        ]
    )


def revoke(asset: Asset, share_id: str, services: Services) -> None:
    """End a link. Raises NotFound if `asset` has none of that id."""
    if share_id not in {known.id for known in _of(asset, services)}:
        raise NotFound(_GONE, "no-share")
    services.users.take_back(asset.ref.owner, Credential.SHARE, share_id)


def find(text: str, services: Services) -> Asset:
    """The asset that a link's token stands for. Raises NotFound."""
    return _find(text, services)[0]


def shared(text: str, services: Services) -> reading_views.Shared:
    """What a reader may know of the asset: nothing that is its owner's business only."""
    asset, known = _find(text, services)
    shown = library.shown(asset, services)
    hidden: dict[str, object] = {
        "cost": None,
        "tags": [],
        "notes": [],
        "preview": None,
        "file_name": shown.title,
        "sound_tracks": [],
    }
    public = shown.model_copy(update=hidden)
    return reading_views.Shared(asset=public, expires_at=known.expires_at or 0.0)


def _find(text: str, services: Services) -> tuple[Asset, HandedOut]:
    token = Token.parse(text)
    known = services.users.check(token) if token is not None and token.kind is Credential.SHARE else None
    if token is None or known is None or known.asset_id is None:
        raise NotFound(_GONE, "no-share")
    asset = services.store.get(AssetRef(token.owner, known.asset_id))
    if asset is None:
        raise NotFound(_GONE, "no-share")
    return asset, known


def _of(asset: Asset, services: Services) -> list[HandedOut]:
    every = services.users.handed_out(asset.ref.owner, Credential.SHARE)
    return [known for known in every if known.asset_id == asset.ref.asset_id]
