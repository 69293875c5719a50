"""Mail addresses: how they are written, and how they are known without being told. Pure."""

import hashlib
import re

import idna

from chalicelib.errors import InvalidRequest

_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*")
"""A valid e-mail address by the HTML standard (https://html.spec.whatwg.org/#valid-e-mail-address): one, without a
display name, comment or quotes."""

_LONGEST = 254
"""RFC 5321, 4.5.3.1.3, less the brackets: https://www.rfc-editor.org/errata/eid1690"""

_ENCODED_WORD = "=?"
"""With these RFC 2047 begins an encoded word, which Python's library would decode, line breaks and headers included."""


def normal(address: str) -> str:
    """`address` as SES takes it: in ASCII, its domain in Punycode and small letters.

    What stands before the @ must be ASCII (SES knows no SMTPUTF8,
    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html) and stays as it is. Raises
    InvalidRequest with a sentence about what is wrong.
    """
    local, at, domain = address.rpartition("@")
    if not at or not local or not domain or _ENCODED_WORD in address:
        raise _refused("must look like name@example.org")
    if not local.isascii():
        raise _refused("may have letters beyond ASCII after the @ only: no mail can be sent to others from here")
    try:
        host = idna.encode(domain, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as exc:
        raise _refused(f"has a domain that is none: {domain!r}") from exc
    found = f"{local}@{host}"
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(host) or len(found) > _LONGEST:
        raise _refused("must look like name@example.org")
    return found


def fingerprint(address: str) -> str:
    """What an address is known by where it need not be read: the same for all ways to write it, 32 hex digits.

    Small letters before the @ too: hardly a server tells them apart, and a bounce may come back in either.
    """
    try:
        same = normal(address.strip())
    except InvalidRequest:
        same = address
    return hashlib.sha256(same.lower().encode(errors="replace")).hexdigest()[:32]


def _refused(why: str) -> InvalidRequest:
    return InvalidRequest(f"A mail address {why}.", "address", "address")
