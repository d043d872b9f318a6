"""A large mailbox at first connection: kept page by page, also when the reader dies on the way; nobody is answered."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from adapters.email.imap import ImapSource
from inbox.channel import Channel
from inbox.item import HeldBecause
from store.byte_folder import ByteFolder
from store.ledger import Ledger
from store.listing import source_counts
from store.migrate import migrate
from store.sources import register_source
from store.tables import deliveries, items
from tests.bench.first_connection import mails
from tests.memory_source import sweepable
from tests.servers.mailbox import Mailbox
from workflows.sweeping import Sweep

COUNT = 2000
DIES_AFTER = 5
"""Batches."""


class Died(Exception):
    """The process is gone."""


async def test_every_mail_is_kept_once_over_three_deaths_and_none_is_to_be_answered(
    mailbox: Mailbox, tmp_path: Path
) -> None:
    mailbox.server.fill(mailbox.user, mails(COUNT, b"Goedendag.\r\n"))
    ledger = Ledger(f"sqlite+aiosqlite:///{tmp_path / 'ledger.sqlite'}")
    await migrate(ledger)
    source = ImapSource("post", mailbox.settings(after_keep="leave"), observes=False)
    parts = await sweepable(ledger, ByteFolder(tmp_path / "bytes"), source)
    await register_source(ledger, "post", Channel.email, "live", datetime.now(UTC) + timedelta(hours=1))
    seen_at_each_death = []

    async def read(dies: bool) -> int:
        batches = 0

        def progress() -> None:
            nonlocal batches
            batches += 1
            if dies and batches == DIES_AFTER:
                raise Died

        with ThreadPoolExecutor(1) as executor:
            connection = source.open()
            sweep = Sweep(parts, parts.sources["post"], connection, executor, set())
            try:
                await sweep.run(progress)
            finally:
                connection.close()
        return sweep.to_keep

    for _ in range(3):
        with pytest.raises(Died):
            await read(dies=True)
        seen_at_each_death.append((await source_counts(ledger))["post"])
    left = await read(dies=False)
    kept = [count.kept for count in seen_at_each_death]
    assert [count.seen for count in seen_at_each_death] == [COUNT] * 3
    assert 0 < kept[0] < kept[1] < kept[2] == COUNT - left
    assert await read(dies=False) == 0
    async with ledger.read() as connection:
        positions = Counter((await connection.execute(select(deliveries.c.position))).scalars())
        held = Counter((await connection.execute(select(items.c.held_because))).scalars())
    assert (len(positions), max(positions.values())) == (COUNT, 1)
    assert held == {HeldBecause.before_live_from: COUNT}
    await ledger.close()
