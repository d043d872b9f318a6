"""Notices on their way: claimed right before they are spoken, settled by what the server answered."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.errors import Conflict, GatewayError, NotFound
from inbox.item import NoticeState, Status
from store.answers import address_digest
from store.events import record
from store.ledger import Ledger, now
from store.reading import message_id_digest
from store.tables import items, notices


async def notice_row(ledger: Ledger, notice_id: str) -> Any:
    """Return the notice's row. Raises NotFound."""
    async with ledger.read() as connection:
        row = (await connection.execute(select(notices).where(notices.c.notice_id == notice_id))).one_or_none()
    if row is None:
        raise NotFound(f"there is no notice {notice_id}")
    return row


async def told_about(ledger: Ledger, item_id: str, message_id: str, address: str) -> str | None:
    """Return the reference under which this address was told, or is about to be, that we have this message; None when it
    was not. `item_id`: the item that asks.
    """
    digest = message_id_digest(message_id)
    if digest is None or not address:
        return None
    are_told = [str(NoticeState.sent), *(str(state) for state in NoticeState if state.is_open)]
    query = (
        select(items.c.reference)
        .join(notices, notices.c.item_id == items.c.item_id)
        .where(
            items.c.message_id_digest == digest,
            items.c.item_id != item_id,
            notices.c.state.in_(are_told),
            notices.c.recipient_digest == address_digest(address),
        )
        .order_by(items.c.made_at)
        .limit(1)
    )
    async with ledger.read() as connection:
        reference: str | None = (await connection.execute(query)).scalar_one_or_none()
        return reference


async def claim_notice(ledger: Ledger, notice_id: str) -> str:
    """Make it `sending` by compare-and-set; return the claim's id. Raises Conflict when another was first."""
    claim_id = str(uuid4())
    async with ledger.begin() as connection:
        result = await connection.execute(
            update(notices)
            .where(
                notices.c.notice_id == notice_id,
                notices.c.state.in_([str(NoticeState.intended), str(NoticeState.in_doubt)]),
            )
            .values(
                state=str(NoticeState.sending),
                claim_id=claim_id,
                claimed_at=now(),
                attempts=notices.c.attempts + 1,
            )
        )
        if result.rowcount != 1:
            raise Conflict(f"notice {notice_id} is being sent, or has been settled, by somebody else")
    return claim_id


async def doubt_notice(ledger: Ledger, notice: Any) -> None:
    """Note that it may have been sent. `notice`: its row, found `sending`; nothing changes when it has moved on."""
    async with ledger.begin() as connection:
        result = await connection.execute(
            update(notices)
            .where(
                notices.c.notice_id == notice.notice_id,
                notices.c.state == str(NoticeState.sending),
                notices.c.claim_id == notice.claim_id,
            )
            .values(state=str(NoticeState.in_doubt), doubts=notices.c.doubts + 1)
        )
        if result.rowcount == 1:
            await record(connection, notice.item_id, "notice_in_doubt", about={"notice": notice.notice_id})


async def settle_notice(
    ledger: Ledger, notice: Any, state: NoticeState, *, reply: str = "", error: GatewayError | None = None
) -> None:
    """Write the outcome, once, with an event. `sent` after a doubt stays countable by `doubts`."""
    async with ledger.begin() as connection:
        result = await connection.execute(
            update(notices)
            .where(
                notices.c.notice_id == notice.notice_id,
                notices.c.state.not_in([str(NoticeState.sent), str(NoticeState.withheld), str(NoticeState.failed)]),
            )
            .values(
                state=str(state),
                settled_at=now(),
                remote_reply=reply[:500],
                trouble_code=error.code if error else None,
                trouble_detail=error.detail if error else None,
            )
        )
        if result.rowcount == 1:
            await record(
                connection,
                notice.item_id,
                f"notice_{state}",
                reason=error.code if error else "",
                about={"notice": notice.notice_id, "kind": notice.kind},
            )


async def redate_notice(ledger: Ledger, notice: Any) -> None:
    """Date the claim of the row now: it bears a later moment, so that the clock was set back since."""
    async with ledger.begin() as connection:
        await connection.execute(
            update(notices)
            .where(notices.c.notice_id == notice.notice_id, notices.c.claim_id == notice.claim_id)
            .values(claimed_at=now())
        )


async def note_notice_trouble(ledger: Ledger, notice: Any, error: GatewayError, *, claim_id: str | None) -> None:
    """Write why the last attempt did not succeed; nothing was sent, so it is `intended` again.

    `claim_id`: the attempt's, None when it had none yet.
    """
    async with ledger.begin() as connection:
        values: dict[str, Any] = {"trouble_code": error.code, "trouble_detail": error.detail}
        where = [notices.c.notice_id == notice.notice_id]
        if claim_id is not None:
            values["state"] = str(NoticeState.in_doubt if notice.doubts else NoticeState.intended)
            where += [notices.c.state == str(NoticeState.sending), notices.c.claim_id == claim_id]
        await connection.execute(update(notices).where(*where).values(**values))
        if claim_id is not None:
            await _withhold_if_ended(connection, notice)


async def _withhold_if_ended(connection: AsyncConnection, notice: Any) -> None:
    """Withhold what was called back while it was being said: its item was discarded or linked meanwhile."""
    item = (await connection.execute(select(items.c.status).where(items.c.item_id == notice.item_id))).one()
    if item.status in (Status.discarded, Status.linked):
        await connection.execute(
            update(notices)
            .where(notices.c.notice_id == notice.notice_id, notices.c.state == str(NoticeState.intended))
            .values(state=str(NoticeState.withheld), withheld_because=[f"the item is {item.status}"], settled_at=now())
        )


async def withhold_notice(ledger: Ledger, notice: Any, reason: str) -> None:
    """Withhold a notice that was never said, so that another can be rendered in its place."""
    async with ledger.begin() as connection:
        result = await connection.execute(
            update(notices)
            .where(
                notices.c.notice_id == notice.notice_id,
                notices.c.state == str(NoticeState.intended),
                notices.c.doubts == 0,
            )
            .values(state=str(NoticeState.withheld), withheld_because=[reason], settled_at=now())
        )
        if result.rowcount == 1:
            await record(connection, notice.item_id, "notice_withheld", reason=reason)
