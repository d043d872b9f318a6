"""Call logs: which ones wait, how far each is, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from inbox.calls.register import CallLogState
from inbox.errors import Conflict, GatewayError, NotFound
from store.audit import AuditEntry, write_audit
from store.call_tables import call_bad_rows, call_legs, call_logs
from store.ledger import Ledger, now

_IS_OPEN = call_logs.c.finished_at.is_(None)


async def log_row(ledger: Ledger, delivery_id: str) -> Any:
    """Return the log's row. Raises NotFound."""
    async with ledger.read() as connection:
        query = select(call_logs).where(call_logs.c.delivery_id == delivery_id)
        row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound(f"there is no call log {delivery_id}")
    return row


async def waiting_logs(ledger: Ledger, source_id: str) -> Sequence[str]:
    """Return the ids of the source's logs that are not done yet, those kept first first."""
    query = (
        select(call_logs.c.delivery_id)
        .where(call_logs.c.source_id == source_id, _IS_OPEN)
        .order_by(call_logs.c.kept_at, call_logs.c.delivery_id)
    )
    async with ledger.read() as connection:
        return (await connection.execute(query)).scalars().all()


async def is_half_imported(ledger: Ledger, source_id: str) -> bool:
    """Say whether only a part of some log of the source is in the register: a call may lack legs that are at hand."""
    query = select(call_logs.c.delivery_id).where(
        call_logs.c.source_id == source_id, _IS_OPEN, call_logs.c.rows_done > 0
    )
    async with ledger.read() as connection:
        return (await connection.execute(query.limit(1))).first() is not None


async def begin_import(ledger: Ledger, delivery_id: str, *, allowed: int, may_live: timedelta) -> Any:
    """Count one more beginning, durably, before the first byte is looked at; return the row, None when it is done.

    Each batch of rows that gets into the register sets the count back (`register_rows`). After `allowed` beginnings that
    got no further the row comes with a larger count, once the last of them cannot live any more (`may_live`); until then
    it is left to them: None.
    """
    log = call_logs.c
    moment = now()
    async with ledger.begin() as connection:
        begun = await connection.execute(
            update(call_logs)
            .where(
                log.delivery_id == delivery_id,
                _IS_OPEN,
                # A moment far ahead of us is from before the clock was set back; one that is hardly ahead is of another
                # importer, which looked at its clock after us and wrote before us.
                or_(log.imports_begun < allowed, log.begun_at < moment - may_live, log.begun_at > moment + may_live),
            )
            .values(imports_begun=log.imports_begun + 1, begun_at=moment)
            .returning(call_logs)
        )
        return begun.one_or_none()


async def forget_import(ledger: Ledger, delivery_id: str) -> None:
    """Take back the last beginning: it was broken off from outside."""
    async with ledger.begin() as connection:
        await connection.execute(
            update(call_logs)
            .where(call_logs.c.delivery_id == delivery_id, call_logs.c.imports_begun > 0)
            .values(imports_begun=call_logs.c.imports_begun - 1)
        )


async def note_format(ledger: Ledger, log: Any, name: str) -> Any:
    """Write down in which format it is read, before its first row is; return the row. Raises Conflict."""
    return await _change(ledger, log, format=name)


async def finish_import(ledger: Ledger, log: Any, remark: GatewayError | None) -> None:
    """Write that all its rows are in the register. `remark`: what is to be said about it. Raises Conflict."""
    await _change(
        ledger,
        log,
        state=str(CallLogState.imported),
        imports_begun=0,
        code=remark.code if remark else None,
        detail=remark.detail if remark else None,
        finished_at=now(),
    )


async def set_log_aside(ledger: Ledger, delivery_id: str, error: GatewayError) -> None:
    """End a log of which nothing more can be made; its bytes, and the rows that are in the register, stay."""
    async with ledger.begin() as connection:
        await connection.execute(
            update(call_logs)
            .where(call_logs.c.delivery_id == delivery_id, _IS_OPEN)
            .values(
                state=str(CallLogState.set_aside),
                code=error.code,
                detail=error.detail,
                finished_at=now(),
                version=call_logs.c.version + 1,
            )
        )


async def import_again(ledger: Ledger, delivery_id: str, actor: str) -> Any:
    """Let a log be read again from its first row, in whatever format it is then found to be; return its row.

    `actor`: who asks for it. Legs that it brought stay, and count in `legs_before`; what the register lost of them comes
    back. Raises NotFound, and Conflict while it waits anyway.
    """
    brought = select(func.count()).select_from(call_legs).where(call_legs.c.delivery_id == delivery_id)
    async with ledger.begin() as connection:
        begun = await connection.execute(
            update(call_logs)
            .where(call_logs.c.delivery_id == delivery_id, ~_IS_OPEN)
            .values(
                state=str(CallLogState.waiting),
                format=None,
                imports_begun=0,
                begun_at=None,
                rows_done=0,
                legs_before=brought.scalar_subquery(),
                legs_new=0,
                legs_again=0,
                bad_rows=0,
                code=None,
                detail=None,
                finished_at=None,
                again_by=actor,
                version=call_logs.c.version + 1,
            )
            .returning(call_logs)
        )
        row = begun.one_or_none()
        if row is not None:
            await connection.execute(delete(call_bad_rows).where(call_bad_rows.c.delivery_id == delivery_id))
            await write_audit(connection, AuditEntry(actor, "call-log.retried", f"call-log/{delivery_id}"))
            return row
    await log_row(ledger, delivery_id)
    raise Conflict("this call log waits to be imported: it needs no retry")


async def _change(ledger: Ledger, log: Any, **values: Any) -> Any:
    async with ledger.begin() as connection:
        changed = await connection.execute(
            update(call_logs)
            .where(*is_as_seen(log))
            .values(**values, version=call_logs.c.version + 1)
            .returning(call_logs)
        )
        row = changed.one_or_none()
    if row is None:
        raise Conflict(f"call log {log.delivery_id} is imported by another worker, too")
    return row


def is_as_seen(log: Any) -> tuple[ColumnElement[bool], ...]:
    """Return what is asked of a log's row so that nobody else changed it since it was read."""
    return call_logs.c.delivery_id == log.delivery_id, call_logs.c.version == log.version, _IS_OPEN
