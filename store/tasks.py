"""Tasks for a person: raised in the transaction that made them needed, done once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.errors import Conflict, NotFound
from inbox.task import TaskKind
from store.audit import AuditEntry, write_audit
from store.events import GATEWAY, record
from store.ledger import Ledger, now
from store.listing import Position, Scope, in_scope
from store.tables import items, tasks


async def raise_task(connection: AsyncConnection, item_id: str, kind: TaskKind, reason: str) -> None:
    """Ask a person, unless the same is asked already. `reason`: a sentence for them, without the sender's words."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    made = await connection.execute(
        dialect.insert(tasks)
        .values(task_id=str(uuid4()), item_id=item_id, kind=str(kind), reason=reason, made_at=now(), outcome="")
        .on_conflict_do_nothing()
    )
    if made.rowcount == 1:
        await record(connection, item_id, "task_raised", reason=reason, about={"kind": str(kind)})


async def settle_tasks(
    connection: AsyncConnection,
    item_id: str,
    kinds: Collection[TaskKind],
    outcome: str,
    *,
    actor: str = GATEWAY,
    unless: ColumnElement[bool] | None = None,
) -> None:
    """Mark the item's open tasks of these kinds as done: what they asked for has come about.

    `unless`: a condition under which they stay, asked in the same statement.
    """
    stays = () if unless is None else (~unless,)
    done = await connection.execute(
        update(tasks)
        .where(
            tasks.c.item_id == item_id,
            tasks.c.kind.in_([str(kind) for kind in kinds]),
            tasks.c.done_at.is_(None),
            *stays,
        )
        .values(done_at=now(), done_by=actor, outcome=outcome)
    )
    if done.rowcount:
        # What a person did has an event of its own.
        await record(connection, item_id, "task_done", reason=outcome)


async def finish_task(ledger: Ledger, task_id: str, scope: Scope, actor: str, outcome: str) -> Any:
    """Mark the task as done by a person; return its row with the item's. Raises NotFound, Conflict when it was done."""
    async with ledger.begin() as connection:
        found = await _found(connection, task_id, scope)
        done = await connection.execute(
            update(tasks)
            .where(tasks.c.task_id == task_id, tasks.c.done_at.is_(None))
            .values(done_at=now(), done_by=actor, outcome=outcome)
        )
        if done.rowcount != 1:
            raise Conflict("the task was done already")
        about = {"kind": found.kind}
        await record(connection, found.item_id, "task_done", actor=actor, reason=outcome, about=about)
        # What came of it stands in the event.
        done_of = {**about, "item": found.item_id}
        await write_audit(connection, AuditEntry(actor, "task.done", f"task/{task_id}", about=done_of))
        return await _found(connection, task_id, scope)


async def list_tasks(
    ledger: Ledger,
    scope: Scope,
    *,
    kind: TaskKind | None,
    is_done: bool,
    limit: int,
    after: Position | None,
) -> Sequence[Any]:
    """Return at most `limit` tasks on items in scope, oldest first; each row also has the item's `reference`."""
    query = _joined().where(*in_scope(scope), tasks.c.done_at.is_not(None) if is_done else tasks.c.done_at.is_(None))
    if kind is not None:
        query = query.where(tasks.c.kind == str(kind))
    if after is not None:
        query = query.where(
            tasks.c.made_at >= after.made_at, (tasks.c.made_at > after.made_at) | (tasks.c.task_id > after.row_id)
        )
    async with ledger.read() as connection:
        return (await connection.execute(query.order_by(tasks.c.made_at, tasks.c.task_id).limit(limit))).all()


async def open_tasks(ledger: Ledger) -> dict[str, int]:
    """Return kind → how many wait for a person."""
    async with ledger.read() as connection:
        rows = await connection.execute(
            select(tasks.c.kind, func.count()).where(tasks.c.done_at.is_(None)).group_by(tasks.c.kind)
        )
        return {kind: int(count) for kind, count in rows}


def _joined() -> Any:
    return select(tasks, items.c.reference, items.c.status.label("item_status")).join(
        items, items.c.item_id == tasks.c.item_id
    )


async def _found(connection: AsyncConnection, task_id: str, scope: Scope) -> Any:
    row = (await connection.execute(_joined().where(tasks.c.task_id == task_id, *in_scope(scope)))).one_or_none()
    if row is None:
        raise NotFound("there is no such task, or this key may not see its item")
    return row
