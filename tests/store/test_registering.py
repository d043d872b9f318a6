"""Rows become legs of calls, once, whatever order and file they come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

import store.registering
from inbox.call import BadRow, Direction, Leg, Outcome
from inbox.calls.outcome import call_of
from inbox.channel import Channel
from inbox.errors import Conflict
from store.call_tables import call_bad_rows, call_legs, call_logs, calls
from store.keeping import keep_all
from store.ledger import Ledger
from store.registering import register_rows
from tests.store.making import clean, delivery

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


async def judged(ledger: Ledger) -> Any:
    """Write a verdict, as if every call was quiet; return the one call."""
    async with ledger.begin() as connection:
        await connection.execute(update(calls).values(verdict="registered", quiet_from=None))
    [call] = await rows_of(ledger, calls)
    return call


async def test_a_row_that_comes_after_its_call_was_judged_has_it_judged_again(ledger: Ledger) -> None:
    log = await register_rows(ledger, await kept_log(ledger), [(1, leg())], QUIET)
    before = await judged(ledger)
    await register_rows(ledger, log, [(2, leg(number=2, answered_at=AT + timedelta(minutes=2)))], QUIET)
    [call] = await rows_of(ledger, calls)
    assert call.quiet_from == AT + timedelta(minutes=2, seconds=20) + QUIET
    assert (call.outcome, call.verdict, call.version) == ("answered", "registered", before.version + 1)


async def test_a_row_that_only_comes_again_leaves_a_judged_call_alone(ledger: Ledger) -> None:
    log = await register_rows(ledger, await kept_log(ledger), [(1, leg())], QUIET)
    before = await judged(ledger)
    await register_rows(ledger, log, [(2, leg())], QUIET)
    assert await rows_of(ledger, calls) == [before]


@pytest.mark.parametrize("is_late", [True, False])
async def test_of_a_leg_told_in_two_ways_the_fuller_one_counts_in_any_order(ledger: Ledger, is_late: bool) -> None:
    open_ended = leg(ended_at=None)
    ended = leg(answered_at=AT + timedelta(minutes=1, seconds=5))
    log = await kept_log(ledger)
    for line, told in enumerate([open_ended, ended] if is_late else [ended, open_ended], start=1):
        log = await register_rows(ledger, log, [(line, told)], QUIET)
    assert (log.legs_new, log.legs_again) == (1, 1)
    [call] = await rows_of(ledger, calls)
    assert (call.outcome, call.legs_count, call.ended_at) == ("answered", 1, ended.ended_at)


async def test_words_that_no_engine_holds_stop_no_log(ledger: Ledger) -> None:
    hostile = "a\x00b"
    rows: list[tuple[int, Leg | BadRow]] = [
        (1, leg(hostile, caller=hostile, dialled=hostile, queue=hostile, choice=hostile, agent=hostile)),
        (2, BadRow(2, "row_json", hostile, b"\x00")),
    ]
    log = await register_rows(ledger, await kept_log(ledger), rows, QUIET)
    await register_rows(ledger, log, rows, QUIET)
    [call] = await rows_of(ledger, calls)
    assert (call.caller, call.call_key, call.version) == ("a\ufffdb", "a\ufffdb", 1)


async def test_a_key_that_is_the_same_in_all_rows_takes_no_longer_with_each(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store.registering, "_ORDINARY_LEGS", 5)
    monkeypatch.setattr(store.registering, "_MOST_LEGS", 20)
    looked_at: list[int] = []
    real = store.registering.call_of

    def counting(legs: Any) -> Any:
        looked_at.append(len(legs))
        return real(legs)

    monkeypatch.setattr(store.registering, "call_of", counting)
    rows: list[tuple[int, Leg | BadRow]] = [(number, leg(number=number)) for number in range(1, 101)]
    found = []
    for order in (rows, rows[::-1]):
        log = await kept_log(ledger)
        for start in range(0, len(rows), 10):
            told = [(start + number, row) for number, (_, row) in enumerate(order[start : start + 10], start=1)]
            log = await register_rows(ledger, log, told, QUIET)
        found += [(row.legs_count, row.started_at, row.ended_at) for row in await rows_of(ledger, calls)]
        async with ledger.begin() as connection:
            for table in (call_legs, calls):
                await connection.execute(delete(table))
    assert max(looked_at) == 20
    assert len(looked_at) == 20
    assert found[0] == found[1]  # whatever the order: always the same legs are looked at
    assert found[0][0] == 100


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
async def test_rows_split_over_files_in_any_order_with_repeats_come_to_the_same_calls(
    ledger: Ledger, chance: Random
) -> None:
    rows = [
        some_leg(chance, call, number) for call in range(chance.randint(1, 6)) for number in range(chance.randint(1, 5))
    ]
    expected = {made.call_key: made for made in map(call_of, by_call(rows).values())}
    await clean(ledger)
    told = [*rows, *chance.choices(rows, k=chance.randint(0, len(rows)))]
    chance.shuffle(told)
    while told:
        count = chance.randint(1, len(told))
        file, told = told[:count], told[count:]
        log = await kept_log(ledger)
        batch: list[tuple[int, Leg | BadRow]] = []
        for line, row in enumerate(file, start=1):
            batch.append((line, row))
            if chance.random() < 0.3 or line == len(file):
                log = await register_rows(ledger, log, batch, QUIET)
                batch = []
        assert log.rows_done == log.legs_new + log.legs_again + log.bad_rows
    found = {row.call_key: row for row in await rows_of(ledger, calls)}
    assert found.keys() == expected.keys()
    for key, call in expected.items():
        row = found[key]
        for fact in ("caller", "dialled", "queue", "started_at", "answered_at", "ended_at", "waited_s", "talked_s"):
            assert getattr(row, fact) == getattr(call, fact), fact
        assert (row.outcome, row.direction, row.legs_count) == (call.outcome, call.direction, len(call.legs))


def some_leg(chance: Random, call: int, number: int) -> Leg:
    """Return one way of telling a leg; the next one may tell it in another."""
    started_at = AT + timedelta(seconds=chance.randint(0, 3_000))
    ended_at = chance.choice([None, started_at + timedelta(seconds=chance.randint(0, 600))])
    return leg(
        f"c{call}",
        chance.choice([number, 0]),
        started_at=started_at,
        ended_at=ended_at,
        answered_at=chance.choice([None, started_at]) if ended_at else None,
        outcome=chance.choice([None, *Outcome]),
        direction=chance.choice(list(Direction)),
        caller=chance.choice(["", "+31612345678", "+31201234567"]),
        queue=chance.choice(["", "Vergunningen"]),
    )


def by_call(rows: list[Leg]) -> dict[str, list[Leg]]:
    legs: dict[str, list[Leg]] = {}
    for row in rows:
        legs.setdefault(row.call_key, []).append(row)
    return legs
