"""Call-backs: items that are made of calls, joined by further ones, and ended when their caller was spoken to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.calls.judging import NewItem, QuietCall
from inbox.item import LinkKind, Status
from store.acting import stop_outward
from store.assignments import assignment_rows
from store.call_tables import call_backs, call_legs
from store.events import lock_item, move, record
from store.keeping import NewDelivery, delivery_id, delivery_values, item_values, kept_event
from store.ledger import now
from store.linking import add_link
from store.tables import assignments, deliveries, events, items

SETTLED = "the caller was spoken to: nobody needs to call back"
"""What the department, and whoever asks why a notice was withheld, reads."""

SAME_NUMBER = "the same number"
"""Why a call-back may belong to a message of the same day."""


@dataclass(frozen=True)
class CallBackDocument:
    """The original of an item that is to be made of calls. Its bytes are durable under the delivery's id."""

    delivery: NewDelivery
    named_in: Sequence[str] = ()
    """Items of the same day that name the caller's number."""


async def make_item(connection: AsyncConnection, new: NewItem, document: CallBackDocument) -> str:
    """Write delivery, item and call-back; return the item's id."""
    moment = now()
    delivery = document.delivery
    item_id = str(uuid4())
    values = {
        **delivery_values(delivery, moment),
        # It is of our own making: there is nobody to tell.
        "confirmed_at": moment,
        "part_of": await _log_of(connection, new.latest.call_id),
    }
    await connection.execute(insert(deliveries).values(**values))
    item = {**item_values(delivery, item_id, moment, 0), "drive_wanted": "judged"}
    await connection.execute(insert(items).values(**item))
    await connection.execute(insert(events).values(**kept_event(delivery, item_id, moment)))
    if new.is_call_back:
        await _note_call_back(connection, item_id, new)
    for other_id in document.named_in:
        await add_link(connection, item_id, other_id, LinkKind.may_belong_to, SAME_NUMBER, 0.5)
        kind = str(LinkKind.may_belong_to)
        await record(connection, item_id, kind, reason=SAME_NUMBER, about={"other": other_id})
    return item_id


async def _log_of(connection: AsyncConnection, call_id: str) -> str | None:
    query = select(call_legs.c.delivery_id).where(call_legs.c.call_id == call_id)
    found = await connection.execute(query.order_by(call_legs.c.leg_digest).limit(1))
    return found.scalar_one_or_none()


async def _note_call_back(connection: AsyncConnection, item_id: str, new: NewItem) -> None:
    number = new.latest.caller
    await connection.execute(
        insert(call_backs).values(
            item_id=item_id,
            number=number,
            open_number=await _open_number(connection, new) if new.joins else None,
            first_at=new.calls[0].started_at,
            latest_at=new.latest.started_at,
            calls_count=len(new.calls),
        )
    )


async def _open_number(connection: AsyncConnection, new: NewItem) -> str | None:
    """Take the number from the call-back that has it, if that is over or older; None: the one that has it is newer."""
    number = new.latest.caller
    query = select(call_backs, items.c.status).join(items, items.c.item_id == call_backs.c.item_id)
    holder = (await connection.execute(query.where(call_backs.c.open_number == number))).one_or_none()
    if holder is None:
        return number
    if not Status(holder.status).is_ended and holder.latest_at > new.latest.started_at:
        return None
    await _close(connection, call_backs.c.item_id == holder.item_id)
    return number


async def _close(connection: AsyncConnection, which: Any) -> None:
    await connection.execute(update(call_backs).where(which).values(open_number=None))


async def join_item(connection: AsyncConnection, item_id: str, call: QuietCall) -> None:
    """Count one more call of the same number. What its department has already is not sent again."""
    item = await lock_item(connection, item_id)
    back = await _row(connection, item_id)
    await connection.execute(
        update(call_backs)
        .where(call_backs.c.item_id == item_id)
        .values(
            calls_count=back.calls_count + 1,
            first_at=min(back.first_at, call.started_at),
            latest_at=max(back.latest_at, call.started_at),
        )
    )
    await move(connection, item, Status(item.status), "called_again", about={"call": call.call_id})


async def leave_item(connection: AsyncConnection, item_id: str, call: QuietCall) -> None:
    """Count one call less: it was answered after all, and others of the number still wait."""
    item = await lock_item(connection, item_id)
    await connection.execute(
        update(call_backs)
        .where(call_backs.c.item_id == item_id, call_backs.c.calls_count > 1)
        .values(calls_count=call_backs.c.calls_count - 1)
    )
    await move(connection, item, Status(item.status), "answered_after_all", about={"call": call.call_id})


async def settle_item(connection: AsyncConnection, item_id: str, call: QuietCall) -> None:
    """Complete the item, since its caller was spoken to; its department is told that it need not call.

    What a person made more of it (another matter, or one that the law protects), and what could not be read, is theirs to
    end: it is only noted.
    """
    item = await lock_item(connection, item_id)
    await connection.execute(
        update(call_backs)
        .where(call_backs.c.item_id == item_id)
        .values(settled_by=call.call_id, settled_at=call.spoken_at, open_number=None)
    )
    about = {"call": call.call_id}
    status = Status(item.status)
    if status.is_ended:
        # A person ended it while we looked.
        return
    rows = await assignment_rows(connection, item_id)
    if status is Status.quarantined or len(rows) > 1 or any(row.is_statutory for row in rows):
        await move(connection, item, status, "caller_was_spoken_to", about=about)
        return
    await connection.execute(
        update(assignments).where(assignments.c.item_id == item_id).values(status=str(Status.completed))
    )
    await stop_outward(connection, item, SETTLED)
    await move(
        connection,
        item,
        Status.completed,
        "settled_by_call",
        reason=SETTLED,
        about=about,
        drive_wanted="settled_by_call",
    )


async def _row(connection: AsyncConnection, item_id: str) -> Any:
    return (await connection.execute(select(call_backs).where(call_backs.c.item_id == item_id))).one()


def call_position(call_id: str, sha256: str) -> str:
    """Return the position of a call-back's delivery: with its content, since a late row may change the words."""
    return f"call {call_id} sha256:{sha256}"


def call_space(source_id: str) -> str:
    """Return the key space of the call-backs of a source."""
    return f"calls://{source_id}"


def document_id(source_id: str, call_id: str, sha256: str) -> str:
    """Return the id of the delivery that an item made of calls has: the same content has the same, whoever made it."""
    return delivery_id(call_space(source_id), call_position(call_id, sha256))
