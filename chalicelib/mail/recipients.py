"""Whom a mail is for: their language, and the links that are theirs."""

import time
from dataclasses import replace

from chalicelib.domain.accounts import USUAL_LANGUAGE, USUAL_ZONE, Profile, Token
from chalicelib.domain.assets import AssetRef
from chalicelib.domain.links import USUAL_PARTS
from chalicelib.letters.letter import Reader
from chalicelib.mail import links
from chalicelib.mail.links import OWN, MailLink, Purpose
from chalicelib.services import Services

_SHARED_DAYS = 30


def owner(profile: Profile, services: Services) -> Reader:
    """The owner, as what they have set describes them; one without an account has nothing to unsubscribe from."""
    return Reader(
        language=profile.language or USUAL_LANGUAGE,
        time_zone=services.settings.digest_zone or profile.time_zone or USUAL_ZONE,
        settings_url=page("settings", services) if profile.email is not None else None,
        unsubscribe_url=_unsubscribe_page(profile, OWN, services) if profile.email is not None else None,
        attachments=frozenset(profile.attachments),
    )


def recipient(profile: Profile, address_id: str, services: Services) -> Reader:
    """Somebody else, in the owner's language: theirs is not known."""
    theirs = owner(profile, services)
    ends = _unsubscribe_page(profile, address_id, services)
    return replace(theirs, settings_url=None, unsubscribe_url=ends, reason="recipient")


def invited(sharer: Profile, theirs: Profile, address_id: str, services: Services) -> Reader:
    """Somebody with whom the owner of `sharer` shares something, in their own language if it is known, else in the
    owner's.
    """
    return Reader(
        language=theirs.language or sharer.language or USUAL_LANGUAGE,
        time_zone=theirs.time_zone or sharer.time_zone or USUAL_ZONE,
        unsubscribe_url=page(f"unsubscribe/{declining(sharer.owner, address_id, services)}", services),
        reason="recipient",
    )


def declining(owner: str, address_id: str, services: Services) -> str:
    """The token by which an address is told of nothing more that is shared with it."""
    return links.sign(MailLink(Purpose.DECLINE, owner, address_id), services.signing_key)


def page(place: str, services: Services) -> str | None:
    """The address of one of the pages; None where there are none."""
    pages = services.settings.pages_url
    return f"{pages.rstrip('/')}/#/{place}" if pages else None


def asset_page(ref: AssetRef, services: Services) -> str | None:
    """The page of a recording, for its owner."""
    return page(f"asset/{ref.asset_id}", services)


def shared_page(ref: AssetRef, services: Services) -> str | None:
    """A page of a recording for somebody without an account: made now, and gone by itself after a month."""
    if services.settings.pages_url is None:
        return None
    token = Token.new_share(ref.owner, services.signing_key)
    ends = time.time() + _SHARED_DAYS * 24 * 3600
    services.users.hand_out(token, asset_id=ref.asset_id, expires_at=ends, is_mailed=True, shows=USUAL_PARTS)
    return shared_address(str(token), services)


def shared_address(token: str, services: Services) -> str:
    """The address of a link that is given to others: it leads people on to the page, and tells programs that show what
    is behind an address no more than they may know (`api/previews.py`).
    """
    return f"{(services.settings.pages_url or '').rstrip('/')}/s/{token}"


def unsubscribe_url(profile: Profile, address_id: str, services: Services) -> str | None:
    """Where a mail program posts to end the mails to an address, or to the owner's `OWN`, at one click."""
    return one_click(_token(profile, address_id, services), services)


def one_click(token: str, services: Services) -> str | None:
    """Where a mail program posts what this token stands for; None where the deployment says no address of its API."""
    api = services.settings.api_url
    return f"{api.rstrip('/')}/mail/unsubscribe?token={token}" if api else None


def _unsubscribe_page(profile: Profile, address_id: str, services: Services) -> str | None:
    if services.settings.pages_url is None:
        return None
    return page(f"unsubscribe/{_token(profile, address_id, services)}", services)


def _token(profile: Profile, address_id: str, services: Services) -> str:
    return links.sign(MailLink(Purpose.UNSUBSCRIBE, profile.owner, address_id), services.signing_key)
