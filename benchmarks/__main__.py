"""`python -m benchmarks [TOPIC …] [--quick]`."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from benchmarks import (
    api,
    burst,
    calls,
    clarity,
    digest,
    footprint,
    media,
    pipeline,
    results,
    served,
    speakers,
    speech,
    transcripts,
    understanding,
)
from benchmarks.measure import WORK, Figure, commit, machine
from benchmarks.results import Measurement


@dataclass(frozen=True)
class Topic:
    """What is measured under one name: `measure(quick)` gives one figure after the other."""

    title: str
    measure: Callable[[bool], Iterator[Figure]]


TOPICS: Mapping[str, Topic] = {
    "footprint": Topic("Footprint: what Lambda loads", footprint.measure),
    "calls": Topic("What an asset asks of AWS", calls.measure),
    "burst": Topic("A burst of uploads", burst.measure),
    "digest": Topic("Digests and mails", digest.measure),
    "api": Topic("The REST API and the pages", api.measure),
    "transcripts": Topic("Long transcripts", transcripts.measure),
    "media": Topic("Odd files", media.measure),
    "speech": Topic("Speech", speech.measure),
    "memory": Topic("Memory of long recordings", speech.measure_memory),
    "speakers": Topic("Speakers", speakers.measure),
    "clarity": Topic("How clearly it was heard", clarity.measure),
    "understanding": Topic("Moods and names", understanding.measure),
    "served": Topic("A service that is up", served.measure),
    "pipeline": Topic("The whole pipeline", pipeline.measure),
}


def main() -> int:
    """Measure the topics that are asked for.

    Returns the exit status: 1 if a limit does not hold; a try always succeeds.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the service on this machine.")
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"what to measure: {', '.join(TOPICS)} (all)")
    parser.add_argument("--quick", action="store_true", help="try the code on small inputs; the figures mean little")
    options = parser.parse_args()
    if unknown := sorted(set(options.topics) - set(TOPICS)):
        parser.error(f"there is no topic {unknown[0]!r}; the topics are {', '.join(TOPICS)}")
    WORK.mkdir(exist_ok=True)
    command = " ".join(["python -m benchmarks", *sys.argv[1:]])
    place, state = machine(), commit()
    print(f"{place}; commit {state}")
    broken = 0
    for name in options.topics or TOPICS:
        figures = _measure(TOPICS[name], options.quick)
        broken += sum(figure.holds is False for figure in figures)
        if not options.quick:
            date = time.strftime("%Y-%m-%d", time.gmtime())
            measured = Measurement(TOPICS[name].title, date, state, place, command, figures)
            results.keep(name, measured, list(TOPICS))
    if options.quick:
        return 0
    print(f"\nWritten to {results.path_of_results()}." + (f" {broken} limits do not hold." if broken else ""))
    return 1 if broken else 0


def _measure(topic: Topic, quick: bool) -> tuple[Figure, ...]:
    print(f"\n{topic.title}", flush=True)
    figures = []
    for figure in topic.measure(quick):
        figures.append(figure)
        name, value, limit, holds, note = results.cells(figure)
        print(f"  {name:58} {value:>10}  {limit:14} {holds.strip('*'):4} {note}", flush=True)
    return tuple(figures)


if __name__ == "__main__":
    sys.exit(main())
