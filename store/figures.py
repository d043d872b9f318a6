"""How many of what the ledger holds: counts for whoever watches over the gateway, from indexes alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.item import ForwardState, NoticeState, Status
from store.ledger import Ledger
from store.limits import waiting_count
from store.tables import forwards, items, notices, sources

Counts = Counter[tuple[str, ...]]
"""The values of the columns → how many rows have them."""

_OPEN = tuple(status for status in Status if not status.is_ended)
_FORWARDS_TO_WATCH = tuple(state for state in ForwardState if state.is_open or state is ForwardState.failed)
_NOTICES_TO_WATCH = tuple(state for state in NoticeState if state.is_open or state is NoticeState.failed)


@dataclass(frozen=True)
class Figures:
    """Counts of one moment; what is not named there is none."""

    items: Counts
    """By status."""
    forwards: Counts
    """By state."""
    notices: Counts
    """By state and kind."""
    quarantined: Counts
    """By code."""
    waiting: int = 0
    """Notices that wait because of the overall limit."""


async def watched_figures(ledger: Ledger) -> Figures:
    """Count what is on its way or waits for a person. Few, whatever the ledger holds. Raises StoreUnavailable."""
    async with ledger.read() as connection:
        return Figures(
            items=await _counts(connection, [items.c.status], items.c.status, _OPEN),
            forwards=await _counts(connection, [forwards.c.state], forwards.c.state, _FORWARDS_TO_WATCH),
            notices=await _counts(connection, [notices.c.state, notices.c.kind], notices.c.state, _NOTICES_TO_WATCH),
            quarantined=await _counts(connection, [items.c.quarantine_code], items.c.status, [str(Status.quarantined)]),
            waiting=await waiting_count(connection),
        )


async def ended_figures(ledger: Ledger) -> Figures:
    """Count what has ended. Many: it reads an index from one end to the other. Raises StoreUnavailable."""
    ended = [status for status in Status if status not in _OPEN]
    settled = [state for state in ForwardState if state not in _FORWARDS_TO_WATCH]
    told = [state for state in NoticeState if state not in _NOTICES_TO_WATCH]
    async with ledger.read() as connection:
        return Figures(
            items=await _counts(connection, [items.c.status], items.c.status, ended),
            forwards=await _counts(connection, [forwards.c.state], forwards.c.state, settled),
            notices=await _counts(connection, [notices.c.state, notices.c.kind], notices.c.state, told),
            quarantined=Counter(),
        )


async def source_figures(ledger: Ledger) -> Sequence[Any]:
    """Return per source its `source_id`, `swept_at`, `read_at`, `trouble_code`, `kept_count` and `paused_at`."""
    columns = (
        sources.c.source_id,
        sources.c.swept_at,
        sources.c.read_at,
        sources.c.trouble_code,
        sources.c.kept_count,
        sources.c.paused_at,
    )
    async with ledger.read() as connection:
        return (await connection.execute(select(*columns).order_by(sources.c.source_id))).all()


async def _counts(
    connection: AsyncConnection, columns: list[Column[Any]], asked: Column[Any], values: Sequence[str]
) -> Counts:
    """Return how many rows there are for each combination of the columns, where `asked` is one of the values."""
    query = select(*columns, func.count()).where(asked.in_([str(value) for value in values])).group_by(*columns)
    return Counter({tuple(str(value) for value in row[:-1]): int(row[-1]) for row in await connection.execute(query)})
