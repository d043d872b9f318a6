"""Read, as the ledger sees it: beginnings counted, outcomes written once (invariant 13)."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import HealthCheck, given, settings

from inbox.errors import MalformedMail, NotFound, ReaderDied
from inbox.item import Status
from inbox.reading import Reading
from store.ledger import Ledger
from store.reading import begin_reading, commit_reading, delivery_row, item_row, message_id_digest, quarantine
from store.storable import storable_json
from tests.inbox.samples import reading, readings
from tests.store.making import events_of, kept


async def test_each_beginning_is_counted_also_when_two_begin_at_once(ledger: Ledger, neighbour: Ledger) -> None:
    item_id = await kept(ledger)
    counts = await asyncio.gather(*(begin_reading(one, item_id) for one in (ledger, neighbour) * 4))
    assert sorted(counts) == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_a_reading_is_written_once_and_a_second_one_changes_nothing(ledger: Ledger) -> None:
    item_id = await kept(ledger)
    await commit_reading(ledger, item_id, reading("Eerste", message_id="a@b.test"))
    first = await item_row(ledger, item_id)
    await commit_reading(ledger, item_id, reading("Tweede", message_id="c@d.test"))
    assert await item_row(ledger, item_id) == first
    assert [event.kind for event in await events_of(ledger, item_id)] == ["kept", "read"]


async def test_two_readers_at_once_write_one_reading(ledger: Ledger, neighbour: Ledger) -> None:
    item_id = await kept(ledger)
    await asyncio.gather(
        *(commit_reading(one, item_id, reading(str(number))) for number, one in enumerate((ledger, neighbour) * 5))
    )
    item = await item_row(ledger, item_id)
    assert item.reading["subject"] == item.subject
    assert len(await events_of(ledger, item_id)) == 2


async def test_what_cannot_be_read_is_quarantined_with_code_and_detail(ledger: Ledger) -> None:
    item_id = await kept(ledger)
    await quarantine(ledger, item_id, MalformedMail("the bytes hold no header"), reading("alleen de kop"))
    item = await item_row(ledger, item_id)
    assert (item.status, item.quarantine_code, item.subject) == (Status.quarantined, "malformed_mail", "alleen de kop")
    last = (await events_of(ledger, item_id))[-1]
    assert (last.from_status, last.to_status, last.reason) == ("received", "quarantined", "malformed_mail")


async def test_a_late_reader_neither_revives_nor_buries_what_others_settled(ledger: Ledger) -> None:
    buried, fine = await kept(ledger), await kept(ledger)
    await quarantine(ledger, buried, ReaderDied("three times"), None)
    await commit_reading(ledger, fine, reading("Vraag"))
    await commit_reading(ledger, buried, reading("te laat"))
    await quarantine(ledger, fine, ReaderDied("te laat"), None)
    assert (await item_row(ledger, buried)).reading is None
    assert (await item_row(ledger, fine)).status == Status.received


async def test_what_was_read_and_cannot_go_on_is_quarantined_when_asked_so(ledger: Ledger) -> None:
    item_id = await kept(ledger)
    await commit_reading(ledger, item_id, reading("Vraag"))
    await quarantine(ledger, item_id, MalformedMail("cannot be linked"), None, was_read=True)
    assert (await item_row(ledger, item_id)).status == Status.quarantined


async def test_what_is_not_there_is_not_found(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        await item_row(ledger, "nothing")
    with pytest.raises(NotFound):
        await delivery_row(ledger, "nothing")


@given(read=readings)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_reading_comes_back_from_the_ledger_as_it_can_be_stored(ledger: Ledger, read: Reading) -> None:
    item_id = await kept(ledger)
    await commit_reading(ledger, item_id, read)
    stored = (await item_row(ledger, item_id)).reading
    assert stored == json.loads(storable_json(read.model_dump(mode="json")))
    assert Reading.model_validate(stored).model_dump(mode="json") == stored


def test_a_message_id_of_any_length_is_found_by_a_short_digest() -> None:
    assert message_id_digest("") is None
    assert len(message_id_digest("x" * 1_000_000) or "") == 64
    assert message_id_digest("half \ud800") is not None
