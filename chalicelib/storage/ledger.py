"""The books: what each run cost and how it ended, entered once and never changed; and the mails that came back.

In the table of accounts, under its owner, stands an entry for each run that has ended, whatever becomes of the asset.
Its name is made from the asset's id and the version, and tells neither: so a run is entered once. The sparse index
`ended` finds entries by month (`ended_in`) and day (`ended_on`), both in UTC: of the moment of entering, so that none
comes after its day was told. When an account is erased its entries go over to nobody (`ERASED`): the money stays, and
nothing tells whose it was.

Under the owner `#day#{day in UTC}` stands an item for each mail that came back. All of it goes by itself.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from chalicelib.domain.accounts import Trouble
from chalicelib.domain.assets import CANCELLED, Asset, End
from chalicelib.domain.calendar import month_of, today
from chalicelib.domain.costs import Cost, by_service, sums
from chalicelib.storage.items import OwnerItems, parsed
from chalicelib.storage.updates import attributes_of, query

ERASED = "erased"
"""The owner of the entries of accounts that were erased."""

KEPT_MONTHS = 36
_MAILS_KEPT = 62 * 24 * 3600
_KEPT = (KEPT_MONTHS + 1) * 31 * 24 * 3600
_BEGINNING = "run#"


@dataclass(frozen=True, slots=True)
class Entry:
    """A run that has ended: how, on what day (in UTC), the codes of what failed, and minutes of recording.

    `services` has US dollars by service ("transcribe", "mediaconvert", …), by the prices of the day `prices_of`.
    """

    owner: str
    ended_on: date
    end: End
    codes: tuple[str, ...] = ()
    minutes: Decimal = Decimal(0)
    services: Mapping[str, Decimal] = field(default_factory=dict)
    prices_of: str = ""

    @staticmethod
    def of(asset: Asset, cost: Cost) -> "Entry":
        """What there is to enter of a run that ends now. That its owner called it off is no failure."""
        minutes = Decimal(str(asset.media.duration)) / 60 if asset.media else Decimal(0)
        end = End.of(asset)
        failures = [failure for failure in asset.failures.values() if failure != CANCELLED]
        return Entry(
            asset.ref.owner,
            today(),
            end,
            tuple(sorted({failure.code for failure in failures})),
            minutes.quantize(Decimal("0.01")),
            by_service(cost),
            cost.as_of,
        )

    @property
    def usd(self) -> Decimal:
        """What the run cost in all."""
        return sum(self.services.values(), Decimal(0))

    @property
    def month(self) -> str:
        """The month that it ended in: "2026-11"."""
        return month_of(self.ended_on)


@dataclass(frozen=True, slots=True)
class Totals:
    """A day's sums: runs by their end, failures by code, mails that came back by trouble; minutes and US dollars."""

    ended: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    mail: Mapping[str, int] = field(default_factory=dict)
    minutes: Decimal = Decimal(0)
    usd: Decimal = Decimal(0)


