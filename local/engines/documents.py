"""What is written in documents, on this machine: what the file says by itself, else what can be read off its pages.

PDFium opens PDF, and is always there. The rest is what the pack `vision` brings (`make serve PACKS=vision`): RapidOCR
reads what is only a picture, and two small models see the parts of a page and the cells of a table. Names and what is
filled in are told by where they stand. All of it runs in a process of its own, within limits, and comes out as
Textract's blocks.
"""

import os
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from chalicelib.documents import blocks
from chalicelib.errors import EngineError, EngineFailed
from chalicelib.message import Message
from chalicelib.seams.documents import DocumentJob
from chalicelib.seams.jobs import JobOutcome, Started
from local import machine
from local.aws import storage
from local.engines import _pdf
from local.engines._paper import NO_KOREAN, Request
from local.engines._subprocess import CANCELLED, FAULTS, Limits, ask
from local.jobs import JobResult, LocalJob, MadeFile
from local.models import vision as models

_WORKER = "local.engines._paper"
_LANE = "vision"
_LIMIT_SECONDS, _LIMIT_A_PAGE = 120.0, 20.0
_PACKAGES = ("rapidocr", "rapid_layout", "rapid_table", "cv2", "onnxruntime")

_PACK_MISSING = Message(
    "document-pack-missing",
    "This service has not brought what reads a document off its picture. Whoever runs it can bring it (%(command)s); "
    "the document can then be processed again.",
)
_ONLY_TEXT = Message(
    "document-text-alone",
    "Only the text that the file itself holds was read, without tables: this service has not brought what sees them. "
    "Whoever runs it can bring it (%(command)s); the document can then be processed again.",
)
_GONE = Message("no-document", "The document is no longer there. Please upload it again.")
_FAULTS = {**FAULTS, **{one.code: one for one in (_pdf.PASSWORD, _pdf.DAMAGED, _pdf.TOO_MANY_PAGES)}}
_NOTES = {one.code: one for one in (_pdf.SCRIPTED, NO_KOREAN)}


def create(context: object) -> "LocalReader":
    """The engine; it needs nothing of `context`."""
    return LocalReader()


class LocalReader(machine.WorksInJobs):
    """Reads on this machine, one document at a time."""

    def hindrance(self, language: str | None) -> Message | None:
        """See the seam: any language is read that a file says by itself."""
        del language
        return None

    def start(self, job: DocumentJob) -> Started:
        """See the seam. Raises EngineFailed if nothing here can do it."""
        can_see = models.has(*_PACKAGES)
        if not can_see and job.media.container != "pdf":
            raise EngineFailed(_PACK_MISSING.of(command=models.COMMAND))
        if (pages := job.media.pages or 1) > _pdf.MOST_PAGES:
            raise EngineFailed(_pdf.TOO_MANY_PAGES.of(pages=pages, most_pages=_pdf.MOST_PAGES))
        here = machine.current()
        try:
            source = storage.fetch(job.source, here.workspace)
        except FileNotFoundError as exc:
            raise EngineFailed(_GONE) from exc
        request = asdict(Request(str(source), os.cpu_count() or 1, job.language, can_see))
        limits = Limits(seconds=_LIMIT_SECONDS + _LIMIT_A_PAGE * pages)

        def work(running: LocalJob) -> JobResult:
            if running.cancelled.is_set():
                raise EngineError(CANCELLED)
            found = running.folder / "blocks.jsonl"
            notes = [] if can_see else [_ONLY_TEXT.of(command=models.COMMAND)]
            rows = ask(_WORKER, request, limits, running.cancelled, running.progress, _FAULTS)
            with found.open("wb") as file:
                file.writelines(_lines(rows, notes))
            outcome = JobOutcome(job.name, notes=tuple(notes))
            return JobResult(outcome, (MadeFile(found, job.destination, blocks.CONTENT_TYPE),))

        return here.jobs.start(job.name, work, _LANE)


def _lines(rows: Iterator[Any], notes: list[Message]) -> Iterator[bytes]:
    """The lines of the file that the branch reads; what its owner should know goes to `notes`."""
    for row in rows:
        match row:
            case {"pages": int(pages)}:
                yield blocks.header(pages)
            case {"note": [code, values]}:
                notes.append(_NOTES[code].of(**values))
            case _:
                yield from blocks.written([row])
