"""What is held since sensitive content was seen in it, or nobody could look: for administrators, who decide of it."""

from chalicelib.api import downloads
from chalicelib.api.language import message_view
from chalicelib.api.models import held as models
from chalicelib.api.noting import note_administrators
from chalicelib.api.operation import Access, operation
from chalicelib.api.views import sensitive_views
from chalicelib.clients.tokens import Account
from chalicelib.domain import keys, presets
from chalicelib.domain.assets import ASSET_ID_PATTERN, OWNER_PATTERN, Asset, AssetRef, Status
from chalicelib.domain.media import ACCEPTED
from chalicelib.errors import NotFound
from chalicelib.observability import logger
from chalicelib.pipeline import hold
from chalicelib.services import Services

_MOST = 100
_NOTHING = "Nothing of this name is held."
_LOOKED_AT = (presets.WEB.name, presets.PHONE.name, presets.PICTURE.name)
"""The renditions that are looked at, where there are any: a browser shows them whatever was uploaded."""

_SHOWN = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "mp4": "video/mp4",
    "matroska": "video/webm",
}
"""What of uploads a browser may show, by what the file was found to hold."""


@operation("GET", "/admin/held", access=Access.ADMIN)
def list_held(services: Services) -> models.HeldAssets:
    """What is held, of all accounts, and what was decided lately."""
    found = hold.waiting(services)
    shown = found[:_MOST]
    decided = [_decided_view(asset) for asset in hold.decided(services, _MOST)]
    return models.HeldAssets(assets=[_view(asset) for asset in shown], more=len(found) - len(shown), decided=decided)


@operation("GET", "/admin/held/{owner}/{asset_id}", access=Access.ADMIN)
def get_held(owner: str, asset_id: str, account: Account, services: Services) -> models.HeldInFull:
    """What was seen in what is held, or was rejected for it, and where to look at it; or what was decided of it."""
    asset = _find(owner, asset_id, services)
    logger.info("held or decided asset looked at by an administrator", extra={"administrator": account.owner})
    note_administrators(asset, services)
    return _in_full(asset, services)


@operation("POST", "/admin/held/{owner}/{asset_id}", access=Access.ADMIN)
def decide_held(
    owner: str, asset_id: str, account: Account, body: models.DecisionWanted, services: Services
) -> models.HeldInFull:
    """Release what is held, or reject it: once, and its owner is told."""
    asset = _find(owner, asset_id, services)
    decided = hold.decide(asset, body.decision, account.owner, body.reason, services)
    note_administrators(asset, services, decide_held.name)
    return _in_full(decided, services)


def _find(owner: str, asset_id: str, services: Services) -> Asset:
    """What is held, was rejected for what was seen, or was decided of. Raises NotFound if it is none of these."""
    known = OWNER_PATTERN.fullmatch(owner) and ASSET_ID_PATTERN.fullmatch(asset_id)
    asset = services.store.get(AssetRef(owner, asset_id)) if known else None
    if asset is None or asset.moderation is None:
        raise NotFound(_NOTHING)
    if asset.status is Status.HELD or asset.is_stopped or hold.is_decided(asset):
        return asset
    raise NotFound(_NOTHING)


def _view(asset: Asset) -> models.HeldAsset:
    known = asset.moderation
    assert known is not None, "what is held has a reason"
    return models.HeldAsset(
        owner=asset.ref.owner,
        id=asset.ref.asset_id,
        title=asset.title or asset.file_name,
        version=asset.version,
        status=asset.status,
        kind=asset.kind,
        duration=asset.media.duration if asset.media else None,
        created_at=asset.created_at,
        held_at=asset.finished_at,
        policy=known.policy,
        reason=message_view(known.reason) if known.reason else None,
        kinds=list(dict.fromkeys(one.kind for one in known.found)),
    )


def _decided_view(asset: Asset) -> models.DecidedAsset:
    known = asset.moderation
    assert known is not None, "it was decided of"
    assert known.decision is not None, "it was decided of"
    return models.DecidedAsset(
        **_view(asset).model_dump(),
        decision=known.decision,
        decided_by=known.decided_by,
        decided_at=known.decided_at,
        comment=known.comment,
    )


def _in_full(asset: Asset, services: Services) -> models.HeldInFull:
    known = asset.moderation
    assert known is not None, "what is held has a reason"
    return models.HeldInFull(
        **_view(asset).model_dump(),
        seen=sensitive_views(known),
        look_at=_look_at(asset, services) if asset.is_withheld else None,
        decision=known.decision,
        decided_by=known.decided_by,
        decided_at=known.decided_at,
        comment=known.comment,
    )


def _look_at(asset: Asset, services: Services) -> models.LookAt | None:
    """A rendition, else the upload itself, as far as a browser may show it."""
    made = {rendition.preset: rendition for rendition in asset.renditions}
    name = next((name for name in _LOOKED_AT if name in made), None)
    if name is not None:
        url = downloads.address(made[name].key, services)
        return models.LookAt(url=url, content_type=presets.find(name).content_type, expires_in=downloads.EXPIRES_IN)
    container = asset.media.container if asset.media else ""
    content_type = _SHOWN.get(container)
    if content_type is None or services.uploads.info(asset.input_key) is None:
        return None
    called = keys.download_name(asset, f".{ACCEPTED[container][0]}")
    url = downloads.upload_address(asset, content_type, called, services)
    return models.LookAt(url=url, content_type=content_type, expires_in=downloads.EXPIRES_IN)
