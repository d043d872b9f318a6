"""Register: rows of a call log become legs of calls, in one transaction with how far the log is.

A leg is known by its call and its own key, so that a row that comes again, in whatever file, changes nothing; one that
tells more than before takes its place. A call that changes is to be judged again once it is quiet.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import case, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.call import BadRow, Call, Leg
from inbox.calls.outcome import call_of, fuller
from inbox.errors import Conflict
from store.call_logs import is_as_seen
from store.call_tables import call_bad_rows, call_legs, call_logs, calls
from store.ledger import Ledger, now
from store.storable import storable, storable_json

_NUMBER_LIMIT = 60
_NAME_LIMIT = 200
_FEW = 500
"""As many values as one question may hold on any engine."""

_MOST_LEGS = 10_000
"""Legs that a call is worked out of: a log whose key is the same in all rows must not take longer with each of them."""

_ORDINARY_LEGS = 50
"""Calls with more of them are looked at one by one, so that five hundred calls at once stay small."""

_Key = tuple[str, str]
"""Call id and leg digest."""


def call_id(source_id: str, call_key: str) -> str:
    """Return the id of a call: always the same for one key of one source."""
    return str(uuid5(NAMESPACE_URL, f"call://{source_id}/{storable(call_key)}"))


def leg_digest(leg_key: str) -> str:
    """Return by what a leg is known within its call."""
    return hashlib.sha256(leg_key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


async def register_rows(ledger: Ledger, log: Any, rows: Sequence[tuple[int, Leg | BadRow]], quiet: timedelta) -> Any:
    """Put the next rows of a log into the register, and count them; return its row as it is then.

    `log`: its row, as it was read. `rows`: (line, row), right behind the `rows_done` that it has. Raises Conflict when
    another was here meanwhile.
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
        legs = [(line, row) for line, row in rows if isinstance(row, Leg)]
        told = _by_key(log, legs)
        # First: whoever comes second then finds the row changed before it writes anything.
        counted = await _count(connection, log, len(rows), len(bad))
        if bad:
            await connection.execute(insert(call_bad_rows), bad)
        fresh = await _add_legs(ledger, connection, log, told)
        changed = await _add_to_legs(connection, {key: leg for key, (_, leg) in told.items() if key not in fresh})
        more = Counter(call for call, _ in fresh)
        counts = await _legs_counts(connection, more, changed)
        if log.legs_before is not None:
            # A person lets it be read again: what the register lost of its calls comes back.
            counts = await _mended(connection, {call for call, _ in told}, counts)
        await _refresh_calls(ledger, connection, log, counts, quiet)
        return await _count_legs(connection, counted, len(fresh), len(legs) - len(fresh))


async def _count(connection: AsyncConnection, log: Any, rows: int, bad: int) -> Any:
    changed = await connection.execute(
        update(call_logs)
        .where(*is_as_seen(log))
        .values(
            rows_done=call_logs.c.rows_done + rows,
            bad_rows=call_logs.c.bad_rows + bad,
            # It got on: whatever ends it from here on has begun less than once without an outcome.
            imports_begun=0,
            version=call_logs.c.version + 1,
        )
        .returning(call_logs)
    )
    row = changed.one_or_none()
    if row is None:
        raise Conflict(f"call log {log.delivery_id} is imported by another worker, too")
    return row


async def _count_legs(connection: AsyncConnection, log: Any, new: int, again: int) -> Any:
    counted = await connection.execute(
        update(call_logs)
        .where(call_logs.c.delivery_id == log.delivery_id)
        .values(legs_new=call_logs.c.legs_new + new, legs_again=call_logs.c.legs_again + again)
        .returning(call_logs)
    )
    return counted.one()


def _by_key(log: Any, legs: Sequence[tuple[int, Leg]]) -> dict[_Key, tuple[int, Leg]]:
    """Return each leg once, with its first line; of one that is told in two ways the one that counts."""
    told: dict[_Key, tuple[int, Leg]] = {}
    for line, leg in legs:
        key = (call_id(log.source_id, leg.call_key), leg_digest(leg.leg_key))
        known = told.get(key)
        told[key] = (line, leg) if known is None else (known[0], fuller(known[1], leg))
    return told


async def _add_legs(
    ledger: Ledger, connection: AsyncConnection, log: Any, told: Mapping[_Key, tuple[int, Leg]]
) -> set[_Key]:
    """Write those that are new; return their keys."""
    if not told:
        return set()
    values = [
        {"call_id": call, "leg_digest": digest, "delivery_id": log.delivery_id, "line": line, "leg": leg.as_json()}
        # In one order everywhere: two who register the same rows then never wait for each other.
        for (call, digest), (line, leg) in sorted(told.items(), key=lambda entry: entry[0])
    ]
    made = await connection.execute(_INSERT_LEG[ledger.is_sqlite], values)
    return {(row.call_id, row.leg_digest) for row in made}


