"""The job of AWS Batch that does all of a run's work on a GPU, as what looks for sensitive content
(`engines/batch.py`): in the same job as the transcript, where that is made there too.
"""

from dataclasses import dataclass

from chalicelib.domain.assets import BranchStatus
from chalicelib.domain.media import PICTURES
from chalicelib.engines.batch import (
    EVENTS,
    SERVICES,
    SHARED_JOB,
    BatchJobs,
    Options,
    grants,
    hours,
    is_heard,
    not_by_itself,
)
from chalicelib.engines.costs import Charges, PaidWork
from chalicelib.engines.registry import EngineContext
from chalicelib.seams.jobs import Started
from chalicelib.seams.vision import Looking, VisionJob
from chalicelib.vision.detections import Detection

__all__ = ["EVENTS", "SERVICES", "SHARED_JOB", "Options", "charges", "create", "grants"]


def create(context: EngineContext) -> "BatchAnalyzer":
    """The analyzer."""
    return BatchAnalyzer.of(context)


def charges(work: PaidWork) -> Charges:
    """See `chalicelib/engines/costs.py`. Nothing where the same job transcribes: it is charged for there."""
    media, state = work.asset.media, work.asset.branches.get("vision")
    if media is None or not (media.picture or media.video) or not work.asset.ai.moderation or is_heard(work):
        return {}
    if state is not None and state.status is BranchStatus.SKIPPED:
        return {}
    return hours(media, is_heard=False)


@dataclass(frozen=True)
class BatchAnalyzer(BatchJobs):
    """Has films and pictures looked at by the job of the run."""

    takes_frames: bool = True
    pictures: frozenset[str] = PICTURES

    def can(self, detection: Detection, looking: Looking) -> bool:
        """See the seam. Also where stills are asked for: of a film the job looks at stills of its own choice."""
        return detection is Detection.MODERATION

    def start(self, job: VisionJob) -> Started:
        """Raises EngineFailed: whoever can ask has `start_run` asked."""
        raise not_by_itself()
