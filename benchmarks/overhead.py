"""How long no engine was at work in a run of the service: `python -m benchmarks.overhead STARTED FILE OUT`.

A process of its own, since what a run imports is part of what it costs. STARTED is when its parent started it, in
seconds since the epoch. It prints an `Overhead` as JSON.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from chalicelib.seams.jobs import Started
    from local.jobs import Work


@dataclass(frozen=True, slots=True)
class Overhead:
    """Seconds: of the whole run, of its start until the service is up, without any engine after that."""

    total: float
    start_up: float
    idle: float


Span = tuple[float, float]


def without(spans: Sequence[Span], start: float, end: float) -> float:
    """How much of the time from `start` to `end` lies in none of `spans`."""
    free, reached = 0.0, start
    for begun, ended in sorted(spans):
        free += max(0.0, min(begun, end) - reached)
        reached = max(reached, ended)
    return free + max(0.0, end - reached)


class _Timed:
    """Stands before an engine and notes when it is at work."""

    def __init__(self, engine: object, spans: list[Span]) -> None:
        self._engine = engine
        self._spans = spans

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return timed(getattr(self._engine, name), self._spans)


def timed(work: Callable[..., Any], spans: list[Span]) -> Callable[..., Any]:
    """`work`, which notes when it is at it."""

    def wrapper(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the engine takes and gives
        begun = time.time()
        try:
            return work(*arguments, **named)
        finally:
            spans.append((begun, time.time()))

    return wrapper


def main(started: float, arguments: list[str]) -> Overhead:
    """Run the command line on `arguments` and watch its engines."""
    from local import cli
    from local.runtime import Runtime

    spans: list[Span] = []
    up: list[float] = []

    class WatchedRuntime(Runtime):
        def __enter__(self) -> Self:
            super().__enter__()
            up.append(time.time())
            start = self.jobs.start

            def watched(name: str, work: "Work", lane: str = "", parts: Iterable[str] = ()) -> "Started":
                return start(name, timed(work, spans), lane, parts)

            self.jobs.start = watched  # type: ignore[method-assign]
            for seam in self.services.settings.engines:
                if not seam.has_jobs and (engine := self.services.engine(seam)) is not None:
                    self.services.engines[seam] = _Timed(engine, spans)
            return self

    cli.Runtime = WatchedRuntime  # type: ignore[attr-defined]
    status = cli.main(arguments)
    if status:
        raise SystemExit(status)
    ended = time.time()
    return Overhead(ended - started, up[0] - started, without(spans, up[0], ended))


if __name__ == "__main__":
    print(json.dumps(asdict(main(float(sys.argv[1]), ["process", sys.argv[2], "--out", sys.argv[3]]))))
