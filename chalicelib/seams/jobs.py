"""What every engine that works in jobs has in common: how a job ends, and the event that says so.

An engine starts a job and lets go. The end of a job comes back as an event on EventBridge's default bus: the service's
own where it sends one, which its engine then reads (`ReadsEvents`), else ours:

    source       rapporteur.engine
    detail-type  Transcoding Job State Change | Transcription Job State Change
    detail       a JobOutcome as JSON
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, cast, runtime_checkable

from chalicelib.domain.assets import Failure
from chalicelib.domain.keys import S3Object
from chalicelib.message import Message

if TYPE_CHECKING:
    from pydantic import TypeAdapter

ENGINE_EVENT_SOURCE = "rapporteur.engine"
TRANSCODING_EVENT = "Transcoding Job State Change"
TRANSCRIPTION_EVENT = "Transcription Job State Change"

# What EventBridge tells the app of: our own events, and the ends of jobs as MediaConvert and Transcribe tell them
# (https://docs.aws.amazon.com/mediaconvert/latest/ug/mediaconvert_event_list.html,
# https://docs.aws.amazon.com/transcribe/latest/dg/monitoring-events.html).
TRANSCODING_ENDS: dict[str, Any] = {
    "source": [ENGINE_EVENT_SOURCE, "aws.mediaconvert"],
    "detail-type": [TRANSCODING_EVENT, "MediaConvert Job State Change"],
    "detail": {"status": [{"exists": False}, "COMPLETE", "ERROR", "CANCELED"]},
}
TRANSCRIPTION_ENDS: dict[str, Any] = {
    "source": [ENGINE_EVENT_SOURCE, "aws.transcribe"],
    "detail-type": [TRANSCRIPTION_EVENT, "Transcribe Job State Change"],
    "detail": {"TranscriptionJobStatus": [{"exists": False}, "COMPLETED", "FAILED"]},
}


class UnderWay(Enum):
    """What an engine says of a job that was started before and has not ended."""

    UNDER_WAY = "under-way"


@dataclass(frozen=True, slots=True)
class JobOutput:
    """One finished output: `size` in bytes, `duration` in seconds, picture size in pixels where it has one."""

    preset: str
    key: str
    size: int
    duration: float
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """How a job ended: with its outputs, or with a failure."""

    job_name: str
    outputs: tuple[JobOutput, ...] = ()
    failure: Failure | None = None
    notes: tuple[Message, ...] = ()

    @staticmethod
    def from_event(detail: Mapping[str, Any]) -> "JobOutcome":
        """The outcome in an event's detail. Raises pydantic's ValidationError (a ValueError) if there is none."""
        return _outcome_adapter().validate_python(detail)

    def to_event(self) -> dict[str, Any]:
        """The outcome as an event's detail."""
        return cast(dict[str, Any], _outcome_adapter().dump_python(self, mode="json"))


Started = JobOutcome | UnderWay | None
"""What starting a job returns: its outcome if a job of that name has already ended, `UNDER_WAY` if one was started
before and still runs, None if it has now been started (or the engine cannot tell)."""


@runtime_checkable
class CancelsJobs(Protocol):
    """An engine whose jobs can be stopped."""

    def cancel(self, name: str, source: S3Object) -> None:
        """Stop the job `name`, which reads `source`, unless it has ended or never began. Safe to call again."""


@runtime_checkable
class TellsProgress(Protocol):
    """An engine that knows, at no cost, how far a job is."""

    def progress(self, name: str) -> float | None:
        """How much of the job `name` is done, from 0 to 1; None if it does not run."""


@runtime_checkable
class ReadsEvents(Protocol):
    """An engine whose service says by events of its own how a job goes."""

    def read_event(self, event: Mapping[str, Any]) -> JobOutcome | None:
        """The outcome of one of our jobs that the EventBridge `event` tells; None if it tells of no end of ours.

        Safe to call again: an event may come twice.
        """


def outcome_of(event: Mapping[str, Any], engine: object) -> JobOutcome | None:
    """How the job ended that an EventBridge `event` is about, read by `engine` unless the event is in our own shape.

    None if it tells of no end.
    """
    if event["source"] == ENGINE_EVENT_SOURCE:
        return JobOutcome.from_event(event["detail"])
    return engine.read_event(event) if isinstance(engine, ReadsEvents) else None


@cache
def _outcome_adapter() -> "TypeAdapter[JobOutcome]":
    from pydantic import TypeAdapter  # slow to import, and not every function needs it

    return TypeAdapter(JobOutcome)
