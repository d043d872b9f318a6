"""Whole days, by the organisation's clock."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from inbox.calls.period import Period, period
from inbox.errors import BadRequest
from tests.inbox.calls.counting import AMSTERDAM

TODAY = date(2026, 11, 24)


def test_nothing_asked_is_the_last_seven_days() -> None:
    assert period(None, None, TODAY) == Period(date(2026, 11, 18), TODAY)
    assert period(date(2026, 11, 1), None, TODAY) == Period(date(2026, 11, 1), TODAY)
    assert period(None, date(2026, 11, 7), TODAY) == Period(date(2026, 11, 1), date(2026, 11, 7))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 11, 25), date(2026, 11, 24)),
        (date(2025, 11, 23), date(2026, 11, 24)),
        (date(1, 1, 1), date(1, 1, 1)),
        (date(9999, 12, 31), date(9999, 12, 31)),
        (date(2026, 11, 25), None),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(first: date, last: date | None) -> None:
    with pytest.raises(BadRequest):
        period(first, last, TODAY)


def test_a_leap_year_can_be_asked_for_as_a_whole() -> None:
    assert period(date(2028, 1, 1), date(2028, 12, 31), TODAY).last == date(2028, 12, 31)


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 11, 24), 24)])
def test_a_day_is_as_long_as_its_clock_says(day: tuple[int, int, int], hours: int) -> None:
    since, until = Period(date(*day), date(*day)).moments(AMSTERDAM)
    assert until - since == timedelta(hours=hours)
    assert since.astimezone(AMSTERDAM).hour == 0


def test_each_day_that_may_be_asked_has_its_moments() -> None:
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Beirut"):
        for day in (date(1971, 1, 1), date(2026, 3, 29), date(9998, 12, 31)):
            since, until = Period(day, day).moments(ZoneInfo(zone))
            assert since < until
