"""What a process looks after beside the work, again and again, until it is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger()


async def for_ever(look: Callable[[], Awaitable[object]], *, every_seconds: float, trouble: str) -> None:
    """Look, wait, and look again, until cancelled. Whatever stands in the way is tried again, and said once per outage.

    `trouble`: the event's name in the log, which gets the error's code and none of its words.
    """
    in_trouble = False
    while True:
        try:
            await look()
            in_trouble = False
        except Exception as error:  # noqa: BLE001  the border: the next look may go better
            if not in_trouble:
                log.warning(trouble, code=getattr(error, "code", type(error).__name__))
            in_trouble = True
        await asyncio.sleep(every_seconds)
