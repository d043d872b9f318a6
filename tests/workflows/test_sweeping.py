"""Keep, in batches: what one delivery, one disk or one ledger in trouble does to the others (invariants 1 and 2)."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import event, select

from inbox.errors import BytesMissing, FolderMissing, SourceUnreachable
from inbox.ports import Stored
from store.byte_folder import ByteFolder
from store.byte_objects import ByteObjects
from store.ledger import Ledger
from store.tables import deliveries, events, items
from tests.memory_source import MemorySource, sweepable, swept
from tests.servers.object_store import ObjectStoreServer
from workflows import visit
from workflows.forwarding import _prepared

MIB = 1 << 20


@pytest.fixture(scope="module")
def object_store() -> Iterator[ObjectStoreServer]:
    with ObjectStoreServer() as server:
        yield server


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    if request.param == "folder":
        return ByteFolder(tmp_path / "bytes")
    server: ObjectStoreServer = request.getfixturevalue("object_store")
    return ByteObjects(server.fresh_bucket(), server.options)


@pytest.fixture
def folder(tmp_path: Path) -> ByteFolder:
    return ByteFolder(tmp_path / "bytes")


def mails(number: int) -> list[bytes]:
    return [f"Subject: vraag {nth}\r\n\r\nGoedendag.\r\n".encode() for nth in range(1, number + 1)]


async def rows(ledger: Ledger, table: Any) -> list[Any]:
    async with ledger.read() as connection:
        return list((await connection.execute(select(table))).all())


async def by_position(ledger: Ledger) -> dict[str, Any]:
    return {row.position: row for row in await rows(ledger, deliveries)}


async def confirmed(ledger: Ledger) -> list[str]:
    found = await by_position(ledger)
    return sorted((position for position, row in found.items() if row.confirmed_at), key=int)


async def require_one_item_each(ledger: Ledger, store: Any, number: int) -> None:
    """Each delivery stands there once, with one item, one event, and the very bytes that the ledger knows."""
    kept = await rows(ledger, deliveries)
    made = await rows(ledger, items)
    assert len(kept) == number
    assert sorted(item.delivery_id for item in made) == sorted(row.delivery_id for row in kept)
    assert sorted(one.item_id for one in await rows(ledger, events)) == sorted(item.item_id for item in made)
    for row in kept:
        content = await store.get(row.delivery_id)
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (row.sha256, row.size_bytes)


async def test_two_readers_at_once_of_a_server_that_gives_other_bytes_each_time_agree(
    ledger: Ledger, store: Any
) -> None:
    """The ledger's digest is that of the bytes that stand there, whoever was first with which of them."""
    source = MemorySource(*mails(6), b"x" * (2 * MIB), *mails(2))
    together, fetches = threading.Barrier(2), count()
    source.on_fetch = lambda _: together.wait(20) and None  # both hold the mail before either stores it
    source.gives = lambda _, content: content + b"%d" % next(fetches) * 40
    parts = await sweepable(ledger, store, source)
    both = await asyncio.gather(swept(parts), swept(parts))
    assert sum(sweep.kept for sweep in both) == 9
    assert next(fetches) == 18
    await require_one_item_each(ledger, store, 9)
    assert len(await confirmed(ledger)) == 9
    assert source.mails == {}


async def test_a_batch_takes_one_transaction_to_keep_and_one_to_note_that_the_source_was_told(
    ledger: Ledger, folder: ByteFolder
) -> None:
    source = MemorySource(*mails(30))
    parts = await sweepable(ledger, folder, source)
    commits, progress = count(), count()
    event.listen(ledger.engine.sync_engine, "commit", lambda _: next(commits))
    sweep = await swept(parts, on_progress=lambda: next(progress))
    assert next(commits) == 4  # what was seen, kept, confirmed, the sweep's end
    assert next(progress) == 1
    assert (sweep.kept, source.mails) == (30, {})
    await require_one_item_each(ledger, folder, 30)


async def test_a_long_mailbox_is_kept_batch_by_batch_oldest_first(ledger: Ledger, folder: ByteFolder) -> None:
    source = MemorySource(*mails(7))
    seen: list[str] = []
    source.on_fetch = lambda position: seen.append(f"fetch {position}")
    source.on_confirm = lambda position: seen.append(f"confirm {position}")
    await swept(await sweepable(ledger, folder, source), at_once=3)
    batches = [["1", "2", "3"], ["4", "5", "6"], ["7"]]
    assert seen == [f"{verb} {position}" for batch in batches for verb in ("fetch", "confirm") for position in batch]


async def test_on_a_slow_line_the_first_does_not_wait_for_the_last(
    ledger: Ledger, folder: ByteFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit, "_VISIT_SECONDS", -1.0)  # every fetch takes longer than a visit may
    source = MemorySource(*mails(3))
    seen: list[str] = []
    source.on_fetch = lambda position: seen.append(f"fetch {position}")
    source.on_confirm = lambda position: seen.append(f"confirm {position}")
    progress = count()
    await swept(await sweepable(ledger, folder, source), on_progress=lambda: next(progress))
    assert seen == ["fetch 1", "confirm 1", "fetch 2", "confirm 2", "fetch 3", "confirm 3"]
    assert next(progress) == 3


