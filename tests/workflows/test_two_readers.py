"""Readers of one mailbox: two at once, one that is held up, one on a slow line, and more mailboxes than readers."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from email import message_from_bytes
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from adapters.email.imap import ImapSource
from inbox.errors import SourceUnreachable
from store.tables import deliveries, sources, sweeps
from tests.mails import mail
from tests.running import Town, until
from tests.servers.dovecot import Dovecot
from tests.servers.line import Line
from tests.servers.mailbox import Mailbox
from workflows import listening, worker
from workflows.client import connect
from workflows.listening import Listener
from workflows.names import ITEMS_QUEUE, LISTEN_QUEUE, OUTWARD_QUEUE, READING_QUEUE
from workflows.worker import work

MAILS = 100
KCC = "kcc@afdeling.test"


@pytest.mark.parametrize("after_keep", ["move", "flag"])
async def test_two_whole_gateways_on_one_mailbox_lose_and_double_nothing(
    make_town: Callable[..., Any], after_keep: str
) -> None:
    """Each has its own Temporal namespace, so that also every item is driven by two workflows."""
    town: Town = await make_town(imap={"after_keep": after_keep}, sweep_seconds=5)
    other: Town = await make_town(imap={"after_keep": after_keep}, sweep_seconds=5)
    subjects = [f"Lantaarn {number}" for number in range(MAILS)]

    async def deliver() -> None:
        for subject in subjects:
            await asyncio.to_thread(town.mailbox.deliver, mail(subject, sender=f"Jan <jan{subject[9:]}@inwoner.test>"))

    async def all_done() -> bool:
        rows = await town.items()
        return len(rows) == MAILS and {row.status for row in rows} == {"forwarded"}

    async with town.working(), other.working():
        await deliver()
        await until(all_done, "all are forwarded", 300)

        async def all_told() -> bool:
            return len({taken.rcpt_to for taken in town.relay.taken}) == MAILS + 1

        await until(all_told, "all are told", 120)
        await asyncio.sleep(3)
    forwarded = Counter(str(message_from_bytes(raw)["X-Inbox-Gateway-Forward"]) for raw in town.mail_to(KCC))
    acknowledged = Counter(taken.rcpt_to[0] for taken in town.relay.taken if taken.rcpt_to != (KCC,))
    kept = Counter(row.position for row in await town.rows(deliveries))
    for what, counted in (("kept", kept), ("forwarded", forwarded), ("acknowledged", acknowledged)):
        assert (len(counted), max(counted.values())) == (MAILS, 1), what
    assert all(row.confirmed_at for row in await town.rows(deliveries))
    assert [row.vanished for row in await town.rows(sweeps) if row.vanished] == []
    if after_keep == "move":
        assert town.mailbox.subjects() == []
        # Two sessions that move one mail at the same moment would leave two of it there.
        assert sorted(town.mailbox.subjects("Verwerkt")) == sorted(subjects)
    else:
        assert town.mailbox.flags() == [{"$InboxGatewayKept"}] * MAILS


def through(town: Town, line: Line, *, patience_seconds: float = 60.0, **imap: Any) -> None:
    """Let the town read its mailbox through the line."""
    assert town.parts is not None
    settings = town.mailbox.settings(port=line.port, **imap)
    configured = town.parts.sources["info"]
    town.parts.sources["info"] = replace(
        configured, source=ImapSource("info", settings, observes=False), patience_seconds=patience_seconds
    )


async def kept_subjects(town: Town) -> Counter[str]:
    """Count the mails in the ledger by size: their words are not read here."""
    return Counter(str(row.position) for row in await town.rows(deliveries))


async def listen(town: Town, seconds: float = 600.0, **options: Any) -> None:
    """Listen as the activity does."""
    assert town.parts is not None
    await ActivityEnvironment().run(Listener(town.parts, "info", lambda: None).run, seconds, **options)


async def trouble(town: Town) -> str | None:
    """Return what stands in the way of reading the mailbox."""
    [row] = await town.rows(sources)
    return row.trouble_detail if row.trouble_code else None


async def test_a_stalled_connection_is_closed_and_opened_again(
    make_town: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is silent in the middle of a body, and its answers may take ten minutes by the settings."""
    town: Town = await make_town()
    monkeypatch.setattr(listening, "_WAIT_SECONDS", (2.0,))
    body = "y" * 70 + "\r\n"
    await asyncio.to_thread(town.mailbox.deliver, mail("Groot", body * 80_000), mail("Klein"))
    with Line(town.mailbox.server.port) as line:
        through(town, line, patience_seconds=2.0, timeout_seconds=600)
        line.slow(2_000_000)
        reading = asyncio.create_task(listen(town))

        async def moves() -> bool:
            return line.carried > 1_000_000

        await until(moves, "the body is on its way")
        line.hold()
        began = time.monotonic()
        assert "nothing moved for 2 s" in await until(lambda: trouble(town), "the trouble is shown")
        assert time.monotonic() - began < 10
        line.let_go()
        line.slow(None)

        async def both() -> bool:
            return sum((await kept_subjects(town)).values()) == 2 and await trouble(town) is None

        await until(both, "both are kept")
        reading.cancel()
        await asyncio.wait([reading])
    assert (await kept_subjects(town)).most_common(1)[0][1] == 1
    assert sorted(town.mailbox.subjects("Verwerkt")) == ["Groot", "Klein"]


