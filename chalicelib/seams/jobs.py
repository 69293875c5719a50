"""What every engine that works in jobs has in common: how a job ends, and the event that says so.

An engine starts a job and lets go. The end of a job comes back as an event on EventBridge's default bus: the service's
own where it sends one, which its engine then reads (`ReadsEvents`), else ours:

    source       rapporteur.engine
    detail-type  Job Ended
    detail       a JobOutcome as JSON

A service that tells by SNS is asked to use the topic `jobs`, whose messages a queue holds. They are read as events too:

    source       aws.sns
    detail       the message
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from chalicelib.domain.assets import Rendition
from chalicelib.domain.keys import S3Object
from chalicelib.errors import EngineFailed
from chalicelib.message import Message

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef
    from pydantic import TypeAdapter

ENGINE_EVENT_SOURCE = "rapporteur.engine"
JOB_ENDED = "Job Ended"
SNS = "aws.sns"


@dataclass(frozen=True, slots=True)
class JobEvents:
    """The events by which a service tells of its jobs: those of EventBridge of whose `detail` each member has one of
    these values. An engine's module names its service's as `EVENTS`.
    """

    source: str
    detail_type: str = ""
    detail: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def pattern(events: Iterable[JobEvents]) -> dict[str, Any]:
    """The pattern by which EventBridge knows all these events, and ours."""
    known = [JobEvents(ENGINE_EVENT_SOURCE, JOB_ENDED), *(one for one in events if one.source != SNS)]
    members: dict[str, list[Any]] = {}
    for one in known:
        for name, values in one.detail.items():
            members.setdefault(name, [{"exists": False}]).extend(values)
    kinds = {
        "source": list(dict.fromkeys(one.source for one in known)),
        "detail-type": list(dict.fromkeys(one.detail_type for one in known)),
    }
    return {**kinds, **({"detail": members} if members else {})}


class UnderWay(Enum):
    """What an engine says of a job that was started before and has not ended."""

    UNDER_WAY = "under-way"


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """How a job ended: with its outputs, or with a failure."""

    job_name: str
    outputs: tuple[Rendition, ...] = ()
    failure: Message | None = None
    notes: tuple[Message, ...] = ()

    @staticmethod
    def from_event(detail: Mapping[str, Any]) -> "JobOutcome":
        """The outcome in an event's detail. Raises pydantic's ValidationError (a ValueError) if there is none."""
        return _outcome_adapter().validate_python(detail)

    def to_event(self) -> "PutEventsRequestEntryTypeDef":
        """The outcome as an event of ours, to be put on EventBridge's bus."""
        detail = _outcome_adapter().dump_json(self).decode()
        return {"Source": ENGINE_EVENT_SOURCE, "DetailType": JOB_ENDED, "Detail": detail}


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

    def read_event(self, event: Mapping[str, Any]) -> JobOutcome | tuple[JobOutcome, ...] | None:
        """The outcome of one of our jobs that an `event` of its module's `EVENTS` tells; None if no job of ours ended.

        Several, of a job that did several things. Safe to call again: an event may come twice.
        """


def attempt(name: str, start: Callable[[], Started]) -> Started:
    """What `start` tells of the job `name`; that it has failed, where the engine can never do it."""
    try:
        return start()
    except EngineFailed as exc:
        return JobOutcome(name, failure=exc.failure)


@cache
def _outcome_adapter() -> "TypeAdapter[JobOutcome]":
    from pydantic import TypeAdapter  # slow to import, and not every function needs it

    return TypeAdapter(JobOutcome)
