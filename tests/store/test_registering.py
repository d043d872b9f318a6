"""Rows become legs of calls, once, whatever order and file they come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from inbox.call import BadRow, Direction, Leg, Outcome
from inbox.channel import Channel
from inbox.errors import Conflict
from store.call_tables import call_bad_rows, call_logs, calls
from store.keeping import keep_all
from store.ledger import Ledger
from store.registering import register_rows
from tests.store.making import delivery

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
QUIET = timedelta(minutes=15)


def leg(call: str = "c1", number: int = 1, seconds: int = 20, **changes: Any) -> Leg:
    facts: dict[str, Any] = {
        "call_key": call,
        "leg_key": str(number),
        "started_at": AT + timedelta(minutes=number),
        "ended_at": AT + timedelta(minutes=number, seconds=seconds),
        "direction": Direction.inbound,
        "caller": "+31612345678",
        "dialled": "14076",
    }
    return Leg(**{**facts, **changes})


async def kept_log(ledger: Ledger) -> Any:
    new = delivery(is_call_log=True, channel=Channel.phone)
    made = await keep_all(ledger, [new])
    return await log_row(ledger, made[new.position])


async def log_row(ledger: Ledger, delivery_id: str) -> Any:
    async with ledger.read() as connection:
        return (await connection.execute(select(call_logs).where(call_logs.c.delivery_id == delivery_id))).one()


async def rows_of(ledger: Ledger, table: Any) -> list[Any]:
    async with ledger.read() as connection:
        return list((await connection.execute(select(table))).all())


async def test_a_log_is_kept_without_an_item_and_its_legs_become_one_call(ledger: Ledger) -> None:
    log = await kept_log(ledger)
    bad = BadRow(3, "row_columns", "give it its columns", b"a,b")
    rows: list[tuple[int, Leg | BadRow]] = [
        (1, leg()),
        (2, leg(number=2, answered_at=AT + timedelta(minutes=2))),
        (3, bad),
    ]
    await register_rows(ledger, log, rows, QUIET)
    [call] = await rows_of(ledger, calls)
    assert (call.outcome, call.legs_count, call.caller) == (str(Outcome.answered), 2, "+31612345678")
    assert call.quiet_from == AT + timedelta(minutes=2, seconds=20) + QUIET
    after = await log_row(ledger, log.delivery_id)
    assert (after.rows_done, after.legs_new, after.legs_again, after.bad_rows) == (3, 2, 0, 1)
    [kept] = await rows_of(ledger, call_bad_rows)
    assert (kept.row, kept.line, kept.raw) == (3, 3, b"a,b")


async def test_the_same_rows_in_another_file_change_nothing(ledger: Ledger) -> None:
    rows: list[tuple[int, Leg | BadRow]] = [(1, leg()), (2, leg(number=2))]
    await register_rows(ledger, await kept_log(ledger), rows, QUIET)
    before = await rows_of(ledger, calls)
    second = await kept_log(ledger)
    await register_rows(ledger, second, list(reversed(rows)), QUIET)
    assert await rows_of(ledger, calls) == before
    after = await log_row(ledger, second.delivery_id)
    assert (after.legs_new, after.legs_again) == (0, 2)


async def test_a_batch_that_another_worker_wrote_is_refused_whole(ledger: Ledger) -> None:
    log = await kept_log(ledger)
    await register_rows(ledger, log, [(1, leg())], QUIET)
    with pytest.raises(Conflict):
        await register_rows(ledger, log, [(1, leg()), (2, leg(number=2))], QUIET)
    assert (await log_row(ledger, log.delivery_id)).rows_done == 1
    assert len(await rows_of(ledger, calls)) == 1
