"""Answers that colleagues sent by themselves: whoever has one is sent no acknowledgement after it.

Only digests are kept, of the message and of whom it was sent to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.item import NoticeKind, NoticeState
from inbox.ports import Answers
from store.events import record
from store.ledger import Ledger, now
from store.reading import message_id_digest
from store.tables import answered, items, notices, sources

_FIRST_WORDS = [str(NoticeKind.acknowledgement), str(NoticeKind.looked_at)]
_AT_ONCE = 500


async def note_answers(ledger: Ledger, source_id: str, seen: Answers) -> None:
    """Write down what was seen and how far; withhold what was about to tell the same people, in one transaction."""
    rows = [
        {
            "message_id_digest": message_id_digest(answer.message_id),
            "recipient_digest": address_digest(recipient),
            "source_id": source_id,
            "answered_at": answer.answered_at,
        }
        for answer in seen.answers
        for recipient in sorted(answer.recipients)
    ]
    dialect = sqlite if ledger.is_sqlite else postgresql
    async with ledger.begin() as connection:
        for start in range(0, len(rows), _AT_ONCE):
            page = rows[start : start + _AT_ONCE]
            await connection.execute(dialect.insert(answered).on_conflict_do_nothing(), page)
            await _withhold(connection, page)
        await connection.execute(
            update(sources)
            .where(sources.c.source_id == source_id)
            .values(sent_key_space=seen.key_space, sent_position=seen.position)
        )


async def answered_at(ledger: Ledger, item: Any) -> datetime | None:
    """Return when a colleague answered the item's sender; None when nobody did."""
    if not item.message_id_digest or not item.sender_address:
        return None
    async with ledger.read() as connection:
        found = await connection.execute(
            select(answered.c.answered_at).where(
                answered.c.message_id_digest == item.message_id_digest,
                answered.c.recipient_digest == address_digest(item.sender_address),
            )
        )
        moment: datetime | None = found.scalar_one_or_none()
        return moment


def because_answered(moment: datetime) -> str:
    """Return why nothing more is said."""
    return f"a colleague answered already on {moment:%Y-%m-%d}"


async def _withhold(connection: AsyncConnection, page: Sequence[dict[str, Any]]) -> None:
    answers = {(row["message_id_digest"], row["recipient_digest"]): row["answered_at"] for row in page}
    waiting = await connection.execute(
        select(notices.c.notice_id, notices.c.item_id, items.c.message_id_digest, items.c.sender_address)
        .join(items, items.c.item_id == notices.c.item_id)
        .where(
            items.c.message_id_digest.in_({digest for digest, _ in answers}),
            notices.c.kind.in_(_FIRST_WORDS),
            notices.c.state == str(NoticeState.intended),
        )
        .order_by(notices.c.notice_id)
    )
    for row in waiting:
        moment = answers.get((row.message_id_digest, address_digest(row.sender_address)))
        if moment is None:
            continue
        # Never said before, and nobody is saying it at this moment.
        result = await connection.execute(
            update(notices)
            .where(
                notices.c.notice_id == row.notice_id,
                notices.c.state == str(NoticeState.intended),
                notices.c.doubts == 0,
            )
            .values(state=str(NoticeState.withheld), withheld_because=[because_answered(moment)], settled_at=now())
        )
        if result.rowcount == 1:
            await record(connection, row.item_id, "notice_withheld", reason=because_answered(moment))


def address_digest(address: str) -> str:
    """Return what an address is found by, whatever its case."""
    return hashlib.sha256(address.lower().encode("utf-8", "replace")).hexdigest()
