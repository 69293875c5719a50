"""Every branch. Planning, starting, the ends of jobs, sweeps, cancelling and progress walk over this list."""

import re
from collections.abc import Mapping
from functools import cache

from chalicelib.domain.assets import Asset
from chalicelib.domain.keys import Task
from chalicelib.errors import SettingsError
from chalicelib.lazy import brought
from chalicelib.observability import logger
from chalicelib.pipeline.branch import Branch
from chalicelib.pipeline.document import Document
from chalicelib.pipeline.entities import CustomEntities
from chalicelib.pipeline.language import Language
from chalicelib.pipeline.renditions import Renditions
from chalicelib.pipeline.speech import Speech
from chalicelib.pipeline.vision import Vision
from chalicelib.services import Services
from chalicelib.settings import Settings

BRANCHES: tuple[Branch, ...] = (Renditions(), Speech(), Vision(), Document(), Language(), CustomEntities())

_NAME = "[a-z]{1,20}"


def branches(settings: Settings) -> Mapping[str, Branch]:
    """All branches by name: ours, and behind them those that the deployment's extensions bring.

    Raises SettingsError that says which of these cannot be told from another, or comes after one that is not before it.
    """
    return _all(settings.extensions)


def progress_of(asset: Asset, services: Services) -> dict[str, float | None]:
    """How much of each open branch is done, from 0 to 1; None where nobody can tell."""
    services = services.hearing_with(asset.options.transcriber)
    known = branches(services.settings)
    return {name: _progress(known[name], asset, services) for name in sorted(asset.open_branches) if name in known}


def _progress(branch: Branch, asset: Asset, services: Services) -> float | None:
    try:
        return branch.progress(asset, services)
    except Exception as exc:  # noqa: BLE001 - how far it is must not cost whoever asks how things are
        logger.error("progress cannot be told", extra={"branch": branch.name, "error": type(exc).__name__})
        return None


def of_task(task: str, settings: Settings) -> Branch | None:
    """The branch whose jobs are named after `task`; None if there is none."""
    return next((branch for branch in branches(settings).values() if task in branch.tasks), None)


@cache
def _all(extensions: tuple[str, ...]) -> dict[str, Branch]:
    found: dict[str, Branch] = {}
    tasks = {str(Task.REPORT)}
    for branch in (*BRANCHES, *brought(extensions, "BRANCHES", Branch)):
        name = getattr(branch, "name", "")
        if name in found or not re.fullmatch(_NAME, name):
            raise SettingsError(f"The branch {name!r} needs a name of its own, of up to 20 small letters.")
        if not all(
            isinstance(listed, tuple) for listed in (branch.after, branch.may_follow, branch.tasks, branch.seams)
        ):
            raise SettingsError(f"The branch {name} names what it comes after, its tasks and its seams as tuples.")
        if taken := [task for task in branch.tasks if task in tasks or not re.fullmatch(_NAME, task)]:
            raise SettingsError(f"The branch {branch.name} needs other names for its tasks than {', '.join(taken)}.")
        if unknown := [name for name in (*branch.after, *branch.may_follow) if name not in found]:
            named = ", ".join(unknown)
            raise SettingsError(f"The branch {branch.name} comes after {named}, which has to stand before it.")
        found[branch.name] = branch
        tasks.update(branch.tasks)
    return found
