"""How a promised day was counted, day by day, for whoever asks why it is that day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from inbox.configuration.model import Norm, Unit
from inbox.norms.calendar import WorkingDays
from inbox.norms.promise import promise

_ONE_DAY = timedelta(days=1)


class NotCounted(StrEnum):
    """Why a day does not count."""

    closed = "closed"
    """A holiday, or a day on which the calendar says that nobody works."""
    weekday = "weekday"
    """A day of the week on which nobody works, such as Sunday."""


@dataclass(frozen=True)
class SkippedDay:
    """A day that does not count."""

    on: date
    because: NotCounted


@dataclass(frozen=True)
class Counted:
    """From receipt to the promised day, in the organisation's time zone."""

    norm: Norm
    received_on: date
    """Day 0."""
    ends_on: date
    """Where the norm ends by itself."""
    due_on: date
    """The working day on which, or after which, that is."""
    skipped: tuple[SkippedDay, ...]
    """Of a norm in working days: all between. Else those after `ends_on`."""


def counted(norm: Norm, received_at: datetime, days: WorkingDays, zone: ZoneInfo) -> Counted:
    """Return how the promise for a norm is counted; it ends where `promise` says. Pure."""
    received_on = received_at.astimezone(zone).date()
    due_on = promise(norm, received_at, days, zone).due_on
    ends_on, first = due_on, received_on + _ONE_DAY
    if norm.unit is not Unit.working_days:
        length = timedelta(weeks=norm.within) if norm.unit is Unit.weeks else timedelta(days=norm.within)
        ends_on = first = received_on + length
    every = (first + timedelta(days=number) for number in range((due_on - first).days + 1))
    skipped = tuple(SkippedDay(day, _why(day, days)) for day in every if not days.is_working_day(day))
    return Counted(norm, received_on, ends_on, due_on, skipped)


def _why(day: date, days: WorkingDays) -> NotCounted:
    return NotCounted.closed if days.is_closed(day) else NotCounted.weekday
