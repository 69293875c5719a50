"""The seam to whatever looks into a media file."""

from typing import Protocol

from chalicelib.domain import names
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.message import Message
from chalicelib.seams.seam import Seam

SHORTEST = 0.1
"""Seconds. What is shorter holds nothing to work on."""

NO_RECORDING = Message("no-recording", "The recording is no longer there. Please upload it again.")
"""What an engine says of a recording that has been deleted meanwhile."""

EMPTY = Message("empty-file", "The file is empty. Please check that it was saved completely and upload it again.")
UNREADABLE = Message(
    "unreadable",
    "The file cannot be read as a recording: it is damaged, cut off, or not a recording at all. "
    "Please check that it plays on your side, and export or upload it again.",
)
NO_STREAMS = Message("no-streams", "The file holds neither picture nor sound.")
TOO_SHORT = Message("too-short", "The recording has no length: there is nothing in it to work on.")
ALMOST_EMPTY = Message(
    "almost-empty",
    "The recording is hours long by its clock, and there is hardly anything in it to see or to hear. "
    "Please export it again.",
)
UNKNOWN_CODECS = Message(
    "unsupported-codec",
    "Neither the picture nor the sound in this file can be read. Please export it again as an ordinary MP4 or"
    " MP3, and upload that.",
)
UNKNOWN_CONTAINER = Message(
    "unsupported-container",
    "The file holds %(what)s, which cannot be opened here. Please convert it to a usual format, such as MP4, MOV, MKV, "
    "WebM, MP3, M4A or WAV, and upload that.",
)
TOO_MANY_TRACKS = Message(
    "too-many-tracks",
    "The file holds %(count)s tracks, and a recording has a few. Please export it with its picture and its sound.",
)
MARKUP = Message(
    "markup",
    "The file holds a drawing or a page as text (SVG, HTML or XML), whatever its name says. Please export it as PNG, "
    "JPEG or PDF, and upload that.",
)
STILL_UNREADABLE = Message(
    "still-unreadable",
    "The file cannot be read as a picture or a document: it is damaged, or cut off. Please check that it opens on your "
    "side, and export or upload it again.",
)
TOO_MANY_PIXELS = Message(
    "too-many-pixels",
    "The picture has %(width)s × %(height)s pixels, which is more than can be looked at. Please upload it with at most "
    "%(most)s pixels a side.",
)
TOO_FEW_PIXELS = Message(
    "too-few-pixels",
    "The picture has %(width)s × %(height)s pixels: too few for anything to be seen in it. It takes at least %(least)s "
    "a side.",
)
LOCKED = Message(
    "document-locked",
    "The document is protected by a password. Please remove the protection and upload it again.",
)
TOO_MANY_PAGES = Message(
    "too-many-pages",
    "The document has %(count)s pages; at most %(most)s can be read at a time. Please upload it in parts.",
)
NO_PAGES = Message("no-pages", "The document has no pages.")
STILL_TOO_LARGE = Message(
    "still-too-large",
    "The file has %(size_bytes)s; of a picture at most %(picture_bytes)s can be looked at, and of a document "
    "%(document_bytes)s. Please upload it smaller.",
)
"""Why a prober rejects a file."""

MOST_PAGES = 3000
"""Of a document: https://docs.aws.amazon.com/textract/latest/dg/limits-document.html"""

MOST_PICTURE_BYTES, MOST_DOCUMENT_BYTES = 15 * 1024**2, 500 * 1024**2
"""https://docs.aws.amazon.com/rekognition/latest/dg/limits.html, and Textract's as above."""

ANIMATED = Message("animated", "The picture moves: of its %(count)s frames the first was looked at.")
"""What an owner should know of a picture."""

_NO_LANGUAGE = frozenset({"und", "mis", "mul", "zxx"})
"""What ISO 639-2 has for no language, or none that can be named."""

_LONGEST_TITLE = 60  # characters


def stated_language(code: str | None) -> str | None:
    """The BCP 47 code of a language that a file tells by its code of ISO 639 ("fre" and "fra" are both French)."""
    known = (code or "").lower().partition("-")[0]
    if not known.isalpha() or known in _NO_LANGUAGE:
        return None
    from babel.core import get_global  # slow to import: not before a file says what is spoken

    return str(get_global("language_aliases").get(known, known))


def stated_title(text: str | None) -> str:
    """What a file calls one of its tracks, as one short line."""
    return names.one_line(text or "")[:_LONGEST_TITLE].rstrip()


class MediaProber(Protocol):
    """Finds out what a file holds."""

    def probe(self, source: S3Object) -> MediaInfo:
        """What the object at `source` holds.

        Raises MediaRejected if it is not a media file that can be read, with why, for its owner.
        """


PROBING = Seam[MediaProber](
    "probing", "prober", "finds out what a file holds", on_aws="mediaconvert", on_one_machine="local.engines.pyav"
)
