"""Listen: a long-running reader of one source. A wake-up only wakes; a full sweep runs every few minutes anyway."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import structlog
from temporalio import activity

from inbox.errors import GatewayError
from inbox.ports import Connection
from store.sources import note_trouble, sign_of_life
from workflows.parts import ConfiguredSource, Parts
from workflows.sweeping import Sweep

log = structlog.get_logger()

LISTENS_SECONDS = 3600.0
"""After this long the activity ends by itself and a fresh one begins."""

_BEATS_SECONDS = 10.0
"""Heartbeats; well below the 45 s after which another worker takes over."""

_WAIT_SECONDS = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)
"""Waits between attempts at a source in trouble, the last one for ever."""

_CLOSE_SECONDS = 5.0


class Listener:
    """Reads one source until its time is up."""

    def __init__(self, parts: Parts, source_id: str, on_kept: Callable[[], None]) -> None:
        """`on_kept` is called when a sweep kept something, so that the drive need not wait for its turn."""
        self._parts = parts
        self._source_id = source_id
        self._configured: ConfiguredSource = parts.sources[source_id]
        self._on_kept = on_kept
        # One thread for the protocol, one to break it off; more sources never wait for each other.
        self._executor = ThreadPoolExecutor(max_workers=2, thread_name_prefix=f"listen-{source_id}")
        self._connection: Connection | None = None
        self._failures = 0
        self._postponed: set[str] = set()

    async def run(self, seconds: float = LISTENS_SECONDS) -> None:
        """Listen for so long. Trouble is stored once, shown, and tried again with growing waits."""
        until = time.monotonic() + seconds
        beats = asyncio.create_task(self._beat())
        try:
            while time.monotonic() < until:
                try:
                    await self._listen(until)
                except GatewayError as error:
                    await self._in_trouble(error)
        finally:
            beats.cancel()
            with suppress(asyncio.CancelledError):
                await beats
            await self._close()
            self._executor.shutdown(wait=False, cancel_futures=True)

    async def _listen(self, until: float) -> None:
        loop = asyncio.get_running_loop()
        self._connection = await loop.run_in_executor(self._executor, self._configured.source.open)
        while time.monotonic() < until:
            sweep = Sweep(self._parts, self._configured, self._connection, self._executor, self._postponed)
            try:
                await sweep.run(self._progress)
            finally:
                if sweep.kept:
                    self._on_kept()
            await self._out_of_trouble()
            seconds = min(self._configured.sweep_seconds, max(0.1, until - time.monotonic()))
            await loop.run_in_executor(self._executor, self._connection.wait, seconds)
            await sign_of_life(self._parts.ledger, self._source_id)

    def _progress(self) -> None:
        self._on_kept()

    async def _in_trouble(self, error: GatewayError) -> None:
        await self._close()
        wait = _WAIT_SECONDS[min(self._failures, len(_WAIT_SECONDS) - 1)]
        self._failures += 1
        if await note_trouble(self._parts.ledger, self._source_id, error):
            # Once per change, not per attempt. A source's errors name servers, folders and settings, never a message.
            log.warning("source_in_trouble", source=self._source_id, code=error.code, detail=error.detail)
        await asyncio.sleep(wait)

    async def _out_of_trouble(self) -> None:
        if self._failures:
            log.info("source_is_back", source=self._source_id)
        self._failures = 0
        await note_trouble(self._parts.ledger, self._source_id, None)

    async def _beat(self) -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(_BEATS_SECONDS)

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            closing = asyncio.get_running_loop().run_in_executor(self._executor, connection.close)
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(closing), _CLOSE_SECONDS)