async def test_no_batch_holds_more_than_a_few_mebibytes(ledger: Ledger, folder: ByteFolder) -> None:
    source = MemorySource(*[b"x" * (MIB - 1000)] * 9, b"y" * (5 * MIB), *[b"z" * (MIB + 1)] * 2, *mails(3))
    parts = await sweepable(ledger, folder, source)
    whole: list[int] = []
    streamed: list[list[int]] = []

    class Watched:
        """A byte store that writes down what it is handed at once."""

        def __getattr__(self, name: str) -> Any:
            return getattr(folder, name)

        async def put_all(self, contents: Mapping[str, bytes]) -> dict[str, Stored]:
            whole.append(sum(map(len, contents.values())))
            return await folder.put_all(contents)

        async def put(self, delivery_id: str, chunks: AsyncIterator[bytes]) -> Stored:
            pieces: list[int] = []
            streamed.append(pieces)

            async def counted() -> AsyncIterator[bytes]:
                async for chunk in chunks:
                    pieces.append(len(chunk))
                    yield chunk

            return await folder.put(delivery_id, counted())

    parts.bytes = cast("Any", Watched())
    await swept(parts)
    assert max(whole) <= 4 * MIB
    assert streamed == [[MIB] * 5, [MIB, 1], [MIB, 1]]
    await require_one_item_each(ledger, folder, 15)
    assert source.mails == {}


async def test_what_came_before_a_large_one_is_in_the_ledger_while_that_one_is_read(
    ledger: Ledger, folder: ByteFolder
) -> None:
    source = MemorySource(*mails(3), b"x" * (4 * MIB))
    parts = await sweepable(ledger, folder, source)
    kept: list[int] = []
    loop = asyncio.get_running_loop()

    def look(_: str, number: int) -> None:
        if number == 3:
            kept.append(len(asyncio.run_coroutine_threadsafe(rows(ledger, items), loop).result(20)))

    source.on_piece = look
    await swept(parts)
    assert kept == [3]


@pytest.mark.parametrize("size_bytes", [100, 3 * MIB])
async def test_one_that_breaks_the_connection_each_time_holds_nothing_up(
    ledger: Ledger, folder: ByteFolder, size_bytes: int
) -> None:
    source = MemorySource(*mails(3), b"x" * size_bytes, *mails(3))
    source.on_piece = lambda position, number: _fail(SourceUnreachable("cut off")) if position == "4" else None
    if size_bytes > MIB:
        source.on_piece = lambda position, number: _fail(SourceUnreachable("cut off")) if number == 2 else None
    parts = await sweepable(ledger, folder, source)
    postponed: set[str] = set()
    with pytest.raises(SourceUnreachable):
        await swept(parts, postponed)
    assert postponed == {"4"}
    assert sorted(await by_position(ledger)) == ["1", "2", "3"]  # what was fetched before is kept
    for _ in range(2):
        with pytest.raises(SourceUnreachable):
            await swept(parts, postponed)
        assert await confirmed(ledger) == ["1", "2", "3", "5", "6", "7"]
        assert list(source.mails) == ["4"]
    source.on_piece = lambda *_: None
    await swept(parts, postponed)
    assert (source.mails, postponed) == ({}, set())
    await require_one_item_each(ledger, folder, 7)


async def test_one_whose_confirmation_breaks_the_connection_each_time_holds_nothing_up(
    ledger: Ledger, folder: ByteFolder
) -> None:
    source = MemorySource(*mails(5))
    source.on_confirm = lambda position: _fail(SourceUnreachable("cut off")) if position == "2" else None
    parts = await sweepable(ledger, folder, source)
    postponed: set[str] = set()
    for _ in range(2):
        with pytest.raises(SourceUnreachable):
            await swept(parts, postponed)
    assert list(source.mails) == ["2"]
    assert await confirmed(ledger) == ["1", "3", "4", "5"]
    source.on_confirm = lambda _: None
    await swept(parts, postponed)
    assert (source.mails, postponed) == ({}, set())
    await require_one_item_each(ledger, folder, 5)


async def test_one_that_the_source_will_not_be_told_of_holds_nothing_up(ledger: Ledger, folder: ByteFolder) -> None:
    source = MemorySource(*mails(5))
    source.on_confirm = lambda position: _fail(FolderMissing("Verwerkt")) if position == "2" else None
    parts = await sweepable(ledger, folder, source)
    for _ in range(2):
        with pytest.raises(FolderMissing):
            await swept(parts)
        assert list(source.mails) == ["2"]
        assert await confirmed(ledger) == ["1", "3", "4", "5"]
    assert source.fetched == ["1", "2", "3", "4", "5"]  # it is kept, and not fetched again


async def test_one_that_is_gone_before_keep_is_written_down_and_the_others_are_kept(
    ledger: Ledger, folder: ByteFolder
) -> None:
    from store.tables import sweeps

    source = MemorySource(*mails(4))
    source.on_fetch = lambda position: source.mails.pop("3", None) and None
    await swept(await sweepable(ledger, folder, source))
    assert sorted(await by_position(ledger)) == ["1", "2", "4"]
    [sweep] = await rows(ledger, sweeps)
    assert (sweep.vanished, bool(sweep.finished_at)) == ("3", True)


