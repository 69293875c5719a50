"""The calendar that the service goes by: which day it is, and when a digest is due."""

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


def today() -> date:
    """The day that it is in UTC."""
    return datetime.fromtimestamp(time.time(), UTC).date()


def day_in(now: float, zone: str) -> date:
    """The day that it is in a zone at a moment (seconds since the epoch)."""
    return datetime.fromtimestamp(now, ZoneInfo(zone)).date()


def month_of(day: date) -> str:
    """The month of a day: "2026-11"."""
    return day.strftime("%Y-%m")


def next_digest(now: float, zone: str, hour: int) -> float:
    """The first moment after `now` (seconds since the epoch) at which it is `hour` o'clock in `zone`.

    Where clocks are put forward over that hour it is the moment at which they are; where they are put back over it, the
    first of the two: every local day has one such moment.
    """
    place = ZoneInfo(zone)
    day = datetime.fromtimestamp(now, place).date() - timedelta(days=1)
    for _ in range(4):
        # By way of UTC, since what a clock skips is a time that never was.
        wall = datetime(day.year, day.month, day.day, hour, tzinfo=place, fold=0)
        moment = wall.astimezone(UTC).timestamp()
        if moment > now:
            return moment
        day += timedelta(days=1)
    raise AssertionError("a day has more than two days")
