"""Items as they stood when they were to be decided: what a rehearsal asks of the ledger, chunk by chunk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.item import LinkKind, Status
from store.deciding import OWN_CLOCK
from store.ledger import Ledger
from store.tables import assignments, deliveries, events, items, links

_OF_ITEM = tuple(
    items.c[name]
    for name in (
        "item_id",
        "reference",
        "source_id",
        "channel",
        "status",
        "confidentiality",
        "source_confidentiality",
        "made_at",
        "reading",
        "vouched_address",
        "held_because",
        "released_at",
        "adds_to_item_id",
        "decided_version",
        "trace",
        "filed_because",
        "flags",
        "labels",
        "hold_reason",
    )
)
_OF_PARENT = (items.c.item_id, items.c.reference, items.c.status, items.c.confidentiality)


@dataclass(frozen=True)
class Selection:
    """Which items: the newest, of those that are no copies of others."""

    until: datetime
    """Made at this moment or earlier: what comes in meanwhile shifts nothing."""
    since: datetime | None = None
    """Made at this moment or later."""
    last: int | None = None
    """At most so many."""


@dataclass(frozen=True)
class PastItem:
    """One item with what its decision rested on."""

    item: Any
    """Its row, with `first_received_at` and `received_basis` as they were before anything was decided."""
    assignments: Sequence[Any]
    parent: Any
    """The row of the item that it added to, also when it was then found to be a matter of its own; or None."""
    parent_assignments: Sequence[Any]
    is_report: bool
    """It was filed as a report about mail of ours."""


async def count_past(ledger: Ledger, selection: Selection) -> int:
    """Return how many items that is."""
    async with ledger.read() as connection:
        query = select(func.count()).select_from(items).where(*_selected(selection))
        found = int((await connection.execute(query)).scalar_one())
    return found if selection.last is None else min(found, selection.last)


async def past_items(ledger: Ledger, selection: Selection, chunk: int) -> AsyncIterator[list[PastItem]]:
    """Yield the items, newest first, at most `chunk` at a time; no transaction stays open between."""
    left = selection.last
    after: Any = None
    while left is None or left > 0:
        size = chunk if left is None else min(chunk, left)
        async with ledger.read() as connection:
            found = await _chunk(connection, selection, after, size)
        if found:
            yield found
        if len(found) < size:
            return
        after = found[-1].item
        left = None if left is None else left - size


async def past_item(ledger: Ledger, item_id: str) -> PastItem | None:
    """Return one item; None when there is none."""
    async with ledger.read() as connection:
        found = await _with_surroundings(connection, [items.c.item_id == item_id], 1)
    return found[0] if found else None


async def events_of(ledger: Ledger, item_id: str) -> Sequence[Any]:
    """Return what happened to an item, in order."""
    async with ledger.read() as connection:
        query = select(events).where(events.c.item_id == item_id).order_by(events.c.event_id)
        return (await connection.execute(query)).all()


def _selected(selection: Selection) -> list[ColumnElement[bool]]:
    # A copy lives on in another item: nobody decides it.
    conditions = [items.c.made_at <= selection.until, items.c.status != str(Status.linked)]
    if selection.since is not None:
        conditions.append(items.c.made_at >= selection.since)
    return conditions


async def _chunk(connection: AsyncConnection, selection: Selection, after: Any, size: int) -> list[PastItem]:
    conditions = _selected(selection)
    if after is not None:
        conditions += [
            items.c.made_at <= after.made_at,
            (items.c.made_at < after.made_at) | (items.c.item_id < after.item_id),
        ]
    return await _with_surroundings(connection, conditions, size)


async def _with_surroundings(
    connection: AsyncConnection, conditions: list[ColumnElement[bool]], size: int
) -> list[PastItem]:
    query = (
        select(*_OF_ITEM, deliveries.c.received_at.label("first_received_at"), deliveries.c.received_basis)
        .join(deliveries, deliveries.c.delivery_id == items.c.delivery_id)
        .where(*conditions)
        .order_by(items.c.made_at.desc(), items.c.item_id.desc())
        .limit(size)
    )
    rows = (await connection.execute(query)).all()
    ids = [row.item_id for row in rows]
    parent_of = {row.item_id: row.adds_to_item_id for row in rows if row.adds_to_item_id}
    reports: set[str] = set()
    for link in await _telling_links(connection, ids):
        if link.kind == LinkKind.report:
            reports.add(link.item_id)
        else:
            parent_of.setdefault(link.item_id, link.other_item_id)
    parents = await _parents(connection, set(parent_of.values()))
    matters = await _assignments(connection, [*ids, *parents])
    return [
        PastItem(
            item=row,
            assignments=matters[row.item_id],
            parent=parents.get(parent_of.get(row.item_id, "")),
            parent_assignments=matters[parent_of.get(row.item_id, "")],
            is_report=row.item_id in reports,
        )
        for row in rows
    ]


async def _telling_links(connection: AsyncConnection, ids: list[str]) -> Sequence[Any]:
    is_report = links.c.kind == str(LinkKind.report)
    was_follow_up = (links.c.kind == str(LinkKind.may_belong_to)) & (links.c.reason == OWN_CLOCK)
    query = select(links.c.item_id, links.c.other_item_id, links.c.kind).where(
        links.c.item_id.in_(ids), is_report | was_follow_up, links.c.undone_at.is_(None)
    )
    return (await connection.execute(query)).all()


async def _parents(connection: AsyncConnection, ids: set[str]) -> dict[str, Any]:
    query = select(*_OF_PARENT).where(items.c.item_id.in_(sorted(ids)))
    return {row.item_id: row for row in await connection.execute(query)} if ids else {}


async def _assignments(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    query = select(assignments).where(assignments.c.item_id.in_(ids)).order_by(assignments.c.ordinal)
    for row in await connection.execute(query):
        found[row.item_id].append(row)
    return found
