"""What work cost, in US dollars. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class CostLine:
    """So much of an item of the price list, and what it costs in US dollars."""

    item: str
    quantity: Decimal
    usd: Decimal


@dataclass(frozen=True, slots=True)
class Cost:
    """What the work on an asset cost, in US dollars, by the prices of the day `as_of`.

    `unpriced` names what was used but has no price, and is not counted.
    """

    usd: Decimal
    as_of: str
    lines: tuple[CostLine, ...] = ()
    unpriced: tuple[str, ...] = ()


def by_service(cost: Cost) -> dict[str, Decimal]:
    """US dollars by service ("transcribe", "mediaconvert", …)."""
    return sums((line.item.partition(".")[0], line.usd) for line in cost.lines)


def sums(amounts: Iterable[tuple[_Key, Decimal]]) -> dict[_Key, Decimal]:
    """What there is in all of each kind, by what it is called."""
    totals: dict[_Key, Decimal] = {}
    for key, amount in amounts:
        totals[key] = totals.get(key, Decimal(0)) + amount
    return totals
