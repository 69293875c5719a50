"""One call of a night fails, before its effect or after it, or its process dies: the end is as if none had."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

from chalicelib.domain.accounts import TrainingScope
from chalicelib.learning.models import EVERYBODY, ModelState
from chalicelib.pipeline import lessons, nights
from chalicelib.seams.training import WORDS_TRAINING
from tests.harness import taught
from tests.harness.service import OWNER, Service, running_service
from tests.pipeline.test_faults import Died, Faults, install, uninstall

WAYS = ("before", "after", "died")
SCENARIOS = (
    "a model is taken",
    "one takes its place",
    "it is refused",
    "something is withdrawn",
    "what it changed is changed back",
)


_LEAST_CALLS = 40


_ALIKE = 2


@dataclass
class NightFaults(Faults):
    """Each call that writes fails in each of the ways, each that reads in one of them: it has no effect.

    Of the calls that one place in the code makes, on one way to it, the first two fail: when nothing like it was done,
    and when something was. What goes round in a loop after them would be the same once more, for each thing in it.
    """

    places: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    failing: list[str] = field(default_factory=list)
    """The calls that are made to fail."""
    _is_new: bool = False

    def begin(self, name: str) -> None:
        if not self.is_off:
            self.places[place := _place(name)] += 1
            self._is_new = self.places[place] <= _ALIKE
            self.failing += [name] if self._is_new else []
        super().begin(name)

    def _is_tried(self, how: str) -> bool:
        k = len(self.calls)
        is_reading = self.calls[-1].startswith(("Get", "Query", "List", "Batch"))
        if self.is_off or not self._is_new or (k, how) in self.forks.outcomes or (is_reading and how != WAYS[k % 2]):
            return False
        return self.forks.fork((k, how))


def _place(name: str) -> tuple[Any, ...]:
    """From where in the app a call is made: each function on the way to it, and the line that it is at."""
    found: list[Any] = [name]
    frame = sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]
        if frame.f_globals.get("__name__", "").startswith("chalicelib."):
            found.append((frame.f_code, frame.f_lineno))
    return tuple(found)


def prepare(scenario: str, service: Service) -> None:
    services = service.services
    taught.agree(services, OWNER, TrainingScope.EVERYBODY)
    few: dict[str, Any] = {"held_out": 0} if scenario == "it is refused" else {}
    few |= {"right": "Rapporteur"} if scenario == "what it changed is changed back" else {}
    found = taught.plenty(services, OWNER, **few)
    if scenario in {"one takes its place", "something is withdrawn"}:
        nights.train(taught.due(services, OWNER), services)
        service.clock.shift(24 * 3600)
        taught.plenty(services, OWNER, said="hour tour", right="our tour")
    if scenario == "what it changed is changed back":
        nights.train(taught.due(services, OWNER), services)
        service.clock.shift(24 * 3600)
        taught.undone(services, OWNER, was="Rapporteur")
    if scenario == "something is withdrawn":
        for ref in found:
            lessons.forget(ref, services)


def night(service: Service, named: nights.Named, faults: Faults) -> None:
    """The night, come again as often as SQS would have it."""
    install(service, faults)
    try:
        for _ in range(3):
            try:
                nights.train(named, service.services)
                break
            except Died:
                continue
            except Exception:
                if not faults.forks.is_copy:
                    raise
        else:
            raise AssertionError("the night never came to its end")
    finally:
        uninstall(service)


def left(service: Service) -> dict[str, Any]:
    """All that is left of a night, without when that was."""
    services = service.services
    learning = services.learning
    found: dict[str, Any] = {"objects": taught.stored(services)}
    for scope in (OWNER, EVERYBODY):
        last = [(one.outcome, one.number, one.reason and one.reason.code) for one in learning.nights(scope)]
        use = learning.in_use(scope, taught.LANGUAGE, WORDS_TRAINING.name)
        found[scope] = {
            "models": [
                (one.ref.number, one.state, one.judged and one.judged.verdict) for one in learning.models(scope)
            ],
            "use": use and (use.number, use.previous),
            "last": last,
            "lexicon": sorted(one.text for one in learning.entries(scope)),
            "dropped": sorted(learning.dropped(scope, taught.LANGUAGE)),
            "fresh": len(learning.fresh(scope, taught.LANGUAGE)),
            "due": learning.night(scope, taught.LANGUAGE) is not None,
        }
    return dict(json.loads(json.dumps(found, default=str)))


@pytest.fixture(scope="module")
def tried() -> Iterator[Callable[[str], tuple[dict[str, Any], NightFaults]]]:
    """What a scenario leaves where nothing fails, and where each of its calls does."""

    @cache
    def run(scenario: str) -> tuple[dict[str, Any], NightFaults]:
        with running_service(WORDS_TRAINER="replacements") as service:
            prepare(scenario, service)
            service.clock.shift(24 * 3600)
            named, faults = taught.due(service.services, OWNER), NightFaults(scenario)
            with faults.forks.trying():
                night(service, named, faults)
                told = left(service)
            faults.forks.tell(told)
            again = taught.stored(service.services)
            nights.train(named, service.services)
            assert (left(service), taught.stored(service.services)) == (told, again), "twice is once"
            return told, faults

    yield run


@pytest.mark.parametrize(
    "scenario", [pytest.param(name, marks=pytest.mark.xdist_group(f"nights {name}")) for name in SCENARIOS]
)
def test_a_call_that_fails_changes_nothing_in_the_end(
    tried: Callable[[str], tuple[dict[str, Any], NightFaults]], scenario: str
) -> None:
    faultless, faults = tried(scenario)
    assert len(faults.forks.outcomes) > len(faults.failing) > _LEAST_CALLS
    states = [state for _, state, _ in faultless[OWNER]["models"]]
    assert (
        states
        == {
            "a model is taken": [ModelState.CURRENT],
            "one takes its place": [ModelState.PREVIOUS, ModelState.CURRENT],
            "it is refused": [ModelState.REFUSED],
            "something is withdrawn": [ModelState.RETIRED, ModelState.CURRENT],
            "what it changed is changed back": [ModelState.RETIRED, ModelState.FAILED],
        }[scenario]
    )
    for (k, how), found in faults.forks.outcomes.items():
        assert "error" not in found, f"{faults.calls[k - 1]} {k} {how}: {found['error']}"
        assert found == faultless, f"{faults.calls[k - 1]} {k} {how}"
