"""Promises: a date that is never in the past, never on a free day, and never a day off because of a clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.configuration.model import Calendar, Norm, Unit
from inbox.configuration.shapes import Weekday
from inbox.norms.calendar import WorkingDays
from inbox.norms.promise import Promise, date_words, promise, term_words
from tests.inbox.samples import days, moments, quick

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DEFAULT = WorkingDays(Calendar())


def due(within: int, unit: str, received: str, days: WorkingDays = DEFAULT) -> date:
    """`received`: in Amsterdam, unless it names its offset."""
    moment = datetime.fromisoformat(received)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=AMSTERDAM)
    return promise(Norm(within=within, unit=Unit(unit)), moment, days, AMSTERDAM).due_on


def test_the_day_of_receipt_is_day_0() -> None:
    assert due(1, "working_days", "2026-11-16T00:00") == date(2026, 11, 17)
    assert due(5, "working_days", "2026-11-16T09:00") == date(2026, 11, 23)
    assert due(5, "calendar_days", "2026-11-16T09:00") == date(2026, 11, 23)  # the 21st is a Saturday
    assert due(8, "weeks", "2026-11-16T09:00") == date(2027, 1, 11)


def test_a_minute_before_and_a_minute_after_midnight_are_two_days() -> None:
    assert due(1, "working_days", "2026-11-16T23:59") == date(2026, 11, 17)
    assert due(1, "working_days", "2026-11-17T00:01") == date(2026, 11, 18)


def test_the_day_counts_where_the_town_is_also_when_utc_is_still_on_the_day_before() -> None:
    assert due(1, "working_days", "2026-11-16T23:01+00:00") == date(2026, 11, 18)
    assert due(1, "working_days", "2026-11-16T22:59+00:00") == date(2026, 11, 17)
    assert due(1, "working_days", "2026-07-06T22:01+00:00") == date(2026, 7, 8)
    assert due(1, "working_days", "2026-11-16T18:00-05:00") == date(2026, 11, 18)


def test_what_comes_in_the_weekend_counts_from_the_weekend() -> None:
    assert due(1, "working_days", "2026-11-21T12:00") == date(2026, 11, 23)
    assert due(1, "working_days", "2026-11-22T23:59") == date(2026, 11, 23)
    assert due(2, "working_days", "2026-11-20T12:00") == date(2026, 11, 24)


@pytest.mark.parametrize("received", ["2026-10-24T23:30", "2026-10-25T02:30", "2026-10-25T23:59", "2026-03-29T01:59"])
def test_a_clock_change_moves_no_day(received: str) -> None:
    local = datetime.fromisoformat(received)
    assert due(1, "calendar_days", received) == DEFAULT.next_working_day(local.date() + timedelta(days=1))
    assert due(2, "weeks", received) == DEFAULT.next_working_day(local.date() + timedelta(days=14))


def test_both_half_past_twos_of_the_long_night_are_the_same_day() -> None:
    first, second = "2026-10-25T00:30+00:00", "2026-10-25T01:30+00:00"
    assert due(1, "working_days", first) == due(1, "working_days", second) == date(2026, 10, 26)


@pytest.mark.parametrize(
    ("received", "ends_at"),
    [
        ("2026-03-27T12:00", "2026-03-30T21:59:59+00:00"),
        ("2026-10-23T12:00", "2026-10-26T22:59:59+00:00"),
        ("2026-07-06T12:00", "2026-07-07T21:59:59+00:00"),
    ],
)
def test_the_last_day_ends_at_midnight_of_the_towns_clock_on_that_day(received: str, ends_at: str) -> None:
    moment = datetime.fromisoformat(received).replace(tzinfo=AMSTERDAM)
    made = promise(Norm(within=1, unit=Unit.working_days), moment, DEFAULT, AMSTERDAM)
    assert made.due_at == datetime.fromisoformat(ends_at)


def test_a_day_of_25_hours_ends_after_25_hours() -> None:
    sundays = WorkingDays(Calendar(working_days=(Weekday.sun,)))
    moment = datetime(2026, 10, 24, 12, tzinfo=AMSTERDAM)
    made = promise(Norm(within=1, unit=Unit.calendar_days), moment, sundays, AMSTERDAM)
    assert made.due_on == date(2026, 10, 25)
    assert made.due_at == datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("within", "unit", "received", "expected"),
    [
        (8, "weeks", "2026-10-30T12:00", "2026-12-28"),  # Christmas, Saturday, Sunday
        (1, "weeks", "2026-04-20T12:00", "2026-04-28"),  # King's Day
        (2, "weeks", "2026-03-20T12:00", "2026-04-07"),  # Good Friday and Easter
        (3, "weeks", "2027-04-15T12:00", "2027-05-07"),  # Ascension Day; the equated Friday is a working day
        (1, "working_days", "2026-04-02T12:00", "2026-04-07"),
        (3, "working_days", "2026-12-23T12:00", "2026-12-29"),
        (1, "working_days", "2026-05-04T12:00", "2026-05-05"),  # Liberation Day is a working day in 2026
        (10, "calendar_days", "2026-12-22T12:00", "2027-01-04"),
    ],
)
def test_a_norm_that_ends_on_a_free_day_runs_to_the_next_working_day(
    within: int, unit: str, received: str, expected: str
) -> None:
    assert due(within, unit, received) == date.fromisoformat(expected)


def test_the_organisations_own_closing_days_move_the_date_and_its_opening_days_pull_it_back() -> None:
    closed = WorkingDays(Calendar(closed_on=(date(2026, 11, 17), date(2026, 11, 18))))
    opened = WorkingDays(Calendar(open_on=(date(2026, 4, 3),)))
    assert due(1, "working_days", "2026-11-16T09:00", closed) == date(2026, 11, 19)
    assert due(1, "working_days", "2026-04-02T09:00", opened) == date(2026, 4, 3)


def test_another_town_has_another_midnight() -> None:
    moment = datetime(2026, 11, 17, 3, tzinfo=UTC)
    norm = Norm(within=1, unit=Unit.working_days)
    assert promise(norm, moment, DEFAULT, ZoneInfo("America/Curacao")).due_on == date(2026, 11, 17)
    assert promise(norm, moment, DEFAULT, AMSTERDAM).due_on == date(2026, 11, 18)


calendars = st.builds(
    Calendar,
    working_days=st.sets(st.sampled_from(Weekday), min_size=1).map(tuple),
    holidays=st.sampled_from(["NL", "none"]),
    closed_on=st.lists(days, max_size=20).map(tuple),
    open_on=st.lists(days, max_size=3).map(tuple),
)
norms = st.builds(Norm, within=st.integers(1, 366), unit=st.sampled_from(Unit))


@given(norms, moments, calendars)
@quick
def test_the_last_day_is_always_a_working_day_after_receipt_and_not_a_day_later_than_needed(
    norm: Norm, received_at: datetime, calendar: Calendar
) -> None:
    working = WorkingDays(calendar)
    made = promise(norm, received_at, working, AMSTERDAM)
    received_on = received_at.astimezone(AMSTERDAM).date()
    between = [received_on + timedelta(days=count) for count in range(1, (made.due_on - received_on).days)]
    assert working.is_working_day(made.due_on)
    assert made.due_on > received_on
    assert made.due_at > received_at
    assert made.due_at.astimezone(AMSTERDAM).date() == made.due_on
    if norm.unit is Unit.working_days:
        assert sum(map(working.is_working_day, between)) == norm.within - 1
    else:
        length = norm.within * (7 if norm.unit is Unit.weeks else 1)
        assert not any(map(working.is_working_day, between[length - 1 :]))


@given(norms, moments)
@quick
def test_a_promise_is_the_same_after_it_was_stored(norm: Norm, received_at: datetime) -> None:
    made = promise(norm, received_at, DEFAULT, AMSTERDAM)
    assert Promise.model_validate(made.model_dump(mode="json")) == made


@pytest.mark.parametrize(
    ("within", "unit", "words"),
    [
        (1, "working_days", "binnen 1 werkdag"),
        (5, "working_days", "binnen 5 werkdagen"),
        (1, "calendar_days", "binnen 1 dag"),
        (21, "calendar_days", "binnen 21 dagen"),
        (1, "weeks", "binnen 1 week"),
        (8, "weeks", "binnen 8 weken"),
    ],
)
def test_a_norm_reads_as_people_say_it(within: int, unit: str, words: str) -> None:
    assert term_words(Norm(within=within, unit=Unit(unit))) == words


def test_a_date_reads_as_people_say_it_whatever_the_machines_language() -> None:
    assert date_words(date(2026, 12, 7)) == "maandag 7 december 2026"
    assert date_words(date(2027, 3, 1)) == "maandag 1 maart 2027"
    assert date_words(date(2026, 8, 2)) == "zondag 2 augustus 2026"
