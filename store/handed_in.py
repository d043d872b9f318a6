"""What a writer at the intake API may know of what they handed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from inbox.norms.promise import Promise
from store.flag_tables import raised_flags
from store.ledger import Ledger
from store.tables import assignments, items

_FEW = 500
"""As many values as one question may hold on any engine."""


@dataclass(frozen=True)
class HandedIn:
    """One item, as its writer is told of it."""

    item_id: str
    reference: str
    received_at: datetime


@dataclass(frozen=True)
class Told:
    """What is decided of an item."""

    is_decided: bool
    promise: Promise | None
    """The latest of its matters; None when no date is told, or while it waits for a person."""
    flags: tuple[str, ...] = ()
    """Keys of the flags that were raised on it. The writer, who speaks to the sender, never learns of them."""


async def handed_in(ledger: Ledger, delivery_ids: Sequence[str]) -> dict[str, HandedIn]:
    """Return delivery → the item that it made, of those that are kept."""
    found: dict[str, HandedIn] = {}
    async with ledger.read() as connection:
        for start in range(0, len(delivery_ids), _FEW):
            few = delivery_ids[start : start + _FEW]
            rows = await connection.execute(
                select(items.c.delivery_id, items.c.item_id, items.c.reference, items.c.received_at).where(
                    items.c.delivery_id.in_(few)
                )
            )
            found |= {row.delivery_id: HandedIn(row.item_id, row.reference, row.received_at) for row in rows}
    return found


async def told_of(ledger: Ledger, item_id: str) -> Told:
    """Return what is decided of the item."""
    async with ledger.read() as connection:
        rows = await connection.execute(
            select(assignments.c.promise, items.c.held_because)
            .join(items, items.c.item_id == assignments.c.item_id)
            .where(assignments.c.item_id == item_id)
        )
        found = rows.all()
        raised = await connection.execute(select(raised_flags.c.flag).where(raised_flags.c.item_id == item_id))
        flags = tuple(raised.scalars())
    promises = [Promise.model_validate(row.promise) for row in found if row.promise and not row.held_because]
    return Told(bool(found), max(promises, key=lambda promise: promise.due_at, default=None), flags)
