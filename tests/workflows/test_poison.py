"""Mails that kill, starve or hold the process that reads them: they stop themselves, and nothing else."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import update
from temporalio.testing import ActivityEnvironment

from adapters.email.bounded import ChildProcess
from inbox.channel import Channel
from inbox.errors import ReaderDied, StoreUnavailable
from inbox.reading import Reading
from store.ledger import Ledger
from store.reading import commit_reading
from store.tables import items
from tests.mails import mail
from tests.memory_source import swept
from tests.running import Town, until
from tests.workflows import poison_child
from workflows import advancing, reading
from workflows.in_thread import in_thread

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def supervised(town: Town, tmp_path: Path) -> AsyncIterator[list[int]]:
    """Run a worker process, and start it again each time it dies; give the exit codes of its deaths."""
    file = tmp_path / "gateway.yaml"
    file.write_text(yaml.safe_dump(town.settings.model_dump(mode="json", exclude_unset=True)), encoding="utf-8")
    command = [sys.executable, "-m", "tests.workflows.poison_worker", str(file)]
    deaths: list[int] = []

    async def supervise() -> None:
        while True:
            process = await asyncio.create_subprocess_exec(
                *command, town.temporal.address, town.namespace, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
            )
            try:
                deaths.append(await process.wait())
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()

    supervisor = asyncio.create_task(supervise())
    try:
        yield deaths
    finally:
        supervisor.cancel()
        await asyncio.wait([supervisor])


async def test_a_mail_that_kills_its_reader_is_set_aside_after_three_beginnings(town: Town, tmp_path: Path) -> None:
    """Invariant 13, with a whole worker process that dies of it. The mails behind it go on meanwhile."""
    town.mailbox.deliver(mail("Giftig", poison_child.KILLS.decode(), sender="Piet <piet@inwoner.test>"))
    town.mailbox.deliver(*(mail(f"Lantaarn {number}") for number in range(20)))
    async with supervised(town, tmp_path) as deaths:
        for number in range(20):
            await town.until_status(f"Lantaarn {number}", "forwarded")
        aside = await town.until_status("Giftig", "quarantined")
        assert (await town.until_told(aside.item_id)).state == "sent"
        for row in await town.items():
            assert (await town.until_told(row.item_id)).state == "sent"
    assert (aside.quarantine_code, aside.readings_begun) == ("reader_died", 3)
    assert deaths == [-9]
    [told] = town.mail_to("piet@inwoner.test")
    assert b"Een medewerker bekijkt uw bericht" in told
    assert b"vergif" not in told
    assert len(town.mail_to("kcc@afdeling.test")) == 20
    assert len(town.mail_to("jan@inwoner.test")) == 20
    assert len(await town.items()) == 21


def parent_bytes() -> int:
    """Return the most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def children_of(pid: int) -> list[int]:
    """Return the children of a process; none when it is gone."""
    lists = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):  # each thread has its own
        with suppress(OSError):
            lists += thread.read_text().split()
    return [int(child) for child in lists]


def nurseries() -> list[int]:
    """Return the warm processes of this one that read as the program does."""
    children = children_of(os.getpid())
    return [child for child in children if "adapters.email.bounded" in Path(f"/proc/{child}/cmdline").read_text()]


def readers_alive() -> list[int]:
    """Return the readers that were forked and still run: this process, nursery, keeper, reader."""
    keepers = [keeper for nursery in children_of(os.getpid()) for keeper in children_of(nursery)]
    return [reader for keeper in keepers for reader in children_of(keeper)]


