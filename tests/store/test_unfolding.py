"""Unfold, as the ledger sees it: a scan file becomes its letters at once, and once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.errors import ReaderDied
from inbox.item import Status
from inbox.ports import Stored
from inbox.reading import LetterField, Reading
from inbox.receipt import DATE_STAMP, Receipt
from inbox.reconciliation import Kind
from inbox.unfolding import LeftPage, Unfolded, UnfoldedLetter
from store.item_checks import differing
from store.ledger import Ledger, now
from store.reading import commit_reading, delivery_row, item_row, quarantine
from store.tables import deliveries, events, items
from store.unfolding import KeptLetter, commit_unfolding, letter_id, note_pages
from tests.store.making import events_of, kept, rows

_OURS = (Kind.letter_missing, Kind.without_item)
SUBJECTS = ("Bezwaar", "Klacht", "Lantaarn")
SCANNED = Receipt(datetime(2026, 11, 23, 9, 15, tzinfo=UTC), "source")
STAMPED = Receipt(datetime(2026, 11, 12, 11, tzinfo=UTC), DATE_STAMP)
MARKED = LetterField(name="marked", value="persoonlijk", page=1, box=(0, 0, 0, 0), confidence=0.9)


def letters(*subjects: str) -> list[KeptLetter]:
    return [
        KeptLetter(
            Reading(channel=Channel.post, subject=subject, text=f"Over {subject}"),
            "application/pdf",
            Stored(f"{number:02}" * 32, 100 + number),
            SCANNED,
        )
        for number, subject in enumerate(subjects)
    ]


def unfolded(count: int) -> Unfolded:
    found = tuple(
        UnfoldedLetter(Reading(channel=Channel.post), (2 * number + 1,), b"", "application/pdf")
        for number in range(count)
    )
    return Unfolded(2 * count, found, tuple(LeftPage(page=2 * n + 2, kind="separator") for n in range(count)))


async def scan(ledger: Ledger, **changes: Any) -> tuple[str, str]:
    """Keep a scan file; return its item and its delivery."""
    item_id = await kept(
        ledger, channel=Channel.post, key_space="post", media_type="application/octet-stream", **changes
    )
    return item_id, (await item_row(ledger, item_id)).delivery_id


async def test_each_letter_gets_an_item_and_bytes_of_its_own(ledger: Ledger) -> None:
    item_id, scan_id = await scan(ledger)
    await note_pages(ledger, item_id, 3, 6)
    await commit_unfolding(ledger, item_id, scan_id, letters(*SUBJECTS), unfolded(3))
    made = sorted(await rows(ledger, items), key=lambda row: row.made_at)
    assert [row.subject for row in made] == list(SUBJECTS)
    assert [row.delivery_id for row in made] == [letter_id(scan_id, n, f"{n - 1:02}" * 32) for n in (1, 2, 3)]
    assert made[0].item_id == item_id
    assert (made[0].pages_done, made[0].pages_of) == (None, None)
    assert len({row.reference for row in made}) == 3
    assert {(row.status, row.channel, row.source_id) for row in made} == {("received", "post", "info")}
    assert [row.drive_wanted for row in made] == ["keep", "unfold", "unfold"]
    file = await delivery_row(ledger, scan_id)
    assert file.letter_count == 3
    assert file.unfolded["letters"] == [[1], [3], [5]]
    assert file.unfolded["remainders"][0] == {"page": 2, "kind": "separator"}
    third = await delivery_row(ledger, made[2].delivery_id)
    assert (third.part_of, third.sha256, third.size_bytes) == (scan_id, "02" * 32, 102)
    assert third.confirmed_at is not None
    assert (third.received_at, third.received_basis) == (SCANNED.received_at, SCANNED.basis)
    assert [event.kind for event in await events_of(ledger, item_id)] == ["kept", "unfolded", "read"]
    assert [event.kind for event in await events_of(ledger, made[1].item_id)] == ["kept", "read"]


async def test_two_who_unfold_at_once_make_the_letters_once(ledger: Ledger, neighbour: Ledger) -> None:
    item_id, scan_id = await scan(ledger)
    await asyncio.gather(
        *(commit_unfolding(one, item_id, scan_id, letters(*SUBJECTS), unfolded(3)) for one in (ledger, neighbour) * 4)
    )
    assert len(await rows(ledger, items)) == 3
    assert len(await rows(ledger, deliveries)) == 4


async def test_a_late_one_changes_nothing_of_what_was_set_aside_or_read(ledger: Ledger) -> None:
    item_id, scan_id = await scan(ledger)
    await quarantine(ledger, item_id, ReaderDied("three times"), None)
    await commit_unfolding(ledger, item_id, scan_id, letters(*SUBJECTS), unfolded(3))
    assert [row.status for row in await rows(ledger, items)] == [Status.quarantined]
    other, other_scan = await scan(ledger)
    await commit_unfolding(ledger, other, other_scan, letters("Eerste"), unfolded(1))
    await commit_reading(ledger, other, Reading(channel=Channel.post, subject="te laat"))
    assert (await item_row(ledger, other)).subject == "Eerste"


async def test_each_letter_is_received_when_it_says_so_itself(ledger: Ledger) -> None:
    item_id, scan_id = await scan(ledger)
    first, second, third = letters(*SUBJECTS)
    stamped = [replace(first, receipt=STAMPED), second, replace(third, receipt=STAMPED)]
    await commit_unfolding(ledger, item_id, scan_id, stamped, unfolded(3))
    made = sorted(await rows(ledger, items), key=lambda row: row.made_at)
    assert [row.received_at for row in made] == [STAMPED.received_at, SCANNED.received_at, STAMPED.received_at]
    own = [await delivery_row(ledger, row.delivery_id) for row in made]
    assert [row.received_at for row in own] == [row.received_at for row in made]
    assert [row.received_basis for row in own] == ["date_stamp", "source", "date_stamp"]
    assert (await delivery_row(ledger, scan_id)).received_basis == "source"


async def test_a_letter_that_is_read_again_is_received_when_that_reading_says(ledger: Ledger) -> None:
    item_id, scan_id = await scan(ledger)
    await commit_unfolding(ledger, item_id, scan_id, letters("Eerste"), unfolded(1))
    async with ledger.begin() as connection:
        await connection.execute(update(items).values(reading=None))
    await commit_reading(ledger, item_id, Reading(channel=Channel.post, subject="Opnieuw"), STAMPED)
    item = await item_row(ledger, item_id)
    letter = await delivery_row(ledger, item.delivery_id)
    assert item.received_at == letter.received_at == STAMPED.received_at
    assert letter.received_basis == "date_stamp"


async def test_a_mark_is_in_force_before_anything_is_decided(ledger: Ledger) -> None:
    item_id, scan_id = await scan(ledger)
    open_letter, marked = letters("Klacht", "Persoonlijk")
    marked = replace(marked, reading=marked.reading.model_copy(update={"fields": (MARKED,)}))
    await commit_unfolding(ledger, item_id, scan_id, [open_letter, marked], unfolded(2))
    made = sorted(await rows(ledger, items), key=lambda row: row.made_at)
    assert [Confidentiality(row.confidentiality).name for row in made] == ["zaakvertrouwelijk", "vertrouwelijk"]


async def test_each_letter_is_held_as_its_file_was(ledger: Ledger) -> None:
    item_id, scan_id = await scan(ledger, is_observed=True, held_because="observe")
    await commit_unfolding(ledger, item_id, scan_id, letters(*SUBJECTS), unfolded(3))
    assert {(row.is_observed, row.held_because) for row in await rows(ledger, items)} == {(True, "observe")}


async def test_reconcile_names_a_letter_whose_row_is_lost(ledger: Ledger) -> None:
    item_id, scan_id = await scan(ledger)
    await commit_unfolding(ledger, item_id, scan_id, letters(*SUBJECTS), unfolded(3))

    async def named() -> list[tuple[Kind, str, str]]:
        settled = now() + timedelta(minutes=1)
        found = differing(ledger, "info", settled_before=settled, pause=timedelta(0))
        return [(one.kind, one.delivery_id, one.detail) async for one in found if one.kind in _OURS]

    assert await named() == []
    lost = letter_id(scan_id, 2, "01" * 32)
    async with ledger.begin() as connection:
        identity = (await connection.execute(select(items.c.item_id).where(items.c.delivery_id == lost))).scalar_one()
        for table in (events, items):
            await connection.execute(delete(table).where(table.c.item_id == identity))
        await connection.execute(delete(deliveries).where(deliveries.c.delivery_id == lost))
    assert await named() == [(Kind.letter_missing, scan_id, "holds 2 of 3")]
