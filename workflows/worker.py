"""The workers: which queue is served by what, and how much of it at once."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta

from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from workflows.acknowledging import acknowledge
from workflows.advancing import advance_guarded, guarded
from workflows.alerting import alert_for_ever
from workflows.attached import read_attached
from workflows.beating import beating
from workflows.calls import CallsWorkflow
from workflows.drive import Drive
from workflows.failures import border
from workflows.following import follow_for_ever
from workflows.forwarding import forward, withdraw
from workflows.glass_alerts import tell_of_glass_for_ever
from workflows.item import ItemWorkflow
from workflows.listening import LISTENS_SECONDS, Listener
from workflows.names import (
    ACKNOWLEDGE,
    ADVANCE,
    CALLS_QUEUE,
    FORWARD,
    ITEMS_QUEUE,
    LISTEN,
    LISTEN_QUEUE,
    OUTWARD_QUEUE,
    PICTURES_QUEUE,
    READ_ATTACHED,
    READ_LARGE,
    READ_WITHOUT_SCANS,
    READING_QUEUE,
    REGISTER,
    SCANS_QUEUE,
    UNFOLD,
    WITHDRAW,
    Work,
)
from workflows.parts import Parts, call_sources, sources_to_read
from workflows.reading import read_item, read_without_scans
from workflows.registering import register
from workflows.resuming import resume_for_ever
from workflows.source import MarkWorkflow, SourceWorkflow
from workflows.timing import measured
from workflows.unfolding import unfold

ALL_QUEUES = (ITEMS_QUEUE, OUTWARD_QUEUE, READING_QUEUE, SCANS_QUEUE, PICTURES_QUEUE, CALLS_QUEUE, LISTEN_QUEUE)

_STEPS_AT_ONCE = 20
"""Short steps, and the workflow tasks that ask for them: a task that waited here for its step would keep Temporal waiting
too, which costs events. Those that cannot begin yet wait at the server."""

_OUTWARD_AT_ONCE = 50
"""Conversations with relays and department systems, mostly waiting."""

_FINISHES_SPEAKING = timedelta(seconds=20)
"""A worker that is told to stop finishes its conversations: a cut one would leave a doubt behind."""

_SPARE_LISTENS = 25
"""More slots than sources: a time-out's successor finds one while the old one is still dying, and so do sources that are
made later. With still more of them they take turns until the next start."""

_TURN_SECONDS = 20.0
"""With more sources than slots each is read in turn, for so long."""

_READINGS_AT_ONCE = 2
"""At least: one that never ends keeps its slot for two minutes, and others go on beside it."""


def item_activities(parts: Parts) -> list[Callable[..., object]]:
    """Return the short local activities."""

    async def _advance(item_id: str) -> Work:
        return await advance_guarded(parts, item_id)

    step = measured(parts.measures, ADVANCE, border(parts.ledger, parts.outage, _advance))
    return [activity.defn(name=ADVANCE)(step)]


def outward_activities(parts: Parts) -> list[Callable[..., object]]:
    """Return the activities that speak to others."""

    async def _acknowledge(notice_id: str) -> str:
        return await acknowledge(parts, notice_id)

    async def _forward(forward_id: str) -> str:
        return await forward(parts, forward_id)

    async def _withdraw(forward_id: str) -> str:
        return await withdraw(parts, forward_id)

    named = ((ACKNOWLEDGE, _acknowledge), (FORWARD, _forward), (WITHDRAW, _withdraw))
    return [
        activity.defn(name=name)(
            measured(parts.measures, name, border(parts.ledger, parts.outage, beating(work, parts.claim_lasts)))
        )
        for name, work in named
    ]


def reading_activities(parts: Parts) -> list[Callable[..., object]]:
    """Return the activities that read what is large."""
    return [
        _long(parts, READ_LARGE, lambda item_id: read_item(parts, item_id)),
        _long(parts, READ_WITHOUT_SCANS, lambda item_id: read_without_scans(parts, item_id)),
    ]


def scan_activities(parts: Parts) -> list[Callable[..., object]]:
    """Return the activities that read scan files."""
    return [_long(parts, UNFOLD, lambda item_id: unfold(parts, item_id))]


def picture_activities(parts: Parts) -> list[Callable[..., object]]:
    """Return the activities that read mails with pictures."""
    return [_long(parts, READ_ATTACHED, lambda item_id: read_attached(parts, item_id))]


def _long(parts: Parts, name: str, reads: Callable[[str], Awaitable[bool | None]]) -> Callable[..., object]:
    async def _read(item_id: str) -> bool:
        """Read; True when more is to be read before the item goes on."""
        return bool(await guarded(parts, item_id, lambda: reads(item_id)))

    # Nothing is left in doubt by a reading that is broken off.
    alive = beating(_read, timedelta(0))
    return activity.defn(name=name)(measured(parts.measures, name, border(parts.ledger, parts.outage, alive)))


def listen_activities(parts: Parts, on_kept: Callable[[], None], at_once: int) -> list[Callable[..., object]]:
    """Return the activity that listens to a source. `at_once`: the slots for it; with too few, sources take turns."""

    async def _listen(source_id: str) -> bool:
        to_read = sources_to_read(parts)
        if source_id not in to_read:
            return False
        takes_turns = at_once < len(to_read)
        seconds = _TURN_SECONDS if takes_turns else LISTENS_SECONDS
        await Listener(parts, source_id, on_kept).run(seconds, gives_way=takes_turns)
        return True

    return [activity.defn(name=LISTEN)(border(parts.ledger, parts.outage, _listen))]


def call_activities(parts: Parts, on_judged: Callable[[], None]) -> list[Callable[..., object]]:
    """Return the activity that keeps the call register of a source."""

    async def _register(source_id: str) -> bool:
        if source_id not in call_sources(parts):
            return False
        await register(parts, source_id, on_judged)
        return True

    # Broken off it leaves nothing in doubt.
    alive = beating(_register, timedelta(0))
    return [activity.defn(name=REGISTER)(border(parts.ledger, parts.outage, alive))]


def make_workers(
    parts: Parts, client: Client, queues: Sequence[str], on_kept: Callable[[], None], listens_at_once: int | None = None
) -> list[Worker]:
    """Return a worker for each queue. `on_kept`: called when there may be new items. `listens_at_once`: None is enough
    for every source.
    """
    listens = listens_at_once or len(parts.sources) + _SPARE_LISTENS
    workers = {
        ITEMS_QUEUE: lambda: Worker(
            client,
            task_queue=ITEMS_QUEUE,
            workflows=[ItemWorkflow, SourceWorkflow, CallsWorkflow, MarkWorkflow],
            activities=item_activities(parts),
            max_concurrent_local_activities=_STEPS_AT_ONCE,
            max_concurrent_workflow_tasks=_STEPS_AT_ONCE,
        ),
        OUTWARD_QUEUE: lambda: Worker(
            client,
            task_queue=OUTWARD_QUEUE,
            activities=outward_activities(parts),
            max_concurrent_activities=_OUTWARD_AT_ONCE,
            graceful_shutdown_timeout=_FINISHES_SPEAKING,
        ),
        READING_QUEUE: lambda: Worker(
            client,
            task_queue=READING_QUEUE,
            activities=reading_activities(parts),
            max_concurrent_activities=max(_READINGS_AT_ONCE, (os.cpu_count() or 2) - 1),
        ),
        SCANS_QUEUE: lambda: Worker(
            client,
            task_queue=SCANS_QUEUE,
            activities=scan_activities(parts),
            # One reads its pages on all cores.
            max_concurrent_activities=1,
        ),
        PICTURES_QUEUE: lambda: Worker(
            client,
            task_queue=PICTURES_QUEUE,
            activities=picture_activities(parts),
            max_concurrent_activities=1,
        ),
        CALLS_QUEUE: lambda: Worker(
            client,
            task_queue=CALLS_QUEUE,
            activities=call_activities(parts, on_kept),
            max_concurrent_activities=len(call_sources(parts)) + _SPARE_LISTENS,
        ),
        LISTEN_QUEUE: lambda: Worker(
            client,
            task_queue=LISTEN_QUEUE,
            activities=listen_activities(parts, on_kept, listens),
            max_concurrent_activities=listens,
        ),
    }
    return [workers[queue]() for queue in queues]


async def work(
    parts: Parts, client: Client, queues: Sequence[str] = ALL_QUEUES, listens_at_once: int | None = None
) -> None:
    """Serve the queues and run the drive loop, until cancelled."""
    drive = Drive(parts, client)
    async with AsyncExitStack() as stack:
        for worker in make_workers(parts, client, queues, drive.wake, listens_at_once):
            await stack.enter_async_context(worker)
        if OUTWARD_QUEUE in queues:
            # Where others are spoken to already.
            for loops in (follow_for_ever, alert_for_ever, tell_of_glass_for_ever, resume_for_ever):
                stack.push_async_callback(_ended, asyncio.create_task(loops(parts)))
        if ITEMS_QUEUE in queues:
            await drive.run()
        else:
            await asyncio.Event().wait()


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
