"""On which days the organisation works."""

from __future__ import annotations

from datetime import date, timedelta

import holidays

from inbox.configuration.model import Calendar
from inbox.configuration.shapes import Weekday

_ORDER = tuple(Weekday)
_ONE_DAY = timedelta(days=1)


class WorkingDays:
    """The service calendar of one configuration. Statutory terms do not use it (Algemene termijnenwet art. 5)."""

    def __init__(self, calendar: Calendar) -> None:
        """Prepare the calendar; holidays are computed per year when first asked."""
        self._weekdays = {_ORDER.index(day) for day in calendar.working_days}
        self._closed = frozenset(calendar.closed_on)
        self._open = frozenset(calendar.open_on)
        self._holidays: holidays.HolidayBase | dict[date, str] = (
            holidays.country_holidays("NL") if calendar.holidays == "NL" else {}
        )

    def is_working_day(self, day: date) -> bool:
        """Say whether the organisation works on this day."""
        return not self.is_closed(day) and (day in self._open or day.weekday() in self._weekdays)

    def is_closed(self, day: date) -> bool:
        """Say whether nobody works on this day, whatever day of the week it is: a holiday, or a day of our own."""
        return day in self._closed or (day in self._holidays and day not in self._open)

    def next_working_day(self, day: date) -> date:
        """Return this day when it is a working day, else the first one after it. Looks at most two years ahead."""
        for _ in range(732):
            if self.is_working_day(day):
                return day
            day += _ONE_DAY
        raise ValueError("the calendar has no working day in two years")

    def after(self, day: date, working_days: int) -> date:
        """Return the n-th working day after this day, which itself does not count."""
        for _ in range(working_days):
            day = self.next_working_day(day + _ONE_DAY)
        return day
