"""A whole gateway under test: real mailbox, real relay, real Temporal, real ledger; only the waits are ours."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select
from temporalio.client import Client

from gateway.bootstrap import assembled
from gateway.settings import Settings
from store.ledger import Ledger
from store.migrate import migrate
from store.tables import events, forward_steps, forwards, items, notices
from tests.configuration import SMALL_TOWN
from tests.servers.mailbox import Mailbox
from tests.servers.ports import free_port
from tests.servers.postgres import Postgres
from tests.servers.smtp_server import SmtpServer
from tests.servers.temporal import Temporal
from workflows.client import connect
from workflows.parts import Parts
from workflows.worker import ALL_QUEUES, work

WAITS_SECONDS = 120.0
"""A busy machine makes nothing fail: only what never comes does."""
_ROOT = Path(__file__).parents[1]


async def until(holds: Callable[[], Awaitable[Any]], what: str, seconds: float = WAITS_SECONDS) -> Any:
    """Return the first true answer; fail with `what` when there is none in time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        answer = await holds()
        if answer:
            return answer
        if loop.time() > end:
            pytest.fail(f"after {seconds} s still not: {what}")
        await asyncio.sleep(0.05)


@dataclass(frozen=True)
class Apart:
    """A gateway in a process of its own."""

    process: subprocess.Popen[bytes]
    api: str
    log: Path
    """Everything that it said on standard output and standard error."""


@dataclass
class Town:
    """A gateway for one small town, and everything around it."""

    settings: Settings
    mailbox: Mailbox
    relay: SmtpServer
    temporal: Temporal
    namespace: str
    parts: Parts | None = None
    _running: asyncio.Task[None] | None = None
    clients: list[Client] = field(default_factory=list)

    @property
    def ledger(self) -> Ledger:
        """The ledger of the assembled gateway."""
        assert self.parts is not None
        return self.parts.ledger

    @asynccontextmanager
    async def working(self, queues: Sequence[str] = ALL_QUEUES) -> AsyncIterator[Client]:
        """Run the workers of these queues; give the client."""
        client = await connect(
            self.temporal.address, self.namespace, tls=False, ca_file=None, certificate_file=None, key_file=None
        )
        assert self.parts is not None
        running = asyncio.create_task(work(self.parts, client, queues))
        try:
            yield client
        finally:
            running.cancel()
            await asyncio.wait([running])

    @contextmanager
    def apart(self, folder: Path) -> Iterator[Apart]:
        """Run `gateway up` in a process of its own, on the same ledger and the same Temporal; kill it at the end."""
        document = self.settings.model_dump(mode="json", exclude_unset=True)
        document["temporal"] = {"address": self.temporal.address, "namespace": self.namespace}
        document["api"] = {"port": free_port()}
        file, log = folder / "gateway.yaml", folder / "gateway.log"
        file.write_text(yaml.safe_dump(document), encoding="utf-8")
        with log.open("wb") as spoken:
            process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "up", "--settings", str(file)],
                cwd=_ROOT,
                env={**os.environ, "PYTHONPATH": str(_ROOT)},
                stdout=spoken,
                stderr=spoken,
            )
        try:
            yield Apart(process, f"http://127.0.0.1:{document['api']['port']}", log)
        finally:
            process.kill()
            process.wait()

    async def rows(self, table: Any, *where: Any) -> list[Any]:
        """Return the table's rows."""
        async with self.ledger.read() as connection:
            return list((await connection.execute(select(table).where(*where))).all())

    async def items(self) -> list[Any]:
        """Return all items, oldest first."""
        return sorted(await self.rows(items), key=lambda row: row.made_at)

    async def item(self, subject: str) -> Any:
        """Return the one item with this subject, or None."""
        found = await self.rows(items, items.c.subject == subject)
        return found[0] if len(found) == 1 else None

    async def until_status(self, subject: str, *statuses: str, seconds: float = WAITS_SECONDS) -> Any:
        """Wait until the item with this subject stands there, at most so long; return its row."""

        async def stands() -> Any:
            row = await self.item(subject)
            return row if row is not None and row.status in statuses else None

        return await until(
            stands,
            f"`{subject}` is {' or '.join(statuses)}: {[(r.subject, r.status) for r in await self.items()]}",
            seconds,
        )

    async def notices(self, item_id: str) -> list[Any]:
        """Return the item's notices."""
        return await self.rows(notices, notices.c.item_id == item_id)

    async def until_told(self, item_id: str) -> Any:
        """Wait until the first notice of the item is settled; return it."""

        async def told() -> Any:
            return next((row for row in await self.notices(item_id) if row.settled_at), None)

        return await until(told, "the sender is told")

    async def forwards(self, item_id: str) -> list[Any]:
        """Return the item's forwards, by round."""
        return sorted(
            await self.rows(forwards, forwards.c.item_id == item_id), key=lambda row: (row.round, row.ordinal)
        )

    async def steps(self, forward_id: str) -> list[str]:
        """Return the names of the forward's steps, in order."""
        rows = await self.rows(forward_steps, forward_steps.c.forward_id == forward_id)
        return [row.step for row in sorted(rows, key=lambda row: row.step_id)]

    async def events(self, item_id: str) -> list[Any]:
        """Return the item's events, in order."""
        return sorted(await self.rows(events, events.c.item_id == item_id), key=lambda row: row.event_id)

    def mail_to(self, address: str) -> list[bytes]:
        """Return the messages that the relay took for this address."""
        return [taken.message for taken in self.relay.taken if address in taken.rcpt_to]


