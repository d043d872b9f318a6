"""Simulations in the ledger: asked for, under way, ended; beside the items, which none of this touches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.errors import Conflict, NotFound
from store.audit import AuditEntry, write_audit
from store.ledger import Ledger, now
from store.listing import Position, Scope, in_scope
from store.simulation_tables import simulated_items, simulations
from store.tables import items

ALIVE_FOR = timedelta(seconds=30)
"""Without a sign of life for so long, the process that ran it is gone."""

KEPT_FOR = timedelta(days=7)
"""A result is for the change at hand: its traces may quote items, and are not kept longer than they help."""

_COLUMNS = tuple(column for column in simulations.c if column.name != "document")


class SimulationState(StrEnum):
    """Where a simulation stands."""

    waiting = "waiting"
    running = "running"
    done = "done"
    failed = "failed"
    """`failureCode` says why."""
    interrupted = "interrupted"
    """The process that ran it is gone; it can be begun again."""


_UNDER_WAY = (SimulationState.waiting, SimulationState.running)


@dataclass(frozen=True)
class SimulatedItem:
    """One item whose outcome changes."""

    ordinal: int
    item_id: str | None
    file: str | None
    changes: Sequence[str]
    before: dict[str, Any]
    after: dict[str, Any]
    trace: Sequence[dict[str, Any]]


async def make_simulation(
    ledger: Ledger, by: str, of: dict[str, Any], document: str, before_version: int | None
) -> str:
    """Write down a simulation that is to run; return its id. Audited."""
    simulation_id, moment = str(uuid4()), now()
    async with ledger.begin() as connection:
        await connection.execute(
            insert(simulations).values(
                simulation_id=simulation_id,
                made_at=moment,
                made_by=by,
                state=str(SimulationState.waiting),
                beat_at=moment,
                run=1,
                of=of,
                document=document,
                before_version=before_version,
                done=0,
                counts={},
            )
        )
        await write_audit(connection, AuditEntry(by, "simulation.begun", f"simulation/{simulation_id}", about=of))
    return simulation_id


async def forget_old_simulations(ledger: Ledger) -> int:
    """Remove what is older than a week, with all that it found; return how many."""
    old = select(simulations.c.simulation_id).where(~_is_kept())
    async with ledger.begin() as connection:
        await connection.execute(delete(simulated_items).where(simulated_items.c.simulation_id.in_(old)))
        return (await connection.execute(delete(simulations).where(~_is_kept()))).rowcount


async def list_simulations(ledger: Ledger, limit: int, after: Position | None) -> list[Any]:
    """Return simulations without their documents, newest first, behind that one."""
    query = select(*_COLUMNS).where(_is_kept())
    if after is not None:
        query = query.where(
            (simulations.c.made_at < after.made_at)
            | ((simulations.c.made_at == after.made_at) & (simulations.c.simulation_id < after.row_id))
        )
    async with ledger.read() as connection:
        newest_first = query.order_by(simulations.c.made_at.desc(), simulations.c.simulation_id.desc())
        return list((await connection.execute(newest_first.limit(limit))).all())


async def begin_simulation_again(ledger: Ledger, simulation_id: str, by: str) -> Any:
    """Let an ended simulation begin anew; return its row. Raises NotFound, Conflict while it is under way."""
    async with ledger.begin() as connection:
        row = await _row(connection, simulation_id, locks=True)
        if state_of(row) in _UNDER_WAY:
            raise Conflict("this simulation is under way")
        await _forget_items(connection, simulation_id)
        await connection.execute(
            update(simulations)
            .where(simulations.c.simulation_id == simulation_id)
            .values(
                state=str(SimulationState.waiting),
                beat_at=now(),
                run=row.run + 1,
                done=0,
                total=None,
                counts={},
                failure_code=None,
                ended_at=None,
            )
        )
        await write_audit(connection, AuditEntry(by, "simulation.begun", f"simulation/{simulation_id}", about=row.of))
        return await _row(connection, simulation_id)


async def remove_simulation(ledger: Ledger, simulation_id: str, by: str) -> None:
    """Cancel a simulation and forget what it found. Raises NotFound. Audited."""
    async with ledger.begin() as connection:
        await _row(connection, simulation_id, locks=True)
        await _forget_items(connection, simulation_id)
        await connection.execute(delete(simulations).where(simulations.c.simulation_id == simulation_id))
        await write_audit(connection, AuditEntry(by, "simulation.removed", f"simulation/{simulation_id}"))


async def simulation_row(ledger: Ledger, simulation_id: str) -> Any:
    """Return a simulation without its document. Raises NotFound."""
    async with ledger.read() as connection:
        return await _row(connection, simulation_id)


async def simulation_document(ledger: Ledger, simulation_id: str) -> str:
    """Return the document that it rehearses. Raises NotFound."""
    async with ledger.read() as connection:
        query = select(simulations.c.document).where(simulations.c.simulation_id == simulation_id, _is_kept())
        document = (await connection.execute(query)).scalar_one_or_none()
    if document is None:
        raise NotFound(_no(simulation_id))
    return str(document)


def state_of(row: Any, at: datetime | None = None) -> SimulationState:
    """Return where it stands: without a sign of life it is interrupted, whatever was last written."""
    state = SimulationState(row.state)
    if state in _UNDER_WAY and row.beat_at < (at or now()) - ALIVE_FOR:
        return SimulationState.interrupted
    return state


async def beat(ledger: Ledger, simulation_id: str, run: int, **changes: Any) -> bool:
    """Write a sign of life, and what changed; False: this run was cancelled, or another took its place."""
    async with ledger.begin() as connection:
        return await _write(connection, simulation_id, run, changes)


async def add_found(
    ledger: Ledger, simulation_id: str, run: int, found: Sequence[SimulatedItem], **changes: Any
) -> bool:
    """Write what was found in a chunk, with the progress; False as `beat`, and then nothing is written."""
    async with ledger.begin() as connection:
        if not await _write(connection, simulation_id, run, changes):
            return False
        if found:
            rows = [{"simulation_id": simulation_id, **vars(one)} for one in found]
            await connection.execute(insert(simulated_items), rows)
        return True


async def simulated(
    ledger: Ledger, simulation_id: str, after: int, limit: int, *, change: str | None = None
) -> list[Any]:
    """Return what changed, in order, behind the ordinal. `change`: only where this changes."""
    found: list[Any] = []
    async with ledger.read() as connection:
        while len(found) < limit:
            query = (
                select(simulated_items)
                .where(simulated_items.c.simulation_id == simulation_id, simulated_items.c.ordinal > after)
                .order_by(simulated_items.c.ordinal)
                .limit(limit)
            )
            rows = (await connection.execute(query)).all()
            found += [row for row in rows if change is None or change in row.changes]
            if len(rows) < limit:
                break
            after = rows[-1].ordinal
    return found[:limit]


async def shown_of(ledger: Ledger, item_ids: Sequence[str], scope: Scope) -> dict[str, Any]:
    """Return item id → reference, subject, sender_address, of those items that are in scope."""
    query = select(items.c.item_id, items.c.reference, items.c.subject, items.c.sender_address)
    async with ledger.read() as connection:
        rows = await connection.execute(query.where(items.c.item_id.in_(item_ids), *in_scope(scope)))
        return {row.item_id: row for row in rows}


async def _write(connection: AsyncConnection, simulation_id: str, run: int, changes: dict[str, Any]) -> bool:
    result = await connection.execute(
        update(simulations)
        .where(simulations.c.simulation_id == simulation_id, simulations.c.run == run)
        .values(beat_at=now(), **changes)
    )
    return bool(result.rowcount == 1)


async def _forget_items(connection: AsyncConnection, simulation_id: str) -> None:
    await connection.execute(delete(simulated_items).where(simulated_items.c.simulation_id == simulation_id))


async def _row(connection: AsyncConnection, simulation_id: str, *, locks: bool = False) -> Any:
    query = select(*_COLUMNS).where(simulations.c.simulation_id == simulation_id, _is_kept())
    row = (await connection.execute(query.with_for_update() if locks else query)).one_or_none()
    if row is None:
        raise NotFound(_no(simulation_id))
    return row


def _is_kept() -> ColumnElement[bool]:
    # What a process that was down left lying is past, too, before somebody removes it.
    return simulations.c.made_at >= now() - KEPT_FOR


def _no(simulation_id: str) -> str:
    return f"there is no simulation {simulation_id}"
