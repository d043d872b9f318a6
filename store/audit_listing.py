"""The audit trail, read: by filters and pages, and along its chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, select

from inbox.audited import AuditedEntry
from store.audit_tables import audit
from store.ledger import Ledger


@dataclass(frozen=True)
class AuditFilter:
    """Which entries; None does not ask."""

    actor: str | None = None
    kind: str | None = None
    """`item.seen`, or `item` for all of `item.…`."""
    subject: str | None = None
    """`draft/<id>`, or `draft` for all of `draft/…`."""
    item_id: str | None = None
    """About this item, also where it is one of many that were listed."""
    at_from: datetime | None = None
    at_before: datetime | None = None


async def list_audit(ledger: Ledger, asked: AuditFilter, limit: int, before: int | None = None) -> Sequence[Any]:
    """Return at most `limit` entries' rows, newest first. `before`: entries with a lower `entry_id` than this one."""
    query = select(audit).where(*_conditions(asked))
    if before is not None:
        query = query.where(audit.c.entry_id < before)
    async with ledger.read() as connection:
        return (await connection.execute(query.order_by(audit.c.entry_id.desc()).limit(limit))).all()


async def chained(ledger: Ledger, after: int, limit: int, asked: AuditFilter | None = None) -> Sequence[Any]:
    """Return at most `limit` entries' rows in the chain's order. `after`: the place of the last one before them."""
    query = select(audit).where(audit.c.sequence > after, *_conditions(asked or AuditFilter()))
    async with ledger.read() as connection:
        return (await connection.execute(query.order_by(audit.c.sequence).limit(limit))).all()


def audited(row: Any) -> AuditedEntry:
    """Return what leaves the house of an entry in the chain."""
    return AuditedEntry(
        sequence=row.sequence,
        at=row.at,
        actor=row.actor,
        kind=row.kind,
        subject=row.subject,
        from_version=row.from_version,
        to_version=row.to_version,
        about=row.about,
        chain=row.chain,
    )


def _conditions(asked: AuditFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if asked.actor is not None:
        conditions.append(audit.c.actor == asked.actor)
    if asked.kind is not None:
        conditions.append((audit.c.kind == asked.kind) | audit.c.kind.startswith(f"{asked.kind}.", autoescape=True))
    if asked.subject is not None:
        below = audit.c.subject.startswith(f"{asked.subject}/", autoescape=True)
        conditions.append((audit.c.subject == asked.subject) | below)
    if asked.item_id is not None:
        # Lists name their items among much else: only whoever asks for one pays for looking.
        named = cast(audit.c.about, Text).contains(f'"{asked.item_id}"', autoescape=True)
        conditions.append((audit.c.subject == f"item/{asked.item_id}") | named)
    if asked.at_from is not None:
        conditions.append(audit.c.at >= asked.at_from)
    if asked.at_before is not None:
        conditions.append(audit.c.at < asked.at_before)
    return conditions
