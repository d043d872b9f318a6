"""Register: a long-running worker at one source of call records. It imports logs, and has quiet calls judged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from store.call_logs import is_half_imported, waiting_logs
from workflows.importing import import_log
from workflows.judging import judge_quiet
from workflows.parts import Parts

REGISTERS_SECONDS = 3600.0
"""After this long the activity ends by itself and a fresh one begins."""

_PAUSE_SECONDS = 1.0
"""How often the ledger is asked for a new log, and for calls that have become quiet."""


async def register(
    parts: Parts, source_id: str, on_judged: Callable[[], None], seconds: float = REGISTERS_SECONDS
) -> None:
    """Import what waits, judge what is quiet, and wait for more, for so long. Raises StoreUnavailable and the like.

    `on_judged` is called when items were made, so that the drive need not wait for its turn. Two may be at one source at
    once: correctness never rests on there being one.
    """
    until = time.monotonic() + seconds

    def goes_on() -> bool:
        return time.monotonic() < until

    while True:
        await register_once(parts, source_id, on_judged, goes_on)
        if not goes_on():
            return
        await asyncio.sleep(_PAUSE_SECONDS)


async def register_once(
    parts: Parts, source_id: str, on_judged: Callable[[], None], goes_on: Callable[[], bool] = lambda: True
) -> None:
    """Import every log that waits now, oldest first; then judge, unless one is in the register only in part."""
    for log_id in await waiting_logs(parts.ledger, source_id):
        await import_log(parts, log_id, goes_on)
        if not goes_on():
            return
    if not await is_half_imported(parts.ledger, source_id):
        await judge_quiet(parts, source_id, on_judged)
