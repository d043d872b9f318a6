"""The ledger or the byte folder is away for a while: intake pauses, says so once, and goes on by itself."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from inbox.errors import StoreUnavailable
from store.tables import deliveries, forwards, notices, sources
from tests.mails import mail
from tests.running import Town, until
from tests.servers.ports import open_folder
from tests.servers.postgres import Postgres
from workflows import listening, outage

KCC = "kcc@afdeling.test"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is over be told sooner, and sources be tried again at least every two seconds."""
    monkeypatch.setattr(outage, "_QUIET_SECONDS", 2.0)
    monkeypatch.setattr(listening, "_WAIT_SECONDS", (1.0, 2.0))


async def deliver(town: Town, numbers: range, pause_seconds: float = 0.0) -> None:
    """Put mails in, one after the other."""
    for number in numbers:
        await asyncio.to_thread(town.mailbox.deliver, mail(f"Lantaarn {number}", sender=f"<jan{number}@inwoner.test>"))
        await asyncio.sleep(pause_seconds)


async def all_done(town: Town, count: int, seconds: float = 240) -> None:
    """Wait until so many are forwarded and told, and the relay has nothing left to hear.

    A claim that became durable while its answer was lost lasts 90 s; only after it comes the next attempt.
    """

    async def done() -> bool:
        try:
            rows = await town.items()
            told = [notice for row in rows for notice in await town.notices(row.item_id)]
        except StoreUnavailable:
            return False
        return (
            len(rows) == len(told) == count
            and {row.status for row in rows} == {"forwarded"}
            and {notice.state for notice in told} == {"sent"}
        )

    await until(done, f"{count} are forwarded and told", seconds)
    await asyncio.sleep(1)


async def nothing_is_lost_or_doubled(town: Town, count: int) -> None:
    forwarded = Counter(str(message_from_bytes(raw)["X-Inbox-Gateway-Forward"]) for raw in town.mail_to(KCC))
    told = Counter(taken.rcpt_to[0] for taken in town.relay.taken if taken.rcpt_to != (KCC,))
    for table, counted in ((forwards, forwarded), (notices, told)):
        assert len(counted) == count, table.name
        # An identical copy only where the ledger went away before the relay's yes could be written down, and counted.
        doubts = sum(row.doubts for row in await town.rows(table))
        assert counted.total() - count <= doubts, table.name
    rows = await town.rows(deliveries)
    assert len(rows) == count
    assert all(row.confirmed_at for row in rows)
    assert town.mailbox.subjects() == []
    assert sorted(town.mailbox.subjects("Verwerkt")) == sorted(f"Lantaarn {number}" for number in range(count))


def alarms(logs: list[Any]) -> Counter[str]:
    """Count what was said about outages, from warnings on, and that they are over."""
    told = ("store_away", "store_is_back", "source_in_trouble", "source_is_back")
    return Counter(str(line["event"]) for line in logs if line["event"] in told)


def told_of(town: Town) -> int:
    """Return of how many mails the mailbox has been told that we have them."""
    return len(town.mailbox.subjects("Verwerkt"))


async def trouble(town: Town) -> str | None:
    """Return what the source's row says."""
    [row] = await town.rows(sources)
    code: str | None = row.trouble_code
    return code


@pytest.mark.parametrize("gently", [True, False], ids=["restarted", "as if the power went"])
async def test_postgresql_goes_away_in_the_middle_and_comes_back(make_town: Callable[..., Any], gently: bool) -> None:
    with open_folder("postgres") as folder, capture_logs() as logs:
        server = Postgres(folder, durable=True)
        server.start()
        try:
            town: Town = await make_town(ledger_url=server.fresh_database())
            async with town.working():
                await deliver(town, range(5))
                await all_done(town, 5)
                arriving = asyncio.create_task(deliver(town, range(5, 30), 0.2))
                await asyncio.sleep(1)
                await asyncio.to_thread(server.stop, gently=gently)
                await asyncio.sleep(1)  # what was being said to the mailbox is said
                was_told_of = told_of(town)
                await asyncio.sleep(5)
                assert told_of(town) == was_told_of, "nothing is confirmed without a ledger"
                await asyncio.to_thread(server.start)
                assert len(await town.rows(deliveries)) >= was_told_of
                await arriving
                await all_done(town, 30)

                async def is_over() -> bool:
                    return alarms(logs)["store_is_back"] == 1 and alarms(logs)["source_is_back"] == 1

                await until(is_over, "the end of the outage is told")
                assert await trouble(town) is None
            await nothing_is_lost_or_doubled(town, 30)
            assert alarms(logs) == {"store_away": 1, "store_is_back": 1, "source_in_trouble": 1, "source_is_back": 1}
            await town.parts.ledger.close()  # type: ignore[union-attr]
        finally:
            server.stop()