async def test_a_slow_line_is_not_a_stalled_one(make_town: Callable[..., Any]) -> None:
    """A body in ranges takes several times the patience, and comes whole."""
    town: Town = await make_town()
    raw = mail("Groot", ("y" * 70 + "\r\n") * 40_000)
    await asyncio.to_thread(town.mailbox.deliver, raw)
    with Line(town.mailbox.server.port) as line:
        through(town, line, patience_seconds=1.0, timeout_seconds=1)
        line.slow(500_000)
        began = time.monotonic()
        reading = asyncio.create_task(listen(town))

        async def told() -> bool:
            return bool([row for row in await town.rows(deliveries) if row.confirmed_at])

        await until(told, "it is kept and told")
        assert time.monotonic() - began > 5
        reading.cancel()
        await asyncio.wait([reading])
        assert line.said.count(b"LOGIN") + line.said.count(b"AUTHENTICATE") == 1
    [delivery] = await town.rows(deliveries)
    assert delivery.size_bytes > len(raw)


async def test_a_server_that_lets_bytes_drip_is_left(mailbox: Mailbox) -> None:
    """Each answer comes, at ten bytes a second: no reader is held by that."""
    await asyncio.to_thread(mailbox.deliver, mail("Groot", ("y" * 70 + "\r\n") * 1000))
    with Line(mailbox.server.port) as line, mailbox.opened(port=line.port, timeout_seconds=1) as connection:
        position = connection.look().positions[0]
        line.slow(10)
        began = time.monotonic()
        with pytest.raises(SourceUnreachable, match="timeout_seconds"):
            await asyncio.wait_for(asyncio.to_thread(connection.fetch, position), 20)
        assert time.monotonic() - began < 5


