"""What somebody may read, shelf by shelf: their own recordings, and those that each of others shares with them.

Whoever searches goes through the shelves, each by the index of its owner, and shows what `readable` gives:

    for shelf in shelves(account, services):
        ids = [one for one in found_by_the_index_of(shelf.owner) if shelf.has(one)]
        for asset, role in readable(shelf, services.store.some(shelf.owner, ids), services):
            ...  # tracks that are private (`Track.is_private`) are for Role.OWNER alone, and so are tags

A shelf says what is shared at this moment: it is asked for anew by each request, and kept nowhere.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chalicelib.clients.tokens import Account
from chalicelib.domain import addresses
from chalicelib.domain.assets import Asset, AssetRef
from chalicelib.domain.rights import Deed, Grant, Role, may
from chalicelib.pipeline import again
from chalicelib.services import Services

MOST_CALLS = 3
"""Queries that `shelves` makes; there is mostly one."""

_A_CALL = 3000
"""Grants that a Query reads, some 300 bytes each: it stops at a megabyte by itself."""

_AT_LEAST = 2000
"""Of these, however long their owners' addresses are."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """What may be read of one account's recordings: all of them if they are one's own (`only` is None), or those that
    are shared, by their ids, each with what one is to it.

    `name` is "" for one's own, and for others stays the same as long as there are both accounts; it tells nothing of
    the owner. Shelves stand in the order of their names. `by` is the address of who shares, as it was when the newest
    of these recordings was shared.
    """

    owner: str
    only: Mapping[str, Role] | None = None
    name: str = ""
    by: str | None = None

    @property
    def is_own(self) -> bool:
        """Whether these are one's own."""
        return self.only is None

    def is_as_it_was(self, asset: Asset) -> bool:
        """Whether of a recording there is an earlier version to be read: it is heard again, and another's."""
        return asset.again is not None and not self.is_own

    def has(self, asset_id: str) -> bool:
        """Whether a recording of this account may be read, as far as rights go."""
        return self.only is None or asset_id in self.only


def shelves(account: Account, services: Services) -> tuple[Shelf, ...]:
    """One's own shelf first, then those of others who share something. At most MOST_CALLS calls: of more than some
    9,000 recordings that are shared with one, it has the newest.
    """
    found: dict[str, list[Grant]] = {}
    address_id = _address_of(account)
    for grant in _grants(address_id, services) if address_id else ():
        if grant.owner != account.owner and may(grant.role, Deed.READ):
            found.setdefault(grant.owner, []).append(grant)
    others = [
        Shelf(owner, {one.asset_id: one.role for one in given}, _name(owner, address_id or ""), given[0].by)
        for owner, given in found.items()
    ]
    return (Shelf(account.owner), *sorted(others, key=lambda one: one.name))


def calls_for(of: Sequence[Shelf]) -> int:
    """How many calls it took at most to know of these shelves."""
    return min(MOST_CALLS, 1 + sum(len(one.only or ()) for one in of) // _AT_LEAST)


def readable(shelf: Shelf, assets: Iterable[Asset], services: Services) -> list[tuple[Asset, Role]]:
    """Those of a shelf's owner's recordings that may be read, as they are to be read, each with what one is to it.

    Of others', what is withheld, held or was rejected is left out; one that is heard again is there as it was before,
    which is one object more to read.
    """
    if shelf.only is None:
        return [(asset, Role.OWNER) for asset in assets]
    found = []
    for asset in assets:
        role = shelf.only.get(asset.ref.asset_id)
        earlier = as_shown_to_others(asset, services) if role is not None else None
        if role is not None and earlier is not None:
            found.append((earlier, role if earlier is asset else Role.READER))
    return found


def read_by(account: Account, asset_ids: Iterable[str], services: Services) -> dict[str, tuple[Asset, Role]]:
    """Of the recordings with these ids, whosever they are, those that may be read, as `readable` says. Three calls a
    hundred: for one's own, for rights, and for others'.
    """
    ids = list(dict.fromkeys(asset_ids))
    found = {asset.ref.asset_id: (asset, Role.OWNER) for asset in services.store.some(account.owner, ids)}
    address_id = _address_of(account)
    others = [one for one in ids if one not in found]
    if address_id is None or not others:
        return found
    rights = [one for one in services.grants.some(address_id, others) if may(one.role, Deed.READ)]
    roles = {AssetRef(one.owner, one.asset_id): one.role for one in rights}
    for asset in services.store.several(list(roles)):
        shelf = Shelf(asset.ref.owner, {asset.ref.asset_id: roles[asset.ref]})
        found |= {one.ref.asset_id: (one, role) for one, role in readable(shelf, [asset], services)}
    return found


def as_shown_to_others(asset: Asset, services: Services) -> Asset | None:
    """The asset as others than its owner get it: as it is to be read; None where nothing of it is shown, or not yet."""
    asset = again.to_read(asset, services)
    return asset if asset.is_for_others else None


def _address_of(account: Account) -> str | None:
    """The address that recordings may be shared with; a key knows its owner's as it once was, and has none."""
    return None if account.email is None or account.is_program else addresses.fingerprint(account.email)


def _grants(address_id: str, services: Services) -> Iterable[Grant]:
    after: str | None = None
    for _ in range(MOST_CALLS):
        some, after = services.grants.page(address_id, _A_CALL, after)
        yield from some
        if after is None:
            return


def _name(owner: str, address_id: str) -> str:
    return hashlib.sha256(f"{address_id}/{owner}".encode()).hexdigest()[:16]
