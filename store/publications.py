"""Publishing a draft: now or at a moment, by one person or with a second one's approval."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.configuration.load import configuration_of, document_of
from inbox.errors import BadRequest, Conflict, NotAllowed, NotFound
from store.audit import AuditEntry, write_audit
from store.configurations import require_expected
from store.draft_tables import drafts, publications
from store.drafts import Holds, draft_row, open_draft, read_draft, require_held
from store.ledger import Ledger, now
from store.versions import (
    DraftState,
    NewVersion,
    Origin,
    PublicationState,
    add_version,
    begin_publishing,
    clear_schedule,
    digest_of,
    settle_publication,
)


@dataclass(frozen=True)
class Wish:
    """How a draft is to be published."""

    reason: str
    at: datetime | None = None
    """When it goes into force; None: now."""
    expected_version: int | None = None
    """Which version is in force, as the caller knows it. None: the one that the draft was made from."""
    withdraws_scheduled: bool = False
    """Whether something else that is scheduled makes way."""


async def request_publication(
    ledger: Ledger, draft_id: str, by: str, wish: Wish, holds: Holds, *, needs_second: bool
) -> Any:
    """Publish or schedule a draft, or ask a second person to approve that; return the publication's row.

    Raises NotFound, PreconditionFailed, ConfigurationInvalid with the place of each fault, BadRequest for a moment that
    has passed, and Conflict when another version is in force than the draft was made from, when the draft says what is in
    force already, or when something else is scheduled.
    """
    _require_future(wish.at)
    seen = await read_draft(ledger, draft_id)
    document = await asyncio.to_thread(_document, seen.content)
    async with ledger.begin() as connection:
        in_force = await begin_publishing(ledger, connection)
        row = await open_draft(connection, draft_id, lambda version: holds(version) and version == seen.version)
        if row.state == DraftState.requested:
            raise Conflict("this draft waits for a second person already: withdraw that request first")
        _require_base(row, in_force, wish.expected_version)
        if in_force is not None and in_force.sha256 == digest_of(document):
            raise Conflict(f"the draft says the same as version {in_force.version}, which is in force")
        requested = await _add(connection, row, document, by, wish)
        if needs_second:
            await _set(connection, requested, DraftState.requested, by, "publication.requested")
        else:
            await clear_schedule(connection, by, withdraws=wish.withdraws_scheduled)
            await _carry_out(connection, requested, by)
        return await _row(connection, requested.publication_id)


async def approve_publication(
    ledger: Ledger,
    draft_id: str,
    by: str,
    holds: Holds,
    reason: str = "",
    *,
    publication_id: str | None = None,
    withdraws_scheduled: bool = False,
) -> Any:
    """Publish or schedule what another person requested; return the publication's row.

    `publication_id`: of the request that was looked at. Raises NotFound, PreconditionFailed, NotAllowed for whoever
    requested it, Conflict when nothing is requested, another request waits than the one that was looked at, another version is in force meanwhile, or its moment has passed.
    """
    async with ledger.begin() as connection:
        in_force = await begin_publishing(ledger, connection)
        draft = await draft_row(connection, draft_id, locks=True)
        require_held(draft, holds)
        row = await _newest(connection, draft_id)
        if row is None or row.state != PublicationState.requested:
            raise Conflict("no publication of this draft waits for a second person")
        if publication_id not in (None, row.publication_id):
            raise Conflict("another request waits than the one that was looked at: look at the publication again")
        if by.casefold() == row.requested_by.casefold():
            raise NotAllowed("whoever requested the publication cannot be the second person")
        _require_base(draft, in_force, row.from_version)
        if row.at is not None and row.at <= now():
            raise Conflict(
                "the moment at which it was to go into force has passed: withdraw the request and make another"
            )
        await connection.execute(
            update(publications)
            .where(publications.c.publication_id == row.publication_id)
            .values(approved_by=by, approved_at=now())
        )
        await clear_schedule(connection, by, withdraws=withdraws_scheduled)
        approved = await _row(connection, row.publication_id)
        await _audit(connection, approved, by, "publication.approved", reason)
        await _carry_out(connection, approved, by)
        return await _row(connection, row.publication_id)


async def withdraw_publication(ledger: Ledger, draft_id: str, by: str) -> None:
    """Take back what is requested or scheduled; the draft can be changed again. Raises NotFound, Conflict."""
    async with ledger.begin() as connection:
        await begin_publishing(ledger, connection)
        await draft_row(connection, draft_id, locks=True)
        row = await _newest(connection, draft_id)
        if row is None or row.state not in (PublicationState.requested, PublicationState.scheduled):
            raise Conflict("no publication of this draft is requested or scheduled")
        await settle_publication(connection, row, PublicationState.withdrawn, DraftState.open)
        await _audit(connection, row, by, "publication.withdrawn")


async def publication_of(ledger: Ledger, draft_id: str) -> Any:
    """Return the row of a draft's newest publication. Raises NotFound."""
    async with ledger.read() as connection:
        await draft_row(connection, draft_id)
        row = await _newest(connection, draft_id)
    if row is None:
        raise NotFound("nobody asked yet to publish this draft")
    return row


