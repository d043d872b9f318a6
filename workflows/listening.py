"""Listen: a long-running reader of one source. A wake-up only wakes; a full sweep runs every few minutes anyway.

What stands still is not waited for: while nothing moves there is no heartbeat, and the connection is closed from
another thread. So a mailbox has a reader again within a minute or two, whatever held the last one up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from temporalio import activity

from inbox.errors import Conflict, GatewayError, SourceUnreachable, StoreUnavailable
from inbox.ports import Connection
from store.sources import note_trouble, sign_of_life
from workflows.parts import ConfiguredSource, Parts
from workflows.sweeping import Sweep

log = structlog.get_logger()

LISTENS_SECONDS = 3600.0
"""After this long the activity ends by itself and a fresh one begins."""

_BEATS_SECONDS = 10.0
"""Heartbeats; well below the 45 s after which another worker takes over."""

_SIGNS_SECONDS = 15.0
"""How often a living reader says so in the ledger: one that was silent for 60 s counts as gone (`gateway/api`)."""

_OPENING_TAKES = 5
"""Times the patience: connecting and signing in are several answers, and bytes are not seen to move yet."""

_WAIT_SECONDS = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)
"""Waits between attempts at a source in trouble, the last one for ever."""

_CLOSE_SECONDS = 5.0

_LEAVES_WITHIN_SECONDS = 1.0
"""How often a reader sees whether its source was changed, paused or ended meanwhile."""

_SAYS_SECONDS = 15.0
"""How often a sweep that takes long, such as the first of a large mailbox, says in the log how far it is."""


class _TurnOver(Exception):
    """Others wait for the place, or the source is no longer the one that is read here."""


class Listener:
    """Reads one source until its time is up."""

    def __init__(self, parts: Parts, source_id: str, on_kept: Callable[[], None]) -> None:
        """`on_kept` is called when a sweep kept something, so that the drive need not wait for its turn."""
        self._parts = parts
        self._source_id = source_id
        self._configured: ConfiguredSource = parts.sources[source_id]
        self._patience = self._configured.patience_seconds
        self._on_kept = on_kept
        # One thread for the protocol, one to break it off; more sources never wait for each other.
        self._executor = ThreadPoolExecutor(max_workers=2, thread_name_prefix=f"listen-{source_id}")
        self._connection: Connection | None = None
        self._failures = 0
        self._alarmed: set[str] = set()
        self._untold: GatewayError | None = None
        self._postponed: set[str] = set()
        self._own: set[str] = set()
        self._gives_way_at = float("inf")
        self._moves_until = 0.0
        self._says_at = 0.0
        self._stands_still = False
        self._rests = False
        self._outdated = asyncio.Event()

    async def run(self, seconds: float = LISTENS_SECONDS, *, gives_way: bool = False) -> None:
        """Listen for so long. Trouble is stored once, shown, and tried again with growing waits.

        `gives_way`: other sources wait for the place, so that a sweep that takes longer is broken off as well; the
        next one goes on where it stopped. A source that is changed, paused or ended meanwhile is left within seconds:
        what was fetched of it is kept and told to the source first. Raises SourceUnreachable when nothing moves even
        after the connection was closed: whoever runs us begins afresh.
        """
        until = time.monotonic() + seconds
        if gives_way:
            self._gives_way_at = until
        self._moved()
        tasks = [asyncio.create_task(work) for work in (self._work(until), self._sign(), self._leave_in_time())]
        try:
            await self._watch(tasks)
        finally:
            for task in tasks:
                task.cancel()
            # Not for ever: it may be the store that does not answer.
            await asyncio.wait(tasks, timeout=_CLOSE_SECONDS)
            await self._close()
            self._executor.shutdown(wait=False, cancel_futures=True)
        for task in tasks:
            if task.done() and not task.cancelled():
                task.result()

    async def _watch(self, tasks: list[asyncio.Task[None]]) -> None:
        """Beat while something moves. Close the connection when nothing does; raise when that does not help either."""
        tick = min(_BEATS_SECONDS, self._patience / 6)
        seen: tuple[Connection | None, int] = (None, 0)
        activity.heartbeat()
        while not any(task.done() for task in tasks):
            await asyncio.wait(tasks, timeout=tick, return_when=asyncio.FIRST_COMPLETED)
            connection = self._connection
            shown = (connection, connection.moved_bytes if connection else 0)
            if shown != seen:
                seen = shown
                self._moved()
            late = time.monotonic() - self._moves_until
            if late <= 0:
                activity.heartbeat()
            elif not self._stands_still:
                self._stands_still = True
                if connection is not None:
                    self._executor.submit(connection.close)
            elif late > _CLOSE_SECONDS + tick:
                raise self._standstill()

    async def _leave_in_time(self) -> None:
        """See when the source is no longer the one that is read here, and break off whatever only waits."""
        while True:
            if self._parts.sources.get(self._source_id) is not self._configured:
                self._outdated.set()
                if self._rests and self._connection is not None:
                    self._executor.submit(self._connection.close)
            await asyncio.sleep(_LEAVES_WITHIN_SECONDS)

    def _moved(self, rests_for: float = 0.0) -> None:
        """Something got on. `rests_for`: it is right that nothing moves for so long now."""
        self._moves_until = max(self._moves_until, time.monotonic() + rests_for + self._patience)

    def _standstill(self) -> SourceUnreachable:
        return SourceUnreachable(
            f"source {self._source_id}: nothing moved for {self._patience:g} s: it was left, and is opened again"
        )

    async def _work(self, until: float) -> None:
        while time.monotonic() < until and not self._outdated.is_set():
            try:
                if self._untold is not None:
                    # Nothing can be kept before this can be written: the source is not even opened.
                    await note_trouble(self._parts.ledger, self._source_id, self._untold)
                    self._untold = None
                await self._listen(until)
            except _TurnOver:
                return
            except GatewayError as error:
                if self._outdated.is_set():
                    return
                await self._in_trouble(self._standstill() if self._stands_still else error)

    async def _listen(self, until: float) -> None:
        loop = asyncio.get_running_loop()
        self._connection = await self._open()
        while True:
            # At least one, however long it took to get here: nobody is read by turns that are all spent on opening.
            sweep = Sweep(self._parts, self._configured, self._connection, self._executor, self._postponed, self._own)
            self._says_at = time.monotonic() + _SAYS_SECONDS
            try:
                await sweep.run(partial(self._progress, sweep))
            finally:
                if sweep.kept:
                    self._on_kept()
            await self._out_of_trouble()
            left = until - time.monotonic()
            if left <= 0 or self._outdated.is_set():
                return
            seconds = min(self._configured.sweep_seconds, max(0.1, left))
            self._moved(rests_for=seconds)
            self._rests = True
            try:
                await loop.run_in_executor(self._executor, self._connection.wait, seconds)
            finally:
                self._rests = False
            if self._outdated.is_set():
                return
            self._moves_until = 0.0
            self._moved()

    async def _open(self) -> Connection:
        self._moved(rests_for=self._patience * (_OPENING_TAKES - 1))
        opening = self._executor.submit(self._configured.source.open)
        opened = asyncio.wrap_future(opening)
        leaving = asyncio.ensure_future(self._outdated.wait())
        both: set[asyncio.Future[Any]] = {opened, leaving}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not opened.done():
                raise _TurnOver
            return opened.result()
        except (asyncio.CancelledError, _TurnOver):
            opened.cancel()
            opening.add_done_callback(_close_unused)
            raise
        finally:
            leaving.cancel()
            self._moves_until = 0.0
            self._moved()

    def _progress(self, sweep: Sweep) -> None:
        self._moved()
        if time.monotonic() > self._says_at:
            self._says_at = time.monotonic() + _SAYS_SECONDS
            log.info("sweep_goes_on", source=self._source_id, kept=sweep.kept, to_keep=sweep.to_keep)
        self._on_kept()
        if time.monotonic() > self._gives_way_at or self._outdated.is_set():
            raise _TurnOver

    async def _in_trouble(self, error: GatewayError) -> None:
        await self._close()
        wait = _WAIT_SECONDS[min(self._failures, len(_WAIT_SECONDS) - 1)]
        self._failures += 1
        self._stands_still = False
        self._moved(rests_for=wait)
        await self._tell(error)
        with suppress(TimeoutError):
            seconds = min(wait, max(0.0, self._gives_way_at - time.monotonic()))
            await asyncio.wait_for(self._outdated.wait(), seconds)

    async def _tell(self, error: GatewayError) -> None:
        """Say once per outage what stands in the way: in the log, and in the ledger as soon as that can be."""
        try:
            is_news = await note_trouble(self._parts.ledger, self._source_id, error)
            self._untold = None
        except StoreUnavailable as away:
            self._parts.outage.failed(away)
            is_news, self._untold = True, error
        if is_news and error.code not in self._alarmed:
            # A source's errors name servers, folders and settings, never a message.
            log.warning("source_in_trouble", source=self._source_id, code=error.code, detail=error.detail)
            self._alarmed.add(error.code)

    async def _out_of_trouble(self) -> None:
        if self._failures:
            log.info("source_is_back", source=self._source_id)
        self._failures = 0
        self._alarmed.clear()
        await note_trouble(self._parts.ledger, self._source_id, None)

    async def _sign(self) -> None:
        """Say in the ledger that the source has a living reader, while it has."""
        while True:
            await asyncio.sleep(_SIGNS_SECONDS)
            if self._connection is None or time.monotonic() > self._moves_until:
                continue
            try:
                await sign_of_life(self._parts.ledger, self._source_id)
            except StoreUnavailable as error:
                self._parts.outage.failed(error)
            except Conflict:
                continue  # the next sign is as good

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            closing = asyncio.get_running_loop().run_in_executor(self._executor, connection.close)
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(closing), _CLOSE_SECONDS)


def _close_unused(opening: Future[Connection]) -> None:
    """Close what was opened after everybody had left."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
