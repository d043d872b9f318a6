"""What the API asks of the ledger: queries only, each bounded by what the caller may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, not_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.item import ForwardState, HeldBecause, NoticeState, Status
from store.call_tables import call_backs
from store.ledger import Ledger
from store.tables import (
    assignments,
    configurations,
    deliveries,
    events,
    forward_steps,
    forwards,
    items,
    links,
    notices,
    sources,
    sweeps,
    tasks,
)

_SUMMARY = (
    items.c.item_id,
    items.c.reference,
    items.c.channel,
    items.c.source_id,
    items.c.status,
    items.c.version,
    items.c.confidentiality,
    items.c.received_at,
    items.c.made_at,
    items.c.changed_at,
    items.c.subject,
    items.c.sender_address,
    items.c.held_because,
    items.c.quarantine_code,
    items.c.reading["language"].as_string().label("language"),
)
"""An item's columns without the long ones: a page of two hundred readings could hold forty million characters."""

_NOTICE = tuple(column for column in notices.c if column.name != "message")
"""A notice's columns without the bytes as they are sent."""


@dataclass(frozen=True)
class Scope:
    """What a caller may see."""

    departments: frozenset[str] | None
    """Only items with an assignment of one of these; None: all items, also those without an assignment."""
    up_to: Confidentiality
    """Only items that are at most so confidential."""
    through_glass: tuple[str, Confidentiality] | None = None
    """One item that may be so confidential: glass was broken for it. It must be of the departments all the same."""


@dataclass(frozen=True)
class Filter:
    """Which items to list; None and empty do not ask. Everything that is asked must hold."""

    statuses: Sequence[Status] = ()
    """One of these."""
    department: str | None = None
    category: str | None = None
    """With `department`: of one and the same assignment."""
    channel: Channel | None = None
    source_id: str | None = None
    reference: str | None = None
    held_because: HeldBecause | None = None
    quarantine_code: str | None = None
    received_from: datetime | None = None
    received_before: datetime | None = None
    forward_state: ForwardState | None = None
    """At least one forward of the item is in this state."""
    notice_state: NoticeState | None = None
    """At least one notice of the item is in this state."""


@dataclass(frozen=True)
class Position:
    """A place in a list that goes by when its rows were made."""

    made_at: datetime
    row_id: str
    """Of the item or task that was shown last."""


@dataclass(frozen=True)
class ListedItem:
    """An item's row without its reading and trace, and its assignments in order."""

    item: Any
    assignments: Sequence[Any]


@dataclass(frozen=True)
class Account:
    """Everything that the ledger holds about one item, read at one moment."""

    item: Any
    delivery: Any
    scan: Any
    """Of a letter: the row of the scan file's delivery that it came in; None otherwise."""
    call_back: Any
    """Of a call-back: how many calls, and what settled it; None otherwise."""
    assignments: Sequence[Any]
    links_out: Sequence[Any]
    """Links from this item; each row also has `reference` and `status` of the other. Others in scope only."""
    links_in: Sequence[Any]
    """Links to this item, as `links_out`."""
    events: Sequence[Any]
    forwards: Sequence[Any]
    steps: dict[str, list[Any]]
    """Forward id → its steps, in order."""
    notices: Sequence[Any]
    tasks: Sequence[Any]


_is_scan = deliveries.c.letter_count.is_not(None)


@dataclass(frozen=True)
class SourceCounts:
    """What came of a source's sweeps."""

    kept: int = 0
    seen: int | None = None
    """How many the last sweep saw; None when there was no sweep."""


async def list_items(
    ledger: Ledger, scope: Scope, wanted: Filter, limit: int, after: Position | None
) -> Sequence[ListedItem]:
    """Return at most `limit` items in scope, newest first, beginning after the position."""
    query = select(*_SUMMARY).where(*in_scope(scope), *_asked(wanted))
    if after is not None:
        # The first condition says nothing new, and lets the index begin there instead of at the newest.
        query = query.where(
            items.c.made_at <= after.made_at,
            (items.c.made_at < after.made_at) | (items.c.item_id < after.row_id),
        )
    query = query.order_by(items.c.made_at.desc(), items.c.item_id.desc()).limit(limit)
    async with _snapshot(ledger) as connection:
        rows = (await connection.execute(query)).all()
        below = await _assignments_of(connection, [row.item_id for row in rows])
    return [ListedItem(row, below[row.item_id]) for row in rows]


