"""A file that is fetched from an address on the web: what is known of it, and how far it has come. Pure."""

import mimetypes
import re
from dataclasses import dataclass
from email.message import Message as Headers
from urllib.parse import unquote, urlsplit

from chalicelib.domain import media, names

IMPORT_WORDING = "2026-11-29"
"""The version of the words by which somebody affirms that they may have a file fetched: docs/privacy.md has them."""

PART_BYTES = 16 * 1024**2
_MOST_PARTS = 10_000
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""

MOST_BYTES = PART_BYTES * _MOST_PARTS
MOST_UNSAID_BYTES = 100 * 1024**2
"""Of a file whose size its server does not say; so much is counted for it."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """A file that is fetched: its address, and to which wording its owner affirmed their right to it, and when.

    `size` is in bytes, None where its server does not say. By its `mark` (an ETag or a Last-Modified) the server tells
    that it is still the same; None if it has none. `has_ranges`: it can be had in parts, of which so many `parts` are
    there, in the upload `upload_id`. Until `busy_until` somebody is at work on the next one, until `told_until` a
    message may be on its way that has it fetched (seconds since the epoch).
    """

    url: str
    wording: str
    affirmed_at: float
    size: int | None = None
    mark: str | None = None
    has_ranges: bool = False
    upload_id: str | None = None
    parts: int = 0
    busy_until: float = 0.0
    told_until: float = 0.0

    @property
    def is_whole(self) -> bool:
        """Whether all parts are there."""
        return self.has_ranges and self.size is not None and self.parts * PART_BYTES >= self.size

    @property
    def fetched(self) -> int:
        """How many bytes are there."""
        return min(self.parts * PART_BYTES, self.size or 0)

    @property
    def most(self) -> int:
        """How many bytes are taken at most."""
        return MOST_UNSAID_BYTES if self.size is None else self.size

    @property
    def host(self) -> str:
        """The name of the server."""
        return urlsplit(self.url).hostname or ""

    def span(self, part: int) -> tuple[int, int]:
        """The first and the last byte of a part, which are counted from 1."""
        start = (part - 1) * PART_BYTES
        return start, min(start + PART_BYTES, self.size or 0) - 1


def name_of(url: str, disposition: str, content_type: str) -> str:
    """What a file is called: by its server, else by its address; with an ending of what the server says that it is,
    where it has none that we know.
    """
    headers = Headers()
    headers["Content-Disposition"] = re.sub(r"[\r\n]+", " ", disposition)
    told = headers.get_filename() or ""
    name = names.safe_name(told or unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2]))
    if names.ending_of(name) not in media.ACCEPTED_ENDINGS:
        for ending in mimetypes.guess_all_extensions(content_type.partition(";")[0].strip()):
            if ending.lstrip(".") in media.ACCEPTED_ENDINGS:
                return f"{name}{ending}"
    return name


def mark_of(etag: str | None, last_modified: str | None) -> str | None:
    """What `If-Range` takes to tell whether a file is still the same: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5"""
    return etag if etag and not etag.startswith("W/") else last_modified


def range_told(content_range: str) -> tuple[int, int, int] | None:
    """The first and the last byte of what is sent, and the size of all; None where a server does not say it all."""
    found = re.fullmatch(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", content_range.strip())
    return (int(found[1]), int(found[2]), int(found[3])) if found else None
