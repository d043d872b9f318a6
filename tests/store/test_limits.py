"""Counting what was told: to whom, in which thread, since when; and by one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, update

from inbox.acknowledge.limits import LimitName, Tally
from inbox.configuration.model import Limits, Window
from inbox.errors import NoticesWait
from inbox.intents import NoticeIntent
from inbox.item import NoticeKind, NoticeState
from store.figures import watched_figures
from store.ledger import Ledger, now
from store.limits import free_at, note_wait, recipient_digest, tallied
from store.noticing import claim_notice, note_notice_trouble, notice_row, settle_notice, withhold_notice
from store.tables import notices
from tests.store.making import decide, notice, rows, send_out, was_linked

JAN = "jan@inwoner.test"
HOUR = Window(at_most=5, within_minutes=60)
DAY = Window(at_most=20, within_minutes=1440)
BOTH = Limits(per_address=(HOUR, DAY), per_thread=(Window(at_most=3, within_minutes=1440),))
NO_THREAD = ""


async def told(ledger: Ledger, address: str = JAN, *, ago: timedelta = timedelta(), **changes: Any) -> str:
    """Launch an item with one notice; return the notice's id."""
    made = notice(rcpt_to=address, **changes)
    await send_out(ledger, await decide(ledger, await was_linked(ledger), "vergunning"), notices=[made])
    await put(ledger, made.notice_id, made_at=now() - ago)
    return made.notice_id


async def put(ledger: Ledger, notice_id: str, **values: Any) -> None:
    async with ledger.begin() as connection:
        await connection.execute(update(notices).where(notices.c.notice_id == notice_id).values(**values))


async def counts(ledger: Ledger, address: str = JAN, thread_id: str = NO_THREAD, limits: Limits = BOTH) -> list[int]:
    async with ledger.as_one():
        return [tally.told for tally in await tallied(ledger, address, thread_id, limits)]


async def test_each_window_counts_what_is_in_it(ledger: Ledger) -> None:
    for minutes in (1, 59, 61, 1439, 1441):
        await told(ledger, ago=timedelta(minutes=minutes))
    assert await counts(ledger) == [2, 4]


async def test_a_window_slides(ledger: Ledger) -> None:
    first = await told(ledger)
    for minutes, count in ((59, 1), (61, 0)):
        await put(ledger, first, made_at=now() - timedelta(minutes=minutes))
        assert (await counts(ledger))[0] == count


@pytest.mark.parametrize("address", ["JAN@inwoner.test", "Jan@Inwoner.TEST", "jan+gemeente@inwoner.test", JAN])
async def test_an_address_is_the_same_whatever_its_case_and_mark(ledger: Ledger, address: str) -> None:
    await told(ledger, address)
    assert await counts(ledger) == [1, 1]


@pytest.mark.parametrize("address", ["jan@inwoner.example", "jans@inwoner.test", "an@inwoner.test", "@inwoner.test"])
async def test_another_address_has_its_own_count(ledger: Ledger, address: str) -> None:
    await told(ledger)
    assert await counts(ledger, address) == [0, 0]


def test_what_is_all_mark_stays_an_address_of_its_own() -> None:
    assert len({recipient_digest(address) for address in ("+a@x.test", "+b@x.test", "a@x.test", "@x.test", "+")}) == 5


async def test_what_was_withheld_does_not_count_and_what_failed_does(ledger: Ledger) -> None:
    gone = await told(ledger)
    await withhold_notice(ledger, await notice_row(ledger, gone), "its date has passed")
    await told(ledger, withheld_because=("a machine wrote",), message=b"")
    failed = await told(ledger)
    await settle_notice(ledger, await notice_row(ledger, failed), NoticeState.failed)
    assert await counts(ledger) == [1, 1]


async def test_a_correction_and_a_colleagues_receipt_count(ledger: Ledger) -> None:
    await told(ledger, kind=NoticeKind.correction)
    await told(ledger, kind=NoticeKind.colleague)
    assert await counts(ledger) == [2, 2]


