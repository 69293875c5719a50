"""The seam to whatever makes renditions."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Protocol, runtime_checkable

from chalicelib.domain import presets
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.domain.presets import OutputPlan
from chalicelib.message import Message
from chalicelib.seams.jobs import Started
from chalicelib.seams.seam import Seam


@dataclass(frozen=True, slots=True)
class TranscodingOutput:
    """One output asked for: a preset (by its name in `presets.py`) and where it goes.

    Of stills (`presets.FRAMES`) `rate` is how many a second, and the n-th lies at the destination's key with `.NNNNNNN`
    before its ending, counted from 0.
    """

    preset: str
    destination: S3Object
    rate: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch of the source, in seconds from its start, to be met to a tenth of a second: so it is encoded anew.

    `captions` are SubRip, with times from the start of the source, to be written into the picture, in the `language`
    (BCP 47). An engine that cannot do so leaves them out, and has `NOT_BURNED` or a note of that code among its notes.
    """

    start: float
    end: float
    captions: S3Object | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class TranscodingJob:
    """All outputs to make of one source, or of a `cut` of it. `name` is derived from the asset: the same job has the
    same name.
    """

    name: str
    source: S3Object
    media: MediaInfo
    outputs: tuple[TranscodingOutput, ...]
    cut: Cut | None = None

    def plan(self, preset: str) -> OutputPlan | None:
        """What exactly to make with this preset; None if it makes no sense for such a source."""
        found = presets.plan(presets.find(preset), self.media)
        return replace(found, seconds=self.cut.end - self.cut.start) if found and self.cut else found


@runtime_checkable
class MakesStills(Protocol):
    """An engine that makes smaller pictures of pictures too, and of a document's first page."""

    makes_stills: bool


class Transcoder(Protocol):
    """Makes renditions."""

    def start(self, job: TranscodingJob) -> Started:
        """Start `job` unless a job of that name was started before.

        Its end comes as an event, unless it has come already and is returned (see `Started`). Raises
        EngineFailed if the job can never be done, EngineBusy if it has to wait its turn, EngineError if another try may
        succeed.
        """


NOTHING_TO_MAKE = Message("nothing-to-make", "None of the renditions asked for can be made of this recording.")
NOT_BURNED = Message(
    "captions-not-burned",
    "The captions are beside the clip and not in its picture: there is no font here that has all their letters.",
)
TRANSCODING_CANCELLED = Message("transcoding-cancelled", "The transcoding was cancelled.")
"""What any transcoder may have to say."""

_BROKEN_OFF = Message(
    "broken-off", "The file says that it lasts %(said_seconds)s, but only %(found_seconds)s of it could be read."
)
_SHORT_SECONDS, _SHORT_SHARE = 1.0, 0.02
"""How much less than was said may be there, unsaid."""


def falls_short(said: float, found: float) -> bool:
    """Whether a file that should last `said` seconds breaks off where `found` of them could be read."""
    return said - found > max(_SHORT_SECONDS, _SHORT_SHARE * said)


def broken_off(said: float, found: float) -> Message:
    """What to tell the owner of a file that says it lasts `said` seconds, of which `found` could be read."""
    return _BROKEN_OFF.of(said_seconds=round(said), found_seconds=round(found))


TRANSCODING = Seam[Transcoder](
    "transcoding",
    "transcoder",
    "makes renditions, and the sound that is transcribed",
    on_aws="mediaconvert",
    on_one_machine="local.engines.ffmpeg",
    has_jobs=True,
)
