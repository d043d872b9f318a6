"""The disk is full, or the ledger is away, at any step of keep: nothing is told that is not durable, nothing is lost."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, true

from inbox.errors import StoreUnavailable
from store.byte_file import Writing
from store.byte_folder import ByteFolder
from store.keeping import delivery_id
from store.ledger import Ledger
from store.tables import deliveries, events, items
from tests.memory_source import KEY_SPACE, MemorySource, sweepable, swept

MAILS = (b"een", b"twee", b"x" * (2 << 20), b"drie")
"""The third is streamed; the others are kept together."""


class Trouble:
    """Something fails from its n-th use on, until it is over."""

    def __init__(self) -> None:
        self._uses = count(1)
        self._fails_from: int | None = None

    def begins_at(self, use: int) -> None:
        self._uses, self._fails_from = count(1), use

    def is_over(self) -> None:
        self._fails_from = None

    def use(self) -> bool:
        return self._fails_from is not None and next(self._uses) >= self._fails_from


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Trouble:
    """Give a disk that can be full at every step that needs room."""
    trouble = Trouble()

    def needing_room(work: Callable[..., Any]) -> Callable[..., Any]:
        def tried(*arguments: Any, **options: Any) -> Any:
            if trouble.use():
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return work(*arguments, **options)

        return tried

    for owner, name in ((os, "fsync"), (os, "link"), (Path, "mkdir"), (Writing, "_open"), (Writing, "write")):
        monkeypatch.setattr(owner, name, needing_room(getattr(owner, name)))
    return trouble


def going_away(ledger: Ledger, trouble: Trouble, when: str) -> None:
    """Let the ledger fail before a transaction, or after it with the answer lost."""

    def failing(real: Callable[[], Any]) -> Callable[[], Any]:
        @asynccontextmanager
        async def opened() -> AsyncIterator[Any]:
            is_away = trouble.use()
            if is_away and when == "before":
                raise StoreUnavailable("the ledger does not answer")
            async with real() as connection:
                yield connection
            if is_away:
                raise StoreUnavailable("the ledger's answer is lost")

        return opened

    for name in ("begin", "read"):
        setattr(ledger, name, failing(getattr(ledger, name)))


class Watch:
    """Each confirm looks whether bytes and row are there at that moment."""

    def __init__(self, ledger: Ledger, store: ByteFolder) -> None:
        self._ledger, self._store = Ledger(ledger.engine.url.render_as_string(hide_password=False)), store
        self._loop = asyncio.get_running_loop()

    def confirm(self, position: str) -> None:
        asyncio.run_coroutine_threadsafe(self._require(position), self._loop).result(20)

    async def _require(self, position: str) -> None:
        identity = delivery_id(KEY_SPACE, position)
        async with self._ledger.read() as connection:
            query = select(deliveries.c.size_bytes).join(items).where(deliveries.c.delivery_id == identity)
            assert (await connection.execute(query)).scalar() == await self._store.size(identity)

    async def nothing_is_half(self) -> None:
        async with self._ledger.read() as connection:
            counted = [
                (await connection.execute(select(func.count()).select_from(table).where(which))).scalar()
                for table, which in ((deliveries, true()), (items, true()), (events, events.c.kind == "kept"))
            ]
        assert len(set(counted)) == 1

    async def close(self) -> None:
        await self._ledger.close()


@pytest.fixture
async def folder(tmp_path: Path) -> ByteFolder:
    return ByteFolder(tmp_path / "bytes")


@pytest.fixture
async def watch(ledger: Ledger, folder: ByteFolder) -> AsyncIterator[Watch]:
    made = Watch(ledger, folder)
    yield made
    await made.close()


async def through(ledger: Ledger, folder: ByteFolder, watch: Watch, trouble: Trouble) -> int:
    """Let the trouble begin at each step in turn, and end again; return how many steps there are."""
    for step in count(1):
        source = MemorySource(*MAILS, first=100 * step)
        source.on_confirm = watch.confirm
        parts = await sweepable(ledger, folder, source)
        trouble.begins_at(step)
        try:
            await swept(parts)
        except StoreUnavailable:
            pass
        else:
            return step - 1
        finally:
            trouble.is_over()
        await watch.nothing_is_half()
        assert not [file for file in folder._root.rglob(".*") if file.is_file()]
        sweep = await swept(parts)
        assert source.mails == {}, step
        assert sorted(source.confirmed) == [str(100 * step + nth) for nth in range(4)]
        assert sweep.kept <= 4
        await watch.nothing_is_half()
    raise AssertionError


async def test_a_disk_that_is_full_at_any_write_stops_keep_and_nothing_else(
    ledger: Ledger, folder: ByteFolder, watch: Watch, disk: Trouble
) -> None:
    steps = await through(ledger, folder, watch, disk)
    assert steps >= 4 * 4 + 1  # each of the four is opened, written, synced and linked; and a folder


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_ledger_that_goes_away_at_any_transaction_stops_keep_and_nothing_else(
    ledger: Ledger, folder: ByteFolder, watch: Watch, when: str
) -> None:
    away = Trouble()
    going_away(ledger, away, when)
    steps = await through(ledger, folder, watch, away)
    assert steps >= 7  # what was seen, the source, what is known, two keeps, two confirmations, the end


async def test_a_sweep_that_is_cancelled_while_the_ledger_is_away_is_cancelled(
    ledger: Ledger, folder: ByteFolder
) -> None:
    """The store's trouble must not make a listener of a stopped worker go on."""
    source = MemorySource(*MAILS)
    fetching, may_go_on = threading.Event(), threading.Event()

    def hold(_: str) -> None:
        fetching.set()
        may_go_on.wait(20)

    source.on_fetch = hold
    parts = await sweepable(ledger, folder, source)
    running = asyncio.create_task(swept(parts))
    await asyncio.to_thread(fetching.wait, 20)
    away = Trouble()
    going_away(ledger, away, "before")
    away.begins_at(1)
    running.cancel()
    may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await running
