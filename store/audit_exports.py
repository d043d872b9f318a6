"""How far a receiver outside has the audit trail: one process at a time sends, and each knows where to go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from store.audit_digests import BEGINNING
from store.audit_tables import audit, audit_exports, audit_head
from store.ledger import Ledger, now


@dataclass(frozen=True)
class ExportFigures:
    """How far a receiver is behind."""

    waiting: int
    """Entries in the chain that it was not sent."""
    oldest_at: datetime | None
    """When the oldest of them was written."""


async def hold_export(ledger: Ledger, receiver: str, holder: str, lasts: timedelta) -> int | None:
    """Become or stay the one who sends, for so long; return the place of the entry sent last, or None when another one
    sends.
    """
    moment = now()
    async with ledger.begin() as connection:
        dialect: Any = sqlite if ledger.is_sqlite else postgresql
        made = dialect.insert(audit_exports).values(receiver=receiver, sequence=0, chain=BEGINNING)
        await connection.execute(made.on_conflict_do_nothing())
        is_free = audit_exports.c.held_until.is_(None) | (audit_exports.c.held_until < moment)
        held = await connection.execute(
            update(audit_exports)
            .where(audit_exports.c.receiver == receiver, is_free | (audit_exports.c.holder == holder))
            .values(holder=holder, held_until=moment + lasts)
            .returning(audit_exports.c.sequence)
        )
        sequence = held.scalar_one_or_none()
        return None if sequence is None else int(sequence)


async def let_go(ledger: Ledger, receiver: str, holder: str) -> None:
    """Let another process send at once."""
    async with ledger.begin() as connection:
        await connection.execute(_of(receiver, holder).values(holder=None, held_until=None))


async def note_sent(ledger: Ledger, receiver: str, holder: str, row: Any, lasts: timedelta) -> bool:
    """Write down that everything up to this entry was sent; return False when another one sends meanwhile."""
    moment = now()
    async with ledger.begin() as connection:
        noted = await connection.execute(
            _of(receiver, holder).values(
                sequence=row.sequence, chain=row.chain, sent_at=moment, held_until=moment + lasts
            )
        )
        return noted.rowcount == 1


async def export_figures(ledger: Ledger, receiver: str) -> ExportFigures:
    """Return how far the receiver is behind the chain."""
    async with ledger.read() as connection:
        sealed = await _sequence(connection, select(audit_head.c.sequence))
        sent = await _sequence(connection, select(audit_exports.c.sequence).where(audit_exports.c.receiver == receiver))
        if sealed <= sent:
            return ExportFigures(0, None)
        oldest = (await connection.execute(select(audit.c.at).where(audit.c.sequence == sent + 1))).scalar_one_or_none()
        return ExportFigures(sealed - sent, oldest)


def _of(receiver: str, holder: str) -> Any:
    return update(audit_exports).where(audit_exports.c.receiver == receiver, audit_exports.c.holder == holder)


async def _sequence(connection: AsyncConnection, query: Any) -> int:
    return int((await connection.execute(query)).scalar_one_or_none() or 0)
