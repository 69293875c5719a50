"""Every branch. Planning, starting, the ends of jobs, sweeps, cancelling and progress walk over this list."""

import re
from collections.abc import Mapping
from functools import cache

from chalicelib.domain.keys import Task
from chalicelib.errors import SettingsError
from chalicelib.lazy import brought
from chalicelib.pipeline.branch import Branch
from chalicelib.pipeline.language import Language
from chalicelib.pipeline.renditions import Renditions
from chalicelib.pipeline.speech import Speech
from chalicelib.settings import Settings

BRANCHES: tuple[Branch, ...] = (Renditions(), Speech(), Language())

_NAME = "[a-z]{1,20}"


def branches(settings: Settings) -> Mapping[str, Branch]:
    """All branches by name: ours, and behind them those that the deployment's extensions bring.

    Raises SettingsError that says which of these cannot be told from another, or comes after one that is not before it.
    """
    return _all(settings.extensions)


def of_task(task: str, settings: Settings) -> Branch | None:
    """The branch whose jobs are named after `task`; None if there is none."""
    return next((branch for branch in branches(settings).values() if task in branch.tasks), None)


@cache
def _all(extensions: tuple[str, ...]) -> dict[str, Branch]:
    found: dict[str, Branch] = {}
    tasks = {str(Task.REPORT)}
    for branch in (*BRANCHES, *brought(extensions, "BRANCHES", Branch)):
        if branch.name in found or not re.fullmatch(_NAME, branch.name):
            raise SettingsError(f"The branch {branch.name!r} needs a name of its own, of up to 20 small letters.")
        if taken := [task for task in branch.tasks if task in tasks or not re.fullmatch(_NAME, task)]:
            raise SettingsError(f"The branch {branch.name} needs other names for its tasks than {', '.join(taken)}.")
        if unknown := [name for name in branch.after if name not in found]:
            named = ", ".join(unknown)
            raise SettingsError(f"The branch {branch.name} comes after {named}, which has to stand before it.")
        found[branch.name] = branch
        tasks.update(branch.tasks)
    return found
