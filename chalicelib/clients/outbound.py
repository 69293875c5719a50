"""Requests to addresses that users name: only to the public internet, never to what is behind our own walls.

A name is resolved once, all that it resolves to must be public, and the connection goes to the very address that was
checked: a name that resolves to something else a moment later gains nothing (DNS rebinding). Redirects are not
followed.
https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from chalicelib.errors import InvalidRequest

TIMEOUT = 10.0  # seconds
_HTTPS = 443
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
"""NAT64 (RFC 6052, RFC 8215): behind these an IPv4 address stands, perhaps a private one."""

Resolve = Callable[..., Any]
"""As `socket.getaddrinfo`."""


def check(url: str, resolve: Resolve = socket.getaddrinfo) -> tuple[SplitResult, str]:
    """`url` taken apart, and an address that it may be reached at. Raises InvalidRequest that says what is wrong."""
    try:
        parts = urlsplit(url)
        port = parts.port or _HTTPS
    except ValueError as exc:
        raise _refused("is no web address") from exc
    if parts.scheme != "https" or not parts.hostname or parts.username is not None:
        raise _refused("must begin with https://, and hold no name or password")
    try:
        found = {entry[4][0] for entry in resolve(parts.hostname, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as exc:
        raise _refused("has a name that cannot be found") from exc
    if not found or not all(_is_public(address) for address in found):
        raise _refused("leads to an address that is not on the public internet")
    return parts, min(found)


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    resolve: Resolve = socket.getaddrinfo,
    context: ssl.SSLContext | None = None,
) -> int:
    """POST `body` to `url`. Returns the answer's status. Raises InvalidRequest if it must not be sent there, OSError or
    HTTPException if nobody answers.
    """
    parts, address = check(url, resolve)
    host, port = str(parts.hostname), parts.port or _HTTPS
    plain = socket.create_connection((address, port), TIMEOUT)
    try:
        secured = (context or ssl.create_default_context()).wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    connection.sock = secured
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, dict(headers))
        return connection.getresponse().status
    finally:
        connection.close()


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return _is_public(str(ip.ipv4_mapped))
        if ip.sixtofour is not None or ip.teredo is not None or any(ip in network for network in _TRANSLATED):
            return False
    return ip.is_global and not ip.is_multicast


def _refused(why: str) -> InvalidRequest:
    return InvalidRequest(f"This address {why}.", "target-refused", "url")
