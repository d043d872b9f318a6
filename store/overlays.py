"""Emergency overlays: begun in one transaction, in force until their end whoever runs, cleared away afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.configuration.overlay import LASTS_AT_MOST, Overlay, Running
from inbox.errors import BadRequest, NotFound
from store.audit import AuditEntry, write_audit
from store.events import GATEWAY, record
from store.flag_tables import overlays
from store.ledger import Ledger, now
from store.tables import items, notices

RESUMED = "overlay_over"
"""Why an item is driven again, and the event's kind: the acknowledgement that was paused is told now."""


@dataclass(frozen=True)
class Beginning:
    """An overlay that is to begin. It was checked against the configuration of this version."""

    overlay: Overlay
    reason: str
    ends_at: datetime
    version: int


async def begin_overlay(ledger: Ledger, wanted: Beginning, actor: str) -> str:
    """Put the overlay in force for everything that is decided from now on; return its id. Raises BadRequest when its end
    is not within the next fourteen days.
    """
    overlay_id, moment = str(uuid4()), now()
    if not moment < wanted.ends_at <= moment + LASTS_AT_MOST:
        raise BadRequest(f"`endsAt` must lie within the next {LASTS_AT_MOST.days} days")
    async with ledger.begin() as connection:
        await connection.execute(
            insert(overlays).values(
                overlay_id=overlay_id,
                document=wanted.overlay.model_dump(mode="json", by_alias=True, exclude_unset=True),
                reason=wanted.reason,
                version=wanted.version,
                begun_at=moment,
                begun_by=actor,
                ends_at=wanted.ends_at,
            )
        )
        about = {"ends_at": wanted.ends_at.isoformat(), "version": wanted.version}
        await write_audit(
            connection, AuditEntry(actor, "overlay.begun", f"overlay/{overlay_id}", wanted.reason, about=about)
        )
    return overlay_id


async def end_overlay(ledger: Ledger, overlay_id: str, actor: str) -> None:
    """End it now; one that is over already stays as it is. Raises NotFound."""
    async with ledger.begin() as connection:
        moment = now()
        ended = await connection.execute(
            update(overlays)
            .where(overlays.c.overlay_id == overlay_id, *_in_force(moment))
            .values(ended_at=moment, ended_by=actor)
        )
        if ended.rowcount == 1:
            await write_audit(connection, AuditEntry(actor, "overlay.ended", f"overlay/{overlay_id}"))
        elif (await connection.execute(_told().where(overlays.c.overlay_id == overlay_id))).one_or_none() is None:
            raise NotFound("there is no such overlay")


async def find_overlay(ledger: Ledger, overlay_id: str) -> Any:
    """Return the overlay's row with `paused`: how many acknowledgements wait for its end. Raises NotFound."""
    async with ledger.read() as connection:
        row = (await connection.execute(_told().where(overlays.c.overlay_id == overlay_id))).one_or_none()
    if row is None:
        raise NotFound("there is no such overlay")
    return row


async def list_overlays(ledger: Ledger, *, running_only: bool, limit: int) -> Sequence[Any]:
    """Return at most `limit` overlays' rows, the newest first; each with `paused`."""
    query = _told().where(*(_in_force(now()) if running_only else ()))
    async with ledger.read() as connection:
        found: Sequence[Any] = (
            await connection.execute(query.order_by(overlays.c.overlay_no.desc()).limit(limit))
        ).all()
        return found


def is_running(row: Any) -> bool:
    """Say whether the overlay of this row is in force."""
    return row.ended_at is None and row.ends_at > now()


