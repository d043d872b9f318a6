"""When text messages may leave: nobody is woken by one."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from inbox.configuration.model import Sms


def seconds_until_allowed(sms: Sms, at: datetime) -> float:
    """Return how long one has to wait; 0 when it may leave now. `at`: aware, in the organisation's own time zone."""
    begins, ends = time.fromisoformat(sms.sends_from), time.fromisoformat(sms.sends_until)
    if begins <= at.time() < ends:
        return 0.0
    day = at.date() if at.time() < begins else at.date() + timedelta(days=1)
    opens = datetime.combine(day, begins, at.tzinfo)
    # By the moments themselves: a night in which the clock is set has no 24 hours.
    return max(1.0, opens.timestamp() - at.timestamp())
