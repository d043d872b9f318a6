"""The audit trail leaves the house in order, each entry at least once, whatever becomes of the receiver and of us."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

import workflows.auditing
from adapters.syslog.settings import SyslogSettings
from adapters.syslog.syslog import Syslog
from inbox.audited import AuditedEntry
from inbox.errors import SiemUnavailable
from store.audit import AuditEntry, write_audit
from store.audit_chain import chain_figures, seal
from store.audit_exports import export_figures
from store.ledger import Ledger
from tests.servers.siem import Siem, siem
from workflows.auditing import AuditExport, export_for_ever, seal_for_ever
from workflows.parts import Parts


@dataclass
class Receiver:
    """A receiver in memory; while it is away it takes the first of what is sent, and then breaks."""

    name: str = "syslog"
    got: list[int] = field(default_factory=list)
    is_away: bool = False
    is_closed: bool = False

    async def send(self, entries: Sequence[AuditedEntry]) -> None:
        self.got += [entry.sequence for entry in (entries[:1] if self.is_away else entries)]
        if self.is_away:
            raise SiemUnavailable("away")

    async def check(self) -> str:
        return ""

    async def close(self) -> None:
        self.is_closed = True


@pytest.fixture
async def neighbour(ledger: Ledger) -> AsyncIterator[Ledger]:
    """Give another connection to the same ledger, as another process has."""
    other = Ledger(ledger.engine.url.render_as_string(hide_password=False))
    yield other
    await other.close()


async def sealed(ledger: Ledger, count: int) -> None:
    async with ledger.begin() as connection:
        for number in range(count):
            await write_audit(connection, AuditEntry("Karin", "item.seen", f"item/{number}", "omdat het moet"))
    await seal(ledger)


async def sent(export: AuditExport) -> None:
    while await export.send_some():
        pass


def firsts(got: Sequence[int]) -> list[int]:
    """Return the numbers in the order in which each came first."""
    return list(dict.fromkeys(got))


async def test_what_was_sent_is_remembered_and_never_passed_over(ledger: Ledger) -> None:
    await sealed(ledger, 450)
    receiver = Receiver()
    await sent(AuditExport(ledger, receiver))
    assert receiver.got == list(range(1, 451))
    assert (await export_figures(ledger, "syslog")).waiting == 0
    assert not await AuditExport(ledger, receiver).send_some()


async def test_while_the_receiver_is_away_nothing_is_lost_and_the_lag_is_known(ledger: Ledger) -> None:
    await sealed(ledger, 3)
    receiver = Receiver(is_away=True)
    export = AuditExport(ledger, receiver)
    for _ in range(2):
        with pytest.raises(SiemUnavailable):
            await export.send_some()
    await sealed(ledger, 2)
    figures = await export_figures(ledger, "syslog")
    assert figures.waiting == 5
    assert figures.oldest_at is not None
    receiver.is_away = False
    await sent(export)
    assert firsts(receiver.got) == [1, 2, 3, 4, 5]
    assert receiver.got[-5:] == [1, 2, 3, 4, 5]


async def test_what_was_sent_shortly_before_a_connection_broke_is_sent_again(ledger: Ledger) -> None:
    receiver = Receiver()
    export = AuditExport(ledger, receiver)
    await sealed(ledger, 3)
    await sent(export)
    await sealed(ledger, 1)
    receiver.is_away = True
    with pytest.raises(SiemUnavailable):
        await export.send_some()
    receiver.is_away = False
    receiver.got.clear()
    await sent(export)
    assert receiver.got == [1, 2, 3, 4]
    assert not await export.send_some()


async def test_one_process_at_a_time_sends_and_another_goes_on_where_it_ended(
    ledger: Ledger, neighbour: Ledger
) -> None:
    await sealed(ledger, 3)
    one, two = Receiver(), Receiver()
    first, second = AuditExport(ledger, one), AuditExport(neighbour, two)
    await sent(first)
    await sealed(ledger, 2)
    assert not await second.send_some()
    await first.end()
    assert one.is_closed
    await sent(second)
    assert (one.got, two.got) == ([1, 2, 3], [4, 5])


async def test_processes_that_begin_at_once_send_each_entry_once(ledger: Ledger, neighbour: Ledger) -> None:
    await sealed(ledger, 900)
    receiver = Receiver()
    await asyncio.gather(*(sent(AuditExport(one, receiver)) for one in (ledger, neighbour) * 2))
    assert receiver.got == list(range(1, 901))


async def test_the_loops_carry_entries_to_a_siem_that_is_killed_between(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflows.auditing, "_PAUSE_SECONDS", 0.05)
    async with siem() as server:
        settings = SyslogSettings(host="127.0.0.1", port=server.port, transport="tcp", timeout_seconds=2)
        parts = cast("Parts", SimpleNamespace(ledger=ledger, audit_receiver=Syslog(settings)))
        loops = [asyncio.create_task(loop(parts)) for loop in (seal_for_ever, export_for_ever)]
        try:
            for number in range(6):
                await _write(ledger, 10)
                if number % 2:
                    await server.stop()
                    await asyncio.sleep(0.1)
                    await _write(ledger, 5)
                    await server.start()
            await _until(lambda: len(set(_heard(server))) == 75)
        finally:
            for loop in loops:
                loop.cancel()
                with suppress(asyncio.CancelledError):
                    await loop
    assert firsts(server.sequences) == list(range(1, 76))
    assert await chain_figures(ledger) == (75, 0)


def _heard(server: Siem) -> list[int]:
    return server.sequences


async def _write(ledger: Ledger, count: int) -> None:
    async with ledger.begin() as connection:
        for number in range(count):
            await write_audit(connection, AuditEntry("Karin", "item.seen", f"item/{number}"))


async def _until(is_so: Any) -> None:
    for _ in range(600):
        if is_so():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come about in 30 seconds")
