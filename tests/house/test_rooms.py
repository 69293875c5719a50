"""The rooms of the house: arrows go one way, between rooms and between modules, and the hallway is small."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.harness.places import ROOT

Graph = dict[str, set[str]]

FLOORS = [
    {"message"},
    {"errors"},
    {"domain", "lazy"},
    {"documents", "observability", "search", "speech", "vision"},
    {"learning"},
    {"seams"},
    {"settings"},
    {"clients"},
    {"storage"},
    {"engines"},
    {"services"},
    {"pipeline", "letters"},
    {"mail"},
    {"accounts", "webhooks"},
    {"api"},
]
"""Rooms and modules of the hallway, from the ground up: each imports from floors below its own, and from itself."""


def modules(package: str) -> dict[str, Path]:
    files = (ROOT / package).rglob("*.py")
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


def imported(file: Path, known: dict[str, Path]) -> Iterator[str]:
    """What of the package a file imports, also inside of functions and for types only."""
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                for name in names:
                    whole = f"{module}.{name.name}"
                    yield from (one for one in [whole if whole in known else module] if one in known)
            case ast.Import(names=names):
                yield from (name.name for name in names if name.name in known)


def graph(package: str) -> Graph:
    known = modules(package)
    return {module: set(imported(file, known)) - {module, package} for module, file in known.items()}


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def rooms(found: Graph) -> Graph:
    between: Graph = {room_of(module): set() for module in found}
    for module, others in found.items():
        between[room_of(module)] |= {room_of(other) for other in others} - {room_of(module)}
    return between


@pytest.mark.parametrize("package", ["chalicelib", "local", "deployment"])
@pytest.mark.parametrize("level", ["modules", "rooms"])
def test_there_is_no_circle(package: str, level: str) -> None:
    found = graph(package)
    try:
        TopologicalSorter(found if level == "modules" else rooms(found)).prepare()
    except CycleError as exc:
        pytest.fail(f"a circle of {level}: {' -> '.join(exc.args[1])}")


def test_no_arrow_climbs() -> None:
    floor = {room: number for number, there in enumerate(FLOORS) for room in there}
    between = rooms(graph("chalicelib"))
    assert set(floor) == set(between) - {"chalicelib"}
    climbing = [f"{room} -> {other}" for room in floor for other in between[room] if floor[other] >= floor[room]]
    assert climbing == []


def test_the_hallway_holds_six_modules_at_most() -> None:
    assert len([file for file in (ROOT / "chalicelib").glob("*.py") if file.stem != "__init__"]) <= 6
