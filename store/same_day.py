"""Calls and messages of one day: who rang and also wrote. Each is a hint to the department of what came later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.channel import Channel
from inbox.item import LinkKind, Status
from inbox.reading import Reading
from store.call_tables import call_backs
from store.events import record
from store.ledger import Ledger
from store.linking import add_link
from store.tables import items, links

SAME_NUMBER = "the same number"
"""Why they may belong together."""

_ITEMS_LIMIT = 5_000
"""Of one day: the latest. It is only a hint."""

_COMES_WITHIN = timedelta(days=2)
"""So long after its receipt a message stands in the ledger, as a rule."""


async def items_of(ledger: Ledger, begins_at: datetime, ends_at: datetime) -> Sequence[str]:
    """Return the items that were received then on other channels and were read, the latest first."""
    query = (
        select(items.c.item_id)
        .where(
            items.c.made_at >= begins_at,
            items.c.made_at < ends_at + _COMES_WITHIN,
            items.c.received_at >= begins_at,
            items.c.received_at < ends_at,
            items.c.channel != str(Channel.phone),
            items.c.reading.is_not(None),
            items.c.status.not_in([str(Status.linked), str(Status.discarded)]),
        )
        .order_by(items.c.made_at.desc())
        .limit(_ITEMS_LIMIT)
    )
    async with ledger.read() as connection:
        return (await connection.execute(query)).scalars().all()


async def readings_of(ledger: Ledger, item_ids: Sequence[str]) -> Mapping[str, Reading]:
    """Return the readings of these items, at most 500."""
    query = select(items.c.item_id, items.c.reading).where(items.c.item_id.in_(item_ids))
    async with ledger.read() as connection:
        return {
            row.item_id: Reading.model_validate(row.reading)
            for row in await connection.execute(query)
            if row.reading is not None
        }


async def link_callers(
    ledger: Ledger, item_id: str, numbers: Sequence[str], begins_at: datetime, ends_at: datetime
) -> None:
    """Link a message to the open call-backs of these numbers whose caller rang then; a second time changes nothing.

    Calls over shared lines are nobody's: no number is open for them.
    """
    open_ones = (
        select(call_backs.c.item_id)
        .join(items, items.c.item_id == call_backs.c.item_id)
        .where(
            call_backs.c.open_number.in_(numbers),
            call_backs.c.latest_at >= begins_at,
            call_backs.c.latest_at < ends_at,
            items.c.status.not_in([str(status) for status in Status if status.is_ended]),
            ~select(links.c.link_id)
            .where(links.c.item_id == item_id, links.c.other_item_id == items.c.item_id)
            .exists(),
        )
        .order_by(call_backs.c.latest_at)
    )
    async with ledger.begin() as connection:
        for other_id in (await connection.execute(open_ones)).scalars().all():
            await hint(connection, item_id, other_id)


async def hint(connection: AsyncConnection, item_id: str, other_id: str) -> None:
    """Let the item's department know of a message or call of the same number."""
    kind = LinkKind.may_belong_to
    await add_link(connection, item_id, other_id, kind, SAME_NUMBER, 0.5)
    await record(connection, item_id, str(kind), reason=SAME_NUMBER, about={"other": other_id})
