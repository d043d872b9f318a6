"""The same message again: kept as a delivery, and at once a copy of what it was before."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from inbox.actions import Action
from inbox.item import HeldBecause, Status
from store.item_checks import differing
from store.keeping import NewDelivery, keep_all
from store.ledger import Ledger, now
from store.linking import settle_links
from store.reading import commit_reading, delivery_row, item_row
from store.tables import deliveries, items
from tests.inbox.samples import reading
from tests.store.making import NO_THREAD, delivery, do, events_of, kept, rows, was_linked

SAME = reading("Losse tegel", message_id="tegel@inwoner.test")
ANEW = "imap://info@mail.test/INBOX;UIDVALIDITY=18"


async def shown(ledger: Ledger, *new: NewDelivery, also: tuple[str, ...] = ()) -> list[Any]:
    """Keep what a source shows, beside other positions; return the items that were made, in order."""
    made = await keep_all(ledger, new, {one.position for one in new} | set(also))
    return [await item_row(ledger, made[one.position]) for one in new if one.position in made]


async def found(ledger: Ledger) -> list[tuple[Any, str]]:
    """Return what does not hold of the items; a drive may still be wanted."""
    differences = differing(ledger, None, settled_before=now() - timedelta(hours=1), pause=timedelta())
    return [(one.kind, one.detail) async for one in differences]


async def test_a_mailbox_that_counts_anew_shows_copies_of_what_was_kept(ledger: Ledger) -> None:
    first, second = await kept(ledger, sha256="1" * 64), await kept(ledger, sha256="2" * 64)
    again = [delivery(key_space=ANEW, position=str(number), sha256=f"{number}" * 64) for number in (1, 2, 3)]
    one, two, three = await shown(ledger, *again)
    assert [(one.status, one.original_item_id), (two.status, two.original_item_id)] == [
        (Status.linked, first),
        (Status.linked, second),
    ]
    assert (three.status, three.original_item_id, three.drive_wanted) == (Status.received, None, "keep")
    assert one.drive_wanted is None
    assert [event.kind for event in await events_of(ledger, one.item_id)] == ["kept", "linked"]
    assert (await delivery_row(ledger, one.delivery_id)).again_of == (await item_row(ledger, first)).delivery_id


async def test_of_equal_messages_as_many_are_copies_as_there_were(ledger: Ledger) -> None:
    """Neither Message-ID nor Date tells them apart: their number does."""
    before = {await kept(ledger), await kept(ledger)}
    made = await shown(ledger, *(delivery(key_space=ANEW, position=str(number)) for number in range(3)))
    assert sorted(item.status for item in made) == [Status.linked, Status.linked, Status.received]
    assert {item.original_item_id for item in made if item.original_item_id} == before


async def test_of_equal_messages_the_one_of_the_same_moment_is_meant(ledger: Ledger) -> None:
    await kept(ledger)
    second = await kept(ledger)
    received_at = (await item_row(ledger, second)).received_at
    [made] = await shown(ledger, delivery(key_space=ANEW, received_at=received_at))
    assert made.original_item_id == second


async def test_a_mail_that_is_brought_back_is_the_same_each_time(ledger: Ledger) -> None:
    item_id = await kept(ledger, position="5")
    for position in ("9", "12", "40"):
        [made] = await shown(ledger, delivery(position=position))
        assert (made.status, made.original_item_id) == (Status.linked, item_id)


async def test_an_equal_mail_beside_the_first_is_another(ledger: Ledger) -> None:
    await kept(ledger, position="5")
    [made] = await shown(ledger, delivery(position="9"), also=("5",))
    assert made.status == Status.received


async def test_equal_mails_that_are_seen_for_the_first_time_are_each_their_own(ledger: Ledger) -> None:
    made = await shown(ledger, *(delivery() for _ in range(4)))
    assert {item.status for item in made} == {Status.received}


async def test_an_equal_mail_at_another_source_or_of_another_length_is_another(ledger: Ledger) -> None:
    await kept(ledger)
    [elsewhere] = await shown(ledger, delivery(key_space="imap://other", source_id="other"))
    [longer] = await shown(ledger, delivery(key_space=ANEW, size_bytes=1001))
    assert (elsewhere.status, longer.status) == (Status.received, Status.received)


async def test_a_copy_that_comes_again_follows_its_original(ledger: Ledger) -> None:
    original, copy = await was_linked(ledger, SAME), await was_linked(ledger, SAME, sha256="cd" * 32)
    assert (await item_row(ledger, copy)).original_item_id == original
    [made] = await shown(ledger, delivery(key_space=ANEW, sha256="cd" * 32))
    assert made.original_item_id == original
    assert [row.original_item_id for row in await rows(ledger, items) if row.status == Status.linked] == [original] * 2


async def test_what_waits_for_a_person_waits_for_it_also_when_it_comes_again(ledger: Ledger) -> None:
    item_id = await kept(ledger, held_because=HeldBecause.before_live_from)
    [made] = await shown(ledger, delivery(key_space=ANEW))
    assert (made.status, made.original_item_id) == (Status.linked, item_id)


async def test_two_readers_who_see_it_again_at_once_make_one_copy(ledger: Ledger, neighbour: Ledger) -> None:
    """Both show it at another place, as when it is moved to and fro: one of them is the same again, not both."""
    await kept(ledger)
    batches = [[delivery(key_space=ANEW, position=str(number))] for number in range(6)]
    await asyncio.gather(
        *(
            keep_all(one, batch, {batch[0].position, *(other[0].position for other in batches)})
            for one, batch in zip((ledger, neighbour) * 3, batches, strict=True)
        )
    )
    made = [row for row in await rows(ledger, items) if row.original_item_id]
    assert len(made) == 1
    assert len([row for row in await rows(ledger, deliveries) if row.again_of]) == 1


async def test_what_a_person_discarded_does_not_come_back_with_the_mailbox(ledger: Ledger) -> None:
    item_id = await was_linked(ledger)
    [before] = await shown(ledger, delivery(key_space=ANEW, position="1"))
    await do(ledger, Action.discard, item_id)
    [after] = await shown(ledger, delivery(key_space=ANEW + "9", position="1"))
    for made in (before, after):
        row = await item_row(ledger, made.item_id)
        assert (row.status, row.original_item_id) == (Status.linked, item_id)
    assert await found(ledger) == []


async def test_another_copy_takes_over_and_what_came_again_follows_it(ledger: Ledger) -> None:
    first = await was_linked(ledger, SAME)
    [again] = await shown(ledger, delivery(key_space=ANEW))
    second = await was_linked(ledger, SAME, sha256="cd" * 32)
    await do(ledger, Action.discard, first)
    assert (await item_row(ledger, second)).original_item_id is None
    assert (await item_row(ledger, again.item_id)).original_item_id == second
    assert await found(ledger) == []


async def test_a_person_may_say_that_it_is_no_copy(ledger: Ledger) -> None:
    await was_linked(ledger, SAME)
    [again] = await shown(ledger, delivery(key_space=ANEW))
    await do(ledger, Action.unlink, again.item_id)
    await commit_reading(ledger, again.item_id, SAME)
    await settle_links(ledger, again.item_id, NO_THREAD)
    assert (await item_row(ledger, again.item_id)).status == Status.received
    assert await found(ledger) == []
