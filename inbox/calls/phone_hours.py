"""When the telephone is answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time

from inbox.configuration.model import Opening
from inbox.configuration.shapes import Weekday
from inbox.norms.calendar import WorkingDays


class PhoneHours:
    """Hours per weekday, on days that are not closed. Most telephone systems do not say that we were closed."""

    def __init__(self, opening: Mapping[Weekday, Opening], days: WorkingDays) -> None:
        """`opening`: without any the hours are never over."""
        self._hours = [_hours(opening.get(day)) for day in Weekday] if opening else None
        self._days = days

    def are_over(self, local: datetime) -> bool:
        """Say whether nobody answers at this moment, of the organisation's clock."""
        if self._hours is None:
            return False
        hours = self._hours[local.weekday()]
        # Without its zone: the clock on the wall is what the hours are told by.
        if hours is None or not hours[0] <= local.time() < hours[1]:
            return True
        return self._days.is_closed(local.date())


def _hours(opening: Opening | None) -> tuple[time, time] | None:
    return (time.fromisoformat(opening.opens), time.fromisoformat(opening.closes)) if opening is not None else None
