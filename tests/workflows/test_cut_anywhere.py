"""The line to a mailbox is cut after any byte, held up, or ends in the middle of a command: counts prove that nothing
is lost and nothing doubled.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from adapters.email.imap import ImapSource
from inbox.errors import SourceUnreachable
from store.byte_folder import ByteFolder
from store.ledger import Ledger
from store.migrate import migrate
from store.reconciling import reconcile
from store.tables import deliveries, items
from tests.memory_source import sweepable
from tests.servers.line import Line
from tests.servers.mailbox import Mailbox, letter
from workflows.parts import Parts
from workflows.sweeping import Sweep

NO_TIME = timedelta()
AT_ONCE = 3
"""Mails in the mailbox at each cut."""

CUTS = 20
"""Of some three thousand bytes."""

WITHOUT_MOVE = "IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE NAMESPACE UIDPLUS"
WITHOUT_ANYTHING = "IMAP4rev1"

Interfere = Callable[[Line], None]


@dataclass
class Struck:
    """A mailbox behind a line that is struck again and again."""

    mailbox: Mailbox
    parts: Parts
    line: Line
    after_keep: str
    delivered: int = 0

    async def read(self) -> None:
        """Open, keep everything, wait for more, and leave."""
        with ThreadPoolExecutor(1) as executor:
            connection = self.parts.sources["post"].source.open()
            try:
                sweep = Sweep(self.parts, self.parts.sources["post"], connection, executor, set(), keeper_tells=NO_TIME)
                await sweep.run(lambda: None)
                connection.wait(0.02)
            finally:
                connection.close()

    async def strike(self, interfere: Interfere) -> None:
        """Let new mail come, read while the line is interfered with, then read in peace."""
        with self.mailbox.server.client(self.mailbox.user) as client:
            for _ in range(AT_ONCE):
                self.delivered += 1
                client.append("INBOX", letter(f"brief {self.delivered}"))
        interfere(self.line)
        with suppress(SourceUnreachable):
            await self.read()
        self.line.heal()
        await self.read()

    async def require_everything_once(self) -> None:
        ledger = self.parts.ledger
        async with ledger.read() as connection:
            kept = (await connection.execute(select(deliveries))).all()
            made = (await connection.execute(select(items.c.status))).all()
        words = Counter([await self.parts.bytes.get(row.delivery_id) for row in kept])
        assert (len(words), max(words.values())) == (self.delivered, 1)
        assert Counter(row.status for row in made) == {"received": self.delivered}
        assert all(row.confirmed_at for row in kept)
        report = await reconcile(ledger, self.parts.bytes, settles=NO_TIME, pause=NO_TIME)
        assert report.losses == []
        expected = {f"brief {number}" for number in range(1, self.delivered + 1)}
        if self.after_keep == "move":
            assert self.mailbox.subjects() == []
            assert set(self.mailbox.subjects("Verwerkt")) == expected
        else:
            assert set(self.mailbox.subjects()) == expected


@pytest.fixture
async def struck(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Struck]]]:
    """Give a maker of mailboxes to strike."""
    ledger = Ledger(f"sqlite+aiosqlite:///{tmp_path / 'ledger.sqlite'}")
    await migrate(ledger)

    async def make(line: Line, mailbox: Mailbox, after_keep: str = "move") -> Struck:
        line.leads_to(mailbox.server.port)
        settings = mailbox.settings(port=line.port, after_keep=after_keep, timeout_seconds=5)
        source = ImapSource("post", settings, observes=False)
        parts = await sweepable(ledger, ByteFolder(tmp_path / "bytes"), source)
        return Struck(mailbox, parts, line, after_keep)

    yield make
    await ledger.close()


async def _lengths(struck: Struck) -> tuple[int, int]:
    """Return how many bytes each side says when nothing goes wrong: what the server says, and the client."""
    await struck.strike(lambda _: None)
    before = struck.line.carried, len(struck.line.said)
    await struck.strike(lambda _: None)
    return (struck.line.carried - before[0]) // 2 + 1500, (len(struck.line.said) - before[1]) // 2 + 600


@pytest.mark.parametrize(
    ("capabilities", "after_keep"), [("", "move"), (WITHOUT_MOVE, "move"), (WITHOUT_ANYTHING, "flag")]
)
async def test_whatever_byte_the_line_is_cut_at(
    struck: Any, make_mailbox: Callable[..., Mailbox], capabilities: str, after_keep: str
) -> None:
    with Line(0) as line:
        one: Struck = await struck(line, make_mailbox(capabilities=capabilities), after_keep)
        heard, said = await _lengths(one)
        dice = random.Random(f"{capabilities} {after_keep}")
        for _ in range(CUTS // 2):
            await one.strike(lambda line: line.cut_after(dice.randrange(heard)))
            await one.strike(lambda line: line.truncate_after(dice.randrange(said)))
        await one.require_everything_once()
        if not capabilities:
            # The server moves at once or not at all: so nobody finds a mail twice.
            assert len(one.mailbox.subjects("Verwerkt")) == one.delivered


@pytest.mark.parametrize("command", ["AUTHENTICATE", "SELECT", "SEARCH", "FETCH", "MOVE", "IDLE"])
async def test_in_the_middle_of_each_command(struck: Any, make_mailbox: Callable[..., Mailbox], command: str) -> None:
    """Truncated on its way there, and answered half on its way back."""
    with Line(0) as line:
        one: Struck = await struck(line, make_mailbox())
        await one.strike(lambda _: None)
        for half in ("said", "heard"):
            await one.strike(lambda line, half=half: line.cut_within(command.encode(), half))
            assert line.was_cut_within, command
        await one.require_everything_once()


async def test_a_line_that_is_late_with_everything(struck: Any, make_mailbox: Callable[..., Mailbox]) -> None:
    with Line(0) as line:
        one: Struck = await struck(line, make_mailbox())
        await one.strike(lambda line: line.delay(0.03))
        await one.require_everything_once()
