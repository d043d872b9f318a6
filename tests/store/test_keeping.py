"""Keep: one delivery, one item, whoever keeps it and however often (invariants 1 and 2)."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from inbox.item import HeldBecause, Status
from store.keeping import delivery_id, keep, keep_all, known_positions, note_confirmed, unconfirmed_positions
from store.ledger import Ledger
from store.reading import delivery_row, item_row
from store.tables import deliveries, events, items
from tests.store.making import delivery, events_of, kept, rows


async def test_a_kept_delivery_stands_there_with_its_item_and_its_first_event(ledger: Ledger) -> None:
    new = delivery()
    item = await item_row(ledger, await keep(ledger, new) or "")
    assert (item.status, item.version, item.drive_wanted) == (Status.received, 1, "keep")
    assert (await delivery_row(ledger, item.delivery_id)).received_at == new.received_at
    [event] = await events_of(ledger, item.item_id)
    assert (event.kind, event.actor) == ("kept", "gateway")


async def test_keeping_twice_makes_one_item(ledger: Ledger) -> None:
    new = delivery()
    assert await keep(ledger, new) is not None
    assert await keep(ledger, new) is None
    assert len(await rows(ledger, items)) == len(await rows(ledger, deliveries)) == 1


async def test_twenty_who_keep_one_delivery_at_once_in_two_processes_make_one_item(
    ledger: Ledger, neighbour: Ledger
) -> None:
    new = delivery()
    made = await asyncio.gather(*(keep(one, new) for one in (ledger, neighbour) * 10))
    assert len([item_id for item_id in made if item_id]) == 1
    assert len(await rows(ledger, items)) == 1


async def test_a_batch_is_kept_in_one_transaction_each_with_its_item_and_its_event(ledger: Ledger) -> None:
    batch = [delivery() for _ in range(5)]
    made = await keep_all(ledger, batch)
    assert list(made) == [new.position for new in batch]
    for new in batch:
        item = await item_row(ledger, made[new.position])
        assert item.delivery_id == delivery_id(new.key_space, new.position)
        assert (await delivery_row(ledger, item.delivery_id)).position == new.position
        assert [event.about["delivery"] for event in await events_of(ledger, item.item_id)] == [item.delivery_id]


async def test_a_batch_makes_no_second_item_of_what_another_reader_kept(ledger: Ledger) -> None:
    batch = [delivery() for _ in range(4)]
    await keep_all(ledger, batch[1:3])
    assert list(await keep_all(ledger, batch)) == [batch[0].position, batch[3].position]
    assert await keep_all(ledger, batch) == {}
    assert len(await rows(ledger, items)) == len(await rows(ledger, deliveries)) == len(await rows(ledger, events)) == 4


async def test_a_batch_that_cannot_be_written_leaves_no_part_of_it(ledger: Ledger) -> None:
    naive = delivery().received_at.replace(tzinfo=None)
    with pytest.raises(Exception, match="without a time zone"):
        await keep_all(ledger, [delivery(), delivery(received_at=naive), delivery()])
    assert await rows(ledger, deliveries) == await rows(ledger, items) == await rows(ledger, events) == []


async def test_readers_who_keep_and_confirm_the_same_batches_at_once_never_stand_in_each_others_way(
    ledger: Ledger, neighbour: Ledger
) -> None:
    batch = [delivery() for _ in range(20)]
    made = await asyncio.gather(
        *(keep_all(one, order) for one in (ledger, neighbour) * 3 for order in (batch, batch[::-1], batch[10:]))
    )
    assert sorted(position for kept_ones in made for position in kept_ones) == sorted(new.position for new in batch)
    assert len(await rows(ledger, items)) == 20
    positions = [new.position for new in batch]
    await asyncio.gather(
        *(
            note_confirmed(one, batch[0].key_space, order)
            for one in (ledger, neighbour) * 3
            for order in (positions, positions[::-1])
        )
    )
    assert all(row.confirmed_at for row in await rows(ledger, deliveries))


async def test_only_some_positions_are_asked_for(ledger: Ledger) -> None:
    first, second = delivery(), delivery()
    await keep_all(ledger, [first, second])
    assert list(await known_positions(ledger, first.key_space, [first.position, "not there"])) == [first.position]
    assert await known_positions(ledger, first.key_space, []) == {}


async def test_the_same_bytes_in_another_folder_or_after_a_rebuilt_mailbox_are_another_delivery(ledger: Ledger) -> None:
    await kept(ledger, position="5")
    await kept(ledger, position="5", key_space="imap://info@mail.test/INBOX;UIDVALIDITY=18")
    await kept(ledger, position="5", key_space="imap://info@mail.test/Archief;UIDVALIDITY=17")
    assert len({row.delivery_id for row in await rows(ledger, deliveries)}) == 3


def test_a_deliverys_id_never_changes_between_releases() -> None:
    """A repeat after a crash finds its own bytes under it (invariant 2)."""
    assert delivery_id("imap://info@mail.test/INBOX;UIDVALIDITY=17", "5") == "31a29d23-17dc-5882-93d6-79e39e1fb148"


def test_two_keys_have_two_ids() -> None:
    made = {delivery_id(f"space-{space}", str(position)) for space in range(30) for position in range(30)}
    assert len(made) == 900


async def test_confirmed_is_noted_per_position(ledger: Ledger) -> None:
    first, second = delivery(), delivery()
    await keep(ledger, first)
    await keep(ledger, second)
    await note_confirmed(ledger, first.key_space, [first.position])
    await note_confirmed(ledger, first.key_space, ["not there"])
    await note_confirmed(ledger, first.key_space, [])
    known = await known_positions(ledger, first.key_space, [first.position, second.position])
    assert {position: kept.is_confirmed for position, kept in known.items()} == {
        first.position: True,
        second.position: False,
    }
    assert list(await unconfirmed_positions(ledger, first.key_space)) == [second.position]
    assert await known_positions(ledger, "elsewhere", [first.position]) == {}
    assert await unconfirmed_positions(ledger, "elsewhere") == {}


async def test_of_a_mailbox_that_shows_very_many_all_are_known(ledger: Ledger) -> None:
    shown = [str(number) for number in range(1, 1200)]
    await keep_all(ledger, [delivery(position=position) for position in shown[::400]])
    key_space = delivery().key_space
    assert list(await known_positions(ledger, key_space, shown)) == shown[::400]
    assert list(await known_positions(ledger, key_space, shown[1:])) == shown[400::400]


async def test_what_only_observed_stays_held(ledger: Ledger) -> None:
    item = await item_row(ledger, await kept(ledger, held_because=HeldBecause.observe, is_observed=True))
    assert (item.held_because, item.is_observed) == ("observe", True)


async def test_a_naive_moment_is_refused(ledger: Ledger) -> None:
    naive = delivery().received_at.replace(tzinfo=None)
    with pytest.raises(Exception, match="without a time zone"):
        await kept(ledger, received_at=naive)
    assert await rows(ledger, deliveries) == []


async def test_large_figures_and_long_names_fit(ledger: Ledger) -> None:
    item_id = await kept(ledger, size_bytes=2**50, key_space="k" * 600, position=hashlib.sha512(b"x").hexdigest())
    item = await item_row(ledger, item_id)
    assert (await delivery_row(ledger, item.delivery_id)).size_bytes == 2**50
