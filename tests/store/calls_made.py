"""Rows of the call register, written as they are after an import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inbox.call import Leg
from inbox.calls.outcome import call_of
from inbox.confidentiality import Confidentiality
from store.call_tables import calls
from store.ledger import Ledger, now
from store.registering import call_id

CALLER = "+31612345678"
_COPIED = (
    "call_key", "dialled", "queue", "choice", "started_at", "answered_at", "ended_at", "waited_s", "talked_s", "recording",
)  # fmt: skip


async def add_calls(ledger: Ledger, groups: Sequence[Sequence[Leg]], source_id: str = "telefoon") -> list[str]:
    """Write the calls of these legs; return their ids."""
    rows: list[dict[str, Any]] = []
    for legs in groups:
        call = call_of(legs)
        facts = {name: getattr(call, name) for name in _COPIED}
        rows.append(
            {
                **facts,
                "call_id": call_id(source_id, call.call_key),
                "source_id": source_id,
                "caller": CALLER,
                "direction": str(call.direction),
                "outcome": str(call.outcome),
                "legs_count": len(call.legs),
                "is_observed": False,
                "confidentiality": int(Confidentiality.zaakvertrouwelijk),
                "version": 1,
                "because": "",
                "changed_at": now(),
            }
        )
    async with ledger.begin() as connection:
        await connection.execute(calls.insert(), rows)
    return [row["call_id"] for row in rows]
