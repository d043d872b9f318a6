"""Erasing out of the audit trail: words and ids go, that something was done stays, and the chain still verifies."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import false, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.errors import BadRequest
from store.audit import AuditEntry, write_audit
from store.audit_digests import ERASABLE
from store.audit_tables import audit

ERASED = "audit.erased"
"""The kind of the entry that tells of an erasure. It is never erased itself: it tells which entries lack what."""

_AT_ONCE = 500
"""Entries that one entry of this kind names."""


async def erase_audit(
    connection: AsyncConnection,
    actor: str,
    reason: str = "",
    *,
    entry_ids: Sequence[int] = (),
    subject: str | None = None,
    fields: Sequence[str] = ("reason", "about"),
) -> int:
    """Erase fields of these entries, and of all about a subject, in the caller's transaction; return of how many.

    `fields`: among `actor`, `subject`, `reason` and `about`. An entry tells who erased what of which entries. Repeatable:
    what is erased already does not count. Raises BadRequest for another field.
    """
    if not set(fields) <= set(ERASABLE):
        raise BadRequest(f"what can be erased of an entry: {', '.join(ERASABLE)}")
    wanted = or_(audit.c.entry_id.in_(entry_ids), false() if subject is None else audit.c.subject == subject)
    is_there = or_(false(), *(audit.c[f"{name}_salt"].is_not(None) for name in fields))
    query = select(audit.c.entry_id).where(wanted, is_there, audit.c.kind != ERASED).order_by(audit.c.entry_id)
    found = list((await connection.execute(query.with_for_update())).scalars())
    gone = {column: null() for name in fields for column in (name, f"{name}_salt")}
    for start in range(0, len(found), _AT_ONCE):
        some = found[start : start + _AT_ONCE]
        await connection.execute(update(audit).where(audit.c.entry_id.in_(some)).values(gone))
        about = {"entries": some, "fields": list(fields)}
        await write_audit(connection, AuditEntry(actor, ERASED, "audit", reason, about=about))
    return len(found)
