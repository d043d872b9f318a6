"""A whole sweep over a folder of call logs: each is kept once, as a log and not as an item, and nothing is lost."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.errors import SourceUnreachable
from inbox.ports import Connection, Source
from store.byte_folder import ByteFolder
from store.call_tables import call_logs
from store.ledger import Ledger
from store.migrate import migrate
from store.reconciling import reconcile
from store.sources import register_source
from store.tables import deliveries, items
from tests.call_folder import GrowingLogs
from tests.memory_source import sweepable, swept
from tests.scan_folder import ScanFolder
from workflows.parts import ConfiguredSource, Parts

HEADER = b"historyid,callid,duration,time-start\n"
ROWS = [b'"","06123450%02d","in","2026-11-02 09:00:%02d"\n' % (number, number) for number in range(60)]


class Failing:
    """A source that breaks off at one of its calls, each time it is opened."""

    def __init__(self, source: Source, call: str) -> None:
        self.source_id = source.source_id
        self.call = call
        self._source = source

    def open(self) -> Connection:
        connection = self._source.open()

        def breaks(_: str) -> None:
            raise SourceUnreachable("it broke off")

        if self.call:
            setattr(connection, self.call, breaks)
        return connection


async def parts_for(source: Any, tmp_path: Path) -> Parts:
    ledger = Ledger(f"sqlite+aiosqlite:///{tmp_path / 'ledger.sqlite'}")
    await migrate(ledger)
    live_from = datetime(2000, 1, 1, tzinfo=UTC)
    parts = await sweepable(ledger, ByteFolder(tmp_path / "bytes"), source)
    parts.sources[source.source_id] = ConfiguredSource(
        source, Channel.phone, "live", live_from, Confidentiality.intern, "application/octet-stream", holds_calls=True
    )
    await register_source(ledger, source.source_id, Channel.phone, "live", live_from)
    return parts


async def kept(parts: Parts) -> list[bytes]:
    """Return the bytes of every log, in the order in which they were kept."""
    query = select(call_logs.c.delivery_id).join(deliveries).order_by(deliveries.c.kept_at, deliveries.c.position)
    async with parts.ledger.read() as connection:
        logs = (await connection.execute(query)).scalars().all()
        both = [
            (await connection.execute(select(func.count()).select_from(one))).scalar_one()
            for one in (items, deliveries)
        ]
    assert both == [0, len(logs)]
    return [await parts.bytes.get(one) for one in logs]


async def test_a_log_that_is_moved_is_kept_once_and_makes_no_item(place: ScanFolder, tmp_path: Path) -> None:
    place.put("cdr_MOERDIJK_02", ROWS[0], age_seconds=90)
    place.put("cdr_MOERDIJK_03", ROWS[1])
    parts = await parts_for(GrowingLogs(place).source(after_keep="move"), tmp_path)
    await swept(parts)
    await swept(parts)
    assert sorted(await kept(parts)) == ROWS[:2]
    assert (place.scans(), set(place.processed())) == ({}, {"cdr_MOERDIJK_02", "cdr_MOERDIJK_03"})
    await parts.ledger.close()


@pytest.mark.parametrize("restarts", [False, True])
async def test_a_growing_log_is_kept_piece_by_piece(place: ScanFolder, tmp_path: Path, restarts: bool) -> None:
    logs = GrowingLogs(place)
    logs.append("cdr.csv", HEADER + ROWS[0])
    parts = await parts_for(logs.source(), tmp_path)
    await swept(parts)
    logs.append("cdr.csv", ROWS[1] + ROWS[2])
    if restarts:
        await parts.ledger.close()
        parts = await parts_for(logs.source(), tmp_path)
    await swept(parts)
    await swept(parts)
    assert await kept(parts) == [HEADER + ROWS[0], HEADER + ROWS[1] + ROWS[2]]
    await parts.ledger.close()


@pytest.mark.parametrize("call", ["fetch", "confirm"])
async def test_what_breaks_off_is_kept_once_and_reconciles(place: ScanFolder, tmp_path: Path, call: str) -> None:
    """Invariant 3: what was seen before it broke off is kept as it was seen, though the log grew meanwhile."""
    logs = GrowingLogs(place)
    logs.append("cdr.csv", HEADER + ROWS[0])
    source = Failing(logs.source(), call)
    parts = await parts_for(source, tmp_path)
    with pytest.raises(SourceUnreachable, match="it broke off"):
        await swept(parts)
    logs.append("cdr.csv", ROWS[1])
    source.call = ""
    await swept(parts)
    await swept(parts)
    assert await kept(parts) == [HEADER + ROWS[0], HEADER + ROWS[1]]
    report = await reconcile(parts.ledger, parts.bytes)
    assert report.losses == []
    await parts.ledger.close()


async def test_bytes_that_got_lost_before_the_source_was_told_are_fetched_again(
    on_disk: ScanFolder, tmp_path: Path
) -> None:
    """Invariant 1: only when the bytes are there it is gone on from them."""
    logs = GrowingLogs(on_disk)
    logs.append("cdr.csv", HEADER + ROWS[0])
    source = Failing(logs.source(), "confirm")
    parts = await parts_for(source, tmp_path)
    with pytest.raises(SourceUnreachable, match="it broke off"):
        await swept(parts)
    for file in (tmp_path / "bytes").rglob("*"):
        if file.is_file():
            file.unlink()
    logs.append("cdr.csv", ROWS[1])
    source.call = ""
    await swept(parts)
    assert await kept(parts) == [HEADER + ROWS[0], HEADER + ROWS[1]]
    await parts.ledger.close()
