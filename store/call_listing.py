"""What is asked of the call register: logs and calls, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, and_, func, select

from inbox.call import Direction, Outcome
from inbox.calls.register import CallLogState, CallVerdict
from store.call_tables import call_bad_rows, call_legs, call_logs, calls
from store.ledger import Ledger
from store.listing import Position, Scope, in_scope
from store.tables import deliveries, items

_LEGS_SHOWN = 1000
"""Only a log whose key is the same in all rows makes a call of more."""


@dataclass(frozen=True)
class CallFilter:
    """Which calls to list; None does not ask. Everything that is asked must hold."""

    source_id: str | None = None
    queue: str | None = None
    outcome: Outcome | None = None
    direction: Direction | None = None
    verdict: CallVerdict | None = None
    started_from: datetime | None = None
    started_before: datetime | None = None


async def list_call_logs(
    ledger: Ledger,
    limit: int,
    after: Position | None = None,
    *,
    source_id: str | None = None,
    state: CallLogState | None = None,
    code: str | None = None,
) -> Sequence[Any]:
    """Return at most `limit` logs, newest first, beginning after the position."""
    asked = ((call_logs.c.source_id, source_id), (call_logs.c.state, state), (call_logs.c.code, code))
    query = _logs().where(*(column == str(value) for column, value in asked if value is not None))
    return await _rows(ledger, _page(query, call_logs.c.kept_at, call_logs.c.delivery_id, limit, after))


async def find_call_log(ledger: Ledger, log_id: str) -> Any:
    """Return the log's row, or None."""
    async with ledger.read() as connection:
        return (await connection.execute(_logs().where(call_logs.c.delivery_id == log_id))).one_or_none()


async def bad_rows_of(ledger: Ledger, log_id: str, limit: int, after_row: int = 0) -> Sequence[Any]:
    """Return at most `limit` rows of the log that cannot be used, by their place in it, behind that row."""
    query = select(call_bad_rows).where(call_bad_rows.c.delivery_id == log_id, call_bad_rows.c.row > after_row)
    return await _rows(ledger, query.order_by(call_bad_rows.c.row).limit(limit))


async def list_calls(
    ledger: Ledger, scope: Scope, wanted: CallFilter, limit: int, after: Position | None = None
) -> Sequence[Any]:
    """Return at most `limit` calls, those that began last first, beginning after the position.

    Each row also says whether its item is in scope: `is_item_in_scope`, false where it has none.
    """
    query = _calls(scope).where(*_asked(wanted))
    return await _rows(ledger, _page(query, calls.c.started_at, calls.c.call_id, limit, after))


async def find_call(ledger: Ledger, scope: Scope, call_id: str) -> tuple[Any, Sequence[Any]] | None:
    """Return the call's row as `list_calls` does and those of its legs, at most a thousand; None when there is none."""
    legs = select(call_legs).where(call_legs.c.call_id == call_id).order_by(call_legs.c.leg_digest).limit(_LEGS_SHOWN)
    async with ledger.read() as connection:
        row = (await connection.execute(_calls(scope).where(calls.c.call_id == call_id))).one_or_none()
        return None if row is None else (row, (await connection.execute(legs)).all())


async def waiting_log_counts(ledger: Ledger) -> Mapping[str, int]:
    """Return source → how many of its logs are not done yet."""
    query = select(call_logs.c.source_id, func.count()).where(call_logs.c.finished_at.is_(None))
    found = await _rows(ledger, query.group_by(call_logs.c.source_id))
    return {source: count for source, count in found}  # noqa: C416  rows are no pairs to the type checker


async def logs_in_trouble(ledger: Ledger) -> Mapping[tuple[str, str], int]:
    """Return source and code → how many of its logs it was said of."""
    query = select(call_logs.c.source_id, call_logs.c.code, func.count()).where(call_logs.c.code.is_not(None))
    found = await _rows(ledger, query.group_by(call_logs.c.source_id, call_logs.c.code))
    return {(source, code): count for source, code, count in found}


async def _rows(ledger: Ledger, query: Select[Any]) -> Sequence[Any]:
    async with ledger.read() as connection:
        found: Sequence[Any] = (await connection.execute(query)).all()
        return found


def _logs() -> Select[Any]:
    return select(call_logs, deliveries.c.position, deliveries.c.size_bytes).join(
        deliveries, deliveries.c.delivery_id == call_logs.c.delivery_id
    )


def _calls(scope: Scope) -> Select[Any]:
    is_in_scope = items.c.item_id.is_not(None) & and_(*in_scope(scope))
    return select(calls, is_in_scope.label("is_item_in_scope")).select_from(
        calls.outerjoin(items, items.c.item_id == calls.c.item_id)
    )


def _page(query: Select[Any], at: Column[Any], key: Column[Any], limit: int, after: Position | None) -> Select[Any]:
    if after is not None:
        # The first condition says nothing new, and lets the index begin there instead of at the newest.
        query = query.where(at <= after.made_at, (at < after.made_at) | (key < after.row_id))
    return query.order_by(at.desc(), key.desc()).limit(limit)


def _asked(wanted: CallFilter) -> list[ColumnElement[bool]]:
    asked = (
        (calls.c.source_id, wanted.source_id),
        (calls.c.queue, wanted.queue),
        (calls.c.outcome, wanted.outcome),
        (calls.c.direction, wanted.direction),
        (calls.c.verdict, wanted.verdict),
    )
    conditions: list[ColumnElement[bool]] = [column == str(value) for column, value in asked if value is not None]
    if wanted.started_from is not None:
        conditions.append(calls.c.started_at >= wanted.started_from)
    if wanted.started_before is not None:
        conditions.append(calls.c.started_at < wanted.started_before)
    return conditions
