"""Who saw and changed what: entered as requests are answered."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from chalicelib.api.operation import Operation
from chalicelib.clients.tokens import Account
from chalicelib.domain.accounts import HandedOut
from chalicelib.domain.assets import Asset
from chalicelib.domain.rights import ADMINISTRATORS, Deed, Role
from chalicelib.services import Services

_AT_ONCE = 10


def note(operation: Operation, account: Account, asset: Asset, role: Role, services: Services) -> None:
    """Enter what an account has just done with an asset, or that it reads it: of its owner's reading, nothing is."""
    if operation.is_change:
        services.audit.did(asset.ref, account.owner, operation.deed, operation.name)
    elif role is Role.OWNER or not services.audit.read(asset.ref, account.owner):
        return
    if role is not Role.OWNER:
        _know(account, services)
    _take_back_late(asset, services)


def note_reading(account: Account, seen: Iterable[tuple[Asset, Role]], services: Services) -> None:
    """Enter that an account reads words of several assets, beside others; of one's own, nothing is."""
    refs = list({asset.ref: None for asset, role in seen if role is not Role.OWNER})
    if not refs:
        return
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        new = list(pool.map(lambda ref: services.audit.read(ref, account.owner), refs))
    if any(new):
        _know(account, services)
        there = services.store.statuses(refs)
        for ref in refs:
            if ref not in there:
                services.audit.forget(ref)


def note_link(asset: Asset, known: HandedOut, services: Services) -> None:
    """Enter that somebody reads an asset by a link."""
    if services.audit.read(asset.ref, known.id, is_link=True, name=known.name):
        _take_back_late(asset, services)


def note_administrators(asset: Asset, services: Services, did: str | None = None) -> None:
    """Enter that an administrator has seen what was made of an asset, or what they `did` with it: not which of them."""
    if did is not None:
        services.audit.did(asset.ref, ADMINISTRATORS, Deed.MANAGE, did)
    elif not services.audit.read(asset.ref, ADMINISTRATORS):
        return
    _take_back_late(asset, services)


def note_one_of_many(asset: Asset, did: str, services: Services) -> None:
    """Enter what its owner has just done with an asset among others."""
    services.audit.did(asset.ref, asset.ref.owner, Deed.MANAGE, did)
    _take_back_late(asset, services)


def _know(account: Account, services: Services) -> None:
    """The owner reads the address of whoever was there, as long as there is such an account."""
    if account.email is not None and services.users.profile(account.owner).email != account.email:
        services.users.know(account.owner, account.email)


def _take_back_late(asset: Asset, services: Services) -> None:
    """Of what was deleted meanwhile there is no log."""
    if services.store.get(asset.ref) is None:
        services.audit.forget(asset.ref)
