"""Tries in the audit trail: who reached for which machine by way of this one."""

from __future__ import annotations

from store.audit import AuditEntry, write_audit
from store.keys import Caller
from workflows.parts import Parts


async def record_try(parts: Parts, caller: Caller, kind: str, subject: str, place: str) -> None:
    """Write down that the caller is about to reach `place`, before anything is reached: however it ends, it is known."""
    async with parts.ledger.begin() as connection:
        await write_audit(connection, AuditEntry(caller.name, kind, subject, about={"place": place}))