async def test_a_thread_is_counted_over_all_addresses_and_only_for_what_answers(ledger: Ledger) -> None:
    for address in ("a@x.test", "b@x.test"):
        await told(ledger, address, thread_id="eerste@x.test")
    await told(ledger, "a@x.test", thread_id="andere@x.test")
    assert await counts(ledger, "c@x.test", "eerste@x.test") == [0, 0, 2]
    assert await counts(ledger, "c@x.test") == [0, 0]


async def test_no_windows_are_no_limit(ledger: Ledger) -> None:
    for _ in range(7):
        await told(ledger, thread_id="eerste@x.test")
    async with ledger.as_one():
        assert await tallied(ledger, JAN, "eerste@x.test", Limits(per_address=(), per_thread=())) == []


async def test_never_more_is_counted_than_the_limit(ledger: Ledger) -> None:
    for _ in range(7):
        await told(ledger)
    assert await counts(ledger) == [5, 7]


async def test_it_is_known_whether_the_limit_was_told_and_has_withheld_in_this_window(ledger: Ledger) -> None:
    async def seen() -> list[tuple[bool, bool]]:
        async with ledger.as_one():
            return [(tally.was_announced, tally.was_withheld) for tally in await tallied(ledger, JAN, "", BOTH)]

    await told(ledger)
    assert await seen() == [(False, False)] * 2
    last = await told(ledger, limited_by=LimitName.per_address)
    assert await seen() == [(True, False)] * 2
    await told(ledger, limited_by=LimitName.per_address, withheld_because=("the limit",), message=b"")
    assert await seen() == [(True, True)] * 2
    await put(ledger, last, made_at=now() - timedelta(minutes=61))
    assert await seen() == [(False, True), (True, True)]


async def _one_more(ledger: Ledger, item_id: str, limits: Limits) -> None:
    """Do as a worker does: count, then launch a notice or withhold it, as one."""
    async with ledger.as_one():
        tallies = await tallied(ledger, JAN, "draad@x.test", limits)
        await send_out(ledger, item_id, notices=[_notice_or_none(tallies)])


def _notice_or_none(tallies: Sequence[Tally]) -> NoticeIntent:
    is_full = any(tally.told >= tally.window.at_most for tally in tallies)
    return notice(thread_id="draad@x.test", withheld_because=("the limit",) if is_full else ())


@pytest.mark.parametrize(
    "limits", [Limits(per_address=(HOUR,), per_thread=()), Limits(per_address=(), per_thread=(HOUR,))]
)
async def test_of_fifty_at_once_as_many_are_told_as_the_limit_allows(
    ledger: Ledger, neighbour: Ledger, limits: Limits
) -> None:
    """Counted by several processes at the same moment."""
    item_ids = [await decide(ledger, await was_linked(ledger), "lantaarn") for _ in range(50)]
    both = (ledger, neighbour) * 25
    await asyncio.gather(*(_one_more(one, item_id, limits) for one, item_id in zip(both, item_ids, strict=True)))
    states = [row.state for row in await rows(ledger, notices)]
    assert (states.count("intended"), states.count("withheld")) == (5, 45)


