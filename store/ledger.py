"""The connection to the ledger, and what every transaction shares."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event, func, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from inbox.errors import Conflict, StoreUnavailable
from store.storable import storable_json

_BUSY_MS = 20_000
"""How long a SQLite writer waits for another; far above the longest transaction, below activity time-outs."""


_STOOD_IN_THE_WAY = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: nothing was changed (PostgreSQL, appendix A)."""

_AWAY = ("08", "25006", "28", "3D", "53", "57", "58")
"""How the codes begin that say: no connection, read-only, no such role or database, out of resources, shutting down,
disk in trouble."""


def now() -> datetime:
    """Return the present moment, aware UTC."""
    return datetime.now(UTC)


class Ledger:
    """The truth. Every method of store/ takes a Ledger, opens one transaction, and commits before it returns."""

    def __init__(self, url: str) -> None:
        """`url`: SQLAlchemy URL, `postgresql+asyncpg://…` or `sqlite+aiosqlite:///…`. Connects at first use."""
        self.is_sqlite = url.startswith("sqlite")
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgresql_engine(url)
        self._writer = asyncio.Lock() if self.is_sqlite else None

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that commits at the end of the block.

        Raises StoreUnavailable when there is no store, Conflict when another transaction stood in the way.
        """
        with _translated():
            if self._writer is None:
                async with self.engine.begin() as connection:
                    yield connection
            else:
                # One writer at a time in this process: SQLite would make them wait anyway, by polling.
                async with self._writer, self.engine.begin() as connection:
                    yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection for reading only. Raises StoreUnavailable when there is no store."""
        with _translated():
            async with self.engine.connect() as connection:
                if self.is_sqlite:
                    await connection.execution_options(reads_only=True)
                yield connection

    async def alone(self, connection: AsyncConnection, task: str) -> None:
        """Let one transaction at a time do this task, over all hosts, until it ends.

        On SQLite every transaction that writes is alone already.
        """
        if not self.is_sqlite:
            await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"inbox-gateway {task}"))))

    async def close(self) -> None:
        """Let go of all connections."""
        await self.engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    """Let no error of the engine out that says something about the store and not about us."""
    try:
        yield
    except (OperationalError, PoolTimeout, OSError, TimeoutError) as error:
        raise StoreUnavailable(f"the ledger does not answer: {type(error).__name__}") from error
    except DBAPIError as error:
        code = str(getattr(error.orig, "sqlstate", None) or "")
        if code in _STOOD_IN_THE_WAY:
            raise Conflict("somebody else changed the same things at the same moment: look again") from error
        if error.connection_invalidated:
            raise StoreUnavailable("the connection to the ledger was lost") from error
        if code.startswith(_AWAY):
            raise StoreUnavailable(f"the ledger does not answer: PostgreSQL says {code}") from error
        raise


def _postgresql_engine(url: str) -> AsyncEngine:
    # pre_ping: a restarted server costs one round trip, not one failed step.
    return create_async_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20, json_serializer=storable_json)


def _sqlite_engine(url: str) -> AsyncEngine:
    engine = create_async_engine(url, json_serializer=storable_json)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _: ConnectionPoolEntry) -> None:
        # The driver must not begin by itself: we say BEGIN IMMEDIATE (see below).
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={_BUSY_MS}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        # A writer takes the lock at once: a read that later turns into a write could not be repeated.
        reads_only = connection.get_execution_options().get("reads_only", False)
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine
