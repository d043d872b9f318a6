"""An item's assignments, and how an ended item begins again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.configuration.model import TRIAGE
from inbox.item import Status, least_advanced
from store.tables import assignments


async def assignment_rows(connection: AsyncConnection, item_id: str) -> Sequence[Any]:
    """Return the item's assignments, in order."""
    found = await connection.execute(
        select(assignments).where(assignments.c.item_id == item_id).order_by(assignments.c.ordinal)
    )
    return found.all()


def beginning(category: str) -> Status:
    """Return where an assignment of this category begins."""
    return Status.triage if category == TRIAGE else Status.forwarding


async def begin_again(connection: AsyncConnection, item: Any) -> Status:
    """Open a new round of each assignment; return where the item then stands.

    An item without assignments, or one that waits for release, is `received`.
    """
    rows = await assignment_rows(connection, item.item_id)
    for row in rows:
        await connection.execute(
            update(assignments)
            .where(assignments.c.assignment_id == row.assignment_id)
            .values(status=str(beginning(row.category)), round=row.round + 1)
        )
    if not rows or item.held_because:
        return Status.received
    return least_advanced(beginning(row.category) for row in rows)
