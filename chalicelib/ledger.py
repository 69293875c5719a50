"""The ledger of a day: what ended, and what came back, for the operators' daily digest. Nobody's name is in it.

In the table of accounts, under the owner `#day#{day in UTC}`, an item for each mail that came back; under `#days` an
item with the sums of each day that operators were told of. All go by themselves. What ended stands with the assets.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from chalicelib.assets import Ended
from chalicelib.aws import serialize
from chalicelib.days import today
from chalicelib.dynamo import Update, plain
from chalicelib.owner_items import OwnerItems, read
from chalicelib.users import Trouble

_DAYS = "#days"
_KEPT = 62 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Totals:
    """A day's sums: runs by status, failures by code, mails that came back by trouble."""

    ended: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    mail: Mapping[str, int] = field(default_factory=dict)
    minutes: Decimal = Decimal(0)
    usd: Decimal = Decimal(0)


class Ledger(OwnerItems):
    """What was done on each day."""

    def note_mail(self, event_id: str, trouble: Trouble) -> None:
        """Enter a mail that came back; the same one again changes nothing."""
        item = {
            "owner": _owner(today()),
            "item": hashlib.sha256(event_id.encode()).hexdigest()[:32],
            "trouble": trouble.value,
            "expires": int(time.time() + _KEPT),
        }
        values = {name: serialize(value) for name, value in item.items()}
        self._client.put_item(TableName=self._table, Item=values)

    def totals(self, day: date, ended: Iterable[Ended]) -> Totals:
        """The sums of a day, on which these runs ended."""
        runs = list(ended)
        return Totals(
            ended=Counter(run.status.value for run in runs),
            failures=Counter(code for run in runs for code in run.codes),
            mail=Counter(item["trouble"] for item in self._items(_owner(day), "")),
            minutes=sum((run.minutes for run in runs), Decimal(0)),
            usd=sum((run.usd for run in runs), Decimal(0)),
        )

    def keep(self, day: date, totals: Totals) -> None:
        """Keep the sums of a day that is over."""
        values = {**plain(totals), "expires": int(time.time() + _KEPT)}
        self._update(_DAYS, day.isoformat(), Update().set(**values))

    def usd_of_month(self, day: date) -> Decimal:
        """What the days of the month up to `day` cost, as far as their sums are kept."""
        kept = self._items(_DAYS, day.strftime("%Y-%m-"))
        return sum((read(Totals, item).usd for item in kept if item["item"] <= day.isoformat()), Decimal(0))


def _owner(day: date) -> str:
    return f"#day#{day.isoformat()}"
