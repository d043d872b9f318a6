"""Ledgers for these tests: made once per engine, empty for each test, and a second process at the same one."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.ledger import Ledger
from store.migrate import migrate
from tests.servers.postgres import Postgres
from tests.store.making import clean

ENGINES = ["sqlite", "postgresql"]


@pytest.fixture(scope="session")
def prepared() -> dict[str, str]:
    """Give engine → address of a migrated ledger: migrating takes longer than most tests."""
    return {}


async def _prepare(prepared: dict[str, str], engine: str, url: str) -> None:
    ledger = Ledger(url)
    await migrate(ledger)
    await ledger.close()
    prepared[engine] = url


async def _sqlite(request: pytest.FixtureRequest, prepared: dict[str, str], folder: Path) -> Ledger:
    if "sqlite" not in prepared:
        kept = request.getfixturevalue("tmp_path_factory").mktemp("ledger")
        await _prepare(prepared, "sqlite", f"sqlite+aiosqlite:///{kept / 'ledger.sqlite'}")
    copied = shutil.copy(prepared["sqlite"].removeprefix("sqlite+aiosqlite:///"), folder / "ledger.sqlite")
    return Ledger(f"sqlite+aiosqlite:///{copied}")


async def _postgresql(request: pytest.FixtureRequest, prepared: dict[str, str]) -> Ledger:
    server: Postgres = request.getfixturevalue("postgres")
    if "postgresql" not in prepared:
        await _prepare(prepared, "postgresql", server.fresh_database())
    ledger = Ledger(prepared["postgresql"])
    await clean(ledger)
    return ledger


@pytest.fixture(params=ENGINES)
async def ledger(request: pytest.FixtureRequest, prepared: dict[str, str], tmp_path: Path) -> AsyncIterator[Ledger]:
    """Give an empty ledger, on each engine."""
    if request.param == "sqlite":
        made = await _sqlite(request, prepared, tmp_path)
    else:
        made = await _postgresql(request, prepared)
    yield made
    await made.close()


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