async def test_what_another_reader_kept_and_took_away_meanwhile_has_not_vanished(
    ledger: Ledger, folder: ByteFolder
) -> None:
    from store.tables import sweeps

    source, loop, others = MemorySource(*mails(4)), asyncio.get_running_loop(), []
    parts = await sweepable(ledger, folder, source)

    def another_comes_first(_: str) -> None:
        if not others:
            others.append("came")
            asyncio.run_coroutine_threadsafe(swept(parts), loop).result()

    source.on_fetch = another_comes_first
    await swept(parts)
    assert sorted(await by_position(ledger)) == ["1", "2", "3", "4"]
    assert [sweep.vanished for sweep in await rows(ledger, sweeps)] == ["", ""]


@pytest.mark.parametrize("damage", [lambda file: file.unlink(), lambda file: file.write_bytes(b"S")])
async def test_bytes_that_are_not_there_after_the_commit_are_never_confirmed_and_are_fetched_again(
    ledger: Ledger, folder: ByteFolder, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    source = MemorySource(*mails(4))
    parts = await sweepable(ledger, folder, source)
    sizes = folder.sizes

    async def damaged(identities: Any) -> Any:
        for file in (tmp_path / "bytes").rglob(list(identities)[1]):
            damage(file)
        return await sizes(identities)

    folder.sizes = damaged  # type: ignore[method-assign]
    with pytest.raises(BytesMissing, match="look at the byte store"):
        await swept(parts)
    assert list(source.mails) == ["2"]
    folder.sizes = sizes  # type: ignore[method-assign]
    source.gives = lambda _, content: content + b"other words"
    with pytest.raises(BytesMissing):
        await swept(parts)  # what comes now is another mail than the ledger knows
    source.gives = lambda _, content: content
    await swept(parts)
    assert source.mails == {}
    await require_one_item_each(ledger, folder, 4)


async def test_bytes_that_another_readers_row_does_not_know_are_not_confirmed(
    ledger: Ledger, folder: ByteFolder, tmp_path: Path
) -> None:
    """The bytes were lost between the other's commit and our put, and the server gives other words now."""
    source = MemorySource(*mails(3))
    parts = await sweepable(ledger, folder, source)
    put_all = folder.put_all
    source.gives = lambda _, content: content + b"new"

    async def others_first(contents: Mapping[str, bytes]) -> dict[str, Stored]:
        folder.put_all = put_all  # type: ignore[method-assign]
        source.gives = lambda _, content: content + b"old"
        source.on_confirm = lambda _: _fail(SourceUnreachable("the other one's line"))
        with pytest.raises(SourceUnreachable):
            await swept(parts)
        source.on_confirm = lambda _: None
        for file in (tmp_path / "bytes").rglob(next(iter(contents))):
            file.unlink()
        return await put_all(contents)

    folder.put_all = others_first  # type: ignore[method-assign]
    with pytest.raises(BytesMissing):
        await swept(parts)
    # Neither that one, nor what the other one kept: that is for the other one to confirm.
    assert list(source.mails) == ["1", "2", "3"]


def _fail(error: Exception) -> None:
    raise error


async def test_two_attempts_that_render_at_once_send_the_same_bytes(ledger: Ledger, store: Any) -> None:
    parts = await sweepable(ledger, store, MemorySource())
    renderings = count()

    class Renders:
        """Renders it differently each time, as a Date field does."""

        def prepare(self, handover: Any, original: bytes, scan: bytes) -> bytes:
            return b"rendering %d" % next(renderings)

    system = cast("Any", Renders())
    sent = await asyncio.gather(*(_prepared(parts, "forward-1", system, cast("Any", None), b"") for _ in range(5)))
    assert next(renderings) > 1
    assert len(set(sent)) == 1
    assert await _prepared(parts, "forward-1", system, cast("Any", None), b"") == sent[0]


async def test_a_mail_that_breaks_off_those_it_is_fetched_with_stops_only_itself(
    ledger: Ledger, folder: ByteFolder
) -> None:
    """A server that gives several at one go may have one among them that it cannot give."""
    source = TogetherSource(*mails(9))
    parts = await sweepable(ledger, folder, source)
    postponed: set[str] = set()
    for _ in range(60):
        with pytest.raises(SourceUnreachable, match="no 5"):
            await swept(parts, postponed)
        if postponed == {"5"}:
            break
    assert sorted(await by_position(ledger)) == [str(number) for number in range(1, 10) if number != 5]


class TogetherSource(MemorySource):
    """Gives several at one go, and never the fifth."""

    def open(self) -> Any:
        connection: Any = super().open()
        connection.fetches = lambda positions: self.refuse("5") if "5" in positions else None
        self.on_fetch = lambda position: self.refuse(position) if position == "5" else None
        return connection

    def refuse(self, position: str) -> None:
        raise SourceUnreachable(f"no {position}")
