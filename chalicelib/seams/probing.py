"""The seam to whatever looks into a media file."""

from typing import Protocol

from chalicelib.domain import names
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.errors import MediaRejected
from chalicelib.seams.seam import Seam

SHORTEST = 0.1
"""Seconds. What is shorter holds nothing to work on."""

EMPTY = ("The file is empty. Please check that it was saved completely.", "empty-file")
UNREADABLE = (
    "The file cannot be read as a recording: it is damaged, cut off, or not a recording at all. "
    "Please check that it plays on your side, and export or upload it again.",
    "unreadable",
)
NO_STREAMS = ("The file holds neither picture nor sound.", "no-streams")
TOO_SHORT = ("The recording has no length: there is nothing in it to work on.", "too-short")
ALMOST_EMPTY = (
    "The recording is hours long by its clock, and there is hardly anything in it to see or to hear. "
    "Please export it again.",
    "almost-empty",
)
UNKNOWN_CODECS = (
    "Neither the picture nor the sound in this file can be decoded. "
    "Please export it with usual codecs, such as H.264 and AAC.",
    "unsupported-codec",
)
"""Why a prober rejects a file: the arguments of MediaRejected."""


def unknown_container(what: str) -> MediaRejected:
    """The rejection of a file that holds `what`, a format that this prober does not open."""
    return MediaRejected(
        f"The file holds {what}, which cannot be opened here. Please convert it to a usual format, such as MP4, MOV, "
        "MKV, WebM, MP3, M4A or WAV, and upload that.",
        "unsupported-container",
    )


def too_many_tracks(count: int) -> MediaRejected:
    """The rejection of a file that holds so many tracks."""
    return MediaRejected(
        f"The file holds {count} tracks, and a recording has a few. Please export it with its picture and its sound.",
        "too-many-tracks",
    )


_NO_LANGUAGE = frozenset({"und", "mis", "mul", "zxx"})
"""What ISO 639-2 has for no language, or none that can be named."""

_LONGEST_TITLE = 60  # characters


def language_told(code: str | None) -> str | None:
    """The BCP 47 code of a language that a file tells by its code of ISO 639 ("fre" and "fra" are both French)."""
    known = (code or "").lower().partition("-")[0]
    if not known.isalpha() or known in _NO_LANGUAGE:
        return None
    from babel.core import get_global  # slow to import: not before a file says what is spoken

    return str(get_global("language_aliases").get(known, known))


def title_told(text: str | None) -> str:
    """What a file calls one of its tracks, as one short line."""
    return names.one_line(text or "")[:_LONGEST_TITLE].rstrip()


class MediaProber(Protocol):
    """Finds out what a file holds."""

    def probe(self, source: S3Object) -> MediaInfo:
        """What the object at `source` holds.

        Raises MediaRejected if it is not a media file that can be read, with a sentence for its owner.
        """


PROBING = Seam[MediaProber](
    "probing", "prober", "finds out what a file holds", on_aws="mediaconvert", on_one_machine="local.engines.pyav"
)
