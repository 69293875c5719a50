"""A seam of its own: to whatever counts."""

from dataclasses import dataclass
from typing import Protocol

from chalicelib.domain.keys import S3Object
from chalicelib.seams.jobs import Started
from chalicelib.seams.seam import Seam


@dataclass(frozen=True, slots=True)
class CountingJob:
    """What is counted is said in `transcript`."""

    name: str
    transcript: S3Object
    destination: S3Object


class Counter(Protocol):
    """Counts words."""

    def start(self, job: CountingJob) -> Started:
        """Start `job` unless a job of that name was started before. What it finds is left at `job.destination`."""


COUNTING = Seam[Counter](
    "counting",
    "counter",
    "counts words",
    on_aws="tests.toy.abacus",
    on_one_machine="tests.toy.abacus",
    is_paid_by_words=True,
    has_jobs=True,
)
