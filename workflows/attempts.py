"""What every outward attempt has in common: its turn to speak, doubts, and when it is time to stop trying."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from inbox.errors import AnswerLost, Conflict, GatewayError, StoreUnavailable, UnderWay, Unexpected

KEEPS_TRYING = timedelta(days=5)
"""After so long a person must look (RFC 5321 section 4.5.4.1 asks for at least 4 to 5 days)."""

WITHDRAWS_FOR = timedelta(hours=4)
"""How long we try to tell a department that something is no longer theirs: the next department waits for it."""

_ASKS_AGAIN_FIRST, _ASKS_AGAIN_AT_LEAST = timedelta(seconds=1.5), timedelta(seconds=15)
"""A withdrawal waits for the word of the attempt that is speaking, which mostly comes within moments and long before its
claim is over: it asks again when the claim is twice as old, beginning soon, and never more rarely than so."""

DOUBTS_ALLOWED = 3
"""Whom we cannot ask may hold what we said, or not. Telling nobody is worse than an identical copy with the same
Message-ID, so the same bytes go out up to three times more; then a person looks."""

_PAUSES_AFTER_DOUBTS = (1.0, 15.0, 120.0)
"""Seconds before the same bytes go once more: what swallowed one answer may swallow the next."""

_KEEPS_WRITING = timedelta(seconds=60)
"""So long an outcome is written again and again while the ledger is away or others stand in the way: nobody else knows
it, and an outcome that is not written down becomes a doubt, and an identical copy."""

_WRITES_EVERY_SECONDS = 0.5

_SPEAKS_FOR = 0.9
"""Of the claim. The rest is for writing the outcome down before anybody takes the attempt for dead."""


class Turn:
    """One attempt's turn to speak: it begins with the claim, and ends before the claim is over, whatever happens."""

    def __init__(self, lasts: timedelta, claim: Callable[[], Awaitable[str]]) -> None:
        """`lasts`: how long the claim is respected. `claim`: makes it in the ledger and returns its id."""
        self._seconds = lasts.total_seconds() * _SPEAKS_FOR
        self._claim = claim
        self._deadline = asyncio.timeout(None)
        self.claim_id: str | None = None
        """None while nothing can have been said."""

    async def claim(self) -> None:
        """Claim; the rest of the attempt must fit in the turn. Raises Conflict when another was first."""
        loop = asyncio.get_running_loop()
        # From before the claim is written: others count from the moment that stands in it.
        over_at = loop.time() + self._seconds
        self.claim_id = await self._claim()
        if loop.time() >= over_at:
            raise StoreUnavailable("the claim took as long as it lasts: nothing was said")
        self._deadline.reschedule(over_at)

    @asynccontextmanager
    async def bounded(self) -> AsyncIterator[None]:
        """Break off what has not ended when the turn is over. Raises AnswerLost then."""
        try:
            async with self._deadline:
                yield
        except TimeoutError:
            if not self._deadline.expired():
                raise
            raise AnswerLost("no end within the time of its claim") from None


async def require_claim_over(
    lasts: timedelta, row: Any, redate: Callable[[], Awaitable[None]], *, asks_often: bool = False
) -> None:
    """Raise UnderWay while the row's claim may still belong to a living attempt.

    No claim is made later than now: one that says so was dated by a clock that was set back since, and `redate` dates
    it now, so that it lasts no longer than any other. `asks_often`: come back earlier than when the claim is over, its outcome may be known
    by then.
    """
    age = datetime.now(UTC) - row.claimed_at
    if age < timedelta(0):
        await redate()
        age = timedelta(0)
    if age < lasts:
        left = lasts - age
        pause = min(left, max(age, _ASKS_AGAIN_FIRST), _ASKS_AGAIN_AT_LEAST) if asks_often else left
        raise UnderWay(pause.total_seconds())


async def written(outcome: Callable[[], Awaitable[None]]) -> None:
    """Write the outcome of an attempt down, also when the ledger is away for a moment, or when other transactions stand
    in the way (of those that wait for each other PostgreSQL ends some, and a bystander with them): nothing was written
    then. Raises StoreUnavailable, or Conflict, when that does not end.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + _KEEPS_WRITING.total_seconds()
    while True:
        try:
            await outcome()
        except (StoreUnavailable, Conflict):
            if loop.time() >= until:
                raise
            await asyncio.sleep(_WRITES_EVERY_SECONDS)
        else:
            return


def pause_after_doubts(doubts: int) -> float:
    """Return how many seconds to wait before the same bytes go once more. `doubts`: counted from 1."""
    return _PAUSES_AFTER_DOUBTS[min(max(doubts, 1), len(_PAUSES_AFTER_DOUBTS)) - 1]


def is_over_time(made_at: datetime, term: timedelta = KEEPS_TRYING) -> bool:
    """Say whether trying has lasted long enough."""
    return datetime.now(UTC) - made_at > term


def named(error: Exception) -> GatewayError:
    """Return our own error as it is, and any other by its type alone."""
    return error if isinstance(error, GatewayError) else Unexpected(f"a fault in the gateway: {type(error).__name__}")
