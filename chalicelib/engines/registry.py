"""Finds an engine by its name and imports it only then.

A name without a dot is a module of the seam's own folder (`mediaconvert` under `transcoding`); a name with dots is a
module anywhere on the path, which is how a deployment brings an engine of its own. What such a module may have is
written at `Engine`; all of it but `create` may be left out.
"""

import importlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from chalicelib.clients.aws import Aws
from chalicelib.domain.media import ACCEPTED_CONTAINERS
from chalicelib.engines.costs import Charges, PaidWork, PriceList
from chalicelib.engines.grants import AwsPlace, EngineGrants
from chalicelib.errors import SettingsError
from chalicelib.seams.jobs import JobEvents
from chalicelib.seams.seam import Seam
from chalicelib.seams.transcription import TRANSCRIPTION
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_Engine = TypeVar("_Engine")

Waiting = Callable[[], AbstractContextManager[object]]
"""What a wait for a server outside of AWS is spent in."""


@dataclass(frozen=True)
class EngineContext:
    """What an engine may use. It is `waiting` for a server that is no AWS: on one machine, others are served then."""

    settings: Settings
    aws: Aws
    waiting: Waiting = nullcontext


def _no_grants(place: AwsPlace, settings: Settings) -> EngineGrants:
    return EngineGrants()


def _no_charges(work: PaidWork) -> Charges:
    return {}


@dataclass(frozen=True)
class Engine(Generic[_Engine]):
    """What the module of an engine has, each under its name here.

    `create` makes the engine. `grants` says what it needs leave for on AWS (`chalicelib/engines/grants.py`), `charges`
    what of the price list it used for a recording (`chalicelib/engines/costs.py`). `PRICES` are prices beside those of
    the package. `EVENTS` are those by which its service tells of its jobs, `MORE_EVENTS` those by which it tells of
    what it keeps. `Options` is a dataclass of settings of its own, which `Settings.options` reads. `SHARED_JOB` is the
    `shared_job` of an engine that shares one with others (`chalicelib/seams/run_job.py`). `USES_LEXICON`: a transcriber
    hears with the words of an account's lexicon; `HEARS_WITH` is the trainer whose models it hears with, by the name of
    its seam. `SERVICES` are what it calls on AWS, as boto3 names them: a region
    must have them. `CONTAINERS` are what a prober takes, of those in `chalicelib/domain/media.py`: all, where it does
    not say.
    """

    create: Callable[[EngineContext], _Engine]
    grants: Callable[[AwsPlace, Settings], EngineGrants] = _no_grants
    charges: Callable[[PaidWork], Charges] = _no_charges
    PRICES: PriceList | None = None
    Options: "type[DataclassInstance] | None" = None
    EVENTS: JobEvents | None = None
    MORE_EVENTS: tuple[JobEvents, ...] = ()
    USES_LEXICON: bool = False
    HEARS_WITH: str | None = None
    SERVICES: tuple[str, ...] = ()
    SHARED_JOB: str | None = None
    CONTAINERS: frozenset[str] = ACCEPTED_CONTAINERS


def module_of(seam: Seam[_Engine], name: str) -> Engine[_Engine]:
    """What the module of the engine called `name` behind `seam` has.

    Raises SettingsError if there is none of that name, listing those that there are.
    """
    module_name = name if "." in name else f"{__package__}.{seam.name}.{name}"
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as exc:
        if exc.name is None or not f"{module_name}.".startswith(f"{exc.name}."):
            raise
        known = ", ".join(names(seam)) or "none in this package"
        raise SettingsError(
            f"There is no {seam.name} engine called {name}; there are: {known}. "
            "A name with dots is the path of a Python module."
        ) from exc
    if not hasattr(module, "create"):
        raise SettingsError(f"{name} is no {seam.name} engine: the module has no function create.")
    return Engine(**{one.name: getattr(module, one.name) for one in fields(Engine) if hasattr(module, one.name)})


def names(seam: Seam[Any]) -> list[str]:
    """The engines behind `seam` that the package has."""
    return sorted(path.stem for path in Path(__file__).with_name(seam.name).glob("[!_]*.py"))


def chosen(settings: Settings, *, with_jobs: bool = False) -> Iterator[tuple[Seam[Any], Engine[Any]]]:
    """Each seam that has an engine, or of these `with_jobs` those that have jobs, and that engine's module.

    Raises SettingsError if there is none of its name.
    """
    for seam, name in settings.engines.items():
        if name and (seam.has_jobs or not with_jobs):
            yield seam, module_of(seam, name)


def offered(settings: Settings, *, with_jobs: bool = False) -> Iterator[tuple[Seam[Any], str, Engine[Any]]]:
    """As `chosen`, each engine with its name, and behind them what owners may choose beside the usual transcriber."""
    for seam, engine in chosen(settings, with_jobs=with_jobs):
        yield seam, settings.engines[seam], engine
    for name in transcribers(settings)[1:]:
        yield TRANSCRIPTION, name, module_of(TRANSCRIPTION, name)


def transcribers(settings: Settings) -> tuple[str, ...]:
    """What may hear a recording, by their names in the settings: the usual one first."""
    return tuple(dict.fromkeys((settings.engines[TRANSCRIPTION], *settings.transcribers)))


def short(name: str) -> str:
    """What an engine is called where its place is nobody's business: the last part of its name."""
    return name.rpartition(".")[2]


def load(seam: Seam[_Engine], context: EngineContext) -> _Engine:
    """The engine behind `seam`; None if a deployment has none there, as the settings allow for an `OptionalSeam` alone.

    Raises SettingsError if it cannot be had.
    """
    name = context.settings.engines[seam]
    return module_of(seam, name).create(context) if name else cast(_Engine, None)
