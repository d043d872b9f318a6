"""Unfold: a scan file becomes its letters, in one transaction, once. Each letter is a delivery of its own, part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.item import Status
from inbox.ports import Stored
from inbox.reading import Reading
from inbox.receipt import Receipt
from inbox.reference import new_reference
from inbox.unfolding import Unfolded, record_of
from store.events import GATEWAY, lock_item, record
from store.keeping import delivery_id
from store.ledger import Ledger, now
from store.reading import at_least, reading_columns
from store.tables import deliveries, events, items

_COPIED = (
    "source_id", "channel", "source_confidentiality", "is_observed", "held_because", "released_at",
)  # fmt: skip
"""What each letter has from the item that stood for the whole file."""


@dataclass(frozen=True)
class KeptLetter:
    """A letter whose bytes are durable under the id of its delivery."""

    reading: Reading
    media_type: str
    stored: Stored
    receipt: Receipt


def letter_id(scan_id: str, ordinal: int, sha256: str) -> str:
    """Return the id of a letter's delivery, from 1, by its content: a repeat finds its own bytes.

    One that was read or split otherwise finds none: bytes are written once, and those of an attempt that died before the
    ledger knew of it may hold other pages.
    """
    return delivery_id(_key_space(scan_id), _position(ordinal, sha256))


def _key_space(scan_id: str) -> str:
    return f"delivery:{scan_id}"


def _position(ordinal: int, sha256: str) -> str:
    return f"letter {ordinal} sha256:{sha256}"


def ordinal_of(position: str) -> int:
    """Return which letter of its scan file a delivery is, from 1, by its position."""
    return int(position.split(" ", 2)[1])


async def commit_unfolding(
    ledger: Ledger, item_id: str, scan_id: str, letters: Sequence[KeptLetter], unfolded: Unfolded
) -> None:
    """Write every letter with its item; a second time changes nothing. At least one letter.

    `item_id`: the item that stood for the file since it was kept; it goes on as the first letter's.
    """
    moment = now()
    async with ledger.begin() as connection:
        item = await lock_item(connection, item_id)
        if item.status != Status.received or item.reading is not None or item.delivery_id != scan_id:
            return
        scan = (await connection.execute(select(deliveries).where(deliveries.c.delivery_id == scan_id))).one()
        await note_unfolded(connection, scan_id, unfolded)
        rows = [_delivery(scan, ordinal, letter, moment) for ordinal, letter in enumerate(letters, start=1)]
        await connection.execute(insert(deliveries), rows)
        first, *others = zip(rows, letters, strict=True)
        await connection.execute(
            update(items)
            .where(items.c.item_id == item_id)
            .values(
                **_read(item, first[1], is_link_settled=item.is_link_settled),
                delivery_id=first[0]["delivery_id"],
                changed_at=moment,
                pages_done=None,
                pages_of=None,
            )
        )
        made = [_item(item, row, letter, moment, order) for order, (row, letter) in enumerate(others, start=1)]
        if made:
            await connection.execute(insert(items), made)
            await connection.execute(insert(events), [_event(new, item_id, moment) for new in made])
        await record(connection, item_id, "unfolded", about={"delivery": scan_id, "letters": str(len(letters))})
        for of in (item_id, *(new["item_id"] for new in made)):
            await record(connection, of, "read")


async def note_unfolded(connection: AsyncConnection, scan_id: str, unfolded: Unfolded) -> None:
    """Write down where each page of the file went, and what its bytes turned out to be."""
    values: dict[str, Any] = {
        "unfolded": record_of(unfolded).model_dump(mode="json"),
        "letter_count": len(unfolded.letters),
    }
    if unfolded.media_type:
        values["media_type"] = unfolded.media_type
    await connection.execute(update(deliveries).where(deliveries.c.delivery_id == scan_id).values(**values))


async def note_pages(ledger: Ledger, item_id: str, done: int, of: int) -> None:
    """Show on the item how far its scan file is read."""
    async with ledger.begin() as connection:
        await connection.execute(update(items).where(items.c.item_id == item_id).values(pages_done=done, pages_of=of))


async def note_without_letter(ledger: Ledger, scan_id: str, unfolded: Unfolded) -> None:
    """Write down where each page went of a file that holds no letter."""
    async with ledger.begin() as connection:
        await note_unfolded(connection, scan_id, unfolded)


def _read(item: Any, letter: KeptLetter, *, is_link_settled: bool) -> dict[str, Any]:
    return {
        **reading_columns(letter.reading, is_link_settled=is_link_settled),
        "confidentiality": at_least(item, letter.reading),
        "received_at": letter.receipt.received_at,
    }


def _delivery(scan: Any, ordinal: int, letter: KeptLetter, moment: datetime) -> dict[str, Any]:
    return {
        "delivery_id": letter_id(scan.delivery_id, ordinal, letter.stored.sha256),
        "source_id": scan.source_id,
        "channel": scan.channel,
        "key_space": _key_space(scan.delivery_id),
        "position": _position(ordinal, letter.stored.sha256),
        "sha256": letter.stored.sha256,
        "size_bytes": letter.stored.size_bytes,
        "media_type": letter.media_type,
        "received_at": letter.receipt.received_at,
        "received_basis": letter.receipt.basis,
        "kept_at": moment,
        # It came out of bytes of ours: there is nobody to tell.
        "confirmed_at": moment,
        "part_of": scan.delivery_id,
    }


def _item(item: Any, delivery: dict[str, Any], letter: KeptLetter, moment: datetime, order: int) -> dict[str, Any]:
    # Apart by a microsecond: what lay on top is the older one.
    at = moment + timedelta(microseconds=order)
    return {
        **{name: getattr(item, name) for name in _COPIED},
        "item_id": str(uuid4()),
        "delivery_id": delivery["delivery_id"],
        "index_in_delivery": 0,
        "reference": new_reference(),
        "status": str(Status.received),
        "version": 1,
        "made_at": at,
        "changed_at": at,
        "readings_begun": 0,
        "is_link_settled": False,
        "drive_wanted": "unfold",
        **_read(item, letter, is_link_settled=False),
    }


def _event(new: dict[str, Any], first_id: str, moment: datetime) -> dict[str, Any]:
    about = {"delivery": new["delivery_id"], "source": new["source_id"], "item": first_id}
    return {"item_id": new["item_id"], "at": moment, "actor": GATEWAY, "kind": "kept", "reason": "", "about": about}
