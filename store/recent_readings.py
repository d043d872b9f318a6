"""The readings of the last days, in pieces: what rules are held against before they are published."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from sqlalchemy import and_, or_, select

from inbox.reading import Reading
from store.ledger import Ledger
from store.tables import items

CHUNK = 200
"""Readings that are held at once: each may be a few hundred kilobytes."""


async def recent_readings(ledger: Ledger, since: datetime, *, chunk: int = CHUNK) -> AsyncIterator[list[Reading]]:
    """Yield the readings of all items that were made since then, oldest first, at most `chunk` at once.

    Items that were never read, or whose words were erased, have none. Each chunk is a read of its own: what comes in
    meanwhile comes last. `since`: aware.
    """
    columns = (items.c.made_at, items.c.item_id, items.c.reading)
    wanted = select(*columns).where(items.c.made_at >= since, items.c.reading.is_not(None))
    wanted = wanted.order_by(items.c.made_at, items.c.item_id).limit(chunk)
    page = wanted
    while True:
        async with ledger.read() as connection:
            rows = (await connection.execute(page)).all()
        found = [Reading.model_validate(row.reading) for row in rows if row.reading is not None]
        if found:
            yield found
        if len(rows) < chunk:
            return
        last = rows[-1]
        is_later = and_(items.c.made_at == last.made_at, items.c.item_id > last.item_id)
        page = wanted.where(or_(items.c.made_at > last.made_at, is_later))
