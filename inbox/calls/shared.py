"""Shared lines: numbers behind which many people ring, known by people who ring at the same time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

SHARED_DAYS = 2
"""On so many days people rang at the same time: once may be a fault of the telephone system."""

_OVERLAP = timedelta(seconds=5)
"""Who hangs up and dials again may seem to overlap by a second or two."""


def is_shared(spans: Iterable[tuple[datetime, datetime]], zone: ZoneInfo) -> bool:
    """Say whether calls of one number show that many share it. `spans`: start and end of each, in any order."""
    days: set[date] = set()
    until: datetime | None = None
    for started_at, ended_at in sorted(spans):
        if until is not None and min(until, ended_at) - started_at >= _OVERLAP:
            days.add(started_at.astimezone(zone).date())
        until = ended_at if until is None else max(until, ended_at)
    return len(days) >= SHARED_DAYS
