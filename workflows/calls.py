"""CallsWorkflow: one per source of call records, for ever. Its one activity does everything, and rests on the ledger."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from workflows.names import CALLS_QUEUE, CALLS_WORKFLOW, REGISTER, SourceStart

_REGISTERS = timedelta(hours=1)
"""One activity lasts this long, then a fresh run begins: histories stay short."""

_HEARTBEAT = timedelta(seconds=30)
"""What a dead worker was importing is taken up within half a minute."""

_ASKS = 30
"""Workers need not all have the same sources: one that does not know this one is passed over so often."""

_ASKS_AGAIN = timedelta(seconds=1)


@workflow.defn(name=CALLS_WORKFLOW)
class CallsWorkflow:
    """Keeps the call register of one source."""

    @workflow.run
    async def run(self, start: SourceStart) -> None:
        """Register, then begin again; end when no worker that we meet has the source in its settings."""
        for _ in range(_ASKS):
            is_configured = await workflow.execute_activity(
                REGISTER,
                start.source_id,
                task_queue=CALLS_QUEUE,
                start_to_close_timeout=_REGISTERS + timedelta(minutes=10),
                heartbeat_timeout=_HEARTBEAT,
                retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=10)),
                result_type=bool,
            )
            if is_configured:
                workflow.continue_as_new(start)
            await workflow.sleep(_ASKS_AGAIN)
        # The drive starts it again when it comes back.
