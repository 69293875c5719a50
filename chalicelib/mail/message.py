"""Puts a letter into a mail message that any mail program can read. Talks to nobody."""

import re
from dataclasses import dataclass
from email.header import Header
from email.headerregistry import Address, AddressHeader, UnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy

from chalicelib.domain import addresses
from chalicelib.errors import DeliveryError, InvalidRequest
from chalicelib.letters.letter import Letter

_LINE = 76
"""Characters in a line of quoted-printable (RFC 2045, 6.7) and in one with encoded words (RFC 2047, 2), at most."""

_NEXT_LINE = "\r\n "


class _Policy(EmailPolicy):
    """The library's, with texts and names encoded as a whole.

    Left to itself it encodes word by word, and where a line ends between two of them the space is lost, since spaces
    between encoded words are none of the text (RFC 2047, 6.2).
    """

    def fold(self, name: str, value: str) -> str:
        """A header as it goes over the wire; see `email.policy.Policy`."""
        if isinstance(value, UnstructuredHeader) and not _is_plain(str(value)):
            body = _encoded(str(value), name)
        elif isinstance(value, AddressHeader) and not _is_plain(str(value)):
            body = f",{_NEXT_LINE}".join(_mailbox(address, name) for address in value.addresses)
        else:
            return str(super().fold(name, value))
        return f"{name}: {body}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        """The same in bytes, which messages are made of."""
        return self.fold(name, value).encode("ascii")


def _is_plain(text: str) -> bool:
    """Whether `text` can stand as it is: no letter, and no word that is longer than a line, has to be encoded."""
    return text.isascii() and max(map(len, text.split()), default=0) < _LINE - len("Subject: ")


def _encoded(text: str, name: str) -> str:
    """`text` as encoded words, of which the first stands in a line that begins with the header's name."""
    return Header(text, "utf-8", maxlinelen=_LINE, header_name=name).encode(linesep="\r\n")


def _mailbox(address: Address, name: str) -> str:
    if _is_plain(address.display_name):
        return str(address)
    return f"{_encoded(address.display_name, name)}{_NEXT_LINE}<{address.addr_spec}>"


POLICY = _Policy(linesep="\r\n", cte_type="7bit", max_line_length=_LINE)
"""CRLF at the end of lines and nothing but ASCII in them: bodies become quoted-printable or base64. For every mail."""

_NAME = "Rapporteur"
_BARE = re.compile(r"[!-~]+( [!-~]+)*")
_LONGEST_LINE = 998
"""Without its end: RFC 5322, 2.1.1."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who a mail is from and for, and what ties it to others. A `sender` without a name is given ours.

    `reference` is the same whenever the same mail is sent again; `thread` the same for all mails about one thing, which
    mail programs then show together. `unsubscribe_url` takes the one-click POST of RFC 8058.
    """

    sender: str
    recipient: str
    reference: str
    reply_to: str | None = None
    thread: str | None = None
    unsubscribe_url: str | None = None


def compose(letter: Letter, envelope: Envelope) -> bytes:
    """The message as it goes over the wire, in ASCII.

        multipart/mixed
        ├─ multipart/alternative
        │  ├─ text/plain
        │  └─ multipart/related    text/html with its pictures
        └─ the attachments

    It has no Date: SES writes its own, and its own Message-ID in place of ours
    (https://docs.aws.amazon.com/ses/latest/dg/header-fields.html), which is for those who send it otherwise.
    `References` names a message that never was: that is enough for mail programs to put those together that name it.
    `Auto-Submitted` (RFC 3834) keeps holiday replies away.

    Raises DeliveryError if the recipient is not one plain address.
    """
    try:
        recipient = addresses.normal(envelope.recipient)
    except InvalidRequest as exc:
        raise DeliveryError("The report has no address that mail can be sent to. " + exc.message) from exc
    message = EmailMessage(POLICY)
    message["Subject"] = _literal(letter.subject)
    message["From"] = envelope.sender if "<" in envelope.sender else f"{_NAME} <{envelope.sender}>"
    message["To"] = recipient
    if envelope.reply_to is not None:
        message["Reply-To"] = envelope.reply_to
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    if letter.pictures:
        html = message.get_body(("html",))
        assert isinstance(html, EmailMessage)
        for picture in letter.pictures:
            maintype, _, subtype = picture.content_type.partition("/")
            html.add_related(
                picture.data,
                maintype,
                subtype,
                cid=f"<{picture.cid}>",
                disposition="inline",
                filename=picture.file_name,
            )
    for attachment in letter.attachments:
        maintype, _, subtype = attachment.content_type.partition("/")
        params = {"charset": "utf-8"} if maintype == "text" else {}
        message.add_attachment(
            attachment.data, maintype, subtype, filename=_literal(attachment.file_name), params=params
        )
    return _ours(envelope) + message.as_bytes()


def _ours(envelope: Envelope) -> bytes:
    """The headers that the library would make encoded words of, since what is in them is longer than a line should be.

    Each is on one line, in characters that need no encoding. Raises ValueError for any other.
    """
    domain = envelope.sender.rpartition("@")[2].rstrip(">")
    headers = {"X-Rapporteur-Report": envelope.reference, "Message-ID": f"<{envelope.reference}@{domain}>"}
    if envelope.thread is not None:
        root = f"<{envelope.thread}@{domain}>"
        headers |= {"In-Reply-To": root, "References": root}
    if envelope.unsubscribe_url is not None:
        headers |= {
            "List-Unsubscribe": f"<{envelope.unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    lines = [f"{name}: {value}" for name, value in headers.items()]
    for line in lines:
        if not _BARE.fullmatch(line) or len(line) > _LONGEST_LINE:
            raise ValueError("a header of ours holds what no header may")
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _literal(text: str) -> str:
    """`text` with no encoded words (RFC 2047) in it: the library decodes them, line breaks and new headers included."""
    return text.replace("=?", "= ?")
