"""The audit trail: who changed what, and who looked at whose data. Written in the transaction that did it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from store.audit_tables import audit
from store.ledger import now


@dataclass(frozen=True)
class AuditEntry:
    """One thing that somebody did."""

    actor: str
    """A key's name, or who signed in; `gateway` for what no person did."""
    kind: str
    """What was done, in two words: `draft.made`, `version.published`, `item.seen`."""
    subject: str
    """To what: `draft/<id>`, `version/<number>`, `item/<id>`, `source/<id>`; an id, no word of anybody."""
    reason: str = ""
    """Why, in the actor's words."""
    from_version: int | None = None
    to_version: int | None = None
    about: dict[str, Any] = field(default_factory=dict)
    """Ids, codes and counts."""


async def write_audit(connection: AsyncConnection, entry: AuditEntry) -> None:
    """Add an entry, in the caller's transaction: what is not audited did not happen."""
    await connection.execute(
        insert(audit).values(
            at=now(),
            actor=entry.actor,
            kind=entry.kind,
            subject=entry.subject,
            reason=entry.reason,
            from_version=entry.from_version,
            to_version=entry.to_version,
            about=entry.about,
        )
    )
