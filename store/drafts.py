"""Drafts: documents that are worked on, valid or not, until one is published."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.configuration.load import configuration_of
from inbox.configuration.model import Configuration
from inbox.configuration.parts import Content
from inbox.configuration.rebase import rebased
from inbox.errors import Conflict, NotFound, PreconditionFailed
from store.audit import AuditEntry, write_audit
from store.configurations import version_content, version_in_force, version_row
from store.draft_tables import drafts, publications
from store.ledger import Ledger, now
from store.versions import DraftState, PublicationState, is_due, settle_publication

Holds = Callable[[int], bool]
"""Says whether the caller is willing to act on a draft of this version (If-Match)."""


@dataclass(frozen=True)
class Draft:
    """A draft as it stands."""

    draft_id: str
    title: str
    version: int
    """Counts its changes."""
    from_version: int | None
    """The version in force that it changes."""
    state: DraftState
    made_at: datetime
    made_by: str
    changed_at: datetime
    changed_by: str
    content: Content


async def make_draft(
    ledger: Ledger, by: str, *, content: Content | None = None, from_version: int | None = None, title: str = ""
) -> Draft:
    """Make a draft and return it: of a document, else of a published version, else of the one in force.

    A draft of an older version changes what is in force now all the same; a document changes the version that it says it
    was made from, so that what was published since is not undone unseen. Raises NotFound.
    """
    changes = await _in_force(ledger)
    if content is None:
        content = await version_content(ledger, from_version or changes or 0)
    elif from_version is not None:
        changes = (await version_row(ledger, from_version)).version
    draft_id = str(uuid4())
    async with ledger.begin() as connection:
        moment = now()
        await connection.execute(
            insert(drafts).values(
                draft_id=draft_id,
                title=title,
                version=1,
                from_version=changes,
                content=json.dumps(content, ensure_ascii=False),
                state=DraftState.open,
                made_at=moment,
                made_by=by,
                changed_at=moment,
                changed_by=by,
            )
        )
        about = {} if from_version is None else {"document_of_version": from_version}
        await write_audit(
            connection, AuditEntry(by, "draft.made", f"draft/{draft_id}", from_version=changes, about=about)
        )
    return await read_draft(ledger, draft_id)


async def read_draft(ledger: Ledger, draft_id: str) -> Draft:
    """Return a draft. Raises NotFound."""
    async with ledger.read() as connection:
        return _draft(await draft_row(connection, draft_id))


async def list_drafts(ledger: Ledger) -> list[Any]:
    """Return all drafts without their content, those that changed last first."""
    columns = [column for column in drafts.c if column.name != "content"]
    async with ledger.read() as connection:
        query = select(*columns).order_by(drafts.c.changed_at.desc(), drafts.c.draft_id)
        return list((await connection.execute(query)).all())


async def change_draft(
    ledger: Ledger, draft_id: str, by: str, holds: Holds, edit: Callable[[Content], Content], what: str
) -> Draft:
    """Edit a draft's content and return it. `what`: the part, for the audit trail, `rules/lantaarn`.

    A publication that was requested is void by it. Raises NotFound, PreconditionFailed, Conflict when the draft is
    scheduled or published, and what `edit` raises: then nothing is changed.
    """
    async with ledger.begin() as connection:
        row = await open_draft(connection, draft_id, holds)
        content = edit(json.loads(row.content))
        await _void(connection, row, by)
        await _write(connection, row, by, content, row.from_version)
        audited = AuditEntry(
            by, "draft.changed", f"draft/{draft_id}", about={"what": what, "draft_version": row.version + 1}
        )
        await write_audit(connection, audited)
        return _draft(await draft_row(connection, draft_id))


async def delete_draft(ledger: Ledger, draft_id: str, by: str, holds: Holds) -> None:
    """Delete a draft; what was published of it stays. Raises NotFound, PreconditionFailed, Conflict when it is scheduled."""
    async with ledger.begin() as connection:
        row = await draft_row(connection, draft_id, locks=True)
        require_held(row, holds)
        if row.state == DraftState.scheduled:
            raise Conflict("this draft is scheduled: withdraw its publication first")
        await _void(connection, row, by)
        await connection.execute(delete(drafts).where(drafts.c.draft_id == draft_id))
        await write_audit(connection, AuditEntry(by, "draft.deleted", f"draft/{draft_id}"))


async def rebase_draft(ledger: Ledger, draft_id: str, by: str, holds: Holds, *, keeps_own: bool) -> Draft:
    """Take over what was published since the draft was begun, and return it.

    Where both changed the same part in other ways the draft's own stands with `keeps_own`; else raises Conflict, which
    names each, and nothing is changed. Raises NotFound, PreconditionFailed.
    """
    in_force = await version_in_force(ledger)
    published = await version_content(ledger, in_force)
    seen = await read_draft(ledger, draft_id)
    base = await version_content(ledger, seen.from_version) if seen.from_version is not None else {}
    content, torn = await asyncio.to_thread(rebased, base, seen.content, published)
    if torn and not keeps_own:
        names = ", ".join(
            f"{part} {key}".strip() if key else (part if part != "rules" else "the order of rules")
            for part, key in torn
        )
        raise Conflict(f"version {in_force} and this draft changed the same in other ways: {names}")
    async with ledger.begin() as connection:
        row = await open_draft(connection, draft_id, lambda version: version == seen.version and holds(version))
        await _void(connection, row, by)
        await _write(connection, row, by, content, in_force)
        about = {"what": "rebased", "draft_version": row.version + 1}
        await write_audit(
            connection, AuditEntry(by, "draft.changed", f"draft/{draft_id}", from_version=in_force, about=about)
        )
        return _draft(await draft_row(connection, draft_id))


async def draft_document(ledger: Ledger, draft_id: str) -> Configuration:
    """Return what a draft says, checked. Raises NotFound, ConfigurationInvalid with the place of each fault."""
    draft = await read_draft(ledger, draft_id)
    return await asyncio.to_thread(configuration_of, draft.content)


async def draft_row(connection: AsyncConnection, draft_id: str, *, locks: bool = False) -> Any:
    """Return a draft's row; `locks`: nobody else changes it until the transaction ends. Raises NotFound."""
    query = select(drafts).where(drafts.c.draft_id == draft_id)
    row = (await connection.execute(query.with_for_update() if locks else query)).one_or_none()
    if row is None:
        raise NotFound(f"there is no draft {draft_id}")
    return row


