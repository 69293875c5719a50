"""Sound that is heard to measure by: once, and what was heard is read from then on."""

from collections.abc import Callable

from chalicelib.errors import EngineBusy, EngineFailed
from chalicelib.observability import logger
from chalicelib.seams.jobs import JobOutcome
from chalicelib.seams.transcription import TranscriptionJob
from chalicelib.services import Services
from chalicelib.speech.transcribe_json import load_transcript
from chalicelib.speech.transcripts import Transcript


def hear_once(job: TranscriptionJob, hear: Callable[[], object], services: Services) -> Transcript | bool | None:
    """What was heard; None while it is still being heard, and False if it never will be."""
    for _ in range(2):
        stored = services.outputs.read(job.destination.key)
        if stored is not None:
            return load_transcript(stored)
        try:
            started = hear()
        except EngineBusy:
            return None
        except EngineFailed as exc:
            logger.error("held-out recording cannot be heard", extra={"code": exc.failure.code})
            return False
        if not isinstance(started, JobOutcome):
            return None
        if started.failure is not None:
            return False
    return False
