"""Who rings when nobody answers rang after hours, and weighs in no norm."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from inbox.call import Outcome
from inbox.calls.counted import Counting
from inbox.calls.phone_hours import PhoneHours
from inbox.configuration.model import Calendar, Calls, Opening
from inbox.norms.calendar import WorkingDays
from tests.inbox.calls.counting import AMSTERDAM, DAYS, Raw

TUESDAY = {"opening": {"tue": {"opens": "08:30", "closes": "17:00"}}}
CALLS = Calls.model_validate(TUESDAY)
CLOSED_DAY = date(2026, 11, 24)


def over(local: str, days: WorkingDays = DAYS, calls: Calls = CALLS) -> bool:
    return PhoneHours(calls.opening, days).are_over(datetime.fromisoformat(local).replace(tzinfo=AMSTERDAM))


@pytest.mark.parametrize(
    ("local", "is_over"),
    [
        ("2026-11-24T08:29:59", True),
        ("2026-11-24T08:30:00", False),
        ("2026-11-24T16:59:59.999", False),
        ("2026-11-24T17:00:00", True),
        ("2026-11-25T12:00:00", True),
    ],
)
def test_the_hours_are_those_of_the_clock_on_the_wall(local: str, is_over: bool) -> None:
    assert over(local) is is_over
    assert over(local, calls=Calls()) is False


def test_on_a_closed_day_nobody_answers_and_on_a_saturday_somebody_may() -> None:
    closed = WorkingDays(Calendar(closed_on=(CLOSED_DAY,)))
    assert over("2026-11-24T12:00:00", closed)
    assert not over("2026-12-01T12:00:00", closed)
    saturday = Calls.model_validate({"opening": {"sat": {"opens": "10:00", "closes": "12:00"}}})
    assert not over("2026-11-28T11:00:00", calls=saturday)
    assert over("2026-12-26T11:00:00", calls=saturday), "Boxing Day"


@pytest.mark.parametrize("outcome", list(Outcome))
def test_what_was_not_answered_then_counts_as_after_hours(outcome: Outcome) -> None:
    raw = Raw(began=datetime(2026, 11, 24, 18, 0, tzinfo=UTC), outcome=outcome, waits=3)
    found = Counting(CALLS, AMSTERDAM, DAYS).count(raw.call())
    assert found is not None
    expected = {Outcome.answered: "answered_within_norm", Outcome.failed: "failed"}
    assert found.counted_as == expected.get(outcome, "after_hours")


def test_hours_that_end_before_they_begin_are_refused() -> None:
    with pytest.raises(ValidationError, match="`closes` is not later"):
        Opening(opens="17:00", closes="08:30")