async def _add_to_legs(connection: AsyncConnection, again: Mapping[_Key, Leg]) -> set[str]:
    """Write what is told more fully than before; return the calls that it changes. Mostly a row just comes again."""
    changed: dict[_Key, Leg] = {}
    waiting = sorted(again)
    while waiting:
        few, waiting = waiting[: _FEW // 2], waiting[_FEW // 2 :]
        rows = await connection.execute(
            select(call_legs.c.call_id, call_legs.c.leg_digest, call_legs.c.leg).where(
                call_legs.c.call_id.in_({call for call, _ in few}), call_legs.c.leg_digest.in_({leg for _, leg in few})
            )
        )
        for row in rows:
            key = (row.call_id, row.leg_digest)
            if key in again and row.leg != (told := again[key].as_json()):
                known = Leg.from_json(row.leg)
                # As it comes back from the ledger, which may hold other characters than it was given.
                if fuller(known, Leg.from_json(json.loads(storable_json(told)))) != known:
                    changed[key] = again[key]
    for (call, digest), leg in changed.items():
        await connection.execute(
            update(call_legs)
            .where(call_legs.c.call_id == call, call_legs.c.leg_digest == digest)
            .values(leg=leg.as_json())
        )
    return {call for call, _ in changed}


async def _legs_counts(connection: AsyncConnection, more: Counter[str], changed: set[str]) -> dict[str, int]:
    """Return the calls that are to be worked out anew → how many legs each has now.

    `more`: call → how many are new; counting all of them would take longer with each. `changed`: of which a leg is.
    """
    counts: dict[str, int] = dict(more)
    for few in _in_pieces(more.keys() | changed):
        rows = await connection.execute(select(calls.c.call_id, calls.c.legs_count).where(calls.c.call_id.in_(few)))
        counts.update({row.call_id: row.legs_count + more[row.call_id] for row in rows})
    return counts


async def _mended(connection: AsyncConnection, told: set[str], counts: Mapping[str, int]) -> dict[str, int]:
    """Return the same, with those whose row is not there or counts other legs than there are, and all counted anew."""
    found = dict(counts)
    for few in _in_pieces(told):
        there = select(call_legs.c.call_id, func.count()).where(call_legs.c.call_id.in_(few))
        legs = {call: int(count) for call, count in await connection.execute(there.group_by(call_legs.c.call_id))}
        rows = await connection.execute(select(calls.c.call_id, calls.c.legs_count).where(calls.c.call_id.in_(few)))
        known = {row.call_id: row.legs_count for row in rows}
        found.update({call: count for call, count in legs.items() if call in counts or known.get(call) != count})
    return found


async def _refresh_calls(
    ledger: Ledger, connection: AsyncConnection, log: Any, counts: Mapping[str, int], quiet: timedelta
) -> None:
    """Work out anew each of these calls of all its legs. `counts`: call → how many."""
    moment = now()
    for few in _in_pieces(counts.keys()):
        legs_of = await _legs_of(connection, {call: counts[call] for call in few})
        values = [_call(log, one, call_of(legs_of[one]), counts[one], moment, quiet) for one in few]
        await connection.execute(_UPSERT_CALL[ledger.is_sqlite], values)


def _in_pieces(names: Set[str]) -> Iterator[list[str]]:
    """Yield as many as one question may name, always in one order."""
    ordered = sorted(names)
    for start in range(0, len(ordered), _FEW):
        yield ordered[start : start + _FEW]


async def _legs_of(connection: AsyncConnection, counts: Mapping[str, int]) -> dict[str, list[Leg]]:
    """Return each call's legs: all of an ordinary one, else always the same of those that there are."""
    query = select(call_legs.c.call_id, call_legs.c.leg)
    legs_of: dict[str, list[Leg]] = {}
    ordinary = [one for one, count in counts.items() if count <= _ORDINARY_LEGS]
    questions = [query.where(call_legs.c.call_id.in_(ordinary))] if ordinary else []
    for one in counts.keys() - set(ordinary):
        of_one = query.where(call_legs.c.call_id == one)
        questions.append(of_one.order_by(call_legs.c.leg_digest).limit(_MOST_LEGS))
    for question in questions:
        for row in await connection.execute(question):
            legs_of.setdefault(row.call_id, []).append(Leg.from_json(row.leg))
    return legs_of


def _call(log: Any, identity: str, call: Call, legs: int, moment: datetime, quiet: timedelta) -> dict[str, Any]:
    until = call.ended_at or max(leg.ended_at or leg.started_at for leg in call.legs)
    return {
        "call_id": identity,
        "source_id": log.source_id,
        "call_key": call.call_key,
        "caller": storable(call.caller)[:_NUMBER_LIMIT],
        "dialled": storable(call.dialled)[:_NUMBER_LIMIT],
        "queue": storable(call.queue)[:_NAME_LIMIT],
        "choice": storable(call.choice)[:_NAME_LIMIT],
        "direction": str(call.direction),
        "outcome": str(call.outcome),
        "started_at": call.started_at,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "waited_s": call.waited_s,
        "talked_s": call.talked_s,
        "recording": call.recording,
        "legs_count": legs,
        "is_observed": log.is_observed,
        "confidentiality": log.confidentiality,
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


def _stricter(one: Any, other: Any) -> Any:
    return case((one >= other, one), else_=other)


def _upsert(dialect: Any) -> Any:
    new = dialect.insert(calls)
    return new.on_conflict_do_update(
        index_elements=[calls.c.call_id],
        set_={name: new.excluded[name] for name in _WORKED_OUT}
        | {"confidentiality": _stricter(calls.c.confidentiality, new.excluded.confidentiality)}
        | {"version": calls.c.version + 1},
    )


_UPSERT_CALL = {dialect is sqlite: _upsert(dialect) for dialect in (sqlite, postgresql)}
