"""Read: an item's bytes become its Reading, or it is set aside, visible."""

from __future__ import annotations

import asyncio
from typing import Any

from inbox.channel import Channel
from inbox.errors import ReaderDied, UnreadableError
from inbox.item import Status
from inbox.reading import Reading
from store.reading import begin_reading, commit_reading, delivery_row, item_row, quarantine
from workflows.parts import Parts

BEGINNINGS_ALLOWED = 3
"""At the third beginning without an outcome the item is quarantined (invariant 13)."""

_LARGE_BYTES = 512 << 10
"""Above this a reading may take longer than a local activity should: it goes to the child process."""

_GLIMPSE_BYTES = 64 << 10
"""The header of a message that cannot be read: enough to know whom to tell."""


def wants_child(item: Any, delivery: Any) -> bool:
    """Say whether the reading is large, or began before without an outcome: not in our own process."""
    return bool(delivery.size_bytes > _LARGE_BYTES or item.readings_begun > 0)


async def read_item(parts: Parts, item_id: str, *, in_child: bool) -> None:
    """Read the item, once; a repeat changes nothing. Ends with a Reading or in quarantine.

    Raises StoreUnavailable, BytesMissing.
    """
    item = await item_row(parts.ledger, item_id)
    if item.status != Status.received or item.reading is not None:
        return
    raw = await parts.bytes.get(item.delivery_id)
    if item.readings_begun >= BEGINNINGS_ALLOWED:
        await _set_aside(parts, item, raw, ReaderDied(f"reading began {item.readings_begun} times and never ended"))
        return
    await begin_reading(parts.ledger, item_id)
    channel = Channel(item.channel)
    try:
        if in_child:
            reading = await parts.child_readers[channel](raw, own_addresses=parts.identity.own_addresses)
        else:
            reading = await asyncio.to_thread(parts.readers[channel], raw, own_addresses=parts.identity.own_addresses)
    except ReaderDied:
        if item.readings_begun + 1 < BEGINNINGS_ALLOWED:
            raise
        await _set_aside(parts, item, raw, ReaderDied("reading ended its process each time: look at the bytes"))
    except UnreadableError as error:
        await _set_aside(parts, item, raw, error)
    else:
        await commit_reading(parts.ledger, item_id, reading)


async def _set_aside(parts: Parts, item: Any, raw: bytes, error: UnreadableError) -> None:
    await quarantine(parts.ledger, item.item_id, error, await _glimpse(parts, Channel(item.channel), raw))


async def _glimpse(parts: Parts, channel: Channel, raw: bytes) -> Reading | None:
    """Return what the header alone says, read in a child: the message has shown that it is dangerous."""
    header = raw[:_GLIMPSE_BYTES].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    try:
        reading = await parts.child_readers[channel](header + b"\n\n", own_addresses=parts.identity.own_addresses)
    except UnreadableError:
        return None
    return reading.model_copy(update={"remarks": (*reading.remarks, "header_only")})


async def delivery_of(parts: Parts, item: Any) -> Any:
    """Return the row of the delivery that the item came in."""
    return await delivery_row(parts.ledger, item.delivery_id)