@pytest.mark.parametrize(
    ("mark", "limits", "said"),
    [
        (poison_child.KILLS, {}, "ended with -9"),
        (poison_child.EATS, {"memory_bytes": 1 << 30}, "ended with -6"),
        (poison_child.NEVER_ENDS, {"seconds": 1.5}, "longer than 1.5 seconds"),
        (poison_child.NEVER_ENDS, {"cpu_seconds": 1}, "ended with -9"),
        (poison_child.FLOODS, {"answer_bytes": 8 << 20, "memory_bytes": 1 << 30}, "longer than 8388608 bytes"),
    ],
    ids=["kills", "eats", "never ends", "burns", "floods"],
)
async def test_the_child_is_stopped_and_the_parent_neither_dies_nor_grows(
    mark: bytes, limits: dict[str, Any], said: str
) -> None:
    child = ChildProcess(program="tests.workflows.poison_child", **limits)
    before, began = parent_bytes(), time.monotonic()
    with pytest.raises(ReaderDied, match=said):
        await child(mail("Giftig", mark.decode()), own_addresses=frozenset())
    assert time.monotonic() - began < 25
    assert parent_bytes() - before < 64 << 20
    assert not readers_alive()
    sound = await replace(child, seconds=60, cpu_seconds=30)(mail("Lantaarn"), own_addresses=frozenset())
    assert sound.subject == "Lantaarn"


async def test_a_warm_process_that_was_killed_is_started_again() -> None:
    child = ChildProcess()
    await child(mail("Lantaarn"), own_addresses=frozenset())
    assert nurseries()
    for nursery in nurseries():
        os.kill(nursery, signal.SIGKILL)

    async def are_dead() -> bool:
        return not nurseries()  # a dead process that nobody waited for has no command line

    await until(are_dead, "the warm process is dead")
    for _ in range(2):
        assert (await child(mail("Stoep"), own_addresses=frozenset())).subject == "Stoep"


async def test_a_reading_that_is_given_up_leaves_no_reader_behind() -> None:
    child = ChildProcess(program="tests.workflows.poison_child")
    await child(mail("Lantaarn"), own_addresses=frozenset())
    reading = asyncio.create_task(child(mail("Giftig", poison_child.NEVER_ENDS.decode()), own_addresses=frozenset()))

    async def reads() -> bool:
        return bool(readers_alive())

    await until(reads, "a reader runs")

    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading
    assert not readers_alive()


async def test_a_child_reads_what_is_larger_than_its_pipes() -> None:
    raw = mail("Groot", "Een regel van het bericht.\r\n" * 40_000)
    assert (await ChildProcess()(raw, own_addresses=frozenset())).subject == "Groot"


