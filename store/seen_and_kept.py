"""What the sweeps of one source saw, held against what was kept (invariant 3)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select

from inbox.ports import Sighting
from inbox.reconciliation import Counts, Difference, Kind
from store.keeping import delivery_id
from store.ledger import Ledger
from store.positions import Positions
from store.sources import compact
from store.tables import deliveries, items, sweeps

_SWEEPS_AT_ONCE = 50
"""Each may hold the numbers of a whole mailbox."""

_PAGE = 1000
_PAIRS_AT_ONCE = 10_000
"""Each page of these is sorted anew."""

_FEW = 500
"""As many values as one question may hold on any engine."""

_STANDS_AT_THE_SOURCE = deliveries.c.part_of.is_(None)
"""The source shows letters in their scan file, and call-backs in their log: two callers of one moment may be told alike."""


@dataclass(frozen=True)
class Look:
    """What a source shows at this moment."""

    sighting: Sighting
    moves: bool
    """What is kept is moved away, so that nothing told should be seen any more."""


@dataclass
class _Space:
    """What all sweeps saw in one key space."""

    seen: Positions = field(default_factory=Positions)
    finished: Positions = field(default_factory=Positions)
    """Seen by sweeps that reached their end: kept by then, or in `vanished`."""
    recent: Positions = field(default_factory=Positions)
    """Seen lately by a sweep that has not reached its end."""
    vanished: Positions = field(default_factory=Positions)
    latest: Positions = field(default_factory=Positions)
    """Seen by the newest sweep of the source, when that was in this key space."""
    expected: Positions = field(default_factory=Positions)
    """Of those, what the sweep has yet to keep."""
    kept: Positions = field(default_factory=Positions)
    unconfirmed: Positions = field(default_factory=Positions)
    told: Positions = field(default_factory=Positions)
    """The source was told of them, and was live."""


class SeenAndKept:
    """One source, reconciled."""

    def __init__(
        self,
        ledger: Ledger,
        source_id: str,
        counts: Counts,
        *,
        settled_before: datetime,
        pause: timedelta,
        look: Look | None,
    ) -> None:
        """`settled_before`: what is younger may be work in progress. `look`: made before this is run."""
        self._ledger = ledger
        self._source_id = source_id
        self._counts = counts
        self._settled_before = settled_before
        self._pause = pause
        self._look = look
        self._spaces: dict[str, _Space] = {}

    async def differences(self, key_spaces: Sequence[str]) -> AsyncIterator[Difference]:
        """Give what is found. `key_spaces`: those in which the source has deliveries, oldest first."""
        # The sweeps first: whatever a finished one saw was committed before it finished, and is found afterwards.
        await self._read_sweeps()
        for key_space in key_spaces:
            self._spaces.setdefault(key_space, _Space())
        for key_space, space in self._spaces.items():
            await self._read_kept(key_space, space)
            async for difference in self._compared(key_space, space):
                yield difference
            async for difference in self._brought_back(key_space, space):
                yield difference
        known = [*key_spaces, *(space for space in self._spaces if space not in key_spaces)]
        if len(known) > 1:
            yield await self._new_key_space(known)

    async def _read_sweeps(self) -> None:
        after, newest = 0, None
        while page := await self._sweeps_after(after):
            for sweep in page:
                self._add(sweep)
            newest = page[-1]
            after = newest.sweep_id
        if self._look is not None:
            sighting = self._look.sighting
            space = self._spaces.setdefault(sighting.key_space, _Space())
            space.latest = space.expected = Positions(compact(sighting.positions))
            space.seen.update(space.latest)
        elif newest is not None:
            space = self._spaces[newest.key_space]
            space.latest = Positions(newest.saw)
            if newest.finished_at is None:
                space.expected = space.latest - Positions(newest.vanished)

    async def _sweeps_after(self, after: int) -> Sequence[Any]:
        return await self._rows(
            select(sweeps)
            .where(sweeps.c.source_id == self._source_id, sweeps.c.sweep_id > after)
            .order_by(sweeps.c.sweep_id)
            .limit(_SWEEPS_AT_ONCE)
        )

    def _add(self, sweep: Any) -> None:
        space = self._spaces.setdefault(sweep.key_space, _Space())
        saw = Positions(sweep.saw)
        space.seen.update(saw)
        space.vanished.update(Positions(sweep.vanished))
        if sweep.finished_at is not None:
            space.finished.update(saw)
        elif sweep.looked_at >= self._settled_before:
            space.recent.update(saw)

    async def _read_kept(self, key_space: str, space: _Space) -> None:
        after = None
        while page := await self._kept_after(key_space, after):
            for row in page:
                space.kept.add(row.position)
                if row.confirmed_at is None:
                    if row.kept_at < self._settled_before:
                        space.unconfirmed.add(row.position)
                elif row.confirmed_at < self._settled_before and not row.is_observed:
                    space.told.add(row.position)
            after = page[-1].position

    async def _kept_after(self, key_space: str, after: str | None) -> Sequence[Any]:
        query = (
            select(
                deliveries.c.position,
                deliveries.c.kept_at,
                deliveries.c.confirmed_at,
                items.c.is_observed.label("is_observed"),
            )
            .outerjoin(items, and_(items.c.delivery_id == deliveries.c.delivery_id, items.c.index_in_delivery == 0))
            .where(deliveries.c.key_space == key_space, _STANDS_AT_THE_SOURCE)
            .order_by(deliveries.c.position)
            .limit(_PAGE)
        )
        if after is not None:
            query = query.where(deliveries.c.position > after)
        return await self._rows(query)

    async def _compared(self, key_space: str, space: _Space) -> AsyncIterator[Difference]:
        open_ = space.seen - space.kept
        missing = await self._still_missing(key_space, (open_ & space.finished) - space.vanished)
        others = (open_ - space.finished) | (open_ & space.vanished)
        waiting = others & (space.expected | (space.recent - space.vanished))
        gone = await self._still_missing(key_space, others - waiting)
        counts = self._counts
        counts.seen += len(space.seen)
        counts.kept += len(space.kept)
        counts.waiting += len(waiting)
        counts.vanished += len(gone)
        counts.missing += len(missing)
        for kind, positions in ((Kind.missing_from_ledger, missing), (Kind.vanished_before_keep, gone)):
            for position in positions:
                yield self._about(kind, key_space, position)
        if waiting:
            yield self._several(Kind.waiting, key_space, waiting)
        # What is no longer there needs not be told: it was told, and that was not written down any more.
        if unconfirmed := space.unconfirmed & space.latest:
            yield self._several(Kind.unconfirmed, key_space, unconfirmed)
        if self._look is not None and self._look.moves and (told := space.told & space.latest):
            yield self._several(Kind.still_there, key_space, told)

    async def _still_missing(self, key_space: str, positions: Positions) -> Positions:
        """Look once more before anything is called lost."""
        if not positions:
            return positions
        await asyncio.sleep(self._pause.total_seconds())
        kept = Positions()
        for page in positions.pages(_FEW):
            query = select(deliveries.c.position).where(
                deliveries.c.key_space == key_space, deliveries.c.position.in_(page)
            )
            for row in await self._rows(query):
                kept.add(row.position)
        return positions - kept

    def _about(self, kind: Kind, key_space: str, position: str, **more: str) -> Difference:
        identity = delivery_id(key_space, position)
        return Difference(
            kind, source_id=self._source_id, key_space=key_space, position=position, delivery_id=identity, **more
        )

    def _several(self, kind: Kind, key_space: str, positions: Positions) -> Difference:
        return Difference(
            kind,
            source_id=self._source_id,
            key_space=key_space,
            position=positions.written(),
            detail=f"{len(positions)} of them",
        )

    async def _brought_back(self, key_space: str, space: _Space) -> AsyncIterator[Difference]:
        """Give deliveries with the bytes of an earlier one that the source was told of and no longer shows."""
        earlier: dict[str, Any] = {
            "partition_by": deliveries.c.sha256,
            "order_by": (deliveries.c.kept_at, deliveries.c.delivery_id),
        }
        paired = (
            select(
                deliveries.c.delivery_id,
                deliveries.c.position,
                func.lag(deliveries.c.position).over(**earlier).label("earlier_position"),
                func.lag(deliveries.c.confirmed_at).over(**earlier).label("earlier_confirmed_at"),
            )
            .where(deliveries.c.key_space == key_space, _STANDS_AT_THE_SOURCE)
            .subquery()
        )
        query = (
            select(paired, items.c.item_id, items.c.reference, items.c.status)
            .outerjoin(items, and_(items.c.delivery_id == paired.c.delivery_id, items.c.index_in_delivery == 0))
            .where(paired.c.earlier_confirmed_at.is_not(None))
            .order_by(paired.c.delivery_id)
            .limit(_PAIRS_AT_ONCE)
        )
        after = ""
        while page := await self._rows(query.where(paired.c.delivery_id > after)):
            for row in page:
                if row.earlier_position not in space.latest:
                    yield self._about(
                        Kind.brought_back,
                        key_space,
                        row.position,
                        item_id=row.item_id or "",
                        reference=row.reference or "",
                        detail=f"earlier under {row.earlier_position}; the item is {row.status or 'not there'}",
                    )
            after = page[-1].delivery_id

    async def _rows(self, query: Select[Any]) -> Sequence[Any]:
        async with self._ledger.read() as connection:
            found: Sequence[Any] = (await connection.execute(query)).all()
            return found

    async def _new_key_space(self, key_spaces: Sequence[str]) -> Difference:
        """Say what became of the deliveries of earlier key spaces."""
        own = and_(deliveries.c.source_id == self._source_id, _STANDS_AT_THE_SOURCE)
        newest = and_(own, deliveries.c.key_space == key_spaces[-1])
        earlier = and_(own, deliveries.c.key_space != key_spaces[-1])
        digest = deliveries.c.sha256
        new = await self._count(newest)
        again = await self._count(newest, digest.in_(select(digest).where(earlier)))
        alone = await self._count(earlier, digest.not_in(select(digest).where(newest)))
        return Difference(
            Kind.new_key_space,
            source_id=self._source_id,
            key_space=key_spaces[-1],
            detail=f"{len(key_spaces)} key spaces so far; {new} deliveries in the newest, {again} of them with the bytes"
            f" of an earlier one; {alone} earlier ones were not seen again and stand only in the ledger",
        )

    async def _count(self, *where: ColumnElement[bool]) -> int:
        [row] = await self._rows(select(func.count().label("counted")).select_from(deliveries).where(*where))
        return int(row.counted)
