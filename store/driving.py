"""What the drive loop asks of the ledger: which items want a push, and which must have a workflow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, select, update

from inbox.item import ForwardState, NoticeKind, NoticeState, Status
from store.ledger import Ledger
from store.tables import forwards, items, notices

_DRIVEN = [
    str(status) for status in (Status.triage, Status.forwarding, Status.forwarded, Status.accepted, Status.returned)
]


async def wanted(ledger: Ledger, limit: int) -> Sequence[Any]:
    """Return rows of (item_id, drive_wanted), oldest first."""
    async with ledger.read() as connection:
        found = await connection.execute(
            select(items.c.item_id, items.c.drive_wanted)
            .where(items.c.drive_wanted.is_not(None))
            .order_by(items.c.made_at)
            .limit(limit)
        )
        return found.all()


async def note_driven(ledger: Ledger, item_id: str, wish: str) -> None:
    """Take the wish away, unless a newer one has taken its place."""
    async with ledger.begin() as connection:
        await connection.execute(
            update(items).where(items.c.item_id == item_id, items.c.drive_wanted == wish).values(drive_wanted=None)
        )


async def want_again(ledger: Ledger, item_ids: Sequence[str]) -> None:
    """Ask for a new drive of items whose workflow is gone."""
    async with ledger.begin() as connection:
        await connection.execute(
            update(items)
            .where(items.c.item_id.in_(item_ids), items.c.drive_wanted.is_(None))
            .values(drive_wanted="lost")
        )


def _has_outward_work() -> ColumnElement[bool]:
    """Say in SQL: a notice or a forward of the item is not settled, wherever the item stands."""
    notice_states = [str(state) for state in NoticeState if state.is_open]
    forward_states = [str(state) for state in ForwardState if state.is_open]
    return (
        select(notices.c.notice_id)
        .where(notices.c.item_id == items.c.item_id, notices.c.state.in_(notice_states), notices.c.settled_at.is_(None))
        .exists()
        | select(forwards.c.forward_id)
        .where(forwards.c.item_id == items.c.item_id, forwards.c.state.in_(forward_states))
        .exists()
    )


def _wants_telling() -> ColumnElement[bool]:
    """Say in SQL: the item is set aside, and its sender was not told so (invariant 5)."""
    told = notices.c.item_id == items.c.item_id, notices.c.kind == str(NoticeKind.looked_at)
    return (
        (items.c.status == str(Status.quarantined))
        & items.c.held_because.is_(None)
        & ~select(notices.c.notice_id).where(*told).exists()
    )


async def open_items(ledger: Ledger, after: str, limit: int) -> Sequence[str]:
    """Return ids of items that must have a running workflow, in order of id, beginning after `after`."""
    async with ledger.read() as connection:
        found = await connection.execute(
            select(items.c.item_id)
            .where(
                items.c.item_id > after,
                items.c.drive_wanted.is_(None),
                items.c.status.in_(_DRIVEN)
                | _has_outward_work()
                | _wants_telling()
                | (
                    (items.c.status == str(Status.received))
                    & (items.c.held_because.is_(None) | items.c.decided_version.is_(None))
                ),
            )
            .order_by(items.c.item_id)
            .limit(limit)
        )
        return [row.item_id for row in found]
