"""Shared lines: numbers of which the register showed that many people ring from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.calls.shared import SHARED_DAYS, is_shared
from store.call_tables import call_backs, calls, shared_lines
from store.ledger import Ledger, now

_FEW = 500
"""As many values as one question may hold on any engine."""

_LATEST = 400
"""So many calls of a number are looked at: a line that many share shows it in them."""

_BECAUSE = f"calls of it overlapped on {SHARED_DAYS} days"


async def shared_among(connection: AsyncConnection, numbers: Sequence[str]) -> frozenset[str]:
    """Return which of these numbers were learned."""
    found: set[str] = set()
    for start in range(0, len(numbers), _FEW):
        query = select(shared_lines.c.number).where(shared_lines.c.number.in_(numbers[start : start + _FEW]))
        found.update((await connection.execute(query)).scalars())
    return frozenset(found)


async def learn_shared_lines(ledger: Ledger, numbers: Sequence[str], zone: ZoneInfo) -> int:
    """Learn which of these callers' numbers many people share; return how many are new. None is forgotten.

    `numbers`: not learned yet, at most 500. `zone`: in which days are counted.
    """
    if not numbers:
        return 0
    async with ledger.read() as connection:
        beside = await _overlapping(connection, numbers)
        found = [number for number in beside if await _is_shared(connection, number, zone)]
    if not found:
        return 0
    moment = now()
    async with ledger.begin() as connection:
        rows = [{"number": number, "learned_at": moment, "because": _BECAUSE} for number in sorted(found)]
        made = await connection.execute(_INSERT[ledger.is_sqlite], rows)
        learned = len(made.all())
        # What is open stays open; nothing joins it any more, nor is it settled.
        await connection.execute(update(call_backs).where(call_backs.c.open_number.in_(found)).values(open_number=None))
    return learned


_is_inbound = calls.c.direction == literal_column("'in'")


async def _overlapping(connection: AsyncConnection, numbers: Sequence[str]) -> Sequence[str]:
    """Return those of which a call began before the one before it had ended: few, and only they are looked at closer."""
    ended_before = func.lag(calls.c.ended_at).over(partition_by=calls.c.caller, order_by=calls.c.started_at)
    beside = (
        select(calls.c.caller, calls.c.started_at, ended_before.label("ended_before"))
        .where(calls.c.caller.in_(numbers), _is_inbound, calls.c.ended_at.is_not(None))
        .subquery()
    )
    query = select(beside.c.caller).where(beside.c.ended_before > beside.c.started_at).distinct()
    return (await connection.execute(query)).scalars().all()


async def _is_shared(connection: AsyncConnection, number: str, zone: ZoneInfo) -> bool:
    query = (
        select(calls.c.started_at, calls.c.ended_at)
        .where(calls.c.caller == number, _is_inbound, calls.c.ended_at.is_not(None))
        .order_by(calls.c.started_at.desc())
        .limit(_LATEST)
    )
    rows: Sequence[Any] = (await connection.execute(query)).all()
    return is_shared(((row.started_at, row.ended_at) for row in rows), zone)


_INSERT = {
    dialect is sqlite: dialect.insert(shared_lines).on_conflict_do_nothing().returning(shared_lines.c.number)
    for dialect in (sqlite, postgresql)
}
"""Is it SQLite → the statement."""
