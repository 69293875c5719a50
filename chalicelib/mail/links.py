"""Links in mails that do something for whoever has the mail, and nothing for anybody else: signed tokens.

What is signed is who the link is for, without their address, so that no server's log has it.
"""

from dataclasses import dataclass
from enum import StrEnum

from itsdangerous import BadData, URLSafeTimedSerializer

from chalicelib.errors import NotFound

_DAY = 24 * 3600


class Purpose(StrEnum):
    """What a link does."""

    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    DECLINE = "decline"


OWN = "own"
"""What stands for the owner's own address, whichever that is by then."""

DAYS = {Purpose.CONFIRM: 7, Purpose.UNSUBSCRIBE: 730, Purpose.DECLINE: 730}
"""How long a link works. One that ends mails must for as long as somebody may still look at the mail."""


@dataclass(frozen=True, slots=True)
class MailLink:
    """A link: it lets an address (by its fingerprint, or `OWN`) confirm, or end, what an owner has sent there; or
    decline all mails that tell what is shared with it, by whomever.
    """

    purpose: Purpose
    owner: str
    address_id: str


def sign(link: MailLink, secret: str) -> str:
    """The token that stands for `link`."""
    return str(_serializer(secret).dumps([link.purpose.value, link.owner, link.address_id]))


def read(token: str, secret: str) -> MailLink:
    """The link that `token` stands for. Raises NotFound if nobody here signed it, or too long ago."""
    serializer = _serializer(secret)
    try:
        purpose, owner, address_id = serializer.loads(token)
        link = MailLink(Purpose(purpose), str(owner), str(address_id))
        serializer.loads(token, max_age=DAYS[link.purpose] * _DAY)
    except (BadData, ValueError, TypeError) as exc:
        raise NotFound("This link has ended, or there never was one.", "no-link") from exc
    return link


def _serializer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="rapporteur.mail")