def _document(content: Any) -> str:
    return document_of(configuration_of(content))


def _require_future(at: datetime | None) -> None:
    if at is not None and at <= now():
        raise BadRequest("`at` has passed: leave it out to publish now")


def _require_base(draft: Any, in_force: Any, expected: int | None) -> None:
    """What was published since the draft was begun must not be undone unseen."""
    require_expected(in_force, expected)
    number = in_force.version if in_force is not None else None
    if draft.from_version != number:
        raise Conflict(
            f"version {number} is in force, and the draft was made from {draft.from_version}: rebase the draft first"
        )


async def _add(connection: AsyncConnection, draft: Any, document: str, by: str, wish: Wish) -> Any:
    publication_id = str(uuid4())
    await connection.execute(
        insert(publications).values(
            publication_id=publication_id,
            draft_id=draft.draft_id,
            draft_version=draft.version,
            document=document,
            from_version=draft.from_version,
            state=PublicationState.requested,
            reason=wish.reason,
            at=wish.at,
            requested_at=now(),
            requested_by=by,
        )
    )
    return await _row(connection, publication_id)


async def _carry_out(connection: AsyncConnection, row: Any, by: str) -> None:
    if row.at is not None:
        await connection.execute(
            update(publications)
            .where(publications.c.publication_id == row.publication_id)
            .values(state=PublicationState.scheduled)
        )
        await _set(connection, row, DraftState.scheduled, by, "version.scheduled")
        return
    about = {"draft_id": row.draft_id, "publication_id": row.publication_id}
    new = NewVersion(row.document, row.requested_by, Origin.draft, row.reason, row.approved_by, about)
    version = await add_version(connection, new)
    await settle_publication(connection, row, PublicationState.published, DraftState.published, version)


async def _set(connection: AsyncConnection, row: Any, state: DraftState, by: str, kind: str) -> None:
    await connection.execute(update(drafts).where(drafts.c.draft_id == row.draft_id).values(state=state))
    await _audit(connection, row, by, kind)


async def _audit(connection: AsyncConnection, row: Any, by: str, kind: str, reason: str | None = None) -> None:
    why = row.reason if reason is None else reason
    about: dict[str, Any] = {"publication_id": row.publication_id, "draft_version": row.draft_version}
    if row.at is not None:
        about["at"] = row.at.isoformat()
    entry = AuditEntry(by, kind, f"draft/{row.draft_id}", why, from_version=row.from_version, about=about)
    await write_audit(connection, entry)


async def _newest(connection: AsyncConnection, draft_id: str) -> Any:
    query = select(publications).where(publications.c.draft_id == draft_id)
    return (await connection.execute(query.order_by(publications.c.requested_at.desc()).limit(1))).one_or_none()


async def _row(connection: AsyncConnection, publication_id: str) -> Any:
    return (await connection.execute(select(publications).where(publications.c.publication_id == publication_id))).one()
