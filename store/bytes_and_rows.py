"""The byte store held against the ledger, both ways: each delivery has its bytes, and all bytes have a row."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, select

from inbox.ports import ByteStore, Listed
from inbox.reconciliation import Counts, Difference, Kind
from store.ledger import Ledger
from store.tables import deliveries, forwards, items

_PAGE = 500
"""Rows in one question, and as many values as one may hold on any engine."""

_AT_ONCE = 8
"""Deliveries whose bytes are read side by side."""

_WITHDRAWAL = "-withdrawal"


_FACTS = (
    deliveries.c.delivery_id,
    deliveries.c.source_id,
    deliveries.c.key_space,
    deliveries.c.position,
    deliveries.c.sha256,
    deliveries.c.size_bytes,
    items.c.item_id,
    items.c.reference,
)


class BytesAndRows:
    """All bytes, reconciled. Reads them in pieces and holds a page of rows."""

    def __init__(self, ledger: Ledger, store: ByteStore, *, settled_before: datetime, pause: timedelta) -> None:
        """`settled_before`: bytes that are younger may be on their way to their row."""
        self._ledger = ledger
        self._store = store
        self._settled_before = settled_before
        self._pause = pause

    async def count(self, source_id: str | None) -> int:
        """Return how many deliveries there are to look at."""
        query = select(func.count()).select_from(deliveries)
        if source_id is not None:
            query = query.where(deliveries.c.source_id == source_id)
        async with self._ledger.read() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def damaged(
        self, source_id: str | None, counts: Callable[[str], Counts], *, quick: bool, on_progress: Callable[[int], None]
    ) -> AsyncIterator[Difference]:
        """Give deliveries whose bytes are gone or altered. `quick`: compare sizes only."""
        after = ""
        while page := await self._rows_after(after, source_id):
            suspects = await self._damage(page, quick=quick)
            if suspects:
                await asyncio.sleep(self._pause.total_seconds())
                suspects = await self._damage([row for row in page if row.delivery_id in suspects], quick=quick)
            for row in page:
                if row.delivery_id in suspects:
                    yield _damaged(row, suspects[row.delivery_id])
                else:
                    counts(row.source_id).intact += 1
            on_progress(len(page))
            after = page[-1].delivery_id

    async def without_row(self) -> AsyncIterator[Difference]:
        """Give bytes that no delivery and no forward stands for."""
        async for page in self._store.listed():
            old = [found for found in page if found.changed_at < self._settled_before]
            for start in range(0, len(old), _PAGE):
                strangers = await self._strangers(old[start : start + _PAGE])
                if strangers:
                    await asyncio.sleep(self._pause.total_seconds())
                for found in await self._strangers(strangers):
                    kind = Kind.unfinished_bytes if found.is_temporary else Kind.bytes_without_row
                    yield Difference(kind, name=found.name, detail=f"{found.size_bytes} bytes")

    async def _rows_after(self, after: str, source_id: str | None) -> Sequence[Any]:
        query = (
            select(*_FACTS)
            .outerjoin(items, and_(items.c.delivery_id == deliveries.c.delivery_id, items.c.index_in_delivery == 0))
            .where(deliveries.c.delivery_id > after)
            .order_by(deliveries.c.delivery_id)
            .limit(_PAGE)
        )
        if source_id is not None:
            query = query.where(deliveries.c.source_id == source_id)
        async with self._ledger.read() as connection:
            return (await connection.execute(query)).all()

    async def _damage(self, rows: Sequence[Any], *, quick: bool) -> dict[str, tuple[Kind, str]]:
        """Return delivery id → what is the matter with its bytes."""
        if quick:
            sizes = await self._store.sizes([row.delivery_id for row in rows])
            found = [_size_matter(row, sizes[row.delivery_id]) for row in rows]
        else:
            slots = asyncio.Semaphore(_AT_ONCE)
            found = await asyncio.gather(*(self._matter(row, slots) for row in rows))
        return {row.delivery_id: matter for row, matter in zip(rows, found, strict=True) if matter is not None}

    async def _matter(self, row: Any, slots: asyncio.Semaphore) -> tuple[Kind, str] | None:
        async with slots:
            stands = await self._store.digest(row.delivery_id)
        matter = _size_matter(row, None if stands is None else stands.size_bytes)
        if matter is None and stands is not None and stands.sha256 != row.sha256:
            return Kind.bytes_altered, f"{row.size_bytes} bytes as they were kept, and others"
        return matter

    async def _strangers(self, found: Sequence[Listed]) -> Sequence[Listed]:
        names = {stands.name for stands in found}
        forward_ids = {name.removesuffix(_WITHDRAWAL) for name in names}
        async with self._ledger.read() as connection:
            known = {
                row.delivery_id
                for row in await connection.execute(
                    select(deliveries.c.delivery_id).where(deliveries.c.delivery_id.in_(names))
                )
            }
            forwarded = {
                row.forward_id
                for row in await connection.execute(
                    select(forwards.c.forward_id).where(forwards.c.forward_id.in_(forward_ids))
                )
            }
        return [
            stands
            for stands in found
            if stands.name not in known and stands.name.removesuffix(_WITHDRAWAL) not in forwarded
        ]


def _size_matter(row: Any, size_bytes: int | None) -> tuple[Kind, str] | None:
    if size_bytes is None:
        return Kind.bytes_missing, f"{row.size_bytes} bytes were kept"
    if size_bytes != row.size_bytes:
        return Kind.bytes_altered, f"{row.size_bytes} bytes were kept, {size_bytes} are there"
    return None


def _damaged(row: Any, matter: tuple[Kind, str]) -> Difference:
    kind, detail = matter
    return Difference(
        kind,
        source_id=row.source_id,
        key_space=row.key_space,
        position=row.position,
        delivery_id=row.delivery_id,
        item_id=row.item_id or "",
        reference=row.reference or "",
        detail=detail,
    )
