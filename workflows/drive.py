"""The drive loop: starts what the ledger wants. It runs in every worker process and not in Temporal, so that an
emptied Temporal server heals from the ledger alone.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import structlog
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from inbox.errors import Conflict, StoreUnavailable
from store.driving import FORGOTTEN, note_driven, wanted
from workflows.comparing import Mark, compare_all, compare_unsettled
from workflows.names import (
    CALLS_WORKFLOW,
    ITEM_WORKFLOW,
    ITEMS_QUEUE,
    SOURCE_WORKFLOW,
    WAKE,
    ItemStart,
    SourceStart,
    calls_workflow_id,
    item_workflow_id,
    source_workflow_id,
)
from workflows.parts import Parts, call_sources, sources_to_read

log = structlog.get_logger()

_PAUSE_SECONDS = 1.0
"""How often the ledger is asked when nobody wakes the loop."""

_AT_ONCE = 200
_LOOK_SECONDS = 20.0
"""How often we see that Temporal still knows what it was told, and that every source's workflow is there."""

_UNSETTLED_SECONDS = 60.0
"""How often items with something to do are compared with Temporal: a workflow that somebody ended is missed then."""

_COMPARE_SECONDS = 3600.0
"""How often all items are. Those that only wait for their department can do without a workflow for an hour."""

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
        self._mark = Mark(client)
        self._look_at = self._compare_at = 0.0
        self._unsettled_at = time.monotonic() + _UNSETTLED_SECONDS
        self._forgot = False
        self._begun: frozenset[str] = frozenset()

    def wake(self) -> None:
        """Look at the ledger now rather than at the next turn."""
        self._something_new.set()

    async def run(self) -> None:
        """Loop until cancelled. Neither a lost ledger nor a lost Temporal ends it."""
        in_trouble = False
        while True:
            try:
                await self._keep_up()
                busy = await self._start_wanted()
                self._parts.outage.worked()
                if in_trouble:
                    log.info("drive_goes_on")
                in_trouble = False
            except Exception as error:  # noqa: BLE001  the border: whatever it was, the drive goes on, and says so
                busy = False
                if isinstance(error, StoreUnavailable):
                    self._parts.outage.failed(error)
                else:
                    if not in_trouble:
                        log.warning("drive_in_trouble", type=type(error).__name__)
                    in_trouble = True
                    # A server that was away may have come back with less than it had.
                    self._look_at = self._compare_at = 0.0
            if not busy:
                await self._pause()

    async def _keep_up(self) -> None:
        """Do what is due: see that Temporal remembers, that sources are read, and that open items are driven."""
        if time.monotonic() >= self._look_at:
            if not await self._mark.renew():
                log.warning("temporal_forgot", see="all open items are driven again")
                self._forgot, self._compare_at = True, 0.0
            await self._start_sources()
            self._look_at = time.monotonic() + _LOOK_SECONDS
        elif not self._begun >= _of_sources(self._parts):
            # One that was made just now, or goes on again, does not wait for the next look.
            await self._start_sources()
        else:
            # One that pauses is begun anew afterwards.
            self._begun = _of_sources(self._parts)
        if time.monotonic() >= self._compare_at:
            await compare_all(self._parts.ledger, self._client, forgot=self._forgot)
            self._forgot = False
            self._compare_at = time.monotonic() + _COMPARE_SECONDS
        elif time.monotonic() >= self._unsettled_at:
            await compare_unsettled(self._parts.ledger, self._client)
            self._unsettled_at = time.monotonic() + _UNSETTLED_SECONDS

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
        starts = (self._start_item(row.item_id, row.drive_wanted) for row in rows)
        outcomes = await asyncio.gather(*starts, return_exceptions=True)
        # What did not start, and what could not be noted, stays wanted.
        started = zip(rows, outcomes, strict=True)
        with suppress(Conflict):
            await note_driven(
                self._parts.ledger, [(row.item_id, row.drive_wanted) for row, outcome in started if outcome is None]
            )
        for outcome in outcomes:
            if outcome is not None:
                raise outcome
        return len(rows) == _AT_ONCE

    async def _start_item(self, item_id: str, wish: str) -> None:
        # A run that a server which was set back remembers does not fit what workers know of it, and could never go on.
        replaces = wish == FORGOTTEN
        has_no_run = wish == _FIRST or replaces
        async with self._slots:
            await self._client.start_workflow(
                ITEM_WORKFLOW,
                ItemStart(item_id),
                id=item_workflow_id(item_id),
                task_queue=ITEMS_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=(
                    WorkflowIDConflictPolicy.TERMINATE_EXISTING if replaces else WorkflowIDConflictPolicy.USE_EXISTING
                ),
                start_signal=None if has_no_run else WAKE,
                start_signal_args=() if has_no_run else (wish,),
            )

    async def _start_sources(self) -> None:
        begun = _of_sources(self._parts)
        wanted_ones = [(SOURCE_WORKFLOW, one, source_workflow_id(one)) for one in sources_to_read(self._parts)]
        wanted_ones += [(CALLS_WORKFLOW, one, calls_workflow_id(one)) for one in call_sources(self._parts)]
        for workflow, source_id, workflow_id in wanted_ones:
            await self._client.start_workflow(
                workflow,
                SourceStart(source_id),
                id=workflow_id,
                task_queue=ITEMS_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            )
        self._begun = begun


def _of_sources(parts: Parts) -> frozenset[str]:
    """Return the sources that need a workflow now."""
    return frozenset(sources_to_read(parts)) | frozenset(call_sources(parts))
