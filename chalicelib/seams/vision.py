"""The seam to whatever looks at films and pictures."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from chalicelib.domain.ai_options import AiOptions
from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.domain.moderation import Moderation
from chalicelib.message import Message
from chalicelib.seams.jobs import Started
from chalicelib.seams.seam import OptionalSeam
from chalicelib.vision.detections import Detection


class Looking(StrEnum):
    """How a file is looked at."""

    FILM = "film"
    FRAMES = "frames"
    PICTURE = "picture"


def looking(detection: Detection, media: MediaInfo, options: AiOptions, policed: Moderation | None = None) -> Looking:
    """How a file is looked at for a detection. Shots are found in films only, custom labels in pictures only.

    Where it is `policed`, sensitive content is looked for as was settled there, and not as the owner asks: else they
    could have it looked for where it is not.
    """
    if media.video is None:
        return Looking.PICTURE
    if detection is Detection.MODERATION and policed is not None:
        return Looking.FRAMES if policed.in_stills else Looking.FILM
    in_stills = options.framebased and detection is not Detection.SEGMENTS
    return Looking.FRAMES if in_stills or detection is Detection.CUSTOM_LABELS else Looking.FILM


@dataclass(frozen=True, slots=True)
class VisionJob:
    """One detection in one file. `name` is derived from the asset: the same job has the same name.

    `source` is a film or a picture, as `media` says. Of FRAMES, `frames` is where the stills lie, as
    `{frames.key}NNNNNNN.jpg` counted from 0, and `options.frame_capture_mode` how far they are apart; without `frames`
    the engine takes them out of the film itself (`TakesFrames`). `options` are settled: none of them is None that has a
    place in `FALLBACK`.
    """

    name: str
    detection: Detection
    looking: Looking
    source: S3Object
    media: MediaInfo
    destination: S3Object
    options: AiOptions
    frames: S3Object | None = None


@runtime_checkable
class TakesFrames(Protocol):
    """An engine that takes stills out of a film itself."""

    takes_frames: bool


@runtime_checkable
class TakesPictures(Protocol):
    """An engine that looks at pictures of these containers only, as `MediaInfo.container` has them."""

    pictures: frozenset[str]


@runtime_checkable
class ReadsSomeFilms(Protocol):
    """An engine that reads not every film as it was uploaded: of others it is given the rendition `web`."""

    def reads(self, media: MediaInfo, size: int) -> bool:
        """Whether it reads such a file of `size` bytes."""


@runtime_checkable
class SaysWhyNot(Protocol):
    """An engine that knows what is missing for a detection that it could do."""

    def why_not(self, detection: Detection) -> Message | None:
        """What would have to be done so that it can, as a sentence; None if nothing would help."""


class VisionAnalyzer(Protocol):
    """Finds what is to be seen."""

    def can(self, detection: Detection, looking: Looking) -> bool:
        """Whether it can look for that at all."""

    def start(self, job: VisionJob) -> Started:
        """Start `job` unless a job of that name was started before.

        What is found is left at `job.destination` as rows (`chalicelib/vision/rows.py`); its S3 event tells that it is
        there. A job that fails says so by an event. One that has ended by what its service tells is asked for again:
        then its results are fetched and left there. Raises EngineFailed if the job can never be done, EngineBusy if it
        has to wait its turn, EngineError if another try may succeed.
        """


VISION = OptionalSeam[VisionAnalyzer](
    "vision",
    "vision_analyzer",
    "looks at films and pictures",
    on_aws="rekognition",
    on_one_machine="local.engines.vision",
    has_jobs=True,
)
