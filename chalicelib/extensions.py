"""What modules outside the package bring to its registries: those that the setting RAPPORTEUR_EXTENSIONS names."""

from collections.abc import Iterable
from importlib import import_module
from typing import TypeVar

from chalicelib.errors import SettingsError

_Kind = TypeVar("_Kind")


def brought(modules: Iterable[str], name: str, kind: type[_Kind]) -> tuple[_Kind, ...]:
    """What `modules` (paths as in an import) have under `name`, such as SEAMS: tuples of `kind`, one after the other.

    Raises SettingsError that names a module which cannot be imported, or has something else there.
    """
    found: list[_Kind] = []
    for path in modules:
        try:
            brings = getattr(import_module(path), name, ())
        except ImportError as exc:
            raise SettingsError(f"RAPPORTEUR_EXTENSIONS names {path}, which cannot be imported: {exc}.") from exc
        if not (isinstance(brings, tuple) and all(isinstance(one, kind) for one in brings)):
            raise SettingsError(f"RAPPORTEUR_EXTENSIONS names {path}, whose {name} is no tuple of {kind.__name__}.")
        found += brings
    return tuple(found)
