"""The embedded SES: what it was given to send, and what moto does not answer."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesHeaderParser, HeaderParser
from email.policy import default
from email.utils import format_datetime, getaddresses, make_msgid, parseaddr
from typing import Any
from unittest.mock import patch

from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses import ses_backends
from moto.sesv2.responses import SESV2Response

from chalicelib.mail.message import POLICY

_LINE_END = re.compile(rb"\r\n|\r|\n")


_RATE = 10_000.0
"""Mails that the embedded SES says it takes in a second. It only keeps them, and holds nobody up."""

_A_DAY = 10_000_000.0


@contextmanager
def answering() -> Iterator[None]:
    """While this lasts, the embedded SES says what its account may send, as AWS does and moto does not."""

    def get_account(asked: SESV2Response) -> str:
        sent = ses_backends[DEFAULT_ACCOUNT_ID][asked.region].sent_messages
        return json.dumps(
            {
                "ProductionAccessEnabled": True,
                "SendingEnabled": True,
                "EnforcementStatus": "HEALTHY",
                "SendQuota": {"Max24HourSend": _A_DAY, "MaxSendRate": _RATE, "SentLast24Hours": float(len(sent))},
            }
        )

    with patch.object(SESV2Response, "get_account", get_account, create=True):
        yield


@dataclass(frozen=True)
class Outgoing:
    """A mail, and whom from and to SES was to send it, whatever its headers say. Addresses are without names."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes


def sent(region: str) -> list[Outgoing]:
    """All mails that SES was given in `region`, oldest first: always the same ones, until they are forgotten."""
    return [_outgoing(message) for message in _messages(region)]


def forget(region: str) -> None:
    """Forget all mails in `region`."""
    _messages(region).clear()


def _messages(region: str) -> list[Any]:
    return ses_backends[DEFAULT_ACCOUNT_ID][region].sent_messages


def _outgoing(message: Any) -> Outgoing:  # noqa: ANN401 - one of moto's classes
    """What becomes of a message, kept where it lies: whoever asks again is given the same bytes, and at once."""
    kept: Outgoing | None = getattr(message, "outgoing", None)
    if kept is None:
        if hasattr(message, "raw_data"):
            raw, to = message.raw_data.encode(), _given(message.raw_data, message.destinations)
        else:
            raw, to = _composed(message), [one for many in message.destinations.values() for one in many]
        recipients = dict.fromkeys(parseaddr(recipient)[1] for recipient in to)
        kept = message.outgoing = Outgoing(parseaddr(message.source)[1], tuple(recipients), _stamped(raw))
    return kept


def _given(raw: str, destinations: list[str]) -> list[str]:
    """The recipients that the call named; those of the headers if it named none, as SES has it.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html. moto has put those of the headers behind
    those of the call.
    """
    message = HeaderParser().parsestr(raw)
    fields = [message[name] for name in ("To", "Cc", "Bcc") if name in message]
    in_headers = sum(1 for _, address in getaddresses(fields) if address)
    return destinations[: len(destinations) - in_headers] or destinations


def _stamped(raw: bytes) -> bytes:
    """The mail with the Date and the Message-ID that SES adds to what it sends, and with CRLF at the end of lines."""
    headers = BytesHeaderParser(policy=default).parsebytes(raw)
    added = ""
    if "Date" not in headers:
        added += f"Date: {format_datetime(datetime.now(UTC))}\r\n"
    if "Message-ID" not in headers:
        added += f"Message-ID: {make_msgid(domain='rapporteur.example')}\r\n"
    lines = _LINE_END.sub(b"\r\n", raw)
    return added.encode() + lines + (b"" if lines.endswith(b"\r\n") else b"\r\n")


def _composed(message: Any) -> bytes:  # noqa: ANN401 - one of moto's classes
    """What SES makes of a mail that it was not given whole."""
    made = EmailMessage(POLICY)
    made["From"] = message.source
    made["To"] = ", ".join(message.destinations.get("ToAddresses", []))
    made["Subject"] = message.subject
    made.set_content(message.body)
    return made.as_bytes()