@pytest.fixture
def town_settings(mailbox: Mailbox, smtp_server: SmtpServer, tmp_path: Path) -> Callable[..., Settings]:
    """Give a maker of settings for the small town; arguments change the settings of its sources.

    `more_mailboxes`: each becomes a source of its own, `info-2` and so on. `document`: another configuration.
    `scan_folder`: a source `post`, with what its settings say. `call_folder`: the same of call logs, `telefoon`; `calls`: how
    they are read. `hands_in`: source → channel of the intake API. `letters`: how senders of post are told on paper,
    `sms`: how in a text message.
    """
    (tmp_path / "forwarded").mkdir()

    def make(*, more_mailboxes: Sequence[Mailbox] = (), document: str = SMALL_TOWN, **changes: Any) -> Settings:
        configuration = tmp_path / "town.yaml"
        configuration.write_text(document.replace("FOLDER", str(tmp_path / "forwarded")), encoding="utf-8")
        ledger_url = changes.pop("ledger_url", "")
        trusted = changes.pop("trusted_authserv_ids", [])
        clamd = changes.pop("clamd", None)
        letters = changes.pop("letters", None)
        scan_folder = changes.pop("scan_folder", None)
        call_folder = changes.pop("call_folder", None)
        calls = changes.pop("calls", {})
        post = changes.pop("post", {})
        sms = changes.pop("sms", None)
        imap = changes.pop("imap", {})
        smtp = changes.pop("smtp", {})
        hands_in = changes.pop("hands_in", {})
        source = {"mode": "live", "live_from": "2000-01-01T00:00:00Z", "sweep_seconds": 30, **changes}
        sources = [
            {
                "id": "info" if number == 1 else f"info-{number}",
                "imap": box.settings(addresses=["info@gemeente.test"], **imap).model_dump(mode="json"),
                **source,
            }
            for number, box in enumerate((mailbox, *more_mailboxes), start=1)
        ]
        if scan_folder is not None:
            sources.append({"id": "post", "scan_folder": scan_folder, **source})
        if call_folder is not None:
            sources.append({"id": "telefoon", "call_folder": call_folder, **source})
        sources += [{"id": name, "intake": {"channel": channel}, **source} for name, channel in hands_in.items()]
        return Settings.model_validate(
            {
                "var": tmp_path / "var",
                "letters": letters,
                "post": post,
                "calls": calls,
                "sms": sms,
                "ledger": {"url": ledger_url},
                "configuration": configuration,
                "smtp": {
                    "host": "127.0.0.1",
                    "port": smtp_server.port,
                    "tls": "none",
                    "from_address": "kcc@gemeente.test",
                    "from_name": "Gemeente Proefstad",
                    "envelope_sender": "bounce@gemeente.test",
                    **smtp,
                },
                "trusted_authserv_ids": trusted,
                "clamd": clamd,
                "sources": sources,
            }
        )

    return make


@pytest.fixture
async def make_town(
    town_settings: Callable[..., Settings], mailbox: Mailbox, smtp_server: SmtpServer, temporal_server: Temporal
) -> AsyncIterator[Callable[..., Any]]:
    """Give an async maker of towns; arguments as of `town_settings`."""
    stack: list[Any] = []

    async def make(**changes: Any) -> Town:
        settings = town_settings(**changes)
        town = Town(settings, mailbox, smtp_server, temporal_server, temporal_server.fresh_namespace())
        manager = assembled(settings, migrates=True)
        town.parts = await manager.__aenter__()
        stack.append(manager)
        return town

    yield make
    for manager in reversed(stack):
        await manager.__aexit__(None, None, None)


@pytest.fixture
async def town(make_town: Callable[..., Any]) -> Town:
    """Give a town with a live mailbox, on SQLite; nothing runs yet."""
    return await make_town()


@pytest.fixture(params=["sqlite", "postgresql"])
async def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ledger]:
    """Give an empty ledger, on each engine."""
    if request.param == "sqlite":
        made = Ledger(f"sqlite+aiosqlite:///{tmp_path / 'ledger.sqlite'}")
    else:
        server: Postgres = request.getfixturevalue("postgres")
        made = Ledger(server.fresh_database())
    await migrate(made)
    yield made
    await made.close()
