"""Advance: whatever is short on an item's way is done here, once, and what is long or outward is named."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from inbox.channel import Channel
from inbox.errors import (
    BytesMissing,
    ConfigurationInvalid,
    Conflict,
    SettingsInvalid,
    StoreUnavailable,
    TransientError,
    UnreadableError,
)
from inbox.item import ForwardState, NoticeState, Status
from inbox.ports import WantsChild
from inbox.reading import Reading
from store.deciding import Standing, standing
from store.events import failure_count
from store.reading import commit_reading, item_row, quarantine
from workflows.attempts import named
from workflows.deciding import decide_item, link_item
from workflows.launching import is_launched, launch_item
from workflows.names import Work
from workflows.parts import Parts
from workflows.reading import delivery_of, glimpse, is_scan, is_unread, read, wants_child, wants_scans, wrote_down

Outcome = TypeVar("Outcome")

_LOOKS = 8
"""How often somebody else may change the item under our hands before we come back later."""

_FAULTS_ALLOWED = 4
"""The fault of our own in link or decide that sets the item aside, visible."""

_TIMES_WITHOUT_BYTES = 12
"""Bytes that are missing may be on a share that comes back: more than half an hour is given."""

_DRIVEN = (Status.triage, Status.forwarding, Status.forwarded, Status.accepted, Status.returned)


async def advance(parts: Parts, item_id: str) -> Work:
    """Run the line from the top for one item; each step that the ledger shows as done is passed over.

    The reading's beginning is durable before it begins. What follows it is one transaction: reading, links, decision
    and intents stand together, or none of them does. When one of them cannot be done they are taken one by one, so that
    what could be done stays.
    """
    reading: Reading | None = None
    are_one = True
    for _ in range(_LOOKS):
        item = await item_row(parts.ledger, item_id)
        if reading is None and is_unread(item):
            found = await _read_or_name(parts, item)
            if isinstance(found, Work):
                return found
            reading = found
        try:
            work = await (_all_steps if are_one else _step)(parts, item_id, reading)
        except Conflict:
            continue
        except StoreUnavailable:
            raise
        except Exception:
            if not are_one:
                raise
            are_one = False
            continue
        if work is not None:
            wrote_down(parts, item_id)
            return work
    raise TransientError(f"item {item_id} keeps changing")


async def _read_or_name(parts: Parts, item: Any) -> Reading | Work | None:
    """Return the item's Reading; or the work that reads it, when that is too long for a step; or None when it was set
    aside.
    """
    if is_scan(parts, item):
        return Work(unfold=True)
    if wants_child(parts, item, await delivery_of(parts, item)):
        return Work(read_large=True)
    try:
        reading = await read(parts, item, in_child=False)
    except WantsChild:
        return Work(read_large=True)
    if reading is not None and wants_scans(parts, reading):
        wrote_down(parts, item.item_id)
        return Work(read_attached=True)
    return reading


async def guarded(parts: Parts, item_id: str, work: Callable[[], Awaitable[Outcome]]) -> Outcome | None:
    """Do a step of an item; one that cannot be done for a reason of its own is set aside at last: None.

    What lies outside the item (the store, the settings, a configuration) is waited for without end, and does not count.
    """
    try:
        return await work()
    except (TransientError, SettingsInvalid, ConfigurationInvalid):
        raise
    except Exception as error:
        allowed = _TIMES_WITHOUT_BYTES if isinstance(error, BytesMissing) else _FAULTS_ALLOWED
        item = await item_row(parts.ledger, item_id)
        if item.status != Status.received or await failure_count(parts.ledger, item, error) + 1 < allowed:
            raise
        seen = None if item.reading is not None else await _glimpsed(parts, item)
        await quarantine(parts.ledger, item_id, UnreadableError(named(error).detail), seen, was_read=True)
        return None


async def _glimpsed(parts: Parts, item: Any) -> Reading | None:
    """Return what the header alone says of an item that was never read: its sender is to be told."""
    try:
        raw = await parts.bytes.get(item.delivery_id)
    except BytesMissing:
        return None
    return await glimpse(parts, Channel(item.channel), raw)


async def advance_guarded(parts: Parts, item_id: str) -> Work:
    """As `advance`; an item that cannot be advanced for a reason of its own is quarantined at last."""
    done = await guarded(parts, item_id, lambda: advance(parts, item_id))
    return done if done is not None else await advance(parts, item_id)


async def _all_steps(parts: Parts, item_id: str, reading: Reading | None) -> Work | None:
    """Take all steps in one transaction, or none when none is left; None asks to look again."""
    if reading is None:
        stands = await standing(parts.ledger, item_id)
        if _is_at_rest(stands):
            return _left(stands)
    async with parts.ledger.as_one():
        for _ in range(_LOOKS):
            work = await _step(parts, item_id, reading)
            if work is not None:
                return work
    return None


async def _step(parts: Parts, item_id: str, reading: Reading | None) -> Work | None:
    """Take one more step, or return what is left to do; None asks to look again."""
    item = await item_row(parts.ledger, item_id)
    if item.status == Status.received:
        if item.reading is None:
            if reading is not None:
                await commit_reading(parts.ledger, item_id, reading)
            return None
        if not item.is_link_settled:
            await link_item(parts, item)
            return None
        if item.decided_version is None:
            await decide_item(parts, item)
            return None
    stands = await standing(parts.ledger, item_id)
    if await launch_item(parts, stands):
        return None
    return _left(stands)


def _is_at_rest(stands: Standing) -> bool:
    item = stands.item
    is_decided = item.reading is not None and item.is_link_settled and item.decided_version is not None
    return (item.status != Status.received or is_decided) and is_launched(stands)


def _left(stands: Standing) -> Work:
    notices = tuple(
        notice.notice_id for notice in stands.notices if NoticeState(notice.state).is_open and notice.settled_at is None
    )
    forwards = tuple(
        forward.forward_id
        for forward in stands.forwards
        if ForwardState(forward.state).is_open and forward.state != ForwardState.withdrawing
    )
    withdrawals = tuple(forward.forward_id for forward in stands.forwards if forward.state == ForwardState.withdrawing)
    return Work(
        notices=notices,
        forwards=forwards,
        withdrawals=withdrawals,
        stays_open=stands.item.status in _DRIVEN and not stands.item.held_because,
    )
