"""The connection to the ledger, and what every transaction shares."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event, func, select
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from inbox.errors import Conflict, StoreUnavailable
from store.storable import storable_json

_BUSY_SECONDS = 20.0
"""How long a SQLite writer waits for another; far above the longest transaction."""

_ASKS_FOR_MS = 50
"""So long SQLite itself waits for the lock, in a thread that cannot be cancelled; then we ask again."""

_ASKS_AGAIN_SECONDS = 0.005
_SQLITE_BUSY = 5

"""The lowest byte of its extended codes (sqlite.org/rescode.html)."""

_CACHE_KIB = 16 << 10
"""Of each SQLite connection: the open items among a million lie on more pages than the 2 MiB that it takes by itself."""

_CONNECTIONS = 10
_MORE_CONNECTIONS = 20
"""In a rush; they are closed again afterwards."""

_ANSWERS_WITHIN_SECONDS = 60.0
"""A statement that takes longer: the server is silent, and whoever waits for it would hang."""

_STOOD_IN_THE_WAY = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: nothing was changed (PostgreSQL, appendix A)."""

_AWAY = ("08", "25006", "28", "3D", "53", "57", "58")
"""How the codes begin that say: no connection, read-only, no such role or database, out of resources, shutting down,
disk in trouble."""


def now() -> datetime:
    """Return the present moment, aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class _Whole:
    """A transaction that everything else joins."""

    ledger: Ledger
    connection: AsyncConnection
    afterwards: list[Callable[[], None]] = field(default_factory=list)


_whole: ContextVar[_Whole | None] = ContextVar("whole", default=None)
"""The transaction that everything else joins, where there is one (`Ledger.as_one`)."""


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
        if (joined := self._joined()) is not None:
            yield joined
            return
        with _translated():
            if self._writer is None:
                async with self.engine.begin() as connection:
                    yield connection
            else:
                # One writer at a time in this process: SQLite would make them wait anyway, by polling.
                async with self._writer, self._begun() as connection:
                    yield connection

    @asynccontextmanager
    async def _begun(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction of SQLite as soon as no other process writes; whoever waits can be cancelled."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _BUSY_SECONDS
        async with AsyncExitStack() as stack:
            while True:
                try:
                    connection = await stack.enter_async_context(self.engine.begin())
                    break
                except OperationalError as error:
                    if not _is_busy(error) or loop.time() > until:
                        raise
                await asyncio.sleep(_ASKS_AGAIN_SECONDS)
            yield connection

    @asynccontextmanager
    async def as_one(self) -> AsyncIterator[None]:
        """Let all that this block writes and reads be one transaction: at its end everything is committed, or nothing.

        The block starts no tasks. Inside another one it is a part of that. Raises as `begin`.
        """
        if self._joined() is not None:
            yield
            return
        async with self.begin() as connection:
            whole = _Whole(self, connection)
            token = _whole.set(whole)
            try:
                yield
            finally:
                _whole.reset(token)
        for call in whole.afterwards:
            call()

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call it once all that `as_one` writes is committed, and never when it is not; outside of one at once."""
        whole = _whole.get()
        if whole is not None and whole.ledger is self:
            whole.afterwards.append(call)
        else:
            call()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection for reading only. Raises StoreUnavailable when there is no store."""
        if (joined := self._joined()) is not None:
            yield joined
            return
        with _translated():
            async with self.engine.connect() as connection:
                if self.is_sqlite:
                    await connection.execution_options(reads_only=True)
                yield connection

    def _joined(self) -> AsyncConnection | None:
        """Return the connection of `as_one`, when we are inside one."""
        whole = _whole.get()
        return whole.connection if whole is not None and whole.ledger is self else None

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


def _is_busy(error: OperationalError) -> bool:
    code: int = getattr(error.orig, "sqlite_errorcode", 0)
    return code & 0xFF == _SQLITE_BUSY


def _postgresql_engine(url: str) -> AsyncEngine:
    return create_async_engine(
        url,
        # A restarted server costs one round trip, not one failed step.
        pool_pre_ping=True,
        pool_size=_CONNECTIONS,
        max_overflow=_MORE_CONNECTIONS,
        connect_args={"command_timeout": _ANSWERS_WITHIN_SECONDS},
        json_serializer=storable_json,
    )


class _LetsGo(sqlite3.Connection):
    """Ends its transaction when it is closed.

    By itself SQLite keeps a closed connection, with its lock, as long as anything still refers to one of its
    statements (sqlite.org/c3ref/close.html): a cancelled step would hold up every writer until its frames are
    collected.
    """

    def close(self) -> None:
        """Roll back what is open, and close."""
        try:
            if self.in_transaction:
                self.rollback()
        finally:
            super().close()


def _sqlite_engine(url: str) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=_CONNECTIONS,
        max_overflow=_MORE_CONNECTIONS,
        connect_args={"factory": _LetsGo},
        json_serializer=storable_json,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _: ConnectionPoolEntry) -> None:
        # The driver must not begin by itself: we say BEGIN IMMEDIATE (see below).
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={_ASKS_FOR_MS}",
            f"cache_size=-{_CACHE_KIB}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        # A writer takes the lock at once: a read that later turns into a write could not be repeated.
        reads_only = connection.get_execution_options().get("reads_only", False)
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine
