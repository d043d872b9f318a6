"""A period of whole days, by the organisation's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from inbox.errors import BadRequest

MOST_DAYS = 366
_USUAL_DAYS = 7
_EARLIEST, _LATEST = date(1971, 1, 1), date(9998, 12, 31)
"""Nearer to the ends of the calendar, midnight somewhere on earth has no name."""


@dataclass(frozen=True)
class Period:
    """From the beginning of the first day to the end of the last."""

    first: date
    last: date

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return (beginning, end), UTC; the end is no longer in it. A day may have 23 or 25 hours."""
        return _midnight(self.first, zone), _midnight(self.last + timedelta(days=1), zone)


def period(first: date | None, last: date | None, today: date) -> Period:
    """Return the period that is asked for; without `last` until today, without `first` the seven days until its end.

    Raises BadRequest when it ends before it begins, is longer than MOST_DAYS, or lies outside the calendar.
    """
    until = last or today
    if not all(_EARLIEST <= day <= _LATEST for day in (first or until, until)):
        raise BadRequest(f"a day lies outside {_EARLIEST.year} to {_LATEST.year}")
    since = first or until - timedelta(days=_USUAL_DAYS - 1)
    if since > until:
        raise BadRequest("the period ends before it begins: `from` is later than `to`")
    if (until - since).days >= MOST_DAYS:
        raise BadRequest(f"at most {MOST_DAYS} days at a time")
    return Period(since, until)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
