"""Readings of the last days: each once, in pieces, and nothing older."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain

from sqlalchemy import update

from store.ledger import Ledger, now
from store.recent_readings import recent_readings
from store.tables import items
from tests.inbox.samples import reading
from tests.store.making import kept, was_read


async def subjects(ledger: Ledger, days: int, chunk: int) -> list[list[str]]:
    since = now() - timedelta(days=days)
    return [[one.subject for one in found] async for found in recent_readings(ledger, since, chunk=chunk)]


async def test_each_reading_comes_once_oldest_first_in_pieces(ledger: Ledger) -> None:
    moment = now() - timedelta(days=5)
    for number in range(7):
        item_id = await was_read(ledger, reading(f"Vraag {number}"))
        async with ledger.begin() as connection:
            # Some were made in the same moment.
            made_at = moment + timedelta(hours=number // 3)
            await connection.execute(update(items).where(items.c.item_id == item_id).values(made_at=made_at))
    found = await subjects(ledger, 90, 2)
    assert [len(chunk) for chunk in found] == [2, 2, 2, 1]
    together = list(chain.from_iterable(found))
    assert sorted(together) == [f"Vraag {number}" for number in range(7)]
    assert {subject[-1] for subject in together[:3]} == {"0", "1", "2"}


async def test_what_is_older_and_what_was_never_read_is_left_out(ledger: Ledger) -> None:
    await kept(ledger)
    old = await was_read(ledger, reading("Oud"))
    async with ledger.begin() as connection:
        await connection.execute(update(items).where(items.c.item_id == old).values(made_at=now() - timedelta(days=91)))
    await was_read(ledger, reading("Nieuw"))
    assert await subjects(ledger, 90, 1) == [["Nieuw"]]
    assert await subjects(ledger, 100, 10) == [["Oud", "Nieuw"]]
