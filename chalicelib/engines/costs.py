"""What the work on a recording costs, from what it used and a dated price list. Pure.

An engine says in its own module what it charges for, as `charges(work)`, and may bring `PRICES`; here stands what the
pipeline itself uses. The prices are AWS's list prices without volume or free tiers (`prices.json`, with their sources):
what comes of them is an estimate from above, good for telling a cheap recording from a dear one, no invoice.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.domain.assets import Asset
from chalicelib.domain.costs import Cost, CostLine, sums
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from chalicelib.speech.transcripts import Transcript

Charges = Mapping[str, Decimal]
"""How much was used of each item of the price list, in the item's own unit."""

_PRICES = Path(__file__).with_name("prices.json")
_MICRO_DOLLAR = Decimal("0.000001")

REQUESTS: Charges = {
    "dynamodb.write": Decimal(20),
    "dynamodb.read": Decimal(20),
    "s3.put": Decimal(14),
    "s3.get": Decimal(28),
    "sqs.request": Decimal(12),
    "sns.publish": Decimal(1),
    "lambda.request": Decimal(11),
    "lambda.gb_second": Decimal(25),
    "ses.mail": Decimal(1),
}
"""What the pipeline itself asks of AWS for a video, rounded up; `tests/engines/test_costs.py` counts the calls."""


@dataclass(frozen=True, slots=True)
class PaidWork:
    """What engines are paid for: an asset whose run has ended, and its transcript if one was read.

    `is_transcribing` says that a transcription was under way when the run was called off, of which nothing came;
    `hears_upload`, that no sound is made for what transcribes: it takes the upload as it is, or what was made before.
    Into how many languages the transcript is translated, which no run does, says `languages`; how many bytes are looked
    into for a question, which none does either, `asked_bytes`.
    """

    asset: Asset
    transcript: "Transcript | None"
    settings: Settings
    is_transcribing: bool = False
    hears_upload: bool = False
    languages: int = 0
    asked_bytes: int = 0

    @property
    def seconds(self) -> float:
        """How long the recording is; 0 if nobody knows."""
        return self.asset.media.duration if self.asset.media else 0.0


@dataclass(frozen=True, slots=True)
class PriceList:
    """US dollars a unit, by item; read on the day `as_of` (ISO 8601)."""

    as_of: str
    usd: Mapping[str, Decimal]


def prices(*own: PriceList) -> PriceList:
    """The price list that the package carries, with the `own` ones of engines in it; as old as the oldest of them."""
    lists = (_packaged(), *own)
    usd = {item: price for one in lists for item, price in one.usd.items()}
    return PriceList(min(one.as_of for one in lists), usd)


@cache
def _packaged() -> PriceList:
    listed = json.loads(_PRICES.read_text())
    return PriceList(listed["as_of"], {item: Decimal(price["usd"]) for item, price in listed["items"].items()})


def cost(charged: Iterable[Charges], listed: PriceList) -> Cost:
    """What all that is `charged` for costs; what has no price is named in it, and not counted."""
    total = sums(amount for used in charged for amount in used.items())
    lines = tuple(
        CostLine(item, quantity.quantize(_MICRO_DOLLAR), _rounded(quantity * listed.usd[item]))
        for item, quantity in sorted(total.items())
        if item in listed.usd and quantity
    )
    unpriced = tuple(sorted(item for item, quantity in total.items() if item not in listed.usd and quantity))
    return Cost(sum((line.usd for line in lines), Decimal(0)), listed.as_of, lines, unpriced)


def _rounded(usd: Decimal) -> Decimal:
    return usd.quantize(_MICRO_DOLLAR, ROUND_HALF_UP)
