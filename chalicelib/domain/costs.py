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

    def plus(self, other: "Cost") -> "Cost":
        """What both cost, by the prices of the older of the two days."""
        items = [(line.item, (line.quantity, line.usd)) for line in (*self.lines, *other.lines)]
        quantities = sums((item, quantity) for item, (quantity, _) in items)
        usd = sums((item, paid) for item, (_, paid) in items)
        lines = tuple(CostLine(item, quantities[item], usd[item]) for item in sorted(usd))
        unpriced = tuple(sorted({*self.unpriced, *other.unpriced}))
        return Cost(self.usd + other.usd, min(self.as_of, other.as_of), lines, unpriced)


def by_service(cost: Cost) -> dict[str, Decimal]:
    """US dollars by service ("transcribe", "mediaconvert", …)."""
    return sums((line.item.partition(".")[0], line.usd) for line in cost.lines)


def sums(amounts: Iterable[tuple[_Key, Decimal]]) -> dict[_Key, Decimal]:
    """What there is in all of each kind, by what it is called."""
    totals: dict[_Key, Decimal] = {}
    for key, amount in amounts:
        totals[key] = totals.get(key, Decimal(0)) + amount
    return totals
