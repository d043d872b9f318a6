"""Notices that somebody took to bring them: what became of them is asked, each time by one process only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from inbox.item import NoticeChannel, NoticeState
from store.ledger import Ledger, now
from store.noticing import note_undelivered
from store.tables import notices


async def notices_to_ask(ledger: Ledger, channels: Sequence[NoticeChannel], limit: int) -> Sequence[Any]:
    """Return the rows of at most `limit` sent notices that are due, the longest due first."""
    query = (
        select(notices)
        .where(
            notices.c.ask_at <= now(),
            notices.c.state == str(NoticeState.sent),
            notices.c.channel.in_([str(channel) for channel in channels]),
        )
        .order_by(notices.c.ask_at)
        .limit(limit)
    )
    async with ledger.read() as connection:
        return (await connection.execute(query)).all()


async def ask_again_at(ledger: Ledger, notice: Any, at: datetime | None) -> bool:
    """Put the next question off, or ask no more (None); False when another did meanwhile, who asks in our place."""
    async with ledger.begin() as connection:
        changed = await connection.execute(
            update(notices)
            .where(notices.c.notice_id == notice.notice_id, notices.c.ask_at == notice.ask_at)
            .values(ask_at=at)
        )
        return changed.rowcount == 1


async def note_whereabouts(ledger: Ledger, notice: Any, status: str, *, has_failed: bool) -> None:
    """Write down what became of it in the end; a second time changes nothing. What failed is asked of a person."""
    async with ledger.begin() as connection:
        if has_failed:
            because = f"who was to bring it says `{status}`"
            await note_undelivered(connection, notice, because, f"NotifyNL: {status}", {"remote": notice.remote_id})
        await connection.execute(update(notices).where(notices.c.notice_id == notice.notice_id).values(ask_at=None))
