"""How fast a sweep keeps deliveries, against the same durable writes done bare."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import event

from store.byte_file import make_folder
from store.byte_folder import ByteFolder
from store.keeping import delivery_id
from store.ledger import Ledger
from store.migrate import migrate
from tests.bench.row import Row
from tests.memory_source import KEY_SPACE, MemorySource, sweepable, swept

_COUNT = 256
_AT_ONCE = 64
_MAIL = b"Subject: een vraag\r\n\r\n" + b"Goedendag, ik heb een vraag.\r\n" * 150
_ROUNDS = 9
_DELIVERY = (
    "delivery_id, source_id, channel, key_space, position, sha256, size_bytes, media_type, received_at, received_basis,"
    " kept_at"
)
_ITEM = (
    "item_id, delivery_id, index_in_delivery, reference, source_id, channel, status, version, confidentiality,"
    " source_confidentiality, received_at, made_at, changed_at, is_observed, readings_begun, subject, sender_address,"
    " is_link_settled, drive_wanted"
)
_EVENT = "item_id, at, actor, kind, reason, about"
_SYNCS = ("file", "folder", "commit")


def rows() -> Iterator[Row]:
    """Yield a row for the batches of a sweep, and one for mails that come one by one."""
    yield _row("keep mails", _AT_ONCE, f"a sweep that keeps {_COUNT} mails of {len(_MAIL)} bytes, {_AT_ONCE} at once")
    yield _row("keep mails one by one", 1, f"the same {_COUNT} mails in batches of one: what a lone mail costs")


def _row(name: str, at_once: int, what: str) -> Row:
    with tempfile.TemporaryDirectory() as root:
        folders = (Path(root) / str(number) for number in range(100))
        with _counted() as ours_did:
            asyncio.run(_ours(next(folders), at_once, ours_did))
        with _counted() as bare_did:
            _bare(next(folders), at_once, bare_did)
        assert ours_did == bare_did, f"the yardstick does not do the same: {ours_did} and {bare_did}"
        pairs = [(asyncio.run(_ours(next(folders), at_once)), _bare(next(folders), at_once)) for _ in range(_ROUNDS)]
    ours = statistics.median(pair[0] for pair in pairs)
    bare = statistics.median(pair[1] for pair in pairs)
    syncs = ", ".join(f"{ours_did[kind]} of {kind}s" for kind in _SYNCS)
    return Row(
        name,
        ours,
        bare,
        "mails per second",
        ">= 0.7",
        f"{what}: looked, fetched, kept, checked, confirmed; yardstick: the same files and rows in the same tables with"
        f" the same syncs ({syncs}; SQLite, WAL, synchronous=FULL) in plain calls, one after the other. Ours syncs the"
        " files of a batch four at a time",
    )


async def _ours(folder: Path, at_once: int, did: Counter[str] | None = None) -> float:
    store = ByteFolder(_with_folders(folder))
    ledger = Ledger(f"sqlite+aiosqlite:///{folder / 'ledger.sqlite'}")
    await migrate(ledger)
    parts = await sweepable(ledger, store, MemorySource(*[_MAIL] * _COUNT))
    await swept(await sweepable(ledger, store, MemorySource(_MAIL, first=0)))  # what is made once is made
    if did is not None:
        did.clear()
        event.listen(ledger.engine.sync_engine, "commit", lambda _: did.update(["commit"]))
    started = time.perf_counter()
    sweep = await swept(parts, at_once=at_once)
    taken = time.perf_counter() - started
    assert sweep.kept == _COUNT
    await ledger.close()
    return _COUNT / taken


def _bare(folder: Path, at_once: int, did: Counter[str] | None = None) -> float:
    root = _with_folders(folder)
    ledger = _bare_ledger(folder)
    inserts = _inserts(ledger)
    # The same names as ours, so that the same folders are written to.
    names = [delivery_id(KEY_SPACE, str(number)) for number in range(1, _COUNT + 1)]
    if did is not None:
        did.clear()
    started = time.perf_counter()
    _commit(ledger, did, lambda: ledger.execute("INSERT INTO sweeps VALUES (NULL,'info','k','1',1,'','','','','')"))
    left = iter(names)
    while batch := list(islice(left, at_once)):
        _bare_files(root, batch)
        _commit(ledger, did, lambda batch=batch: [ledger.executemany(sql, map(row, batch)) for sql, row in inserts])  # type: ignore[misc]
        assert all((root / name[:2] / name).stat().st_size == len(_MAIL) for name in batch)
        _commit(
            ledger,
            did,
            lambda batch=batch: ledger.executemany(  # type: ignore[misc]
                "UPDATE deliveries SET confirmed_at='2026-03-02 09:30:00.000000' WHERE delivery_id=?",
                [(name,) for name in batch],
            ),
        )
    _commit(ledger, did, lambda: ledger.execute("UPDATE sweeps SET finished_at='2026-03-02 09:30:00.000000'"))
    taken = time.perf_counter() - started
    ledger.close()
    return _COUNT / taken


def _bare_files(root: Path, batch: list[str]) -> None:
    files = []
    for name in batch:
        temporary = f"{root}/{name[:2]}/.{name}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        os.write(descriptor, _MAIL)
        os.close(descriptor)
        files.append(temporary)
    for temporary in files:
        _sync(temporary, os.O_RDONLY)
    for temporary, name in zip(files, batch, strict=True):
        os.link(temporary, f"{root}/{name[:2]}/{name}")
        os.unlink(temporary)  # noqa: PTH108 - plain calls are the point
    for folder in {name[:2] for name in batch}:
        _sync(f"{root}/{folder}", os.O_RDONLY | os.O_DIRECTORY)


def _sync(place: str, flags: int) -> None:
    descriptor = os.open(place, flags)
    os.fsync(descriptor)
    os.close(descriptor)


def _commit(ledger: sqlite3.Connection, did: Counter[str] | None, work: Callable[[], object]) -> None:
    ledger.execute("BEGIN IMMEDIATE")
    work()
    ledger.execute("COMMIT")
    if did is not None:
        did["commit"] += 1


def _bare_ledger(folder: Path) -> sqlite3.Connection:
    """Return the real tables, opened without anything of ours."""

    async def made() -> None:
        ledger = Ledger(f"sqlite+aiosqlite:///{folder / 'ledger.sqlite'}")
        await migrate(ledger)
        await sweepable(ledger, ByteFolder(folder), MemorySource())
        await ledger.close()

    asyncio.run(made())
    ledger = sqlite3.connect(folder / "ledger.sqlite", isolation_level=None)
    ledger.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;")
    return ledger


def _inserts(ledger: sqlite3.Connection) -> list[tuple[str, Callable[[str], tuple[Any, ...]]]]:
    """Return three inserts, each with what makes its row from a delivery's id; the same columns that keep fills."""
    at = "2026-03-02 09:30:00.000000"
    about = '{"delivery": "31a29d23-17dc-5882-93d6-79e39e1fb148", "source": "info"}'

    def delivery(name: str) -> tuple[Any, ...]:
        return (name, "info", "email", "imap://info@mail.test/INBOX;UIDVALIDITY=17", name, "ab" * 32, len(_MAIL),
                "message/rfc822", at, "source", at)  # fmt: skip

    def item(name: str) -> tuple[Any, ...]:
        return (name, name, 0, name[:11], "info", "email", "received", 1, 2, 2, at, at, at, 0, 0, "", "", 0, "keep")

    def happening(name: str) -> tuple[Any, ...]:
        return (name, at, "gateway", "kept", "", about)

    columns = {"deliveries": (_DELIVERY, delivery), "items": (_ITEM, item), "events": (_EVENT, happening)}
    return [
        (f"INSERT INTO {table} ({names}) VALUES ({','.join('?' * len(names.split(',')))})", row)
        for table, (names, row) in columns.items()
    ]


def _with_folders(folder: Path) -> Path:
    """Make the 256 folders, as they stand after the first thousand mails."""
    root = folder / "bytes"
    root.mkdir(parents=True)
    for number in range(256):
        make_folder(root / f"{number:02x}")
    return root


@contextmanager
def _counted() -> Iterator[Counter[str]]:
    """Count the syncs of files and folders; who commits counts that."""
    did: Counter[str] = Counter()
    fsync = os.fsync

    def counting(descriptor: int) -> None:
        did["folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"] += 1
        fsync(descriptor)

    os.fsync = counting
    try:
        yield did
    finally:
        os.fsync = fsync
