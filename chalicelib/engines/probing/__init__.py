"""The seam to whatever looks into a media file."""

from typing import Protocol

from chalicelib.engines.jobs import S3Object
from chalicelib.media import MediaInfo


class MediaProber(Protocol):
    """Finds out what a file holds."""

    def probe(self, source: S3Object) -> MediaInfo:
        """What the object at `source` holds.

        Raises MediaRejected if it is not a media file that can be read, with a sentence for its owner.
        """
