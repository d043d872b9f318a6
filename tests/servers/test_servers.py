"""The servers that other tests stand on do what they promise."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # it ships no types
import pytest
from temporalio.client import Client

from tests.servers.mailbox import Mailbox, letter
from tests.servers.ports import open_folder, program
from tests.servers.postgres import Postgres
from tests.servers.temporal import Temporal


async def query(url: str, statement: str) -> object:
    """Run one statement."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_each_who_asks_postgres_gets_a_database_of_his_own(postgres: Postgres) -> None:
    first, second = postgres.fresh_database(), postgres.fresh_database()
    await query(first, "CREATE TABLE note (words text)")
    assert await query(second, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


async def test_a_database_survives_postgres_being_stopped_and_started() -> None:
    with open_folder("postgres") as folder:
        server = Postgres(folder, durable=True)
        server.start()
        try:
            url = server.fresh_database()
            await query(url, "CREATE TABLE note AS SELECT 7 AS number")
            await asyncio.to_thread(server.restart, gently=False)
            assert await query(url, "SELECT number FROM note") == 7
        finally:
            server.stop()
        server.stop()


async def test_temporal_remembers_after_being_killed_and_forgets_when_emptied(tmp_path: Path) -> None:
    server = Temporal(tmp_path)
    await asyncio.to_thread(server.start)
    try:
        client = await Client.connect(server.address)
        handle = await client.start_workflow("Any", id="one", task_queue="nobody")
        await asyncio.to_thread(server.restart)
        assert (await (await Client.connect(server.address)).get_workflow_handle("one").describe()).id == handle.id
        await asyncio.to_thread(server.forget)
        assert await (await Client.connect(server.address)).count_workflows() is not None
    finally:
        server.kill()


def test_a_mailbox_survives_dovecot_being_killed(mailbox: Mailbox) -> None:
    mailbox.deliver(letter("een"))
    mailbox.server.kill()
    mailbox.server.start()
    assert mailbox.subjects() == ["een"]


def test_a_program_that_is_missing_is_an_error_with_the_line_that_installs_it() -> None:
    with pytest.raises(RuntimeError, match="apt-get install -y nothing"):
        program("no-such-program", "apt-get install -y nothing")
