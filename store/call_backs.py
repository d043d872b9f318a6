"""Call-backs: items that are made of calls, joined by further ones, and ended when their caller was spoken to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.calls.judging import NewItem, QuietCall
from inbox.handover import WAS_SPOKEN_TO
from inbox.item import Status
from store.acting import stop_outward
from store.assignments import assignment_rows
from store.call_tables import call_backs, call_legs
from store.events import lock_item, move
from store.keeping import NewDelivery, delivery_id, delivery_values, item_values, kept_event
from store.ledger import now
from store.same_day import hint
from store.tables import assignments, deliveries, events, items


@dataclass(frozen=True)
class CallBackDocument:
    """The original of an item that is to be made of calls. Its bytes are durable under the delivery's id."""

    delivery: NewDelivery
    named_in: Sequence[str] = ()
    """Items of the same day that name the caller's number."""


async def make_items(
    connection: AsyncConnection, made: Sequence[tuple[NewItem, CallBackDocument]]
) -> Mapping[str, str]:
    """Write delivery, item and call-back of each; return call → its item. `made`: those that began first first."""
    if not made:
        return {}
    moment = now()
    logs = await _logs_of(connection, [new.latest.call_id for new, _ in made])
    item_ids = [str(uuid4()) for _ in made]
    rows = [
        # They are of our own making: there is nobody to tell.
        delivery_values(document.delivery, moment) | {"confirmed_at": moment, "part_of": logs.get(new.latest.call_id)}
        for new, document in made
    ]
    await connection.execute(insert(deliveries), rows)
    each = list(zip(item_ids, made, strict=True))
    rows = [
        item_values(document.delivery, item_id, moment, order) | {"drive_wanted": "judged"}
        for order, (item_id, (_, document)) in enumerate(each)
    ]
    await connection.execute(insert(items), rows)
    rows = [kept_event(document.delivery, item_id, moment) for item_id, (_, document) in each]
    await connection.execute(insert(events), rows)
    await _note_call_backs(connection, [(item_id, new) for item_id, (new, _) in each if new.is_call_back])
    for item_id, (_, document) in each:
        for other_id in document.named_in:
            await hint(connection, item_id, other_id)
    return {call.call_id: item_id for item_id, (new, _) in each for call in new.calls}


async def _logs_of(connection: AsyncConnection, call_ids: Sequence[str]) -> dict[str, str]:
    """Return call → a log that brought rows of it."""
    query = select(call_legs.c.call_id, func.min(call_legs.c.delivery_id).label("log")).group_by(call_legs.c.call_id)
    found = await connection.execute(query.where(call_legs.c.call_id.in_(call_ids)))
    return {row.call_id: row.log for row in found}


async def _note_call_backs(connection: AsyncConnection, made: Sequence[tuple[str, NewItem]]) -> None:
    open_numbers = await _take_numbers(connection, made)
    rows = [
        {
            "item_id": item_id,
            "number": new.latest.caller,
            "open_number": new.latest.caller if open_numbers.get(new.latest.caller) == item_id else None,
            "first_at": new.calls[0].started_at,
            "latest_at": new.latest.started_at,
            "calls_count": len(new.calls),
        }
        for item_id, new in made
    ]
    if rows:
        await connection.execute(insert(call_backs), rows)


async def _take_numbers(connection: AsyncConnection, made: Sequence[tuple[str, NewItem]]) -> dict[str, str]:
    """Return number → the item that further calls join; take it from earlier call-backs that are over or older."""
    joined = [(item_id, new.latest) for item_id, new in made if new.joins]
    query = (
        select(call_backs.c.item_id, call_backs.c.open_number, call_backs.c.latest_at, items.c.status)
        .join(items, items.c.item_id == call_backs.c.item_id)
        .where(call_backs.c.open_number.in_([latest.caller for _, latest in joined]))
    )
    holders = {row.open_number: row for row in await connection.execute(query)}
    taken: dict[str, str] = {}
    for item_id, latest in joined:
        holder = holders.get(latest.caller)
        if holder is None or Status(holder.status).is_ended or holder.latest_at <= latest.started_at:
            taken[latest.caller] = item_id
    over = [holders[number].item_id for number in taken if number in holders]
    if over:
        await connection.execute(update(call_backs).where(call_backs.c.item_id.in_(over)).values(open_number=None))
    return taken


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
    await stop_outward(connection, item, WAS_SPOKEN_TO)
    await move(
        connection,
        item,
        Status.completed,
        "settled_by_call",
        reason=WAS_SPOKEN_TO,
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
