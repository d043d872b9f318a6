"""Compare: what the ledger says must be driven against what Temporal really drives.

Temporal may lose a workflow (somebody terminates it), everything (an empty server), or the last hours (a copy of its
database): then workflows run again that had ended, and others wait for a word that they were given already.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from uuid import uuid4

import structlog
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from store.driving import FORGOTTEN, LOST, open_items, unsettled_items, want_again
from store.ledger import Ledger
from workflows.names import ITEM_WORKFLOW, ITEMS_QUEUE, MARK_WORKFLOW, WAKE, item_of, item_workflow_id

log = structlog.get_logger()

_PAGE = 1000
_ASKED_AT_ONCE = 100
"""Ids in one question to Temporal."""

_UNCHANGED_FOR = timedelta(seconds=60)
"""What has just changed is on its way; Temporal's list of what runs lags behind by seconds."""

_MARK_LASTS = timedelta(minutes=10)
"""A mark ends by itself so long after the process that left it."""


class Mark:
    """A sign that one process leaves in Temporal, to see whether Temporal still knows what it was told."""

    def __init__(self, client: Client) -> None:
        """None is left yet."""
        self._client = client
        self._id = f"mark-{uuid4()}"
        self._run_id: str | None = None

    async def renew(self) -> bool:
        """Leave a new mark; return whether the one before it is still known. True the first time."""
        handle = await self._client.start_workflow(
            MARK_WORKFLOW,
            id=self._id,
            task_queue=ITEMS_QUEUE,
            # Nothing runs until then: the mark costs no worker anything while it is renewed.
            start_delay=_MARK_LASTS,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING,
        )
        # Looked for after the new one was left: a server that is replaced in between is noticed next time.
        is_known = self._run_id is None or await self._is_known(self._run_id)
        self._run_id = handle.first_execution_run_id
        return is_known

    async def _is_known(self, run_id: str) -> bool:
        try:
            await self._client.get_workflow_handle(self._id, run_id=run_id).describe()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True


async def compare_all(ledger: Ledger, client: Client, *, forgot: bool) -> None:
    """Want every open item that has no running workflow or something to do, and wake the workflows of ended items.

    A workflow that runs may wait for a word that Temporal has lost. `forgot`: we know that it lost some: then every
    open item is wanted.
    """
    running = await _running(client)
    lost_count = 0
    async for page in _pages(partial(open_items, ledger), _PAGE):
        lost = [item_id for item_id in page if item_id not in running]
        running.difference_update(page)
        await want_again(ledger, page if forgot else lost, FORGOTTEN if forgot else LOST)
        lost_count += len(lost)
    async for page in _pages(partial(unsettled_items, ledger, _UNCHANGED_FOR), _PAGE):
        await want_again(ledger, page)
    # What is left runs, and is not open: it looks at the ledger and ends.
    await _wake(client, running)
    _warn(lost_count)


async def compare_unsettled(ledger: Ledger, client: Client) -> None:
    """Want the items that have something to do, did not change for a while, and have no running workflow."""
    lost_count = 0
    async for page in _pages(partial(unsettled_items, ledger, _UNCHANGED_FOR), _ASKED_AT_ONCE):
        running = await _running(client, page)
        lost = [item_id for item_id in page if item_id not in running]
        await want_again(ledger, lost)
        lost_count += len(lost)
    _warn(lost_count)


async def _pages(ask: Callable[[str, int], Awaitable[Sequence[str]]], size: int) -> AsyncIterator[Sequence[str]]:
    after = ""
    while page := await ask(after, size):
        yield page
        after = page[-1]


def _warn(lost_count: int) -> None:
    if lost_count:
        log.warning("items_without_workflow", count=lost_count)


async def _running(client: Client, item_ids: Iterable[str] | None = None) -> set[str]:
    """Return the items whose workflows run, of all or of these."""
    query = f"WorkflowType = '{ITEM_WORKFLOW}' AND ExecutionStatus = 'Running'"
    if item_ids is not None:
        names = ", ".join(f"'{item_workflow_id(item_id)}'" for item_id in item_ids)
        query += f" AND WorkflowId IN ({names})"
    return {item_of(execution.id) async for execution in client.list_workflows(query, page_size=_PAGE)}


async def _wake(client: Client, item_ids: Iterable[str]) -> None:
    for item_id in item_ids:
        try:
            await client.get_workflow_handle(item_workflow_id(item_id)).signal(WAKE, "ended")
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # it ended meanwhile
                raise
