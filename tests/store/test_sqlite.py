"""SQLite: what waits for the disk or a lock holds up nothing else, and a cancelled wait leaves nothing half done."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from inbox.errors import StoreUnavailable
from store import ledger as ledger_module
from store.ledger import Ledger
from store.migrate import migrate
from store.tables import installation
from tests.store.making import rows

_LONG_QUERY = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT count(*) FROM n"


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
async def opened(file: Path) -> AsyncIterator[Ledger]:
    made = Ledger(f"sqlite+aiosqlite:///{file}")
    await migrate(made)
    yield made
    await made.close()


async def write(ledger: Ledger, name: str) -> None:
    async with ledger.begin() as connection:
        await connection.execute(insert(installation).values(installation_id=name))


async def test_the_loop_goes_on_while_another_process_holds_the_lock(opened: Ledger, file: Path) -> None:
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(write(opened, "later"))
    longest = await longest_wait_of_the_loop(1.0)
    assert not writing.done()
    other.execute("ROLLBACK")
    other.close()
    await asyncio.wait_for(writing, 5)
    assert longest < 0.5
    assert len(await rows(opened, installation)) == 1


async def test_a_lock_that_is_never_let_go_is_a_store_that_does_not_answer(
    file: Path, opened: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "_BUSY_SECONDS", 0.2)
    hurried = Ledger(f"sqlite+aiosqlite:///{file}")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable):
        await write(hurried, "never")
    other.close()
    await write(hurried, "now")
    await hurried.close()
    assert [row.installation_id for row in await rows(opened, installation)] == ["now"]


async def test_the_loop_goes_on_during_a_long_query(opened: Ledger) -> None:
    async def ask() -> int:
        async with opened.read() as connection:
            return int((await connection.execute(text(_LONG_QUERY.format(3_000_000)))).scalar_one())

    started = time.perf_counter()
    asking = asyncio.create_task(ask())
    longest = 0.0
    while not asking.done():
        longest = max(longest, await longest_wait_of_the_loop(0.05))
    assert await asking == 3_000_001
    assert longest < (time.perf_counter() - started) / 2


async def test_writers_that_are_cancelled_leave_whole_transactions_and_a_ledger_that_works(opened: Ledger) -> None:
    for number in range(60):
        writing = asyncio.create_task(write(opened, str(number)))
        for _ in range(number % 12):
            await asyncio.sleep(0)
        writing.cancel()
        await asyncio.wait([writing])
    await write(opened, "last")
    assert "last" in {row.installation_id for row in await rows(opened, installation)}


async def longest_wait_of_the_loop(seconds: float) -> float:
    """Return how long the loop at most did nothing for us."""
    longest, end = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        before = time.perf_counter()
        await asyncio.sleep(0.005)
        longest = max(longest, time.perf_counter() - before - 0.005)
    return longest


@pytest.mark.parametrize("statement", ["write", "read", "begin"])
async def test_a_cancelled_writer_lets_go_of_the_lock_while_its_failure_is_still_looked_at(
    opened: Ledger, file: Path, statement: str
) -> None:
    """Whoever logs a failure holds its frames, and they hold the statement: the lock must not wait for them."""
    other = sqlite3.connect(file, isolation_level=None, timeout=0)
    inside = asyncio.Event()
    kept: list[BaseException] = []

    async def work() -> None:
        try:
            async with opened.begin() as connection:
                inside.set()
                if statement == "write":
                    await connection.execute(insert(installation).values(installation_id="half"))
                inside.set()
                await connection.execute(text(_LONG_QUERY.format(1_000_000)))
        except asyncio.CancelledError as cut:
            kept.append(cut)
            raise

    if statement == "begin":
        other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(work())
    if statement != "begin":
        await inside.wait()
    await asyncio.sleep(0.02)
    writing.cancel()
    await asyncio.wait([writing])
    if statement == "begin":
        other.execute("ROLLBACK")
    assert kept
    await asyncio.wait_for(write(opened, "next"), 5)
    assert [row.installation_id for row in await rows(opened, installation)] == ["next"]
    other.close()
