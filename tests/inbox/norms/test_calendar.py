"""Working days of the service calendar, which is not the calendar of the law.

What the library `holidays` calls a holiday in the Netherlands, and so what a municipality is closed on unless it says
otherwise: Good Friday is one (it is no general day off: most town halls that work then name it in `open_on`), 5 May is
one every fifth year only. The Algemene termijnenwet has 5 May every year, and equates further days by decree; it does
not apply to service norms (article 5).
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given

from inbox.configuration.model import Calendar
from inbox.configuration.shapes import Weekday
from inbox.norms.calendar import WorkingDays
from tests.inbox.samples import days, quick

DEFAULT = WorkingDays(Calendar())

STATUTORY = [
    "2026-01-01",
    "2026-04-03",
    "2026-04-06",
    "2026-04-27",
    "2026-05-05",
    "2026-05-14",
    "2026-05-25",
    "2026-12-25",
    "2026-12-26",
    "2027-01-01",
    "2027-03-26",
    "2027-03-29",
    "2027-04-27",
    "2027-05-05",
    "2027-05-06",
    "2027-05-17",
    "2027-12-25",
    "2027-12-26",
    "2028-01-01",
    "2028-04-14",
    "2028-04-17",
    "2028-04-27",
    "2028-05-05",
    "2028-05-25",
    "2028-06-05",
    "2028-12-25",
    "2028-12-26",
]
"""Days of the Algemene termijnenwet, article 3(1) and (2)."""

EQUATED = ["2026-01-02", "2026-05-15", "2027-05-07", "2028-04-28", "2028-05-26"]
"""Equated by decree, article 3(3): ordinary working days all the same."""


@pytest.mark.parametrize("day", [day for day in STATUTORY if not day.endswith("05-05")])
def test_nobody_works_on_a_public_holiday(day: str) -> None:
    assert not DEFAULT.is_working_day(date.fromisoformat(day))


@pytest.mark.parametrize("day", [day for day in STATUTORY if day.endswith("05-05")])
def test_5_may_is_a_working_day_although_terms_of_law_do_not_end_on_it(day: str) -> None:
    assert date.fromisoformat(day).weekday() < 5
    assert DEFAULT.is_working_day(date.fromisoformat(day))


def test_5_may_is_a_holiday_in_each_fifth_year() -> None:
    assert not DEFAULT.is_working_day(date(2025, 5, 5))
    every_day = WorkingDays(Calendar(working_days=tuple(Weekday)))
    assert not every_day.is_working_day(date(2030, 5, 5))
    assert every_day.is_working_day(date(2029, 5, 5))


@pytest.mark.parametrize("day", EQUATED)
def test_days_equated_by_decree_are_working_days(day: str) -> None:
    assert DEFAULT.is_working_day(date.fromisoformat(day))


def test_these_are_all_the_weekdays_off_in_three_years() -> None:
    first = date(2026, 1, 1)
    every = [first + timedelta(days=count) for count in range(1096)]
    closed = {str(day) for day in every if day.weekday() < 5 and not DEFAULT.is_working_day(day)}
    # Christmas and New Year fall on Saturdays too.
    expected = {day for day in STATUTORY if date.fromisoformat(day).weekday() < 5 and not day.endswith("05-05")}
    assert closed == expected


def test_good_friday_is_closed_by_default_and_open_when_the_municipality_says_so() -> None:
    works_then = WorkingDays(Calendar(open_on=(date(2026, 4, 3),)))
    assert not DEFAULT.is_working_day(date(2026, 4, 3))
    assert works_then.is_working_day(date(2026, 4, 3))
    assert not works_then.is_working_day(date(2027, 3, 26))


@pytest.mark.parametrize(("kings_day", "ordinary"), [("2031-04-26", "2031-04-28"), ("2026-04-27", "2026-04-26")])
def test_kings_day_is_on_the_26th_when_the_27th_is_a_sunday(kings_day: str, ordinary: str) -> None:
    every_day = WorkingDays(Calendar(working_days=tuple(Weekday)))
    assert not every_day.is_working_day(date.fromisoformat(kings_day))
    assert every_day.is_working_day(date.fromisoformat(ordinary))


@pytest.mark.parametrize("day", ["2026-12-24", "2026-12-31", "2026-02-16", "2026-07-01"])
def test_eves_carnival_and_keti_koti_are_working_days(day: str) -> None:
    assert DEFAULT.is_working_day(date.fromisoformat(day))


def test_a_municipality_without_holidays_works_on_christmas() -> None:
    assert WorkingDays(Calendar(holidays="none")).is_working_day(date(2026, 12, 25))


def test_closed_on_wins_over_open_on_and_open_on_over_weekend_and_holiday() -> None:
    day, saturday = date(2026, 12, 25), date(2026, 11, 21)
    both = WorkingDays(Calendar(closed_on=(day,), open_on=(day, saturday)))
    assert not both.is_working_day(day)
    assert both.is_working_day(saturday)


def test_a_calendar_without_a_working_day_says_so_instead_of_searching_for_ever() -> None:
    with pytest.raises(ValueError, match="no working day"):
        WorkingDays(Calendar(working_days=())).next_working_day(date(2026, 1, 1))


@given(days)
@quick
def test_the_next_working_day_is_the_first_from_that_day_on(day: date) -> None:
    found = DEFAULT.next_working_day(day)
    assert found >= day
    assert DEFAULT.is_working_day(found)
    assert not any(DEFAULT.is_working_day(day + timedelta(days=n)) for n in range((found - day).days))
    assert (found - day).days <= 5


@given(days)
@quick
def test_counting_working_days_can_be_done_in_two_steps(day: date) -> None:
    assert DEFAULT.after(day, 7) == DEFAULT.after(DEFAULT.after(day, 3), 4)
