"""What accounts may use by name: collections of faces, models, recognisers, vocabularies. For administrators."""

import time

from chalicelib.api.models import releases as models
from chalicelib.api.operation import Access, operation
from chalicelib.clients.tokens import Account
from chalicelib.domain.ai_options import NAME
from chalicelib.domain.people import CollectionDeed, Done
from chalicelib.domain.releases import Release, ReleaseKind, expected_name
from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.services import Services


@operation("GET", "/admin/releases", access=Access.ADMIN)
def list_releases(services: Services) -> models.Releases:
    """What is released, and to whom."""
    return models.Releases(releases=list(map(_view, services.releases.all())))


@operation("PUT", "/admin/releases/{kind}/{name}", access=Access.ADMIN)
def put_release(
    kind: str, name: str, account: Account, body: models.ReleaseWanted, services: Services
) -> models.ReleaseView:
    """Let accounts use a thing by a name, and nobody else."""
    found = _kind(kind)
    if found is None or not NAME.fullmatch(name):
        raise NotFound("There is no such kind of thing, or nothing can be called so.")
    if body.aws_name and (expected := expected_name(found, body.aws_name)):
        raise InvalidRequest(f"The name on AWS must be {expected}.", "wrong-name", "aws_name")
    before = services.releases.get(found, name)
    accounts = frozenset(body.accounts)
    added = sorted(accounts - (before.accounts if before else frozenset()))
    for owner in added:
        if not services.has_account(owner):
            raise InvalidRequest(f"There is no account {owner}.", "no-account", "accounts")
    release = services.releases.put(found, name, body.aws_name, accounts, everybody=body.everybody)
    for owner in added:
        if services.users.is_gone(owner):  # its erasure may have looked through the releases before this one was made
            services.releases.withdraw(owner)
    _note(found, name, CollectionDeed.RELEASED, account, services)
    return _view(release)


@operation("DELETE", "/admin/releases/{kind}/{name}", access=Access.ADMIN)
def delete_release(kind: str, name: str, account: Account, services: Services) -> None:
    """Let nobody use a thing any more; the thing itself stays."""
    found = _kind(kind)
    if found is None or not services.releases.remove(found, name):
        raise NotFound("Nothing of this kind is released under this name.")
    _note(found, name, CollectionDeed.WITHDRAWN, account, services)


def _note(kind: ReleaseKind, name: str, deed: CollectionDeed, account: Account, services: Services) -> None:
    """Who let others look for people, and when, stays on record."""
    if kind is ReleaseKind.COLLECTION:
        services.people.note(Done(name, deed, account.owner, time.time()))


def _kind(text: str) -> ReleaseKind | None:
    return ReleaseKind(text) if text in set(ReleaseKind) else None


def _view(release: Release) -> models.ReleaseView:
    return models.ReleaseView(
        kind=release.kind,
        name=release.name,
        aws_name=release.aws_name,
        accounts=sorted(release.accounts),
        everybody=release.everybody,
    )
