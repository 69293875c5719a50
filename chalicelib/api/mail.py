"""Mail: who else gets one's reports, once they have agreed to it; and what those can do who have a mail."""

import secrets
from http import HTTPStatus

from botocore.exceptions import ClientError
from chalice import Response

from chalicelib.api.models import mail as models
from chalicelib.api.operation import FORMS, Access, operation
from chalicelib.clients.tokens import Account
from chalicelib.domain import addresses
from chalicelib.domain.accounts import Profile, Recipient
from chalicelib.errors import Conflict, DeliveryError, Forbidden, InvalidRequest, NotFound, OverQuota
from chalicelib.mail import links, recipients, ses
from chalicelib.mail.links import DAYS, OWN, MailLink, Purpose
from chalicelib.mail.ses import MailKind
from chalicelib.services import Services

_MOST_ADDRESSES = 20
_ASKED_A_DAY = 10
_ASKS_TO_AN_ADDRESS = 3
_ASKS = "asks"


@operation("GET", "/me/addresses")
def list_addresses(account: Account, services: Services) -> models.Addresses:
    """Everybody else who is to get one's reports."""
    return models.Addresses(addresses=[_view(one) for one in services.mails.recipients(account.owner)])


@operation("POST", "/me/addresses", access=Access.PERSON, status=HTTPStatus.ACCEPTED)
def ask_address(body: models.AddressWanted, account: Account, services: Services) -> models.AddressView:
    """Ask somebody, by mail, whether they want one's reports; none is sent there before they have agreed."""
    # Who has said so before is not asked again; nor is who has unsubscribed, whatever their reason.
    if services.settings.pages_url is None:
        raise Conflict("This deployment has no pages, so nobody can confirm an address.", "no-pages")
    address = addresses.normal(body.address)
    address_id = addresses.fingerprint(address)
    if account.email is not None and addresses.fingerprint(account.email) == address_id:
        raise InvalidRequest("This is your own address; it gets your reports anyway.", "own-address", "address")
    there = services.mails.recipient(account.owner, address_id)
    if there is not None and there.takes_mail:
        return _view(there)
    if there is not None and there.unsubscribed_at is not None:
        raise Conflict("They have unsubscribed, so they are not asked again.", "unsubscribed")
    if there is None and len(services.mails.recipients(account.owner)) >= _MOST_ADDRESSES:
        raise Conflict(f"There are {_MOST_ADDRESSES} addresses already; remove some first.", "too-many-addresses")
    if services.mails.standing(address_id).suppressed_at is not None:
        raise Conflict("Mail does not reach this address, or is not wanted there.", "suppressed")
    reference = f"{account.owner}.ask.{address_id}.{secrets.token_hex(4)}"
    mails = services.mails
    if not (
        mails.claim_of_owner(account.owner, reference, _ASKED_A_DAY, _ASKS)
        and mails.claim_of_address(address_id, reference, _ASKS_TO_AN_ADDRESS, _ASKS)
    ):
        raise OverQuota("That is enough mails of this kind for today; please go on tomorrow.", "mail-limit")
    # The address of whoever asks stands in the mail and on the page that its link leads to.
    profile = services.users.know(account.owner, account.email)
    asked = services.mails.ask(account.owner, address_id, address)
    _send(asked, reference, profile, services)
    return _view(asked)


@operation("DELETE", "/me/addresses/{address_id}")
def remove_address(address_id: str, account: Account, services: Services) -> None:
    """Have nothing more sent to somebody."""
    if not services.mails.remove(account.owner, address_id):
        raise NotFound("There is no such address.", "no-address")


def confirmed(account: Account, wanted: str, services: Services) -> str | None:
    """The address that was confirmed; None if it is one's own. Raises Forbidden if nobody there wants reports."""
    address_id = addresses.fingerprint(wanted)
    if account.email is not None and addresses.fingerprint(account.email) == address_id:
        return None
    found = services.mails.recipient(account.owner, address_id)
    if found is None or not found.takes_mail:
        raise Forbidden(
            "Nobody has confirmed yet that they want reports at this address: ask them in your settings first, or "
            "leave the field out to use your own.",
            "address-unconfirmed",
            "email",
        )
    return found.address


