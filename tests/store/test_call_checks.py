"""What must hold for call logs and calls is found when it does not, and only then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from inbox.call import BadRow, Leg
from inbox.channel import Channel
from inbox.errors import CallLogUnknown
from inbox.reconciliation import Kind, Weight
from store.call_checks import differing_calls
from store.call_logs import finish_import, import_again, log_row, set_log_aside
from store.call_tables import call_bad_rows, call_legs, call_logs, calls
from store.item_checks import differing
from store.keeping import keep_all
from store.ledger import Ledger, now
from store.registering import register_rows
from tests.call_logs import QUIET, leg, registered
from tests.store.making import delivery, kept

NO_TIME = timedelta(0)
ROWS: list[tuple[int, Leg | BadRow]] = [
    (1, leg("a", 1)),
    (2, leg("a", 2)),
    (3, BadRow(3, "row_json", "write JSON", b"?")),
    (4, leg("b", 1)),
    (5, leg("a", 1)),
]


async def checked(ledger: Ledger, source_id: str | None = None, settles: timedelta = NO_TIME) -> list[Any]:
    found = differing_calls(ledger, source_id, settled_before=now() - settles, pause=NO_TIME)
    return [difference async for difference in found]


async def kinds(ledger: Ledger) -> list[Kind]:
    return [difference.kind for difference in await checked(ledger)]


async def kept_log(ledger: Ledger, source_id: str = "info") -> str:
    new = delivery(is_call_log=True, channel=Channel.phone, source_id=source_id)
    return (await keep_all(ledger, [new]))[new.position]


async def imported(ledger: Ledger) -> str:
    """Import a log; return its id."""
    log_id = await kept_log(ledger)
    await import_rows(ledger, log_id)
    return log_id


async def import_rows(ledger: Ledger, log_id: str) -> None:
    log = await log_row(ledger, log_id)
    for start in (0, 2):
        log = await register_rows(ledger, log, ROWS[start : start + 2] if not start else ROWS[2:], QUIET)
    await finish_import(ledger, log, None)


async def write(ledger: Ledger, statement: Any) -> None:
    async with ledger.begin() as connection:
        await connection.execute(statement)


async def test_a_log_that_is_imported_is_as_it_must_be_and_has_no_item(ledger: Ledger) -> None:
    await imported(ledger)
    assert await checked(ledger) == []
    assert [one async for one in differing(ledger, None, settled_before=now(), pause=NO_TIME)] == []


async def test_a_log_whose_row_is_lost_is_a_delivery_without_item(ledger: Ledger) -> None:
    log_id = await kept_log(ledger)
    await write(ledger, delete(call_logs))
    found = [one async for one in differing(ledger, None, settled_before=now(), pause=NO_TIME)]
    assert [(one.kind, one.delivery_id) for one in found] == [(Kind.without_item, log_id)]


async def test_a_log_that_waits_is_named_once_it_should_be_done(ledger: Ledger) -> None:
    log_id = await kept_log(ledger)
    await register_rows(ledger, await log_row(ledger, log_id), ROWS[:1], QUIET)
    assert await checked(ledger, settles=timedelta(minutes=10)) == []
    [found] = await checked(ledger)
    assert (found.kind, found.delivery_id, found.detail) == (Kind.call_log_waiting, log_id, "row 1")
    assert found.weight is Weight.waiting


async def test_a_log_that_was_set_aside_is_named_with_its_code_and_is_no_loss(ledger: Ledger) -> None:
    log_id = await kept_log(ledger)
    await set_log_aside(ledger, log_id, CallLogUnknown("in no format"))
    [found] = await checked(ledger)
    assert (found.kind, found.detail, found.weight) == (Kind.call_log_in_trouble, "call_log_unknown", Weight.notice)
    assert found.source_id == "info"


def _lost_leg() -> Any:
    return delete(call_legs).where(call_legs.c.line == 4)


BREAKS = {
    "a leg is gone": (_lost_leg(), [Kind.call_rows_missing, Kind.call_incomplete]),
    "a bad row is gone": (delete(call_bad_rows), [Kind.call_rows_missing]),
    "rows were counted that are nowhere": (update(call_logs).values(rows_done=6), [Kind.call_rows_missing]),
    "a row was passed over": (update(call_logs).values(rows_done=4), [Kind.call_rows_missing]),
    "a call is gone": (delete(calls).where(calls.c.call_key == "b"), [Kind.leg_without_call]),
    "a call knows fewer legs": (
        update(calls).where(calls.c.call_key == "a").values(legs_count=1),
        [Kind.call_incomplete],
    ),
    "a call-back has no item": (
        update(calls).where(calls.c.call_key == "a").values(verdict="call_back"),
        [Kind.call_back_without_item],
    ),
}


@pytest.mark.parametrize("what", BREAKS)
async def test_invariant_3_what_is_broken_is_named_and_is_a_loss(ledger: Ledger, what: str) -> None:
    statement, expected = BREAKS[what]
    await imported(ledger)
    await write(ledger, statement)
    found = await checked(ledger)
    assert [one.kind for one in found] == expected
    assert all(one.weight is Weight.loss and one.source_id == "info" and one.detail for one in found)
    assert await checked(ledger, "other") == []


async def test_a_call_back_with_its_item_is_as_it_must_be(ledger: Ledger) -> None:
    item_id = await kept(ledger)
    await imported(ledger)
    await write(ledger, update(calls).values(verdict="call_back", item_id=item_id))
    assert await checked(ledger) == []


@pytest.mark.parametrize("what", ["a leg is gone", "a bad row is gone", "a call is gone", "a call knows fewer legs"])
async def test_what_the_register_lost_comes_back_when_the_log_is_read_again(ledger: Ledger, what: str) -> None:
    log_id = await imported(ledger)
    whole = await registered(ledger)
    await write(ledger, BREAKS[what][0])
    await import_again(ledger, log_id, "Beheer")
    await import_rows(ledger, log_id)
    assert await checked(ledger) == []
    assert await registered(ledger) == whole


async def test_reading_a_whole_log_again_has_no_call_judged_again(ledger: Ledger) -> None:
    log_id = await imported(ledger)
    await write(ledger, update(calls).values(quiet_from=None, verdict="registered"))
    await import_again(ledger, log_id, "Beheer")
    await import_rows(ledger, log_id)
    async with ledger.read() as connection:
        assert {row.quiet_from for row in await connection.execute(select(calls))} == {None}


async def test_legs_of_one_call_that_two_logs_brought_are_one_finding(ledger: Ledger) -> None:
    await imported(ledger)
    other = await log_row(ledger, await kept_log(ledger))
    await register_rows(ledger, other, [(1, leg("b", 7))], QUIET)
    await write(ledger, delete(calls).where(calls.c.call_key == "b"))
    found = [one for one in await checked(ledger) if one.kind is Kind.leg_without_call]
    assert [one.detail for one in found] == ["legs 2"]