async def open_draft(connection: AsyncConnection, draft_id: str, holds: Holds) -> Any:
    """Return the row of a draft that may be changed now, locked. Raises NotFound, PreconditionFailed, Conflict."""
    row = await draft_row(connection, draft_id, locks=True)
    require_held(row, holds)
    if row.state == DraftState.scheduled:
        raise Conflict("this draft is scheduled: withdraw its publication before you change it")
    if row.state == DraftState.published:
        raise Conflict("this draft was published: make a new one")
    return row


def require_held(row: Any, holds: Holds) -> None:
    """Raise PreconditionFailed when the caller saw another version of the draft."""
    if not holds(row.version):
        raise PreconditionFailed(f"the draft is at version {row.version}: read it again and decide again")


async def _write(connection: AsyncConnection, row: Any, by: str, content: Content, from_version: int | None) -> None:
    await connection.execute(
        update(drafts)
        .where(drafts.c.draft_id == row.draft_id)
        .values(
            content=json.dumps(content, ensure_ascii=False),
            version=row.version + 1,
            from_version=from_version,
            state=DraftState.open,
            changed_at=now(),
            changed_by=by,
        )
    )


async def _void(connection: AsyncConnection, row: Any, by: str) -> None:
    """A second person approves what was requested, and nothing else."""
    query = select(publications).where(
        publications.c.draft_id == row.draft_id, publications.c.state == PublicationState.requested
    )
    for requested in (await connection.execute(query)).all():
        await settle_publication(connection, requested, PublicationState.void, DraftState.open)
        about = {"publication_id": requested.publication_id}
        await write_audit(connection, AuditEntry(by, "publication.voided", f"draft/{row.draft_id}", about=about))


async def _in_force(ledger: Ledger) -> int | None:
    async with ledger.read() as connection:
        version, due = await is_due(connection)
    return await version_in_force(ledger) if due else version


def _draft(row: Any) -> Draft:
    return Draft(
        draft_id=row.draft_id,
        title=row.title,
        version=row.version,
        from_version=row.from_version,
        state=DraftState(row.state),
        made_at=row.made_at,
        made_by=row.made_by,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
        content=json.loads(row.content),
    )
