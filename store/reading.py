"""Read, as the ledger sees it: beginnings are counted, outcomes are written once."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.confidentiality import Confidentiality, strictest
from inbox.duplicates.fingerprint import fingerprint
from inbox.errors import NotFound, UnreadableError
from inbox.item import Status
from inbox.letter_facts import confidentiality_of
from inbox.reading import Reading
from inbox.receipt import Receipt
from store.events import lock_item, move, record
from store.ledger import Ledger, now
from store.tables import deliveries, items


async def item_row(ledger: Ledger, item_id: str) -> Any:
    """Return the item's row. Raises NotFound."""
    async with ledger.read() as connection:
        row = (await connection.execute(select(items).where(items.c.item_id == item_id))).one_or_none()
    if row is None:
        raise NotFound(f"there is no item {item_id}")
    return row


async def delivery_row(ledger: Ledger, delivery_id: str) -> Any:
    """Return the delivery's row. Raises NotFound."""
    async with ledger.read() as connection:
        row = (
            await connection.execute(select(deliveries).where(deliveries.c.delivery_id == delivery_id))
        ).one_or_none()
    if row is None:
        raise NotFound(f"there is no delivery {delivery_id}")
    return row


async def begin_reading(ledger: Ledger, item_id: str) -> int:
    """Count one more beginning, durably, before the first byte is looked at; return the count."""
    async with ledger.begin() as connection:
        begun = await connection.execute(
            update(items)
            .where(items.c.item_id == item_id)
            .values(readings_begun=items.c.readings_begun + 1)
            .returning(items.c.readings_begun)
        )
        return int(begun.scalar_one())


async def forget_beginning(ledger: Ledger, item_id: str) -> None:
    """Take back the last beginning: the bytes were not looked at."""
    async with ledger.begin() as connection:
        await connection.execute(
            update(items)
            .where(items.c.item_id == item_id, items.c.readings_begun > 0)
            .values(readings_begun=items.c.readings_begun - 1)
        )


async def commit_reading(ledger: Ledger, item_id: str, reading: Reading, receipt: Receipt | None = None) -> None:
    """Write the reading, once; a second one changes nothing. `receipt`: of a letter, when it says so itself."""
    async with ledger.begin() as connection:
        item = await lock_item(connection, item_id)
        if item.reading is not None or item.status != Status.received:
            return
        await connection.execute(
            update(items)
            .where(items.c.item_id == item_id)
            .values(
                **reading_columns(reading, is_link_settled=item.is_link_settled),
                confidentiality=at_least(item, reading),
                changed_at=now(),
            )
        )
        if receipt is not None:
            await _note_receipt(connection, item, receipt)
        await record(connection, item_id, "read", about={"automatic": reading.is_automatic})


async def _note_receipt(connection: AsyncConnection, item: Any, receipt: Receipt) -> None:
    """Let the letter's terms count from there."""
    at = receipt.received_at
    await connection.execute(update(items).where(items.c.item_id == item.item_id).values(received_at=at))
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.delivery_id == item.delivery_id)
        .values(received_at=at, received_basis=receipt.basis)
    )


def at_least(item: Any, reading: Reading) -> int:
    """Return how confidential the item is once it is read: no reading makes it less."""
    return int(strictest(Confidentiality(item.confidentiality), confidentiality_of(reading)))


async def quarantine(
    ledger: Ledger, item_id: str, error: UnreadableError, glimpse: Reading | None, *, was_read: bool = False
) -> None:
    """Set the item aside, visible, with its bytes, code and reason. `glimpse`: what its header alone says.

    `was_read`: it was read, and cannot go on. Otherwise an item that somebody else has read meanwhile is left alone.
    """
    async with ledger.begin() as connection:
        item = await lock_item(connection, item_id)
        if item.status != Status.received or (item.reading is not None and not was_read):
            return
        columns = _columns(glimpse) if glimpse else {}
        await move(
            connection,
            item,
            Status.quarantined,
            "quarantined",
            reason=error.code,
            quarantine_code=error.code,
            quarantine_detail=error.detail,
            **columns,
        )


def reading_columns(reading: Reading, *, is_link_settled: bool) -> dict[str, Any]:
    """Return what an item's row holds of its reading."""
    # A person has said already that it is no copy: nothing is to call it one again.
    return {**_columns(reading), "fingerprint": None if is_link_settled else fingerprint(reading)}


def _columns(reading: Reading) -> dict[str, Any]:
    return {
        "reading": reading.model_dump(mode="json"),
        "subject": reading.subject,
        "sender_address": reading.sender.address,
        "message_id_digest": message_id_digest(reading.message_id),
    }


def message_id_digest(message_id: str) -> str | None:
    """Return what a Message-ID is found by, or None for an empty one."""
    return hashlib.sha256(message_id.encode("utf-8", "replace")).hexdigest() if message_id else None
