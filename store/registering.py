"""Register: rows of a call log become legs of calls, in one transaction with how far the log is.

A leg is known by its call and its own key, so that a row that comes again, in whatever file, changes nothing. A call that
changes is to be judged again once it is quiet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.call import BadRow, Call, Leg
from inbox.calls.outcome import call_of
from inbox.errors import Conflict
from store.call_tables import call_bad_rows, call_legs, call_logs, calls
from store.ledger import Ledger, now

_NUMBER_LIMIT = 60
_NAME_LIMIT = 200
_FEW = 500
"""As many values as one question may hold on any engine."""


def call_id(source_id: str, call_key: str) -> str:
    """Return the id of a call: always the same for one key of one source."""
    return str(uuid5(NAMESPACE_URL, f"call://{source_id}/{call_key}"))


def leg_digest(leg_key: str) -> str:
    """Return by what a leg is known within its call."""
    return hashlib.sha256(leg_key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


async def register_rows(ledger: Ledger, log: Any, rows: Sequence[tuple[int, Leg | BadRow]], quiet: timedelta) -> None:
    """Put the next rows of a log into the register, and count them. `log`: its row, as it was read.

    `rows`: (line, row), right behind the `rows_done` that it has. Raises Conflict when another was here meanwhile.
    """
    async with ledger.begin() as connection:
        # Two who each bring a leg of one call would not see the other's.
        await ledger.alone(connection, f"calls {log.source_id}")
        bad = [
            {
                "delivery_id": log.delivery_id,
                "row": log.rows_done + number,
                "line": row.line,
                "code": row.code,
                "detail": row.detail,
                "raw": row.raw,
            }
            for number, (_, row) in enumerate(rows, start=1)
            if isinstance(row, BadRow)
        ]
        if bad:
            await connection.execute(insert(call_bad_rows), bad)
        legs = [(line, row) for line, row in rows if isinstance(row, Leg)]
        fresh = await _add_legs(ledger, connection, log, legs)
        await _refresh_calls(ledger, connection, log, {call for call, _ in fresh}, quiet)
        changed = await connection.execute(
            update(call_logs)
            .where(call_logs.c.delivery_id == log.delivery_id, call_logs.c.version == log.version)
            .values(
                rows_done=call_logs.c.rows_done + len(rows),
                legs_new=call_logs.c.legs_new + len(fresh),
                legs_again=call_logs.c.legs_again + len(legs) - len(fresh),
                bad_rows=call_logs.c.bad_rows + len(bad),
                version=call_logs.c.version + 1,
            )
        )
        if changed.rowcount != 1:
            raise Conflict(f"call log {log.delivery_id} is imported by another worker, too")


async def _add_legs(
    ledger: Ledger, connection: AsyncConnection, log: Any, legs: Sequence[tuple[int, Leg]]
) -> set[tuple[str, str]]:
    """Write those that are new; return their (call id, leg digest)."""
    found = {
        (call_id(log.source_id, leg.call_key), leg_digest(leg.leg_key)): (line, leg) for line, leg in reversed(legs)
    }
    if not found:
        return set()
    values = [
        {
            "call_id": call,
            "leg_digest": digest,
            "delivery_id": log.delivery_id,
            "line": line,
            "leg": leg.as_json(),
        }
        # In one order everywhere: two who register the same rows then never wait for each other.
        for (call, digest), (line, leg) in sorted(found.items(), key=lambda entry: entry[0])
    ]
    made = await connection.execute(_INSERT_LEG[ledger.is_sqlite], values)
    return {(row.call_id, row.leg_digest) for row in made}


async def _refresh_calls(
    ledger: Ledger,
    connection: AsyncConnection,
    log: Any,
    touched: set[str],
    quiet: timedelta,
) -> None:
    """Work out anew each call that has a new leg, of all its legs."""
    moment = now()
    waiting = sorted(touched)
    while waiting:
        few, waiting = waiting[:_FEW], waiting[_FEW:]
        legs_of: dict[str, list[Leg]] = {}
        rows = await connection.execute(
            select(call_legs.c.call_id, call_legs.c.leg).where(call_legs.c.call_id.in_(few))
        )
        for row in rows:
            legs_of.setdefault(row.call_id, []).append(Leg.from_json(row.leg))
        values = [_call(log, identity, call_of(legs_of[identity]), moment, quiet) for identity in few]
        await connection.execute(_UPSERT_CALL[ledger.is_sqlite], values)


def _call(log: Any, identity: str, call: Call, moment: datetime, quiet: timedelta) -> dict[str, Any]:
    until = call.ended_at or max(leg.ended_at or leg.started_at for leg in call.legs)
    return {
        "call_id": identity,
        "source_id": log.source_id,
        "call_key": call.call_key,
        "caller": call.caller[:_NUMBER_LIMIT],
        "dialled": call.dialled[:_NUMBER_LIMIT],
        "queue": call.queue[:_NAME_LIMIT],
        "choice": call.choice[:_NAME_LIMIT],
        "direction": str(call.direction),
        "outcome": str(call.outcome),
        "started_at": call.started_at,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "waited_s": call.waited_s,
        "talked_s": call.talked_s,
        "recording": call.recording,
        "legs_count": len(call.legs),
        "is_observed": log.is_observed,
        "version": 1,
        # A clock of theirs that runs ahead must not keep a call open for years.
        "quiet_from": min(until, moment) + quiet,
        "because": "",
        "changed_at": moment,
    }


_INSERT_LEG = {
    dialect is sqlite: dialect.insert(call_legs)
    .on_conflict_do_nothing()
    .returning(call_legs.c.call_id, call_legs.c.leg_digest)
    for dialect in (sqlite, postgresql)
}
"""Is it SQLite → the statement."""

_WORKED_OUT = (
    "caller", "dialled", "queue", "choice", "direction", "outcome", "started_at", "answered_at", "ended_at", "waited_s",
    "talked_s", "recording", "legs_count", "quiet_from", "changed_at",
)  # fmt: skip
"""What new legs may change. What was judged stays, until it is judged again."""


def _upsert(dialect: Any) -> Any:
    new = dialect.insert(calls)
    return new.on_conflict_do_update(
        index_elements=[calls.c.call_id],
        set_={name: new.excluded[name] for name in _WORKED_OUT} | {"version": calls.c.version + 1},
    )


_UPSERT_CALL = {dialect is sqlite: _upsert(dialect) for dialect in (sqlite, postgresql)}
