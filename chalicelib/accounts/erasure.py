"""The end of an account."""

from chalicelib.domain import addresses, keys
from chalicelib.errors import Conflict
from chalicelib.observability import count
from chalicelib.pipeline import clips, consent, material, people, vocabularies
from chalicelib.pipeline.erase import erase
from chalicelib.services import Services


def erase_account(owner: str, services: Services) -> None:
    """Everything that is kept of an owner, the account's own item last. What their runs cost stays, as nobody's.

    Raises Conflict if requests may still be under way that were let in before the account was refused.
    """
    if services.users.mark_gone(owner):
        # Who asked for this died before the mark was made. The message comes again, when those requests have ended.
        raise Conflict("The account has only just been closed to requests. It is erased a little later.", "just-closed")
    consent.stop(owner, services)
    vocabularies.forget(owner, services)
    for asset in list(services.store.of_owner(owner)):
        erase(asset, services, even_if_due=True, with_index=True)
    _take_marks(owner, services)
    services.outputs.delete_under(keys.exports_of(owner))
    services.outputs.delete_under(keys.index_of(owner))
    people.forget_made_by(owner, services)
    material.forget_who(owner, services)
    services.grants.forget_owner(owner)
    email = services.users.profile(owner).email
    if email is not None:
        services.grants.forget_address(addresses.fingerprint(email))
        services.mails.forget_address(addresses.fingerprint(email))
    services.forget_account(owner)
    services.ledger.release(owner)
    services.releases.withdraw(owner)
    services.users.let_mark_expire(owner)
    if services.users.forget(owner):
        services.users.count_erased()
        count("AccountsErased")


def _take_marks(owner: str, services: Services) -> None:
    """Delete what an account has marked and said in others' recordings, also where nothing is shared with it any more.

    One after the other, each off the list when it is gone: whoever comes after a death goes on where it was.
    """
    asset = None
    for ref, mark_id in list(services.marks.written_by(owner)):
        if asset is None or asset.ref != ref:
            asset = services.store.get(ref)
        if asset is None:  # it has gone by itself, and its marks may be just about to
            services.marks.delete(ref, mark_id)
        else:
            clips.delete(asset, mark_id, services)
        services.marks.forget_written(owner, ref, mark_id)
