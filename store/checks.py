"""Questions to the ledger that find what does not hold: in pages, and each finding is looked at twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select

from inbox.reconciliation import Difference, Kind
from store.ledger import Ledger

_PAGE = 500


@dataclass(frozen=True)
class Check:
    """One question. Its rows have `id` (which it is paged by) and any of a Difference's fields."""

    kind: Kind
    key: ColumnElement[str]
    query: Callable[[datetime], Select[Any]]
    """Is given the moment before which things have settled: what changed later may be work in progress."""
    source_id: ColumnElement[str]
    """By which it can be asked of one source only."""


async def found_by(
    checks: Sequence[Check], ledger: Ledger, source_id: str | None, *, settled_before: datetime, pause: timedelta
) -> AsyncIterator[Difference]:
    """Give what does not hold; each is looked at once more before it is given. `source_id`: only of this one."""
    for check in checks:
        query = check.query(settled_before).add_columns(check.key.label("id")).order_by(check.key)
        if source_id is not None:
            query = query.where(check.source_id == source_id)
        after = ""
        while page := await _rows(ledger, query.where(check.key > after).limit(_PAGE)):
            await asyncio.sleep(pause.total_seconds())
            for row in await _rows(ledger, query.where(check.key.in_([row.id for row in page]))):
                facts = row._asdict()
                del facts["id"]
                yield Difference(check.kind, **{name: str(fact) for name, fact in facts.items() if fact is not None})
            after = page[-1].id


async def _rows(ledger: Ledger, query: Select[Any]) -> Sequence[Any]:
    async with ledger.read() as connection:
        found: Sequence[Any] = (await connection.execute(query)).all()
        return found
