"""Keep: one sweep over a source. Bytes first, then the ledger, and only then the source is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from inbox.errors import BytesMissing, PermanentError, SourceUnreachable
from inbox.item import HeldBecause
from inbox.ports import Connection, Fetched
from store.keeping import NewDelivery, delivery_id, keep, known_positions, note_confirmed
from store.sources import finish_sweep, record_look, source_row
from workflows.parts import ConfiguredSource, Parts

Result = TypeVar("Result")
InThread = Callable[..., Any]

_CLOCK_MAY_DIFFER = timedelta(minutes=5)
"""A source's moment so far ahead of ours is still believed; further ahead it is our own moment that counts."""


class Sweep:
    """One full look at one source, and everything in it kept."""

    def __init__(
        self,
        parts: Parts,
        configured: ConfiguredSource,
        connection: Connection,
        executor: Executor,
        postponed: set[str],
    ) -> None:
        """`connection` is used in one thread of `executor` at a time.

        `postponed`: positions whose fetch broke an earlier sweep off; they come last, so that one delivery that a
        server cannot give stops itself and not those behind it. This sweep adds its own.
        """
        self._parts = parts
        self._configured = configured
        self._source_id = configured.source.source_id
        self._connection = connection
        self._executor = executor
        self._postponed = postponed
        self.kept = 0
        """New deliveries of this sweep."""

    async def run(self, on_progress: Callable[[], None]) -> None:
        """Look, write down what is there, then keep and confirm each, oldest first.

        `on_progress` is called after each delivery. Raises SourceUnreachable, StoreUnavailable and the like: the next
        sweep goes on where this one stopped, since everything is looked up first.
        """
        sighting = await self._call(self._connection.look)
        sweep_id = await record_look(self._parts.ledger, self._source_id, sighting)
        known = await known_positions(self._parts.ledger, sighting.key_space)
        vanished = []
        unconfirmed: PermanentError | None = None
        for position in sorted(sighting.positions, key=self._postponed.__contains__):
            if known.get(position):
                continue
            if position not in known and not await self._keep(sighting.key_space, position):
                vanished.append(position)
                continue
            try:
                await self._confirm(sighting.key_space, position)
            except PermanentError as error:
                # It is kept. That the source cannot be told (a folder missing, say) stops nothing behind it.
                unconfirmed = unconfirmed or error
            on_progress()
        if unconfirmed is not None:
            raise unconfirmed
        await finish_sweep(self._parts.ledger, self._source_id, sweep_id, vanished)

    async def _keep(self, key_space: str, position: str) -> bool:
        identity = delivery_id(key_space, position)
        try:
            fetched: Fetched | None = await self._call(self._connection.fetch, position)
            if fetched is None:
                return False
            sha256, size_bytes = await self._parts.bytes.put(identity, self._chunks(fetched.chunks))
        except SourceUnreachable:
            self._postponed.add(position)
            raise
        self._postponed.discard(position)
        received_at, basis = _received(fetched.source_received_at)
        row = await source_row(self._parts.ledger, self._source_id)
        is_observed = row.mode != "live"
        await keep(
            self._parts.ledger,
            NewDelivery(
                source_id=self._source_id,
                channel=self._configured.channel,
                key_space=key_space,
                position=position,
                sha256=sha256,
                size_bytes=size_bytes,
                media_type=self._configured.media_type,
                received_at=received_at,
                received_basis=basis,
                confidentiality=self._configured.confidentiality,
                held_because=_held(is_observed, received_at, row.live_from),
                is_observed=is_observed,
            ),
        )
        self.kept += 1
        if await self._parts.bytes.size(identity) != size_bytes:
            raise BytesMissing(f"delivery {identity} was committed and its bytes are not there: look at `bytes_folder`")
        return True

    async def _confirm(self, key_space: str, position: str) -> None:
        await self._call(self._connection.confirm, position)
        await note_confirmed(self._parts.ledger, key_space, position)

    async def _chunks(self, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
        while (chunk := await self._call(_next, chunks)) is not None:
            yield chunk

    async def _call(self, work: Callable[..., Result], *arguments: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)


def _next(chunks: Iterator[bytes]) -> bytes | None:
    return next(chunks, None)


def _received(source_received_at: datetime | None) -> tuple[datetime, str]:
    present = datetime.now(UTC)
    if source_received_at is None or source_received_at > present + _CLOCK_MAY_DIFFER:
        return present, "kept"
    return min(source_received_at, present), "source"


def _held(is_observed: bool, received_at: datetime, live_from: datetime) -> HeldBecause | None:
    if is_observed:
        return HeldBecause.observe
    return HeldBecause.before_live_from if received_at < live_from else None
