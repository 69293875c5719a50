"""The seam to whatever turns speech into words."""

from dataclasses import dataclass
from typing import Protocol

from chalicelib.engines.jobs import JobOutcome, S3Object


@dataclass(frozen=True, slots=True)
class TranscriptionJob:
    """One recording to transcribe. `language` is a BCP 47 code, or None to let the engine find out."""

    name: str
    audio: S3Object
    destination: S3Object
    language: str | None


class Transcriber(Protocol):
    """Turns speech into Amazon Transcribe's JSON."""

    def start(self, job: TranscriptionJob) -> JobOutcome | None:
        """Start `job` unless a job of that name was started before.

        The result is left at `job.destination`; its S3 event tells that it is there. A job that fails says so by an
        event. Returns the outcome if a job of that name has already ended, else None. Raises EngineFailed if the job
        can never be done, EngineBusy if it has to wait its turn, EngineError if another try may succeed.
        """
