"""Finds an engine by its name and imports it only then.

A name without a dot is a module of the seam's own folder (`mediaconvert` under `transcoding`); a name with dots is a
module anywhere on the path, which is how a deployment brings an engine of its own. The module has a function
`create(context)` that returns the engine, and, if the engine calls AWS, one that says what it needs leave for:
`grants(place, settings)` (see `chalicelib/engines/grants.py`); and, if it costs money, one that says what of the price
list it used for a recording: `charges(work)` (see `chalicelib/engines/costs.py`).
"""

import importlib
import pkgutil
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol, cast

from chalicelib.aws import Aws
from chalicelib.engines.costs import Usage, Work
from chalicelib.engines.grants import EngineGrants, Granting, Place
from chalicelib.errors import SettingsError
from chalicelib.seams.jobs import JobEvents
from chalicelib.settings import Settings


@dataclass(frozen=True)
class EngineContext:
    """What an engine may use."""

    settings: Settings
    aws: Aws


def load(seam: str, name: str, context: EngineContext) -> Any:  # noqa: ANN401 - the caller names the seam's protocol
    """The engine called `name` behind `seam` (a folder beside this file).

    Raises SettingsError if there is none of that name, listing those that there are.
    """
    module = _module(seam, name)
    if not hasattr(module, "create"):
        raise SettingsError(f"{name} is no {seam} engine: the module has no function create.")
    return module.create(context)


def grants_of(seam: str, name: str | None, place: Place, settings: Settings) -> EngineGrants:
    """What the engine called `name` behind `seam` needs leave for on AWS; nothing if there is no engine."""
    module = _module(seam, name) if name else None
    return cast(Granting, module).grants(place, settings) if hasattr(module, "grants") else EngineGrants()


def charges_of(seam: str, name: str | None, work: Work) -> Usage:
    """What the engine called `name` behind `seam` charges for `work`; nothing if there is no engine, or it is free."""
    module = _module(seam, name) if name else None
    return cast(Charging, module).charges(work) if hasattr(module, "charges") else {}


def events_of(seam: str, name: str | None) -> JobEvents | None:
    """The events by which the service of the engine called `name` tells of its jobs; None if it sends none."""
    return getattr(_module(seam, name), "EVENTS", None) if name else None


class Charging(Protocol):
    """A module of an engine that costs money."""

    def charges(self, work: Work) -> Usage:
        """What of the price list the engine used for `work`."""


def _module(seam: str, name: str) -> ModuleType:
    folder = f"{__package__}.{seam}"
    module_name = name if "." in name else f"{folder}.{name}"
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as exc:
        if exc.name is None or not f"{module_name}.".startswith(f"{exc.name}."):
            raise
        known = sorted(module.name for module in pkgutil.iter_modules(importlib.import_module(folder).__path__))
        raise SettingsError(
            f"There is no {seam} engine called {name}; there are: {', '.join(known) or 'none in this package'}. "
            "A name with dots is the path of a Python module."
        ) from exc
