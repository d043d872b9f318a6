"""How departments' destinations stand: what waits for them, what fails, when something last arrived, and whether a person
paused them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update

from inbox.errors import Conflict
from inbox.item import ForwardState
from store.audit import AuditEntry, write_audit
from store.destination_tables import paused_destinations
from store.ledger import Ledger, now
from store.tables import forwards

_OPEN = [str(state) for state in ForwardState if state.is_open]

Place = tuple[str, int]
"""Department and ordinal: 0 for acting, then the informed ones in order."""


@dataclass(frozen=True)
class DestinationState:
    """How one destination stands, over all versions of the configuration."""

    waiting: int = 0
    """Forwards that want work from us."""
    failing: int = 0
    """Of those: the last attempt failed."""
    failed: int = 0
    """Given up: a person must act."""
    oldest_waiting_at: datetime | None = None
    delivered_at: datetime | None = None
    """When it last took one."""


async def destination_states(ledger: Ledger, places: Collection[Place]) -> dict[Place, DestinationState]:
    """Return how each of these places stands. It asks the index, whatever the number of forwards."""
    wanted = [*_OPEN, str(ForwardState.failed)]
    counted = (
        select(
            forwards.c.department,
            forwards.c.ordinal,
            forwards.c.state,
            func.count().label("all"),
            func.count(forwards.c.trouble_code).label("troubled"),
            func.min(forwards.c.made_at).label("oldest"),
        )
        .where(forwards.c.state.in_(wanted))
        .group_by(forwards.c.department, forwards.c.ordinal, forwards.c.state)
    )
    states: dict[Place, DestinationState] = {}
    async with ledger.read() as connection:
        rows = (await connection.execute(counted)).all()
        for department, ordinal in places:
            own = [row for row in rows if (row.department, row.ordinal) == (department, ordinal)]
            waiting = [row for row in own if row.state in _OPEN]
            last = select(func.max(forwards.c.settled_at)).where(
                forwards.c.department == department,
                forwards.c.ordinal == ordinal,
                forwards.c.state == str(ForwardState.delivered),
            )
            states[department, ordinal] = DestinationState(
                waiting=sum(row.all for row in waiting),
                failing=sum(row.troubled for row in waiting),
                failed=sum(row.all for row in own if row.state not in _OPEN),
                oldest_waiting_at=min((row.oldest for row in waiting), default=None),
                delivered_at=(await connection.execute(last)).scalar_one(),
            )
    return states


async def pause_destination(ledger: Ledger, place: Place, actor: str, reason: str) -> None:
    """Let forwards to this place wait until `resume_destination`. Raises Conflict when they do already."""
    async with ledger.begin() as connection:
        await ledger.alone(connection, _PAUSES)
        row = (await connection.execute(select(paused_destinations).where(*_at(place)))).one_or_none()
        if row is not None:
            raise Conflict(f"this destination is paused already, by {row.paused_by}")
        department, ordinal = place
        await connection.execute(
            insert(paused_destinations).values(
                department=department, ordinal=ordinal, paused_at=now(), paused_by=actor, reason=reason
            )
        )
        await write_audit(connection, AuditEntry(actor, "destination.paused", _subject(place), reason))


async def resume_destination(ledger: Ledger, place: Place, actor: str, reason: str = "") -> None:
    """Let forwards to this place go on; how long each is tried counts anew. Raises Conflict when they are not paused."""
    async with ledger.begin() as connection:
        await ledger.alone(connection, _PAUSES)
        row = (await connection.execute(select(paused_destinations).where(*_at(place)))).one_or_none()
        if row is None:
            raise Conflict("this destination is not paused")
        await connection.execute(delete(paused_destinations).where(*_at(place)))
        department, ordinal = place
        waits = (forwards.c.department == department) & (forwards.c.ordinal == ordinal) & forwards.c.state.in_(_OPEN)
        await connection.execute(update(forwards).where(waits).values(tried_from=now()))
        about = {"pausedAt": row.paused_at.isoformat()}
        await write_audit(connection, AuditEntry(actor, "destination.resumed", _subject(place), reason, about=about))


async def pause_of(ledger: Ledger, place: Place) -> Row[Any] | None:
    """Return who paused this place, when and why; None when nobody did."""
    async with ledger.read() as connection:
        return (await connection.execute(select(paused_destinations).where(*_at(place)))).one_or_none()


async def all_pauses(ledger: Ledger) -> dict[Place, Row[Any]]:
    """Return what `pause_of` returns, of each place that is paused."""
    async with ledger.read() as connection:
        rows = (await connection.execute(select(paused_destinations))).all()
    return {(row.department, row.ordinal): row for row in rows}


_PAUSES = "pause destinations"


def _at(place: Place) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    department, ordinal = place
    return paused_destinations.c.department == department, paused_destinations.c.ordinal == ordinal


def _subject(place: Place) -> str:
    department, ordinal = place
    return f"destination/{department}/{ordinal}"
