"""Events: what happened to an item, when, by whom and why. Written in the transaction that made it so."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.errors import Conflict, GatewayError
from inbox.item import Status
from store.ledger import Ledger, now
from store.tables import events, failures, items

GATEWAY = "gateway"
"""The actor of everything that no person did."""


async def record(
    connection: AsyncConnection,
    item_id: str,
    kind: str,
    *,
    actor: str = GATEWAY,
    reason: str = "",
    action_id: str | None = None,
    about: dict[str, Any] | None = None,
) -> None:
    """Write an event that changes no status."""
    await connection.execute(
        insert(events).values(
            item_id=item_id, at=now(), actor=actor, kind=kind, reason=reason, action_id=action_id, about=about or {}
        )
    )


async def move(
    connection: AsyncConnection,
    item: Any,
    to: Status,
    kind: str,
    *,
    actor: str = GATEWAY,
    reason: str = "",
    action_id: str | None = None,
    about: dict[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Change an item's row by compare-and-set on status and version, and write the event.

    `item`: the row as it was read in this transaction. Raises Conflict when somebody changed it meanwhile.
    """
    moment = now()
    result = await connection.execute(
        update(items)
        .where(items.c.item_id == item.item_id, items.c.version == item.version, items.c.status == item.status)
        .values(status=str(to), version=item.version + 1, changed_at=moment, **changes)
    )
    if result.rowcount != 1:
        raise Conflict(f"item {item.item_id} was changed by somebody else: read it again and decide again")
    await connection.execute(
        insert(events).values(
            item_id=item.item_id,
            at=moment,
            actor=actor,
            kind=kind,
            from_status=item.status,
            to_status=str(to),
            reason=reason,
            action_id=action_id,
            about=about or {},
        )
    )


async def lock_item(connection: AsyncConnection, item_id: str) -> Any:
    """Return the item's row, locked until the end of the transaction; None when there is none.

    Whoever locks several items locks the original before its copies, else in order of id: so two never wait for each
    other. Rows that only refer to the item may still be written meanwhile (`key_share`). SQLite has one writer at a
    time, so that its row needs no lock.
    """
    result = await connection.execute(select(items).where(items.c.item_id == item_id).with_for_update(key_share=True))
    return result.one_or_none()


async def record_failure(ledger: Ledger, subject_id: str, error: BaseException) -> str:
    """Store an error's own words where only the ledger's readers see them; return the failure's id.

    `subject_id`: the item, delivery, forward, notice or source that it happened to.
    """
    failure_id = str(uuid4())
    code = _code(error)
    detail = error.detail if isinstance(error, GatewayError) else f"{type(error).__name__}: {error}"
    async with ledger.begin() as connection:
        await connection.execute(
            insert(failures).values(
                failure_id=failure_id, at=now(), code=code, subject_id=subject_id, detail=detail[:4000]
            )
        )
    return failure_id


async def failure_count(ledger: Ledger, item: Any, error: BaseException) -> int:
    """Return how often what happened now was stored before of this item, since the item last changed."""
    query = select(func.count()).where(
        failures.c.subject_id == item.item_id, failures.c.code == _code(error), failures.c.at >= item.changed_at
    )
    async with ledger.read() as connection:
        return int((await connection.execute(query)).scalar_one())


def _code(error: BaseException) -> str:
    return error.code if isinstance(error, GatewayError) else "unexpected"
