"""SourceWorkflow: one per source, for ever. Its one activity listens; correctness never rests on there being one."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.names import LISTEN, LISTEN_QUEUE, MARK_WORKFLOW, SOURCE_WORKFLOW, SourceStart

_LISTENS = timedelta(hours=1)
"""One listen lasts this long, then a fresh run begins: histories stay short."""

_HEARTBEAT = timedelta(seconds=45)
"""A dead worker's mailbox has another reader within a minute."""

_ASKS = 30
"""Workers need not all have the same sources: one that does not know this one is passed over so often."""

_ASKS_AGAIN = timedelta(seconds=1)


@workflow.defn(name=SOURCE_WORKFLOW)
class SourceWorkflow:
    """Keeps a reader on one source."""

    @workflow.run
    async def run(self, start: SourceStart) -> None:
        """Listen, then begin again; end when no worker that we meet has the source in its settings."""
        for _ in range(_ASKS):
            is_configured = await workflow.execute_activity(
                LISTEN,
                start.source_id,
                task_queue=LISTEN_QUEUE,
                start_to_close_timeout=_LISTENS + timedelta(minutes=10),
                heartbeat_timeout=_HEARTBEAT,
                retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=10)),
                result_type=bool,
            )
            if is_configured:
                workflow.continue_as_new(start)
            await workflow.sleep(_ASKS_AGAIN)
        # The drive starts it again when it comes back.


@workflow.defn(name=MARK_WORKFLOW)
class MarkWorkflow:
    """A sign that Temporal still knows what it was told (`workflows/comparing.py`). Nobody waits for it."""

    @workflow.run
    async def run(self) -> None:
        """End: whoever left the sign has left."""
