"""Temporal is replaced while the workers go on: by an empty one, by a copy of its past, or by somebody's hand."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from email import message_from_bytes
from typing import Any

import pytest

from inbox.actions import Action
from tests.mails import mail
from tests.running import Town, until
from tests.servers.ports import open_folder
from tests.servers.temporal import Temporal
from tests.workflows.test_actions import do
from workflows import comparing, drive
from workflows.names import item_workflow_id, source_workflow_id

HEALED_WITHIN = 180.0
"""Seconds, on a busy machine: noticing takes up to 20 of them, the rest is work."""


@pytest.fixture
async def town(make_town: Callable[..., Any]) -> AsyncIterator[Town]:
    """Give a town with a Temporal of its own, which may be killed."""
    town: Town = await make_town()
    with open_folder("temporal") as folder:
        town.temporal = Temporal(folder)
        await asyncio.to_thread(town.temporal.start)
        town.namespace = "default"
        try:
            yield town
        finally:
            town.temporal.kill()


def accepted(town: Town, address: str) -> Counter[str]:
    """Count what the relay took for this address, by subject."""
    return Counter(str(message_from_bytes(raw)["Subject"]) for raw in town.mail_to(address))


def forward_ids(town: Town) -> Counter[str]:
    """Count what the relay took for the departments, by forward id."""
    taken = [message_from_bytes(raw) for raw in town.mail_to("kcc@afdeling.test")]
    return Counter(str(message["X-Inbox-Gateway-Forward"]) for message in taken)


def lost_and_doubled(town: Town, count: int) -> tuple[int, int]:
    """Count what is missing and what is there too often, of so many mails to kcc, at the department and the sender."""
    forwards, told = forward_ids(town), town.mail_to("jan@inwoner.test")
    lost = (count - len(forwards)) + (count - len(told))
    return lost, (sum(forwards.values()) - len(forwards)) + (len(told) - len(accepted(town, "jan@inwoner.test")))


async def all_forwarded(town: Town, *subjects: str, seconds: float = HEALED_WITHIN) -> None:
    """Wait until these are forwarded and every sender is told."""
    end = time.monotonic() + seconds
    while True:
        rows = {row.subject: row for row in await town.items()}
        told = [notice for row in rows.values() for notice in await town.notices(row.item_id)]
        stand = {subject: rows[subject].status if subject in rows else "not kept" for subject in subjects}
        if set(stand.values()) == {"forwarded"} and all(notice.settled_at for notice in told):
            return
        assert time.monotonic() < end, (stand, [(row.kind, row.state, row.trouble_code) for row in told])
        await asyncio.sleep(0.1)


async def stays_so(town: Town, seconds: float = 5.0) -> None:
    """Give a second copy of anything the time to go out."""
    before = len(town.relay.taken)
    await asyncio.sleep(seconds)
    assert len(town.relay.taken) == before


@pytest.mark.parametrize("away_seconds", [0.0, 8.0])
async def test_an_emptied_temporal_is_noticed_by_running_workers(town: Town, away_seconds: float) -> None:
    """Also when it is back before anybody called it."""
    town.mailbox.deliver(mail("Lantaarn nul"))
    async with town.working():
        await all_forwarded(town, "Lantaarn nul")
        town.relay.fails["greeting"] = "421 4.3.2 down"
        town.mailbox.deliver(mail("Lantaarn een"))
        await town.until_status("Lantaarn een", "forwarding")
        await asyncio.to_thread(town.temporal.kill)
        await asyncio.sleep(away_seconds)
        town.mailbox.deliver(mail("Lantaarn twee"))
        await asyncio.to_thread(town.temporal.forget)
        town.relay.fails.clear()
        town.mailbox.deliver(mail("Lantaarn drie"))
        began = time.monotonic()
        await all_forwarded(town, "Lantaarn een", "Lantaarn twee", "Lantaarn drie")
        print(f"healed after {time.monotonic() - began:.1f} s")
        await stays_so(town)
    assert lost_and_doubled(town, 4) == (0, 0)


async def test_a_temporal_of_the_past_is_noticed_and_doubles_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the copy run workflows that have ended since, and some wait for a word that they were given already."""
    monkeypatch.setattr(drive, "_LOOK_SECONDS", 4.0)
    town.mailbox.deliver(mail("Lantaarn een"), mail("Lantaarn twee"), mail("Lantaarn drie"))
    async with town.working() as client:
        await all_forwarded(town, "Lantaarn een", "Lantaarn twee", "Lantaarn drie")
        town.relay.fails["greeting"] = "421 4.3.2 down"
        town.mailbox.deliver(mail("Lantaarn vier"))
        await town.until_status("Lantaarn vier", "forwarding")
        await asyncio.to_thread(town.temporal.save)
        saved_at = time.monotonic()
        town.relay.fails.clear()
        await all_forwarded(town, "Lantaarn vier")
        # All this the copy does not know.
        one, two = await town.item("Lantaarn een"), await town.item("Lantaarn twee")
        await do(town, Action.complete, one.item_id)
        town.mailbox.deliver(mail("Lantaarn vijf"))
        await all_forwarded(town, "Lantaarn vijf")
        town.relay.fails["greeting"] = "421 4.3.2 down"
        await do(town, Action.reroute, two.item_id, "vergunning")
        await town.until_status("Lantaarn twee", "forwarding")
        town.mailbox.deliver(mail("Lantaarn zes"))
        await town.until_status("Lantaarn zes", "forwarding")
        # A copy of seconds ago, so that our looks must be as short.
        await asyncio.sleep(max(0.0, saved_at + 6 - time.monotonic()))
        await asyncio.to_thread(town.temporal.go_back)
        town.relay.fails.clear()
        town.mailbox.deliver(mail("Lantaarn zeven"))
        began = time.monotonic()
        await all_forwarded(town, "Lantaarn twee", "Lantaarn zes", "Lantaarn zeven")
        print(f"healed after {time.monotonic() - began:.1f} s")

        async def has_ended() -> bool:
            handle = client.get_workflow_handle(item_workflow_id(one.item_id))
            return bool((await handle.describe()).status.name == "COMPLETED")  # type: ignore[union-attr]

        await until(has_ended, "the workflow of what had ended has ended", HEALED_WITHIN)
        await stays_so(town)
    # Seven mails; the second went to another department too, was withdrawn at the first, and its sender was told.
    rounds = [row.round for row in await town.forwards(two.item_id) if row.role == "acting"]
    assert rounds == [1, 2]
    forwards = forward_ids(town) - Counter(
        str(message["X-Inbox-Gateway-Forward"])
        for message in map(message_from_bytes, town.mail_to("kcc@afdeling.test"))
        if "withdrawal" in str(message["Message-ID"])
    )
    assert sorted(forwards.values()) == [1] * 7
    assert len(town.mail_to("vergunningen@afdeling.test")) == 1
    told = accepted(town, "jan@inwoner.test")
    assert len([row for row in await town.items() if row.subject]) == 7
    assert max(told.values()) == 1, told


