"""Reconcile: everything seen is kept, waiting, or named as lost (invariant 3). Reads only, while the gateway runs or not.

Time grows with what there is, memory does not: rows come in pages, positions are kept as bit masks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from inbox.ports import ByteStore
from inbox.reconciliation import Counts, Difference, Weight
from store.bytes_and_rows import BytesAndRows
from store.call_checks import differing_calls
from store.item_checks import differing
from store.ledger import Ledger, now
from store.seen_and_kept import Look, SeenAndKept
from store.sources import list_sources
from store.tables import deliveries

SETTLES = timedelta(minutes=10)
"""What is younger may be work in progress: longer than a sweep's interval (5 minutes) and any single attempt."""

PAUSE = timedelta(seconds=0.5)
"""Before a finding is looked at once more."""

LookAt = Callable[[str], Awaitable[Look | None]]
"""Looks at a source now, by its id; None when it is not configured or cannot be reached."""

Progress = Callable[[str, int, int], None]
"""What is being looked at, how much of it is done, and how much there is (0: unknown)."""


@dataclass(frozen=True)
class Report:
    """Everything that was found."""

    counts: Mapping[str, Counts]
    """By source."""
    differences: Sequence[Difference]

    @property
    def losses(self) -> list[Difference]:
        """Return what is lost, doubled or untold."""
        return [difference for difference in self.differences if difference.weight is Weight.loss]


async def reconcile(
    ledger: Ledger,
    store: ByteStore,
    *,
    source_id: str | None = None,
    quick: bool = False,
    settles: timedelta = SETTLES,
    pause: timedelta = PAUSE,
    look_at: LookAt | None = None,
) -> Report:
    """Reconcile and return everything at once. `settles`: zero where nothing is at work any more."""
    work = Reconciliation(
        ledger, store, source_id=source_id, quick=quick, settles=settles, pause=pause, look_at=look_at
    )
    differences = [difference async for difference in work.differences()]
    return Report(work.counts, differences)


class Reconciliation:
    """One reconciliation, which can be read as it goes."""

    def __init__(
        self,
        ledger: Ledger,
        store: ByteStore,
        *,
        source_id: str | None = None,
        quick: bool = False,
        settles: timedelta = SETTLES,
        pause: timedelta = PAUSE,
        look_at: LookAt | None = None,
        on_progress: Progress | None = None,
    ) -> None:
        """`source_id`: only this one. `quick`: compare sizes of bytes, do not read them."""
        self.counts: dict[str, Counts] = {}
        """By source; complete when `differences` has ended."""
        self._ledger = ledger
        self._source_id = source_id
        self._quick = quick
        self._settled_before = now() - settles
        self._pause = pause
        self._look_at = look_at
        self._on_progress = on_progress or (lambda *_: None)
        self._bytes = BytesAndRows(ledger, store, settled_before=self._settled_before, pause=pause)

    async def differences(self) -> AsyncIterator[Difference]:
        """Give each difference as it is found. Raises StoreUnavailable."""
        for part in (self._seen_and_kept, self._damaged_bytes, self._items, self._calls, self._bytes_without_row):
            async for difference in part():
                if difference.source_id:
                    self._counts_of(difference.source_id).add(difference)
                yield difference

    def _counts_of(self, source_id: str) -> Counts:
        return self.counts.setdefault(source_id, Counts())

    async def _seen_and_kept(self) -> AsyncIterator[Difference]:
        spaces = await self._key_spaces()
        for number, (source_id, key_spaces) in enumerate(spaces.items()):
            self._on_progress("sources", number, len(spaces))
            source = SeenAndKept(
                self._ledger,
                source_id,
                self._counts_of(source_id),
                settled_before=self._settled_before,
                pause=self._pause,
                # Before the ledger is read: what is kept meanwhile is then found there.
                look=await self._look_at(source_id) if self._look_at else None,
            )
            async for difference in source.differences(key_spaces):
                yield difference
        self._on_progress("sources", len(spaces), len(spaces))

    async def _key_spaces(self) -> dict[str, list[str]]:
        """Return source → the key spaces of its deliveries, oldest first.

        A letter has none at the source: it is part of its scan file, and item and bytes checks find one that is lost.
        """
        spaces: dict[str, list[str]] = {row.source_id: [] for row in await list_sources(self._ledger)}
        async with self._ledger.read() as connection:
            found = await connection.execute(
                select(deliveries.c.source_id, deliveries.c.key_space)
                .where(deliveries.c.part_of.is_(None))
                .group_by(deliveries.c.source_id, deliveries.c.key_space)
                .order_by(func.min(deliveries.c.kept_at))
            )
            for row in found:
                spaces.setdefault(row.source_id, []).append(row.key_space)
        return {name: own for name, own in spaces.items() if self._source_id in (None, name)}

    async def _damaged_bytes(self) -> AsyncIterator[Difference]:
        total = await self._bytes.count(self._source_id)
        done = 0

        def progress(more: int) -> None:
            nonlocal done
            done += more
            self._on_progress("bytes", done, total)

        async for difference in self._bytes.damaged(
            self._source_id, self._counts_of, quick=self._quick, on_progress=progress
        ):
            yield difference

    async def _items(self) -> AsyncIterator[Difference]:
        self._on_progress("items", 0, 0)
        async for difference in differing(
            self._ledger, self._source_id, settled_before=self._settled_before, pause=self._pause
        ):
            yield difference

    async def _calls(self) -> AsyncIterator[Difference]:
        self._on_progress("calls", 0, 0)
        async for difference in differing_calls(
            self._ledger, self._source_id, settled_before=self._settled_before, pause=self._pause
        ):
            yield difference

    async def _bytes_without_row(self) -> AsyncIterator[Difference]:
        if self._source_id is not None:
            return  # they belong to no source that we could name
        self._on_progress("byte store", 0, 0)
        async for difference in self._bytes.without_row():
            yield difference
