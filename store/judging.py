"""Judge, as the ledger sees it: verdicts, the items that come of calls, and those that a conversation ends. All at once.

One transaction at a time judges, over all hosts and sources: one number rings more than one line. What it decides rests on
what it reads itself; that two who judge at once make two items of one call is not possible.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, literal_column, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.call import Direction, Outcome
from inbox.calls.judging import Around, CallBack, Plan, QuietCall, counts_of
from inbox.calls.register import CallVerdict
from inbox.item import Status
from store.call_backs import CallBackDocument, join_item, leave_item, make_items, settle_item
from store.call_tables import call_backs, calls
from store.ledger import Ledger, now
from store.shared_lines import shared_among
from store.tables import items

ItemKey = tuple[tuple[str, int], ...]
"""Of which calls an item is made, each with its version."""


@dataclass(frozen=True)
class Look:
    """Calls that may be judged, with what the register holds around them."""

    quiet: Sequence[QuietCall]
    around: Around


@dataclass(frozen=True)
class Done:
    """What one transaction wrote."""

    verdicts: Counter[CallVerdict]
    waits: int
    """Calls whose item has no document of what they are now: they wait for another turn."""


async def look_at_quiet(ledger: Ledger, source_id: str, configured: Sequence[str], limit: int) -> Look:
    """Return the calls of the source that are quiet, those that began first first, at most `limit`; and with them the
    quiet ones of the same callers, so that what belongs together is judged together. `configured`: shared lines.
    """
    is_quiet = _is_quiet(source_id)
    async with ledger.read() as connection:
        rows = await _rows(
            connection, select(calls).where(is_quiet).order_by(calls.c.started_at, calls.c.call_id).limit(limit)
        )
        unanswered = {row.caller for row in rows if row.caller and row.outcome != Outcome.answered}
        if unanswered and len(rows) == limit:
            last = rows[-1]
            begin_later = tuple_(calls.c.started_at, calls.c.call_id) > tuple_(last.started_at, last.call_id)
            theirs = is_quiet & calls.c.caller.in_(sorted(unanswered)) & begin_later
            more = select(calls).where(theirs).order_by(calls.c.started_at, calls.c.call_id).limit(limit)
            rows += await _rows(connection, more)
        quiet = [_quiet_call(row) for row in rows]
        return Look(quiet, await _around(connection, quiet, configured, locks=False))


async def judge(
    ledger: Ledger,
    source_id: str,
    call_ids: Sequence[str],
    configured: Sequence[str],
    plan_of: Callable[[Sequence[QuietCall], Around], Plan],
    documents: Mapping[ItemKey, CallBackDocument],
) -> Done:
    """Judge those of these calls that are still quiet, in one transaction; a second time changes nothing.

    `documents`: of the items that are to be made; their bytes are durable. Raises Conflict when somebody else stood in
    the way: then nothing was written.
    """
    async with ledger.begin() as connection:
        await ledger.alone(connection, "judging of calls")
        # Nor does a log bring more legs of these calls meanwhile.
        await ledger.alone(connection, f"calls {source_id}")
        found = await _rows(connection, select(calls).where(_is_quiet(source_id), calls.c.call_id.in_(call_ids)))
        quiet = [_quiet_call(row) for row in found]
        plan = plan_of(quiet, await _around(connection, quiet, configured, locks=True))
        to_make = [(new, documents[new.key]) for new in plan.new if new.key in documents]
        waits = {call.call_id for new in plan.new if new.key not in documents for call in new.calls}
        made = await make_items(connection, to_make)
        for item_id, call in sorted(plan.joined, key=lambda entry: entry[0]):
            await join_item(connection, item_id, call)
        for item_id, call in plan.left:
            await leave_item(connection, item_id, call)
        for item_id, call in sorted(plan.settled, key=lambda entry: entry[0]):
            await settle_item(connection, item_id, call)
        for call_id in waits:
            del plan.judged[call_id]
        await _write(connection, quiet, plan, made)
        return Done(counts_of(plan), len(waits))


async def _write(connection: AsyncConnection, quiet: Sequence[QuietCall], plan: Plan, made: Mapping[str, str]) -> None:
    moment = now()
    values = [
        {
            "of": call.call_id,
            "at": moment,
            "says": str(judged.verdict),
            "why": judged.because,
            "item": made.get(call.call_id, judged.item_id),
        }
        for call in quiet
        if (judged := plan.judged.get(call.call_id)) is not None
    ]
    if values:
        await connection.execute(_WRITE_VERDICT, values)


def _is_quiet(source_id: str) -> ColumnElement[bool]:
    return (calls.c.source_id == source_id) & calls.c.quiet_from.is_not(None) & (calls.c.quiet_from <= now())


async def _around(
    connection: AsyncConnection, quiet: Sequence[QuietCall], configured: Sequence[str], *, locks: bool
) -> Around:
    numbers = sorted(
        {call.caller for call in quiet if call.caller} | {n for call in quiet for n in call.spoken_numbers}
    )
    own = sorted({call.item_id for call in quiet if call.item_id})
    open_ones = await _open(connection, numbers, own, locks=locks)
    shared = frozenset(configured) | await shared_among(connection, numbers)
    return Around(open_ones, await _spoken(connection, numbers), shared)


async def _open(
    connection: AsyncConnection, numbers: Sequence[str], own: Sequence[str], *, locks: bool
) -> Sequence[CallBack]:
    """Return the call-backs that are neither settled nor ended, the earliest first.

    `locks`: their items stay as they are until the end of the transaction, so that nobody ends one that a call joins.
    """
    ended = [str(status) for status in Status if status.is_ended]
    query = (
        select(call_backs, items.c.held_because)
        .join(items, items.c.item_id == call_backs.c.item_id)
        .where(
            call_backs.c.number.in_(numbers) | call_backs.c.item_id.in_(own),
            call_backs.c.settled_at.is_(None),
            items.c.status.not_in(ended),
        )
        .order_by(items.c.item_id)
    )
    found = await _rows(connection, query.with_for_update(of=items, key_share=True) if locks else query)
    backs = [
        CallBack(
            item_id=row.item_id,
            number=row.number,
            first_at=row.first_at,
            latest_at=row.latest_at,
            calls_count=row.calls_count,
            is_held=row.held_because is not None,
        )
        for row in found
    ]
    return sorted(backs, key=lambda back: (back.first_at, back.item_id))


_spoken_at = func.coalesce(calls.c.answered_at, calls.c.started_at)
_was_spoken = (calls.c.outcome == str(Outcome.answered)) & or_(calls.c.ended_at.is_(None), calls.c.talked_s > 0)


async def _spoken(connection: AsyncConnection, numbers: Sequence[str]) -> dict[str, datetime]:
    """Return number → when somebody was last spoken to at it, as `QuietCall.spoken_at` and `spoken_numbers` say."""
    found: dict[str, datetime] = {}
    both = str(Direction.internal)
    for number, where in (
        (calls.c.caller, calls.c.direction.in_([str(Direction.inbound), both])),
        # In the very words of the index: else it is not used.
        (
            calls.c.dialled,
            (calls.c.direction != literal_column("'in'")) & calls.c.direction.in_([str(Direction.outbound), both]),
        ),
    ):
        query = (
            select(number.label("number"), func.max(_spoken_at, type_=calls.c.started_at.type).label("at"))
            .where(number.in_(numbers), where, _was_spoken)
            .group_by(number)
        )
        for row in await _rows(connection, query):
            found[row.number] = max(row.at, found.get(row.number, row.at))
    return found


async def _rows(connection: AsyncConnection, query: Select[Any]) -> list[Any]:
    return list((await connection.execute(query)).all())


def _quiet_call(row: Any) -> QuietCall:
    return QuietCall(
        call_id=row.call_id,
        version=row.version,
        caller=row.caller,
        dialled=row.dialled,
        queue=row.queue,
        choice=row.choice,
        direction=Direction(row.direction),
        outcome=Outcome(row.outcome),
        started_at=row.started_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        waited_s=row.waited_s,
        talked_s=row.talked_s,
        recording=row.recording,
        is_observed=row.is_observed,
        verdict=CallVerdict(row.verdict) if row.verdict else None,
        because=row.because,
        item_id=row.item_id,
    )


_WRITE_VERDICT = (
    update(calls)
    .where(calls.c.call_id == bindparam("of"))
    .values(
        verdict=bindparam("says"),
        because=bindparam("why"),
        item_id=bindparam("item"),
        quiet_from=None,
        version=calls.c.version + 1,
        changed_at=bindparam("at"),
    )
)
