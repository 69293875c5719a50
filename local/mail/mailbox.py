"""Where mails arrive on one machine: a folder with an .eml each, newest first by name."""

import base64
import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.parser import BytesHeaderParser
from email.policy import default
from pathlib import Path
from typing import Any

from local.aws import ses
from local.mail.outbox import Outbox

_NAME = re.compile(r"[0-9]{20}-[0-9a-f]{8}")


@dataclass(frozen=True)
class Heading:
    """What a list shows of a mail; `received` is in UTC."""

    name: str
    received: datetime
    sender: str
    recipient: str
    subject: str


@dataclass(frozen=True)
class Attachment:
    """A file that came with a mail."""

    file_name: str
    content_type: str
    data: bytes


@dataclass(frozen=True)
class Mail:
    """A mail, taken apart. The pictures of `html` are in it, as data: addresses."""

    heading: Heading
    text: str | None
    html: str | None
    attachments: tuple[Attachment, ...]


class Mailbox:
    """All mails, whoever they are for. What SES was given in `region` comes in by `collect`.

    With an `outbox` each is put there too, to be sent for real.
    """

    def __init__(self, folder: Path, region: str, outbox: Outbox | None = None) -> None:
        self._folder = folder
        self._region = region
        self._outbox = outbox

    def collect(self) -> None:
        """Take in what was sent since the last time."""
        for mail in ses.sent(self._region):
            name = self._keep(mail.raw)
            if self._outbox is not None:
                self._outbox.put(name, mail)
        ses.forget(self._region)

    def _keep(self, raw: bytes) -> str:
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        path = self._folder / f"{name}.eml"
        unfinished = path.with_suffix(".part")
        unfinished.write_bytes(raw)
        unfinished.rename(path)
        return name

    def headings(self, most: int) -> list[Heading]:
        """The newest mails, at most so many."""
        newest = sorted(self._folder.glob("*.eml"), reverse=True)[:most]
        parser = BytesHeaderParser(policy=default)
        found = []
        for path in newest:
            with path.open("rb") as file:
                found.append(_heading(path.stem, parser.parse(file)))
        return found

    def raw(self, name: str) -> bytes | None:
        """The mail of this name as it came, None if there is none."""
        path = self._folder / f"{name}.eml"
        return path.read_bytes() if _NAME.fullmatch(name) and path.is_file() else None

    def read(self, name: str) -> Mail | None:
        """The mail of this name, None if there is none."""
        raw = self.raw(name)
        if raw is None:
            return None
        message: Any = message_from_bytes(raw, policy=default)
        text, html = message.get_body(("plain",)), message.get_body(("html",))
        attachments = tuple(
            Attachment(
                part.get_filename() or "attachment", part.get_content_type(), part.get_payload(decode=True) or b""
            )
            for part in message.iter_attachments()
        )
        return Mail(
            _heading(name, message),
            _content(text) if text is not None else None,
            _with_pictures(_content(html), message) if html is not None else None,
            attachments,
        )


def _heading(name: str, message: Any) -> Heading:  # noqa: ANN401 - of either of the library's classes
    received = datetime.fromtimestamp(int(name.partition("-")[0]) / 1e9, UTC)
    sender, recipient, subject = (str(message[field] or "") for field in ("From", "To", "Subject"))
    return Heading(name, received, sender, recipient, subject or "(no subject)")


def _content(part: Any) -> str:  # noqa: ANN401 - see above
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):  # a character set that Python does not know
        return str((part.get_payload(decode=True) or b"").decode(errors="replace"))


def _with_pictures(html: str, message: Any) -> str:  # noqa: ANN401 - see above
    """`html` with the pictures of the mail in it: the frame that shows it may fetch nothing."""
    for part in message.walk():
        content_id = (part["Content-ID"] or "").strip("<> ")
        if content_id and part.get_content_maintype() == "image":
            data = base64.b64encode(part.get_payload(decode=True) or b"").decode()
            html = html.replace(f"cid:{content_id}", f"data:{part.get_content_type()};base64,{data}")
    return html
