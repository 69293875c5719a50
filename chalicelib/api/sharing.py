"""Sharing: links to one asset, for whoever has them. They end by themselves, or when their owner says so."""

import time
from http import HTTPStatus

from chalice import Response

from chalicelib.api import reading, tracks
from chalicelib.api.models.options import AiOptionsChosen, AiOptionsView
from chalicelib.api.models.reading import Analysis, Lines, MediaAddress, Passages, SharedTracks
from chalicelib.api.models.sharing import (
    ShareChanges,
    Shared,
    ShareOfAccount,
    Shares,
    SharesOfAccount,
    ShareView,
    ShareWanted,
)
from chalicelib.api.operation import Access, operation
from chalicelib.api.views import shown
from chalicelib.clients.tokens import Account
from chalicelib.domain import presets
from chalicelib.domain.accounts import Credential, HandedOut, Token
from chalicelib.domain.assets import Asset, AssetRef
from chalicelib.errors import Conflict, NotFound
from chalicelib.pipeline import again, quotas
from chalicelib.services import Services

_DAY = 24 * 3600.0
_MOST = 50


@operation("POST", "/assets/{asset_id}/shares", status=HTTPStatus.CREATED)
def share_asset(asset: Asset, body: ShareWanted, services: Services) -> ShareView:
    """Make a link to an asset that anybody may read along with, until it ends."""
    # Those that stand in mails go by themselves, and do not keep anybody from making some by hand.
    if sum(not known.is_mailed for known in services.users.handed_out(asset.ref.owner, Credential.SHARE)) >= _MOST:
        raise Conflict(f"There are {_MOST} links already; end some of them first.", "too-many-shares")
    token = Token.new_share(asset.ref.owner, services.signing_key)
    ends = time.time() + body.days * _DAY
    known = services.users.hand_out(token, name=body.name, asset_id=asset.ref.asset_id, expires_at=ends)
    return _view(asset.ref.owner, known, services)


@operation("GET", "/assets/{asset_id}/shares", is_for_withheld=True)
def list_shares(asset: Asset, services: Services) -> Shares:
    """The links to an asset that have not ended."""
    return Shares(shares=[_view(asset.ref.owner, known, services) for known in _of(asset, services)])


@operation("GET", "/me/shares", access=Access.PERSON)
def list_my_shares(account: Account, services: Services) -> SharesOfAccount:
    """The links to everything of one's own that have not ended, the newest first."""
    every = services.users.handed_out(account.owner, Credential.SHARE)
    found = [(known, AssetRef(account.owner, known.asset_id)) for known in reversed(every) if known.asset_id]
    titles = services.store.titles(list(dict.fromkeys(ref for _, ref in found)))
    return SharesOfAccount(
        shares=[
            ShareOfAccount(
                **_view(account.owner, known, services).model_dump(), asset_id=ref.asset_id, title=titles[ref]
            )
            for known, ref in found
            if ref in titles  # what it leads to has not been deleted
        ]
    )


@operation("PATCH", "/assets/{asset_id}/shares/{share_id}", is_for_withheld=True)
def change_share(asset: Asset, share_id: str, body: ShareChanges, services: Services) -> ShareView:
    """Name a link, or let it end at another time."""
    known = next((known for known in _of(asset, services) if known.id == share_id), None)
    changes = body.model_dump(include={"name"} & body.model_fields_set)
    if body.days is not None:
        changes["expires_at"] = time.time() + body.days * _DAY
    if known is not None and changes:
        known = services.users.change_share(asset.ref.owner, share_id, changes)
    if known is None:
        raise _gone()
    return _view(asset.ref.owner, known, services)


@operation("DELETE", "/assets/{asset_id}/shares/{share_id}", is_for_withheld=True)
def revoke_share(asset: Asset, share_id: str, services: Services) -> None:
    """End a link now."""
    if share_id not in {known.id for known in _of(asset, services)}:
        raise _gone()
    services.users.take_back(asset.ref.owner, Credential.SHARE, share_id)