async def test_a_terminated_workflow_is_noticed_while_the_workers_run(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An item's within two minutes, a source's at the next look."""
    monkeypatch.setattr(drive, "_LOOK_SECONDS", 2.0)
    monkeypatch.setattr(drive, "_UNSETTLED_SECONDS", 3.0)
    monkeypatch.setattr(comparing, "_UNCHANGED_FOR", comparing._UNCHANGED_FOR / 30)
    town.relay.fails["greeting"] = "421 4.3.2 down"
    town.mailbox.deliver(mail("Lantaarn een"))
    async with town.working() as client:
        item = await town.until_status("Lantaarn een", "forwarding")
        await client.get_workflow_handle(item_workflow_id(item.item_id)).terminate()
        await client.get_workflow_handle(source_workflow_id("info")).terminate()
        town.relay.fails.clear()
        await asyncio.sleep(1)
        town.mailbox.deliver(mail("Lantaarn twee"))
        await all_forwarded(town, "Lantaarn een", "Lantaarn twee")
        await stays_so(town)
    assert lost_and_doubled(town, 2) == (0, 0)


async def test_marks_end_by_themselves_and_notice_nothing_while_nothing_is_lost(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "_MARK_LASTS", comparing._MARK_LASTS / 300)
    async with town.working() as client:
        mark = comparing.Mark(client)
        assert [await mark.renew() for _ in range(3)] == [True, True, True]
        await asyncio.to_thread(town.temporal.restart)
        assert await mark.renew()

        async def ended() -> bool:
            query = "WorkflowType = 'MarkWorkflow' AND ExecutionStatus = 'Completed'"
            return bool([execution async for execution in client.list_workflows(query)])

        await until(ended, "the mark has ended")
        await asyncio.to_thread(town.temporal.forget)
        assert not await mark.renew()
        assert await mark.renew()
