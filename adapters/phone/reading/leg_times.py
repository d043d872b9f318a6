"""The moments of one row, held against each other."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product
from typing import NamedTuple

Told = tuple[datetime, bool]
"""A moment in UTC, and whether its local time exists twice: then it is the earlier one."""

_BACK = timedelta(hours=1)
"""By how much clocks go back."""
_ROUNDING_SECONDS = 2
"""Systems cut off or round each moment and the duration by itself."""


class LegTimes(NamedTuple):
    """When a leg began, was answered and ended."""

    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    is_ambiguous: bool


def in_order(
    started: Told, answered: Told | None, ended: Told | None, duration: float | None = None
) -> LegTimes | None:
    """Return the moments where they follow each other, else None. Without an end, the duration (seconds) gives it.

    In the night on which clocks go back, of the two moments that a local time may mean those are taken that are in order and
    fit the duration; `is_ambiguous` stays where that leaves a choice.
    """
    if duration is not None and duration < 0:
        return None
    if ended is None and duration is not None:
        # From here on the end is as sure, or as unsure, as the start.
        told = in_order(started, answered, None)
        return told and _checked(
            told.started_at,
            told.answered_at,
            told.started_at + timedelta(seconds=duration),
            is_ambiguous=told.is_ambiguous,
        )
    if started[1] or (answered is not None and answered[1]) or (ended is not None and ended[1]):
        return _settled(started, answered, ended, duration)
    return _checked(started[0], answered and answered[0], ended and ended[0], is_ambiguous=False)


def _checked(
    started_at: datetime, answered_at: datetime | None, ended_at: datetime | None, *, is_ambiguous: bool
) -> LegTimes | None:
    if answered_at is not None and (answered_at < started_at or (ended_at is not None and ended_at < answered_at)):
        return None
    if ended_at is not None and ended_at < started_at:
        return None
    return LegTimes(started_at, answered_at, ended_at, is_ambiguous)


def _settled(started: Told, answered: Told | None, ended: Told | None, duration: float | None) -> LegTimes | None:
    orders = [
        order
        for start, end, answer in product(_meant(started), _meant(ended), _meant(answered))
        if start is not None and (order := _checked(start, answer, end, is_ambiguous=True))
    ]
    fitting = [order for order in orders if duration is not None and _lasts(order, duration)] or orders
    if not fitting:
        return None
    return fitting[0]._replace(is_ambiguous=len({order.started_at for order in fitting}) > 1 or len(fitting) > 1)


def _meant(told: Told | None) -> tuple[datetime | None, ...]:
    if told is None:
        return (None,)
    return (told[0], told[0] + _BACK) if told[1] else (told[0],)


def _lasts(times: LegTimes, duration: float) -> bool:
    if times.ended_at is None:
        return False
    return abs((times.ended_at - times.started_at).total_seconds() - duration) <= _ROUNDING_SECONDS
