"""What the drive loop asks of the ledger: which items want a push, and which must have a workflow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.item import ForwardState, NoticeKind, NoticeState, Status
from store.ledger import Ledger, now
from store.tables import assignments, forwards, items, notices

_DRIVEN = [
    str(status) for status in (Status.triage, Status.forwarding, Status.forwarded, Status.accepted, Status.returned)
]

_DRIVE = (
    update(items)
    .where(items.c.item_id == bindparam("driven_id"), items.c.drive_wanted == bindparam("wish"))
    .values(drive_wanted=None)
)


async def wanted(ledger: Ledger, limit: int) -> Sequence[Any]:
    """Return rows of (item_id, drive_wanted), oldest first."""
    async with ledger.read() as connection:
        found = await connection.execute(
            select(items.c.item_id, items.c.drive_wanted)
            .where(items.c.drive_wanted.is_not(None))
            .order_by(items.c.made_at)
            .limit(limit)
        )
        return found.all()


async def note_driven(ledger: Ledger, driven: Sequence[tuple[str, str]]) -> None:
    """Take the wishes away, each unless a newer one has taken its place. `driven`: pairs of item id and wish.

    Raises Conflict when another transaction stood in the way: what is not noted is driven again, which changes nothing.
    """
    wishes = dict(driven)

    async def note(connection: AsyncConnection, item_ids: Sequence[str]) -> None:
        await connection.execute(_DRIVE, [{"driven_id": item_id, "wish": wishes[item_id]} for item_id in item_ids])

    await _change(ledger, list(wishes), note)


async def _change(
    ledger: Ledger, item_ids: Sequence[str], change: Callable[[AsyncConnection, Sequence[str]], Awaitable[None]]
) -> None:
    """Change many items, and never hold one while waiting for another: first those that nobody else holds, at once;
    then each of the others alone.

    Else whoever holds one of those, and wants one of ours, waits for us as we wait for them. PostgreSQL ends that with an
    error, after a second, and not only for us two: for everybody who waits for one of these items.
    """
    if not item_ids:
        return
    async with ledger.begin() as connection:
        query = select(items.c.item_id).where(items.c.item_id.in_(item_ids))
        free = (await connection.execute(query.with_for_update(key_share=True, skip_locked=True))).scalars().all()
        if free:
            await change(connection, free)
    for item_id in set(item_ids).difference(free):
        async with ledger.begin() as connection:
            await change(connection, [item_id])


LOST = "lost"
"""The wish of an item whose workflow is gone, or may have missed a word."""

FORGOTTEN = "forgotten"
"""The wish of an item whose workflow Temporal may remember wrongly: what runs is replaced."""


async def want_again(ledger: Ledger, item_ids: Sequence[str], wish: str = LOST) -> None:
    """Ask for a new drive of items: LOST or FORGOTTEN."""

    async def want(connection: AsyncConnection, wanted_ids: Sequence[str]) -> None:
        await connection.execute(
            update(items)
            .where(items.c.item_id.in_(wanted_ids), items.c.drive_wanted.is_(None))
            .values(drive_wanted=wish)
        )

    await _change(ledger, item_ids, want)


def _with_outward_work() -> tuple[Select[Any], ...]:
    """Say in SQL: the items with a notice or a forward that is not settled, wherever the item stands."""
    notice_states = [str(state) for state in NoticeState if state.is_open]
    forward_states = [str(state) for state in ForwardState if state.is_open]
    return (
        select(notices.c.item_id).where(notices.c.state.in_(notice_states), notices.c.settled_at.is_(None)),
        select(forwards.c.item_id).where(forwards.c.state.in_(forward_states)),
    )


def _wants_telling() -> ColumnElement[bool]:
    """Say in SQL: the item is set aside, and its sender was not told so (invariant 5)."""
    was_taken_back = (notices.c.state == str(NoticeState.withheld)) & notices.c.message.is_not(None)
    told = notices.c.item_id == items.c.item_id, notices.c.kind == str(NoticeKind.looked_at), ~was_taken_back
    return (
        (items.c.status == str(Status.quarantined))
        & items.c.held_because.is_(None)
        & ~select(notices.c.notice_id).where(*told).exists()
    )


def _wants_forwards() -> ColumnElement[bool]:
    """Say in SQL: an assignment came back, or its present round was not begun."""
    begun = forwards.c.assignment_id == assignments.c.assignment_id, forwards.c.round == assignments.c.round
    return (
        select(assignments.c.assignment_id)
        .where(
            assignments.c.item_id == items.c.item_id,
            (assignments.c.status == str(Status.returned))
            | (
                assignments.c.status.in_([str(Status.triage), str(Status.forwarding)])
                & ~select(forwards.c.forward_id).where(*begun).exists()
            ),
        )
        .exists()
    ) & items.c.status.in_(_DRIVEN)


def _wants_decision() -> ColumnElement[bool]:
    """Say in SQL: the item is on its way to a decision, held or not."""
    return (items.c.status == str(Status.received)) & (
        items.c.held_because.is_(None) | items.c.decided_version.is_(None)
    )


async def open_items(ledger: Ledger, after: str, limit: int) -> Sequence[str]:
    """Return ids of items that must have a running workflow, in order of id, beginning after `after`."""
    must_run = (items.c.status.in_(_DRIVEN), _wants_telling(), _wants_decision())
    return await _undriven(ledger, after, limit, (*map(_items, must_run), *_with_outward_work()))


async def unsettled_items(ledger: Ledger, unchanged_for: timedelta, after: str, limit: int) -> Sequence[str]:
    """Return the same of those that have something to do now, and did not change for so long.

    What lies with a department is not among them: its workflow only waits, and the next action starts another.
    """
    under_way = (_wants_forwards(), _wants_telling(), _wants_decision())
    present = now()
    # A moment ahead of us is of a clock that was set back since.
    is_old = (items.c.changed_at < present - unchanged_for) | (items.c.changed_at > present + unchanged_for)
    return await _undriven(ledger, after, limit, (*map(_items, under_way), *_with_outward_work()), is_old)


def _items(condition: ColumnElement[bool]) -> Select[Any]:
    return select(items.c.item_id).where(condition)


async def _undriven(
    ledger: Ledger, after: str, limit: int, found_by: Sequence[Select[Any]], *conditions: ColumnElement[bool]
) -> Sequence[str]:
    """Return the items that one of the selections finds. Each has an index of its own, so that what is settled costs
    nothing: joined by `or` they would make every item be looked at.
    """
    open_ids = union(*(query.where(query.selected_columns.item_id > after) for query in found_by)).subquery()
    async with ledger.read() as connection:
        found = await connection.execute(
            select(items.c.item_id)
            .join(open_ids, open_ids.c.item_id == items.c.item_id)
            .where(items.c.drive_wanted.is_(None), *conditions)
            .order_by(items.c.item_id)
            .limit(limit)
        )
        return [row.item_id for row in found]
