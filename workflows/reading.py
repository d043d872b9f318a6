"""Read: an item's bytes become its Reading, or it is set aside, visible."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from inbox.attached_scans import SCAN_UNREAD, may_hold_scans
from inbox.channel import INTAKE_CHANNELS, Channel
from inbox.errors import ReaderDied, SettingsInvalid, UnreadableError
from inbox.item import Status
from inbox.reading import Reading
from store.reading import begin_reading, commit_reading, delivery_row, forget_beginning, item_row, quarantine
from workflows.in_thread import in_thread
from workflows.parts import Parts

Made = TypeVar("Made")

BEGINNINGS_ALLOWED = 3
"""When the third beginning is seen to end without an outcome the item is quarantined (invariant 13)."""

_BEGINNINGS_AT_MOST = 10
"""A worker that dies takes the readings of bystanders with it: for what died unseen more beginnings are allowed."""

_LARGE_BYTES = 512 << 10
"""Above this a reading may take longer than a local activity should: it goes to the child process."""

_HERE_SECONDS = 6.0
"""So long a reading may take in our own process: it ends before its local activity does (8 s), and begins again in the
child."""

_UNWRITTEN_AT_MOST = 100
"""So many readings wait in memory for a ledger that is away."""

_GLIMPSE_BYTES = 64 << 10
"""The header of a message that cannot be read: enough to know whom to tell."""


_AS_MAIL = (Channel.email, *INTAKE_CHANNELS)
"""Whose bytes are a mail, with files in it."""


def is_scan(parts: Parts, item: Any) -> bool:
    """Say whether the item's bytes are pages, which are read on a queue of their own."""
    return Channel(item.channel) in parts.unfolders


def wants_child(parts: Parts, item: Any, delivery: Any) -> bool:
    """Say whether the reading is large, or began before without an outcome: not in our own process."""
    if item.item_id in parts.unwritten:
        return False
    scans_slowly = parts.scanning is not None and item.item_id in parts.scanning.slow
    return bool(delivery.size_bytes > _LARGE_BYTES or item.readings_begun > 0 or scans_slowly)


def is_unread(item: Any) -> bool:
    """Say whether the item is still to be read."""
    return bool(item.status == Status.received and item.reading is None)


def wants_scans(parts: Parts, reading: Reading) -> bool:
    """Say whether pictures hang on it that are to be read before it is decided."""
    return parts.attached_scans is not None and reading.channel in _AS_MAIL and may_hold_scans(reading)


async def read_item(parts: Parts, item_id: str) -> bool:
    """Read the item in the child process, once; a repeat changes nothing. Ends with a Reading or in quarantine.

    True: its pictures are to be read as well, and nothing stands in the ledger yet. Raises StoreUnavailable,
    ScannerUnavailable, BytesMissing.
    """
    return await _read_item(parts, item_id, lambda reading: wants_scans(parts, reading))


async def read_without_scans(parts: Parts, item_id: str) -> bool:
    """As `read_item`, where nobody could look at the pictures in time: the sender is not kept waiting. Never True."""
    return await _read_item(parts, item_id, lambda _reading: False)


async def _read_item(parts: Parts, item_id: str, waits: Callable[[Reading], bool]) -> bool:
    item = await item_row(parts.ledger, item_id)
    if not is_unread(item):
        return False
    reading = await read(parts, item, in_child=True)
    if reading is None:
        return False
    if waits(reading):
        wrote_down(parts, item_id)
        return True
    if wants_scans(parts, reading):
        reading = with_remarks(reading, (SCAN_UNREAD,))
    await commit_reading(parts.ledger, item_id, reading)
    wrote_down(parts, item_id)
    return False


async def read(parts: Parts, item: Any, *, in_child: bool) -> Reading | None:
    """Return the Reading of an unread item, to be committed; None when the item was quarantined instead.

    Its beginning is durable before the first byte is looked at. One that this process made and could not write down is
    returned again: `wrote_down` says when it is. Where a scanner is configured nothing is made of the bytes before it has
    seen them. Raises StoreUnavailable, ScannerUnavailable, BytesMissing.
    """
    if item.item_id in parts.unwritten:
        return parts.unwritten[item.item_id]
    channel = Channel(item.channel)

    async def made(raw: bytes) -> Reading:
        with parts.measures.reading.labels("child" if in_child else "here").time():
            if in_child:
                return await parts.child_readers[channel](raw, own_addresses=parts.identity.own_addresses)
            return await _read_here(parts, channel, raw)

    found = await begun(parts, item, made, is_short=not in_child)
    if found is None:
        return None
    reading, scan_remarks = found
    reading = with_remarks(reading, scan_remarks)
    parts.unwritten[item.item_id] = reading
    for oldest in list(parts.unwritten)[:-_UNWRITTEN_AT_MOST]:
        del parts.unwritten[oldest]
    return reading


