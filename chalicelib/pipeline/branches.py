"""Every branch. Planning, starting, the ends of jobs, sweeps, cancelling and progress walk over this list."""

from collections.abc import Mapping

from chalicelib.lazy import brought
from chalicelib.pipeline.branch import Branch
from chalicelib.pipeline.language import Language
from chalicelib.pipeline.renditions import Renditions
from chalicelib.pipeline.speech import Speech
from chalicelib.settings import Settings

BRANCHES: tuple[Branch, ...] = (Renditions(), Speech(), Language())


def branches(settings: Settings) -> Mapping[str, Branch]:
    """All branches by name: ours, and behind them those that the deployment's extensions bring."""
    return {branch.name: branch for branch in (*BRANCHES, *brought(settings.extensions, "BRANCHES", Branch))}


def of_task(task: str, settings: Settings) -> Branch | None:
    """The branch whose jobs are named after `task`; None if there is none."""
    return next((branch for branch in branches(settings).values() if task in branch.tasks), None)
