"""How fast we speak to the relay: so many messages a minute, over so many connections at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_WAITS_SECONDS = 30.0
"""So long an attempt waits for its turn. With its own deadline (80 s at most) it stays below the 2 minutes that it may
take in all (`workflows/item.py`)."""

_WAITING_AT_MOST = 20
"""Others come back later: who waits keeps a place that a department's web service could use. Urgent ones, which are few,
wait beside them."""

_APART_SECONDS = 0.2
"""Those who come back do not come all at once: so far apart at most, and closer when turns are shorter. A relay that hangs
for a while must not keep them away for long after it."""

_CLOSEST_SECONDS = 0.01
"""Each who comes back too early costs an attempt."""

_LASTS_SECONDS = 0.2
"""So long a turn is taken to last before there was one."""

_LATEST_COUNTS = 0.1
"""How much the latest turn weighs in how long turns are."""


class TurnFar(Exception):  # names what happened; it never leaves the adapter
    """The turn does not come soon; `seconds`: after how long to ask again."""

    def __init__(self, seconds: float) -> None:
        """Keep the seconds."""
        super().__init__()
        self.seconds = seconds


class Pace:
    """Gives turns to attempts: urgent ones first, and else in the order in which they ask. Of this process: others do not
    count with it.
    """

    def __init__(self, messages_per_minute: int | None, connections: int) -> None:
        """`messages_per_minute`: None does not limit. They are spread evenly: never more in any minute."""
        self._apart = 60 / messages_per_minute if messages_per_minute else 0.0
        self._free = self._connections = connections
        self._lasts = _LASTS_SECONDS
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()
        self._next_at = 0.0
        self._back_at = 0.0
        self._looks_again: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def turn(self, *, is_urgent: bool = False) -> AsyncIterator[None]:
        """Wait for the turn and keep it for the block. Raises TurnFar when it is too far away."""
        await self._given(is_urgent=is_urgent)
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        try:
            yield
        finally:
            self._lasts += _LATEST_COUNTS * (loop.time() - began_at - self._lasts)
            self._free += 1
            self._give()

    async def _given(self, *, is_urgent: bool) -> None:
        loop = asyncio.get_running_loop()
        over_at = loop.time() + _WAITS_SECONDS
        if not is_urgent and self._is_far(over_at):
            raise TurnFar(self._back_in())
        waiting = self._urgent if is_urgent else self._others
        turn: asyncio.Future[None] = loop.create_future()
        waiting.append(turn)
        self._give()
        try:
            async with asyncio.timeout_at(over_at):
                await turn
        except (TimeoutError, asyncio.CancelledError) as error:
            if turn in waiting:
                waiting.remove(turn)
            elif not turn.cancelled():
                self._free += 1  # it was given at the very moment
                self._give()
            if isinstance(error, TimeoutError):
                raise TurnFar(self._soon() if is_urgent else self._back_in()) from None
            raise

    def _give(self) -> None:
        """Give the turns that can be given now, and look again when the next message may begin."""
        loop = asyncio.get_running_loop()
        if self._looks_again is not None:
            self._looks_again.cancel()
            self._looks_again = None
        while self._free and (waiting := self._urgent or self._others):
            present = loop.time()
            if present < self._next_at:
                self._looks_again = loop.call_at(self._next_at, self._give)
                return
            turn = waiting.popleft()
            if not turn.cancelled():
                self._free -= 1
                self._next_at = present + self._apart
                turn.set_result(None)

    def _is_far(self, over_at: float) -> bool:
        before = len(self._urgent) + len(self._others)
        begins_at = max(asyncio.get_running_loop().time(), self._next_at) + before * self._apart
        return len(self._others) >= _WAITING_AT_MOST or begins_at > over_at

    def _soon(self) -> float:
        return max(1.0, self._next_at - asyncio.get_running_loop().time())

    def _back_in(self) -> float:
        """Return after how many seconds to come back: behind all those who were told so before, as fast as turns end."""
        present = asyncio.get_running_loop().time()
        served = min(_APART_SECONDS, max(_CLOSEST_SECONDS, self._lasts / self._connections))
        self._back_at = max(self._back_at, self._next_at, present + 1) + max(self._apart, served)
        return self._back_at - present