async def test_a_byte_folder_that_is_full_pauses_intake_with_one_alarm(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, sync = False, os.fsync

    def fsync(descriptor: int) -> None:
        if full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with capture_logs() as logs:
        async with town.working():
            await deliver(town, range(3))
            await all_done(town, 3)
            full = True
            await deliver(town, range(3, 10))
            assert await until(lambda: trouble(town), "the trouble is shown") == "store_unavailable"
            await asyncio.sleep(6)
            assert told_of(town) == 3
            assert len(await town.rows(deliveries)) == 3
            assert [path for path in town.settings.bytes_root().rglob(".*.*") if path.is_file()] == []
            full = False
            await all_done(town, 10)
            assert await trouble(town) is None
    await nothing_is_lost_or_doubled(town, 10)
    assert (alarms(logs)["source_in_trouble"], alarms(logs)["source_is_back"]) == (1, 1)


_HOLDS = """
import sqlite3, sys, time
ledger = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
ledger.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
ledger.execute("COMMIT")
"""


async def test_a_sqlite_ledger_that_another_process_holds_for_half_a_minute(town: Town) -> None:
    with capture_logs() as logs:
        async with town.working():
            await deliver(town, range(3))
            await all_done(town, 3)
            other = await asyncio.create_subprocess_exec(
                sys.executable, "-c", _HOLDS, str(town.settings.var / "ledger.sqlite"), "30", stdout=-1
            )
            assert other.stdout is not None
            await other.stdout.readline()
            began = time.monotonic()
            await deliver(town, range(3, 10))
            await asyncio.sleep(22)
            assert told_of(town) == 3
            await other.wait()
            assert time.monotonic() - began > 29
            await all_done(town, 10)

            async def is_over() -> bool:
                said = alarms(logs)
                return said["source_is_back"] == 1 and said["store_is_back"] == said["store_away"]

            await until(is_over, "the end of the outage is told")
    await nothing_is_lost_or_doubled(town, 10)
    assert alarms(logs)["source_in_trouble"] == 1
    assert alarms(logs)["store_away"] <= 1


async def test_a_ledger_that_is_away_is_told_once_however_often_it_is_tried(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    with capture_logs() as logs:
        told = outage.Outage()
        for _ in range(5):
            told.failed(StoreUnavailable("the ledger does not answer"))
            told.worked()  # a ledger that can be read and not written
        assert [line["event"] for line in logs] == ["store_away"]
        monkeypatch.setattr(outage, "_QUIET_SECONDS", 0.0)
        told.worked()
        told.worked()
        assert [line["event"] for line in logs] == ["store_away", "store_is_back"]


@pytest.mark.parametrize("hours", [1, -1], ids=["ahead", "back"])
async def test_a_clock_that_jumps_loses_and_doubles_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """The clock is that of all our modules; the one of Temporal, the relay and the mailbox stands."""
    shift = timedelta(0)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + shift

    async with town.working():
        await deliver(town, range(3))
        await all_done(town, 3)
        town.relay.fails["greeting"] = "421 4.3.2 down"
        arriving = asyncio.create_task(deliver(town, range(3, 15), 0.2))
        await asyncio.sleep(1.5)
        ours = [module for name, module in sys.modules.items() if name.split(".")[0] in ROOMS]
        clocked = [module for module in ours if "datetime.now" in _source(module)]
        for module in clocked:
            monkeypatch.setattr(module, "datetime", Clock)
        assert {"store.ledger", "workflows.attempts"} <= {module.__name__ for module in clocked}
        shift = timedelta(hours=hours)
        await arriving
        town.relay.fails.clear()
        await all_done(town, 15)
        shift = timedelta(0)
        await deliver(town, range(15, 20))
        await all_done(town, 20)
        assert await trouble(town) is None
    await nothing_is_lost_or_doubled(town, 20)
    present = datetime.now(UTC)
    for row in await town.items():
        assert abs(present - row.received_at) < timedelta(hours=1, minutes=5)


ROOMS = ("inbox", "store", "adapters", "workflows", "gateway")


def _source(module: Any) -> str:
    return Path(module.__file__).read_text() if getattr(module, "datetime", None) is datetime else ""


async def test_sqlite_itself_is_what_is_held() -> None:
    """The other process of the test above does hold the ledger, or the test would say nothing."""
    with open_folder("ledger") as folder:
        path = folder / "ledger.sqlite"
        sqlite3.connect(path).execute("CREATE TABLE note (words text)").connection.close()
        other = await asyncio.create_subprocess_exec(sys.executable, "-c", _HOLDS, str(path), "1", stdout=-1)
        assert other.stdout is not None
        await other.stdout.readline()
        ledger = sqlite3.connect(path, timeout=0.1)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            ledger.execute("BEGIN IMMEDIATE")
        ledger.close()
        await other.wait()
