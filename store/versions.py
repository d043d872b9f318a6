"""Versions of the configuration, inside a transaction: which is in force, adding one, and what was due.

The highest number is in force. What was scheduled gets its number when it goes into force, from whoever first looks after
that moment: so numbers follow the order of going into force, and what was withdrawn leaves no gap.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.errors import Conflict
from store.audit import AuditEntry, write_audit
from store.draft_tables import drafts, publications
from store.ledger import Ledger, now
from store.tables import configurations


class Origin(StrEnum):
    """How a version came to be."""

    file = "file"
    """The document that the settings name."""
    draft = "draft"
    command = "command"
    """A document that was published on the command line."""
    roll_back = "roll_back"


class PublicationState(StrEnum):
    """What became of the wish to publish a draft."""

    requested = "requested"
    """A second person must approve."""
    scheduled = "scheduled"
    published = "published"
    withdrawn = "withdrawn"
    void = "void"
    """The draft changed after it was requested."""


class DraftState(StrEnum):
    """Where a draft stands."""

    open = "open"
    requested = "requested"
    scheduled = "scheduled"
    published = "published"


@dataclass(frozen=True)
class NewVersion:
    """A valid document on its way into force."""

    document: str
    by: str
    origin: Origin
    reason: str = ""
    approved_by: str | None = None
    about: dict[str, Any] | None = None
    """For the audit trail."""
    rolled_back_to: int | None = None
    """The version whose words it brings back."""


async def newest(connection: AsyncConnection) -> Any:
    """Return the row of the version in force, or None."""
    query = select(configurations).order_by(configurations.c.version.desc()).limit(1)
    return (await connection.execute(query)).one_or_none()


async def scheduled(connection: AsyncConnection) -> Any:
    """Return the publication that waits for its moment, or None. There is one at a time."""
    query = select(publications).where(publications.c.state == PublicationState.scheduled)
    return (await connection.execute(query.order_by(publications.c.at).limit(1))).one_or_none()


def digest_of(document: str) -> str:
    """Return by what a document is known."""
    return hashlib.sha256(document.encode()).hexdigest()


async def begin_publishing(ledger: Ledger, connection: AsyncConnection) -> Any:
    """Let nobody else publish until this transaction ends; return the version in force, what was due included, or None."""
    await ledger.alone(connection, "publish")
    await bring_into_force(connection)
    return await newest(connection)


async def add_version(connection: AsyncConnection, new: NewVersion, at: datetime | None = None) -> int:
    """Put a document in force; return its number. Only after `begin_publishing`. `at`: when it was due."""
    before = await newest(connection)
    version = before.version + 1 if before is not None else 1
    from_version = before.version if before is not None else None
    await connection.execute(
        insert(configurations).values(
            version=version,
            document=new.document,
            sha256=digest_of(new.document),
            published_at=at or now(),
            published_by=new.by,
            approved_by=new.approved_by,
            origin=new.origin,
            reason=new.reason,
            from_version=from_version,
            rolled_back_to=new.rolled_back_to,
        )
    )
    kind = "version.rolled_back" if new.origin is Origin.roll_back else "version.published"
    about = {"origin": str(new.origin), **(new.about or {})}
    if new.approved_by is not None:
        about["approved_by"] = new.approved_by
    if new.rolled_back_to is not None:
        about["rolled_back_to"] = new.rolled_back_to
    await write_audit(
        connection,
        AuditEntry(new.by, kind, f"version/{version}", new.reason, from_version, version, about),
    )
    return int(version)


async def bring_into_force(connection: AsyncConnection) -> None:
    """Number what was scheduled and is due. Only while nobody else publishes."""
    while (due := await scheduled(connection)) is not None and due.at <= now():
        version = await add_version(
            connection,
            NewVersion(
                document=due.document,
                by=due.requested_by,
                origin=Origin.draft,
                reason=due.reason,
                approved_by=due.approved_by,
                about={"draft_id": due.draft_id, "publication_id": due.publication_id},
            ),
            due.at,
        )
        await settle_publication(connection, due, PublicationState.published, DraftState.published, version)


async def settle_publication(
    connection: AsyncConnection, row: Any, state: PublicationState, draft_state: DraftState, version: int | None = None
) -> None:
    """Write down what became of a publication, and so of its draft."""
    await connection.execute(
        update(publications)
        .where(publications.c.publication_id == row.publication_id)
        .values(state=state, version=version)
    )
    await connection.execute(update(drafts).where(drafts.c.draft_id == row.draft_id).values(state=draft_state))


async def is_due(connection: AsyncConnection) -> tuple[int | None, bool]:
    """Return the number of the newest version, or None, and whether something scheduled is due."""
    due = select(func.min(publications.c.at)).where(publications.c.state == PublicationState.scheduled)
    query = select(func.max(configurations.c.version).label("version"), due.scalar_subquery().label("due"))
    row = (await connection.execute(query)).one()
    return row.version, row.due is not None and row.due <= now()


async def clear_schedule(connection: AsyncConnection, by: str, *, withdraws: bool) -> None:
    """Withdraw what is scheduled. Without `withdraws`, raises Conflict when something is: it would undo what comes now."""
    waiting = await scheduled(connection)
    if waiting is None:
        return
    if not withdraws:
        raise Conflict(
            f"the draft {waiting.draft_id} is scheduled for {waiting.at:%Y-%m-%dT%H:%M:%SZ} and was made from what is in"
            " force now: withdraw that publication first, or ask for it here"
        )
    await settle_publication(connection, waiting, PublicationState.withdrawn, DraftState.open)
    about = {"publication_id": waiting.publication_id}
    await write_audit(
        connection, AuditEntry(by, "publication.withdrawn", f"draft/{waiting.draft_id}", waiting.reason, about=about)
    )