async def find_item(ledger: Ledger, item_id: str, scope: Scope) -> ListedItem | None:
    """Return the item with its assignments, or None when there is none in scope."""
    async with _snapshot(ledger) as connection:
        query = select(*_SUMMARY).where(items.c.item_id == item_id, *in_scope(scope))
        row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        return ListedItem(row, (await _assignments_of(connection, [item_id]))[item_id])


async def item_account(ledger: Ledger, item_id: str, scope: Scope) -> Account | None:
    """Return everything about the item, or None when there is none in scope."""
    async with _snapshot(ledger) as connection:
        query = select(items).where(items.c.item_id == item_id, *in_scope(scope))
        item = (await connection.execute(query)).one_or_none()
        if item is None:
            return None
        own_delivery = select(deliveries).where(deliveries.c.delivery_id == item.delivery_id)
        delivery = (await connection.execute(own_delivery)).one()
        # A call-back is part of a call log, in which other people's calls stand.
        own_scan = select(deliveries).where(deliveries.c.delivery_id == delivery.part_of, _is_scan)
        own_call_back = select(call_backs).where(call_backs.c.item_id == item_id)
        own_events = select(events).where(events.c.item_id == item_id).order_by(events.c.event_id)
        own_forwards = (
            select(forwards).where(forwards.c.item_id == item_id).order_by(forwards.c.round, forwards.c.ordinal)
        )
        own_notices = select(*_NOTICE).where(notices.c.item_id == item_id).order_by(notices.c.made_at)
        own_tasks = select(tasks).where(tasks.c.item_id == item_id).order_by(tasks.c.made_at)
        return Account(
            item=item,
            delivery=delivery,
            scan=(await connection.execute(own_scan)).one_or_none() if delivery.part_of else None,
            call_back=(await connection.execute(own_call_back)).one_or_none(),
            assignments=(await _assignments_of(connection, [item_id]))[item_id],
            links_out=await _links(connection, links.c.item_id, links.c.other_item_id, item_id, scope),
            links_in=await _links(connection, links.c.other_item_id, links.c.item_id, item_id, scope),
            events=(await connection.execute(own_events)).all(),
            forwards=(await connection.execute(own_forwards)).all(),
            steps=await _steps(connection, item_id),
            notices=(await connection.execute(own_notices)).all(),
            tasks=(await connection.execute(own_tasks)).all(),
        )


async def scan_of(ledger: Ledger, item_id: str, scope: Scope) -> Any | None:
    """Return the row of the scan file's delivery that the item came in, or None.

    Also None when one of the file's letters is out of scope: the file shows them all.
    """
    letters = deliveries.alias()
    own = select(letters.c.part_of).join(items, items.c.delivery_id == letters.c.delivery_id)
    scan_id = own.where(items.c.item_id == item_id, *in_scope(scope)).scalar_subquery()
    unseen = (
        select(items.c.item_id)
        .join(letters, letters.c.delivery_id == items.c.delivery_id)
        .where(letters.c.part_of == deliveries.c.delivery_id, not_(and_(*in_scope(scope))))
        .correlate(deliveries)
    )
    query = select(deliveries).where(deliveries.c.delivery_id == scan_id, _is_scan, ~unseen.exists())
    async with _snapshot(ledger) as connection:
        return (await connection.execute(query)).one_or_none()


async def letters_of(ledger: Ledger, scan_id: str) -> Sequence[str]:
    """Return the ids of the items that came in a scan file, in its order."""
    query = (
        select(items.c.item_id)
        .join(deliveries, deliveries.c.delivery_id == items.c.delivery_id)
        .where(deliveries.c.part_of == scan_id)
        .order_by(items.c.made_at, items.c.item_id)
    )
    async with ledger.read() as connection:
        return (await connection.execute(query)).scalars().all()


async def held_items(ledger: Ledger, scope: Scope, wanted: Filter, limit: int) -> Sequence[str]:
    """Return the ids of at most `limit` items in scope that wait to be released, those received first first."""
    query = (
        select(items.c.item_id)
        .where(
            *in_scope(scope),
            *_asked(wanted),
            items.c.held_because.is_not(None),
            items.c.status == str(Status.received),
        )
        .order_by(items.c.received_at, items.c.item_id)
        .limit(limit)
    )
    async with ledger.read() as connection:
        return (await connection.execute(query)).scalars().all()


async def source_counts(ledger: Ledger) -> dict[str, SourceCounts]:
    """Return source id → counts, for each source."""
    saw = select(sweeps.c.saw_count).where(sweeps.c.source_id == sources.c.source_id)
    newest = saw.order_by(sweeps.c.sweep_id.desc()).limit(1).correlate(sources).scalar_subquery()
    async with ledger.read() as connection:
        found = await connection.execute(select(sources.c.source_id, sources.c.kept_count, newest.label("seen")))
        return {row.source_id: SourceCounts(row.kept_count, row.seen) for row in found}