class Ledger(OwnerItems):
    """Entries of runs, and mails that came back."""

    def enter(self, asset: Asset, cost: Cost, *, is_erased: bool = False) -> None:
        """Enter the run of `asset` that has ended, as nobody's if its owner is erased. Done twice, it is done once."""
        self._enter(_name(asset), Entry.of(asset, cost), is_erased=is_erased)

    def enter_corrected(self, asset: Asset, edition: int, cost: Cost, *, is_erased: bool = False) -> None:
        """Enter what was made anew from an edition of the transcript of `asset`, in the same way."""
        self._enter_more(asset, f"/{edition}", End.CORRECTED, cost, is_erased=is_erased)

    def enter_translated(
        self, asset: Asset, language: str, asked_at: float, cost: Cost, *, is_erased: bool = False
    ) -> None:
        """Enter what it cost to put captions into another language, as was asked for at that moment."""
        self._enter_more(asset, f"/{language}/{asked_at}", End.TRANSLATED, cost, is_erased=is_erased)

    def _enter_more(self, asset: Asset, name: str, end: End, cost: Cost, *, is_erased: bool) -> None:
        entry = Entry(asset.ref.owner, today(), end, services=by_service(cost), prices_of=cost.as_of)
        self._enter(_name(asset, name), entry, is_erased=is_erased)

    def enter_clip(self, asset: Asset, job: str, cost: Cost, *, is_erased: bool = False) -> None:
        """Enter a clip that was cut of `asset` by this `job`, in the same way."""
        entry = Entry(asset.ref.owner, today(), End.CLIPPED, services=by_service(cost), prices_of=cost.as_of)
        self._enter(_name(asset, f"/{job}"), entry, is_erased=is_erased)

    def enter_answered(self, owner: str, question_id: str, cost: Cost, *, is_erased: bool = False) -> None:
        """Enter what it cost to answer a question, in the same way."""
        entry = Entry(owner, today(), End.ANSWERED, services=by_service(cost), prices_of=cost.as_of)
        self._enter(_named(f"{owner}/question/{question_id}"), entry, is_erased=is_erased)

    def _enter(self, name: str, entry: Entry, *, is_erased: bool) -> None:
        item = {
            **attributes_of(entry),
            "owner": ERASED if is_erased else entry.owner,
            "item": name,
            "ended_on": entry.ended_on.isoformat(),
            "ended_in": entry.month,
            "expires": int(time.time() + _KEPT),
        }
        self._put_once(item)

    def of_owner(self, owner: str) -> list[Entry]:
        """The owner's entries."""
        return [parsed(Entry, item) for item in self._items(owner, _BEGINNING)]

    def of_month(self, month: date, until: date | None = None) -> Iterator[Entry]:
        """The entries of the month that `month` is a day of, up to the day `until`. Costs what it finds."""
        condition, values = "ended_in = :month", {"month": month_of(month)}
        if until is not None:
            condition += " AND ended_on <= :until"
            values["until"] = until.isoformat()
        found = query(self._client, self._table, condition, values, IndexName="ended")
        return (parsed(Entry, item) for item in found)

    def entries(self) -> Iterator[Entry]:
        """All entries that are kept, the latest month first."""
        now = today()
        for back in range(KEPT_MONTHS + 1):
            year, month = divmod(now.year * 12 + now.month - 1 - back, 12)
            yield from self.of_month(date(year, month + 1, 1))

    def release(self, owner: str) -> None:
        """Let nothing tell any more whose the entries of `owner` were. Begun again it goes on where it was."""
        for item in list(self._items(owner, _BEGINNING)):
            self._put(item | {"owner": ERASED})
            self._delete(owner, item["item"])

    def note_mail(self, event_id: str, trouble: Trouble) -> None:
        """Enter a mail that came back; the same one again changes nothing."""
        item = {
            "owner": _owner(today()),
            "item": hashlib.sha256(event_id.encode()).hexdigest()[:32],
            "trouble": trouble.value,
            "expires": int(time.time() + _MAILS_KEPT),
        }
        self._put(item)

    def totals(self, day: date, entries: Iterable[Entry]) -> Totals:
        """The sums of a day, of the entries among these that are of that day."""
        runs = [entry for entry in entries if entry.ended_on == day]
        return Totals(
            ended=Counter(run.end.value for run in runs),
            failures=Counter(code for run in runs for code in run.codes),
            mail=Counter(item["trouble"] for item in self._items(_owner(day), "")),
            minutes=sum((run.minutes for run in runs), Decimal(0)),
            usd=sum((run.usd for run in runs), Decimal(0)),
        )


def by_owner_and_month(entries: Iterable[Entry]) -> dict[tuple[str, str], Decimal]:
    """US dollars by owner and month ("2026-11"), of those entries that cost anything."""
    return sums(((entry.owner, entry.month), entry.usd) for entry in entries if entry.usd)


def by_service_and_month(entries: Iterable[Entry]) -> dict[tuple[str, str], Decimal]:
    """US dollars by service and month, of the same."""
    return sums(((service, entry.month), usd) for entry in entries for service, usd in entry.services.items())


def _name(asset: Asset, edition: str = "") -> str:
    """The name of a run's entry: always the same for a run, and nothing that leads back to what was erased."""
    return _named(f"{asset.ref.owner}/{asset.ref.asset_id}/{asset.version}{edition}")


def _named(what: str) -> str:
    return f"{_BEGINNING}{hashlib.sha256(what.encode()).hexdigest()[:32]}"


def _owner(day: date) -> str:
    return f"#day#{day.isoformat()}"
