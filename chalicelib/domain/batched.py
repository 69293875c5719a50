"""What comes many at a time, in order."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

_T = TypeVar("_T")


def batched(items: Iterable[_T], count: int) -> Iterator[list[_T]]:
    """`items` in order, `count` at a time; as `itertools.batched`, which Python 3.11 has not."""
    found = iter(items)
    while some := list(islice(found, count)):
        yield some