def with_remarks(reading: Reading, remarks: tuple[str, ...]) -> Reading:
    """Return the reading with more remarks."""
    return reading.model_copy(update={"remarks": (*reading.remarks, *remarks)}) if remarks else reading


async def begun(
    parts: Parts, item: Any, made: Callable[[bytes], Awaitable[Made]], *, is_short: bool
) -> tuple[Made, tuple[str, ...]] | None:
    """Return what `made` makes of the item's bytes, and what the virus scan adds to its remarks; None when the item was
    quarantined instead.

    Its beginning is durable before the first byte is looked at; what dies too often is set aside. Raises StoreUnavailable,
    ScannerUnavailable, BytesMissing, SettingsInvalid, and ReaderDied while another beginning is allowed.
    """
    raw = await parts.bytes.get(item.delivery_id)
    if item.readings_begun >= _BEGINNINGS_AT_MOST:
        await set_aside(parts, item, raw, ReaderDied(f"reading began {item.readings_begun} times and never ended"))
        return None
    try:
        scan_remarks = await _scanned(parts, item, raw, is_short=is_short)
    except UnreadableError as error:
        await set_aside(parts, item, raw, error)
        return None
    await begin_reading(parts.ledger, item.item_id)
    try:
        return await made(raw), scan_remarks
    except ReaderDied:
        if item.readings_begun + 1 < BEGINNINGS_ALLOWED:
            raise
        await set_aside(parts, item, raw, ReaderDied("reading ended its process each time: look at the bytes"))
    except SettingsInvalid:
        # What is missing here is no fault of the bytes: they wait until it is mended, however often that is tried.
        await forget_beginning(parts.ledger, item.item_id)
        raise
    except UnreadableError as error:
        await set_aside(parts, item, raw, error)
    return None


def wrote_down(parts: Parts, item_id: str) -> None:
    """Forget what was kept in memory of an item whose reading stands in the ledger."""
    parts.unwritten.pop(item_id, None)


async def _scanned(parts: Parts, item: Any, raw: bytes, *, is_short: bool) -> tuple[str, ...]:
    """Return what the scan adds to the reading's remarks. Raises Infected, TooLargeToScan, ScannerUnavailable."""
    if parts.scanning is None:
        return ()
    with parts.measures.scanning.time():
        return await parts.scanning.require_clean(item.item_id, raw, is_short=is_short)


async def _read_here(parts: Parts, channel: Channel, raw: bytes) -> Reading:
    """Read in a thread of our own process. Raises what the reader raises, and ReaderDied when its time is up."""
    try:
        read = partial(parts.readers[channel], raw, own_addresses=parts.identity.own_addresses)
        return await in_thread(read, _HERE_SECONDS)
    except TimeoutError:
        raise ReaderDied(f"reading took longer than {_HERE_SECONDS:g} seconds") from None


async def set_aside(parts: Parts, item: Any, raw: bytes, error: UnreadableError) -> None:
    """Quarantine the item, with what its header says where it has one."""
    await quarantine(parts.ledger, item.item_id, error, await glimpse(parts, Channel(item.channel), raw))


async def glimpse(parts: Parts, channel: Channel, raw: bytes) -> Reading | None:
    """Return what the header alone says, read in a child: the message has shown that it is dangerous. None: it has none,
    or that cannot be read either.
    """
    if channel not in parts.child_readers:
        return None
    header = raw[:_GLIMPSE_BYTES].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    try:
        reading = await parts.child_readers[channel](header + b"\n\n", own_addresses=parts.identity.own_addresses)
    except UnreadableError:
        return None
    return reading.model_copy(update={"remarks": (*reading.remarks, "header_only")})


async def delivery_of(parts: Parts, item: Any) -> Any:
    """Return the row of the delivery that the item came in."""
    return await delivery_row(parts.ledger, item.delivery_id)
