"""`python -m benchmarks [TOPIC …] [--quick]`."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pkgutil import resolve_name

from benchmarks import results
from benchmarks.measure import WORK, Figure, commit, machine
from benchmarks.results import Measurement

TITLES: Mapping[str, str] = {
    "footprint": "Footprint: what Lambda loads",
    "calls": "What an asset asks of AWS",
    "burst": "A burst of uploads",
    "digest": "Digests and mails",
    "api": "The REST API and the pages",
    "transcripts": "Long transcripts",
    "search": "Search",
    "meaning": "Search by meaning",
    "questions": "Questions to the library",
    "desk": "The verify desk",
    "documents": "Long documents",
    "detections": "A million detections",
    "media": "Odd files",
    "speech": "Speech",
    "memory": "Memory of long recordings",
    "speakers": "Speakers",
    "clarity": "How clearly it was heard",
    "understanding": "Moods and names",
    "vision": "Looking at films",
    "nights": "It learns",
    "served": "A service that is up",
    "pipeline": "The whole pipeline",
}
"""What is measured under each name: `measure(quick)` in the module of that name gives one figure after the other."""

_ELSEWHERE = {"memory": "speech:measure_memory"}


def main() -> int:
    """Measure the topics that are asked for.

    Returns the exit status: 1 if a limit does not hold; a try always succeeds.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the service on this machine.")
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"what to measure: {', '.join(TITLES)} (all)")
    parser.add_argument("--quick", action="store_true", help="try the code on small inputs; the figures mean little")
    options = parser.parse_args()
    if unknown := sorted(set(options.topics) - set(TITLES)):
        parser.error(f"there is no topic {unknown[0]!r}; the topics are {', '.join(TITLES)}")
    WORK.mkdir(exist_ok=True)
    command = " ".join(["python -m benchmarks", *sys.argv[1:]])
    place, state = machine(), commit()
    print(f"{place}; commit {state}")
    broken = 0
    for name in options.topics or TITLES:
        figures = _measure(name, options.quick)
        broken += sum(figure.holds is False for figure in figures)
        if not options.quick:
            date = time.strftime("%Y-%m-%d", time.gmtime())
            measured = Measurement(TITLES[name], date, state, place, command, figures)
            results.keep(name, measured, list(TITLES))
    if options.quick:
        return 0
    print(f"\nWritten to {results.path_of_results()}." + (f" {broken} limits do not hold." if broken else ""))
    return 1 if broken else 0


def _measure(name: str, quick: bool) -> tuple[Figure, ...]:
    print(f"\n{TITLES[name]}", flush=True)
    measure: Callable[[bool], Iterator[Figure]] = resolve_name(f"benchmarks.{_ELSEWHERE.get(name, f'{name}:measure')}")
    figures = []
    for figure in measure(quick):
        figures.append(figure)
        what, value, limit, holds, note = results.cells(figure)
        print(f"  {what:58} {value:>10}  {limit:14} {holds.strip('*'):4} {note}", flush=True)
    return tuple(figures)


if __name__ == "__main__":
    sys.exit(main())