def running_mark() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Return two subqueries, a number and a count, that change together with what is in force: for whoever asks often.

    One that ends lowers the count, and one that begins has a higher number than all before.
    """
    where = _in_force(now())
    return (
        select(func.max(overlays.c.overlay_no)).where(*where).scalar_subquery(),
        select(func.count()).select_from(overlays).where(*where).scalar_subquery(),
    )


async def running_overlays(connection: AsyncConnection) -> tuple[Running, ...]:
    """Return the overlays in force, the newest first."""
    return await _running(connection, *_in_force(now()))


async def overlays_at(connection: AsyncConnection, moment: datetime) -> tuple[Running, ...]:
    """Return the overlays that were in force at a moment that has passed, the newest first."""
    is_open = overlays.c.ended_at.is_(None) | (overlays.c.ended_at > moment)
    return await _running(connection, overlays.c.begun_at <= moment, overlays.c.ends_at > moment, is_open)


async def _running(connection: AsyncConnection, *where: ColumnElement[bool]) -> tuple[Running, ...]:
    rows = await connection.execute(select(overlays).where(*where).order_by(overlays.c.overlay_no.desc()))
    return tuple(Running(row.overlay_id, row.ends_at, Overlay.model_validate(row.document)) for row in rows)


async def overlays_to_clear(ledger: Ledger) -> Sequence[str]:
    """Return the ids of overlays that are over, and whose paused acknowledgements may still wait."""
    moment = now()
    is_over = overlays.c.ended_at.is_not(None) | (overlays.c.ends_at <= moment)
    # A launch that was under way commits what it paused after the overlay was cleared: that is found as well.
    query = select(overlays.c.overlay_id).where(is_over, overlays.c.cleared_at.is_(None) | _something_waits())
    async with ledger.read() as connection:
        return (await connection.execute(query.order_by(overlays.c.overlay_no))).scalars().all()


async def resume_paused(ledger: Ledger, overlay_id: str, limit: int) -> int:
    """Let at most `limit` items whose acknowledgement this overlay paused go on; return how many. One transaction."""
    query = (
        select(notices.c.notice_id, notices.c.item_id)
        .where(notices.c.paused_by == overlay_id, notices.c.resumed_at.is_(None))
        .order_by(notices.c.made_at)
        .limit(limit)
    )
    async with ledger.begin() as connection:
        await ledger.alone(connection, f"resume {overlay_id}")
        rows = (await connection.execute(query)).all()
        for row in sorted(rows, key=lambda row: row.item_id):
            # The item before its notices, as everybody locks them; its wish goes along, or nobody would look.
            await connection.execute(
                update(items)
                .where(items.c.item_id == row.item_id)
                .values(drive_wanted=RESUMED, version=items.c.version + 1)
            )
            await connection.execute(
                update(notices).where(notices.c.notice_id == row.notice_id).values(resumed_at=now())
            )
            await record(connection, row.item_id, RESUMED, about={"overlays": [overlay_id]})
    return len(rows)


async def clear_overlay(ledger: Ledger, overlay_id: str) -> bool:
    """Note, once, that nothing waits for its end any more; False while something does. Its end by time is audited here."""
    async with ledger.begin() as connection:
        cleared = await connection.execute(
            update(overlays)
            .where(overlays.c.overlay_id == overlay_id, overlays.c.cleared_at.is_(None), ~_something_waits())
            .values(cleared_at=now())
        )
        if cleared.rowcount != 1:
            return False
        row = (await connection.execute(select(overlays).where(overlays.c.overlay_id == overlay_id))).one()
        if row.ended_at is None:
            about = {"ends_at": row.ends_at.isoformat()}
            await write_audit(
                connection,
                AuditEntry(GATEWAY, "overlay.ended", f"overlay/{overlay_id}", "its end was reached", about=about),
            )
        return True


def _in_force(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    return overlays.c.ended_at.is_(None), overlays.c.ends_at > moment


def _something_waits() -> ColumnElement[bool]:
    is_paused = (notices.c.paused_by == overlays.c.overlay_id) & notices.c.resumed_at.is_(None)
    return select(notices.c.notice_id).where(is_paused).correlate(overlays).exists()


def _told() -> Any:
    paused = (
        select(func.count())
        .where(notices.c.paused_by == overlays.c.overlay_id, notices.c.resumed_at.is_(None))
        .correlate(overlays)
        .scalar_subquery()
    )
    return select(overlays, paused.label("paused"))
