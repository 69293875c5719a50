"""One job that does several things for a run, for engines that stand behind several seams and share their machine.

Who starts it says at once all that it is to do; each part is then waited for as if it had a job of its own: what it
leaves takes its own branch on, and its own name stands in what is told of its end.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Protocol, runtime_checkable

from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.seams.jobs import Started
from chalicelib.seams.transcription import TranscriptionJob
from chalicelib.seams.vision import VisionJob
from chalicelib.vision.moderation import ModerationRule


@dataclass(frozen=True, slots=True)
class MadePart:
    """A part of the job that is made of the transcript: `name` is that of a job, and it is left at `destination`."""

    name: str
    destination: S3Object


@dataclass(frozen=True, slots=True)
class RunJob:
    """All that one job does for a run: what is None is not wanted of it.

    `source` is the file as it was uploaded, and `media` what is known of it, with the track that is heard. The job
    keeps what is its own, such as why a part has failed, under keys that begin with `folder`. Parts are done in this
    order, and each is left where it is wanted as soon as it is there; one whose result is there is not done again.
    """

    name: str
    source: S3Object
    media: MediaInfo
    folder: S3Object
    moderation: VisionJob | None = None
    rule: ModerationRule | None = None
    transcription: TranscriptionJob | None = None
    toxicity: MadePart | None = None
    summary: MadePart | None = None
    urgent: bool = False

    @property
    def parts(self) -> Iterator[tuple[str, S3Object]]:
        """Each part that is wanted: the name that is waited for, and where it is left."""
        for part in (self.moderation, self.transcription, self.toxicity, self.summary):
            if part is not None:
                yield part.name, part.destination

    def to_json(self) -> dict[str, Any]:
        """What the program is told that does it: `container/README.md` has the format."""
        media = self.media
        return {
            "name": self.name,
            "source": self.source.uri,
            "folder": self.folder.uri,
            "media": {
                "seconds": media.duration,
                "video_track": media.video.number if media.video else None,
                "audio_track": media.audio.number if media.audio else None,
            },
            "moderation": self.moderation
            and {
                **_part(self.moderation),
                "least_confidence": self.moderation.options.min_confidence or 0.0,
                "rule": self.rule and asdict(self.rule),
            },
            "transcription": self.transcription
            and {
                **_part(self.transcription),
                "language": self.transcription.language,
                "speakers": self.transcription.speakers,
                "terms": list(self.transcription.terms),
            },
            "toxicity": self.toxicity and _part(self.toxicity),
            "summary": self.summary and _part(self.summary),
        }


def _part(part: VisionJob | TranscriptionJob | MadePart) -> dict[str, Any]:
    return {"name": part.name, "destination": part.destination.uri}


@runtime_checkable
class SharesJob(Protocol):
    """An engine that does its work in one job a run with the others whose `shared_job` is the same."""

    shared_job: str

    def start_run(self, job: RunJob, part: str) -> Started:
        """Start `job` unless it was started before, and tell how its `part` of that name stands.

        As `start` of each seam: a part that has failed while others went on is returned so. Raises as `start` does.
        """
