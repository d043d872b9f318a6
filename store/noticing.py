"""Notices on their way: claimed right before they are spoken, settled by what the server answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.channel import Channel
from inbox.delivery_status import enhanced_status, meaning
from inbox.errors import Conflict, DestinationRefused, GatewayError, NotFound, RecipientRefused
from inbox.item import NoticeChannel, NoticeKind, NoticeState, Status
from inbox.ports import Taken
from inbox.task import TOLD, UNDELIVERED, TaskKind, undelivered_because
from store.events import record
from store.ledger import Ledger, now
from store.limits import recipient_digest
from store.reading import message_id_digest
from store.tables import items, notices
from store.tasks import raise_task, settle_tasks

ASKED_FIRST_AFTER = timedelta(minutes=15)
"""So long after it was taken, what became of a notice is asked for the first time."""

_TAKEN = (NoticeState.sending, NoticeState.in_doubt, NoticeState.sent)
"""Somebody says that it did not arrive: that proves that it was taken, also where the answer is lost or not written down
yet."""
_SETTLED = tuple(str(state) for state in NoticeState if not state.is_open)
_NOT_ARRIVED = (str(NoticeState.failed), str(NoticeState.undelivered))


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
            notices.c.recipient_digest == recipient_digest(address),
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
    ledger: Ledger, notice: Any, state: NoticeState, *, taken: Taken | None = None, error: GatewayError | None = None
) -> None:
    """Write the outcome, once, with an event. `sent` after a doubt stays countable by `doubts`. `taken`: who took it
    is asked later what became of it, where that can be asked.

    What failed, or stays in doubt, is asked of a person, unless it told a caller that they are called back. What was sent
    answers what was asked. A report may have come before the outcome: what it made `undelivered` stays so.
    """
    async with ledger.begin() as connection:
        result = await connection.execute(
            update(notices)
            .where(notices.c.notice_id == notice.notice_id, notices.c.state.not_in(_SETTLED))
            .values(
                state=str(state),
                settled_at=now(),
                remote_reply=taken.reply[:500] if taken else "",
                remote_id=taken.remote_id if taken else "",
                ask_at=now() + ASKED_FIRST_AFTER if taken and taken.remote_id else None,
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
            if NoticeKind(notice.kind).is_for_sender:
                await _ask_or_settle(connection, notice, state, error)


async def _ask_or_settle(
    connection: AsyncConnection, notice: Any, state: NoticeState, error: GatewayError | None
) -> None:
    kind = NoticeKind(notice.kind)
    if state is not NoticeState.sent and await _is_called_back(connection, notice.notice_id):
        return
    if state is NoticeState.failed:
        reason = undelivered_because(kind, _because(error, notice.channel))
        await raise_task(connection, notice.item_id, TaskKind.undelivered, reason)
    elif state is NoticeState.in_doubt:
        reason = (
            f"the mail server's answer to the notice `{kind.value}` was lost each time: the sender may have it, or not"
        )
        await raise_task(connection, notice.item_id, TaskKind.undelivered, reason)
    elif state is NoticeState.sent:
        asked = (TaskKind.undelivered, TaskKind.untold)
        await settle_tasks(
            connection, notice.item_id, asked, TOLD, unless=_another_did_not_arrive(notice.item_id, kind)
        )


async def _is_called_back(connection: AsyncConnection, notice_id: str) -> bool:
    """Say whether it only told a caller that they are called back: the call itself tells them as much."""
    query = (
        select(notices.c.notice_id)
        .join(items, items.c.item_id == notices.c.item_id)
        .where(
            notices.c.notice_id == notice_id,
            notices.c.channel == str(NoticeChannel.sms),
            notices.c.kind == str(NoticeKind.acknowledgement),
            items.c.channel == str(Channel.phone),
        )
    )
    return (await connection.execute(query)).first() is not None


def _because(error: GatewayError | None, channel: str) -> str:
    """Return why it failed, in words of ours: a server's own may quote addresses."""
    if isinstance(error, RecipientRefused):
        return f"the mail server refused it, {meaning(enhanced_status(error.detail))}"
    if isinstance(error, DestinationRefused):
        return "who was to bring it refused it"
    taker = "the mail server" if channel == NoticeChannel.email else "who was to bring it"
    return f"{taker} did not take it in time ({error.code if error else 'unexpected'})"


def _another_did_not_arrive(item_id: str, kind: NoticeKind) -> ColumnElement[bool]:
    """Say in SQL: the sender still misses something else. An acknowledgement also says what `looked_at` would have."""
    said = [str(kind), *([str(NoticeKind.looked_at)] if kind is NoticeKind.acknowledgement else [])]
    missed = select(notices.c.notice_id).where(
        notices.c.item_id == item_id,
        notices.c.state.in_(_NOT_ARRIVED),
        notices.c.kind.not_in([*said, str(NoticeKind.colleague)]),
    )
    return missed.exists()


async def note_undelivered(
    connection: AsyncConnection, notice: Any, because: str, detail: str, about: dict[str, str]
) -> bool:
    """Make a notice that was taken `undelivered`, once, and ask a person to tell its recipient, unless it is a caller who is
    called back; say whether it was this call. `because`: words of ours, `detail`: those of who knows.
    """
    changed = await connection.execute(
        update(notices)
        .where(notices.c.notice_id == notice.notice_id, notices.c.state.in_([str(state) for state in _TAKEN]))
        .values(
            state=str(NoticeState.undelivered),
            settled_at=now(),
            ask_at=None,
            trouble_code=UNDELIVERED,
            trouble_detail=detail,
        )
    )
    if changed.rowcount != 1:
        return False
    kind = NoticeKind(notice.kind)
    about = {"notice": notice.notice_id, "kind": notice.kind, **about}
    await record(connection, notice.item_id, "notice_undelivered", reason=because, about=about)
    if kind.is_for_sender and not await _is_called_back(connection, notice.notice_id):
        await raise_task(connection, notice.item_id, TaskKind.undelivered, undelivered_because(kind, because))
    return True


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
        where = [notices.c.notice_id == notice.notice_id, notices.c.state.not_in(_SETTLED)]
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
    where = (notices.c.state == str(NoticeState.intended), notices.c.doubts == 0)
    await _withhold(ledger, notice, reason, where, {})


async def drop_notice(ledger: Ledger, notice: Any, reason: str) -> None:
    """Withhold a notice that was never said, and whose time is over: its words go too, and none takes its place.

    One in doubt, only when whoever was to bring it says that it is not there.
    """
    where = (notices.c.state.in_([str(NoticeState.intended), str(NoticeState.in_doubt)]),)
    await _withhold(ledger, notice, reason, where, {"message": None, "body": "", "told_due_on": None})


async def _withhold(
    ledger: Ledger, notice: Any, reason: str, where: tuple[ColumnElement[bool], ...], values: dict[str, Any]
) -> None:
    async with ledger.begin() as connection:
        result = await connection.execute(
            update(notices)
            .where(notices.c.notice_id == notice.notice_id, *where)
            .values(state=str(NoticeState.withheld), withheld_because=[reason], settled_at=now(), **values)
        )
        if result.rowcount == 1:
            await record(connection, notice.item_id, "notice_withheld", reason=reason)
