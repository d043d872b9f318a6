"""The yardstick of the line: a workflow of the same shape as ItemWorkflow, with activities that do nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.worker import Worker

BARE_QUEUE = "bench-bare"
BARE_OUTWARD_QUEUE = "bench-bare-outward"


tally: list[str] = []
"""The outward activities that ran, in order."""


_SECOND = "-b"
_LATER_SECONDS = 0.08


@dataclass(frozen=True)
class BareStart:
    """As ItemStart."""

    item_id: str
    follows: bool = False


@dataclass(frozen=True)
class BareWork:
    """As Work."""

    outward: tuple[str, ...] = ()


@activity.defn(name="bare_short")
async def short(item_id: str) -> BareWork:
    """Do nothing, beside the workflow."""
    return BareWork(outward=(f"{item_id}-a", f"{item_id}{_SECOND}"))


@activity.defn(name="bare_outward")
async def outward(subject_id: str) -> str:
    """Do nothing, on the other queue, but count. The second one ends later, so that each has a workflow task."""
    if subject_id.endswith(_SECOND):
        await asyncio.sleep(_LATER_SECONDS)
    tally.append(subject_id)
    return subject_id


@workflow.defn(name="BareWorkflow")
class BareWorkflow:
    """One local activity, two activities side by side, a fresh run that asks once and waits."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._woken = False

    @workflow.signal(name="bare_wake")
    def wake(self) -> None:
        """End."""
        self._woken = True

    @workflow.run
    async def run(self, start: BareStart) -> None:
        """Do what ItemWorkflow commands for an ordinary mail, with nothing behind it."""
        work: BareWork = await workflow.execute_local_activity(
            "bare_short", start.item_id, result_type=BareWork, start_to_close_timeout=timedelta(seconds=8)
        )
        if start.follows:
            await workflow.wait_condition(lambda: self._woken)
            return
        tasks = [asyncio.create_task(self._outward(subject)) for subject in work.outward]
        await workflow.wait_condition(lambda: all(task.done() for task in tasks))
        workflow.continue_as_new(BareStart(start.item_id, follows=True))

    async def _outward(self, subject_id: str) -> None:
        await workflow.execute_activity(
            "bare_outward",
            subject_id,
            result_type=str,
            task_queue=BARE_OUTWARD_QUEUE,
            start_to_close_timeout=timedelta(minutes=2),
        )


def bare_workers(client: Client) -> list[Worker]:
    """Return workers with the settings of ours (workflows/worker.py)."""
    return [
        Worker(
            client,
            task_queue=BARE_QUEUE,
            workflows=[BareWorkflow],
            activities=[short],
            max_concurrent_local_activities=20,
        ),
        Worker(client, task_queue=BARE_OUTWARD_QUEUE, activities=[outward], max_concurrent_activities=50),
    ]


async def start_bare(client: Client, item_ids: list[str], parallelism: int) -> None:
    """Start one for each id, as the drive loop starts items."""
    slots = asyncio.Semaphore(parallelism)

    async def start(item_id: str) -> None:
        async with slots:
            await client.start_workflow(
                "BareWorkflow",
                BareStart(item_id),
                id=f"bare-{item_id}",
                task_queue=BARE_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            )

    await asyncio.gather(*(start(item_id) for item_id in item_ids))
