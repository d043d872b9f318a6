"""How departments' destinations stand: what waits for them, what fails, and when something last arrived."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from inbox.item import ForwardState
from store.ledger import Ledger
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
