"""Each call of what happens fails in each way: before it takes effect, after it did, with the death of the process."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from chalicelib.domain.assets import AssetRef
from tests.harness.service import Service
from tests.pipeline.test_faults import Faults, install, uninstall

Left: TypeAlias = dict[str, Any]
Tried: TypeAlias = tuple[Left, list[str], dict[tuple[int, str], Left]]
"""What is left where nothing fails, the calls, and what is left by the number of the call that failed and how."""


class EveryWay(Faults):
    """Each call fails in each way."""

    def _is_tried(self, how: str) -> bool:
        case = len(self.calls), how
        return not self.is_off and case not in self.forks.outcomes and self.forks.fork(case)


def each_call_fails(
    service: Service,
    prepare: Callable[[], AssetRef],
    happen: Callable[[AssetRef], None],
    left: Callable[[AssetRef], Left],
    tidy: Callable[[AssetRef], None] = lambda ref: None,
    ways: type[EveryWay] = EveryWay,
) -> Callable[[], Tried]:
    """What tries it, once however often it is asked: each call that comes as things `happen` to what was prepared fails
    in a copy of this process, where `left` then says what is left. In this one it is made `tidy` for the next time.
    """

    @cache
    def run() -> Tried:
        service.pump.schedules.clear()
        for faults in (ways("", is_off=True), ways("")):  # what is loaded only once is there for all copies
            ref = prepare()
            with faults.forks.trying():
                install(service, faults)
                try:
                    happen(ref)
                finally:
                    uninstall(service)
                found = left(ref)
            faults.forks.tell(found)
            tidy(ref)
        return found, faults.calls, faults.forks.outcomes

    return run