def _view(owner: str, known: HandedOut, services: Services) -> ShareView:
    """A link with its token: worked out anew, and told only if it is the one that was handed out."""
    token = Token.of_share(owner, known.id, services.signing_key)
    view = ShareView.model_validate(known)
    return view.model_copy(update={"token": str(token)}) if token.matches(known.hash) else view


def _of(asset: Asset, services: Services) -> list[HandedOut]:
    every = services.users.handed_out(asset.ref.owner, Credential.SHARE)
    return [known for known in every if known.asset_id == asset.ref.asset_id]


@operation("GET", "/shared/{token}", access=Access.ANYONE)
def get_shared(token: str, services: Services) -> Shared:
    """What is shared by a link."""
    asset, known = _find(token, services)
    public = shown(asset, services)
    # Nothing that is its owner's business only.
    public.cost = public.preview = public.moderation = public.folder = public.changed_at = None
    public.tags, public.notes, public.sound_tracks = [], [], []
    public.file_name = public.title
    seen = public.ai_options.done.moderation if public.ai_options.done else None
    public.ai_options = AiOptionsChosen(asked=AiOptionsView(), done=AiOptionsView(moderation=seen))
    return Shared(asset=public, expires_at=known.expires_at or 0.0)


@operation("GET", "/shared/{token}/lines", access=Access.ANYONE)
def get_shared_lines(token: str, services: Services) -> Lines | Response:
    """The shared transcript for reading along."""
    return reading.lines(_asset(token, services), None, services, is_shared=True)


@operation("GET", "/shared/{token}/analysis", access=Access.ANYONE)
def get_shared_analysis(token: str, services: Services) -> Analysis:
    """What was found in what is said there."""
    asset = _asset(token, services)
    found = reading.analysis(asset, services)[0]
    if quotas.is_refused_anew(asset):  # what may be spent is its owner's business
        found.not_remade = None
    return found


@operation("GET", "/shared/{token}/tracks", access=Access.ANYONE)
def list_shared_tracks(token: str, services: Services) -> SharedTracks:
    """The results of analysis of the shared recording."""
    return tracks.shared(_asset(token, services), services)


@operation("GET", "/shared/{token}/tracks/{track}", access=Access.ANYONE)
def get_shared_track(token: str, track: str, services: Services) -> Passages | Response:
    """What a track of the shared recording says."""
    return tracks.passages(_asset(token, services), track, services, is_shared=True)


@operation("GET", "/shared/{token}/transcript.vtt", access=Access.ANYONE, gives=[reading.FORMATS["vtt"]])
def get_shared_captions(token: str, services: Services) -> Response:
    """The shared recording's captions in WebVTT."""
    return reading.transcript(_asset(token, services), "vtt", None, services)


@operation("GET", "/shared/{token}/media/{preset}", access=Access.ANYONE)
def get_shared_media(token: str, preset: str, services: Services) -> MediaAddress:
    """Where a shared rendition can be had, for a short while; what was uploaded only where there is nothing else."""
    asset = _asset(token, services)
    # A picture as it was uploaded may say where it was taken, and by whose camera.
    has_picture = any(rendition.preset == presets.PICTURE.name for rendition in asset.renditions)
    return reading.media(asset, preset, services, with_upload=not has_picture)


def _asset(token: str, services: Services) -> Asset:
    return _find(token, services)[0]


def _find(text: str, services: Services) -> tuple[Asset, HandedOut]:
    """The asset that a link's token stands for, and the link. Raises NotFound, also where it is withheld."""
    token = Token.parse(text)
    known = services.users.verified(token) if token is not None and token.kind is Credential.SHARE else None
    if token is None or known is None or known.asset_id is None:
        raise _gone()
    asset = services.store.get(AssetRef(token.owner, known.asset_id))
    if asset is None:
        raise _gone()
    asset = again.to_read(asset, services)
    if asset.is_withheld:
        raise NotFound("What this link leads to is not shown, or not yet.", "withheld")
    return asset, known


def _gone() -> NotFound:
    return NotFound("This link has ended, or there never was one.", "no-share")
