"""An engine that sees the same in every film and picture, and takes no time for it: for tests of what follows."""

from chalicelib.seams.jobs import JobOutcome, Started
from chalicelib.seams.vision import Looking, VisionJob
from chalicelib.vision import rows
from chalicelib.vision.detections import Detection
from local import machine
from local.jobs import JobResult, LocalJob, MadeFile

SEEN = [
    {"Timestamp": at, "ModerationLabel": {"Name": name, "ParentName": parent, "Confidence": 91.0}}
    for at, name, parent in ((4_000, "Violence", ""), (4_500, "Violence", ""), (21_000, "Weapons", "Violence"))
]


def create(context: object) -> "CannedVision":
    return CannedVision()


class CannedVision(machine.WorksInJobs):
    """A job of this machine like the others', with what it sees known in advance."""

    takes_frames = True
    pictures = frozenset({"jpeg", "png"})

    def can(self, detection: Detection, looking: Looking) -> bool:
        return detection is Detection.MODERATION

    def start(self, job: VisionJob) -> Started:
        def work(running: LocalJob) -> JobResult:
            found = running.folder / "rows.jsonl"
            with found.open("wb") as file:
                file.writelines(rows.written(job.detection, SEEN))
            return JobResult(JobOutcome(job.name), (MadeFile(found, job.destination, rows.CONTENT_TYPE),))

        return machine.current().jobs.start(job.name, work, "")
