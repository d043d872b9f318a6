"""How fast we speak to the relay: so many messages a minute, over so many connections at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_WAITS_SECONDS = 30.0
"""So long an attempt waits for its turn. With its own deadline (80 s at most) it stays below the 2 minutes that it may
take in all (`workflows/item.py`)."""

_WAITING_AT_MOST = 20
"""Others come back later: who waits keeps a place that a department's web service could use."""

_APART_SECONDS = 0.2
"""Those who come back do not come all at once."""


class TurnFar(Exception):  # names what happened; it never leaves the adapter
    """The turn does not come soon; `seconds`: after how long to ask again."""

    def __init__(self, seconds: float) -> None:
        """Keep the seconds."""
        super().__init__()
        self.seconds = seconds


class Pace:
    """Gives turns to attempts, in the order in which they ask. Of this process: others do not count with it."""

    def __init__(self, messages_per_minute: int | None, connections: int) -> None:
        """`messages_per_minute`: None does not limit. They are spread evenly: never more in any minute."""
        self._apart = 60 / messages_per_minute if messages_per_minute else 0.0
        self._at_once = asyncio.Semaphore(connections)
        self._waiting = 0
        self._next_at = 0.0
        self._back_at = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the turn and keep it for the block. Raises TurnFar when it is too far away."""
        loop = asyncio.get_running_loop()
        over_at = loop.time() + _WAITS_SECONDS
        if self._waiting >= _WAITING_AT_MOST:
            raise TurnFar(self._back_in())
        self._waiting += 1
        try:
            async with asyncio.timeout_at(over_at) as deadline:
                await self._at_once.acquire()
        except TimeoutError:
            if not deadline.expired():
                raise
            raise TurnFar(self._back_in()) from None
        finally:
            self._waiting -= 1
        try:
            await self._moment(over_at)
            yield
        finally:
            self._at_once.release()

    async def _moment(self, over_at: float) -> None:
        """Wait until the next message may begin."""
        loop = asyncio.get_running_loop()
        begins_at = max(loop.time(), self._next_at)
        if begins_at > over_at:
            raise TurnFar(self._back_in())
        self._next_at = begins_at + self._apart
        self._waiting += 1
        try:
            await asyncio.sleep(begins_at - loop.time())
        finally:
            self._waiting -= 1

    def _back_in(self) -> float:
        """Return after how many seconds to come back: behind all those who were told so before."""
        present = asyncio.get_running_loop().time()
        self._back_at = max(self._back_at, self._next_at, present + 1) + max(self._apart, _APART_SECONDS)
        return self._back_at - present