@operation("GET", "/mail/link", access=Access.ANYONE)
def get_mail_link(query: models.LinkWanted, services: Services) -> models.LinkView:
    """What a link out of a mail is for."""
    read, profile, address = _read(query.token, services)
    asker = profile.email if read.purpose is Purpose.CONFIRM else None
    return models.LinkView(purpose=read.purpose, address=address, asker=asker)


@operation("POST", "/mail/confirm", access=Access.ANYONE)
def confirm_address(body: models.LinkWanted, services: Services) -> models.Answered:
    """Agree to get somebody's reports, by the link in the mail that asked."""
    read, _, address = _read(body.token, services)
    if read.purpose is not Purpose.CONFIRM:
        raise _gone()
    if services.mails.answer(read.owner, read.address_id, takes_mail=True) is None:
        raise _gone()
    return models.Answered(status="confirmed", address=address)


@operation("POST", "/mail/unsubscribe", access=Access.ANYONE, takes=FORMS)
def unsubscribe(query: models.LinkWanted, services: Services) -> models.Answered:
    """Get no more mails, at one click (RFC 8058): mail programs send the form `List-Unsubscribe=One-Click`."""
    read, _, address = _read(query.token, services)
    if read.purpose is Purpose.CONFIRM:
        raise _gone()
    if read.purpose is Purpose.DECLINE:
        services.mails.decline(read.address_id)
    elif read.address_id == OWN:
        services.users.unsubscribe(read.owner)
    else:
        services.mails.answer(read.owner, read.address_id, takes_mail=False)
    return models.Answered(status="unsubscribed", address=address)


@operation("GET", "/mail/unsubscribe", access=Access.ANYONE, status=HTTPStatus.FOUND)
def find_unsubscribing(query: models.LinkWanted, services: Services) -> Response:
    """Where to unsubscribe, for a person who follows the link: looking at it changes nothing."""
    _read(query.token, services)
    page = recipients.page(f"unsubscribe/{query.token}", services)
    if page is None:
        raise Conflict("This deployment has no pages: send the same address a POST.", "no-pages")
    return Response("", headers={"Location": page, "Cache-Control": "no-store"}, status_code=HTTPStatus.FOUND)


def _read(token: str, services: Services) -> tuple[MailLink, Profile, str | None]:
    """The link, the owner that it is from, and the address that it is for, where that is known. Raises NotFound if any
    of it is gone.
    """
    read = links.read(token, services.signing_key)
    profile = services.users.profile(read.owner)
    if read.purpose is Purpose.DECLINE:
        return read, profile, None
    if read.address_id == OWN and profile.email is not None:
        return read, profile, profile.email
    found = services.mails.recipient(read.owner, read.address_id)
    if found is None:
        raise _gone()
    return read, profile, found.address


def _gone() -> NotFound:
    return NotFound("This link has ended, or there never was one.", "no-link")


def _send(asked: Recipient, reference: str, profile: Profile, services: Services) -> None:
    from chalicelib.letters import notices  # templates: most requests have no use for them

    token = links.sign(MailLink(Purpose.CONFIRM, profile.owner, asked.id), services.signing_key)
    url = recipients.page(f"confirm/{token}", services)
    assert url is not None, "whoever asks has seen to that"
    letter = notices.confirmation(
        profile.email or "Somebody", url, DAYS[Purpose.CONFIRM], recipients.recipient(profile, asked.id, services)
    )
    try:
        ses.send(letter, ses.envelope(asked.address, reference, services), MailKind.NOTICE, services)
    except (DeliveryError, ClientError) as exc:
        if isinstance(exc, ClientError) and not ses.is_denial(exc):
            raise
        raise Conflict(
            "The mail service does not write to this address. Perhaps it is still in its sandbox: the administrators "
            "know.",
            "mail-refused",
        ) from exc


def _view(one: Recipient) -> models.AddressView:
    status: models.AddressStatus = "confirmed" if one.takes_mail else "asked"
    if one.unsubscribed_at is not None:
        status = "unsubscribed"
    return models.AddressView(
        id=one.id, address=one.address, status=status, asked_at=one.asked_at, confirmed_at=one.confirmed_at
    )
