"""Calls by when they began: what the figures of reachability are made of, page by page."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from store.call_tables import calls
from store.ledger import Ledger
from store.listing import Position

_PAGE = 2_000
"""Calls in memory at once; the time that one page takes is far from noticed by whoever waits for the event loop."""

_TOLD = (
    calls.c.call_id,
    calls.c.queue,
    calls.c.dialled,
    calls.c.direction,
    calls.c.outcome,
    calls.c.started_at,
    calls.c.answered_at,
    calls.c.ended_at,
    calls.c.waited_s,
)
"""Not who rang: no figure needs it."""


async def calls_between(
    ledger: Ledger, since: datetime, until: datetime, after: Position | None = None, page: int = _PAGE
) -> AsyncGenerator[Sequence[Any]]:
    """Yield the calls that began at `since` or later and before `until`, by their start, in pages; `after`: behind that.

    All pages see the ledger as it was at the first. Close the iterator when it is left early: it holds a connection.
    Raises StoreUnavailable.
    """
    last = after
    async with ledger.read() as connection:
        if not ledger.is_sqlite:
            # By default each statement of PostgreSQL sees a moment of its own; SQLite's transactions never do.
            await connection.execution_options(isolation_level="REPEATABLE READ")
        while True:
            query = select(*_TOLD).where(calls.c.started_at >= since, calls.c.started_at < until)
            if last is not None:
                query = query.where(
                    calls.c.started_at >= last.made_at,
                    (calls.c.started_at > last.made_at) | (calls.c.call_id > last.row_id),
                )
            found = (await connection.execute(query.order_by(calls.c.started_at, calls.c.call_id).limit(page))).all()
            if found:
                yield found
            if len(found) < page:
                return
            last = Position(found[-1].started_at, found[-1].call_id)
