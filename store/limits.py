"""How many notices went to one address, to one thread, and out of the house: counted where nobody else counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.acknowledge.limits import LimitName, Tally
from inbox.configuration.model import Limits, Window
from inbox.errors import NoticesWait, SmsWaits
from inbox.item import NoticeState
from store.answers import address_digest
from store.ledger import Ledger, now
from store.reading import message_id_digest
from store.tables import notices

_TOLD = [str(state) for state in NoticeState if state is not NoticeState.withheld]
_UNSPOKEN = [str(NoticeState.intended), str(NoticeState.withheld)]


def recipient_digest(address: str) -> str:
    """Return what an address is counted by: whatever its case, and whatever follows a + in it (RFC 5233)."""
    local, at, domain = address.rpartition("@")
    name = local.partition("+")[0] or local
    return address_digest(f"{name}{at}{domain}")


async def tallied(ledger: Ledger, address: str, thread_id: str, limits: Limits) -> list[Tally]:
    """Return what was told to the address, and in the thread, in each window of its limit.

    Inside `Ledger.as_one`: until it ends, nobody else counts or makes a notice to the same address or in the same
    thread. `thread_id`: empty when the message answers nothing.
    """
    counted: list[tuple[LimitName, Column[Any], str | None, Sequence[Window]]] = [
        (LimitName.per_address, notices.c.recipient_digest, recipient_digest(address), limits.per_address),
        (LimitName.per_thread, notices.c.thread_digest, message_id_digest(thread_id), limits.per_thread),
    ]
    counted = [entry for entry in counted if entry[2] and entry[3]]
    async with ledger.begin() as connection:
        # All locks before the first count, always in this order: two never wait for each other.
        for limit, _, digest, _ in counted:
            await ledger.alone(connection, f"{limit} {digest}")
        at = now()
        return [
            await _tally(connection, limit, column == digest, window, at)
            for limit, column, digest, windows in counted
            for window in windows
        ]


async def _tally(connection: AsyncConnection, limit: LimitName, same: Any, window: Window, at: datetime) -> Tally:
    within = (same, notices.c.made_at > at - timedelta(minutes=window.within_minutes))
    some = select(notices.c.notice_id).where(*within, notices.c.state.in_(_TOLD)).limit(window.at_most).subquery()
    limited = notices.c.limited_by.is_not(None)
    row = (
        await connection.execute(
            select(
                select(func.count()).select_from(some).scalar_subquery().label("told"),
                exists().where(*within, notices.c.state.in_(_TOLD), limited).label("was_announced"),
                exists().where(*within, notices.c.state == str(NoticeState.withheld), limited).label("was_withheld"),
            )
        )
    ).one()
    return Tally(limit, window, int(row.told), bool(row.was_announced), bool(row.was_withheld))


async def free_at(ledger: Ledger, notice: Any, window: Window) -> datetime | None:
    """Return when this notice may be spoken by the overall limit; None: now.

    Inside `Ledger.as_one` nobody else counts or claims until it ends. Those who wait get moments of their own, the
    oldest the first: as many at once as the limit allows.
    """
    async with ledger.begin() as connection:
        await ledger.alone(connection, "overall")
        spoken = (
            select(notices.c.claimed_at)
            .where(
                notices.c.claimed_at > now() - timedelta(minutes=window.within_minutes),
                # Said this way round, SQLite looks by moment, and not through all that was ever sent.
                notices.c.state.not_in(_UNSPOKEN),
                notices.c.notice_id != notice.notice_id,
            )
            .order_by(notices.c.claimed_at.desc())
            .limit(1)
        )
        if (await connection.execute(spoken.offset(window.at_most - 1))).scalar_one_or_none() is None:
            return None
        windows, place = divmod(await _waiting_before(connection, notice), window.at_most)
        freed: datetime = (await connection.execute(spoken.offset(window.at_most - 1 - place))).scalar_one()
        return freed + (windows + 1) * timedelta(minutes=window.within_minutes)


async def _waiting_before(connection: AsyncConnection, notice: Any) -> int:
    query = select(func.count()).where(*_waits(), notices.c.made_at < notice.made_at)
    return int((await connection.execute(query)).scalar_one())


def _waits() -> tuple[Any, ...]:
    return (notices.c.state == str(NoticeState.intended), notices.c.trouble_code == NoticesWait.code)


async def waiting_count(connection: AsyncConnection) -> int:
    """Return how many notices wait because of the overall limit."""
    return int((await connection.execute(select(func.count()).where(*_waits()))).scalar_one())


async def note_wait(ledger: Ledger, notice: Any, error: NoticesWait | SmsWaits) -> None:
    """Write that the notice waits. The time until now does not count as trying: it does not fail by waiting."""
    async with ledger.begin() as connection:
        await connection.execute(
            update(notices)
            .where(
                notices.c.notice_id == notice.notice_id,
                notices.c.state.in_([str(NoticeState.intended), str(NoticeState.in_doubt)]),
            )
            .values(trouble_code=error.code, trouble_detail=error.detail, waited_at=now())
        )