# Temporal's library warns when a step ends at the very moment at which its time is up.
@pytest.mark.filterwarnings("ignore:Cannot find activity to cancel:UserWarning")
async def test_what_never_ends_in_our_own_process_ends_in_the_child(
    make_town: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first reading happens here: it is broken off, and holds up no other mail."""
    town: Town = await make_town()
    assert town.parts is not None
    town.parts.readers = {Channel.email: poison_child.read}
    town.parts.child_readers = {Channel.email: ChildProcess(program="tests.workflows.poison_child", seconds=3)}
    monkeypatch.setattr(reading, "_HERE_SECONDS", 2.0)
    town.mailbox.deliver(
        *(mail(f"Giftig {number}", poison_child.NEVER_ENDS.decode()) for number in range(4)),
        *(mail(f"Lantaarn {number}") for number in range(10)),
    )
    async with town.working():
        for number in range(10):
            await town.until_status(f"Lantaarn {number}", "forwarded")
        for number in range(4):
            aside = await town.until_status(f"Giftig {number}", "quarantined")
            assert (aside.quarantine_code, aside.readings_begun) == ("reader_died", 3)
    assert [thread.name for thread in threading.enumerate() if thread.name == "reading"] == []
    assert len(town.mail_to("kcc@afdeling.test")) == 10


async def test_a_reading_that_takes_longer_than_its_step_is_read_in_the_child(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its outcome is written once, and the reading in our own process says nothing later."""
    monkeypatch.setattr(reading, "_HERE_SECONDS", 1.0)
    assert town.parts is not None
    real, begun = town.parts.readers[Channel.email], []

    def slow(raw: bytes, *, own_addresses: frozenset[str]) -> Reading:
        begun.append(time.monotonic())
        while time.monotonic() - begun[-1] < 3:
            pass
        return real(raw, own_addresses=own_addresses)

    town.parts.readers = {Channel.email: slow}
    town.mailbox.deliver(mail("Lantaarn"))
    async with town.working():
        item = await town.until_status("Lantaarn", "forwarded")
        assert (await town.until_told(item.item_id)).state == "sent"
    assert (len(begun), item.readings_begun) == (1, 2)
    assert [row.kind for row in await town.events(item.item_id)].count("read") == 1
    assert len(town.mail_to("kcc@afdeling.test")) == 1


async def test_bystanders_of_workers_that_died_are_not_set_aside(town: Town) -> None:
    """Three deaths while it was read, none of them seen to be its doing: it is read in the child, and goes on."""
    town.mailbox.deliver(mail("Lantaarn"))
    assert town.parts is not None
    await swept(town.parts)
    async with town.ledger.begin() as connection:
        await connection.execute(update(items).values(readings_begun=3))
    async with town.working():
        item = await town.until_status("Lantaarn", "forwarded")
    assert item.readings_begun == 4


async def test_waiting_for_the_store_is_no_fault_of_the_item(town: Town) -> None:
    """The reading of a mail dies once, at the ninth attempt of a step that waited for the store until then."""
    town.mailbox.deliver(mail("Lantaarn"))
    assert town.parts is not None
    parts = town.parts
    await swept(parts)
    [item] = await town.items()
    waited_long = ActivityEnvironment()
    waited_long.info = replace(waited_long.info, attempt=9)

    async def dies() -> None:
        raise ReaderDied("planted")

    with pytest.raises(ReaderDied):
        await waited_long.run(advancing.guarded, parts, item.item_id, dies)
    assert [row.status for row in await town.items()] == ["received"]


async def test_the_sender_of_a_mail_whose_reading_is_a_fault_of_ours_is_told(town: Town) -> None:
    """Four times, and then it is set aside, with what its header says."""
    town.mailbox.deliver(mail("Lantaarn", "struikelsteen"))
    assert town.parts is not None
    channel, faults = Channel.email, []
    child = town.parts.child_readers[channel]

    def stumbles(raw: bytes, *, own_addresses: frozenset[str]) -> Reading:
        faults.append("here")
        raise RuntimeError("planted")

    async def stumbles_too(raw: bytes, *, own_addresses: frozenset[str]) -> Reading:
        if b"struikelsteen" in raw:
            faults.append("in the child")
            raise RuntimeError("planted")
        return await child(raw, own_addresses=own_addresses)

    town.parts.readers[channel] = stumbles
    town.parts.child_readers[channel] = stumbles_too
    async with town.working():
        item = await town.until_status("Lantaarn", "quarantined")
        assert (await town.until_told(item.item_id)).state == "sent"
    assert (item.quarantine_code, len(faults)) == ("unreadable", 4)


@pytest.mark.parametrize("size", [10, 600_000], ids=["small", "large"])
async def test_a_reading_that_cannot_be_written_down_is_not_made_again(
    town: Town, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """The ledger goes away between the reading and its commit, five times: that is no beginning without an outcome."""
    refused: list[str] = []

    async def away_at_first(ledger: Ledger, item_id: str, reading: Reading) -> None:
        if len(refused) < 5:
            refused.append(item_id)
            raise StoreUnavailable("planted")
        await commit_reading(ledger, item_id, reading)

    for module in (reading, advancing):
        monkeypatch.setattr(module, "commit_reading", away_at_first)
    town.mailbox.deliver(mail("Lantaarn", ("y" * 70 + "\r\n") * (size // 72 + 1)))
    async with town.working():
        item = await town.until_status("Lantaarn", "forwarded")
    assert (item.readings_begun, len(refused)) == (1, 5)
    assert town.parts is not None
    assert town.parts.unwritten == {}


async def test_a_call_in_a_thread_returns_raises_or_is_ended() -> None:
    def fails() -> None:
        raise ValueError("no")

    def spins() -> None:
        while True:
            pass

    assert await in_thread(lambda: 7, 5) == 7
    with pytest.raises(ValueError, match="no"):
        await in_thread(fails, 5)
    with pytest.raises(TimeoutError):
        await in_thread(spins, 0.2)

    async def gone() -> bool:
        return all(thread.name != "reading" for thread in threading.enumerate())

    await until(gone, "the thread has ended", 5)
