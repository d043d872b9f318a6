"""The audit trail: who changed what, and who looked at whose data. Written in the transaction that did it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from store.audit_digests import ERASABLE, commitment_of, field_digest, new_salts
from store.audit_tables import audit
from store.ledger import now
from store.storable import storable, storable_json

COMMAND_LINE = "command line"
"""The actor of what somebody does on the host itself."""

_LONGEST_NAME = 200


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
    """Add an entry, in the caller's transaction: what is not audited did not happen.

    It holds nobody up and waits for nobody: its place in the chain it gets afterwards (store/audit_chain.py).
    """
    await connection.execute(insert(audit).values(row_of(entry)))


def row_of(entry: AuditEntry) -> dict[str, Any]:
    """Return the entry's columns: as every engine can hold them, with salts and digests."""
    row: dict[str, Any] = {
        "at": now(),
        "actor": storable(entry.actor)[:_LONGEST_NAME],
        "kind": entry.kind,
        "subject": storable(entry.subject)[:_LONGEST_NAME],
        "reason": storable(entry.reason),
        "from_version": entry.from_version,
        "to_version": entry.to_version,
        # What comes back out of the column is what the digest is of.
        "about": json.loads(storable_json(entry.about)),
    }
    salts = new_salts()
    row |= {f"{name}_salt": salt for name, salt in salts.items()}
    row["digests"] = " ".join(field_digest(name, row[name], salts[name]) for name in ERASABLE)
    row["commitment"] = commitment_of(row)
    return row
