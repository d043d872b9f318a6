"""Signs of life of long activities: what a killed worker was doing is taken up within half a minute."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import wraps
from typing import TypeVar

from temporalio import activity

Outcome = TypeVar("Outcome")

_BEATS_SECONDS = 5.0
"""Well below the 30 s after which the attempt is taken for dead (`workflows/item.py`)."""


def beating(work: Callable[[str], Awaitable[Outcome]], ends_within: timedelta) -> Callable[[str], Awaitable[Outcome]]:
    """Let the activity beat while it works.

    Beats also bring the news that nobody waits for it any more. What has begun to speak still says its word to the
    end, at most for `ends_within`: broken off it would leave a doubt behind. Only a worker that stops breaks it off.
    """

    @wraps(work)
    async def alive(subject_id: str) -> Outcome:
        working = asyncio.ensure_future(work(subject_id))
        beats = asyncio.create_task(_beat())
        seconds: float | None = None
        try:
            while not working.done():
                try:
                    if not (await asyncio.wait([working], timeout=seconds))[0]:
                        break
                except asyncio.CancelledError:
                    details = activity.cancellation_details()
                    if details is None or details.worker_shutdown:
                        raise
                    seconds = ends_within.total_seconds()
            if not working.done():
                raise asyncio.CancelledError
            return working.result()
        finally:
            beats.cancel()
            working.cancel()
            await asyncio.wait([working, beats])

    return alive


async def _beat() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(_BEATS_SECONDS)
