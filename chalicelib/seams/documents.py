"""The seam to whatever reads documents."""

from dataclasses import dataclass
from typing import Protocol

from chalicelib.domain.keys import S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.message import Message
from chalicelib.seams.jobs import Started
from chalicelib.seams.seam import OptionalSeam


@dataclass(frozen=True, slots=True)
class DocumentJob:
    """One document to read. `name` is derived from the asset: the same job has the same name.

    `language` is a BCP 47 code, None where nobody says.
    """

    name: str
    source: S3Object
    media: MediaInfo
    destination: S3Object
    language: str | None = None


class DocumentReader(Protocol):
    """Reads what is written, as Amazon Textract's blocks."""

    def start(self, job: DocumentJob) -> Started:
        """Start `job` unless a job of that name was started before.

        Its blocks are left at `job.destination`, as JSON lines: `{"DocumentMetadata": {"Pages": 2}}` first, then a
        block a line in Textract's shape and order (`chalicelib/documents/blocks.py` reads them). Its S3 event tells
        that it is there. A job that fails says so by an event. One that has ended by what its service tells is asked
        for again: then its results are fetched and left there. Raises EngineFailed if the job can never be done,
        EngineBusy if it has to wait its turn, EngineError if another try may succeed.
        """

    def hindrance(self, language: str | None) -> Message | None:
        """Why it cannot read what is written in a language (BCP 47), before anything is paid for; None if it can."""


DOCUMENTS = OptionalSeam[DocumentReader](
    "documents",
    "document_reader",
    "reads documents",
    on_aws="textract",
    on_one_machine="local.engines.documents",
    has_jobs=True,
)
