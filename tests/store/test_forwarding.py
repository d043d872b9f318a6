"""Forwards: claimed by one, settled once, called back at any moment (invariant 7)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from inbox.actions import Action
from inbox.errors import Conflict, DestinationRefused, DestinationUnavailable, NotFound
from inbox.item import ForwardState, Status
from inbox.ports import Delivered
from store.deciding import standing
from store.events import lock_item
from store.forwarding import (
    call_back,
    claim_forward,
    doubt_forward,
    forward_row,
    note_forward_trouble,
    note_withdrawal_trouble,
    settle_delivered,
    settle_failed,
    settle_withdrawn,
)
from store.ledger import Ledger
from store.reading import item_row
from store.tables import forward_steps
from tests.store.making import assignments_of, deliver, do, events_of, rows, was_forwarded, was_launched


async def forwards(ledger: Ledger) -> tuple[Any, Any]:
    """Return the acting and the informed forward of a new item."""
    acting, informed = (await standing(ledger, await was_launched(ledger))).forwards
    return acting, informed


async def steps(ledger: Ledger, forward_id: str) -> list[str]:
    found = await rows(ledger, forward_steps, forward_steps.c.forward_id == forward_id)
    return [row.step for row in sorted(found, key=lambda row: row.step_id)]


async def claimed(ledger: Ledger, forward: Any) -> Any:
    await claim_forward(ledger, forward.forward_id)
    return await forward_row(ledger, forward.forward_id)


async def state_of(ledger: Ledger, forward: Any) -> str:
    return str((await forward_row(ledger, forward.forward_id)).state)


async def test_of_ten_who_claim_at_once_one_may_speak(ledger: Ledger, neighbour: Ledger) -> None:
    acting, _ = await forwards(ledger)
    outcomes = await asyncio.gather(
        *(claim_forward(one, acting.forward_id) for one in (ledger, neighbour) * 5), return_exceptions=True
    )
    row = await forward_row(ledger, acting.forward_id)
    assert [outcome for outcome in outcomes if not isinstance(outcome, Conflict)] == [row.claim_id]
    assert await steps(ledger, acting.forward_id) == ["claimed"]


async def test_the_acting_one_moves_the_item_the_informed_one_does_not(ledger: Ledger) -> None:
    acting, informed = await forwards(ledger)
    await deliver(ledger, informed.forward_id)
    assert (await item_row(ledger, acting.item_id)).status == Status.forwarding
    await deliver(ledger, acting.forward_id, "Z-7")
    assert (await item_row(ledger, acting.item_id)).status == Status.forwarded
    assert (await forward_row(ledger, acting.forward_id)).remote_id == "Z-7"


async def test_settling_twice_keeps_the_first_outcome(ledger: Ledger) -> None:
    acting, _ = await forwards(ledger)
    row = await claimed(ledger, acting)
    await settle_delivered(ledger, row, Delivered("Z-1"))
    version = (await item_row(ledger, row.item_id)).version
    await settle_delivered(ledger, row, Delivered("Z-2"))
    await settle_failed(ledger, row, DestinationRefused("late"))
    await doubt_forward(ledger, row)
    after = await forward_row(ledger, acting.forward_id)
    assert (after.state, after.remote_id) == (ForwardState.delivered, "Z-1")
    assert (await item_row(ledger, row.item_id)).version == version
    assert await steps(ledger, acting.forward_id) == ["claimed", "delivered"]


async def test_two_who_settle_at_once_write_one_outcome(ledger: Ledger, neighbour: Ledger) -> None:
    acting, _ = await forwards(ledger)
    row = await claimed(ledger, acting)
    await asyncio.gather(
        settle_delivered(ledger, row, Delivered("Z-1")), settle_failed(neighbour, row, DestinationRefused("no"))
    )
    assert len({"delivered", "failed"} & set(await steps(ledger, acting.forward_id))) == 1


async def test_a_doubt_of_an_older_attempt_does_not_touch_the_newer_one(ledger: Ledger) -> None:
    acting, _ = await forwards(ledger)
    older = await claimed(ledger, acting)
    await doubt_forward(ledger, older)
    await claimed(ledger, acting)
    await doubt_forward(ledger, older)
    row = await forward_row(ledger, acting.forward_id)
    assert (row.state, row.doubts, row.attempts) == (ForwardState.sending, 1, 2)


async def test_trouble_gives_the_claim_back_and_forgets_no_doubt(ledger: Ledger) -> None:
    acting, informed = await forwards(ledger)
    claim_id = await claim_forward(ledger, acting.forward_id)
    await note_forward_trouble(ledger, acting, DestinationUnavailable("503"), claim_id=claim_id)
    assert await state_of(ledger, acting) == ForwardState.wanted
    await doubt_forward(ledger, await claimed(ledger, informed))
    doubted = await forward_row(ledger, informed.forward_id)
    claim_id = await claim_forward(ledger, informed.forward_id)
    await note_forward_trouble(ledger, doubted, DestinationUnavailable("503"), claim_id=claim_id)
    assert await state_of(ledger, informed) == ForwardState.in_doubt


async def test_what_was_called_back_before_it_was_claimed_can_not_be_claimed(ledger: Ledger) -> None:
    acting, informed = await forwards(ledger)
    await do(ledger, Action.discard, acting.item_id)
    for forward in (acting, informed):
        assert await state_of(ledger, forward) == ForwardState.cancelled
        with pytest.raises(Conflict):
            await claim_forward(ledger, forward.forward_id)


async def test_what_is_delivered_after_it_was_called_back_is_withdrawn_there_and_moves_nothing(ledger: Ledger) -> None:
    acting, _ = await forwards(ledger)
    row = await claimed(ledger, acting)
    await do(ledger, Action.discard, acting.item_id)
    await settle_delivered(ledger, row, Delivered("Z-1"))
    after = await forward_row(ledger, acting.forward_id)
    assert (after.state, after.remote_id) == (ForwardState.withdrawing, "Z-1")
    assert (await item_row(ledger, acting.item_id)).status == Status.discarded
    await settle_withdrawn(ledger, after, ForwardState.withdrawn)
    assert await state_of(ledger, acting) == ForwardState.withdrawn


@pytest.mark.parametrize(("doubts", "expected"), [(0, ForwardState.cancelled), (1, ForwardState.withdrawing)])
async def test_what_they_did_not_take_is_cancelled_when_it_was_called_back_meanwhile(
    ledger: Ledger, doubts: int, expected: ForwardState
) -> None:
    acting, _ = await forwards(ledger)
    if doubts:
        await doubt_forward(ledger, await claimed(ledger, acting))
    row = await claimed(ledger, acting)
    await do(ledger, Action.reroute, acting.item_id)
    await note_forward_trouble(ledger, row, DestinationUnavailable("503"), claim_id=row.claim_id)
    await settle_failed(ledger, row, DestinationRefused("no"))
    await doubt_forward(ledger, row)
    assert await state_of(ledger, acting) == expected


async def test_trouble_of_an_older_attempt_does_not_end_the_newer_ones_claim(ledger: Ledger) -> None:
    acting, _ = await forwards(ledger)
    older = await claimed(ledger, acting)
    await doubt_forward(ledger, older)
    await claimed(ledger, acting)
    await note_forward_trouble(ledger, older, DestinationUnavailable("503"), claim_id=older.claim_id)
    assert await state_of(ledger, acting) == ForwardState.sending


async def test_the_last_round_is_not_moved_by_a_delivery_of_the_one_before(ledger: Ledger) -> None:
    acting, _ = await forwards(ledger)
    row = await claimed(ledger, acting)
    await do(ledger, Action.reroute, acting.item_id)
    await settle_delivered(ledger, row, Delivered("Z-1"))
    assert (await item_row(ledger, acting.item_id)).status == Status.forwarding
    assert [one.status for one in await assignments_of(ledger, acting.item_id)] == [Status.forwarding]


async def test_an_item_that_ended_meanwhile_is_not_revived_by_a_delivery(ledger: Ledger) -> None:
    item_id = await was_launched(ledger, "triage")
    [acting] = (await standing(ledger, item_id)).forwards
    row = await claimed(ledger, acting)
    await do(ledger, Action.complete, item_id)
    await settle_delivered(ledger, row, Delivered("Z-1"))
    assert (await item_row(ledger, item_id)).status == Status.completed
    assert await state_of(ledger, acting) == ForwardState.delivered


@pytest.mark.parametrize(("doubts", "expected"), [(0, ForwardState.cancelled), (1, ForwardState.withdrawing)])
async def test_what_failed_is_called_back_there_only_when_they_may_have_it(
    ledger: Ledger, doubts: int, expected: ForwardState
) -> None:
    acting, _ = await forwards(ledger)
    row = await claimed(ledger, acting)
    if doubts:
        await doubt_forward(ledger, row)
    await settle_failed(ledger, row, DestinationRefused("no"))
    await do(ledger, Action.discard, acting.item_id)
    assert await state_of(ledger, acting) == expected


async def test_a_failure_is_an_event_with_its_code_and_a_step_with_its_words(ledger: Ledger) -> None:
    acting, _ = await forwards(ledger)
    await settle_failed(ledger, acting, DestinationRefused("404 jan@inwoner.test"))
    last = (await events_of(ledger, acting.item_id))[-1]
    assert (last.kind, last.reason) == ("forward_failed", "destination_refused")
    assert "jan" not in str(last)
    [step] = await rows(ledger, forward_steps, forward_steps.c.forward_id == acting.forward_id)
    assert (step.code, "404" in step.detail) == ("destination_refused", True)


@pytest.mark.parametrize("ledger", ["postgresql"], indirect=True)  # SQLite has one writer at a time
async def test_a_failure_that_is_written_while_the_item_is_called_back_waits_and_blocks_nobody(
    ledger: Ledger,
) -> None:
    acting, _ = await forwards(ledger)
    row = await claimed(ledger, acting)
    async with ledger.begin() as connection:
        await lock_item(connection, acting.item_id)
        failing = asyncio.create_task(settle_failed(ledger, row, DestinationRefused("no")))
        await asyncio.sleep(0.2)
        await call_back(connection, acting.item_id, None, "discarded")
    await failing
    assert await state_of(ledger, acting) in {ForwardState.cancelled, ForwardState.failed, ForwardState.withdrawing}


async def test_a_withdrawal_is_settled_once_and_only_where_one_is_under_way(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    acting = (await standing(ledger, item_id)).forwards[0]
    await settle_withdrawn(ledger, acting, ForwardState.withdrawn)
    assert await state_of(ledger, acting) == ForwardState.delivered
    await do(ledger, Action.discard, item_id)
    await asyncio.gather(*(settle_withdrawn(ledger, acting, ForwardState.withdrawn) for _ in range(3)))
    assert [event.kind for event in await events_of(ledger, item_id)].count("forward_withdrawn") == 1


async def test_a_withdrawal_that_cannot_be_told_yet_stays_wanted_and_shows_why(ledger: Ledger) -> None:
    acting, _ = await forwards(ledger)
    await deliver(ledger, acting.forward_id)
    await do(ledger, Action.discard, acting.item_id)
    await note_withdrawal_trouble(ledger, acting, DestinationUnavailable("503"))
    row = await forward_row(ledger, acting.forward_id)
    assert (row.state, row.trouble_code) == (ForwardState.withdrawing, "destination_unavailable")
    assert (await steps(ledger, acting.forward_id))[-1] == "attempt_failed"


async def test_what_is_not_there_is_not_found(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        await forward_row(ledger, "nothing")
    with pytest.raises(Conflict):
        await claim_forward(ledger, "nothing")
