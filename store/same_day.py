"""Messages of one day on other channels, in which the number of a caller may stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from inbox.channel import Channel
from inbox.item import Status
from inbox.reading import Reading
from store.ledger import Ledger
from store.tables import items

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
