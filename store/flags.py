"""Raised flags: once per item and flag, alerted again and again until somebody accepts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.errors import Conflict, NotFound
from inbox.intents import FlagIntent
from inbox.item import HeldBecause, NoticeState
from store.audit import AuditEntry, write_audit
from store.events import record
from store.flag_tables import flag_alerts, raised_flags
from store.ledger import Ledger, now
from store.listing import Position, Scope, in_scope
from store.tables import items

SILENT_WHILE = (str(HeldBecause.observe), str(HeldBecause.before_live_from))
"""While an item is held for one of these, nothing of it leaves the house: its flags are shown, and alert nobody."""


@dataclass(frozen=True)
class FlagFilter:
    """Which flags to list; None does not ask."""

    is_accepted: bool | None = None
    flag: str | None = None
    item_id: str | None = None


@dataclass(frozen=True)
class FlagFigures:
    """Of the flags that nobody has accepted."""

    open: int
    oldest_at: datetime | None
    """When the one that waits longest was raised; of those that alert."""
    alerts: dict[str, int]
    """State → how many alerts of theirs are not sent; a failed one will not be."""


async def raise_flags(connection: AsyncConnection, item_id: str, wanted: Sequence[FlagIntent], version: int) -> None:
    """Raise each flag on the item, unless it was raised on it before; in the transaction that decides."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    raised: list[str] = []
    for intent in wanted:
        moment = now()
        made = await connection.execute(
            dialect.insert(raised_flags)
            .values(
                flag_id=intent.flag_id,
                item_id=item_id,
                flag=intent.flag,
                name=intent.name,
                alerts=list(intent.alerts),
                again_minutes=intent.again_minutes,
                version=version,
                raised_at=moment,
                rounds=0,
                alert_at=moment,
                accept_reason="",
            )
            .on_conflict_do_nothing()
        )
        raised += [intent.flag] if made.rowcount == 1 else []
    if raised:
        await record(connection, item_id, "flag_raised", about={"flags": raised})


async def accept_flag(ledger: Ledger, flag_id: str, scope: Scope, actor: str, reason: str) -> Any:
    """Note that somebody takes it up: nobody is alerted any more. Return its row, as `list_flags` does.

    Raises NotFound, and Conflict when somebody accepted it already.
    """
    async with ledger.begin() as connection:
        await _found(connection, flag_id, scope)
        moment = now()
        accepted = await connection.execute(
            update(raised_flags)
            .where(raised_flags.c.flag_id == flag_id, raised_flags.c.accepted_at.is_(None))
            .values(accepted_at=moment, accepted_by=actor, accept_reason=reason, alert_at=None)
        )
        found = await _found(connection, flag_id, scope)
        if accepted.rowcount != 1:
            raise Conflict(f"the flag was accepted already, by {found.accepted_by}")
        # What was not said yet is not to be said. What is being said right now is.
        await connection.execute(
            update(flag_alerts)
            .where(flag_alerts.c.flag_id == flag_id, flag_alerts.c.state == str(NoticeState.intended))
            .values(state=str(NoticeState.withheld), settled_at=moment)
        )
        about = {"flag": found.flag, "flag_id": flag_id}
        await record(connection, found.item_id, "flag_accepted", actor=actor, reason=reason, about=about)
        await write_audit(
            connection,
            AuditEntry(
                actor, "flag.accepted", f"flag/{flag_id}", reason, about={"flag": found.flag, "item": found.item_id}
            ),
        )
        return found


async def list_flags(
    ledger: Ledger, scope: Scope, wanted: FlagFilter, limit: int, after: Position | None = None
) -> Sequence[Any]:
    """Return at most `limit` raised flags on items in scope, the newest first. Each row also has the item's `reference`,
    `item_status` and `held_because`, and of its alerts `sent`, `unsent`, `failed`, `sent_at` and `trouble_code`.
    """
    query = _told().where(*in_scope(scope))
    if wanted.is_accepted is not None:
        is_open = raised_flags.c.accepted_at.is_(None)
        query = query.where(~is_open if wanted.is_accepted else is_open)
    if wanted.flag is not None:
        query = query.where(raised_flags.c.flag == wanted.flag)
    if wanted.item_id is not None:
        query = query.where(raised_flags.c.item_id == wanted.item_id)
    if after is not None:
        query = query.where(
            raised_flags.c.raised_at <= after.made_at,
            (raised_flags.c.raised_at < after.made_at) | (raised_flags.c.flag_id < after.row_id),
        )
    query = query.order_by(raised_flags.c.raised_at.desc(), raised_flags.c.flag_id.desc()).limit(limit)
    async with ledger.read() as connection:
        found: Sequence[Any] = (await connection.execute(query)).all()
        return found


async def flag_figures(ledger: Ledger) -> FlagFigures:
    """Count what nobody has accepted. Few, whatever the ledger holds. Raises StoreUnavailable."""
    is_open = raised_flags.c.accepted_at.is_(None)
    speaks = items.c.held_because.is_(None) | items.c.held_because.not_in(SILENT_WHILE)
    counted = (
        select(func.count(), func.min(case((speaks, raised_flags.c.raised_at))))
        .join(items, items.c.item_id == raised_flags.c.item_id)
        .where(is_open)
    )
    unsent = [str(state) for state in NoticeState if state.is_open or state is NoticeState.failed]
    by_state = (
        select(flag_alerts.c.state, func.count())
        .join(raised_flags, raised_flags.c.flag_id == flag_alerts.c.flag_id)
        .where(is_open, flag_alerts.c.state.in_(unsent))
        .group_by(flag_alerts.c.state)
    )
    async with ledger.read() as connection:
        count, oldest_at = (await connection.execute(counted)).one()
        alerts = {state: int(number) for state, number in await connection.execute(by_state)}
    return FlagFigures(int(count), oldest_at, alerts)


async def _found(connection: AsyncConnection, flag_id: str, scope: Scope) -> Any:
    query = _told().where(raised_flags.c.flag_id == flag_id, *in_scope(scope))
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound("there is no such flag, or this key may not see its item")
    return row


def _told() -> Any:
    def of_alerts(value: Any, *where: Any) -> Any:
        return (
            select(value)
            .where(flag_alerts.c.flag_id == raised_flags.c.flag_id, *where)
            .correlate(raised_flags)
            .scalar_subquery()
        )

    open_states = [str(state) for state in NoticeState if state.is_open]
    troubled = flag_alerts.c.trouble_code.is_not(None) & flag_alerts.c.state.not_in([str(NoticeState.sent)])
    return select(
        raised_flags,
        items.c.reference,
        items.c.status.label("item_status"),
        items.c.held_because,
        of_alerts(func.count(), flag_alerts.c.state == str(NoticeState.sent)).label("sent"),
        of_alerts(func.count(), flag_alerts.c.state.in_(open_states)).label("unsent"),
        of_alerts(func.count(), flag_alerts.c.state == str(NoticeState.failed)).label("failed"),
        of_alerts(func.max(flag_alerts.c.settled_at), flag_alerts.c.state == str(NoticeState.sent)).label("sent_at"),
        of_alerts(func.max(flag_alerts.c.trouble_code), troubled).label("trouble_code"),
    ).join(items, items.c.item_id == raised_flags.c.item_id)
