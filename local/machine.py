"""The one machine that local engines run on: its job runner and its workspace, set while the runtime is up."""

from dataclasses import dataclass
from pathlib import Path

from chalicelib.domain.keys import S3Object
from local.jobs import JobRunner


@dataclass(frozen=True)
class Machine:
    """What local engines need of the runtime: `kept` is a folder for what they keep beyond a job, if there is one."""

    jobs: JobRunner
    workspace: Path
    kept: Path | None = None


_current: Machine | None = None


def current() -> Machine:
    """The machine. Raises RuntimeError when no runtime is up."""
    if _current is None:
        raise RuntimeError("local engines work only inside local.runtime")
    return _current


def use(machine: Machine | None) -> None:
    """Make `machine` the current one, or none."""
    global _current
    _current = machine


class WorksInJobs:
    """What every engine here can do beside starting jobs: stop one, and tell how far one is."""

    def cancel(self, name: str, source: S3Object) -> None:
        """See the seam, `CancelsJobs`."""
        current().jobs.cancel(name)

    def progress(self, name: str) -> float | None:
        """See the seam, `TellsProgress`."""
        return current().jobs.progress(name)
