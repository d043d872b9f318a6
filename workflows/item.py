"""ItemWorkflow: drives one item along the line. It holds ids only and may be started at any moment, again and again.

The truth is in the ledger: `advance` looks there, does what is short (read, link, decide, launch), and says what is
left to do outside. Acknowledge and forward run side by side. When nothing is left the item is followed by a fresh run,
so that no history grows with the life of an item.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception
from temporalio.workflow import ActivityCancellationType

with workflow.unsafe.imports_passed_through():
    from workflows.names import (
        ACKNOWLEDGE,
        ADVANCE,
        FORWARD,
        ITEM_WORKFLOW,
        OUTWARD_QUEUE,
        PICTURES_QUEUE,
        PICTURES_WAIT_SECONDS,
        READ_ATTACHED,
        READ_LARGE,
        READ_WITHOUT_SCANS,
        READING_QUEUE,
        SCANS_QUEUE,
        UNFOLD,
        WAKE,
        WITHDRAW,
        ItemStart,
        Work,
    )

_SHORT = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5))
"""For the ledger and the bytes: they come back, and we wait for them without end."""

_LOCAL_RETRIES_UP_TO = timedelta(seconds=5)
"""Longer waits of a local activity become timers, so that a workflow task never times out (10 s)."""

_ADVANCE_TAKES = timedelta(seconds=8)
"""Below the workflow task time-out of 10 s; the readings that may take longer are not local."""

_READING_TAKES = timedelta(minutes=10)

_UNFOLDING_TAKES = timedelta(hours=3)
"""A scan file of 500 pages on a busy machine; its process has limits of its own."""

_OUTWARD = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2.5, maximum_interval=timedelta(hours=2)
)
"""Waits of 1 s, 2.5 s, 6 s … two hours: a mail relay that hiccups delays little, a weekend costs few attempts."""

_ENDS = ("sent", "delivered", "failed", "cancelled")
"""Outcomes after which nothing waits for this step."""

_ATTEMPT_TAKES = timedelta(minutes=2)
"""Longer than any deadline of an adapter (SMTP 45 s, HTTP 20 s): an attempt ends by itself first."""

_BEATS = timedelta(seconds=30)
"""A worker without a sign of life for so long is dead: another takes up its reading, and its attempt once the claim on
that is over."""


@workflow.defn(name=ITEM_WORKFLOW)
class ItemWorkflow:
    """Drives one item until it has ended."""

    def __init__(self) -> None:
        """Nothing is known but what the ledger says."""
        self._woken = False
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}

    @workflow.signal(name=WAKE)
    def wake(self, action_id: str) -> None:
        """The ledger has something new: look again. The id only says which action was the reason."""
        self._woken = True

    @workflow.run
    async def run(self, start: ItemStart) -> None:
        """Run the line from the top; end when the item has ended or waits for a person without a department."""
        while True:
            self._woken = False
            work = await self._advance(start.item_id)
            if await self._read_elsewhere(work, start.item_id):
                continue
            self._keep_running(work)
            if self._running:
                await workflow.wait_condition(lambda: self._woken or self._all_done())
                if self._woken or start.follows:
                    continue
            elif self._woken:
                # Something came while the ledger was read: it may not have been seen.
                continue
            elif not work.stays_open:
                return
            if not start.follows:
                workflow.continue_as_new(ItemStart(start.item_id, follows=True))
            await workflow.wait_condition(lambda: self._woken)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(start)

    def _all_done(self) -> bool:
        return all(task.done() for task in self._running.values())

    def _keep_running(self, work: Work) -> None:
        """Start what is wanted and does not run; stop what runs and is no longer wanted."""
        wanted = [(ACKNOWLEDGE, notice) for notice in work.notices]
        wanted += [(FORWARD, forward) for forward in work.forwards]
        wanted += [(WITHDRAW, forward) for forward in work.withdrawals]
        for step, task in list(self._running.items()):
            if task.done() or step not in wanted:
                # A forward that was called back waits for its next attempt in vain: its wait is cut short.
                task.cancel()
                del self._running[step]
        for step in wanted:
            if step not in self._running:
                self._running[step] = asyncio.create_task(self._outward(*step))

    async def _advance(self, item_id: str) -> Work:
        work: Work = await workflow.execute_local_activity(
            ADVANCE,
            item_id,
            result_type=Work,
            start_to_close_timeout=_ADVANCE_TAKES,
            retry_policy=_SHORT,
            local_retry_threshold=_LOCAL_RETRIES_UP_TO,
        )
        return work

    async def _read_elsewhere(self, work: Work, item_id: str) -> bool:
        """Read what is no short step; say whether anything was."""
        has_scans = work.read_attached
        if work.read_large:
            has_scans = await self._read(READ_LARGE, READING_QUEUE, _READING_TAKES, item_id)
        if has_scans and not await self._read_attached(item_id):
            await self._read(READ_WITHOUT_SCANS, READING_QUEUE, _READING_TAKES, item_id)
        if work.unfold:
            await self._read(UNFOLD, SCANS_QUEUE, _UNFOLDING_TAKES, item_id)
        return has_scans or work.read_large or work.unfold

    async def _read_attached(self, item_id: str) -> bool:
        """Read a mail with its pictures; False when nobody came to it in time."""
        try:
            await self._read(
                READ_ATTACHED, PICTURES_QUEUE, _READING_TAKES, item_id, timedelta(seconds=PICTURES_WAIT_SECONDS)
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return False
        return True

    async def _read(
        self, activity: str, queue: str, takes: timedelta, item_id: str, waits: timedelta | None = None
    ) -> bool:
        """Say whether more is to be read. `waits`: so long it may take with all attempts; None is without end."""
        more = await workflow.execute_activity(
            activity,
            item_id,
            task_queue=queue,
            schedule_to_close_timeout=waits,
            start_to_close_timeout=takes,
            heartbeat_timeout=_BEATS,
            retry_policy=_SHORT,
        )
        return bool(more)

    async def _outward(self, activity: str, subject_id: str) -> None:
        try:
            state: str = await workflow.execute_activity(
                activity,
                subject_id,
                result_type=str,
                task_queue=OUTWARD_QUEUE,
                start_to_close_timeout=_ATTEMPT_TAKES,
                heartbeat_timeout=_BEATS,
                retry_policy=_OUTWARD,
                cancellation_type=ActivityCancellationType.TRY_CANCEL,
            )
        except (ActivityError, asyncio.CancelledError) as error:
            if not is_cancelled_exception(error):
                raise
            return
        if activity == WITHDRAW or state not in _ENDS:
            # The next round was waiting for this, or it did not come to an end: look again, whatever else goes on.
            self._woken = True
