"""People: with whom recordings are shared by name, what others share with you, and who saw and changed what."""

import re
from http import HTTPStatus

from chalicelib.api.models import people as models
from chalicelib.api.operation import Access, operation
from chalicelib.api.views import shown
from chalicelib.clients.tokens import Account
from chalicelib.domain import addresses
from chalicelib.domain.assets import Asset, AssetRef, Status
from chalicelib.domain.rights import ADMINISTRATORS, Deed, LogEntry, Role
from chalicelib.errors import Conflict, InvalidRequest, NotFound, OverQuota
from chalicelib.mail import invitations
from chalicelib.pipeline.shelves import as_shown_to_others
from chalicelib.services import Services

_ADDRESS_ID = re.compile("[0-9a-f]{32}")

MOST = 200
"""InvitedPeople with whom one recording is shared."""


@operation("POST", "/assets/{asset_id}/people", status=HTTPStatus.CREATED)
def share_with(asset: Asset, body: models.InviteWanted, account: Account, services: Services) -> models.InvitedView:
    """Share a recording with whoever has confirmed an address, now or later."""
    # Nobody looks whether there is such an account, so the answer cannot tell.
    address = addresses.normal(body.address)
    address_id = addresses.fingerprint(address)
    if account.email is not None and addresses.fingerprint(account.email) == address_id:
        raise InvalidRequest("This is your own address.", "own-address", "address")
    if body.tells:
        _check_telling(asset, address_id, account, services)
    if not services.grants.has_room(asset.ref, address_id, MOST):
        raise Conflict(f"It is shared with {MOST} people already; take some of these back first.", "too-many-people")
    given = services.grants.give(asset.ref, address_id, address, Role(body.role), account.email)
    if services.store.get(asset.ref) is None:  # deleted meanwhile: nobody would take it back any more
        services.grants.forget_asset(asset.ref)
        raise NotFound("There is no such asset.")
    if given is None:
        raise Conflict("It was just taken back from this address. Share it again if you want to.", "taken-back")
    if body.tells:
        invitations.ask(asset.ref, address_id, body.note, services)
    return models.InvitedView.model_validate(given)


def _check_telling(asset: Asset, address_id: str, account: Account, services: Services) -> None:
    """Raises Conflict or OverQuota if no mail can tell anybody. It is the same for all addresses."""
    if services.settings.pages_url is None:
        raise Conflict("This deployment has no pages that a mail could lead to.", "no-pages")
    if account.email is None:
        raise Conflict(
            "The mail says who shares it: sign in, and confirm your own address first.", "address-unconfirmed"
        )
    if asset.status is Status.AWAITING_UPLOAD:
        raise Conflict("There is nothing to look at yet: tell them once the file is uploaded.", "nothing-to-tell-of")
    if not invitations.may_ask(asset.ref, address_id, services):
        raise OverQuota("That is enough mails of this kind for today; please go on tomorrow.", "mail-limit")


@operation("GET", "/assets/{asset_id}/people", is_for_withheld=True)
def list_people_of_asset(asset: Asset, services: Services) -> models.InvitedPeople:
    """The people with whom a recording is shared."""
    return models.InvitedPeople(
        people=[models.InvitedView.model_validate(one) for one in services.grants.of(asset.ref)]
    )


@operation("PATCH", "/assets/{asset_id}/people/{person_id}", is_for_withheld=True)
def change_role(asset: Asset, person_id: str, body: models.RoleWanted, services: Services) -> models.InvitedView:
    """Let somebody do more with a recording, or less."""
    is_one = _ADDRESS_ID.fullmatch(person_id)
    changed = services.grants.change(asset.ref, person_id, Role(body.role)) if is_one else None
    if changed is None:
        raise _not_shared()
    return models.InvitedView.model_validate(changed)


@operation("DELETE", "/assets/{asset_id}/people/{person_id}", is_for_withheld=True)
def stop_sharing_with(asset: Asset, person_id: str, services: Services) -> None:
    """Share a recording with somebody no more."""
    if not _ADDRESS_ID.fullmatch(person_id) or not services.grants.take_back(asset.ref, person_id):
        raise _not_shared()


def _not_shared() -> NotFound:
    return NotFound("It is not shared with them.", "not-shared")


@operation("GET", "/me/shared", access=Access.PERSON)
def list_shared_with_me(query: models.SharedListing, account: Account, services: Services) -> models.SharedPage:
    """What others share with you, a page at a time."""
    if account.email is None:  # anybody may have typed an address that nobody has confirmed
        return models.SharedPage(shared=[], hidden=[])
    address_id = addresses.fingerprint(account.email)
    rights, following = services.grants.page(address_id, query.limit, query.after)
    found = {
        asset.ref: asset for asset in services.store.several([AssetRef(one.owner, one.asset_id) for one in rights])
    }
    views, hidden = [], []
    for right in rights:
        ref = AssetRef(right.owner, right.asset_id)
        if ref not in found:  # it has gone by itself, and nobody took this back
            services.grants.take_back(ref, address_id)
        elif (asset := as_shown_to_others(found[ref], services)) is not None:
            role = right.role if asset is found[ref] else Role.READER
            views.append(models.SharedWithMe(asset=shown(asset, services, role), by=right.by, since=right.since))
        else:
            hidden.append(models.HiddenFromMe(id=ref.asset_id, by=right.by, since=right.since))
    return models.SharedPage(shared=views, hidden=hidden, next=following)


@operation("DELETE", "/me/shared/{asset_id}", access=Access.PERSON, deed=Deed.READ, is_for_hidden=True)
def leave_shared(asset: Asset, role: Role, account: Account, services: Services) -> None:
    """Have nothing to do any more with what somebody shares with you."""
    if role is Role.OWNER or account.email is None:
        raise Conflict("This is your own: delete it if you want to.", "own-asset")
    services.grants.take_back(asset.ref, addresses.fingerprint(account.email))


@operation("GET", "/assets/{asset_id}/log", is_for_withheld=True)
def list_log(asset: Asset, query: models.LogListing, services: Services) -> models.Log:
    """Who saw and changed a recording in the last 90 days."""
    entries, following = services.audit.page(asset.ref, query.limit, query.after)
    people = sorted({one.by for one in entries if not one.is_link} - {asset.ref.owner, ADMINISTRATORS})
    profiles = services.users.profiles(people)
    emails = {owner: profile.email for owner, profile in profiles.items()}
    return models.Log(entries=[_entry(one, asset.ref.owner, emails) for one in entries], next=following)


def _entry(one: LogEntry, owner: str, emails: dict[str, str | None]) -> models.LogEntryView:
    name = one.name if one.is_link else emails.get(one.by)
    who: models.Who = "person"
    if one.is_link:
        who = "link"
    elif one.by in {owner, ADMINISTRATORS}:
        who = "you" if one.by == owner else "administrators"
    return models.LogEntryView(
        at=one.at,
        last_at=one.last_at,
        times=one.times,
        deed=one.deed,
        what=one.what,
        who=who,
        name=name,
    )
