"""A whole sweep over a scan folder: kept once, then moved, and nothing lost when it dies in between."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.ports import Connection, Source
from store.byte_folder import ByteFolder
from store.ledger import Ledger
from store.migrate import migrate
from store.sources import register_source
from store.tables import deliveries
from tests.memory_source import sweepable, swept
from tests.scan_folder import ScanFolder, position
from workflows.parts import ConfiguredSource, Parts


class Died(Exception):
    """The process is gone."""


class Dying:
    """A source whose reader dies right before it tells the source of one delivery."""

    def __init__(self, source: Source, at: int) -> None:
        self.source_id = source.source_id
        self._source = source
        self._left = at

    def open(self) -> Connection:
        connection = self._source.open()
        confirm = connection.confirm

        def dies(where: str) -> None:
            self._left -= 1
            if self._left < 0:
                raise Died
            confirm(where)

        connection.confirm = dies  # type: ignore[method-assign]
        return connection


async def parts_for(source: Any, tmp_path: Path) -> Parts:
    ledger = Ledger(f"sqlite+aiosqlite:///{tmp_path / 'ledger.sqlite'}")
    await migrate(ledger)
    live_from = datetime(2000, 1, 1, tzinfo=UTC)
    parts = await sweepable(ledger, ByteFolder(tmp_path / "bytes"), source)
    parts.sources[source.source_id] = ConfiguredSource(
        source, Channel.post, "live", live_from, Confidentiality.intern, "application/octet-stream"
    )
    await register_source(ledger, source.source_id, Channel.post, "live", live_from)
    return parts


async def kept(parts: Parts) -> list[tuple[str, bytes]]:
    """Return position and bytes of every delivery."""
    async with parts.ledger.read() as connection:
        rows = (await connection.execute(select(deliveries.c.position, deliveries.c.delivery_id))).all()
    return [(row.position, await parts.bytes.get(row.delivery_id)) for row in rows]


async def test_every_file_is_kept_once_and_moved(place: ScanFolder, tmp_path: Path) -> None:
    wanted = {b"brief %d" % number for number in range(80)} | {b"", bytes(3 << 20)}
    for number, content in enumerate(wanted):
        place.put(f"scan {number}.pdf", content)
    place.put("nog eens.pdf", b"brief 7")
    parts = await parts_for(place.source(), tmp_path)
    await swept(parts)
    await swept(parts)
    found = await kept(parts)
    assert sorted(found) == sorted((position(content), content) for content in wanted)
    assert place.scans() == {}
    assert Counter(place.processed().values()) == Counter([*wanted, b"brief 7"])
    await parts.ledger.close()


@pytest.mark.parametrize("at", [0, 1, 5])
async def test_nothing_is_lost_or_doubled_when_it_dies_between_keep_and_confirm(
    place: ScanFolder, tmp_path: Path, at: int
) -> None:
    wanted = {b"brief %d" % number for number in range(10)}
    for number, content in enumerate(wanted):
        place.put(f"scan {number}.pdf", content)
    parts = await parts_for(Dying(place.source(), at), tmp_path)
    with pytest.raises(Died):
        await swept(parts)
    assert len(place.processed()) == at
    assert len(await kept(parts)) == len(wanted)
    await parts.ledger.close()
    parts = await parts_for(place.source(), tmp_path)
    await swept(parts)
    assert sorted(await kept(parts)) == sorted((position(content), content) for content in wanted)
    assert place.scans() == {}
    assert set(place.processed().values()) == wanted
    await parts.ledger.close()


async def test_in_observe_everything_is_kept_and_stays_where_it_is(place: ScanFolder, tmp_path: Path) -> None:
    place.put("brief.pdf", b"brief")
    parts = await parts_for(place.source(observes=True), tmp_path)
    await swept(parts)
    await swept(parts)
    assert await kept(parts) == [(position(b"brief"), b"brief")]
    assert list(place.folder.iterdir()) == [place.folder / "brief.pdf"]
    await parts.ledger.close()


async def test_a_file_that_comes_again_later_is_no_new_delivery_and_is_moved_too(
    place: ScanFolder, tmp_path: Path
) -> None:
    place.put("brief.pdf", b"brief", age_seconds=90)
    parts = await parts_for(place.source(), tmp_path)
    await swept(parts)
    place.put("nog eens.pdf", b"brief", age_seconds=30)
    sweep = await swept(parts)
    assert (sweep.kept, sweep.to_keep) == (0, 0)
    assert await kept(parts) == [(position(b"brief"), b"brief")]
    assert place.scans() == {}
    assert set(place.processed()) == {"brief.pdf", "nog eens.pdf"}
    await parts.ledger.close()


async def test_a_file_that_comes_again_is_not_moved_when_the_kept_bytes_are_gone(
    on_disk: ScanFolder, tmp_path: Path
) -> None:
    on_disk.put("brief.pdf", b"brief", age_seconds=90)
    parts = await parts_for(on_disk.source(), tmp_path)
    await swept(parts)
    for file in (tmp_path / "bytes").rglob("*"):
        if file.is_file():
            file.unlink()
    on_disk.put("nog eens.pdf", b"brief", age_seconds=30)
    await swept(parts)
    assert await kept(parts) == [(position(b"brief"), b"brief")]
    assert on_disk.scans() == {}
    await parts.ledger.close()
