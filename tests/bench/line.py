"""How many items a second go through the whole line, against bare workflows with as many events."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from uuid import uuid4

from sqlalchemy import func, select
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.item import ForwardState, NoticeState
from store.keeping import NewDelivery, delivery_id, keep_all
from store.ledger import now
from store.tables import forwards, notices
from tests.bench.bare import bare_workers, start_bare, tally
from tests.bench.row import Row
from tests.bench.town import BenchTown, bench_town
from tests.mails import mail
from workflows.names import item_workflow_id

_COUNT = 150
_ROUNDS = 3
_WARM_UP = 40
_SAMPLED = 30
_EVENTS_MAY_DIFFER = 0.15
"""Two activities that end at nearly the same moment share a workflow task: the events of one item vary from 15 to 18.
What differs is made up for: the yardstick is the rate that bare workflows would have with as many events as ours."""

_FOLLOW_EVENTS = 5
"""Started, one workflow task with the marker of its local activity, then it waits."""

_SETTLES_SECONDS = 1.0
_LASTS_AT_MOST_SECONDS = 120.0
_LOOKS_SECONDS = 0.1
_PARALLELISM = 16
"""As the drive loop starts items."""

_WORDS = (
    "Goedendag, in de {0} is een lantaarn stuk. Het is er 's avonds erg donker, en mijn buurvrouw van {1} durft er niet"
    " meer langs. Kunt u er iemand naar laten kijken? Ik hoor graag wanneer dat gebeurt.\r\n\r\n"
    "Met vriendelijke groet,\r\nJan Jansen\r\n{0} {1}\r\n"
)


def rows() -> Iterator[Row]:
    """Yield the row for items through the whole line."""
    ours, bare, events = asyncio.run(_measured())
    yield Row(
        "items through the line",
        ours,
        bare,
        "items per second",
        ">= 0.8",
        f"{_COUNT} kept mails, from drive to told and forwarded to a mailbox by SMTP, SQLite ledger; yardstick: as many"
        f" bare workflows of the same shape on the same server and worker settings. {events}",
    )


async def _measured() -> tuple[float, float, str]:
    async with AsyncExitStack() as stack:
        town = await stack.enter_async_context(bench_town())
        for worker in bare_workers(town.client):
            await stack.enter_async_context(worker)
        await _ours(town, _WARM_UP)
        await _bare(town.client, _WARM_UP)
        pairs = [(await _ours(town, _COUNT), await _bare(town.client, _COUNT)) for _ in range(_ROUNDS)]
        ours, bare = await _events(town.client, pairs[-1][0][1], pairs[-1][1][1])
    counted = f"Events of the first run, on average: {ours:.1f} and {bare:.1f}; of the one that follows: 5 and 5."
    bare_rate = statistics.median(pair[1][0] for pair in pairs)
    return statistics.median(pair[0][0] for pair in pairs), bare_rate * bare / ours, counted


async def _ours(town: BenchTown, count: int) -> tuple[float, Sequence[str]]:
    """Keep items, then let them be driven; return items per second and the ids of their workflows."""
    before = await _through(town)
    new = [await _delivery(town, number) for number in range(count)]
    item_ids = await keep_all(town.parts.ledger, new)

    async def are_through() -> bool:
        return await _through(town) >= before + count

    started = time.perf_counter()
    town.drive.wake()
    await _until(are_through)
    taken = time.perf_counter() - started
    ids = [item_workflow_id(item_id) for item_id in item_ids.values()]
    await _followed(town.client, ids[-1])
    return count / taken, ids


async def _through(town: BenchTown) -> int:
    """Return how many items are told and forwarded."""
    told = select(func.count()).select_from(notices).where(notices.c.state == str(NoticeState.sent))
    forwarded = select(func.count()).select_from(forwards).where(forwards.c.state == str(ForwardState.delivered))
    async with town.parts.ledger.read() as connection:
        counts = [int((await connection.execute(query)).scalar_one()) for query in (told, forwarded)]
    return min(counts)


async def _delivery(town: BenchTown, number: int) -> NewDelivery:
    """Store a mail that is like no other; return what is to be kept of it."""
    position = uuid4().hex
    raw = mail(f"Lantaarn kapot {position}", _WORDS.format(f"{position}straat", number))
    sha256, size_bytes = await town.parts.bytes.put(delivery_id("bench", position), _once(raw))
    return NewDelivery(
        "bench", Channel.email, "bench", position, sha256, size_bytes, "message/rfc822", now(), "source",
        Confidentiality.intern, None, is_observed=False,
    )  # fmt: skip


async def _once(raw: bytes) -> AsyncIterator[bytes]:
    yield raw


async def _bare(client: Client, count: int) -> tuple[float, Sequence[str]]:
    """Start as many bare workflows; return workflows per second and their ids."""
    item_ids = [str(uuid4()) for _ in range(count)]
    tally.clear()

    async def are_through() -> bool:
        return len(tally) >= 2 * count

    started = time.perf_counter()
    starting = asyncio.create_task(start_bare(client, item_ids, _PARALLELISM))
    await _until(are_through)
    taken = time.perf_counter() - started
    await starting
    ids = [f"bare-{item_id}" for item_id in item_ids]
    await _followed(client, ids[-1])
    return count / taken, ids


async def _followed(client: Client, workflow_id: str) -> None:
    """Wait until the workflows have handed over to the runs that follow, and the machine is quiet again."""

    async def has_followed() -> bool:
        runs = await _runs(client, workflow_id)
        return len(runs) > 1 and len(runs[-1].events) >= _FOLLOW_EVENTS

    await _until(has_followed)
    await asyncio.sleep(_SETTLES_SECONDS)


async def _runs(client: Client, workflow_id: str) -> list[WorkflowHistory]:
    """Return the histories of all runs, first to last."""
    runs = [execution async for execution in client.list_workflows(f"WorkflowId = '{workflow_id}'")]
    runs.sort(key=lambda execution: execution.start_time)
    return [await client.get_workflow_handle(workflow_id, run_id=run.run_id).fetch_history() for run in runs]


async def _events(client: Client, ours: Sequence[str], bare: Sequence[str]) -> list[float]:
    """Return how many events each has on average; require that they are the same kinds, workflow tasks apart."""
    samples = [[await _first_run(client, one) for one in random.sample(ids, _SAMPLED)] for ids in (ours, bare)]
    kinds = [{_without_tasks(history) for history in sample} for sample in samples]
    assert kinds[0] == kinds[1], kinds
    means = [statistics.fmean(len(history.events) for history in sample) for sample in samples]
    assert abs(means[0] - means[1]) <= _EVENTS_MAY_DIFFER * means[1], means
    return means


async def _first_run(client: Client, workflow_id: str) -> WorkflowHistory:
    return (await _runs(client, workflow_id))[0]


def _without_tasks(history: WorkflowHistory) -> tuple[str, ...]:
    names = (EventType.Name(event.event_type) for event in history.events)
    return tuple(sorted(name for name in names if "WORKFLOW_TASK" not in name))


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Return when it holds; looks often, and lightly."""
    async with asyncio.timeout(_LASTS_AT_MOST_SECONDS):
        while not await holds():  # noqa: ASYNC110  the ledger and Temporal tell nobody
            await asyncio.sleep(_LOOKS_SECONDS)
