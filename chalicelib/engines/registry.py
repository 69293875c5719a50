"""Finds an engine by its name and imports it only then.

A name without a dot is a module of the seam's own folder (`mediaconvert` under `transcoding`); a name with dots is a
module anywhere on the path, which is how a deployment brings an engine of its own. The module has one function,
`create(context)`, that returns the engine.
"""

import importlib
import pkgutil
from dataclasses import dataclass
from typing import Any

from chalicelib.aws import Aws
from chalicelib.errors import SettingsError
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
    folder = f"{__package__}.{seam}"
    module_name = name if "." in name else f"{folder}.{name}"
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as exc:
        if exc.name is None or not f"{module_name}.".startswith(f"{exc.name}."):
            raise
        known = sorted(module.name for module in pkgutil.iter_modules(importlib.import_module(folder).__path__))
        raise SettingsError(
            f"There is no {seam} engine called {name}; there are: {', '.join(known) or 'none in this package'}. "
            "A name with dots is the path of a Python module."
        ) from exc
    return module.create(context)