async def configuration_row(ledger: Ledger, version: int) -> Any:
    """Return a published configuration's row, or None."""
    async with ledger.read() as connection:
        query = select(configurations).where(configurations.c.version == version)
        return (await connection.execute(query)).one_or_none()


async def prove_ledger(ledger: Ledger) -> None:
    """Ask the ledger for one item. Raises whatever stands in the way."""
    async with ledger.read() as connection:
        await connection.execute(select(items.c.item_id).limit(1))


@asynccontextmanager
async def _snapshot(ledger: Ledger) -> AsyncIterator[AsyncConnection]:
    """Open a connection whose queries all see the same moment."""
    async with ledger.read() as connection:
        if not ledger.is_sqlite:
            # By default each statement of PostgreSQL sees a moment of its own; SQLite's transactions never do.
            await connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def in_scope(scope: Scope) -> list[ColumnElement[bool]]:
    """Return what an item must meet to be seen."""
    conditions = [items.c.confidentiality <= int(scope.up_to)]
    if scope.through_glass is not None:
        item_id, up_to = scope.through_glass
        conditions[0] |= and_(items.c.item_id == item_id, items.c.confidentiality <= int(up_to))
    if scope.departments is not None:
        conditions.append(_has_assignment(assignments.c.department.in_(sorted(scope.departments))))
    return conditions


def _asked(wanted: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.statuses:
        conditions.append(items.c.status.in_([str(status) for status in wanted.statuses]))
    for column, value in (
        (items.c.channel, wanted.channel),
        (items.c.source_id, wanted.source_id),
        (items.c.reference, wanted.reference),
        (items.c.held_because, wanted.held_because),
        (items.c.quarantine_code, wanted.quarantine_code),
    ):
        if value is not None:
            conditions.append(column == str(value))
    if wanted.received_from is not None:
        conditions.append(items.c.received_at >= wanted.received_from)
    if wanted.received_before is not None:
        conditions.append(items.c.received_at < wanted.received_before)
    return conditions + _asked_below(wanted)


def _asked_below(wanted: Filter) -> list[ColumnElement[bool]]:
    """Return what is asked of assignments, forwards and notices."""
    conditions: list[ColumnElement[bool]] = []
    of_assignment: list[ColumnElement[bool]] = []
    if wanted.department is not None:
        of_assignment.append(assignments.c.department == wanted.department)
    if wanted.category is not None:
        of_assignment.append(assignments.c.category == wanted.category)
    if of_assignment:
        conditions.append(_has_assignment(*of_assignment))
    if wanted.forward_state is not None:
        conditions.append(
            exists().where(forwards.c.item_id == items.c.item_id, forwards.c.state == str(wanted.forward_state))
        )
    if wanted.notice_state is not None:
        conditions.append(
            exists().where(notices.c.item_id == items.c.item_id, notices.c.state == str(wanted.notice_state))
        )
    return conditions


def _has_assignment(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(assignments.c.item_id == items.c.item_id, *conditions)


async def _assignments_of(connection: AsyncConnection, item_ids: Sequence[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    if item_ids:
        query = select(assignments).where(assignments.c.item_id.in_(item_ids)).order_by(assignments.c.ordinal)
        for row in await connection.execute(query):
            found[row.item_id].append(row)
    return found


async def _links(
    connection: AsyncConnection, own: ColumnElement[Any], other: ColumnElement[Any], item_id: str, scope: Scope
) -> Sequence[Any]:
    query = (
        select(
            links,
            items.c.item_id.label("far_item_id"),
            items.c.reference,
            items.c.status,
            items.c.source_id,
            items.c.received_at,
        )
        .join(items, items.c.item_id == other)
        .where(own == item_id, *in_scope(scope))
        .order_by(links.c.link_id)
    )
    return (await connection.execute(query)).all()


async def _steps(connection: AsyncConnection, item_id: str) -> dict[str, list[Any]]:
    query = (
        select(forward_steps)
        .join(forwards, forwards.c.forward_id == forward_steps.c.forward_id)
        .where(forwards.c.item_id == item_id)
        .order_by(forward_steps.c.step_id)
    )
    found: dict[str, list[Any]] = defaultdict(list)
    for row in await connection.execute(query):
        found[row.forward_id].append(row)
    return found
