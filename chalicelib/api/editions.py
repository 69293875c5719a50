"""The editions of a transcript: what people made of it, a sitting each, and what was heard."""

import time

from chalicelib.api.checked import number_in
from chalicelib.api.models import reading as models
from chalicelib.api.operation import operation
from chalicelib.clients.tokens import Account
from chalicelib.domain.assets import Asset, Edition
from chalicelib.domain.rights import Deed, Role
from chalicelib.errors import NotFound
from chalicelib.services import Services
from chalicelib.speech.tracks import TRANSCRIPT

_MOST_DIGITS = 9
_MOST_AUTHORS = 100


@operation("GET", "/assets/{asset_id}/editions", deed=Deed.EDIT)
def list_editions(asset: Asset, role: Role, account: Account, services: Services) -> models.EditionsView:
    """The editions of the transcript, the newest first: who made them and when, and how much of each is confirmed."""
    heard = TRANSCRIPT.key(asset) if asset.version else ""
    if not heard or services.outputs.info(heard) is None:
        raise NotFound("There is no transcript of this asset, or not yet.", "no-transcript")
    noted = next((track for track in services.store.tracks(asset.ref) if track["JsonFile"] == heard), {})
    engine = str(noted.get("engine", "")).partition(",")[0] or None
    first = models.EditionView(number=0, edition=0, first=0, engine=engine, at=noted.get("ended_at"))
    views = [_view(asset, at, account, services) for at in range(len(asset.editions))]
    # Who else works on it, its owner has chosen: they are told; others know of its owner and of themselves.
    known = {one.by for one in asset.editions} if role is Role.OWNER else {asset.ref.owner, account.owner}
    profiles = services.users.profiles(sorted({one.by for one in asset.editions} & known)[:_MOST_AUTHORS])
    for view in views:
        view.by_name = profiles[view.by].email if view.by in profiles else None
    return models.EditionsView(editions=[*reversed(views), first])


@operation("PATCH", "/assets/{asset_id}/editions/{edition}", deed=Deed.EDIT)
def name_edition(
    asset: Asset, edition: str, body: models.EditionNamed, account: Account, services: Services
) -> models.EditionView:
    """Call an edition something; nothing any more if the name is empty."""
    number = number_in(edition, _MOST_DIGITS)
    found = None if number is None else asset.edition_of(number)
    if found is None:
        raise _missing()
    at = asset.editions.index(found)
    named = services.store.name_edition(asset.run, at, found.first, body.name or None)
    if named is None:
        raise _missing()
    return _view(named, at, account, services)


def _missing() -> NotFound:
    return NotFound("There is no such edition of this transcript, or it has no name of its own.", "no-edition")


def _view(asset: Asset, at: int, account: Account, services: Services) -> models.EditionView:
    edition = asset.editions[at]
    return models.EditionView(
        number=at + 1,
        edition=edition.until,
        first=edition.first,
        name=edition.name,
        by=edition.by,
        is_yours=edition.by == account.owner,
        begun_at=edition.begun_at,
        at=edition.at,
        confirmed=round(edition.confirmed * 10_000) // 100,
        brings_back=edition.brings_back,
        is_open=_is_open(edition, asset, account, services),
    )


def _is_open(edition: Edition, asset: Asset, account: Account, services: Services) -> bool:
    goes_on = edition.ended_at is None and time.time() - edition.at <= services.store.sitting_seconds
    return goes_on and edition.until == asset.edition and edition.by == account.owner
