"""Keep: one sweep over a source. Bytes first, then the ledger, and only then the source is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from inbox.errors import BytesMissing, PermanentError, SourceUnreachable
from inbox.item import HeldBecause
from inbox.ports import Connection, Fetched, Sighting
from store.keeping import Kept, NewDelivery, delivery_id, keep, known_positions, note_confirmed
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
        vanished: list[str] = []
        try:
            await self._keep_all(sighting, known, vanished, on_progress)
        except BaseException:
            # What is gone is written down also when the sweep does not reach its end.
            await finish_sweep(self._parts.ledger, self._source_id, sweep_id, vanished, is_whole=False)
            raise
        await finish_sweep(self._parts.ledger, self._source_id, sweep_id, vanished, is_whole=True)

    async def _keep_all(
        self, sighting: Sighting, known: dict[str, Kept], vanished: list[str], on_progress: Callable[[], None]
    ) -> None:
        unconfirmed: PermanentError | None = None
        for position in sorted(sighting.positions, key=self._postponed.__contains__):
            kept = known.get(position)
            if kept is not None and kept.is_confirmed:
                continue
            if kept is None:
                if not await self._keep(sighting.key_space, position):
                    vanished.append(position)
                    continue
            else:
                await self._require_bytes(sighting.key_space, position, kept)
            try:
                await self._confirm(sighting.key_space, position)
            except PermanentError as error:
                # It is kept. That the source cannot be told (a folder missing, say) stops nothing behind it.
                unconfirmed = unconfirmed or error
            on_progress()
        if unconfirmed is not None:
            raise unconfirmed

    async def _require_bytes(self, key_space: str, position: str, kept: Kept) -> None:
        """Before a source is told late: see that the bytes are there, and fetch them again when they are not."""
        identity = delivery_id(key_space, position)
        if await self._parts.bytes.size(identity) == kept.size_bytes:
            return
        fetched = await self._call(self._connection.fetch, position)
        if fetched is not None:
            digest, _ = await self._parts.bytes.put(identity, self._chunks(fetched.chunks))
            if digest == kept.sha256 and await self._parts.bytes.size(identity) == kept.size_bytes:
                return
        raise BytesMissing(f"delivery {identity} is in the ledger and its bytes are not there: look at the byte store")

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
