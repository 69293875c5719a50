"""Who gets mail: one's own address, and those of others, once they have agreed to it."""

import secrets
import time

from botocore.exceptions import ClientError

from chalicelib.api import mail_views
from chalicelib.clients.tokens import Account
from chalicelib.domain.accounts import Profile, Recipient
from chalicelib.errors import Conflict, DeliveryError, Forbidden, InvalidRequest, NotFound, OverQuota
from chalicelib.mail import addresses, links, recipients, ses
from chalicelib.mail.links import DAYS, OWN, MailLink, Purpose
from chalicelib.mail.ses import Kind
from chalicelib.services import Services

_DAY = 24 * 3600.0
_MOST_ADDRESSES = 20
_ASKED_A_DAY = 10
_ASKS_TO_AN_ADDRESS = 3
_ASKS = "asks"
_GONE = "This link has ended, or there never was one."


def standing(email: str | None, services: Services) -> mail_views.MailStanding:
    """Whether mail reaches the address; nothing is sent where none was confirmed."""
    if email is None:
        return mail_views.MailStanding(status="unconfirmed")
    known = services.mails.standing(addresses.fingerprint(email))
    if known.suppressed_at is not None:
        return mail_views.MailStanding(
            status="suppressed", reason=known.trouble, since=known.suppressed_at, detail=known.detail
        )
    if known.troubled_at is not None and known.troubled_at > time.time() - _DAY:
        return mail_views.MailStanding(
            status="delayed", reason=known.trouble, since=known.troubled_at, detail=known.detail
        )
    return mail_views.MailStanding(status="ok")


def resume(account: Account, services: Services) -> None:
    """Have mail sent to one's own address again: SES's own list of those it spares is told too. Once a day."""
    if account.email is None:
        raise Conflict("Confirm your address first: nothing is mailed to one that is not.", "address-unconfirmed")
    address_id = addresses.fingerprint(account.email)
    before = services.mails.standing(address_id).resumed_at
    if before is not None and before >= time.time() - _DAY:
        raise OverQuota("Mail was switched on again less than a day ago; please wait until tomorrow.", "mail-limit")
    try:
        services.aws.ses.delete_suppressed_destination(EmailAddress=addresses.plain(account.email))
    except ClientError as exc:
        if exc.response["Error"]["Code"] != "NotFoundException":
            raise
    except NotImplementedError:  # the embedded SES has no such list
        pass
    # The day's turn is used up only now: whoever was told to try again can.
    services.mails.resume(address_id, _DAY)


def known(account: Account, services: Services) -> mail_views.Addresses:
    """Everybody else who is to get one's reports."""
    return mail_views.Addresses(addresses=[_view(one) for one in services.mails.recipients(account.owner)])


def ask(account: Account, wanted: str, services: Services) -> mail_views.AddressView:
    """Ask an address, by a mail with a link, whether it wants one's reports.

    Who has said so before is not asked again; nor is who has unsubscribed, whatever their reason.
    """
    if services.settings.pages_url is None:
        raise Conflict("This deployment has no pages, so nobody can confirm an address.", "no-pages")
    address = addresses.plain(wanted)
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


def remove(account: Account, address_id: str, services: Services) -> None:
    """Have nothing more sent to somebody. Raises NotFound if there is none of that id."""
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


def link(token: str, services: Services) -> mail_views.LinkView:
    """What a link is for. Raises NotFound if it has ended, or if what it is about is gone."""
    read, profile, address = _read(token, services)
    asker = profile.email if read.purpose is Purpose.CONFIRM else None
    return mail_views.LinkView(purpose=read.purpose, address=address, asker=asker)


def confirm(token: str, services: Services) -> mail_views.Answered:
    """Whoever has the mail agrees to get reports. Safe to call again. Raises NotFound."""
    read, _, address = _read(token, services)
    if read.purpose is not Purpose.CONFIRM:
        raise NotFound(_GONE, "no-link")
    if services.mails.answer(read.owner, read.address_id, takes_mail=True) is None:
        raise NotFound(_GONE, "no-link")
    return mail_views.Answered(status="confirmed", address=address)


def unsubscribe(token: str, services: Services) -> mail_views.Answered:
    """Whoever has the mail wants no more of them. Safe to call again. Raises NotFound."""
    read, _, address = _read(token, services)
    if read.purpose is not Purpose.UNSUBSCRIBE:
        raise NotFound(_GONE, "no-link")
    if read.address_id == OWN:
        services.users.unsubscribe(read.owner)
    else:
        services.mails.answer(read.owner, read.address_id, takes_mail=False)
    return mail_views.Answered(status="unsubscribed", address=address)


def page_of(token: str, services: Services) -> str:
    """The page on which a person can unsubscribe. Raises NotFound for a link that has ended."""
    link(token, services)
    page = recipients.page(f"unsubscribe/{token}", services)
    if page is None:
        raise Conflict("This deployment has no pages: send the same address a POST.", "no-pages")
    return page


def _read(token: str, services: Services) -> tuple[MailLink, Profile, str]:
    """The link, the owner that it is from, and the address that it is for."""
    read = links.read(token, services.signing_key)
    profile = services.users.profile(read.owner)
    if read.address_id == OWN and profile.email is not None:
        return read, profile, profile.email
    found = services.mails.recipient(read.owner, read.address_id)
    if found is None:
        raise NotFound(_GONE, "no-link")
    return read, profile, found.address


def _send(asked: Recipient, reference: str, profile: Profile, services: Services) -> None:
    from chalicelib.letters import notices  # templates: most requests have no use for them

    token = links.sign(MailLink(Purpose.CONFIRM, profile.owner, asked.id), services.signing_key)
    url = recipients.page(f"confirm/{token}", services)
    assert url is not None, "whoever asks has seen to that"
    letter = notices.confirmation(
        profile.email or "Somebody", url, DAYS[Purpose.CONFIRM], recipients.recipient(profile, asked.id, services)
    )
    try:
        ses.send(letter, ses.envelope(asked.address, reference, services), Kind.NOTICE, services)
    except (DeliveryError, ClientError) as exc:
        if isinstance(exc, ClientError) and not ses.is_denial(exc):
            raise
        raise Conflict(
            "The mail service does not write to this address. Perhaps it is still in its sandbox: the administrators "
            "know.",
            "mail-refused",
        ) from exc


def _view(one: Recipient) -> mail_views.AddressView:
    status: mail_views.AddressStatus = "confirmed" if one.takes_mail else "asked"
    if one.unsubscribed_at is not None:
        status = "unsubscribed"
    return mail_views.AddressView(
        id=one.id, address=one.address, status=status, asked_at=one.asked_at, confirmed_at=one.confirmed_at
    )
