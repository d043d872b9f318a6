"""The chain of the audit trail: entries get their place in it after they were committed, by one sealer at a time.

Chained in the transaction that writes it, an entry would hold up every other one until that commits, and whoever then
waits for an item that the holder of the chain wants, too, would wait for ever (docs/adr/0019).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from store.audit_digests import BEGINNING, link_of
from store.audit_tables import audit, audit_head
from store.ledger import Ledger

HEAD_ID = 1
_AT_ONCE = 1000

_SEAL = (
    update(audit)
    .where(audit.c.entry_id == bindparam("sealed_id"))
    .values(sequence=bindparam("place"), chain=bindparam("link"))
)


async def seal(ledger: Ledger, limit: int = _AT_ONCE) -> int:
    """Put entries that stand in no chain yet at its end, oldest first; return how many there were.

    Safe from any number of processes at once. Raises StoreUnavailable, Conflict.
    """
    async with ledger.read() as connection:
        if not await _unsealed(connection, 1):
            return 0
    async with ledger.begin() as connection:
        await ledger.alone(connection, "audit chain")
        waiting = await _unsealed(connection, limit)
        if not waiting:
            return 0
        sequence, link = await _head(connection)
        seals = []
        for row in waiting:
            sequence += 1
            link = link_of(link, sequence, row.entry_id, row.commitment)
            seals.append({"sealed_id": row.entry_id, "place": sequence, "link": link})
        await connection.execute(_SEAL, seals)
        await connection.execute(
            update(audit_head).where(audit_head.c.head_id == HEAD_ID).values(sequence=sequence, chain=link)
        )
    return len(seals)


async def chain_figures(ledger: Ledger) -> tuple[int, int]:
    """Return how many entries stand in the chain, and how many wait for their place."""
    async with ledger.read() as connection:
        sealed = (await connection.execute(select(audit_head.c.sequence))).scalar_one_or_none()
        waits = select(func.count()).select_from(audit).where(audit.c.sequence.is_(None))
        return int(sealed or 0), int((await connection.execute(waits)).scalar_one())


async def _unsealed(connection: AsyncConnection, limit: int) -> list[Any]:
    query = select(audit.c.entry_id, audit.c.commitment).where(audit.c.sequence.is_(None))
    return list((await connection.execute(query.order_by(audit.c.entry_id).limit(limit))).all())


async def _head(connection: AsyncConnection) -> tuple[int, str]:
    """Return where the chain ends; the first time its row is made."""
    row = (await connection.execute(select(audit_head))).one_or_none()
    if row is not None:
        return int(row.sequence), str(row.chain)
    await connection.execute(insert(audit_head).values(head_id=HEAD_ID, sequence=0, chain=BEGINNING))
    return 0, BEGINNING
