"""What comes many at a time, in order."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

_T = TypeVar("_T")


def batched(items: Sequence[_T], count: int) -> Iterator[Sequence[_T]]:
    """`items` in order, `count` at a time; as `itertools.batched`, which Python 3.11 has not."""
    return (items[start : start + count] for start in range(0, len(items), count))
