"""What a mail is before it is put into a message: its words, its looks, and what goes with it. Pure values."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that the mail's HTML shows as `cid:{cid}` (RFC 2392); `cid` is the Content-ID without brackets.

    `content_type` is `image/png` or `image/gif`.
    """

    cid: str
    content_type: str
    data: bytes
    file_name: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with the mail: text in UTF-8, or a Word document. Its name has no folders or control signs."""

    file_name: str
    content_type: str
    data: bytes


Reason = Literal["owner", "recipient"]


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a mail is for: how it speaks, and what its footer says.

    `language` is a language of the catalogues (`en`, `fr`, `ko`, `ja`, `zh`; any other is read as `en`), `time_zone` a
    name of the IANA's (`Europe/Paris`; any other is read as `UTC`). `attachments` are of `txt`, `srt` and `docx`. A
    `recipient` is somebody whom an owner has reports sent to, and who agreed to it.
    """

    language: str = "en"
    time_zone: str = "UTC"
    settings_url: str | None = None
    unsubscribe_url: str | None = None
    attachments: frozenset[str] = frozenset({"txt", "srt"})
    reason: Reason = "owner"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail: its plain text and its HTML say the same."""

    subject: str
    text: str
    html: str
    pictures: tuple[Picture, ...] = ()
    attachments: tuple[Attachment, ...] = ()
