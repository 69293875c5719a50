"""The job of AWS Batch that does all of a run's work on a GPU, as what sums up (`engines/batch.py`)."""

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
from chalicelib.seams.summary import SUMMARIZING

if TYPE_CHECKING:
    from chalicelib.speech.summaries import Summary
    from chalicelib.speech.transcripts import Transcript

__all__ = ["SERVICES", "SHARED_JOB", "Options", "create", "grants"]


def create(context: EngineContext) -> "BatchSummarizer":
    """What sums up. Raises SettingsError if another engine transcribes: the job sums up what it has heard itself."""
    require_transcriber(context.settings, SUMMARIZING)
    return BatchSummarizer.of(context)


class BatchSummarizer(BatchJobs):
    """Has what was said summed up by the job of the run."""

    def summarize(self, transcript: "Transcript") -> "Summary":
        """Raises EngineFailed: only for what no such job has read is it asked."""
        raise not_of_documents()
