"""When something was received, by the organisation's clock: what rules ask about days and hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from inbox.configuration.rule import ReceivedWithin
from inbox.configuration.shapes import Weekday

_DAYS = tuple(Weekday)


@dataclass(frozen=True)
class Clock:
    """The moment of receipt, told by the organisation's clock and calendar."""

    local: datetime
    """In the organisation's time zone."""
    is_office_hours: bool
    """A working day of the calendar, and within the hours where those are configured."""


def is_within(within: ReceivedWithin, local: datetime) -> bool:
    """Say whether the moment is on one of the days and between the hours."""
    if within.days and _DAYS[local.weekday()] not in within.days:
        return False
    # Without its zone: the clock on the wall is what the hours are told by.
    told = local.time()
    begins = time.fromisoformat(within.from_) if within.from_ else time.min
    if within.until is None:
        return told >= begins
    ends = time.fromisoformat(within.until)
    return begins <= told < ends if begins < ends else told >= begins or told < ends


def said_moment(local: datetime) -> str:
    """Return the moment as the trace shows it: `mon 08:15`."""
    return f"{_DAYS[local.weekday()]} {local:%H:%M}"
