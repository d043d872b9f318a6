"""Keep: one sweep over a source. Bytes first, then the ledger, and only then the source is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import Executor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import Any, TypeVar

from inbox.errors import BytesMissing, PermanentError, SourceUnreachable, StoreUnavailable
from inbox.item import HeldBecause
from inbox.ports import Connection, GoesOn, ShowsNoKept, Stored, WatchesAnswers
from store.answers import note_answers
from store.going_on import latest_positions
from store.keeping import (
    Kept,
    NewDelivery,
    delivery_id,
    keep_all,
    known_positions,
    note_confirmed,
    unconfirmed_positions,
)
from store.sources import finish_sweep, record_look, source_row
from workflows.parts import ConfiguredSource, Parts
from workflows.visit import Haul, Taken, Told, confirm, fetch

Result = TypeVar("Result")

_AT_ONCE = 64
"""Deliveries in a batch. More of them gain little: then the files are what takes the time."""

_CLOCK_MAY_DIFFER = timedelta(minutes=5)
"""A source's moment so far ahead of ours is still believed; further ahead it is our own moment that counts."""

_KEEPER_TELLS = timedelta(seconds=30)
"""So long the source is left to the reader that kept a delivery: two who move one mail at once leave two of it."""


class Sweep:
    """One full look at one source, and everything in it kept."""

    def __init__(
        self,
        parts: Parts,
        configured: ConfiguredSource,
        connection: Connection,
        executor: Executor,
        postponed: set[str],
        own: set[str] | None = None,
        *,
        at_once: int = _AT_ONCE,
        keeper_tells: timedelta = _KEEPER_TELLS,
    ) -> None:
        """`connection` is used in one thread of `executor` at a time. `at_once`: deliveries kept together, at most.

        `postponed`: positions at which an earlier sweep broke off; they come last and alone, so that one delivery that
        a server cannot give stops itself and not the others. This sweep adds its own.
        `own`: positions that this reader kept and the source was not told of yet. This sweep adds its own.
        `keeper_tells`: so long those that another reader kept are left to it.
        """
        self._parts = parts
        self._configured = configured
        self._source_id = configured.source.source_id
        self._connection = connection
        self._executor = executor
        self._postponed = postponed
        self._own = set() if own is None else own
        self._at_once = at_once
        self._keeper_tells = keeper_tells
        self._key_space = ""
        self._shown: Set[str] = frozenset()
        self._source: Any = None
        self._vanished: list[str] = []
        self._trouble: PermanentError | None = None
        self._on_progress: Callable[[], None] = _nothing
        self.kept = 0
        """New deliveries of this sweep."""
        self.to_keep = 0
        """How many were not kept yet when it began."""
        self.looks_again_within = timedelta.max
        """Then another reader's time to tell the source of what it kept is over."""

    async def run(self, on_progress: Callable[[], None]) -> None:
        """Look, write down what is there, then keep and confirm it batch by batch, oldest first.

        `on_progress` is called after each batch; it may end the sweep by raising. Raises SourceUnreachable,
        StoreUnavailable and the like: the next sweep goes on where this one stopped, since everything is looked up
        first. What stops a single delivery (a PermanentError) is raised at the end.
        """
        self._on_progress = on_progress
        # First: who was answered by hand is then known before an acknowledgement is made.
        await self._note_answers()
        await self._let_go_on()
        sighting = await self._call(self._connection.look)
        self._key_space = sighting.key_space
        self._shown = frozenset(sighting.positions)
        sweep_id = await record_look(self._parts.ledger, self._source_id, sighting)
        self._source = await source_row(self._parts.ledger, self._source_id)
        known = await known_positions(self._parts.ledger, sighting.key_space, sighting.positions)
        unconfirmed = await unconfirmed_positions(self._parts.ledger, sighting.key_space)
        try:
            await self._keep_all(sighting.positions, known, unconfirmed)
        except BaseException:
            # What is gone is written down also when the sweep does not reach its end. What ended it is what is told.
            with suppress(StoreUnavailable):
                await self._finish(sweep_id, is_whole=False)
            raise
        await self._finish(sweep_id, is_whole=True)

    async def _finish(self, sweep_id: int, *, is_whole: bool) -> None:
        # What another reader kept and took away meanwhile has not vanished.
        kept = await known_positions(self._parts.ledger, self._key_space, self._vanished) if self._vanished else {}
        vanished = [position for position in self._vanished if position not in kept]
        await finish_sweep(self._parts.ledger, self._source_id, sweep_id, vanished, is_whole=is_whole)

    async def _let_go_on(self) -> None:
        if isinstance(going := self._connection, GoesOn):
            kept, seen = await latest_positions(self._parts.ledger, self._source_id, going.key_space, going.hears)
            await self._call(going.goes_on, kept, seen)

    async def _note_answers(self) -> None:
        if not isinstance(self._connection, WatchesAnswers):
            return
        row = await source_row(self._parts.ledger, self._source_id)
        try:
            seen = await self._call(self._connection.answers, row.sent_key_space or "", row.sent_position or "")
        except PermanentError as error:
            # No folder of sent mail is no reason to leave the inbox alone: it is told at the end.
            self._trouble = error
            return
        if seen is not None and (seen.answers or (seen.key_space, seen.position) != _sent_mark(row)):
            await note_answers(self._parts.ledger, self._source_id, seen)

    async def _keep_all(
        self, positions: Sequence[str], known: Mapping[str, Kept], unconfirmed: Mapping[str, Kept]
    ) -> None:
        """Keep what is new; then tell the source of what it was not told of when it was kept; then try the postponed.

        A postponed one may end the connection: everything before it is kept and told by then.
        """
        # The source was told of those, or somebody took them away: the outcome is what could not be written down.
        await note_confirmed(self._parts.ledger, self._key_space, sorted(unconfirmed.keys() - set(positions)))
        untold = {**unconfirmed, **self._came_again(known)}
        late = {position: kept for position, kept in untold.items() if self._falls_to_us(position, kept)}
        open_ones = [position for position in positions if position in late or position not in known]
        postponed = [position for position in open_ones if position in self._postponed]
        self.to_keep = sum(position not in late for position in open_ones)
        others = [position for position in open_ones if position not in self._postponed]
        await self._keep_new([position for position in others if position not in late], self._at_once)
        await self._confirm_late({position: late[position] for position in others if position in late}, self._at_once)
        # In any order: whatever breaks off again must not stand before the same others each time.
        SystemRandom().shuffle(postponed)
        for position in postponed:
            if position in late:
                await self._confirm_late({position: late[position]}, 1)
            else:
                await self._keep_new([position], 1)
        if self._trouble is not None:
            raise self._trouble

    def _came_again(self, known: Mapping[str, Kept]) -> dict[str, Kept]:
        """Return what is kept, was told, and is shown all the same: it is one delivery, and need not stay there."""
        if not (isinstance(self._connection, ShowsNoKept) and self._connection.shows_no_kept):
            return {}
        return {position: kept for position, kept in known.items() if kept.is_confirmed}

    def _falls_to_us(self, position: str, kept: Kept) -> bool:
        """Say whether it is for this reader to tell the source of what is kept."""
        left = kept.kept_at + self._keeper_tells - datetime.now(UTC)
        # A moment ahead of us is of a clock that was set back since.
        if position in self._own or left <= timedelta() or left > self._keeper_tells:
            return True
        self.looks_again_within = min(self.looks_again_within, left)
        return False

    async def _keep_new(self, positions: Sequence[str], at_once: int) -> None:
        while positions:
            haul: Haul = await self._call(fetch, self._connection, positions[:at_once])
            tried, positions = positions[: haul.tried], positions[haul.tried :]
            self._vanished += haul.gone
            self._postponed.difference_update(tried)
            if haul.broken is not None:
                brought = {one.position for one in haul.taken} | set(haul.gone)
                self._postponed.update(set(tried) - brought)
            durable = await self._keep_haul(haul.taken)
            if haul.broken is not None:
                # What was fetched before is kept. The next connection tells the source of it.
                raise haul.broken
            await self._confirm(durable)
            self._on_progress()

    async def _keep_haul(self, taken: Sequence[Taken]) -> list[str]:
        """Make it durable and write it down; return the positions that the source may be told of."""
        whole = [one for one in taken if one.rest is None]
        durable = []
        if whole:
            identities = {delivery_id(self._key_space, one.position): b"".join(one.pieces) for one in whole}
            stored = await self._parts.bytes.put_all(identities)
            durable += await self._write_down(whole, stored)
        for large in (one for one in taken if one.rest is not None):
            # It may take long: those that came with it are in the ledger meanwhile.
            identity = delivery_id(self._key_space, large.position)
            try:
                put = await self._parts.bytes.put(identity, self._chunks(large))
            except SourceUnreachable:
                self._postponed.add(large.position)
                raise
            durable += await self._write_down([large], {identity: put})
        return durable

    async def _write_down(self, taken: Sequence[Taken], stored: Mapping[str, Stored]) -> list[str]:
        """Commit what is durable; return the positions of which the bytes are there after the commit (invariant 1)."""
        new = [self._delivery(one, stored[delivery_id(self._key_space, one.position)]) for one in taken]
        made = await keep_all(self._parts.ledger, new, self._shown)
        self.kept += len(made)
        self._own.update(made)
        expected = {one.position: Stored(one.sha256, one.size_bytes) for one in new}
        if len(made) < len(new):
            # Another reader kept some, and tells the source. What counts is what the ledger says of them.
            others = expected.keys() - made.keys()
            known = await known_positions(self._parts.ledger, self._key_space, sorted(others))
            for position, kept in known.items():
                if expected.pop(position).sha256 != kept.sha256:
                    self._is_missing(position)
            self.looks_again_within = min(self.looks_again_within, self._keeper_tells)
        sizes = await self._sizes(expected)
        durable = []
        for position, one in expected.items():
            if sizes[position] == one.size_bytes:
                durable.append(position)
            else:
                self._is_missing(position)
        return durable

    async def _confirm_late(self, late: Mapping[str, Kept], at_once: int) -> None:
        """Tell the source of what was kept before; first see that the bytes are there, and else fetch them again."""
        waiting = list(late)
        while waiting:
            batch, waiting = waiting[:at_once], waiting[at_once:]
            sizes = await self._sizes(batch)
            durable = []
            for position in batch:
                if sizes[position] == late[position].size_bytes or await self._repair(position, late[position]):
                    durable.append(position)
                else:
                    self._is_missing(position)
            await self._confirm(durable)
            self._on_progress()

    async def _repair(self, position: str, kept: Kept) -> bool:
        """Fetch it again and put its bytes back; return whether they are there now."""
        identity = delivery_id(self._key_space, position)
        haul: Haul = await self._call(fetch, self._connection, [position])
        try:
            if haul.broken is not None:
                raise haul.broken
            for taken in haul.taken:
                await self._parts.bytes.repair(identity, self._chunks(taken), kept.sha256)
        except SourceUnreachable:
            self._postponed.add(position)
            raise
        return (await self._sizes([position]))[position] == kept.size_bytes

    async def _confirm(self, positions: Sequence[str]) -> None:
        """Tell the source, and note that it was told."""
        while positions:
            told: Told = await self._call(confirm, self._connection, positions)
            tried, positions = positions[: told.tried], positions[told.tried :]
            await note_confirmed(self._parts.ledger, self._key_space, told.confirmed)
            # They are kept. That the source cannot be told stops nothing behind them.
            self._trouble = self._trouble or told.refused
            if told.broken is not None:
                self._postponed.add(tried[-1])
                raise told.broken
            self._postponed.difference_update(told.confirmed)
            self._own.difference_update(told.confirmed)

    def _is_missing(self, position: str) -> None:
        identity = delivery_id(self._key_space, position)
        self._trouble = self._trouble or BytesMissing(
            f"delivery {identity} is in the ledger and its bytes are not there: look at the byte store"
        )

    async def _sizes(self, positions: Iterable[str]) -> dict[str, int | None]:
        identities = {position: delivery_id(self._key_space, position) for position in positions}
        sizes = await self._parts.bytes.sizes(list(identities.values()))
        return {position: sizes[identity] for position, identity in identities.items()}

    def _delivery(self, taken: Taken, stored: Stored) -> NewDelivery:
        received_at, basis = received(taken.source_received_at)
        is_observed = self._source.mode != "live"
        return NewDelivery(
            source_id=self._source_id,
            channel=self._configured.channel,
            key_space=self._key_space,
            position=taken.position,
            sha256=stored.sha256,
            size_bytes=stored.size_bytes,
            media_type=self._configured.media_type,
            received_at=received_at,
            received_basis=basis,
            confidentiality=self._configured.confidentiality,
            held_because=held_because(is_observed, received_at, self._source.live_from),
            is_observed=is_observed,
            is_call_log=self._configured.holds_calls,
        )

    async def _chunks(self, taken: Taken) -> AsyncIterator[bytes]:
        for piece in taken.pieces:
            yield piece
        while taken.rest is not None and (chunk := await self._call(_next, taken.rest)) is not None:
            yield chunk

    async def _call(self, work: Callable[..., Result], *arguments: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, *arguments)


def _nothing() -> None:
    """Nobody wants to know."""


def _sent_mark(row: Any) -> tuple[str | None, str | None]:
    return row.sent_key_space, row.sent_position


def _next(chunks: Iterator[bytes]) -> bytes | None:
    return next(chunks, None)


def received(source_received_at: datetime | None) -> tuple[datetime, str]:
    """Return the moment of receipt and what it rests on: `source`, or `kept` when the source said none, or one ahead."""
    present = datetime.now(UTC)
    if source_received_at is None or source_received_at > present + _CLOCK_MAY_DIFFER:
        return present, "kept"
    return min(source_received_at, present), "source"


def held_because(is_observed: bool, received_at: datetime, live_from: datetime) -> HeldBecause | None:
    """Return why it waits for a person, or None."""
    if is_observed:
        return HeldBecause.observe
    return HeldBecause.before_live_from if received_at < live_from else None
