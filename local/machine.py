"""The one machine that local engines run on: its job runner and its workspace, set while the runtime is up."""

from dataclasses import dataclass
from pathlib import Path

from local.jobs import JobRunner


@dataclass(frozen=True)
class Machine:
    """What local engines need of the runtime."""

    jobs: JobRunner
    workspace: Path


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
