"""What wants a push: nothing open is forgotten, nothing settled is pushed for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from inbox.actions import Action
from inbox.item import HeldBecause, NoticeKind, NoticeState, Status
from store.deciding import launch, standing
from store.driving import note_driven, open_items, want_again, wanted
from store.events import lock_item
from store.ledger import Ledger
from store.noticing import settle_notice
from store.reading import item_row
from tests.store.making import decide, do, item_in, kept, notice, was_forwarded, was_linked

FIRST = ""


async def driven(ledger: Ledger, item_id: str) -> str:
    """Take away whatever the item wants, as a started workflow does."""
    wish = (await item_row(ledger, item_id)).drive_wanted
    if wish:
        await note_driven(ledger, [(item_id, wish)])
    return item_id


async def test_what_was_kept_first_is_driven_first_and_at_most_so_many(ledger: Ledger) -> None:
    made = [await kept(ledger) for _ in range(4)]
    assert [row.item_id for row in await wanted(ledger, 3)] == made[:3]


async def test_a_newer_wish_survives_the_note_of_an_older_one(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    await do(ledger, Action.accept, item_id)
    newer = (await item_row(ledger, item_id)).drive_wanted
    await note_driven(ledger, [(item_id, "keep")])
    assert (await item_row(ledger, item_id)).drive_wanted == newer
    await note_driven(ledger, [(item_id, newer)])
    assert await wanted(ledger, 10) == []


async def test_what_is_lost_is_wanted_again_without_hiding_a_wish_that_is_there(ledger: Ledger) -> None:
    lost, waiting = await driven(ledger, await kept(ledger)), await kept(ledger)
    await want_again(ledger, [lost, waiting])
    assert [(await item_row(ledger, item_id)).drive_wanted for item_id in (lost, waiting)] == ["lost", "keep"]
    await want_again(ledger, [])


async def _note(ledger: Ledger, item_ids: Sequence[str]) -> None:
    await note_driven(ledger, [(item_id, "keep") for item_id in item_ids])


@pytest.mark.parametrize("change", [_note, want_again])
async def test_many_are_changed_without_holding_one_while_waiting_for_another(
    ledger: Ledger, neighbour: Ledger, change: Callable[[Ledger, Sequence[str]], Awaitable[Any]]
) -> None:
    """As a copy that is linked does, the neighbour holds one of them and then wants each of the others."""
    made = [await kept(ledger) for _ in range(3)]
    if change is want_again:
        await _note(ledger, made)
    async with neighbour.begin() as connection:
        await lock_item(connection, sorted(made)[1])
        changing = asyncio.create_task(change(ledger, made))
        # Long enough for it to come to the one that is held.
        await asyncio.sleep(0.3)
        for item_id in made:
            # Two who wait for each other are told so after a second.
            await asyncio.wait_for(lock_item(connection, item_id), 0.8)
        assert not changing.done()
    await changing
    wishes = [] if change is _note else ["lost"] * 3
    assert [row.drive_wanted for row in await wanted(ledger, 10)] == wishes


@pytest.mark.parametrize("status", list(Status))
async def test_exactly_what_still_has_work_must_have_a_workflow(ledger: Ledger, status: Status) -> None:
    item_id = await driven(ledger, await item_in(ledger, status))
    for row in (await standing(ledger, item_id)).notices:
        await settle_notice(ledger, row, NoticeState.sent)
    is_open = item_id in await open_items(ledger, FIRST, 100)
    assert is_open is not status.is_ended


@pytest.mark.parametrize("status", [Status.completed, Status.accepted])
async def test_a_notice_that_is_not_settled_keeps_even_an_ended_item_open(ledger: Ledger, status: Status) -> None:
    item_id = await driven(ledger, await item_in(ledger, status))
    assert item_id in await open_items(ledger, FIRST, 100)


async def test_an_item_set_aside_is_open_until_its_sender_is_told(ledger: Ledger) -> None:
    """Also when Temporal was emptied in between (invariant 5)."""
    item_id = await driven(ledger, await item_in(ledger, Status.quarantined))
    assert await open_items(ledger, FIRST, 10) == [item_id]
    await launch(
        ledger,
        await item_row(ledger, item_id),
        [],
        [notice(NoticeKind.looked_at, withheld_because=("a bounce",), message=b"")],
    )
    assert await open_items(ledger, FIRST, 10) == []


async def test_a_held_item_needs_no_workflow_once_it_is_decided(ledger: Ledger) -> None:
    item_id = await driven(ledger, await was_linked(ledger, held_because=HeldBecause.observe))
    assert await open_items(ledger, FIRST, 10) == [item_id]
    await decide(ledger, item_id, "lantaarn", held=HeldBecause.observe)
    assert await open_items(ledger, FIRST, 10) == []


async def test_open_items_are_told_in_pages_each_once(ledger: Ledger) -> None:
    made = sorted([await driven(ledger, await kept(ledger)) for _ in range(5)])
    first = await open_items(ledger, FIRST, 3)
    assert [*first, *await open_items(ledger, first[-1], 3)] == made
