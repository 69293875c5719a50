"""The job of AWS Batch that does all of a run's work on a GPU, as what finds hurtful words (`engines/batch.py`)."""

from typing import TYPE_CHECKING

from chalicelib.engines.batch import (
    SERVICES,
    SHARED_JOB,
    BatchJobs,
    Options,
    grants,
    not_of_documents,
    require_transcriber,
)
from chalicelib.engines.registry import EngineContext
from chalicelib.seams.toxicity import TOXICITY

if TYPE_CHECKING:
    from chalicelib.speech.toxicity import ToxicSpan
    from chalicelib.speech.transcripts import Transcript

__all__ = ["SERVICES", "SHARED_JOB", "Options", "create", "grants"]


def create(context: EngineContext) -> "BatchDetector":
    """The detector. Raises SettingsError if another engine transcribes: the job looks through what it has heard."""
    require_transcriber(context.settings, TOXICITY)
    return BatchDetector.of(context)


class BatchDetector(BatchJobs):
    """Has hurtful words found by the job of the run."""

    def detect(self, transcript: "Transcript") -> "tuple[ToxicSpan, ...]":
        """Raises EngineFailed: only for what no such job has read is it asked."""
        raise not_of_documents()