async def test_what_is_rolled_back_was_never_told(ledger: Ledger) -> None:
    item_id = await decide(ledger, await was_linked(ledger), "lantaarn")
    called: list[str] = []

    async def breaks() -> None:
        async with ledger.as_one():
            await tallied(ledger, JAN, "", BOTH)
            await send_out(ledger, item_id)
            ledger.after_commit(lambda: called.append("rolled back"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await breaks()
    assert await counts(ledger) == [0, 0]
    async with ledger.as_one(), ledger.as_one():
        ledger.after_commit(lambda: called.append("committed"))
        assert called == []
    ledger.after_commit(lambda: called.append("at once"))
    assert called == ["committed", "at once"]


THREE = Window(at_most=3, within_minutes=10)


async def spoken(ledger: Ledger, ago: timedelta) -> str:
    notice_id = await told(ledger, f"{uuid4()}@x.test")
    await claim_notice(ledger, notice_id)
    await settle_notice(ledger, await notice_row(ledger, notice_id), NoticeState.sent)
    await put(ledger, notice_id, claimed_at=now() - ago)
    return notice_id


async def minutes_left(ledger: Ledger, notice_id: str, window: Window = THREE) -> int | None:
    async with ledger.as_one():
        at = await free_at(ledger, await notice_row(ledger, notice_id), window)
    return None if at is None else round((at - now()).total_seconds() / 60)


async def test_overall_there_is_room_until_the_window_is_full_and_again_when_it_slides(ledger: Ledger) -> None:
    waits = await told(ledger)
    for minutes in (11, 9, 6):
        await spoken(ledger, timedelta(minutes=minutes))
    assert await minutes_left(ledger, waits) is None
    newest = await spoken(ledger, timedelta(minutes=2))
    assert await minutes_left(ledger, waits) == 1
    await put(ledger, newest, claimed_at=now() - timedelta(minutes=10, seconds=1))
    assert await minutes_left(ledger, waits) is None


async def test_overall_each_who_waits_has_a_moment_of_its_own_the_oldest_first(ledger: Ledger) -> None:
    for minutes in (9, 6, 2):
        await spoken(ledger, timedelta(minutes=minutes))
    waiting = [await told(ledger, ago=timedelta(seconds=60 - number)) for number in range(5)]
    for notice_id in waiting:
        await note_wait(ledger, await notice_row(ledger, notice_id), NoticesWait(3, 10, 60))
    assert [await minutes_left(ledger, notice_id) for notice_id in waiting] == [1, 4, 8, 11, 14]
    assert (await watched_figures(ledger)).waiting == 5


async def test_overall_a_lowered_limit_waits_for_the_last_so_many(ledger: Ledger) -> None:
    for minutes in (9, 6, 2):
        await spoken(ledger, timedelta(minutes=minutes))
    assert await minutes_left(ledger, await told(ledger), Window(at_most=1, within_minutes=10)) == 8


async def test_overall_what_was_claimed_and_given_back_does_not_count(ledger: Ledger) -> None:
    notice_id = await told(ledger)
    claim_id = await claim_notice(ledger, notice_id)
    other = await told(ledger)
    one = Window(at_most=1, within_minutes=10)
    assert await minutes_left(ledger, other, one) == 10
    await note_notice_trouble(ledger, await notice_row(ledger, notice_id), NoticesWait(1, 1, 1), claim_id=claim_id)
    assert await minutes_left(ledger, other, one) is None


async def test_a_wait_is_shown_and_is_forgotten_once_it_is_said(ledger: Ledger) -> None:
    notice_id = await told(ledger)
    await note_wait(ledger, await notice_row(ledger, notice_id), NoticesWait(3, 10, 60))
    row = await notice_row(ledger, notice_id)
    assert (row.state, row.trouble_code) == ("intended", "notices_wait")
    assert row.waited_at is not None
    await claim_notice(ledger, notice_id)
    await settle_notice(ledger, row, NoticeState.sent)
    await note_wait(ledger, row, NoticesWait(3, 10, 60))
    assert (await notice_row(ledger, notice_id)).trouble_code is None


async def test_counting_looks_through_what_is_in_the_window_and_nothing_else(ledger: Ledger) -> None:
    """However many notices the ledger holds."""
    if not ledger.is_sqlite:
        pytest.skip("PostgreSQL chooses by what the tables hold")
    asked: list[tuple[str, Any]] = []

    def listen(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if statement.startswith("SELECT") and "FROM notices" in statement:
            asked.append((statement, parameters))

    event.listen(ledger.engine.sync_engine, "before_cursor_execute", listen)
    waiting = await told(ledger)
    asked.clear()
    await counts(ledger, thread_id="eerste@x.test")
    await minutes_left(ledger, waiting)
    event.remove(ledger.engine.sync_engine, "before_cursor_execute", listen)
    async with ledger.read() as connection:
        plans = [
            str((await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)).all())
            for statement, parameters in asked
            if "notices.notice_id = ?" not in statement
        ]
    assert len(plans) == 4
    assert all("made_at>?" in plan or "claimed_at>?" in plan for plan in plans), plans
