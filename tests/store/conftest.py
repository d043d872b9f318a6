"""Ledgers for these tests: made once per engine, empty for each test, and a second process at the same one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from store.ledger import Ledger
from store.migrate import migrate
from tests.servers.postgres import Postgres
from tests.store.making import clean

ENGINES = ["sqlite", "postgresql"]


@pytest.fixture(scope="session")
def ledgers() -> dict[str, Ledger]:
    """Give engine → migrated ledger: migrating, and learning its statements anew, takes longer than most tests."""
    return {}


def _hurry(connection: Any, _: Any) -> None:
    """Leave out the waits for the disk, as the PostgreSQL of the tests does."""
    connection.cursor().execute("PRAGMA synchronous=OFF")


@pytest.fixture(params=ENGINES)
async def ledger(request: pytest.FixtureRequest, ledgers: dict[str, Ledger]) -> AsyncIterator[Ledger]:
    """Give an empty ledger, on each engine."""
    if request.param not in ledgers:
        if request.param == "sqlite":
            folder = request.getfixturevalue("tmp_path_factory").mktemp("ledger")
            made = Ledger(f"sqlite+aiosqlite:///{folder / 'ledger.sqlite'}")
            event.listen(made.engine.sync_engine, "connect", _hurry)
        else:
            made = Ledger(request.getfixturevalue("postgres").fresh_database())
        await migrate(made)
        ledgers[request.param] = made
    given = ledgers[request.param]
    if given.is_sqlite:
        given._writer = asyncio.Lock()  # the one of the test before belongs to a loop that is gone
    await clean(given)
    yield given
    await given.close()


@pytest.fixture
async def neighbour(ledger: Ledger) -> AsyncIterator[Ledger]:
    """Give another connection to the same ledger, as another process has."""
    other = Ledger(ledger.engine.url.render_as_string(hide_password=False))
    yield other
    await other.close()


@pytest.fixture(params=ENGINES)
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Ledger, Ledger]]:
    """Give two connections to one database without any tables."""
    if request.param == "sqlite":
        url = f"sqlite+aiosqlite:///{tmp_path / 'empty.sqlite'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        url = server.fresh_database()
    first, second = Ledger(url), Ledger(url)
    yield first, second
    await first.close()
    await second.close()
