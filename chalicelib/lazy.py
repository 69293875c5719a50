"""What is loaded or made when it is first needed, and kept.

Every function of the app starts by importing `app.py`, and then does one thing. So what a function does is named there
as a `stage`, and imported when it is first called; a service is a `cached_property`, made when it is first asked for:
once, however many threads ask at the same moment.

`functools.cached_property` makes it once for each of them from Python 3.12 on
(https://docs.python.org/3/whatsnew/3.12.html#functools).
"""

from collections.abc import Callable, Iterable
from importlib import import_module
from threading import RLock
from typing import Any, Generic, Self, TypeVar, overload

from chalicelib.errors import SettingsError

_Value = TypeVar("_Value")


def stage(name: str, **always: Any) -> Callable[..., Any]:  # noqa: ANN401 - as the function has them
    """The function called `name` ("pipeline.begin:begin", in this package), given what it is `always` given: imported
    by its first call.
    """
    module, _, function = name.partition(":")

    def call(*values: Any, **named: Any) -> Any:  # noqa: ANN401 - as the function has them
        return getattr(import_module(f"{__package__}.{module}"), function)(*values, **always, **named)

    return call


def brought(modules: Iterable[str], name: str, kind: type[_Value]) -> tuple[_Value, ...]:
    """What `modules` (paths as in an import) have under `name`, such as SEAMS: tuples of `kind`, one after the other.

    Raises SettingsError that names a module which cannot be imported, or has something else there.
    """
    found: list[_Value] = []
    for path in modules:
        try:
            brings = getattr(import_module(path), name, ())
        except Exception as exc:  # whatever somebody else's module breaks on
            reason = f"{type(exc).__name__}: {exc}"
            raise SettingsError(f"RAPPORTEUR_EXTENSIONS names {path}, which cannot be imported: {reason}.") from exc
        if not (isinstance(brings, tuple) and all(isinstance(one, kind) for one in brings)):
            raise SettingsError(f"RAPPORTEUR_EXTENSIONS names {path}, whose {name} is no tuple of {kind.__name__}.")
        found += brings
    return tuple(found)


MAKING = RLock()
"""One for all: what is made asks for other such things meanwhile, and boto3's clients may not be made side by side
(https://boto3.amazonaws.com/v1/documentation/api/latest/guide/clients.html#multithreading-or-multiprocessing-with-clients)."""


class cached_property(Generic[_Value]):  # noqa: N801 - a decorator, called as the one whose place it takes
    """A property that is worked out on first use."""

    def __init__(self, make: Callable[[Any], _Value]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type[Any]) -> _Value: ...

    def __get__(self, instance: object | None, owner: type[Any]) -> Self | _Value:
        """The value, from now on found in the instance itself, where Python looks first."""
        if instance is None:
            return self
        with MAKING:
            kept: dict[str, _Value] = instance.__dict__
            if self._name not in kept:
                kept[self._name] = self._make(instance)
            return kept[self._name]
