"""Which installation this ledger is: its byte folder carries the same mark."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import insert, select

from store.ledger import Ledger
from store.tables import deliveries, installation


async def installation_id(ledger: Ledger) -> str:
    """Return the installation's id, made at first use."""
    async with ledger.begin() as connection:
        await ledger.alone(connection, "installation")
        present = (await connection.execute(select(installation.c.installation_id))).scalar_one_or_none()
        if present is not None:
            return str(present)
        made = str(uuid4())
        await connection.execute(insert(installation).values(installation_id=made))
        return made


async def has_deliveries(ledger: Ledger) -> bool:
    """Say whether anything was ever kept."""
    async with ledger.read() as connection:
        return (await connection.execute(select(deliveries.c.delivery_id).limit(1))).one_or_none() is not None
