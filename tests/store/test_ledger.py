"""The ledger's border: what goes wrong with the store is StoreUnavailable or Conflict, never the engine's own error."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from inbox.errors import Conflict, StoreUnavailable
from store.ledger import Ledger
from store.tables import installation
from tests.servers.postgres import Postgres
from tests.store.making import rows

POSTGRESQL = pytest.mark.parametrize("ledger", ["postgresql"], indirect=True)


async def ask(ledger: Ledger, how: str, question: str = "SELECT 1") -> Any:
    async with getattr(ledger, how)() as connection:
        return (await connection.execute(text(question))).scalar()


async def refused(url: str, how: str) -> str:
    ledger = Ledger(url)
    try:
        with pytest.raises(StoreUnavailable) as away:
            await ask(ledger, how)
    finally:
        await ledger.close()
    return away.value.detail


@pytest.mark.parametrize("how", ["read", "begin"])
async def test_a_database_that_is_not_there_is_a_store_that_does_not_answer(postgres: Postgres, how: str) -> None:
    url = postgres.fresh_database()
    assert "3D000" in await refused(f"{url}_gone", how)
    assert "28000" in await refused(url.replace("postgres@", "nobody@"), how)
    assert "ConnectionRefused" in await refused(url.replace(str(postgres.port), "1"), how)


async def test_a_file_that_cannot_be_a_ledger_is_a_store_that_does_not_answer(tmp_path: Path) -> None:
    for how in ("read", "begin"):
        await refused(f"sqlite+aiosqlite:///{tmp_path / 'missing' / 'ledger.sqlite'}", how)
    # The driver's thread still says goodbye to the loop.
    await asyncio.sleep(0.1)


async def test_no_word_of_the_address_is_in_the_detail(postgres: Postgres) -> None:
    url = postgres.fresh_database().replace("postgres@", "nobody:geheim@")
    assert "geheim" not in await refused(url, "begin")
    assert "nobody" not in await refused(url, "read")


@POSTGRESQL
@pytest.mark.parametrize("how", ["read", "begin"])
async def test_a_connection_that_is_cut_is_told_and_the_next_one_works(
    ledger: Ledger, neighbour: Ledger, how: str
) -> None:
    async def cut() -> None:
        async with getattr(ledger, how)() as connection:
            process = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar()
            await ask(neighbour, "begin", f"SELECT pg_terminate_backend({process})")
            await connection.execute(text("SELECT 1"))

    with pytest.raises(StoreUnavailable):
        await cut()
    assert await ask(ledger, how) == 1


@POSTGRESQL
async def test_of_two_that_block_each_other_one_is_told_to_look_again(ledger: Ledger, neighbour: Ledger) -> None:
    names = ["een", "twee"]
    async with ledger.begin() as connection:
        await connection.execute(insert(installation), [{"installation_id": name} for name in names])

    async def lock(one: Ledger, *order: str) -> None:
        async with one.begin() as connection:
            await connection.execute(text("SET LOCAL deadlock_timeout = '50ms'"))
            for name in order:
                query = select(installation).where(installation.c.installation_id == name).with_for_update()
                await connection.execute(query)
                await asyncio.sleep(0.1)

    outcomes = await asyncio.gather(lock(ledger, *names), lock(neighbour, *names[::-1]), return_exceptions=True)
    assert sorted(type(outcome) for outcome in outcomes if outcome)[:1] == [Conflict]


async def test_a_sqlite_ledger_syncs_each_commit_and_holds_its_references(tmp_path: Path) -> None:
    """Durable means after a power cut too (invariant 1)."""
    made = Ledger(f"sqlite+aiosqlite:///{tmp_path / 'ledger.sqlite'}")
    found = [await ask(made, "begin", f"PRAGMA {name}") for name in ("synchronous", "journal_mode", "foreign_keys")]
    await made.close()
    assert found == [2, "wal", 1]


async def test_a_transaction_that_fails_leaves_nothing(ledger: Ledger) -> None:
    async def fail() -> None:
        async with ledger.begin() as connection:
            await connection.execute(insert(installation).values(installation_id="half"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await rows(ledger, installation) == []


async def test_a_reader_does_not_wait_for_a_writer(ledger: Ledger, neighbour: Ledger) -> None:
    async with ledger.begin() as connection:
        await connection.execute(insert(installation).values(installation_id="unseen"))
        assert await asyncio.wait_for(rows(neighbour, installation), 5) == []
    assert len(await rows(neighbour, installation)) == 1


async def test_twenty_writers_in_two_processes_all_get_their_turn(ledger: Ledger, neighbour: Ledger) -> None:
    async def write(one: Ledger, number: int) -> None:
        async with one.begin() as connection:
            await connection.execute(insert(installation).values(installation_id=str(number)))

    await asyncio.gather(*(write((ledger, neighbour)[number % 2], number) for number in range(20)))
    assert len(await rows(ledger, installation)) == 20


async def test_one_at_a_time_does_what_is_done_alone(ledger: Ledger, neighbour: Ledger) -> None:
    inside = 0
    most = 0

    async def work(one: Ledger) -> None:
        nonlocal inside, most
        async with one.begin() as connection:
            await one.alone(connection, "test")
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.01)
            inside -= 1

    await asyncio.gather(*(work(one) for one in (ledger, neighbour) * 4))
    assert most == 1
