"""Which installation this ledger is: its byte folder carries the same mark."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import insert, select

from store.ledger import Ledger
from store.tables import installation


async def installation_id(ledger: Ledger) -> str:
    """Return the installation's id, made at first use."""
    async with ledger.begin() as connection:
        if not ledger.is_sqlite:
            await connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7163462)")
        present = (await connection.execute(select(installation.c.installation_id))).scalar_one_or_none()
        if present is not None:
            return str(present)
        made = str(uuid4())
        await connection.execute(insert(installation).values(installation_id=made))
        return made
