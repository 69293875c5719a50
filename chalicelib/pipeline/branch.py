"""What a branch is: a line of work on an asset that runs beside the others. `branches.py` lists them."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from chalicelib.domain import keys
from chalicelib.domain.assets import Asset, BranchState, BranchStatus, Options
from chalicelib.domain.keys import JobName, OutputKey, S3Object
from chalicelib.domain.media import MediaInfo
from chalicelib.message import Message
from chalicelib.pipeline import finish, waiting
from chalicelib.seams.jobs import CancelsJobs, JobOutcome, Started, TellsProgress, UnderWay
from chalicelib.seams.seam import Seam
from chalicelib.services import Services

BROKE = Message(
    "analysis-broke",
    "This failed each time it was tried. Try again later; if it fails again, tell the operator of this service.",
)


class Job(NamedTuple):
    """A job that a branch may have: whose it is, what it is called, and what it reads.

    `shared` is what the job is called that does it together with the work of others (`together.py`); "" if none does.
    """

    engine: object
    name: str
    source: S3Object
    shared: str = ""


class Branch:
    """A line of work.

    `name` is its name in the tables and in the API. It is worked on when the branches have closed that it comes
    `after`, if one of them is done; `may_follow` are those that it comes after in some runs only, as its state then
    says. Its jobs are named after its `tasks`; what they leave in the folders of these
    (`keys.JOBS_PREFIX`) takes it on. `seams` are those whose engines it asks: the first to begin with, the others when
    what that one was asked for is there.

    Whatever is called here may be called twice, late, and after a death in the middle.
    """

    name: str
    after: tuple[str, ...] = ()
    may_follow: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    seams: tuple[Seam[Any], ...] = ()

    def wanted(self, media: MediaInfo, options: Options) -> BranchState | None:
        """How it stands at the start: open, or skipped with the reason; None if such a file has no such branch."""
        del media, options
        return BranchState(BranchStatus.OPEN, after=self.after)

    def at_start(self, asset: Asset, state: BranchState, services: Services) -> BranchState | None:
        """How it stands at the start, once it is `wanted` so: for one whose engine has to be asked. None as there."""
        del asset, services
        return state

    def start(self, asset: Asset, services: Services) -> None:
        """Start it, or take it on from where it stands; harmless while it is under way.

        Raises EngineBusy if it has to wait its turn.
        """
        raise NotImplementedError

    def job_ended(self, asset: Asset, job: JobName, outcome: JobOutcome, services: Services) -> None:
        """A job of one of its tasks has ended. Raises EngineBusy if what comes next has to wait its turn."""

    def output_written(self, asset: Asset, written: OutputKey, services: Services) -> None:
        """A file was written into a folder of its jobs. Raises EngineBusy if what comes next has to wait its turn."""

    def jobs(self, asset: Asset, services: Services) -> Iterable[Job]:
        """The jobs that it may have under way."""
        del asset, services
        return ()

    def stop(self, asset: Asset, services: Services, stopped: set[str]) -> None:
        """Stop its jobs, as far as their engines can: those that are shared once, whose names are then in `stopped`."""
        for job in self.jobs(asset, services):
            if isinstance(job.engine, CancelsJobs) and job.shared not in stopped:
                job.engine.cancel(job.name, job.source)
                stopped.update({job.shared} - {""})

    def progress(self, asset: Asset, services: Services) -> float | None:
        """How much of it is done, from 0 to 1; None if nobody can tell."""
        engines = ((job.engine, job.name) for job in self.jobs(asset, services))
        told = (engine.progress(name) for engine, name in engines if isinstance(engine, TellsProgress))
        return next((share for share in told if share is not None), None)

    def work(self, asset: Asset, services: Services) -> None:
        """Its turn has come: what it comes after has closed."""
        self.start(asset, services)

    def give_up(self, asset: Asset, services: Services) -> None:
        """Its work broke down however often it was tried: close it."""
        finish.close(asset, {self.name: BranchState(BranchStatus.FAILED, BROKE)}, services)

    def run_out(self, asset: Asset, services: Services) -> None:
        """It takes too long, and fails next: close it before that with what there is, if that is worth having."""

    def look_at(self, started: Started, asset: Asset, services: Services) -> None:
        """Go on with what an engine says of a job that it was to start."""
        if started is UnderWay.UNDER_WAY:
            services.store.note_under_way(asset.run)
        elif isinstance(started, JobOutcome) and (job := keys.parse_job_name(started.job_name)):
            add_notes(started, job, services)
            self.job_ended(asset, job, started, services)


class QueuedBranch(Branch):
    """A branch whose work is not a job, but done in one of our own functions, which a queue feeds."""

    def start(self, asset: Asset, services: Services) -> None:
        """Put it into the queue, where back-pressure and retries live."""
        waiting.enqueue(asset.run, self.name, services)

    def work(self, asset: Asset, services: Services) -> None:
        """Do the work, and close the branch. Raises EngineBusy if it has to wait its turn."""
        raise NotImplementedError


def add_notes(outcome: JobOutcome, job: JobName, services: Services) -> None:
    """Note what an engine has to say of a job: also when its branch has closed by what the job left."""
    for note in outcome.notes:
        services.store.add_note(job.run, note)
