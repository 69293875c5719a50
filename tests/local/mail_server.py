"""A real SMTP server (aiosmtpd) that keeps what it takes, and can be made slow, unwilling or absent."""

import asyncio
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509

from local.mail.smtp import SmtpServer
from tests.harness.certificates import self_signed

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Taken:
    """A mail as it came over the wire."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    over_tls: bool
    user: str | None


@dataclass
class Desk:
    """What the server takes, and how it answers: `data` and `rcpt` hold answers, without which it is willing."""

    taken: list[Taken] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    rcpt: dict[str, str] = field(default_factory=dict)
    hanging_up_on: bytes | None = None
    at_work: threading.Event = field(default_factory=threading.Event)
    """Unless it is set, mails are taken and not answered."""

    def __post_init__(self) -> None:
        self.at_work.set()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.rcpt:
            return self.rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.original_content or b""
        if self.hanging_up_on and self.hanging_up_on in raw:
            assert server.transport is not None
            server.transport.abort()
            return "421 Bye"
        if self.data and not (answer := self.data.pop(0)).startswith("2"):
            return answer
        user = session.auth_data.login.decode() if isinstance(session.auth_data, LoginPassword) else None
        sender = envelope.mail_from or ""
        self.taken.append(Taken(sender, tuple(envelope.rcpt_tos), raw, session.ssl is not None, user))
        while not self.at_work.is_set():
            await asyncio.sleep(0.01)
        return "250 OK"


class MailServer(Controller):
    """A server at a port that is its own from the beginning; nobody answers there before `start`."""

    def __init__(self, **options: Any) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((HOST, 0))
        self.desk = Desk()
        super().__init__(self.desk, hostname=HOST, port=self._socket.getsockname()[1], ready_timeout=20, **options)

    @property
    def address(self) -> SmtpServer:
        return SmtpServer(HOST, self.port)

    @property
    def taken(self) -> list[Taken]:
        return self.desk.taken

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._socket, ssl=self.ssl_context)

    def close(self) -> None:
        self.desk.at_work.set()
        if self._thread is not None:
            self.stop()
        self.loop.close()
        self._socket.close()


@contextmanager
def mail_server(up: bool = True, **options: Any) -> Iterator[MailServer]:
    server = MailServer(**options)
    try:
        if up:
            server.start()
        yield server
    finally:
        server.close()


def knows(user: str, password: str) -> Any:
    """An authenticator for one user."""

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and given == LoginPassword(user.encode(), password.encode())
        return AuthResult(success=right, handled=False, auth_data=given)

    return authenticate


def certificate(folder: Path) -> ssl.SSLContext:
    """TLS for a server, with a certificate that nobody else has signed."""
    made = self_signed(HOST, [x509.IPAddress(ipaddress.ip_address(HOST))])
    pem = folder / "certificate.pem"
    pem.write_bytes(made.key + made.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
