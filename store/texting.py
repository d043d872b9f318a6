"""What the ledger knows against a text message to a caller: they were spoken to, are many, or were told today."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select

from inbox.item import NoticeChannel, NoticeState
from store.call_tables import call_backs, shared_lines
from store.ledger import Ledger
from store.limits import recipient_digest
from store.tables import notices

_UNSPOKEN = [str(NoticeState.intended), str(NoticeState.withheld)]


async def is_settled(ledger: Ledger, item_id: str) -> bool:
    """Say whether somebody spoke to the caller since."""
    query = select(exists().where(call_backs.c.item_id == item_id, call_backs.c.settled_at.is_not(None)))
    async with ledger.read() as connection:
        return bool((await connection.execute(query)).scalar_one())


async def is_learned_line(ledger: Ledger, number: str) -> bool:
    """Say whether the number was learned to be a line that many people share."""
    async with ledger.read() as connection:
        return bool((await connection.execute(select(exists().where(shared_lines.c.number == number)))).scalar_one())


async def was_texted(ledger: Ledger, number: str, since: datetime, *, unless: str = "") -> bool:
    """Say whether a text message, about whatever item, went to the number since then. `unless`: id of a notice that does
    not count.

    Inside `Ledger.as_one` nobody else asks this of the same number, or claims on the answer, until it ends.
    """
    query = select(
        exists().where(
            notices.c.recipient_digest == recipient_digest(number),
            notices.c.channel == str(NoticeChannel.sms),
            notices.c.state.not_in(_UNSPOKEN),
            notices.c.claimed_at >= since,
            notices.c.notice_id != unless,
        )
    )
    async with ledger.begin() as connection:
        await ledger.alone(connection, f"text {recipient_digest(number)}")
        return bool((await connection.execute(query)).scalar_one())