async def test_a_listener_that_cannot_be_freed_gives_up_its_place(
    make_town: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What hangs is not the connection: closing it frees nobody."""
    town: Town = await make_town()
    assert town.parts is not None
    monkeypatch.setattr(listening, "_CLOSE_SECONDS", 0.5)
    through_nothing = replace(town.parts.sources["info"], patience_seconds=1.0)
    town.parts.sources["info"] = through_nothing

    async def hangs(*_: Any) -> Any:
        await asyncio.sleep(3600)

    monkeypatch.setattr("workflows.sweeping.record_look", hangs)
    beats: list[float] = []
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *_: beats.append(time.monotonic())
    with pytest.raises(SourceUnreachable, match="nothing moved"):
        await asyncio.wait_for(environment.run(Listener(town.parts, "info", lambda: None).run, 600.0), 30)
    assert time.monotonic() - beats[-1] > 0.3, "what stands still gives no sign of life"


async def many_sources(make_town: Callable[..., Any], dovecot: Dovecot, count: int) -> tuple[Town, list[Mailbox]]:
    """Give a town with so many mailboxes."""
    boxes = [Mailbox(dovecot, f"{uuid.uuid4().hex}@gemeente.test") for _ in range(count - 1)]
    town: Town = await make_town(more_mailboxes=boxes, sweep_seconds=5)
    return town, [town.mailbox, *boxes]


async def test_more_mailboxes_than_places_are_all_read_in_turn(
    make_town: Callable[..., Any], dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_TURN_SECONDS", 1.0)
    town, boxes = await many_sources(make_town, dovecot, 8)
    assert town.parts is not None
    client = await connect(
        town.temporal.address, town.namespace, tls=False, ca_file=None, certificate_file=None, key_file=None
    )
    running = asyncio.create_task(work(town.parts, client, listens_at_once=2))
    try:
        for turn in ("een", "twee"):
            for number, box in enumerate(boxes):
                await asyncio.to_thread(box.deliver, mail(f"Lantaarn {turn} {number}"))

            async def all_kept(turn: str = turn) -> bool:
                kept = [row for row in await town.items() if f" {turn} " in row.subject]
                return len(kept) == len(boxes)

            await until(all_kept, f"every mailbox is read: {turn}", 60)
    finally:
        running.cancel()
        await asyncio.wait([running])
    assert Counter(row.source_id for row in await town.rows(deliveries)) == dict.fromkeys(town.parts.sources, 2)


async def test_a_long_sweep_makes_room_for_others_when_places_are_short(make_town: Callable[..., Any]) -> None:
    town: Town = await make_town()
    await asyncio.to_thread(town.mailbox.deliver, *(mail(f"Lantaarn {number}") for number in range(300)))
    counts = [0]
    while sum(1 for row in await town.rows(deliveries) if row.confirmed_at) < 300:
        await listen(town, 0.01, gives_way=True)
        counts.append(len(await town.rows(deliveries)))
        assert len(counts) < 100
    assert len(set(counts)) > 3, "each turn keeps some, and none keeps all"
    assert len(town.mailbox.subjects("Verwerkt")) == 300


async def test_a_worker_that_does_not_know_a_mailbox_takes_no_reader_from_it(
    make_town: Callable[..., Any], dovecot: Dovecot
) -> None:
    """Two workers with different settings serve one Temporal: a source added, say, and not everywhere yet."""
    town, boxes = await many_sources(make_town, dovecot, 2)
    old: Town = await make_town(sweep_seconds=5)
    assert town.parts is not None
    assert old.parts is not None
    old.namespace = town.namespace
    async with old.working(), AsyncExitStack() as stack:

        async def run(*queues: str) -> None:
            client = await connect(
                town.temporal.address, town.namespace, tls=False, ca_file=None, certificate_file=None, key_file=None
            )
            running = asyncio.create_task(work(town.parts, client, queues))  # type: ignore[arg-type]
            stack.push_async_callback(asyncio.wait, [running])
            stack.callback(running.cancel)

        # For a while only the worker that does not know the mailbox asks for something to read.
        await run(ITEMS_QUEUE, OUTWARD_QUEUE, READING_QUEUE)
        await asyncio.sleep(4)
        await asyncio.to_thread(boxes[1].deliver, mail("Lantaarn"))
        await run(LISTEN_QUEUE)
        began = time.monotonic()
        await town.until_status("Lantaarn", "forwarded")
        assert time.monotonic() - began < 25, "not only when the drive looks again"
    assert Counter(row.source_id for row in await town.rows(deliveries)) == {"info-2": 1}
