"""What a source that goes on where it was must know: the positions kept and shown lately."""

from __future__ import annotations

from sqlalchemy import select

from store.ledger import Ledger
from store.sources import expand
from store.tables import deliveries, sweeps

_KEPT = 20_000
"""Where a file ends at none of these it is taken from its beginning once more, which changes nothing in the register."""
_SWEEPS = 10
"""What an earlier one saw was shown again by these, or is kept."""


async def latest_positions(ledger: Ledger, source_id: str, key_space: str) -> tuple[list[str], list[str]]:
    """Return the positions that were kept last, and those that the last sweeps saw."""
    kept = (
        select(deliveries.c.position)
        .where(deliveries.c.key_space == key_space)
        .order_by(deliveries.c.kept_at.desc(), deliveries.c.delivery_id)
        .limit(_KEPT)
    )
    seen = (
        select(sweeps.c.saw)
        .where(sweeps.c.source_id == source_id, sweeps.c.key_space == key_space)
        .order_by(sweeps.c.sweep_id.desc())
        .limit(_SWEEPS)
    )
    async with ledger.read() as connection:
        positions = list((await connection.execute(kept)).scalars())
        saws = list((await connection.execute(seen)).scalars())
    return positions, [position for saw in saws for position in expand(saw)]
