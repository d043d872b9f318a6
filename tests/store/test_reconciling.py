"""Each planted loss is found and named, and what is only work in progress is not called one (invariant 3)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, update

import store.bytes_and_rows
import store.checks
import store.seen_and_kept
from inbox.channel import Channel
from inbox.ports import Sighting
from inbox.reconciliation import Kind, Weight
from store.byte_folder import ByteFolder
from store.deciding import standing
from store.keeping import delivery_id, keep, note_confirmed
from store.ledger import Ledger
from store.reconciling import Report, reconcile
from store.seen_and_kept import Look
from store.sources import finish_sweep, record_look, register_source
from store.tables import deliveries, events, items
from tests.inbox.samples import reading
from tests.store.making import (
    delivery,
    kept,
    was_forwarded,
    was_linked,
)

SPACE = "imap://info@mail.test/INBOX;UIDVALIDITY=17"
NO_TIME = timedelta(0)


class House:
    """A source that is swept, with its bytes in a folder."""

    def __init__(self, ledger: Ledger, root: Path) -> None:
        self.ledger = ledger
        self.root = root
        self.bytes = ByteFolder(root)

    async def keep(self, position: str, content: bytes = b"", space: str = SPACE, *, tells: bool = True) -> str:
        """Keep one delivery as a sweep does; return its id."""
        content = content or f"mail {position}".encode()
        identity = delivery_id(space, position)
        await self.bytes.put(identity, once(content))
        facts = {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
        await keep(self.ledger, delivery(key_space=space, position=position, **facts))
        if tells:
            await note_confirmed(self.ledger, space, [position])
        return identity

    async def sweep(
        self,
        saw: Sequence[str],
        *,
        keeps: Sequence[str] | None = None,
        vanished: Sequence[str] = (),
        ends: bool = True,
        space: str = SPACE,
    ) -> None:
        """Sweep: what was seen is kept, but for what vanished."""
        sweep_id = await record_look(self.ledger, "info", Sighting(space, tuple(saw), ""))
        for position in saw if keeps is None else keeps:
            if position not in vanished:
                await self.keep(position, space=space)
        await finish_sweep(self.ledger, "info", sweep_id, vanished, is_whole=ends)

    async def reconciled(self, **how: Any) -> Report:
        return await reconcile(self.ledger, self.bytes, settles=how.pop("settles", NO_TIME), pause=NO_TIME, **how)

    async def found(self, **how: Any) -> list[tuple[Kind, str]]:
        """Return what is found as (kind, position)."""
        return [(difference.kind, difference.position) for difference in (await self.reconciled(**how)).differences]

    def file(self, identity: str) -> Path:
        [file] = [file for file in self.root.rglob("*") if file.name == identity]
        return file

    async def change(self, statement: Any) -> None:
        async with self.ledger.begin() as connection:
            await connection.execute(statement)


async def once(content: bytes) -> AsyncIterator[bytes]:
    yield content


@pytest.fixture
async def house(ledger: Ledger, tmp_path: Path) -> House:
    await register_source(ledger, "info", Channel.email, "live", None)
    return House(ledger, tmp_path / "bytes")


async def test_what_was_seen_and_kept_is_clean(house: House) -> None:
    """Invariant 3: everything seen is kept, waiting, or named."""
    await house.sweep(["1", "2", "3", "7"])
    await house.sweep(["3", "8"], keeps=["8"])
    report = await house.reconciled()
    assert report.differences == []
    counts = report.counts["info"]
    assert (counts.seen, counts.kept, counts.waiting, counts.vanished, counts.intact) == (5, 5, 0, 0, 5)


async def test_what_a_sweep_is_still_at_waits(house: House) -> None:
    await house.sweep(["1", "2", "3"], keeps=["1"], ends=False)
    report = await house.reconciled()
    [waiting] = report.differences
    assert (waiting.kind, waiting.position, waiting.weight) == (Kind.waiting, "2:3", Weight.waiting)
    assert report.counts["info"].waiting == 2
    assert report.losses == []


@pytest.mark.parametrize("ends", [True, False])
async def test_a_mail_that_vanished_before_keep_is_named(house: House, ends: bool) -> None:
    await house.sweep(["1", "2"], vanished=["2"], ends=ends)
    [gone] = (await house.reconciled()).losses
    assert (gone.kind, gone.source_id, gone.key_space, gone.position) == (
        Kind.vanished_before_keep,
        "info",
        SPACE,
        "2",
    )


async def test_a_mail_that_a_killed_sweep_saw_and_the_next_one_does_not_has_vanished(house: House) -> None:
    await record_look(house.ledger, "info", Sighting(SPACE, ("1", "2"), ""))
    await house.sweep(["1"])
    assert await house.found() == [(Kind.vanished_before_keep, "2")]


async def test_what_a_killed_sweep_saw_lately_may_still_be_kept(house: House) -> None:
    await record_look(house.ledger, "info", Sighting(SPACE, ("1", "2"), ""))
    await house.sweep(["1"])
    assert await house.found(settles=timedelta(hours=1)) == [(Kind.waiting, "2")]


async def test_what_one_reader_kept_has_not_vanished_for_the_other(house: House) -> None:
    await house.sweep(["1", "2"])
    await house.sweep(["1", "2", "3"], keeps=["3"], vanished=["1", "2"])
    assert await house.found() == []


async def test_a_row_removed_from_the_ledger_is_named(house: House) -> None:
    await house.sweep(["1", "2"])
    await house.sweep(["3"])
    identity = delivery_id(SPACE, "2")
    [item] = [row async for row in _items_of(house, identity)]
    await house.change(delete(events).where(events.c.item_id == item.item_id))
    await house.change(delete(items).where(items.c.delivery_id == identity))
    await house.change(delete(deliveries).where(deliveries.c.delivery_id == identity))
    losses = (await house.reconciled()).losses
    assert [(loss.kind, loss.position or loss.name) for loss in losses] == [
        (Kind.missing_from_ledger, "2"),
        (Kind.bytes_without_row, identity),
    ]
    assert losses[0].delivery_id == identity


async def _items_of(house: House, identity: str) -> AsyncIterator[Any]:
    async with house.ledger.read() as connection:
        for row in await connection.execute(items.select().where(items.c.delivery_id == identity)):
            yield row


async def test_positions_that_the_source_never_showed_are_no_loss(house: House) -> None:
    sweep_id = await record_look(house.ledger, "info", Sighting(SPACE, ("5", "900"), "1500"))
    await house.keep("5")
    await house.keep("900")
    await finish_sweep(house.ledger, "info", sweep_id, [], is_whole=True)
    assert await house.found() == []


async def test_bytes_that_are_gone_are_named(house: House) -> None:
    await house.sweep(["1", "2"])
    house.file(delivery_id(SPACE, "1")).unlink()
    for quick in (False, True):
        [loss] = (await house.reconciled(quick=quick)).losses
        assert (loss.kind, loss.position, loss.delivery_id) == (Kind.bytes_missing, "1", delivery_id(SPACE, "1"))
        assert loss.reference


async def test_truncated_bytes_are_named(house: House) -> None:
    await house.sweep(["1", "2"])
    file = house.file(delivery_id(SPACE, "1"))
    file.write_bytes(file.read_bytes()[:-1])
    for quick in (False, True):
        assert await house.found(quick=quick) == [(Kind.bytes_altered, "1")]


async def test_bytes_that_were_altered_in_place_are_named(house: House) -> None:
    await house.sweep(["1", "2"])
    file = house.file(delivery_id(SPACE, "1"))
    file.write_bytes(file.read_bytes()[::-1])
    assert await house.found() == [(Kind.bytes_altered, "1")]
    assert (await house.reconciled()).counts["info"].intact == 1
    assert await house.found(quick=True) == []


async def test_a_foreign_file_among_the_bytes_is_named(house: House) -> None:
    await house.sweep(["1"])
    (house.root / "zz").mkdir()
    (house.root / "zz" / "scan.pdf").write_bytes(b"pdf")
    (house.root / "los.txt").write_bytes(b"tekst")
    losses = (await house.reconciled()).losses
    assert [(loss.kind, loss.name) for loss in losses] == [
        (Kind.bytes_without_row, "los.txt"),
        (Kind.bytes_without_row, "zz/scan.pdf"),
    ]


async def test_bytes_on_their_way_to_their_row_are_no_loss(house: House) -> None:
    identity = delivery_id(SPACE, "1")
    await house.bytes.put(identity, once(b"mail"))
    assert await house.found(settles=timedelta(hours=1)) == []
    [loss] = (await house.reconciled()).losses
    assert (loss.kind, loss.name) == (Kind.bytes_without_row, identity)


async def test_a_write_that_was_broken_off_is_noticed(house: House) -> None:
    await house.sweep(["1"])
    file = house.file(delivery_id(SPACE, "1"))
    file.with_name(f".{file.name}.{uuid4().hex}").write_bytes(b"half")
    [notice] = (await house.reconciled()).differences
    assert (notice.kind, notice.weight) == (Kind.unfinished_bytes, Weight.notice)


async def test_prepared_forwards_and_withdrawals_have_a_row(house: House) -> None:
    await house.sweep([])
    item_id = await was_forwarded(house.ledger)
    for forward in (await standing(house.ledger, item_id)).forwards:
        await house.bytes.put(forward.forward_id, once(b"mail"))
        await house.bytes.put(f"{forward.forward_id}-withdrawal", once(b"mail"))
    assert Kind.bytes_without_row not in dict(await house.found())


async def test_a_delivery_without_an_item_is_named(house: House) -> None:
    await house.sweep(["1"])
    await house.change(delete(events))
    await house.change(delete(items))
    assert await house.found(settles=timedelta(hours=1)) == []
    assert await house.found() == [(Kind.without_item, "1")]


async def test_what_the_source_could_not_be_told_is_noticed_while_it_is_there(house: House) -> None:
    await house.keep("1", tells=False)
    await house.sweep(["1"], keeps=[], ends=False)
    assert await house.found(settles=timedelta(hours=1)) == []
    assert await house.found() == [(Kind.unconfirmed, "1")]
    # A crash between telling and writing it down: the mail was moved, and nothing is left to tell.
    await house.sweep([])
    assert await house.found() == []


async def test_a_moved_mail_that_is_brought_back_is_noticed(house: House) -> None:
    await house.sweep(["1"])
    await house.sweep([])
    await house.keep("2", b"mail 1")
    await house.sweep(["2"], keeps=[])
    [notice] = (await house.reconciled()).differences
    assert (notice.kind, notice.position, notice.weight) == (Kind.brought_back, "2", Weight.notice)
    assert notice.detail == "earlier under 1; the item is received"


async def test_parts_alike_of_what_was_kept_are_not_brought_back(house: House) -> None:
    whole = await house.keep("log")
    parts = [await house.keep(f"call {number}", b"somebody rang") for number in (1, 2)]
    await house.change(update(deliveries).where(deliveries.c.delivery_id.in_(parts)).values(part_of=whole))
    report = await house.reconciled()
    assert (report.differences, report.counts["info"].kept) == ([], 1)


async def test_two_mails_alike_that_both_stand_there_are_not_brought_back(house: House) -> None:
    await house.keep("1")
    await house.keep("2", b"mail 1")
    await house.sweep(["1", "2"], keeps=[])
    assert await house.found() == []


async def test_a_mailbox_that_counts_anew_is_noticed_with_numbers(house: House) -> None:
    anew = SPACE.replace("17", "18")
    await house.sweep(["1", "2", "3"])
    await house.keep("1", b"mail 2", space=anew)
    await house.sweep(["1"], keeps=[], space=anew)
    [notice] = (await house.reconciled()).differences
    assert (notice.kind, notice.key_space, notice.weight) == (Kind.new_key_space, anew, Weight.notice)
    assert notice.detail == (
        "2 key spaces so far; 1 deliveries in the newest, 1 of them with the bytes of an earlier one;"
        " 2 earlier ones were not seen again and stand only in the ledger"
    )


async def test_what_was_not_kept_before_the_mailbox_counted_anew_is_a_loss(house: House) -> None:
    await house.sweep(["1", "2"], keeps=["1"], ends=False)
    await house.sweep(["1"], space=SPACE.replace("17", "18"))
    assert (Kind.vanished_before_keep, "2") in await house.found()


async def test_a_look_shows_what_no_sweep_has_seen_yet(house: House) -> None:
    await house.sweep(["1"])

    async def look(_: str) -> Look:
        return Look(Sighting(SPACE, ("1", "2"), "3"), moves=False)

    assert await house.found(look_at=look) == [(Kind.waiting, "2")]


async def test_a_look_shows_what_was_told_and_never_left(house: House) -> None:
    await house.sweep(["1", "2"])

    async def look(_: str) -> Look:
        return Look(Sighting(SPACE, ("2",), "3"), moves=True)

    assert await house.found(look_at=look) == [(Kind.still_there, "2")]


async def test_many_rows_come_in_pages(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (store.bytes_and_rows, store.checks, store.seen_and_kept):
        monkeypatch.setattr(module, "_PAGE", 2)
    monkeypatch.setattr(store.seen_and_kept, "_SWEEPS_AT_ONCE", 2)
    monkeypatch.setattr(store.seen_and_kept, "_FEW", 2)
    monkeypatch.setattr(store.seen_and_kept, "_PAIRS_AT_ONCE", 2)
    for start in range(1, 12, 2):
        await house.sweep([str(start), str(start + 1)])
    await house.sweep([str(number) for number in range(1, 18)], keeps=[])
    for number in range(18, 23):
        identity = await house.keep(str(number), b"mail 1")
        await house.change(delete(events))
        await house.change(delete(items).where(items.c.delivery_id == identity))
    for number in range(1, 12):
        house.file(delivery_id(SPACE, str(number))).unlink()
        (house.root / f"{number}.txt").touch()
    report = await house.reconciled()
    found = [(difference.kind, difference.position or difference.name) for difference in report.differences]
    counts = report.counts["info"]
    assert (counts.seen, counts.kept, counts.missing, counts.intact) == (17, 17, 5, 6)
    assert Counter(kind for kind, _ in found) == {
        Kind.missing_from_ledger: 5,
        Kind.bytes_missing: 11,
        Kind.bytes_without_row: 11,
        Kind.brought_back: 4,
        Kind.without_item: 5,
    }
    assert len(set(found)) == len(found)


async def test_one_source_can_be_asked_for(house: House) -> None:
    await register_source(house.ledger, "other", Channel.email, "live", None)
    await house.sweep(["1"])
    house.file(delivery_id(SPACE, "1")).unlink()
    (house.root / "los.txt").touch()
    other = await house.reconciled(source_id="other")
    assert (other.differences, set(other.counts)) == ([], {"other"})
    assert [kind for kind, _ in await house.found(source_id="info")] == [Kind.bytes_missing]


async def test_nothing_of_a_person_is_in_a_difference(ledger: Ledger, tmp_path: Path) -> None:
    await register_source(ledger, "info", Channel.email, "live", None)
    for _ in range(2):
        await was_linked(ledger, reading("MERK onderwerp", "MERK woorden", address="merk@inwoner.test"))
    await kept(ledger)
    report = await reconcile(ledger, ByteFolder(tmp_path), settles=NO_TIME, pause=NO_TIME)
    assert len(report.losses) == 3
    assert "merk" not in str(report).lower()
