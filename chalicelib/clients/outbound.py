"""Requests to addresses that users name: only to the public internet, never to what is behind our own walls.

A name is resolved once, all that it resolves to must be public, and the connection goes to the very address that was
checked: a name that resolves to something else a moment later gains nothing (DNS rebinding). Redirects are not
followed.
https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import http.client
import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Protocol, cast
from urllib.parse import SplitResult, quote, urlsplit

from chalicelib.errors import InvalidRequest
from chalicelib.message import Message

TIMEOUT = 10.0  # seconds
MOST_RESOLVING = 8
"""Names that are looked up at a time. A look-up cannot be broken off: it ends when the system's resolver gives up, some
30 seconds where no server answers. Nobody waits for it as long, and there are never more of them than this.
"""
_PORTS = {"https": 443, "http": 80}
_UNICAST = ipaddress.ip_network("2000::/3")
"""All that is given out of IPv6 for the public internet (RFC 4291). Outside of it an IPv4 address may stand behind
another, perhaps a private one: of NAT64 (64:ff9b::/96), translated (::ffff:0:0/96), or compatible as of old (::/96).
"""

NO_ADDRESS = Message("target-no-address", "This is no web address. A whole one begins with https://.")
WITH_PASSWORD = Message("target-password", "This address holds a name or a password. Give one that opens without.")
_NOT_SECURE = Message("target-not-secure", "This address must begin with https://.")
_OTHER_PORT = Message("target-port", "This address names a port. Only the usual ones, 80 and 443, are asked.")
UNKNOWN = Message("target-unknown", "This address has a name that cannot be found. Check how it is spelt.")
NOT_PUBLIC = Message(
    "target-not-public", "This address is not on the public internet. Give one that everybody can open."
)

Resolve = Callable[..., Any]
"""As `socket.getaddrinfo`."""

Connect = Callable[[tuple[str, int], float], socket.socket]
"""As `socket.create_connection`."""


class Download(Protocol):
    """What a server answers to a GET: its status, its headers, and what of its body is asked for."""

    status: int
    headers: Mapping[str, str]

    def read(self, size: int) -> bytes:
        """The next `size` bytes of the body, fewer at its end. Raises OSError or HTTPException; TimeoutError when the
        time is over that there was for all of it.
        """


_resolving = threading.BoundedSemaphore(MOST_RESOLVING)


def check(
    url: str, resolve: Resolve = socket.getaddrinfo, *, for_files: bool = False, seconds: float = TIMEOUT
) -> tuple[SplitResult, str]:
    """`url` taken apart, and an address that it may be reached at. Raises InvalidRequest that says what is wrong, also
    where nobody tells the address of its name within so many `seconds`.

    What is only read, `for_files`, may be http too, at the usual ports alone.
    """
    try:
        parts = urlsplit(url)
        port = port_of(parts)
    except ValueError as exc:
        raise _refused(NO_ADDRESS) from exc
    if any(sign < " " or sign == "\x7f" for sign in url) or parts.scheme not in _PORTS or not parts.hostname:
        raise _refused(NO_ADDRESS)
    if parts.scheme != "https" and not for_files:
        raise _refused(_NOT_SECURE)
    if parts.username is not None or parts.password is not None:
        raise _refused(WITH_PASSWORD)
    if for_files and port not in _PORTS.values():
        raise _refused(_OTHER_PORT)
    try:
        found = _resolved(parts.hostname, port, resolve, seconds)
    except (OSError, UnicodeError) as exc:
        raise _refused(UNKNOWN) from exc
    if not found or not all(_is_public(address) for address in found):
        raise _refused(NOT_PUBLIC)
    return parts, min(found)


def _resolved(host: str, port: int, resolve: Resolve, seconds: float) -> set[str]:
    """The addresses of a name. Raises what `resolve` raises, TimeoutError if it takes more than so many `seconds`."""
    ends = time.monotonic() + seconds
    if not _resolving.acquire(timeout=seconds):
        raise TimeoutError("too many names are being looked up")
    told: queue.SimpleQueue[set[str] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            told.put({entry[4][0] for entry in resolve(host, port, type=socket.SOCK_STREAM)})
        except Exception as exc:  # noqa: BLE001 - it is raised where somebody waits for it
            told.put(exc)
        finally:
            _resolving.release()

    try:
        threading.Thread(target=look_up, name="look-up", daemon=True).start()
    except RuntimeError:
        _resolving.release()
        raise
    try:
        found = told.get(timeout=max(0.001, ends - time.monotonic()))
    except queue.Empty as exc:
        raise TimeoutError("the name is not told in time") from exc
    if isinstance(found, Exception):
        raise found
    return found


def port_of(parts: SplitResult) -> int:
    """The port that an address is at. Raises ValueError if it names one that there is not."""
    return parts.port or _PORTS.get(parts.scheme, 0)


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
    with _Deadline(TIMEOUT) as deadline:
        parts, address = check(url, resolve, seconds=deadline.patience)
        connection = _connected(parts, address, deadline, socket.create_connection, context)
        try:
            connection.request("POST", _target(parts), body, dict(headers))
            return connection.getresponse().status
        finally:
            connection.close()


@contextmanager
def download(
    url: str,
    headers: Mapping[str, str],
    seconds: float,
    resolve: Resolve = socket.getaddrinfo,
    context: ssl.SSLContext | None = None,
    connect: Connect = socket.create_connection,
) -> Iterator[Download]:
    """GET `url`, of which all must have come within so many `seconds`, however slowly its server sends.

    Raises InvalidRequest if it must not be asked, OSError or HTTPException if nobody answers.
    """
    with _Deadline(seconds) as deadline:
        parts, address = check(url, resolve, for_files=True, seconds=deadline.patience)
        connection = _connected(parts, address, deadline, connect, context)
        try:
            connection.request("GET", _target(parts), headers={"User-Agent": "Rapporteur", **headers})
            with deadline.kept(), connection.getresponse() as answer:
                yield _Answer(answer, deadline)
        finally:
            connection.close()


class _Answer:
    def __init__(self, answer: http.client.HTTPResponse, deadline: "_Deadline") -> None:
        self.status = answer.status
        self.headers = cast("Mapping[str, str]", answer.headers)  # whose names have no case
        self._answer = answer
        self._deadline = deadline

    def read(self, size: int) -> bytes:
        with self._deadline.kept():
            return self._answer.read(size)


class _Deadline:
    """Ends a connection when its time is over: a time-out of the socket's own begins anew with every byte that comes,
    so a server that drips would hold us for as long as it likes.
    """

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._is_over = False
        self.socket: socket.socket | None = None

    def __enter__(self) -> "_Deadline":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    @property
    def patience(self) -> float:
        """Seconds for one answer of the network."""
        return max(0.001, min(TIMEOUT, self._ends - time.monotonic()))

    def ends(self, connected: socket.socket) -> None:
        """From now on it is this connection that ends with the time. Raises TimeoutError if that is over already:
        while a connection is being encrypted, nobody else holds it.
        """
        self.socket = connected
        if self._is_over:
            raise TimeoutError("the time for the answer is over")

    def _end(self) -> None:
        self._is_over = True
        if self.socket is not None:
            with suppress(OSError):  # it may have been closed
                # Of what is encrypted too, that which lies below: its own `shutdown` would wait for who reads just now.
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Raises TimeoutError where the time was over before the block has ended: what it has read is not whole."""
        try:
            yield
        except (OSError, http.client.HTTPException, ValueError) as exc:
            if self._is_over:
                raise TimeoutError("the time for the answer is over") from exc
            raise
        if self._is_over:
            raise TimeoutError("the time for the answer is over")


def _connected(
    parts: SplitResult, address: str, deadline: _Deadline, connect: Connect, context: ssl.SSLContext | None
) -> http.client.HTTPConnection:
    host, port = str(parts.hostname), port_of(parts)
    found = connect((address, port), deadline.patience)
    try:
        deadline.ends(found)
        if parts.scheme == "https":
            found = (context or ssl.create_default_context()).wrap_socket(found, server_hostname=host)
            deadline.ends(found)
    except BaseException:
        found.close()
        raise
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    connection.default_port = _PORTS[parts.scheme]  # so that it does not stand beside the host's name
    connection.sock = found
    return connection


def _target(parts: SplitResult) -> str:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return quote(target, safe="/?%:@!$&'()*+,;=~[]|")  # people also paste addresses as browsers show them


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return _is_public(str(ip.ipv4_mapped))
        if ip.sixtofour is not None or ip.teredo is not None or ip not in _UNICAST:
            return False
    return ip.is_global and not ip.is_multicast


def _refused(why: Message) -> InvalidRequest:
    return InvalidRequest(why, "target-refused", "url")
