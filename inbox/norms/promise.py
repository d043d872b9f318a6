"""The promise: the moment by which the sender hears from us, computed from a norm and the receipt."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from inbox.configuration.model import Norm, Unit
from inbox.norms.calendar import WorkingDays

_MONTHS = (
    "januari", "februari", "maart", "april", "mei", "juni",
    "juli", "augustus", "september", "oktober", "november", "december",
)  # fmt: skip
_WEEKDAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
_UNITS = {
    Unit.working_days: ("werkdag", "werkdagen"),
    Unit.calendar_days: ("dag", "dagen"),
    Unit.weeks: ("week", "weken"),
}


class Promise(BaseModel):
    """What was promised, stored and told; measured afterwards."""

    model_config = ConfigDict(frozen=True)

    due_on: date
    """The last day, in the organisation's time zone."""
    due_at: datetime
    """The end of that day, aware UTC."""
    norm: Norm
    words: str
    """The norm in Dutch: `binnen 5 werkdagen`."""


def promise(norm: Norm, received_at: datetime, days: WorkingDays, zone: ZoneInfo) -> Promise:
    """Compute the promise. The day of receipt is day 0; the last day is always a working day."""
    received_on = received_at.astimezone(zone).date()
    if norm.unit is Unit.working_days:
        due_on = days.after(received_on, norm.within)
    else:
        length = timedelta(weeks=norm.within) if norm.unit is Unit.weeks else timedelta(days=norm.within)
        due_on = days.next_working_day(received_on + length)
    end_of_day = datetime.combine(due_on, time(23, 59, 59), tzinfo=zone)
    return Promise(due_on=due_on, due_at=end_of_day.astimezone(UTC), norm=norm, words=term_words(norm))


def term_words(norm: Norm) -> str:
    """Return the norm in Dutch, as it stands in a sentence: `binnen 1 werkdag`."""
    one, many = _UNITS[norm.unit]
    return f"binnen {norm.within} {one if norm.within == 1 else many}"


def date_words(day: date) -> str:
    """Return the date in Dutch with its weekday: `maandag 7 december 2026`."""
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"
