"""How fast a large mailbox is kept at first connection, against a bare IMAP FETCH of the same mails."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from adapters.email.imap import ImapSource
from store.byte_folder import ByteFolder
from store.ledger import Ledger
from store.migrate import migrate
from tests.bench.row import Row
from tests.memory_source import sweepable
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import Mailbox
from tests.servers.ports import open_folder
from workflows.sweeping import Sweep

_COUNT = 2000
_ROUNDS = 3
_PAGE = 100
_USER = "info@gemeente.test"
_BODY = b"Goedendag, ik heb een vraag.\r\n" * 150


def rows() -> Iterator[Row]:
    """Yield the row."""
    with open_folder("dovecot") as folder:
        server = Dovecot(folder)
        try:
            server.start()
            server.fill(_USER, mails(_COUNT))
            mailbox = Mailbox(server, _USER)
            bare_sweep(mailbox)  # the server makes its index
            pairs = [(asyncio.run(_ours(mailbox)), bare_sweep(mailbox)) for _ in range(_ROUNDS)]
        finally:
            server.kill()
    yield Row(
        "first connection to a mailbox",
        statistics.median(_COUNT / pair[0] for pair in pairs),
        statistics.median(_COUNT / pair[1] for pair in pairs),
        "mails per second",
        ">= 0.3",
        f"{_COUNT} mails of {len(_BODY) // 1024} KiB on Dovecot, observed: looked, fetched, durable in files and ledger"
        f" (SQLite), in batches; yardstick: the same mails fetched bare, {_PAGE} in one command, and forgotten",
    )


def mails(count: int, body: bytes = _BODY) -> Iterable[bytes]:
    """Yield so many mails, no two alike."""
    for number in range(count):
        header = f"From: jan@inwoner.test\r\nMessage-ID: <{number}@inwoner.test>\r\nSubject: vraag {number}\r\n\r\n"
        yield header.encode() + body


def bare_sweep(mailbox: Mailbox) -> float:
    """Fetch everything and keep nothing; return the seconds that it took."""
    started = time.perf_counter()
    with mailbox.server.client(mailbox.user) as client:
        client.select_folder("INBOX", readonly=True)
        uids = client.search()
        for start in range(0, len(uids), _PAGE):
            client.fetch(uids[start : start + _PAGE], ["BODY.PEEK[]", "INTERNALDATE", "RFC822.SIZE"])
    return time.perf_counter() - started


async def _ours(mailbox: Mailbox) -> float:
    with tempfile.TemporaryDirectory() as root:
        ledger = Ledger(f"sqlite+aiosqlite:///{Path(root) / 'ledger.sqlite'}")
        await migrate(ledger)
        source = ImapSource("info", mailbox.settings(), observes=True)
        parts = await sweepable(ledger, ByteFolder(Path(root) / "bytes"), source)
        started = time.perf_counter()
        connection = source.open()
        with ThreadPoolExecutor(1) as executor:
            sweep = Sweep(parts, parts.sources["info"], connection, executor, set())
            await sweep.run(lambda: None)
        took = time.perf_counter() - started
        connection.close()
        await ledger.close()
    assert sweep.kept == _COUNT
    return took
