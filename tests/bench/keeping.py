"""How fast deliveries are kept, against the same durable writes done bare."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from store.byte_folder import ByteFolder
from store.keeping import NewDelivery, delivery_id, keep
from store.ledger import Ledger, now
from store.migrate import migrate
from tests.bench.row import Row

_COUNT = 200
_MAIL = b"Subject: een vraag\r\n\r\n" + b"Goedendag, ik heb een vraag.\r\n" * 150
_ROUNDS = 3


def rows() -> Iterator[Row]:
    """Yield the row for keeping one mail after the other."""
    with tempfile.TemporaryDirectory() as folder:
        pairs = [(asyncio.run(_ours(Path(folder) / f"o{n}")), _bare(Path(folder) / f"b{n}")) for n in range(_ROUNDS)]
    ours = statistics.median(pair[0] for pair in pairs)
    bare = statistics.median(pair[1] for pair in pairs)
    yield Row(
        "keep mails",
        ours,
        bare,
        "mails per second",
        ">= 0.7",
        f"{_COUNT} mails of {len(_MAIL)} bytes, one by one; yardstick: file, fsync, rename, fsync of the folder, and one"
        " SQLite transaction of three inserts with synchronous=FULL, in plain calls",
    )


async def _ours(folder: Path) -> float:
    folder.mkdir()
    ledger = Ledger(f"sqlite+aiosqlite:///{folder / 'ledger.sqlite'}")
    await migrate(ledger)
    store = ByteFolder(folder / "bytes")
    started = time.perf_counter()
    for number in range(_COUNT):
        await _keep(ledger, store, str(number))
    taken = time.perf_counter() - started
    await ledger.close()
    return _COUNT / taken


async def _keep(ledger: Ledger, store: ByteFolder, position: str) -> None:
    identity = delivery_id("bench", position)
    sha256, size_bytes = await store.put(identity, _chunks())
    await keep(
        ledger,
        NewDelivery(
            "bench", Channel.email, "bench", position, sha256, size_bytes, "message/rfc822", now(), "source",
            Confidentiality.intern, None, is_observed=False,
        ),
    )  # fmt: skip
    assert await store.size(identity) == size_bytes


async def _chunks() -> AsyncIterator[bytes]:
    yield _MAIL


def _bare(folder: Path) -> float:
    folder.mkdir()
    ledger = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    ledger.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")
    for table in ("deliveries", "items", "events"):
        ledger.execute(f"CREATE TABLE {table} (id TEXT PRIMARY KEY, a TEXT, b TEXT, c TEXT)")
    started = time.perf_counter()
    for _ in range(_COUNT):
        identity = str(uuid4())
        place = folder / identity[:2] / identity[2:4]
        place.mkdir(parents=True, exist_ok=True)
        with (place / "tmp").open("wb") as file:
            file.write(_MAIL)
            file.flush()
            os.fsync(file.fileno())
        (place / "tmp").rename(place / identity)
        descriptor = os.open(place, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        ledger.execute("BEGIN IMMEDIATE")
        for table in ("deliveries", "items", "events"):
            ledger.execute(f"INSERT INTO {table} VALUES (?, 'a', 'b', 'c')", (identity,))
        ledger.execute("COMMIT")
    taken = time.perf_counter() - started
    ledger.close()
    return _COUNT / taken
