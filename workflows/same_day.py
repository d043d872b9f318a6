"""Who rang and also wrote on that day: a hint to whoever calls back, or answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from inbox.calls.numbers import numbers_in
from inbox.reading import Reading
from store.ledger import Ledger
from store.same_day import items_of, link_callers, readings_of

_KNOWN_AT_MOST = 20_000
"""Of so many items we know which numbers they name, until the process ends: some megabytes."""

_AT_ONCE = 50
"""Readings in memory: one may be long."""

_FOR = timedelta(days=2)
"""The messages of an older day are not looked through: whoever rang then is not helped by a hint."""

_AT_MOST = 3
"""Hints of one call-back."""


async def naming_the_same_day(
    ledger: Ledger,
    known: dict[str, frozenset[str]],
    callers: Mapping[str, datetime],
    zone: ZoneInfo,
    on_progress: Callable[[], None],
) -> dict[str, tuple[str, ...]]:
    """Return caller → items of other channels, received on the day of the call, that name the number; the latest first.

    `callers`: E.164 → the call's start. `known`: item → numbers, filled here.
    """
    found: dict[str, list[str]] = {}
    days = {number: at.astimezone(zone).date() for number, at in callers.items()}
    for day in sorted(set(days.values())):
        begins_at, ends_at = _day(day, zone)
        if ends_at < datetime.now(UTC) - _FOR:
            continue
        item_ids = await items_of(ledger, begins_at, ends_at)
        await _look_through(ledger, known, item_ids, on_progress)
        rang = {number for number, on in days.items() if on == day}
        for item_id in item_ids:
            for number in known.get(item_id, frozenset()) & rang:
                found.setdefault(number, []).append(item_id)
    return {number: tuple(items[:_AT_MOST]) for number, items in found.items()}


def _day(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return its local beginning and end; it may have 23 or 25 hours."""
    next_day = day + timedelta(days=1)
    begins_at = datetime(day.year, day.month, day.day, tzinfo=zone)
    return begins_at.astimezone(UTC), datetime(next_day.year, next_day.month, next_day.day, tzinfo=zone).astimezone(UTC)


async def _look_through(
    ledger: Ledger, known: dict[str, frozenset[str]], item_ids: Sequence[str], on_progress: Callable[[], None]
) -> None:
    missing = [item_id for item_id in item_ids if item_id not in known]
    for start in range(0, len(missing), _AT_ONCE):
        readings = await readings_of(ledger, missing[start : start + _AT_ONCE])
        known |= await asyncio.to_thread(_numbers, readings)
        on_progress()
    for oldest in list(known)[: max(0, len(known) - _KNOWN_AT_MOST)]:
        del known[oldest]


def _numbers(readings: Mapping[str, Reading]) -> dict[str, frozenset[str]]:
    return {item_id: numbers_in(reading) for item_id, reading in readings.items()}


async def hint_callers(ledger: Ledger, item: Any, reading: Reading, zone: ZoneInfo) -> None:
    """Link a message to the call-backs of whoever rang on the day on which it was received, if it names their number."""
    numbers = numbers_in(reading)
    if numbers:
        day = _day(item.received_at.astimezone(zone).date(), zone)
        await link_callers(ledger, item.item_id, sorted(numbers), *day)
