"""Hands mails to an SMTP server (RFC 5321)."""

import ipaddress
import netrc
import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Self

from chalicelib.errors import RapporteurError
from local.aws.ses import Outgoing

_TLS_PORT = 465
"""TLS from the start: https://www.rfc-editor.org/rfc/rfc8314#section-3.3"""

_GREETING_SECONDS = 30.0
_ANSWER_SECONDS = 600.0
"""Whoever gives up sooner on a server that is looking a mail over sends it twice:
https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.2.6"""

_LARGEST_PORT = 65535
_ADDRESS = re.compile(r"(\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)):(?P<port>\d+)")
_OURS_TO_MEND = frozenset({530, 534, 535, 538})
"""What is wrong is how we signed in, not the mail: https://www.rfc-editor.org/rfc/rfc4954#section-6"""

_BROKEN = (OSError, smtplib.SMTPException, ValueError)
"""ValueError: names and passwords that the protocol cannot say."""

_NO_SUCH_NAME = 553
_FOR_GOOD = range(500, 600)


class Unreachable(RapporteurError):
    """The server takes no mail just now, whichever it is. The sentence names no address of a mail."""


@dataclass(frozen=True)
class Answer:
    """Which recipients a server did not take a mail for, each with the code of its answer."""

    put_off: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class SmtpServer:
    """Where a server listens."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """The server at `text`, which is like mail.example.org:587 or [::1]:1025. Raises RapporteurError."""
        found = _ADDRESS.fullmatch(text)
        if found and _is_address(found["six"]) and 0 < int(found["port"]) <= _LARGEST_PORT:
            return cls(found["six"] or found["host"], int(found["port"]))
        if "@" in text:  # not quoted: it may hold a password
            raise RapporteurError("A mail server is HOST:PORT; name and password for it stand in ~/.netrc.")
        raise RapporteurError(f"{text!r} is no mail server; one is HOST:PORT, such as localhost:1025 or [::1]:1025.")

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @contextmanager
    def connection(self) -> Iterator[smtplib.SMTP]:
        """A connection that mails can be sent over: with TLS if the server has it, signed in if it asks for that.

        Raises Unreachable.
        """
        try:
            connection = self._connect()
        except _BROKEN as exc:
            raise self._unreachable(exc) from exc
        try:
            try:
                self._secure(connection)
            except _BROKEN as exc:
                raise self._unreachable(exc) from exc
            yield connection
            with suppress(OSError, smtplib.SMTPException):
                connection.quit()
        finally:
            connection.close()

    def hand_over(self, mail: Outgoing, connection: smtplib.SMTP) -> Answer:
        """Send `mail` over `connection`. Raises Unreachable if that breaks: whether it was taken is not known then."""
        assert connection.sock is not None
        connection.sock.settimeout(_ANSWER_SECONDS)
        try:
            answers = connection.sendmail(mail.sender, mail.recipients, mail.raw)
        except smtplib.SMTPRecipientsRefused as exc:
            # A server that leaves in the middle has not answered for all.
            answers = {recipient: exc.recipients.get(recipient, (421, b"")) for recipient in mail.recipients}
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as exc:
            if exc.smtp_code in _OURS_TO_MEND:
                raise self._unreachable(exc) from exc
            answers = dict.fromkeys(mail.recipients, (exc.smtp_code, b""))
        except (OSError, smtplib.SMTPException) as exc:
            raise self._unreachable(exc) from exc
        except ValueError:  # an address with a line break, or with letters beyond ASCII
            answers = dict.fromkeys(mail.recipients, (_NO_SUCH_NAME, b""))
        codes = {recipient: code for recipient, (code, _) in answers.items()}
        return Answer(
            put_off={recipient: code for recipient, code in codes.items() if code not in _FOR_GOOD},
            refused={recipient: code for recipient, code in codes.items() if code in _FOR_GOOD},
        )

    def credentials(self) -> tuple[str, str] | None:
        """Name and password for this host, None if there are none. Raises Unreachable if ~/.netrc cannot be read."""
        try:
            login, _, password = netrc.netrc().hosts[self.host]
        except (FileNotFoundError, KeyError):
            return None
        except netrc.NetrcParseError as exc:
            # Its own sentence may quote a password.
            where = f"line {exc.lineno} is not understood" if exc.lineno else "nobody but you may own or read it"
            raise Unreachable(f"~/.netrc cannot be used: {where}.") from exc
        except (OSError, UnicodeError) as exc:
            raise Unreachable("~/.netrc cannot be read.") from exc
        return login, password

    def _connect(self) -> smtplib.SMTP:
        if self.port == _TLS_PORT:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=_GREETING_SECONDS, context=self._tls())
        return smtplib.SMTP(self.host, self.port, timeout=_GREETING_SECONDS)

    def _secure(self, connection: smtplib.SMTP) -> None:
        connection.ehlo_or_helo_if_needed()
        if connection.has_extn("starttls"):
            connection.starttls(context=self._tls())
            connection.ehlo()
        if not connection.has_extn("auth"):
            return
        known = self.credentials()
        if known is None:
            return
        if not isinstance(connection.sock, ssl.SSLSocket) and not self._is_loopback:
            raise Unreachable(f"{self} offers no TLS, so the password in ~/.netrc is not told to it.")
        connection.login(*known)

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._is_loopback:  # who could listen in there could read the password's file as well
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    @property
    def _is_loopback(self) -> bool:
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() == "localhost"

    def _unreachable(self, exc: Exception) -> Unreachable:
        match exc:
            case smtplib.SMTPAuthenticationError():
                why = f"refuses the name or the password in ~/.netrc ({exc.smtp_code})"
            case smtplib.SMTPResponseException() if exc.smtp_code in _OURS_TO_MEND:
                why = f"wants a name and a password, which ~/.netrc does not have ({exc.smtp_code})"
            case smtplib.SMTPResponseException():
                why = f"does not take mails now ({exc.smtp_code})"
            case smtplib.SMTPServerDisconnected():
                why = "has closed the connection"
            case ssl.SSLCertVerificationError():
                why = f"has a certificate that is not valid: {exc.verify_message}"
            case TimeoutError():
                why = "does not answer"
            case OSError() if exc.strerror:
                why = f"cannot be reached: {exc.strerror}"
            case _:
                why = f"cannot be spoken with: {type(exc).__name__}"
        return Unreachable(f"{self} {why}.")


def _is_address(six: str | None) -> bool:
    if six is None:
        return True
    try:
        ipaddress.IPv6Address(six)
    except ValueError:
        return False
    return True
