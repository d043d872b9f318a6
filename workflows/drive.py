"""The drive loop: starts what the ledger wants. It runs in every worker process and not in Temporal, so that an
emptied Temporal server heals from the ledger alone.
"""

from __future__ import annotations

import asyncio
import time

import structlog
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from store.driving import note_driven, open_items, want_again, wanted
from workflows.names import (
    ITEM_WORKFLOW,
    ITEMS_QUEUE,
    SOURCE_WORKFLOW,
    WAKE,
    ItemStart,
    SourceStart,
    item_workflow_id,
    source_workflow_id,
)
from workflows.parts import Parts

log = structlog.get_logger()

_PAUSE_SECONDS = 1.0
"""How often the ledger is asked when nobody wakes the loop."""

_AT_ONCE = 200
_SOURCES_SECONDS = 30.0
_COMPARE_SECONDS = 3600.0
_PAGE = 1000
_FIRST = "keep"
"""The wish of an item that was just kept: a plain start is enough, since nothing can be waiting for a signal."""


class Drive:
    """Starts item and source workflows until it is stopped."""

    def __init__(self, parts: Parts, client: Client, *, item_parallelism: int = 16) -> None:
        """`item_parallelism`: workflows started side by side."""
        self._parts = parts
        self._client = client
        self._slots = asyncio.Semaphore(item_parallelism)
        self._something_new = asyncio.Event()

    def wake(self) -> None:
        """Look at the ledger now rather than at the next turn."""
        self._something_new.set()

    async def run(self) -> None:
        """Loop until cancelled. Neither a lost ledger nor a lost Temporal ends it."""
        sources_at = compare_at = 0.0
        in_trouble = False
        while True:
            try:
                if time.monotonic() >= sources_at:
                    await self._start_sources()
                    sources_at = time.monotonic() + _SOURCES_SECONDS
                if time.monotonic() >= compare_at:
                    await self._compare()
                    compare_at = time.monotonic() + _COMPARE_SECONDS
                busy = await self._start_wanted()
                in_trouble = False
            except Exception as error:  # noqa: BLE001  the border: whatever it was, the drive goes on, and says so
                if not in_trouble:
                    log.warning("drive_in_trouble", type=type(error).__name__)
                in_trouble, busy = True, False
                # A server that was away may have come back empty.
                sources_at = compare_at = 0.0
            if not busy:
                await self._pause()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(_PAUSE_SECONDS):
                await self._something_new.wait()
        except TimeoutError:
            pass
        self._something_new.clear()

    async def _start_wanted(self) -> bool:
        """Start what is wanted; return whether there may be more."""
        rows = await wanted(self._parts.ledger, _AT_ONCE)
        await asyncio.gather(*(self._start_item(row.item_id, row.drive_wanted) for row in rows))
        return len(rows) == _AT_ONCE

    async def _start_item(self, item_id: str, wish: str) -> None:
        async with self._slots:
            await self._client.start_workflow(
                ITEM_WORKFLOW,
                ItemStart(item_id),
                id=item_workflow_id(item_id),
                task_queue=ITEMS_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                start_signal=None if wish == _FIRST else WAKE,
                start_signal_args=() if wish == _FIRST else (wish,),
            )
            await note_driven(self._parts.ledger, item_id, wish)

    async def _start_sources(self) -> None:
        for source_id in self._parts.sources:
            await self._client.start_workflow(
                SOURCE_WORKFLOW,
                SourceStart(source_id),
                id=source_workflow_id(source_id),
                task_queue=ITEMS_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            )

    async def _compare(self) -> None:
        """Find items that are open in the ledger and have no running workflow, and want them driven again."""
        running: set[str] | None = None
        after = ""
        lost_count = 0
        while page := await open_items(self._parts.ledger, after, _PAGE):
            if running is None:
                running = await self._running_items()
            lost = [item_id for item_id in page if item_workflow_id(item_id) not in running]
            if lost:
                await want_again(self._parts.ledger, lost)
                lost_count += len(lost)
            after = page[-1]
        if lost_count:
            log.warning("items_without_workflow", count=lost_count)

    async def _running_items(self) -> set[str]:
        query = f"WorkflowType = '{ITEM_WORKFLOW}' AND ExecutionStatus = 'Running'"
        return {execution.id async for execution in self._client.list_workflows(query, page_size=_PAGE)}
