"""Three in the morning, by the owner's own clock, also when clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.calendar import next_digest

ZONES = ("UTC", "Europe/Paris", "America/New_York", "Asia/Seoul", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@pytest.mark.parametrize(
    ("now", "zone", "expected"),
    [
        ("2026-11-21T10:00:00+00:00", "UTC", "2026-11-22T03:00:00+00:00"),
        ("2026-11-21T02:59:59+00:00", "UTC", "2026-11-21T03:00:00+00:00"),
        ("2026-11-21T03:00:00+00:00", "UTC", "2026-11-22T03:00:00+00:00"),
        ("2026-11-21T17:00:00+00:00", "Asia/Seoul", "2026-11-21T18:00:00+00:00"),
        ("2026-11-21T20:00:00+00:00", "Asia/Kolkata", "2026-11-21T21:30:00+00:00"),
        # The nights on which clocks change: 3 o'clock comes an hour earlier or later than a day after the last one.
        ("2026-03-28T12:00:00+00:00", "Europe/Paris", "2026-03-29T01:00:00+00:00"),
        ("2026-10-24T12:00:00+00:00", "Europe/Paris", "2026-10-25T02:00:00+00:00"),
        ("2026-03-07T12:00:00+00:00", "America/New_York", "2026-03-08T07:00:00+00:00"),
        ("2026-10-31T12:00:00+00:00", "America/New_York", "2026-11-01T08:00:00+00:00"),
    ],
)
def test_the_next_three_o_clock(now: str, zone: str, expected: str) -> None:
    assert next_digest(at(now), zone, 3) == at(expected)


def test_an_hour_that_is_skipped_or_comes_twice_is_one_moment() -> None:
    # In Paris on 29 March 2026 two o'clock becomes three; on 25 October three becomes two.
    assert next_digest(at("2026-03-28T12:00:00+00:00"), "Europe/Paris", 2) == at("2026-03-29T01:00:00+00:00")
    first = next_digest(at("2026-10-24T12:00:00+00:00"), "Europe/Paris", 2)
    assert first == at("2026-10-25T00:00:00+00:00")
    assert next_digest(first, "Europe/Paris", 2) == at("2026-10-26T01:00:00+00:00")


@given(st.floats(1.6e9, 2.5e9), st.sampled_from(ZONES), st.integers(0, 23))
def test_it_is_ahead_and_not_two_days_ahead_and_one_a_day(now: float, zone: str, hour: int) -> None:
    first = next_digest(now, zone, hour)
    assert now < first <= now + 26 * 3600
    second = next_digest(first, zone, hour)
    days = [datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(zone)).date() for moment in (first, second)]
    assert (days[1] - days[0]).days == 1
