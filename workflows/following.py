"""Follow notices: a letter or text message that was taken may still fail days later, and nobody calls to say so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from inbox.errors import GatewayError
from inbox.item import NoticeChannel
from store.following import ask_again_at, note_whereabouts, notices_to_ask
from workflows.for_ever import for_ever
from workflows.parts import Parts

log = structlog.get_logger()

_LOOKS_EVERY_SECONDS = 60.0
_AT_ONCE = 50
"""Asked one after the other, once a minute: below what NotifyNL allows (3,000 a minute), and enough for a city."""

_LEAST, _MOST = timedelta(minutes=15), timedelta(days=1)
"""Between two questions about one notice; as long as it is on its way already, for news becomes rarer."""

FOLLOWS_FOR = timedelta(days=8)
"""NotifyNL keeps what it took for seven days unless the service says otherwise: then nobody knows more."""


async def follow_for_ever(parts: Parts) -> None:
    """Ask now and then what became of what was taken, until cancelled. Whatever stands in the way is tried again."""
    if not parts.followers:
        return
    await for_ever(lambda: follow_notices(parts), every_seconds=_LOOKS_EVERY_SECONDS, trouble="following_in_trouble")


async def follow_notices(parts: Parts) -> int:
    """Ask once about every notice that is due; return about how many. Safe from any number of processes at once.

    Raises what stood in the way: at once when nobody answers, else after all have been tried.
    """
    trouble: GatewayError | None = None
    due = await notices_to_ask(parts.ledger, list(parts.followers), _AT_ONCE)
    for notice in due:
        # Put off first: who dies while asking leaves the question to the next turn, and nobody asks twice.
        again_at = _next(notice)
        if not await ask_again_at(parts.ledger, notice, again_at):
            continue
        try:
            await _follow(parts, notice)
        except GatewayError as error:
            if error.is_transient:
                raise  # whoever is away for one is away for all
            trouble = error
    if trouble is not None:
        raise trouble
    return len(due)


def _next(notice: Any) -> datetime | None:
    """Return when to ask again; None: this was the last time."""
    present = datetime.now(UTC)
    age = present - notice.settled_at
    return present + min(max(age, _LEAST), _MOST) if age < FOLLOWS_FOR else None


async def _follow(parts: Parts, notice: Any) -> None:
    found = await parts.followers[NoticeChannel(notice.channel)].whereabouts(notice.remote_id)
    if found is None or found.is_final:
        status, has_failed = (found.status, found.has_failed) if found else ("forgotten", False)
        await note_whereabouts(parts.ledger, notice, status, has_failed=has_failed)
