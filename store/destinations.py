"""How departments' destinations stand: what waits for them, what fails, when something last arrived, and whether a person
paused them.

A pause is of a place (an address, a URL, a folder) of a department, wherever the configuration names it: what was made
for that place waits, also when the configuration names it no more, and what goes elsewhere is not held up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, case, delete, func, insert, select, update

from inbox.configuration.model import Destination
from inbox.errors import Conflict, DestinationPaused
from inbox.item import ForwardState
from store.audit import AuditEntry, write_audit
from store.destination_tables import paused_destinations
from store.ledger import Ledger, now
from store.tables import forwards

_DESTINATION: TypeAdapter[Destination] = TypeAdapter(Destination)
_SAYS_WHERE = {"mailbox": "address", "webhook": "url", "folder": "path"}
"""Kind → which of its settings says where it is."""

_OPEN = [str(state) for state in ForwardState if state.is_open]

Place = tuple[str, int]
"""Department and ordinal: 0 for acting, then the informed ones in order."""


@dataclass(frozen=True)
class DestinationState:
    """How one destination stands, over all versions of the configuration."""

    waiting: int = 0
    """Forwards that want work from us."""
    failing: int = 0
    """Of those: the last attempt failed. One that waits because of a pause does not fail."""
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
            func.count(case((forwards.c.trouble_code != DestinationPaused.code, 1))).label("troubled"),
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


async def left_state(ledger: Ledger, department: str, destination: Destination) -> DestinationState:
    """Return what still waits for a place that the configuration names no more. It reads each that waits."""
    waits = forwards.c.state.in_(_OPEN)
    counted = select(func.count().label("all"), func.min(forwards.c.made_at).label("oldest"))
    async with ledger.read() as connection:
        row = (await connection.execute(counted.where(*_made_for(department, destination), waits))).one()
    return DestinationState(waiting=row.all, oldest_waiting_at=row.oldest)


@dataclass(frozen=True)
class PausedPlace:
    """A place that a person paused."""

    department: str
    ordinal: int
    """Where it stood when it was paused."""
    destination: Destination
    """As it was then."""
    row: Row[Any]
    """By whom, since when and why."""


def place_key(destination: Destination) -> str:
    """Return what tells the place from every other one of its department."""
    where = getattr(destination, _SAYS_WHERE[destination.kind])
    return hashlib.sha256(f"{destination.kind}\n{where}".encode()).hexdigest()


async def pause_destination(ledger: Ledger, place: Place, destination: Destination, actor: str, reason: str) -> None:
    """Let forwards to this place wait until `resume_destination`. Raises Conflict when they do already."""
    department, ordinal = place
    async with ledger.begin() as connection:
        await ledger.alone(connection, _PAUSES)
        row = (await connection.execute(_pause(department, destination))).one_or_none()
        if row is not None:
            raise Conflict(f"this destination is paused already, by {row.paused_by}")
        await connection.execute(
            insert(paused_destinations).values(
                department=department,
                place_key=place_key(destination),
                ordinal=ordinal,
                destination=destination.model_dump(mode="json"),
                paused_at=now(),
                paused_by=actor,
                reason=reason,
            )
        )
        await write_audit(connection, AuditEntry(actor, "destination.paused", _subject(place), reason))


async def resume_destination(
    ledger: Ledger, department: str, destination: Destination, actor: str, reason: str = ""
) -> None:
    """Let forwards to this place go on; how long each is tried counts anew. Raises Conflict when they are not paused."""
    async with ledger.begin() as connection:
        await ledger.alone(connection, _PAUSES)
        row = (await connection.execute(_pause(department, destination))).one_or_none()
        if row is None:
            raise Conflict("this destination is not paused")
        await connection.execute(delete(paused_destinations).where(*_at(department, destination)))
        waits = forwards.c.state.in_(_OPEN)
        await connection.execute(
            update(forwards).where(*_made_for(department, destination), waits).values(tried_from=now())
        )
        about = {"pausedAt": row.paused_at.isoformat()}
        subject = _subject((department, row.ordinal))
        await write_audit(connection, AuditEntry(actor, "destination.resumed", subject, reason, about=about))


async def pause_of(ledger: Ledger, department: str, destination: Destination) -> Row[Any] | None:
    """Return who paused this place, when and why; None when nobody did."""
    async with ledger.read() as connection:
        return (await connection.execute(_pause(department, destination))).one_or_none()


async def all_pauses(ledger: Ledger) -> Sequence[PausedPlace]:
    """Return all places that are paused, the longest paused first."""
    query = select(paused_destinations).order_by(paused_destinations.c.paused_at, paused_destinations.c.place_key)
    async with ledger.read() as connection:
        rows = (await connection.execute(query)).all()
    return [
        PausedPlace(row.department, row.ordinal, _DESTINATION.validate_python(row.destination), row) for row in rows
    ]


_PAUSES = "pause destinations"


def _pause(department: str, destination: Destination) -> Any:
    return select(paused_destinations).where(*_at(department, destination))


def _at(department: str, destination: Destination) -> tuple[ColumnElement[bool], ...]:
    pauses = paused_destinations.c
    return pauses.department == department, pauses.place_key == place_key(destination)


def _made_for(department: str, destination: Destination) -> tuple[ColumnElement[bool], ...]:
    """Of forwards: those that were made for this place, whatever the configuration says by now."""
    name = _SAYS_WHERE[destination.kind]
    told = forwards.c.handover["destination"]
    return (
        forwards.c.department == department,
        told["kind"].as_string() == destination.kind,
        told[name].as_string() == getattr(destination, name),
    )


def _subject(place: Place) -> str:
    department, ordinal = place
    return f"destination/{department}/{ordinal}"
