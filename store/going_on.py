"""What a source that goes on where it was must know: the positions that it was told of, and those shown lately."""

from __future__ import annotations

from sqlalchemy import select

from store.ledger import Ledger
from store.sources import expand
from store.tables import deliveries, sweeps

_SWEEPS = 10
"""What an earlier one saw was shown again by these, or is kept."""


async def latest_positions(ledger: Ledger, source_id: str, key_space: str, at_most: int) -> tuple[list[str], list[str]]:
    """Return the `at_most` positions of which the source was told last, and those that are open: kept and not told, or
    seen by the last sweeps.
    """
    of_space = select(deliveries.c.position).where(deliveries.c.key_space == key_space)
    told = (
        of_space.where(deliveries.c.confirmed_at.is_not(None))
        .order_by(deliveries.c.kept_at.desc(), deliveries.c.delivery_id)
        .limit(at_most)
    )
    seen = (
        select(sweeps.c.saw)
        .where(sweeps.c.source_id == source_id, sweeps.c.key_space == key_space)
        .order_by(sweeps.c.sweep_id.desc())
        .limit(_SWEEPS)
    )
    async with ledger.read() as connection:
        positions = list((await connection.execute(told)).scalars())
        untold = list((await connection.execute(of_space.where(deliveries.c.confirmed_at.is_(None)))).scalars())
        saws = list((await connection.execute(seen)).scalars())
    return positions, [*untold, *(position for saw in saws for position in expand(saw))]
