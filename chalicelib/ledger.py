"""The ledger of a day: what ended, and what came back, for the operators' daily digest. Nobody's name is in it.

In the table of accounts, under the owner `#day#{day in UTC}`, an item for each report and each mail that came back;
under `#days` an item with the sums of each day that operators were told of. All go by themselves.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chalicelib import keys
from chalicelib.assets import Asset, Cost
from chalicelib.aws import serialize
from chalicelib.dynamo import Update, plain
from chalicelib.owner_items import OwnerItems, read
from chalicelib.users import Trouble

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_DAYS = "#days"
_KEPT = 62 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Entry:
    """What ended: how (`status`), why not (`codes` of failures), `minutes` of recording, and what it cost in dollars;
    or what came back of a mail (`trouble`).
    """

    status: str | None = None
    codes: tuple[str, ...] = ()
    minutes: Decimal = Decimal(0)
    usd: Decimal = Decimal(0)
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """A day's sums: runs by status, failures by code, mails that came back by trouble."""

    ended: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    mail: dict[str, int] = field(default_factory=dict)
    minutes: Decimal = Decimal(0)
    usd: Decimal = Decimal(0)


class Ledger(OwnerItems):
    """What was done on each day."""

    def report(self, asset: Asset, cost: Cost | None) -> "TransactWriteItemTypeDef":
        """The write that enters a run, told to its owner today, as a part of a transaction."""
        minutes = Decimal(str(asset.media.duration)) / 60 if asset.media else Decimal(0)
        entry = Entry(
            status=asset.status.value,
            codes=tuple(sorted({failure.code for failure in asset.failures.values()})),
            minutes=minutes.quantize(Decimal("0.01")),
            usd=cost.usd if cost else Decimal(0),
        )
        return {"Put": {"TableName": self._table, "Item": _item(keys.job_name(asset.run, keys.Task.REPORT), entry)}}

    def note_mail(self, event_id: str, trouble: Trouble) -> None:
        """Enter a mail that came back; the same one again changes nothing."""
        self._client.put_item(TableName=self._table, Item=_item(event_id, Entry(trouble=trouble)))

    def totals(self, day: date) -> Totals:
        """The sums of a day. One Query, of what was entered on it."""
        return _sums(read(Entry, item) for item in self._items(_owner(day), ""))

    def keep(self, day: date, totals: Totals) -> None:
        """Keep the sums of a day that is over."""
        values = {**plain(totals), "expires": int(time.time() + _KEPT)}
        self._update(_DAYS, day.isoformat(), Update().set(**values))

    def usd_of_month(self, day: date) -> Decimal:
        """What the days of the month up to `day` cost, as far as their sums are kept."""
        kept = self._items(_DAYS, day.strftime("%Y-%m-"))
        return sum((read(Totals, item).usd for item in kept if item["item"] <= day.isoformat()), Decimal(0))


def today() -> date:
    """The day by whose ledger things go now, in UTC."""
    return datetime.fromtimestamp(time.time(), UTC).date()


def _owner(day: date) -> str:
    return f"#day#{day.isoformat()}"


def _item(name: str, entry: Entry) -> dict[str, Any]:
    values: Mapping[str, Any] = {
        **plain(entry),
        "owner": _owner(today()),
        "item": hashlib.sha256(name.encode()).hexdigest()[:32],
        "expires": int(time.time() + _KEPT),
    }
    return {name: serialize(value) for name, value in values.items() if value is not None}


def _sums(entries: Iterator[Entry]) -> Totals:
    ended: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    mail: Counter[str] = Counter()
    minutes = usd = Decimal(0)
    for entry in entries:
        if entry.status is not None:
            ended[entry.status] += 1
        if entry.trouble is not None:
            mail[entry.trouble.value] += 1
        failures.update(entry.codes)
        minutes += entry.minutes
        usd += entry.usd
    return Totals(dict(ended), dict(failures), dict(mail), minutes, usd)
