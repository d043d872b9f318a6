"""Limit: what would be one notice too many is withheld, or waits for its turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from inbox.acknowledge.limits import LimitName, Room, is_limited, room_in
from inbox.acknowledge.to_caller import TOLD_TODAY
from inbox.configuration.model import Window
from inbox.errors import Conflict, NoticesWait
from inbox.intents import NoticeIntent
from inbox.plan import ItemFacts, compose_limit_reached
from inbox.routing.compiled import CompiledConfiguration
from store.ledger import now
from store.limits import free_at, note_wait, tallied
from store.noticing import claim_notice, drop_notice
from store.texting import was_texted
from workflows.parts import Parts

log = structlog.get_logger()


async def within_limits(
    parts: Parts, facts: ItemFacts, compiled: CompiledConfiguration, render: Callable[[str], NoticeIntent]
) -> NoticeIntent:
    """Return the notice; withheld where a limit is reached, and with a closing paragraph where it is the last.

    Inside `Ledger.as_one`, to whose end it is the only one to its recipient. `render`: makes the notice, with a
    closing paragraph.
    """
    said = render("")
    if said.withheld_because or not is_limited(said.kind):
        return said
    thread_id = said.thread_id if facts.reading.reply_to_ids else ""
    room = room_in(await tallied(parts.ledger, said.rcpt_to, thread_id, compiled.document.limits))
    if room.limited_by is None:
        return said
    if room.withheld_because:
        parts.ledger.after_commit(lambda: _withheld(parts, facts.item_id, room))
        return _emptied(said, room)
    return replace(render(compose_limit_reached(facts, compiled)), limited_by=room.limited_by)


def _emptied(said: NoticeIntent, room: Room) -> NoticeIntent:
    return NoticeIntent(
        notice_id=said.notice_id,
        kind=said.kind,
        ordinal=said.ordinal,
        withheld_because=room.withheld_because,
        rcpt_to=said.rcpt_to,
        thread_id=said.thread_id,
        limited_by=room.limited_by,
    )


def _withheld(parts: Parts, item_id: str, room: Room) -> None:
    limit = LimitName(room.limited_by or "")
    parts.measures.withheld.labels(str(limit)).inc()
    if room.is_first:
        log.warning("notice_withheld_by_limit", item=item_id, limit=str(limit))


async def overall_limit(parts: Parts) -> Window | None:
    """Return the limit on all notices together, as it is now; None: there is none."""
    return (await parts.configurations.current()).document.limits.overall


async def require_turn(parts: Parts, notice: Any, window: Window | None) -> None:
    """Raise NoticesWait while the overall limit is reached."""
    free = await free_at(parts.ledger, notice, window) if window else None
    if window and free:
        raise NoticesWait(window.at_most, window.within_minutes, (free - now()).total_seconds())


async def claim_turn(parts: Parts, notice: Any, window: Window | None, only_since: datetime | None = None) -> str:
    """Claim the notice, unless the overall limit was reached meanwhile: of all who claim only so many may speak.

    `only_since`: it is withheld when another text message went to its number since. Raises NoticesWait, and Conflict
    when another was first.
    """
    if window is None and only_since is None:
        claim_id = await claim_notice(parts.ledger, notice.notice_id)
    else:
        async with parts.ledger.as_one():
            await require_turn(parts, notice, window)
            claim_id = await _claim_as_only(parts, notice, only_since)
    if not claim_id:
        raise Conflict(TOLD_TODAY)
    parts.waiting.went(window)
    return claim_id


async def _claim_as_only(parts: Parts, notice: Any, since: datetime | None) -> str:
    """Claim; or withhold it, and return nothing. What may have been said already counts from its first claim."""
    if since and not notice.doubts and await was_texted(parts.ledger, notice.rcpt_to, since, unless=notice.notice_id):
        await drop_notice(parts.ledger, notice, TOLD_TODAY)
        return ""
    return await claim_notice(parts.ledger, notice.notice_id)


async def wait_for_turn(parts: Parts, notice: Any, error: NoticesWait) -> None:
    """Write down that it waits, and alarm once."""
    await note_wait(parts.ledger, notice, error)
    parts.waiting.waited(Window(at_most=error.at_most, within_minutes=error.within_minutes))
