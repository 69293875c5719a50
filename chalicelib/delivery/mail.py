"""Puts a report into a mail message that any mail program can read. Talks to nobody."""

import re
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from chalicelib.delivery.report import TIMELINE_CID, Report
from chalicelib.errors import DeliveryError
from chalicelib.settings import Settings

_POLICY = SMTP.clone(cte_type="7bit")
"""CRLF at the end of lines and nothing but ASCII in them: bodies become quoted-printable or base64."""

_ADDRESS = re.compile(r"(?!.*=\?)[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
"""A valid e-mail address by the HTML standard (https://html.spec.whatwg.org/#valid-e-mail-address): one, without a
display name, comment or quotes, in ASCII, as SES wants it, and without encoded words (see `_literal`)."""


def compose(report: Report, sender: str, recipient: str, message_ref: str, reply_to: str | None = None) -> bytes:
    """The message as it goes over the wire, in ASCII.

        multipart/mixed
        ├─ multipart/alternative
        │  ├─ text/plain
        │  └─ multipart/related    text/html with its picture
        └─ the attachments

    It has no Date and no Message-ID, since SES writes its own
    (https://docs.aws.amazon.com/ses/latest/dg/header-fields.html). `Auto-Submitted` (RFC 3834) keeps holiday replies
    away. `message_ref` is the same whenever the same report is sent again, and says so in `X-Rapporteur-Report`.

    Raises DeliveryError if `recipient` is not one plain address.
    """
    if not _ADDRESS.fullmatch(recipient):
        raise DeliveryError("The report has no address that mail can be sent to: it must look like name@example.org.")
    message = EmailMessage(_POLICY)
    message["Subject"] = _literal(report.subject)
    message["From"] = sender
    message["To"] = recipient
    if reply_to is not None:
        message["Reply-To"] = reply_to
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(report.text)
    message.add_alternative(report.html, subtype="html")
    if report.timeline_png is not None:
        html = message.get_body(("html",))
        assert isinstance(html, EmailMessage)
        html.add_related(
            report.timeline_png, "image", "png", cid=f"<{TIMELINE_CID}>", disposition="inline", filename="timeline.png"
        )
    for attachment in report.attachments:
        maintype, _, subtype = attachment.content_type.partition("/")
        message.add_attachment(
            attachment.data, maintype, subtype, filename=_literal(attachment.file_name), params={"charset": "utf-8"}
        )
    # Written by hand, since the library would make encoded words of a reference that is longer than a line should be.
    return f"X-Rapporteur-Report: {message_ref}\r\n".encode("ascii") + message.as_bytes()


def notice(subject: str, text: str, sender: str, recipient: str) -> bytes:
    """A short message in plain text. Raises DeliveryError if `recipient` is not one plain address."""
    if not _ADDRESS.fullmatch(recipient):
        raise DeliveryError("There is no address that mail can be sent to.")
    message = EmailMessage(_POLICY)
    message["Subject"] = _literal(subject)
    message["From"] = sender
    message["To"] = recipient
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message.as_bytes()


def sending(settings: Settings) -> dict[str, Any]:
    """What every call that sends mail says beside the mail itself."""
    chosen = settings.ses_configuration_set
    return {} if chosen is None else {"ConfigurationSetName": chosen}


def _literal(text: str) -> str:
    """`text` with no encoded words (RFC 2047) in it: the library decodes them, line breaks and new headers included."""
    return text.replace("=?", "= ?")
